"""All models: what the model picker says of each, what its pictures show, and its numbers in columns of their own."""

from collections.abc import Iterable

from vae.storage.checkpoints import Checkpoint
from vae.views.shared import models

WEIGHT_BYTES = 4
# What the pictures of a data set show, in the gallery's order; before them the user's own, under their own names.
SHOWS = {
    "faces": "Drawn faces",
    "glyphs": "Letters and digits in many typefaces",
    "fashion-mnist": "Clothes",
    "emoji": "Emoji",
    "mnist": "Handwritten digits",
    "sprites": "Shapes",
    "kmnist": "Japanese characters",
    "cifar10": "Photographs of ten kinds of things",
    "svhn": "House numbers",
    "celeba": "Photographs of faces",
    "digits": "Digits of 8 × 8 pixels",
}


def model_rows(checkpoints: Iterable[Checkpoint]) -> list[dict[str, object]]:
    """What vae.views.shared.models.listed says of each model, what its pictures show, and "columns": texts by name.

    In the order of SHOWS, within it in that of the list.
    """
    by_name = {checkpoint.name: checkpoint for checkpoint in checkpoints}
    rows = [row | _of(by_name[row["name"]]) for row in models.listed(by_name.values())]
    order = ["", *SHOWS]
    return sorted(rows, key=lambda row: order.index(_source(by_name[row["name"]])))


def _of(checkpoint: Checkpoint) -> dict[str, object]:
    source = _source(checkpoint)
    return {
        "shows": SHOWS[source] if source else models.dataset_name(checkpoint),
        "kind": models.kind(checkpoint),
        "columns": _columns(checkpoint),
    }


def _source(checkpoint: Checkpoint) -> str:
    """The key of its data set in SHOWS, whatever the label; "" for the user's own."""
    name = checkpoint.dataset.partition(":")[0]
    return name if name in SHOWS else ""


def _columns(checkpoint: Checkpoint) -> dict[str, str]:
    return {
        "negative_elbo": _bound(checkpoint),
        "kl": _nats(checkpoint.metrics["kl"]),
        "active": models.active(checkpoint),
        "weights": _weights(checkpoint),
    }


def _bound(checkpoint: Checkpoint) -> str:
    """The −ELBO; of a conditional model with what the class costs, so that it can be compared, and without."""
    config, value = checkpoint.model_config, checkpoint.metrics["negative_elbo"]
    if value is None or not config.classes:
        return _nats(value)
    return f"{_nats(value + config.label_nats)}; given the class {_nats(value)}"


def _nats(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f}"


def _weights(checkpoint: Checkpoint) -> str:
    """The number of weights, from the size of their file: "0.43 M"."""
    try:
        count = (checkpoint.path / "model.safetensors").stat().st_size / WEIGHT_BYTES
    except FileNotFoundError:  # just deleted
        return "none"
    return f"{count / 1e6:.2g} M" if count >= 1e5 else f"{count / 1e3:.2g} k"

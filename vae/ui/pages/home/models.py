"""All models in a table: what the model picker says of each, and its numbers in columns of their own."""

from collections.abc import Iterable

from vae.storage.checkpoints import Checkpoint
from vae.views.shared import models

WEIGHT_BYTES = 4


def model_rows(checkpoints: Iterable[Checkpoint]) -> list[dict[str, object]]:
    """What vae.views.shared.models.listed says of each model, in its order, and "columns": texts by name."""
    by_name = {checkpoint.name: checkpoint for checkpoint in checkpoints}
    return [row | {"columns": _columns(by_name[row["name"]])} for row in models.listed(by_name.values())]


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

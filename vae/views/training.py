"""What the film of a training shows beside the film itself, which comes by a route of its own."""

import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from vae.storage.checkpoints import Checkpoint
from vae.training.film import PREFIX, Record, film_version, read_film
from vae.views.shared import models, pages, scripts
from vae.views.shared.palette import PALETTE

MOST_TELLING = "mnist-z2"  # the whole latent space of its film can be seen
MOST_EPOCHS = 500  # of a curve
# Nats per image of the grey MNIST test images under two decoders. One always draws the mean of the training images, as
# after a full posterior collapse (the mean of the test images: 205.65), the other draws each image itself.
MNIST_REFERENCES = (
    {"term": "reconstruction", "value": 205.80, "label": "the mean training digit"},
    {"term": "reconstruction", "value": 45.53, "label": "the image itself"},
)
GREY_MNIST = ("mnist", "bernoulli", "none")  # data set, likelihood and binarisation for which these hold

# What a shorter film keeps: so many test images on the map, and every how manyth frame. The first that fits is taken.
SHORTER = ((2000, 1), (1000, 1), (500, 1), (500, 2), (500, 3), (500, 4))


def training_data(checkpoint: Checkpoint) -> dict[str, object]:
    """The component's data of a checkpoint, without the choice of films.

    film: the version of its film, "" without one. history: its curves then.
    """
    return {
        "script": scripts.script_url(pages.TRAINING.script),
        "model": checkpoint.name,
        "most_telling": MOST_TELLING,
        "words": models.words(checkpoint),
        "film": film_version(checkpoint.film),
        "history": None if checkpoint.film else history(checkpoint),
        "references": list(MNIST_REFERENCES) if is_grey_mnist(checkpoint) else [],
        "dataset_names": models.DATASET_NAMES,
        "palette": list(PALETTE),
    }


def is_grey_mnist(checkpoint: Checkpoint) -> bool:
    """Whether MNIST_REFERENCES hold for a model."""
    binarisation = checkpoint.training.get("binarisation")
    return (checkpoint.dataset, checkpoint.model_config.likelihood, binarisation) == GREY_MNIST


def history(checkpoint: Checkpoint) -> dict[str, Any]:
    """The curves of a checkpoint without a film: rows of epoch, reconstruction and KL of training and of validation."""
    lines = checkpoint.history
    kept = lines[:: -(-len(lines) // MOST_EPOCHS)]
    return {
        "name": checkpoint.name,
        "words": models.words(checkpoint),
        "rows": [
            [line[key] for key in ("epoch", "reconstruction", "kl", "validation_reconstruction", "validation_kl")]
            for line in (kept if kept[-1] is lines[-1] else [*kept, lines[-1]])
        ],
        "kl": checkpoint.kl_per_dimension,
    }


def short_film(path: Path, most_bytes: int) -> bytes | None:
    """A film with at most so many bytes, as vae.training.film describes films; None where that takes too much from it.

    It has fewer test images on the map, then fewer frames; each frame's "number" is that in the whole film, from 1 on.
    """
    records = list(read_film(path))
    films = (b"".join(_shortened(records, points, step)) for points, step in SHORTER)
    return next((film for film in films if 0 < len(film) <= most_bytes), None)


def _shortened(records: Sequence[Record], points: int, step: int) -> Iterator[bytes]:
    """The records that are kept: the head, all epochs, every step-th frame and the last."""
    last = sum(record.fields["kind"] == "frame" for record in records)
    all_points = records[0].fields["points"] if records else 0
    fewer, number = min(points, all_points), 0
    for record in records:
        fields, body = record.fields, record.body
        if fields["kind"] == "head":  # a class is a uint16, a point two int16
            yield _packed(fields | {"points": fewer}, body[: 2 * fewer] + body[2 * all_points :])
        elif fields["kind"] == "frame":
            number += 1
            if number % step == 1 % step or number == last:
                yield _packed(fields | {"number": number}, body[: 4 * fewer] + body[4 * all_points :])
        else:
            yield _packed(fields, body)


def _packed(fields: dict[str, Any], body: bytes) -> bytes:
    text = json.dumps(fields).encode()
    return PREFIX.pack(len(text), len(body), zlib.crc32(text + body)) + text + body

"""A training run on a class's approved drawings: a zip of them in folders by what the class says they are."""

import io
import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vae.classroom.codes import ClassError
from vae.classroom.state import drawings
from vae.classroom.state.classes import find
from vae.datasets.user_images.augmentation import Augmentation, proposed_versions
from vae.datasets.user_images.files import JUNK
from vae.datasets.user_images.reader import MIN_PICTURES, training_pictures
from vae.jobs.run import RunError
from vae.jobs.runs import Runs
from vae.model.networks import ModelConfig
from vae.training.config import TrainingConfig
from vae.training.request import MAX_SECONDS, DatasetRequest, ModelRequest, TrainingRequest

TITLE = "our drawings"  # what the data set is called
BATCH_SIZE = 64  # a class has some tens of drawings, and each has many versions


@dataclass(frozen=True)
class Drawings:
    """The approved drawings of a class, in the shape of its model's pictures: pixels (n, c, h, w) uint8."""

    model: str
    pixels: NDArray[np.uint8]
    labels: tuple[str, ...]


def approved(db: sqlite3.Connection, code: str) -> Drawings:
    """All approved drawings. Raises ClassError for fewer than a data set needs, UnknownClassError."""
    rows = drawings.approved(db, code)
    if len(rows) < MIN_PICTURES:
        raise ClassError(f"Training needs {MIN_PICTURES} approved drawings, and there are {len(rows)}; approve more.")
    pixels = np.stack([np.frombuffer(row["picture"], np.uint8).reshape(drawings.shape_of(row)) for row in rows])
    return Drawings(find(db, code)["model"], pixels, tuple(row["label"] for row in rows))


def start(runs: Runs, drawn: Drawings, config: ModelConfig, name: str, minutes: float) -> str:
    """Starts a run that trains a new model like the class's, config, on the drawings for so long. Gives its name.

    It takes a moment: called in a thread. Raises ClassError if the run cannot be started.
    """
    if not 0 < minutes <= MAX_SECONDS / 60:
        raise ClassError(f"A run takes up to {MAX_SECONDS // 60} minutes; choose how many.")
    try:
        request = training_request(drawn, config, minutes)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "drawings.zip"
            file.write_bytes(packed(drawn))
            return runs.start(name, request.to_json(), file).name
    except (RunError, ValueError, OSError) as error:
        raise ClassError(str(error)) from error


def training_request(drawn: Drawings, config: ModelConfig, minutes: float) -> TrainingRequest:
    """A run for so many minutes of a model with these layers, on several versions of each drawing.

    Raises ValueError for what is out of range.
    """
    channels, side, _ = drawn.pixels.shape[1:]
    versions = proposed_versions(training_pictures(len(drawn.pixels)))
    same = ("latent_dim", "architecture", "hidden", "channels", "likelihood", "sigma", "batch_norm")
    return TrainingRequest(
        DatasetRequest(TITLE, side, color=channels == 3),
        ModelRequest(**{field: getattr(config, field) for field in same}),
        TrainingConfig(batch_size=BATCH_SIZE, augmentation=Augmentation(versions)),
        60 * minutes,
    )


def packed(drawn: Drawings) -> bytes:
    """The drawings as a zip of PNG files, in a folder for each label."""
    from PIL import Image

    folders, file = folder_names(drawn.labels), io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number, (picture, folder) in enumerate(zip(drawn.pixels, folders, strict=True)):
            png = io.BytesIO()
            Image.fromarray(picture[0] if len(picture) == 1 else picture.transpose(1, 2, 0)).save(png, "PNG")
            archive.writestr(f"{folder}/{number:04d}.png", png.getvalue())
    return file.getvalue()


def folder_names(labels: Sequence[str]) -> list[str]:
    """A folder for each label that names no other place: upper and lower case are the same, as first written."""
    first: dict[str, str] = {}
    return [first.setdefault(label.casefold(), _folder_name(label)) for label in labels]


def _folder_name(label: str) -> str:
    name = re.sub(r'[/\\:*?"<>|]', "-", label)
    return f"-{name}" if name.startswith(".") or name.casefold() in JUNK else name

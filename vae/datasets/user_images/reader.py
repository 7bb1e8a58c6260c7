"""A folder or zip of the user's own pictures as a data set."""

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vae.datasets.pictures import MAX_FILES, DataError, Progress, open_pictures, read_pictures
from vae.datasets.splits import Dataset, Split, cut_all, cut_validation, take
from vae.datasets.user_images.layout import Role, natural_order, read_layout

IMAGE_SIZES = (8, 256)  # pixels per side that pictures may be scaled to
MIN_PICTURES = 10


def load_user_images(name: str, image_size: int, color: bool, seed: int, report: Progress) -> Dataset:
    """The pictures of a folder or zip, the centre square of each scaled to (3 or 1, image_size, image_size).

    Classes and splits are those of the folders (layout.read_layout); without split folders 80 % / 10 % / 10 % are cut
    at random. The data set's notes and warnings say what was decided. Raises: DataError naming what cannot be used.
    """
    if not IMAGE_SIZES[0] <= image_size <= IMAGE_SIZES[1]:
        raise DataError(f"image_size is {image_size}: use {IMAGE_SIZES[0]} to {IMAGE_SIZES[1]} pixels")
    path = Path(name).expanduser()
    with open_pictures(path) as openers:
        names = list(openers)
        layout = read_layout(names)
        used = [number for number, found in enumerate(layout.classes) if found is not None]
        if not MIN_PICTURES <= len(used) <= MAX_FILES:
            raise DataError(f"{path}: has {len(used):,} pictures, use {MIN_PICTURES} to {MAX_FILES:,}")
        images = read_pictures(
            {names[number]: openers[names[number]] for number in used}, path, image_size, color, report
        )
    classes = [layout.classes[number] or "" for number in used]
    class_names = natural_order(set(classes))
    index = {found: label for label, found in enumerate(class_names)}
    whole = Split(images, np.array([index[found] for found in classes], np.int64))
    splits = _cut(whole, [layout.roles[number] for number in used] if layout.roles else [], path, seed)
    notes = [*layout.notes, *_about_cuts(layout.roles)]
    return Dataset(name, *splits, tuple(class_names), notes=tuple(notes), warnings=tuple(layout.warnings))


def _cut(whole: Split, roles: Sequence[Role], path: Path, seed: int) -> tuple[Split, Split, Split]:
    """Training, validation and test images by the role of each picture; at random without roles."""
    if not roles:
        return cut_all(whole, len(whole) // 10, len(whole) // 10, seed)
    train, validation, test = (_of_role(whole, roles, role) for role in ("train", "validation", "test"))
    if len(train) < 2:
        raise DataError(f"{path}: has {len(train)} picture in train/, put at least 2 in it")
    if not len(validation):
        train, validation = cut_validation(train, seed)
    return train, validation, test


def _about_cuts(roles: Collection[Role]) -> list[str]:
    if not roles:
        return ["The splits are cut at random."]
    return [] if "validation" in roles else ["The validation pictures are taken at random from those for training."]


def _of_role(whole: Split, roles: Sequence[Role], role: Role) -> Split:
    rows: NDArray[np.int64] = np.flatnonzero([found == role for found in roles])
    return take(whole, rows)

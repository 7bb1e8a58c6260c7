"""A folder or zip of the user's own pictures as a data set."""

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vae.datasets import pictures
from vae.datasets.pictures import DataError, Framing, Progress
from vae.datasets.splits import Dataset, Split, cut_all, cut_validation, take
from vae.datasets.user_images.files import open_pictures
from vae.datasets.user_images.images import read_images
from vae.datasets.user_images.layout import Role, count_pictures, natural_order, read_layout

IMAGE_SIZES = (8, 256)  # pixels per side that pictures may be scaled to
MIN_PICTURES = 10
HELD_OUT = 10  # one of so many pictures is for validation, and one for testing, where no folder says it


def load_user_images(
    path: Path,
    title: str,
    *,
    image_size: int,
    color: bool | None,
    seed: int,
    report: Progress,
    encoding: str | None = None,
    framing: Framing = Framing(),  # noqa: B008 (frozen)
) -> Dataset:
    """The pictures of a folder or zip, what framing keeps of each scaled to (3 or 1, image_size, image_size).

    Classes and splits are those of the folders (layout.read_layout); without split folders 80 % / 10 % / 10 % are cut
    at random. Files that cannot be read are skipped. The data set's notes and warnings say what was decided, and what
    is left out. title: how messages call the path. color: None for grey if all pictures are.
    encoding: of names that are not in UTF-8.
    Raises: DataError for too few pictures or too much data.
    """
    if not IMAGE_SIZES[0] <= image_size <= IMAGE_SIZES[1]:
        raise DataError(f"image_size is {image_size}: use {IMAGE_SIZES[0]} to {IMAGE_SIZES[1]} pixels")
    with open_pictures(path, title, encoding) as found:
        names = list(found.openers)
        layout = read_layout(names)
        warnings = [*found.warnings(), *layout.warnings]
        used = [number for number, name in enumerate(layout.classes) if name is not None]
        _require_enough(len(used), title, warnings)
        openers = {names[number]: found.openers[names[number]] for number in used}
        limited = not path.is_dir()
        images = read_images(
            openers, title, size=image_size, color=color, report=report, limited=limited, framing=framing
        )
    warnings += images.warnings
    used = [used[row] for row in images.rows]
    _require_enough(len(used), title, warnings)
    classes = [layout.classes[number] or "" for number in used]
    class_names = natural_order(set(classes))
    index = {name: label for label, name in enumerate(class_names)}
    whole = Split(images.pixels, np.array([index[name] for name in classes], np.int64))
    roles = [layout.roles[number] for number in used] if layout.roles else []
    notes = (*layout.notes, *_about_cuts(roles), *images.notes)
    return Dataset(title, *_cut(whole, roles, title, seed), tuple(class_names), notes=notes, warnings=tuple(warnings))


def training_pictures(count: int) -> int:
    """How many of so many pictures are trained on, where no folder says it."""
    return count - 2 * (count // HELD_OUT)


def _require_enough(count: int, title: str, warnings: Sequence[str]) -> None:
    if not MIN_PICTURES <= count <= pictures.MAX_FILES:
        sentence = f"{title}: {count_pictures(count)} can be used, use {MIN_PICTURES} to {pictures.MAX_FILES:,}"
        raise DataError(". ".join([sentence, " ".join(warnings)]) if warnings else sentence)


def _cut(whole: Split, roles: Sequence[Role], title: str, seed: int) -> tuple[Split, Split, Split]:
    """Training, validation and test images by the role of each picture; at random without roles."""
    if not roles:
        return cut_all(whole, len(whole) // HELD_OUT, len(whole) // HELD_OUT, seed)
    train, validation, test = (_of_role(whole, roles, role) for role in ("train", "validation", "test"))
    if len(train) < 2 or not len(test):
        sizes = f"{count_pictures(len(train))} for training and {len(test):,} for testing"
        raise DataError(f"{title}: has {sizes}, put at least 2 into the one folder and 1 into the other")
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

"""A folder or zip of the user's own pictures as a data set."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vae.datasets.pictures import MAX_FILES, DataError, Progress, open_pictures, read_pictures
from vae.datasets.splits import Dataset, Split, cut_all, cut_validation, take

IMAGE_SIZES = (8, 256)  # pixels per side that pictures may be scaled to
MIN_PICTURES = 10
SPLIT_FOLDERS = {"train": 0, "val": 1, "valid": 1, "validation": 1, "test": 2}  # folder name -> which split


def load_user_images(name: str, image_size: int, color: bool, seed: int, report: Progress) -> Dataset:
    """The pictures of a folder or zip, the centre square of each scaled to (3 or 1, image_size, image_size).

    The sub-folder is the label, "images" for pictures in none. Folders train and test (and validation) at the top are
    the splits; otherwise 80 % / 10 % / 10 % at random. Raises: DataError naming the file that cannot be used.
    """
    if not IMAGE_SIZES[0] <= image_size <= IMAGE_SIZES[1]:
        raise DataError(f"image_size is {image_size}: use {IMAGE_SIZES[0]} to {IMAGE_SIZES[1]} pixels")
    path = Path(name).expanduser()
    with open_pictures(path) as openers:
        if not MIN_PICTURES <= len(openers) <= MAX_FILES:
            raise DataError(f"{path}: has {len(openers):,} pictures, use {MIN_PICTURES} to {MAX_FILES:,}")
        images = read_pictures(openers, path, image_size, color, report)
    part, labels, class_names = _layout(list(openers), strip=path.is_file())
    return Dataset(name, *_own_splits(Split(images, labels), part, path, seed), class_names)


def _own_splits(whole: Split, part: NDArray[np.int64], path: Path, seed: int) -> tuple[Split, Split, Split]:
    """`part` is the split of each picture, 0 to 2, or -1 for all where no folders are named after splits."""
    if part[0] < 0:
        return cut_all(whole, len(whole) // 10, len(whole) // 10, seed)
    train, validation, test = (take(whole, np.flatnonzero(part == i)) for i in range(3))
    if len(train) < 2:
        raise DataError(f"{path}: has {len(train)} picture in train/, put at least 2 in it")
    if not len(validation):
        train, validation = cut_validation(train, seed)
    return train, validation, test


def _layout(names: Sequence[str], strip: bool) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[str, ...]]:
    """Split of each picture or -1, its label, and class names, from the paths. strip: ignore an outermost folder."""
    paths = [name.split("/") for name in names]
    if strip and all(len(path) > 1 and path[0] == paths[0][0] for path in paths):
        paths = [path[1:] for path in paths]
    part = np.full(len(paths), -1, np.int64)
    tops = {path[0] if len(path) > 1 else "" for path in paths}
    if {"train", "test"} <= tops <= set(SPLIT_FOLDERS):
        part = np.array([SPLIT_FOLDERS[path[0]] for path in paths], np.int64)
        paths = [path[1:] for path in paths]
    class_names, labels = np.unique([path[0] if len(path) > 1 else "images" for path in paths], return_inverse=True)
    return part, labels.astype(np.int64), tuple(class_names.tolist())

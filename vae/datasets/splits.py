"""Images and labels in training, validation and test splits, and how they are cut and binarised."""

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from vae.validation import one_of, require

VALIDATION_SIZE = 5_000  # cut from an official training set, or a tenth of it where that is smaller

Binarisation = Literal["none", "static", "dynamic"]
Factors = NDArray[np.float32] | NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Split:
    """Images with their labels, shared between pages and threads: never write into the arrays.

    Shapes: images (n, channels, height, width) uint8; labels (n,) int64, indices into Dataset.class_names;
    factors (n, n_factors), one column per name in Dataset.factor_names, None where there are none.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    factors: Factors | None = None

    def __post_init__(self) -> None:
        for array in (self.images, self.labels, self.factors):
            if array is not None and len(array) != len(self.images):
                raise ValueError(f"one row per image expected: {len(self.images)}, not {len(array)}")

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Three disjoint splits, and what their labels and factors mean (names are empty where unknown).

    notes, warnings: sentences about how the user's own pictures were read, and about what is left out or looks wrong.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    class_names: tuple[str, ...]
    factor_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of every image."""
        channels, height, width = self.train.images.shape[1:]
        return channels, height, width

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 (hex) over the images and labels of all splits; reads a few MB at a time, also from a memory map."""
        digest, step = hashlib.sha256(), 1 + 2**22 // math.prod(self.image_shape)
        for split in (self.train, self.validation, self.test):
            digest.update(repr(split.images.shape).encode())
            for start in range(0, len(split), step):
                digest.update(split.images[start : start + step].tobytes())
            digest.update(split.labels.tobytes())
        return digest.hexdigest()


def binarise(images: NDArray[np.uint8], how: Binarisation, seed: int = 0) -> NDArray[np.uint8]:
    """Black and white images, 0 or 255: grey ones thresholded at one half (static), or sampled with the grey level as
    the probability (dynamic), the same for the same seed. Shape kept; "none" returns the images themselves.

    Training samples anew at every step, evaluation once. Source of dynamic: Salakhutdinov & Murray 2008.
    """
    require(how in get_args(Binarisation), "binarisation", how, one_of(Binarisation))
    if how == "none":
        return images
    if how == "static":
        return np.where(images > 127, np.uint8(255), np.uint8(0))
    rng = np.random.default_rng(seed)
    sampled = np.empty_like(images)
    for row, image in enumerate(images):  # one at a time: the first images do not depend on how many there are
        sampled[row] = rng.random(image.shape, np.float32) * 255 < image
    return sampled * np.uint8(255)


def take(split: Split, rows: NDArray[np.int64]) -> Split:
    """These rows of a split, in this order."""
    return Split(split.images[rows], split.labels[rows], None if split.factors is None else split.factors[rows])


def cut(split: Split, count: int, seed: int) -> tuple[Split, Split]:
    """The rest, and `count` images chosen at random: disjoint, and the same for the same seed."""
    order = np.random.default_rng(seed).permutation(len(split))
    return take(split, order[count:]), take(split, order[:count])


def cut_validation(train: Split, seed: int) -> tuple[Split, Split]:
    """Training and validation images of an official training set."""
    return cut(train, min(VALIDATION_SIZE, max(1, len(train) // 10)), seed)


def cut_all(whole: Split, validation: int, test: int, seed: int) -> tuple[Split, Split, Split]:
    """Training images, and this many for validation and test."""
    rest, held_out = cut(whole, validation + test, seed)
    return rest, *cut(held_out, test, seed)

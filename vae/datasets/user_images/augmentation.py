"""More training images from few: each one again, shifted, turned and scaled a little."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from vae.datasets import pictures
from vae.datasets.splits import Split
from vae.validation import is_number, is_whole, require

ENOUGH = 6000  # training images: more versions gain little
MOST_VERSIONS = 200
AT_ONCE = 2**22  # values that are transformed together


@dataclass(frozen=True)
class Augmentation:
    """How many versions of each training image there are, the image itself among them; 1 for none but the images.

    shift: at most this share of the side, up or down and to either side; turn: at most so many degrees, either way;
    scale: at most this share larger or smaller. Raises ValueError for values out of range.
    """

    versions: int = 1
    shift: float = 0.04
    turn: float = 10.0
    scale: float = 0.1

    def __post_init__(self) -> None:
        require(is_whole(self.versions, 1, MOST_VERSIONS), "versions", self.versions, f"1 to {MOST_VERSIONS}")
        require(is_number(self.shift, 0, 0.5), "shift", self.shift, "0 to 0.5 of the side")
        require(is_number(self.turn, 0, 180), "turn", self.turn, "0 to 180 degrees")
        require(is_number(self.scale, 0, 0.5), "scale", self.scale, "0 to 0.5")


def proposed_versions(images: int) -> int:
    """How many versions make enough of so many training images."""
    return min(MOST_VERSIONS, max(1, round(ENOUGH / max(1, images))))


def augment(split: Split, how: Augmentation, seed: int) -> Split:
    """The images, then a second version of all in their order, and so on; labels and factors are repeated.

    The same seed gives the same versions. At its edges a version repeats the image's outermost pixels.
    Raises ValueError for more images than a data set may have.
    """
    if how.versions == 1:
        return split
    count = len(split) * how.versions
    most = min(pictures.MAX_FILES, pictures.MAX_UNPACKED_BYTES // max(1, split.images[0].size))
    if count > most:
        raise ValueError(f"{how.versions} versions of {len(split):,} images are too many: choose {most // len(split)}.")
    source, placements = np.tile(np.arange(len(split)), how.versions), _placements(len(split), how, seed)
    images, step = [split.images], max(1, AT_ONCE // split.images[0].size)
    for start in range(0, count - len(split), step):
        rows = source[start : start + step][: len(placements) - start]
        images.append(_moved(split.images[rows], placements[start : start + step]))
    factors = None if split.factors is None else split.factors[source]
    return Split(np.concatenate(images), split.labels[source], factors)


def first_versions(split: Split, how: Augmentation, seed: int, *, images: int, versions: int) -> NDArray[np.uint8]:
    """The first versions of the first images, as augment makes them: those of the first image, then of the second.

    Shape: (at most images * versions, c, h, w) uint8.
    """
    images, versions = min(images, len(split)), min(versions, how.versions)
    placements = _placements(len(split), how, seed).reshape(how.versions - 1, len(split), 2, 3)
    some = placements[: versions - 1, :images].flatten(0, 1)
    first = split.images[:images]
    moved = _moved(np.tile(first, (versions - 1, 1, 1, 1)), some) if len(some) else first[:0]
    found = np.concatenate([first, moved]).reshape(versions, images, *first.shape[1:])
    return found.swapaxes(0, 1).reshape(-1, *first.shape[1:])


def _placements(images: int, how: Augmentation, seed: int) -> Tensor:
    """Where each pixel of each version but the first is taken from, as functional.affine_grid has it: (n, 2, 3)."""
    generator = torch.Generator().manual_seed(seed)
    turn, scale, across, down = (2 * torch.rand((images * (how.versions - 1), 4), generator=generator) - 1).unbind(1)
    angle, zoom = turn * math.radians(how.turn), (scale * math.log1p(how.scale)).exp()
    cos, sin = angle.cos() / zoom, angle.sin() / zoom
    rows = [cos, -sin, 2 * how.shift * across], [sin, cos, 2 * how.shift * down]
    return torch.stack([torch.stack(row, 1) for row in rows], 1)


def _moved(images: NDArray[np.uint8], placements: Tensor) -> NDArray[np.uint8]:
    """Images seen at these placements. Shapes: (n, c, h, w), (n, 2, 3) -> (n, c, h, w)."""
    grid = functional.affine_grid(placements, list(images.shape), align_corners=False)
    pixels = torch.from_numpy(images).float()
    moved = functional.grid_sample(pixels, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return moved.round().to(torch.uint8).numpy()

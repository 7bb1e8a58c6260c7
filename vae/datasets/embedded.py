"""Data sets that need neither files nor a connection: scikit-learn's digits, and sprites drawn here."""
# sklearn is imported where it is used: it costs start-up time.

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vae.datasets.splits import Dataset, Split, cut_all

EMBEDDED: tuple[str, ...] = ("digits", "sprites")

SPRITE_SHAPES = ("square", "ellipse", "heart")
_SPRITE_RADII = (8.0, 10.0, 12.0, 14.0)  # pixels, of the circle around the shape: one per scale
_SPRITE_CENTRES = range(15, 49, 3)  # 12 positions, so far inside 0..63 that no shape reaches the border
_SPRITE_ANGLES = 10  # over a full turn, clockwise
_DIGIT_NAMES = tuple("0123456789")


def load_digits(seed: int) -> Dataset:
    """scikit-learn's 1,797 handwritten digits, (1, 8, 8); its grey levels 0..16 become round(level * 255 / 16)."""
    from sklearn import datasets

    levels, labels = datasets.load_digits(return_X_y=True)
    images = np.rint(levels * (255 / 16)).astype(np.uint8).reshape(-1, 1, 8, 8)
    return Dataset("digits", *cut_all(Split(images, labels.astype(np.int64)), 200, 300, seed), _DIGIT_NAMES)


def _sprite(shape: str, radius: float, angle: float) -> NDArray[np.bool_]:
    """One centred shape as a (29, 29) mask; `radius` in pixels, `angle` in radians.

    A square looks the same after a quarter turn, an ellipse after half a turn. A round hole beside the centre makes
    their orientations distinct, so that every combination of factors has a picture of its own.
    """
    y, x = np.mgrid[-14:15, -14:15] / radius
    u, v = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    if shape == "heart":
        u, v = 1.32 * u, 0.15 - 1.32 * v  # centres the heart, and fits it into the radius
        heart: NDArray[np.bool_] = (u**2 + v**2 - 1) ** 3 <= u**2 * v**3
        return heart
    outline = np.maximum(abs(u), abs(v)) <= 0.7 if shape == "square" else u**2 + (v / 0.55) ** 2 <= 1
    hole = (u - 0.35) ** 2 + v**2 <= 0.2**2
    masked: NDArray[np.bool_] = outline & ~hole
    return masked


@lru_cache(maxsize=1)
def load_sprites(seed: int) -> Dataset:
    """17,280 binary (0 or 255) images, (1, 64, 64): every combination of five factors once, after dSprites.

    factors: int64 indices, not physical values: shape 0..2, scale 0..3 (radius 8, 10, 12, 14 pixels), orientation
    0..9 (steps of 36° clockwise), x and y 0..11 (centre at pixel 15 + 3 * index from the left, from the top).
    labels: the shape. Source: Matthey et al. 2017, dSprites, with fewer values per factor.
    """
    angles = [2 * math.pi * step / _SPRITE_ANGLES for step in range(_SPRITE_ANGLES)]
    masks = np.array([[[_sprite(s, r, a) for a in angles] for r in _SPRITE_RADII] for s in SPRITE_SHAPES])
    grid = (*masks.shape[:3], len(_SPRITE_CENTRES), len(_SPRITE_CENTRES))
    images = np.zeros((*grid, 64, 64), np.uint8)
    for i, x in enumerate(_SPRITE_CENTRES):
        for j, y in enumerate(_SPRITE_CENTRES):
            images[:, :, :, i, j, y - 14 : y + 15, x - 14 : x + 15] = masks * np.uint8(255)
    factors = np.indices(grid, dtype=np.int64).reshape(len(grid), -1).T
    whole = Split(images.reshape(-1, 1, 64, 64), factors[:, 0], factors)
    tenth = len(whole) // 10
    names = ("shape", "scale", "orientation", "x", "y")
    return Dataset("sprites", *cut_all(whole, tenth, tenth, seed), SPRITE_SHAPES, names)

"""Synthetic photographs of what is written on paper: uneven light, grey ink, noise, off centre, JPEG."""

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 450, 600
Written = NDArray[np.float64]  # how much of each pixel is ink, 0 to 1; (HEIGHT, WIDTH)
SEVEN = ((0.1, 0.1), (0.9, 0.08), (0.45, 1.0))  # the corners of its line, across and down


def written(digit: NDArray[np.uint8], side: int = 180, across: int = 190, down: int = 330) -> Written:
    """An image of MNIST's on a sheet, enlarged to this side, its middle at this place. Shape: (28, 28)."""
    sheet = Image.new("L", (WIDTH, HEIGHT))
    sheet.paste(
        Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC), (across - side // 2, down - side // 2)
    )
    return np.asarray(sheet) / 255


def line(
    corners: Sequence[tuple[float, float]], width: int, *, side: int = 150, left: int = 60, top: int = 90
) -> Written:
    """A line through corners in a square of this side, as a pen of this width writes it."""
    sheet = Image.new("L", (2 * WIDTH, 2 * HEIGHT))
    points = [(2 * (left + side * x), 2 * (top + side * y)) for x, y in corners]
    ImageDraw.Draw(sheet).line(points, fill=255, width=2 * width, joint="curve")
    return np.asarray(sheet.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)) / 255


def photograph(ink: Written, *, darkness: float = 0.55, scene: str = "plain", seed: int = 0) -> NDArray[np.uint8]:
    """The sheet in light that falls off to one side, with noise, after JPEG. Shape: (HEIGHT, WIDTH) grey.

    scene: "plain", "squared" paper, with a "shadow" over half of it, or on a dark "table" larger than it.
    darkness: share of the light that ink swallows.
    """
    y, x = np.mgrid[:HEIGHT, :WIDTH] / np.array([HEIGHT, WIDTH])[:, None, None] - 0.5
    light = 165 + 90 * (0.8 * x - 0.6 * y) - 40 * (x**2 + y**2)
    if scene == "squared":
        light[::30] *= 0.8
        light[:, ::30] *= 0.8
    if scene == "shadow":
        light *= 1 - 0.45 / (1 + np.exp(-80 * (x + 0.3 * y - 0.2)))
    if scene == "table":
        light[:60], light[:, :40], light[-40:] = 50, 45, 55
    noise = np.random.default_rng(seed).normal(0, 6, light.shape)
    grey = np.clip(light * (1 - darkness * ink) + noise, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "JPEG", quality=80)
    return np.asarray(Image.open(file))

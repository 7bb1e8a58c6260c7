"""Emoji in colour with known factors: eyes, mouths and drops of Microsoft's Fluent Emoji, put together anew here."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vae.datasets.made.packages import fetch_package
from vae.datasets.made.storage import Made, Source, order_by_split
from vae.datasets.made.svg import blend, rasterise
from vae.datasets.pictures import DataError, Progress

PACKAGE, VERSION = "@iconify-json/fluent-emoji-flat", "1.2.6"
INTEGRITY = "sha512-RY47RgPb47fYUiyrA64sIOL0+UU02s29sXpNBbIQRBUlPlfNFTKUmZDERGuxDs/7yNGWqQYvuaSYM1M4fRXlUw=="
DRAWINGS = "icons.json"
ADDRESS = "https://github.com/microsoft/fluentui-emoji"
SOURCE = Source(f"{PACKAGE}: Fluent Emoji by Microsoft Corporation", VERSION, "MIT", ADDRESS)

CONTENT = "414f7160ecdd66b5cddb052cb9b885411500b4fef2a7951ac4518bdffa240377"
COUNT = 12_000
SIZE = 64  # pixels
VALIDATION, TEST = 0.05, 0.1
FACE = "#ffb02e"  # of the disc that each drawing starts with


class Part(NamedTuple):
    """What is taken of a drawing: all but its disc between two heights, moved down; units: the drawings', 32 a side.

    only: the colour of what is taken, where that is not all.
    """

    drawing: str
    top: float
    bottom: float
    down: float = 0
    only: str = ""


EYES = {  # the label, too
    "open": Part("neutral-face", 0, 17),
    "happy": Part("beaming-face-with-smiling-eyes", 0, 14),
    "squeezed": Part("grinning-squinting-face", 0, 15),
    "closed": Part("relieved-face", 0, 18, -2),
    "hearts": Part("smiling-face-with-heart-eyes", 0, 14.5),
    "stars": Part("star-struck", 0, 16),
    "sunglasses": Part("smiling-face-with-sunglasses", 0, 17.5),
    "angry": Part("pouting-face", 0, 21.2, -4),
    "worried": Part("worried-face", 0, 19.5, -1.2),
    "crosses": Part("knocked-out-face", 0, 17),
}
MOUTHS = {
    "grin": Part("grinning-face", 15.5, 32),
    "teeth": Part("beaming-face-with-smiling-eyes", 15, 32),
    "smile": Part("slightly-smiling-face", 17.5, 32),
    "tongue": Part("face-with-tongue", 18, 32),
    "open": Part("face-with-open-mouth", 17, 32),
    "flat": Part("neutral-face", 17.5, 32),
    "frown": Part("slightly-frowning-face", 19, 32),
    "wavy": Part("confounded-face", 19, 32),
    "wail": Part("weary-face", 16, 32),
    "kiss": Part("kissing-face", 16.5, 32),
}
EXTRAS = {
    "none": None,
    "blush": Part("smiling-face-with-smiling-eyes", 0, 32, only="#ff6723"),
    "tears": Part("face-with-tears-of-joy", 0, 32, only="#3f5fff"),
    "sweat": Part("grinning-face-with-sweat", 0, 32, only="#3f5fff"),
}
STEPS = tuple("123456789")
FACTORS: dict[str, tuple[str, ...]] = {
    "eyes": tuple(EYES),
    "mouth": tuple(MOUTHS),
    "colour": STEPS,
    "extra": tuple(EXTRAS),
    "tilt": STEPS,
    "turn": STEPS,
}
COLORS = ("#5092ff", "#00d26a", FACE, "#ff822d", "#f8312f")  # all of them are the set's own

Drawings = Mapping[str, Mapping[str, Any]]  # the set's icons by name


def make(root: Path, report: Progress, count: int = COUNT) -> Made:
    """Emoji whose factors are drawn independently, in all 12,000 unless told otherwise; the same every time.

    root: the data directory, which keeps the package. Raises: DataError without the package or resvg_py.
    """
    files = fetch_package(PACKAGE, VERSION, INTEGRITY, root, report)
    drawings = json.loads(files[DRAWINGS])["icons"]
    factors = np.random.default_rng(0).integers(
        [len(values) for values in FACTORS.values()], size=(count, len(FACTORS))
    )
    images = np.empty((count, 3, SIZE, SIZE), np.uint8)
    for row, values in enumerate(factors):
        images[row] = rasterise(emoji_svg(drawings, values), SIZE)
        if row % 100 == 0:
            report(row / count, "emoji")
    order, counts = order_by_split(np.arange(count), VALIDATION, TEST)
    names = (tuple(EYES), tuple(FACTORS), tuple(FACTORS.values()))
    return Made(images[order], factors[order, 0].copy(), factors[order], counts, *names, (SOURCE,))


def emoji_svg(drawings: Drawings, values: Sequence[int] | NDArray[np.int64]) -> str:
    """One emoji as SVG. values: an index into its values for each of FACTORS, in their order."""
    eyes, mouth, colour, extra, tilt, turn = map(int, values)
    part, last = tuple(EXTRAS.values())[extra], len(STEPS) - 1
    features = [_taken(drawings, tuple(EYES.values())[eyes]), _taken(drawings, tuple(MOUTHS.values())[mouth])]
    if part:  # cheeks are behind the rest, drops before it
        features.insert(0 if part == EXTRAS["blush"] else 2, _taken(drawings, part))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 34 34">'
        '<rect x="-1" y="-1" width="34" height="34" fill="#ffffff"/>'
        f'<g fill="none" transform="rotate({40 * tilt / last - 20:g} 16 16)">'
        f'<circle cx="16" cy="16" r="14" fill="{blend(COLORS, colour / last)}"/>'
        f'<g transform="translate({4 * turn / last - 2:g} 0)">{"".join(features)}</g></g></svg>'
    )


def _taken(drawings: Drawings, part: Part) -> str:
    """A part as SVG. Raises: DataError where the drawing is missing."""
    if part.drawing not in drawings:
        raise DataError(f"{PACKAGE} {VERSION} has no drawing {part.drawing}")
    paths = re.findall(r"<path[^>]*/>", drawings[part.drawing]["body"])[1:]
    inner = "".join(path for path in paths if part.only in path)
    name = f"{part.drawing}-{part.top:g}"
    return (
        f'<clipPath id="{name}"><rect y="{part.top:g}" width="32" height="{part.bottom - part.top:g}"/></clipPath>'
        f'<g transform="translate(0 {part.down:g})"><g clip-path="url(#{name})">{inner}</g></g>'
    )

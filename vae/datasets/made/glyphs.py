"""Letters and digits in some hundred openly licensed font families, each in several weights, upright and italic."""
# PIL is imported where it is used: it costs start-up time.

import io
import json
import string
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vae.datasets.made.packages import fetch_package
from vae.datasets.made.storage import Made, Source, order_by_split
from vae.datasets.pictures import DataError, Progress

if TYPE_CHECKING:
    from PIL import ImageFont

CONTENT = "0503824abfdee5a66724175771c641c54137eec6969e96b44f7b35c8e6ec3141"
CHARACTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
WEIGHTS = (200, 400, 700, 900)  # as in CSS: 400 is regular, 700 bold
SLANTS = ("upright", "italic")
KINDS = ("sans", "serif", "slab", "hand")  # the last: handwriting
SIDE = 64  # pixels
OVERSAMPLING = 4  # drawn in this size and averaged, so that shapes are not moved to whole pixels
CAP_HEIGHT = 36.0  # pixels, of a typeface's H, where all its characters fit
BASE_LINE = 46  # pixels from the top
MARGIN = 2  # pixels that stay black at each edge
VALIDATION, TEST = 0.05, 0.1  # shares of the families


class Family(NamedTuple):
    """A font family: its package with version, npm's integrity and licence, and what kind of letters it has."""

    package: str
    version: str
    integrity: str
    licence: str
    kind: str

    @property
    def name(self) -> str:
        """As in its package's file names: "source-sans-3"."""
        return self.package.rpartition("/")[2]


class Typeface(NamedTuple):
    """A family in one weight and slant, which are indices of WEIGHTS and SLANTS; variable: its file has all weights."""

    data: bytes
    weight: int
    slant: int
    variable: bool

    def font(self, size: float) -> "ImageFont.FreeTypeFont":
        """The font in this size, in pixels."""
        from PIL import ImageFont

        font = ImageFont.truetype(io.BytesIO(self.data), size, layout_engine=ImageFont.Layout.BASIC)
        if self.variable:
            font.set_variation_by_axes([WEIGHTS[self.weight]])
        return font

    def exists(self) -> bool:
        """Whether a variable font goes as far as this weight."""
        if not self.variable:
            return True
        axis = self.font(SIDE).get_variation_axes()[0]
        return (axis["minimum"] or 0) <= WEIGHTS[self.weight] <= (axis["maximum"] or 0)


def families() -> tuple[Family, ...]:
    """The families in glyphs.json, in its order."""
    return tuple(Family(*entry) for entry in json.loads(Path(__file__).with_suffix(".json").read_text("utf-8")))


def make(root: Path, report: Progress) -> Made:
    """Renders each character in each typeface, white on black, (1, 64, 64).

    A typeface has one size, so that its letters keep their proportions, and one base line. Whole families are held out
    for validation and test, because the weights of one family are so alike that a model would have seen them.
    factors: character, weight, slant, serif. root: the data directory. Raises: DataError.
    """
    images, factors, groups = [], [], []
    known = families()
    for number, family in enumerate(known):
        report(number / len(known), family.name)
        files = fetch_package(family.package, family.version, family.integrity, root, lambda fraction, text: None)
        for face in typefaces(family, files):
            images.append(render(face))
            style = (face.weight, face.slant, KINDS.index(family.kind))
            factors.append([(character, *style) for character in range(len(CHARACTERS))])
            groups.append(number)
    report(1.0, "glyphs")
    rows, counts = order_by_split(np.repeat(groups, len(CHARACTERS)), VALIDATION, TEST)
    columns = np.array(factors, np.int64).reshape(-1, 4)[rows]
    values = (tuple(CHARACTERS), tuple(map(str, WEIGHTS)), SLANTS, KINDS)
    return Made(
        images=np.concatenate(images)[rows],
        labels=columns[:, 0].copy(),
        factors=columns,
        counts=counts,
        class_names=tuple(CHARACTERS),
        factor_names=("character", "weight", "slant", "serif"),
        factor_values=values,
        sources=tuple(Source(f.package, f.version, f.licence, f"npm:{f.package}@{f.version}") for f in known),
    )


def typefaces(family: Family, files: dict[str, bytes]) -> list[Typeface]:
    """The typefaces among a package's files: of a variable font all weights in its range, else those with a file."""
    found = []
    for slant, style in enumerate(("normal", "italic")):
        variable = files.get(f"files/{family.name}-latin-wght-{style}.woff2")
        for weight, value in enumerate(WEIGHTS):
            if data := variable or files.get(f"files/{family.name}-latin-{value}-{style}.woff2"):
                found.append(Typeface(data, weight, slant, variable is not None))
    return [face for face in found if face.exists()]


def render(face: Typeface) -> NDArray[np.uint8]:
    """Each character of a typeface, (62, 1, 64, 64) uint8. Raises: DataError for a font without letters."""
    from PIL import Image, ImageDraw

    side = SIDE * OVERSAMPLING
    found = np.zeros((len(CHARACTERS), 1, SIDE, SIDE), np.uint8)
    font = face.font(OVERSAMPLING * _fitting_size(face))
    for row, character in enumerate(CHARACTERS):
        canvas = Image.new("L", (2 * side, side))
        ImageDraw.Draw(canvas).text((side // 2, BASE_LINE * OVERSAMPLING), character, fill=255, font=font, anchor="ls")
        left, _, right, _ = canvas.getbbox() or (0, 0, 2 * side, side)
        start = (left + right - side) // 2
        found[row, 0] = np.asarray(canvas.crop((start, 0, start + side, side)).reduce(OVERSAMPLING))
    return found


def _fitting_size(face: Typeface) -> float:
    """The size in which its H is as high as CAP_HEIGHT, or a smaller one in which all characters fit. Unit: pixels."""
    size = SIDE * OVERSAMPLING
    font = face.font(size)
    boxes = np.array([font.getbbox(character, anchor="ls") for character in CHARACTERS], float)
    cap = -boxes[CHARACTERS.index("H"), 1]
    if cap <= 0:
        raise DataError(f"{font.getname()[0]} has no letter H; take it out of glyphs.json")
    width, ascent, descent = (boxes[:, 2] - boxes[:, 0]).max(), -boxes[:, 1].min(), max(1.0, boxes[:, 3].max())
    room = min((SIDE - 2 * MARGIN) / width, (BASE_LINE - MARGIN) / ascent, (SIDE - MARGIN - BASE_LINE) / descent)
    return float(size * min(CAP_HEIGHT / cap, room))

"""Drawn faces in colour with known factors: the parts of one design, composed and coloured here. No real people."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae.datasets.made.packages import fetch_package
from vae.datasets.made.storage import Made, Source, order_by_split
from vae.datasets.made.svg import blend, markup, rasterise
from vae.datasets.pictures import Progress

PACKAGE, VERSION = "@dicebear/styles", "10.6.0"
INTEGRITY = "sha512-KhxbEVI+z8TaenX58+ZhIRFBt7adggu/F+8g6ZYLu43H2/lgLuWA3Kg8vHBrCVWdfTTTt1p2wUhQomIkkypTuQ=="
DESIGN = "dist/lorelei.min.json"
SOURCE = Source(f"{PACKAGE}: Lorelei by Lisa Wischofsky", VERSION, "CC0 1.0", "https://www.dicebear.com/styles/lorelei")

CONTENT = "f7739c51f3f3f2541d5d153ac58a870d0795b92698e37f70c22b457cae914c2a"
COUNT = 20_000
SIZE = 64  # pixels
VALIDATION, TEST = 0.05, 0.1

HAIR = {"cropped": "variant28", "short": "variant43", "bob": "variant19", "long": "variant15", "curls": "variant35"}
STEPS = tuple("12345678")
FACTORS: dict[str, tuple[str, ...]] = {
    "hair": tuple(HAIR),  # the label, too: by how much of it there is
    "hair colour": STEPS,
    "skin": STEPS,
    "clothes": STEPS,
    "background": STEPS,
    "beard": ("none", "short", "full"),
    "glasses": ("none", "glasses"),
    "smile": STEPS[:7],
    "eyes": STEPS[:5],
    "tilt": (*STEPS, "9"),
    "turn": (*STEPS, "9"),
}
HAIR_COLORS = ("#2b4fc4", "#8a3fb5", "#e8467f", "#ff9a3c")
SKIN_COLORS = ("#ffe3d0", "#e8b48c", "#a86f48", "#70472f")
CLOTHES_COLORS = ("#2a4478", "#d9414d")
BACKGROUND_COLORS = ("#a2e8bb", "#d1a2ec")
INK, MOUTH, LIPS = "#241a1a", "#a8323e", "#6d1f2a"

Parts = Mapping[str, Mapping[str, Any]]  # the design's components by name
Position = Mapping[str, float]  # of each factor between its first and its last value, 0 to 1


def make(root: Path, report: Progress, count: int = COUNT) -> Made:
    """Faces whose factors are drawn independently, in all 20,000 unless told otherwise; the same every time.

    root: the data directory, which keeps the package. Raises: DataError without the package or resvg_py.
    """
    files = fetch_package(PACKAGE, VERSION, INTEGRITY, root, report)
    parts = json.loads(files[DESIGN])["components"]
    factors = _draw_factors(count)
    images = np.empty((count, 3, SIZE, SIZE), np.uint8)
    for row, values in enumerate(factors):
        images[row] = rasterise(face_svg(parts, values), SIZE)
        if row % 100 == 0:
            report(row / count, "faces")
    order, counts = order_by_split(np.arange(count), VALIDATION, TEST)
    names = (tuple(HAIR), tuple(FACTORS), tuple(FACTORS.values()))
    return Made(images[order], factors[order, 0], factors[order], counts, *names, (SOURCE,))


def _draw_factors(count: int) -> NDArray[np.int64]:
    """Indices into FACTORS' values, uniform, but half of the faces are without a beard. Shape: (count, factors)."""
    rng = np.random.default_rng(0)
    sizes = [len(values) + (name == "beard") for name, values in FACTORS.items()]
    drawn = rng.integers(sizes, size=(count, len(sizes)))
    beard = list(FACTORS).index("beard")
    drawn[:, beard] = np.maximum(0, drawn[:, beard] - 1)
    return drawn


def face_svg(parts: Parts, values: Sequence[int] | NDArray[np.int64]) -> str:
    """One face as SVG. values: an index into its values for each of FACTORS, in their order."""
    sizes = map(len, FACTORS.values())
    at = {name: value / (size - 1) for name, value, size in zip(FACTORS, values, sizes, strict=True)}
    hair = blend(HAIR_COLORS, at["hair colour"])
    colors = dict.fromkeys(("outline", "eyes", "eyebrows", "nose", "glasses"), INK)
    colors |= {"hair": hair, "skin": blend(SKIN_COLORS, at["skin"])}
    style = tuple(HAIR.values())[int(values[0])]
    layers = parts["hair"]["variants"][style]["elements"]
    split = next(place for place, layer in enumerate(layers) if layer["type"] == "component")
    head = f'<g transform="translate(131 168)">{_head(parts, at, colors)}</g>'
    behind, before = markup(layers[:split], colors), markup(layers[split:], colors)
    shirt = "M-20 980Q40 795 300 768Q430 850 560 772Q830 795 890 980Z"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="60 20 880 880">'
        f'<rect x="60" y="20" width="880" height="880" fill="{blend(BACKGROUND_COLORS, at["background"])}"/>'
        f'<g fill="none" transform="translate(76 3)"><g transform="rotate({20 * at["tilt"] - 10:g} 370 800)">'
        f"{behind}{head}{before}</g>"
        f'<path d="{shirt}" fill="{blend(CLOTHES_COLORS, at["clothes"])}" stroke="{INK}" stroke-width="9"/></g></svg>'
    )


def _head(parts: Parts, at: Position, colors: Mapping[str, str]) -> str:
    """The head without its hair. Its features move to the side as it turns, the nose most: it is in front of them."""
    turn, opened = 100 * at["turn"] - 84, 0.1 + 1.1 * at["eyes"]

    def part(name: str, variant: str, x: float, y: float, change: str = "") -> str:
        inner = markup(parts[name]["variants"][variant]["elements"], colors)
        return f'<g transform="translate({x:g} {y:g}){change}">{inner}</g>'

    whites = "".join(
        f'<ellipse cx="{x + turn:g}" cy="286" rx="{width}" ry="{40 * opened:g}" fill="#ffffff"/>'
        for x, width in ((267, 62), (459, 38))
    )
    size = at["beard"]
    beard = f" translate(241 20) scale({0.9 + 0.1 * size:g} {0.35 + 0.65 * size:g}) translate(-241 -20)"
    return "".join(
        (
            markup(parts["head"]["variants"]["variant02"]["elements"], colors),
            whites,
            part(
                "eyes",
                "variant02",
                159 + turn,
                224,
                f" translate(180 60) scale(1.2 {1.2 * opened:g}) translate(-180 -60)",
            ),
            part("eyebrows", "variant10", 164 + 0.9 * turn, 126 - 14 * at["eyes"]),
            part("nose", "variant02", 359 + 1.35 * turn, 274),
            part("beard", "variant01", 106 + 0.6 * turn, 346, beard) if size else "",
            _mouth(352 + turn, 2 * at["smile"] - 1),
            part("glasses", "variant04", 152 + turn, 197) if at["glasses"] else "",
        )
    )


def _mouth(x: float, smile: float) -> str:
    """A mouth in the middle x, from -1, corners down, to 1, open and corners up."""
    laugh = max(0.0, smile)
    half, corner, middle = 104 + 20 * laugh, 456 - 40 * smile, 456 + 84 * smile
    left, right = f"{x - half:g} {corner:g}", f"{x + half:g} {corner:g}"
    lower = middle + 24 + 80 * laugh
    return (
        f'<path d="M{left}Q{x:g} {middle:g} {right}Q{x:g} {lower:g} {left}Z" fill="{MOUTH}" stroke="{LIPS}" '
        'stroke-width="12" stroke-linejoin="round"/>'
    )

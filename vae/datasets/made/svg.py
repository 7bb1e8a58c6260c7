"""Drawings of a design in JSON as SVG, and SVG as pixels."""
# PIL and resvg_py are imported where they are used: the one costs start-up time, the other is a development tool.

import io
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray

from vae.datasets.pictures import DataError

RESVG = "resvg_py==0.5.0"  # draws the same pixels everywhere; another version may not


def markup(elements: Sequence[Mapping[str, Any]], colors: Mapping[str, str]) -> str:
    """A design's elements as SVG. Components among them are left out: the caller draws those.

    elements: as in @dicebear/styles: name, attributes, children. An attribute that names a colour gets it from colors.
    """
    return "".join(_element(element, colors) for element in elements if element["type"] == "element")


def _element(element: Mapping[str, Any], colors: Mapping[str, str]) -> str:
    given = element.get("attributes", {}).items()
    values = {key: colors[value["name"]] if isinstance(value, dict) else str(value) for key, value in given}
    attributes = "".join(f" {key}={quoteattr(value)}" for key, value in values.items())
    return f"<{element['name']}{attributes}>{markup(element.get('children', ()), colors)}</{element['name']}>"


def blend(stops: Sequence[str], position: float) -> str:
    """The colour at this position, 0 to 1, of the path through these colours, as #rrggbb like them."""
    at = np.linspace(0, 1, len(stops))
    parts = [[int(stop[start : start + 2], 16) for stop in stops] for start in (1, 3, 5)]
    return "#" + "".join(f"{round(float(np.interp(position, at, part))):02x}" for part in parts)


def rasterise(svg: str, size: int) -> NDArray[np.uint8]:
    """The pixels of a square drawing. Shape: (3, size, size). Raises: DataError where resvg_py is not installed."""
    from PIL import Image

    try:
        import resvg_py
    except ImportError as error:
        raise DataError(f"drawings are made by resvg_py; run `pip install {RESVG}`, then the command again") from error
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=size, height=size, skip_system_fonts=True))
    return np.ascontiguousarray(np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).transpose(2, 0, 1))

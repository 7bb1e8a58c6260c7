"""Designs become SVG, and SVG becomes pixels."""

import sys

import numpy as np
import pytest

from vae.datasets.made.svg import blend, markup, rasterise
from vae.datasets.pictures import DataError


def test_elements_get_their_colours_and_keep_their_order() -> None:
    """Places for components are left out: the caller draws those."""
    square = {"name": "path", "type": "element", "attributes": {"d": "M0 0h9v9Z", "fill": {"name": "skin"}}}
    group = {"name": "g", "type": "element", "attributes": {"opacity": 0.4}, "children": [square]}
    place = {"name": "eyes", "type": "component"}
    assert (
        markup([place, square, group], {"skin": "#ff0000"})
        == '<path d="M0 0h9v9Z" fill="#ff0000"></path><g opacity="0.4"><path d="M0 0h9v9Z" fill="#ff0000"></path></g>'
    )


def test_an_attribute_cannot_end_its_quotes() -> None:
    assert markup([{"name": "path", "type": "element", "attributes": {"d": '"><script>'}}], {}) == (
        "<path d='\"&gt;&lt;script&gt;'></path>"
    )


@pytest.mark.parametrize(
    ("position", "color"), [(0, "#000000"), (0.25, "#800000"), (0.5, "#ff0000"), (0.75, "#ff0080"), (1, "#ff00ff")]
)
def test_a_path_of_colours_goes_through_its_stops(position: float, color: str) -> None:
    assert blend(("#000000", "#ff0000", "#ff00ff"), position) == color


def test_a_drawing_becomes_pixels_of_its_colours() -> None:
    red_left = '<rect width="2" height="4" fill="#ff0000"/><rect x="2" width="2" height="4" fill="#0000ff"/>'
    pixels = rasterise(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4">{red_left}</svg>', 8)
    assert pixels.shape == (3, 8, 8)
    assert pixels.dtype == np.uint8
    assert (pixels[:, :, :4] == np.array([255, 0, 0])[:, None, None]).all()
    assert (pixels[:, :, 4:] == np.array([0, 0, 255])[:, None, None]).all()


def test_without_the_renderer_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(DataError, match=r"run `pip install resvg_py==[\d.]+`, then the command again"):
        rasterise("<svg/>", 8)

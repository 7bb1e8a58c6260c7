"""The contrast of the palette."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from vae.views.shared.palette import PALETTE

Array = NDArray[np.floating[Any]]

# How a linear RGB colour looks without one kind of cone. Source: Machado et al. 2009, severity 1.0.
EYES = {
    "three cones": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
# A projector in a lit room. The room's light lies over all it shows: white is 1 / 0.12, some eight times, as bright as
# black. Its colours are paler and its middle grey brighter than a screen's.
FLARE, SATURATION, GAMMA = 0.12, 0.7, 0.85
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])  # of linear sRGB
WHITE = XYZ.sum(axis=1)
PAGES = {"light": "#ffffff", "dark": "#171614"}  # of Streamlit 1.67
# Differences in L*, a* and b* of CIELAB that half of the observers notice between marks of a third of a degree, some
# 4 mm seen from 60 cm: the smallest that were measured. Source: Stone, Szafir & Setlur 2014, table 2.
NOTICED = 0.5 * (np.array([10.16, 10.68, 10.70]) + np.array([1.50, 3.08, 5.74]) / (1 / 3))


def linear(colour: str) -> Array:
    """Linear RGB of "#rrggbb". -> (3,)"""
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb: Array) -> Array:
    """CIELAB of a linear RGB colour under its own white. (3,) -> (3,)"""
    ratio = XYZ @ rgb.clip(0, 1) / WHITE
    x, y, z = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def projected(rgb: Array) -> Array:
    """What the projector makes of a linear RGB colour. (3,) -> (3,)"""
    pale = SATURATION * rgb + (1 - SATURATION) * (XYZ[1] @ rgb)
    return np.asarray(FLARE + (1 - FLARE) * pale.clip(0, 1) ** GAMMA)


def seen(eyes: str, colour: str) -> Array:
    """CIELAB of "#rrggbb", seen with these eyes on a screen, or with three cones on the projector. -> (3,)"""
    rgb = linear(colour)
    return lab(projected(rgb) if eyes == "projector" else EYES[eyes] @ rgb)


def difference(one: Array, other: Array) -> float:
    """CIEDE2000 between two colours in CIELAB. Source: Sharma, Wu & Dalal 2005, equations 2 to 22."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean_chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1 + 0.5 * (1 - np.sqrt(mean_chroma**7 / (mean_chroma**7 + 25.0**7)))
    chromas = np.hypot([stretch * a1, stretch * a2], [b1, b2])
    hues = np.degrees(np.arctan2([b1, b2], [stretch * a1, stretch * a2])) % 360
    turn = (hues[1] - hues[0] + 180) % 360 - 180
    grey = not chromas.all()
    light, chroma = (l1 + l2) / 2, chromas.mean()
    hue = hues.sum() if grey else hues[0] + turn / 2
    weight = (
        *(1 - 0.17 * np.cos(np.radians(hue - 30)), 0.24 * np.cos(np.radians(2 * hue))),
        *(0.32 * np.cos(np.radians(3 * hue + 6)), -0.2 * np.cos(np.radians(4 * hue - 63))),
    )
    d_hue = 0 if grey else 2 * np.sqrt(chromas.prod()) * np.sin(np.radians(turn / 2))
    lightness = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2))
    saturation = (chromas[1] - chromas[0]) / (1 + 0.045 * chroma)
    tone = d_hue / (1 + 0.015 * chroma * sum(weight))
    blue = 30 * np.exp(-((((hue - 275 + 180) % 360 - 180) / 25) ** 2))
    rotation = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(np.radians(2 * blue))
    return float(np.sqrt(lightness**2 + saturation**2 + tone**2 + rotation * saturation * tone))


def contrast(one: str, other: str) -> float:
    """Contrast ratio as WCAG 2 defines it."""
    low, high = sorted(float(XYZ[1] @ linear(colour)) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def test_the_palette_has_ten_different_colours() -> None:
    assert len({colour.lower() for colour in PALETTE}) == 10


@pytest.mark.parametrize("eyes", [*EYES, "projector"])
def test_any_two_classes_differ_noticeably_for_every_kind_of_vision_and_on_a_projector(eyes: str) -> None:
    marks = {colour: seen(eyes, colour) for colour in (*PALETTE, *PAGES.values())}
    for one, other in combinations(marks, 2):
        assert (np.abs(marks[one] - marks[other]) > NOTICED).any(), (one, other)


@pytest.mark.parametrize(
    ("eyes", "least"),
    [("three cones", 20), ("protanopia", 13.8), ("deuteranopia", 13.8), ("tritanopia", 13.9), ("projector", 12)],
)
def test_the_smallest_difference_of_two_classes_is_as_large_as_was_found(eyes: str, least: float) -> None:
    smallest = min(difference(seen(eyes, one), seen(eyes, other)) for one, other in combinations(PALETTE, 2))
    assert smallest >= least


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
    ],
)
def test_the_difference_of_colours_is_the_published_one(one: Any, other: Any, expected: float) -> None:
    """Source: Sharma, Wu & Dalal 2005, table 1."""
    assert difference(np.array(one), np.array(other)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("page", PAGES)
def test_every_class_stands_out_from_the_page(page: str) -> None:
    for colour in PALETTE:
        assert contrast(colour, PAGES[page]) >= 3, colour  # WCAG 2.2, 1.4.11: graphics

"""Faces are composed of a design's parts, and each factor changes what it is called after."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from vae.datasets.made import faces
from vae.datasets.made.storage import load, save
from vae.datasets.made.svg import rasterise

MIDDLE = [2, 3, 3, 3, 3, 0, 0, 3, 2, 4, 4]


def _shape(path: str, color: str) -> dict[str, Any]:
    return {"name": "path", "type": "element", "attributes": {"d": path, "fill": {"type": "color", "name": color}}}


def _design() -> dict[str, dict[str, Any]]:
    """A design with the parts that faces are made of, each a square in its place."""
    place = {"name": "head", "type": "component"}
    hair = [_shape("M100 100h600v200h-600Z", "hair"), place, _shape("M100 100h600v100h-600Z", "hair")]
    styles = {name: {"elements": hair[: 3 - index % 2]} for index, name in enumerate(faces.HAIR.values())}
    parts = {
        "head": {"variant02": {"elements": [_shape("M60 60h480v560h-480Z", "skin")]}},
        "eyes": {"variant02": {"elements": [_shape("M40 30h100v60h-100Z", "eyes")]}},
        "eyebrows": {"variant10": {"elements": [_shape("M40 40h200v30h-200Z", "eyebrows")]}},
        "nose": {"variant02": {"elements": [_shape("M0 0h40v120h-40Z", "nose")]}},
        "beard": {"variant01": {"elements": [_shape("M20 0h440v280h-440Z", "hair")]}},
        "glasses": {"variant04": {"elements": [_shape("M0 60h400v20h-400Z", "glasses")]}},
        "hair": styles,
    }
    return {name: {"variants": variants} for name, variants in parts.items()}


def _picture(**changed: int) -> NDArray[np.int64]:
    """The face in the middle of all factors but these. Shape: (64, 64, 3)."""
    values = [changed.get(name.replace(" ", "_"), value) for name, value in zip(faces.FACTORS, MIDDLE, strict=True)]
    return rasterise(faces.face_svg(_design(), values), 64).transpose(1, 2, 0).astype(np.int64)


def _changed(**factor: int) -> NDArray[np.int64]:
    """Rows and columns of the pixels that a factor changes. Shape: (n, 2)."""
    return np.argwhere((_picture() != _picture(**factor)).any(axis=2))


def _hex(color: NDArray[np.int64]) -> str:
    return "#" + "".join(f"{part:02x}" for part in color)


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {faces.DESIGN: json.dumps({"components": _design()}).encode()}
    monkeypatch.setattr(faces, "fetch_package", lambda *_: files)


def test_background_and_clothes_change_their_own_pixels_alone() -> None:
    assert _hex(_picture(background=0)[0, 0]) == faces.BACKGROUND_COLORS[0]
    assert _hex(_picture(clothes=7)[63, 30]) == faces.CLOTHES_COLORS[-1]
    assert not (_picture(background=0)[63, 30] != _picture()[63, 30]).any()
    assert _changed(clothes=7)[:, 0].min() > 50


def test_skin_and_hair_have_colours_of_their_own() -> None:
    light, dark = _picture(skin=0), _picture(skin=7)
    assert light[40, 20].sum() > dark[40, 20].sum() + 200
    assert not (light[10, 30] != dark[10, 30]).any()
    assert _hex(_picture(hair_colour=0)[10, 30]) == faces.HAIR_COLORS[0]


def test_glasses_a_beard_a_smile_and_eyes_change_a_part_of_the_face() -> None:
    for factor, first, last in (("glasses", 25, 40), ("beard", 30, 62), ("smile", 35, 60), ("eyes", 15, 45)):
        rows = _changed(**{factor: 1 if factor in ("glasses", "beard") else 0})[:, 0]
        assert len(rows), factor
        assert first <= rows.min() <= rows.max() <= last, factor


def test_a_full_beard_is_larger_than_a_short_one() -> None:
    assert len(_changed(beard=2)) > len(_changed(beard=1)) > 0


def test_a_tilted_head_leans_over_the_neck() -> None:
    """The middle of the top of the hair, in columns."""
    hair = [(_picture(tilt=tilt)[:20] != _picture()[0, 0]).any(axis=2) for tilt in (0, 4, 8)]
    left, upright, right = (np.flatnonzero(found.any(axis=0)).mean() for found in hair)
    assert left < upright - 2 < upright + 2 < right


def test_turning_moves_the_features_within_the_head() -> None:
    nose = [int(np.flatnonzero((_picture(turn=turn)[37] == (0x24, 0x1A, 0x1A)).all(1)).mean()) for turn in (0, 4, 8)]
    assert nose[0] < nose[1] < nose[2]


def test_the_same_faces_are_made_every_time(package: None, tmp_path: Path) -> None:
    progress: list[float] = []
    made, again = (faces.make(tmp_path, lambda at, _: progress.append(at), count=120) for _ in range(2))
    assert np.array_equal(made.images, again.images)
    assert np.array_equal(made.factors, again.factors)
    assert made.images.shape == (120, 3, 64, 64)
    assert progress[0] == 0
    assert progress[1] == pytest.approx(100 / 120)


def test_a_face_is_stored_with_its_factors(package: None, tmp_path: Path) -> None:
    """Its label is the hair; the rows were shuffled together."""
    made = faces.make(tmp_path, lambda *_: None, count=60)
    assert np.array_equal(made.labels, made.factors[:, 0])
    assert made.counts == (51, 3, 6)
    assert np.array_equal(made.images[7], rasterise(faces.face_svg(_design(), made.factors[7]), 64))
    save(tmp_path, "faces", made)
    dataset = load(tmp_path, "faces")
    assert dataset.image_shape == (3, 64, 64)
    assert dataset.class_names == ("cropped", "short", "bob", "long", "curls")
    assert dataset.factor_names == tuple(faces.FACTORS)
    assert dataset.test.factors is not None
    assert np.array_equal(dataset.test.factors, made.factors[-6:])


def test_every_value_is_drawn_about_equally_often_but_half_have_no_beard() -> None:
    drawn = faces._draw_factors(8000)
    for column, (name, values) in zip(drawn.T, faces.FACTORS.items(), strict=True):
        expected = [0.5, 0.25, 0.25] if name == "beard" else [1 / len(values)] * len(values)
        assert np.bincount(column) / 8000 == pytest.approx(expected, abs=0.03), name

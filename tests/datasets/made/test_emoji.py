"""Emoji are put together of the parts of other emoji, and each factor changes what it is called after."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from vae.datasets.made import emoji
from vae.datasets.made.storage import load, save
from vae.datasets.made.svg import rasterise
from vae.datasets.pictures import DataError

MIDDLE = {"eyes": 0, "mouth": 0, "colour": 4, "extra": 0, "tilt": 4, "turn": 4}
INK, RED, BLUE = (0x40, 0x2A, 0x32), (0xFF, 0x67, 0x23), (0x3F, 0x5F, 0xFF)
WHITE = (255, 255, 255)


def _drawings() -> dict[str, dict[str, Any]]:
    """Drawings under the names of the set's: a disc, and ink from 9 to 11 and from 22 to 24, 6 wide.

    Those that an extra is taken of have a block of its colour, too.
    """
    disc, ink = f'<path fill="{emoji.FACE}" d="M2 2h28v28h-28Z"/>', _path("#402a32", "M13 9h6v2h-6ZM13 22h6v2h-6Z")
    parts = [*emoji.EYES.values(), *emoji.MOUTHS.values()]
    found = {part.drawing: {"body": f'<g fill="none">{disc}{ink}</g>'} for part in parts}
    for part in filter(None, emoji.EXTRAS.values()):
        found[part.drawing] = {"body": f'<g fill="none">{disc}{_path(part.only, "M5 13h3v2h-3Z")}{ink}</g>'}
    return found


def _path(fill: str, path: str) -> str:
    return f'<path fill="{fill}" d="{path}"/>'


def _picture(**changed: int) -> NDArray[np.uint8]:
    """The emoji in the middle of all factors but these. Shape: (68, 68, 3): two pixels for each unit of a drawing."""
    values = list((MIDDLE | changed).values())
    return rasterise(emoji.emoji_svg(_drawings(), values), 68).transpose(1, 2, 0)


def _where(color: tuple[int, int, int], **changed: int) -> NDArray[np.float64]:
    """The middles of the pixels of this colour, in a drawing's units: y and x. Shape: (n, 2)."""
    return np.argwhere((_picture(**changed) == color).all(axis=2)) / 2 - 0.75


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {emoji.DRAWINGS: json.dumps({"icons": _drawings()}).encode()}
    monkeypatch.setattr(emoji, "fetch_package", lambda *_: files)


def test_eyes_are_taken_from_the_top_of_a_drawing_and_the_mouth_from_the_bottom() -> None:
    for name, part in emoji.EYES.items():
        rows = _where(INK, eyes=list(emoji.EYES).index(name))[:, 0]
        upper = rows[rows < 20]
        assert upper.min() == pytest.approx(9.25 + part.down, abs=0.6), name
        assert upper.max() == pytest.approx(10.75 + part.down, abs=0.6), name
        assert rows.max() == pytest.approx(23.75, abs=0.3), name
    for number, name in enumerate(emoji.MOUTHS):
        assert _where(INK, mouth=number)[:, 0].max() == pytest.approx(23.75, abs=0.3), name


def test_a_face_is_a_disc_on_white_whatever_its_colour_and_yellow_in_the_middle() -> None:
    colors = [_picture(colour=colour)[16, 34] for colour in (0, 4, 8)]
    assert ["#" + "".join(f"{part:02x}" for part in color) for color in colors] == ["#5092ff", "#ffb02e", "#f8312f"]
    assert tuple(_picture()[0, 0]) == WHITE
    distance = np.hypot(*(_where((0xFF, 0xB0, 0x2E)) - 16).T)
    assert 13 < distance.max() < 14


def test_an_extra_is_what_has_its_colour_alone() -> None:
    for extra, cheeks, drops in (("none", 0, 0), ("blush", 24, 0), ("tears", 0, 24), ("sweat", 0, 24)):
        number = list(emoji.EXTRAS).index(extra)
        assert len(_where(RED, extra=number)) == cheeks, extra
        assert len(_where(BLUE, extra=number)) == drops, extra
        assert len(_where(INK, extra=number)) == len(_where(INK)), extra


def test_turning_moves_the_features_within_the_disc_and_tilting_turns_them() -> None:
    left, right = (_where(INK, turn=turn)[:, 1].mean() for turn in (0, 8))
    assert [left, right] == pytest.approx([14, 18], abs=0.2)
    tops = [(where := _where(INK, tilt=tilt))[where[:, 0] < 16, 1].mean() for tilt in (0, 4, 8)]
    assert tops[0] < tops[1] - 1 < tops[1] + 1 < tops[2]
    assert not (_picture(turn=0)[4:8] != _picture(turn=8)[4:8]).any()


def test_a_drawing_that_is_missing_is_named() -> None:
    drawings = _drawings()
    del drawings["pouting-face"]
    with pytest.raises(DataError, match="has no drawing pouting-face"):
        emoji.emoji_svg(drawings, [list(emoji.EYES).index("angry"), 0, 0, 0, 0, 0])


def test_the_same_emoji_are_made_every_time(package: None, tmp_path: Path) -> None:
    progress: list[float] = []
    made, again = (emoji.make(tmp_path, lambda at, _: progress.append(at), count=120) for _ in range(2))
    assert np.array_equal(made.images, again.images)
    assert np.array_equal(made.factors, again.factors)
    assert made.images.shape == (120, 3, 64, 64)
    assert progress[:2] == [0, pytest.approx(100 / 120)]
    assert [len(np.unique(column)) for column in made.factors.T] == [10, 10, 9, 4, 9, 9]


def test_an_emoji_is_stored_with_its_factors(package: None, tmp_path: Path) -> None:
    """Its label is the eyes; the rows were shuffled together."""
    made = emoji.make(tmp_path, lambda *_: None, count=60)
    assert np.array_equal(made.images[7], rasterise(emoji.emoji_svg(_drawings(), made.factors[7]), 64))
    save(tmp_path, "emoji", made)
    dataset = load(tmp_path, "emoji")
    assert dataset.image_shape == (3, 64, 64)
    assert dataset.class_names == tuple(emoji.EYES)
    assert dataset.factor_names == tuple(emoji.FACTORS)
    assert dataset.test.factors is not None
    assert np.array_equal(dataset.test.factors[:, 0], dataset.test.labels)
    assert np.array_equal(dataset.test.factors, made.factors[-6:])

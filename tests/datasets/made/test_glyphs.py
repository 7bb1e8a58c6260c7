"""Letters and digits of typefaces, here those that Streamlit ships."""

import base64
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import streamlit

from tests.support.npm import Registry
from vae.datasets.made import glyphs
from vae.datasets.made.glyphs import CHARACTERS, Family, families, make, render, typefaces
from vae.datasets.pictures import DataError

FONTS = Path(streamlit.__file__).parent / "static" / "static" / "media"
OPEN_LICENCES = {"OFL-1.1", "Apache-2.0", "UFL-1.0"}


def font(pattern: str) -> bytes:
    return next(FONTS.glob(pattern)).read_bytes()


def sans(variable: bool = True) -> tuple[Family, dict[str, bytes]]:
    """A family with its package's files: a variable font upright and italic, or a font for regular weight alone."""
    upright = font("SourceSansVF-Upright*")
    if not variable:
        return Family("@f/one", "1.0.0", "", "OFL-1.1", "hand"), {"files/one-latin-400-normal.woff2": upright}
    files = {"normal": upright, "italic": font("SourceSansVF-Italic*")}
    named = {f"files/sans-latin-wght-{style}.woff2": data for style, data in files.items()}
    return Family("@f/sans", "1.0.0", "", "OFL-1.1", "sans"), named


def image(images: np.ndarray, character: str) -> np.ndarray:
    return images[CHARACTERS.index(character), 0]


def bottom(images: np.ndarray, character: str) -> int:
    """The last row with ink that is more white than black."""
    return int(np.flatnonzero((image(images, character) > 127).any(axis=1)).max())


def test_the_list_has_openly_licensed_families_of_all_kinds_pinned_by_version_and_hash() -> None:
    known = families()
    assert len(known) > 80
    assert len({family.package for family in known}) == len(known)
    assert {family.licence for family in known} == OPEN_LICENCES
    assert min(Counter(family.kind for family in known).values()) > 5
    assert {family.kind for family in known} == set(glyphs.KINDS)
    for family in known:
        assert re.fullmatch(r"@fontsource(-variable)?/[a-z0-9-]+", family.package)
        assert re.fullmatch(r"\d+\.\d+\.\d+", family.version)
        assert len(base64.b64decode(family.integrity.removeprefix("sha512-"), validate=True)) == 64


def test_the_licence_of_each_family_is_documented() -> None:
    documented = (Path(__file__).parents[3] / "docs" / "licences.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| ([\w.-]+) \| (.*) \|$", documented, re.MULTILINE))
    for family in families():
        star = "" if "-variable/" in family.package else "*"
        assert f"{family.name} {family.version}{star}" in rows[family.licence].split(", ")


def test_a_variable_font_has_each_weight_upright_and_italic_and_is_bolder_with_the_weight() -> None:
    faces = typefaces(*sans())
    assert [(face.weight, face.slant) for face in faces] == [(w, s) for s in (0, 1) for w in range(4)]
    ink = [int(render(face).sum()) for face in faces[:4]]
    assert ink == sorted(ink)
    assert ink[3] > 2 * ink[0]


def test_a_weight_beyond_a_font_s_range_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glyphs, "WEIGHTS", (100, 200, 950))
    assert [face.weight for face in typefaces(*sans())] == [1, 1]


def test_a_package_with_a_file_for_each_weight_has_those() -> None:
    assert [(face.weight, face.slant) for face in typefaces(*sans(variable=False))] == [(1, 0)]


def test_letters_stand_on_one_line_in_the_middle_and_keep_their_proportions() -> None:
    images = render(typefaces(*sans())[1])
    assert images.shape == (62, 1, 64, 64)
    assert images.dtype == np.uint8
    assert images.max() == 255
    assert not images[:, :, [0, -1]].any()
    assert not images[:, :, :, [0, -1]].any()
    assert all(bottom(images, character) in (45, 46) for character in "HAEx1hlin")
    assert all(bottom(images, character) > 50 for character in "gpqyj")
    heights = {character: np.count_nonzero((image(images, character) > 127).any(axis=1)) for character in "Hx"}
    assert heights["H"] == pytest.approx(glyphs.CAP_HEIGHT, abs=1)
    assert heights["x"] < 0.8 * heights["H"]
    for character in CHARACTERS:
        ink = np.flatnonzero(image(images, character).any(axis=0))
        assert ink[0] + ink[-1] == pytest.approx(63, abs=1)


def test_a_wide_or_tall_typeface_is_smaller_so_that_all_of_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glyphs, "CAP_HEIGHT", 60.0)
    images = render(typefaces(*sans())[3])
    assert not images[:, :, [0, -1]].any()
    assert not images[:, :, :, [0, -1]].any()


def test_a_font_without_letters_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glyphs, "CHARACTERS", " H"[:1] + "H")
    monkeypatch.setattr(glyphs.Typeface, "font", lambda self, size: Blank())
    with pytest.raises(DataError, match=r"Blank has no letter H; take it out of glyphs\.json"):
        render(typefaces(*sans(variable=False))[0])


class Blank:
    """A font whose characters have no ink."""

    def getbbox(self, character: str, anchor: str) -> tuple[int, int, int, int]:
        return (0, 0, 0, 0)

    def getname(self) -> tuple[str, str]:
        return ("Blank", "Regular")


def test_the_data_set_has_each_character_of_each_typeface_and_holds_out_whole_families(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for number in range(4):
        family, files = sans(variable=number == 0)
        package = f"@f/{'sans' if number == 0 else f'one{number}'}"
        named = {path.replace("one-", f"one{number}-"): data for path, data in files.items()}
        found.append(family._replace(package=package, integrity=registry.publish(package, "1.0.0", named)))
    monkeypatch.setattr(glyphs, "families", lambda: tuple(found))
    calls: list[tuple[float, str]] = []
    made = make(tmp_path, lambda *call: calls.append(call))
    assert [text for _, text in calls] == ["sans", "one1", "one2", "one3", "glyphs"]
    assert made.images.shape == (11 * 62, 1, 64, 64)
    assert sum(made.counts) == 11 * 62
    assert made.counts[1:] == (62, 62) or 8 * 62 in made.counts
    assert made.factor_names == ("character", "weight", "slant", "serif")
    assert [len(values) for values in made.factor_values] == [62, 4, 2, 4]
    assert (made.factors[:, 0] == made.labels).all()
    assert Counter(made.factors[:, 3].tolist()) == {0: 8 * 62, 3: 3 * 62}
    assert [(source.name, source.licence) for source in made.sources] == [(f.package, "OFL-1.1") for f in found]
    again = make(tmp_path, lambda *_: None)
    assert (again.images == made.images).all()
    assert len(registry.requests) == 4

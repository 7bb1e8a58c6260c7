"""The home page's data: stories whose links open what they say, all models in words, the film."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.checkpoints import GREY, save
from tests.support.pages import open_page
from vae.datasets.registry import DATASETS
from vae.storage.checkpoints import Checkpoint, list_checkpoints, read_checkpoint
from vae.training.film import film_version
from vae.ui.pages.home import component
from vae.ui.pages.home.models import SHOWS, model_rows
from vae.ui.pages.home.stories import ROWS, lacking, story_data, told
from vae.ui.shared import loaders
from vae.ui.shared.lessons import app_library
from vae.views.shared.models import listed

ROOT = Path(__file__).parents[2]
SHIPPED = {found.name: found for found in list_checkpoints(ROOT / "checkpoints") if isinstance(found, Checkpoint)}


LESSONS = app_library().summaries()


# ---- stories ---------------------------------------------------------------------------------------------------------


def test_every_story_is_a_lesson_whose_pictures_shipped_models_make() -> None:
    assert [lesson["name"] for lesson in told(LESSONS, SHIPPED)] == list(ROWS)
    assert lacking(LESSONS, SHIPPED) == []
    assert all(len(rows) == 2 for rows in ROWS.values())


def test_a_card_says_what_its_lesson_does() -> None:
    lesson = next(found for found in LESSONS if found["name"] == "two-numbers")
    data: Any = story_data(lesson)
    assert {key: data[key] for key in data if key != "rows"} == {
        key: lesson[key] for key in ("name", "title", "minutes", "question", "options")
    }
    assert data["rows"][1] == {"label": "from two numbers", "kind": "reconstruct", "model": "mnist-z2"}


def test_a_story_without_its_models_is_left_out_and_they_are_named() -> None:
    names = [name for name in SHIPPED if name != "mnist-z10-ae"]
    assert [lesson["name"] for lesson in told(LESSONS, names)] == [name for name in ROWS if name != "plain-autoencoder"]
    assert lacking(LESSONS, names) == ["mnist-z10-ae"]
    assert told(LESSONS, []) == []


def test_a_lesson_with_a_mistake_is_no_story() -> None:
    broken = [lesson | {"problem": "lesson.md, line 3: minutes is no number."} for lesson in LESSONS]
    assert told(broken, SHIPPED) == []


# ---- models ----------------------------------------------------------------------------------------------------------


def test_every_model_is_there_in_the_picker_s_words_and_within_its_group_in_the_picker_s_order() -> None:
    rows = model_rows(SHIPPED.values())
    for group in {row["group"] for row in rows}:
        told, expected = ([row["words"] for row in each if row["group"] == group] for each in (rows, _listed()))
        assert told == expected
    columns: Any = {row["name"]: row["columns"] for row in rows}
    assert columns["mnist-z10"] == {"negative_elbo": "98.0", "kl": "19.6", "active": "10 of 10", "weights": "0.42 M"}
    assert columns["mnist-z10-ae"] == {"negative_elbo": "none", "kl": "none", "active": "10 of 10", "weights": "0.21 M"}
    assert columns["digits-z2"]["weights"] == "55 k"


def _listed() -> list[dict[str, Any]]:
    return listed(SHIPPED.values())


def test_models_that_show_the_same_follow_each_other_the_user_s_own_first() -> None:
    own = replace(SHIPPED["mnist-z2"], path=ROOT / "own", dataset="our leaves")
    smiling = replace(SHIPPED["sprites-z6"], path=ROOT / "smiling", dataset="celeba:Smiling")
    rows = model_rows([*SHIPPED.values(), smiling, own])
    shows = [row["shows"] for row in rows]
    groups = list(dict.fromkeys(shows))
    assert shows == sorted(shows, key=groups.index)
    assert groups[0] == "our leaves"
    assert "Photographs of faces" in groups
    assert "Handwritten digits" in groups
    assert next(row["kind"] for row in rows if row["name"] == "mnist-z10-b4") == "10-D · β = 4"


def test_every_data_set_has_a_group_of_its_own() -> None:
    assert set(DATASETS) <= set(SHOWS)
    assert len(set(SHOWS.values())) == len(SHOWS)


def test_beside_other_models_a_conditional_one_has_what_its_class_costs(tmp_path: Path) -> None:
    save(tmp_path / "given", replace(GREY, classes=3))
    checkpoint = read_checkpoint(tmp_path / "given")
    bound = checkpoint.metrics["negative_elbo"]
    (row,) = model_rows([checkpoint])
    columns: Any = row["columns"]
    assert columns["negative_elbo"] == f"{bound + math.log(3):.1f}; given the class {bound:.1f}"


# ---- the page --------------------------------------------------------------------------------------------------------


def test_the_film_is_that_of_a_plane_with_a_prior() -> None:
    assert component._film(list(SHIPPED.values())) == SHIPPED["mnist-z2"]
    assert component._film([SHIPPED["mnist-z10"], SHIPPED["digits-z2"]]) is None


def test_the_film_s_version_is_that_with_which_browsers_keep_it() -> None:
    film = SHIPPED["mnist-z2"]
    data = component.film_data(film)
    assert (data["name"], data["version"]) == ("mnist-z2", film_version(film.film))
    assert data["version"]


def test_another_plane_s_film_runs_where_the_shipped_one_is_not(tmp_path: Path) -> None:
    save(tmp_path / "own")
    (tmp_path / "own" / "film.bin").write_bytes(b"film")
    own = read_checkpoint(tmp_path / "own")
    assert component._film([own]) == own
    conditional = replace(own, model_config=replace(GREY, classes=3))
    assert component._film([conditional]) is None


def test_the_page_opens_without_any_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders, "CHECKPOINTS", tmp_path)
    assert not open_page().exception

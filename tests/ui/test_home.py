"""The home page's data: stories whose links open what they say, all models in words, the film."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.checkpoints import GREY, save
from tests.support.pages import open_page
from tests.support.patience import PATIENCE
from vae.storage.checkpoints import Checkpoint, list_checkpoints, read_checkpoint
from vae.ui.pages import sampling
from vae.ui.pages.home import component
from vae.ui.pages.home.models import model_rows
from vae.ui.pages.home.stories import STORIES, Story, lacking, told
from vae.ui.shared import loaders
from vae.ui.shared.page import PAGES
from vae.validation import parse_whole
from vae.views import interpolation
from vae.views.shared.models import listed

ROOT = Path(__file__).parents[2]
SHIPPED = {found.name: found for found in list_checkpoints(ROOT / "checkpoints") if isinstance(found, Checkpoint)}
SCRIPTS = {Path(path).stem.partition("_")[2]: path for path, _, _ in PAGES}


def named(story: Story) -> str:
    return story.title


# ---- stories ---------------------------------------------------------------------------------------------------------


def test_the_stories_take_a_lesson_of_45_minutes() -> None:
    assert len(STORIES) == 6
    assert sum(story.minutes for story in STORIES) == 45
    assert all(5 <= story.minutes <= 10 for story in STORIES)
    assert all(story.question.endswith("?") and story.ask.endswith("?") for story in STORIES)


@pytest.mark.parametrize("story", STORIES, ids=named)
def test_a_link_names_a_page_a_shipped_checkpoint_and_settings_that_the_page_takes(story: Story) -> None:
    checkpoint = SHIPPED[story.checkpoint]
    assert story.needs <= set(SHIPPED)
    assert story.page in SCRIPTS
    if story.page == "Sampling":
        taken = {name for name, value in story.settings.items() if sampling.CHECKS[name][0](value, checkpoint)}
    elif story.page == "Interpolation":  # its component reads the values: see tests/browser/test_front.py
        taken = set(interpolation.KEYS)
    elif story.page in ("Reconstruction", "Compare"):
        rows = {"image": story.settings.get("image", "0")}
        taken = {name for name, row in rows.items() if parse_whole(row, 0, checkpoint.test_images - 1) is not None}
        taken |= {"beta"} if float(story.settings.get("beta", "nan")) == checkpoint.objective.beta else set()
    else:
        taken = set()
    assert set(story.settings) <= taken


@pytest.mark.parametrize("story", STORIES, ids=named)
def test_a_link_opens_its_page_as_it_says_and_without_a_warning(story: Story) -> None:
    parts = urlsplit(story.link)
    query = dict(parse_qsl(parts.query))
    assert query == {"checkpoint": story.checkpoint, **story.settings}
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
    app.query_params.update(query)
    app.switch_page(SCRIPTS[parts.path]).run()
    assert [list(app.exception), list(app.error), list(app.warning)] == [[], [], []]
    assert app.session_state["chosen"] == story.checkpoint
    kept = {name: app.query_params[name] for name in query}
    assert {name: value[0] if isinstance(value, list) else value for name, value in kept.items()} == query


def test_a_story_without_its_models_is_left_out_and_they_are_named() -> None:
    names = [name for name in SHIPPED if name != "mnist-z10"]
    assert told(names) == [story for story in STORIES if "mnist-z10" not in story.needs]
    assert lacking(names) == ["mnist-z10"]
    assert (told(SHIPPED), lacking(SHIPPED)) == (list(STORIES), [])
    assert told([]) == []


# ---- models ----------------------------------------------------------------------------------------------------------


def test_the_table_has_every_model_in_the_picker_s_order_and_words() -> None:
    rows = model_rows(SHIPPED.values())
    assert [row["words"] for row in rows] == [row["words"] for row in listed(SHIPPED.values())]
    columns: Any = {row["name"]: row["columns"] for row in rows}
    assert columns["mnist-z10"] == {"negative_elbo": "98.0", "kl": "19.6", "active": "10 of 10", "weights": "0.42 M"}
    assert columns["mnist-z10-ae"] == {"negative_elbo": "none", "kl": "none", "active": "10 of 10", "weights": "0.21 M"}
    assert columns["digits-z2"]["weights"] == "55 k"


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

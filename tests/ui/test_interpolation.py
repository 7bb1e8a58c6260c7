"""The Interpolation page runs with every kind of checkpoint, and its link has only its own state."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.effort import first_in_make_test
from tests.support.patience import PATIENCE
from vae.datasets.splits import Dataset
from vae.model.losses import Objective
from vae.model.networks import default_config
from vae.storage.checkpoints import read_checkpoint
from vae.training.checkpoint import train_checkpoint
from vae.training.config import TrainingConfig
from vae.ui.pages.interpolation import _known, _lassos, _pins
from vae.ui.shared import loaders
from vae.views.interpolation import KEYS

PAGE = "pages/4_Interpolation.py"
APP = Path(__file__).parents[2] / "app.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, digits: Dataset) -> Path:
    root = tmp_path_factory.mktemp("kinds")
    shape = digits.image_shape
    for name, config, objective in (
        ("one", default_config(shape, 1), Objective()),
        ("plain", default_config(shape, 2, posterior="point"), Objective("autoencoder")),
        ("conditional", default_config(shape, 40, classes=10), Objective()),
    ):
        list(train_checkpoint(digits, config, TrainingConfig(epochs=1, device="cpu", objective=objective), root / name))
    return root


def open_page(monkeypatch: pytest.MonkeyPatch, folder: Path, **query: str) -> AppTest:
    monkeypatch.setattr(loaders, "CHECKPOINTS", folder)
    app = AppTest.from_file(str(APP), default_timeout=PATIENCE)
    for key, value in query.items():
        app.query_params[key] = value
    return app.switch_page(PAGE).run()


@pytest.mark.parametrize("name", ["one", "plain", "conditional"])
def test_the_page_runs_with_every_kind_of_checkpoint(monkeypatch: pytest.MonkeyPatch, folder: Path, name: str) -> None:
    app = open_page(monkeypatch, folder, checkpoint=name)
    assert not app.exception
    assert not app.error


def test_a_link_s_state_stays_in_the_link_and_in_the_session(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    app = open_page(monkeypatch, folder, checkpoint="one", **{"from": "z0.5", "to": "3", "t": "0.25"})
    assert not app.exception
    assert app.query_params["from"] == "z0.5"
    assert app.session_state["interpolation_state"] == {"from": "z0.5", "to": "3", "t": "0.25"}


HOSTILE = ["z1e999", "", "nan", "-1", "99999999999999999999", "<b>x</b>", "a,b", "z" * 10_000]


@pytest.mark.parametrize("value", first_in_make_test(HOSTILE))
def test_a_hostile_link_causes_no_exception(monkeypatch: pytest.MonkeyPatch, folder: Path, value: str) -> None:
    app = open_page(monkeypatch, folder, checkpoint="one", **dict.fromkeys(KEYS, value))
    assert not app.exception


def test_only_the_page_s_own_texts_are_state() -> None:
    assert _known({"from": "3", "to": 4, "other": "x", "t": "z" * 10_000}) == {"from": "3"}
    assert _known(None) == {}
    assert _known([1, 2]) == {}


def test_the_state_of_other_pages_is_offered_only_for_this_checkpoint(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    state = {
        "explore_model": "one",
        "explore_z": [0.5],
        "map_pinned": {"model": "one", "z": [1.0], "row": None, "exact": True},
        "map_groups": {"model": "one", "A": [1, 2], "B": []},
    }
    monkeypatch.setattr("vae.ui.pages.interpolation.st.session_state", state)
    one, plain = read_checkpoint(folder / "one"), read_checkpoint(folder / "plain")
    assert [pin["z"] for pin in _pins(one)] == [[0.5], [1.0]]
    assert _lassos(one) == {"A": [1, 2]}
    assert _pins(plain) == []
    assert _lassos(plain) == {}

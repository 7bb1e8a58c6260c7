"""The Latent map's controls: with what each model opens, and what remains of a choice."""

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import choose
from tests.support.patience import PATIENCE
from vae.datasets.splits import Dataset
from vae.model.networks import default_config
from vae.training.checkpoint import train_checkpoint
from vae.training.config import TrainingConfig
from vae.ui.shared import loaders

PAGE = "pages/2_Latent_map.py"
APP = Path(__file__).parents[2] / "app.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, digits: Dataset) -> Path:
    root = tmp_path_factory.mktemp("dimensions")
    for name, latent_dim in (("one", 1), ("two", 2), ("three", 3)):
        config = default_config(digits.image_shape, latent_dim)
        list(train_checkpoint(digits, config, TrainingConfig(epochs=1, device="cpu"), root / name))
    return root


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Any:
    def open_page(**query: str) -> AppTest:
        monkeypatch.setattr(loaders, "CHECKPOINTS", folder)
        app = AppTest.from_file(str(APP), default_timeout=PATIENCE)
        for key, value in query.items():
            app.query_params[key] = value
        return app.switch_page(PAGE).run()

    return open_page


def methods(app: AppTest) -> tuple[str, str | None]:
    """What is chosen, and what of it the link has."""
    assert not app.exception
    linked = app.query_params.get("method")
    return app.session_state["method"], linked[0] if isinstance(linked, list) else linked


def choose_method(app: AppTest, method: str) -> AppTest:
    return app.button_group(key="method").set_value(method).run()


@pytest.mark.parametrize(("model", "method"), [("one", "pca"), ("two", "raw"), ("three", "pca")])
def test_a_plane_opens_as_it_is_and_other_models_with_pca(opened: Any, model: str, method: str) -> None:
    assert methods(opened(checkpoint=model)) == (method, None)


def test_without_a_choice_the_method_follows_the_model(opened: Any) -> None:
    app = opened(checkpoint="three")
    assert methods(choose(app, "two")) == ("raw", None)
    assert methods(choose(app, "one")) == ("pca", None)


def test_a_chosen_method_stays_with_every_model(opened: Any) -> None:
    app = choose_method(opened(checkpoint="two"), "pca")
    assert methods(app) == ("pca", "PCA")
    assert methods(choose(app, "three")) == ("pca", None)
    assert methods(choose(app, "two")) == ("pca", "PCA")
    app = choose_method(app, "raw")
    assert methods(app) == ("raw", None)
    assert methods(choose(app, "three")) == ("raw", "Raw")  # chosen, though it was what "two" opens with


def test_a_link_s_method_counts_as_chosen_unless_there_is_none_of_that_name(opened: Any) -> None:
    app = opened(checkpoint="two", method="t-SNE")
    assert methods(app) == ("tsne", "t-SNE")
    assert methods(choose(app, "three")) == ("tsne", "t-SNE")
    for nonsense in ("", "pca", "<b>", "Raw,PCA"):
        assert methods(opened(checkpoint="two", method=nonsense)) == ("raw", None)


def test_axes_can_be_chosen_where_there_are_more_than_the_map_shows(opened: Any) -> None:
    def axes(app: AppTest) -> list[str]:
        assert not app.exception
        return [box.key for box in app.selectbox if box.key in ("across", "up", "depth")]

    assert axes(opened(checkpoint="two")) == []
    assert axes(opened(checkpoint="two", up="z[0]")) == ["across", "up"]  # a link may turn the plane
    assert axes(opened(checkpoint="three", method="Raw")) == ["across", "up"]
    assert axes(opened(checkpoint="three", method="Raw", dims="3-D")) == []


def test_the_ground_of_a_link_stays_with_every_model(opened: Any) -> None:
    app = opened(checkpoint="two", shading="on")
    assert app.session_state["map_shading"]
    app = choose(app, "three")
    assert app.session_state["map_shading"]
    assert not app.exception
    assert linked(app, "shading") == "on"
    for nonsense in ("", "off", "<b>"):
        app = opened(checkpoint="two", shading=nonsense)
        assert not app.session_state["map_shading"]
        assert linked(app, "shading") is None


def linked(app: AppTest, key: str) -> str | None:
    """What the link has."""
    found = app.query_params.get(key)
    return found[0] if isinstance(found, list) else found

"""Where Explore starts: at a link's z, at what was looked at on another page, or where it was left."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import ROOT, choose, open_page
from vae.storage.checkpoints import Checkpoint, read_checkpoint
from vae.ui.shared.links import format_z

Z = [0.5, -1.25]


def pin(app: AppTest, checkpoint: Checkpoint, row: int | None = None, z: list[float] | None = None) -> AppTest:
    """Goes to the map and pins a place there."""
    app.switch_page("pages/2_Latent_map.py").run()
    z = z or checkpoint.load_encoded().mean[row or 0].tolist()
    app.session_state["map_pinned"] = {"model": checkpoint.name, "z": z, "row": row, "exact": True}
    return app.run()


def to_explore(app: AppTest) -> AppTest:
    """Goes to Explore. The test runner, unlike a browser, would keep the link of the page before."""
    app.query_params.clear()
    app.switch_page("pages/1_Explore.py").run()
    assert not app.exception
    return app


@pytest.fixture
def checkpoint() -> Checkpoint:
    return read_checkpoint(ROOT / "checkpoints" / "mnist-z2")


@pytest.fixture
def app(checkpoint: Checkpoint) -> AppTest:
    return open_page(checkpoint=checkpoint.name)


def test_without_anything_before_it_starts_at_the_first_test_image(app: AppTest) -> None:
    to_explore(app)
    start = app.session_state["explore_start"]
    assert (start.image, start.title, app.session_state["explore_z"]) == (0, "test image 0 · 7", None)
    assert "z" not in app.query_params


def test_it_starts_at_the_test_image_looked_at_on_another_page(app: AppTest, checkpoint: Checkpoint) -> None:
    to_explore(pin(app, checkpoint, row=7))
    start = app.session_state["explore_start"]
    assert start.image == 7
    assert start.title.startswith("test image 7 · ")
    assert list(start.z) == checkpoint.load_encoded().mean[7].tolist()
    assert app.number_input(key="image").value == 7


def test_it_starts_at_the_place_looked_at_on_another_page(app: AppTest, checkpoint: Checkpoint) -> None:
    to_explore(pin(app, checkpoint, z=Z))
    start = app.session_state["explore_start"]
    assert (start.title, list(start.z), app.session_state["explore_z"]) == ("pinned on the map", Z, Z)
    assert app.query_params["z"] == format_z(Z)


def test_it_continues_where_it_was_left_when_nothing_else_was_looked_at(app: AppTest, checkpoint: Checkpoint) -> None:
    to_explore(pin(app, checkpoint, z=Z))
    app.session_state["explore_z"] = [1.0, 2.0]  # as the browser sends it on release
    for other in ("pages/2_Latent_map.py", "pages/3_Sampling.py", "pages/5_Reconstruction.py"):
        app.switch_page(other).run()
        to_explore(app)
        assert app.session_state["explore_z"] == [1.0, 2.0]
        assert app.query_params["z"] == "1,2"


def test_an_image_is_looked_at_with_every_model_of_its_data_and_a_place_with_its_own(
    app: AppTest, checkpoint: Checkpoint
) -> None:
    for row, z, image in ((7, None, 7), (None, Z, 7)):
        pin(app, checkpoint, row, z)
        choose(app, "mnist-z10")
        to_explore(app)
        assert (app.session_state["explore_start"].image, app.session_state["explore_z"]) == (image, None)
        choose(app, "mnist-z2")


def test_another_image_or_model_is_a_new_start(app: AppTest, checkpoint: Checkpoint) -> None:
    to_explore(pin(app, checkpoint, z=Z))
    app.number_input(key="image").set_value(3).run()
    first = app.session_state["explore_start"]
    assert (first.image, app.session_state["explore_z"]) == (3, None)
    assert "z" not in app.query_params
    choose(app, "mnist-z10")
    second = app.session_state["explore_start"]
    assert (second.model, second.image, second.number) == ("mnist-z10", 3, first.number + 1)


def test_the_z_of_a_link_wins(checkpoint: Checkpoint) -> None:
    app = open_page("pages/1_Explore.py", checkpoint=checkpoint.name, z="1,2")
    assert app.session_state["explore_z"] == [1.0, 2.0]


def test_the_posterior_that_sampling_shows_is_looked_at() -> None:
    app = open_page("pages/3_Sampling.py", checkpoint="mnist-z2", source="image:8")
    assert to_explore(app).session_state["explore_start"].image == 8


def test_reconstruction_is_looked_at_once_an_image_is_chosen(app: AppTest) -> None:
    app.switch_page("pages/5_Reconstruction.py").run()
    assert to_explore(app).session_state["explore_start"].image == 0
    other = open_page("pages/5_Reconstruction.py", checkpoint="mnist-z2", image="9")
    assert to_explore(other).session_state["explore_start"].image == 9

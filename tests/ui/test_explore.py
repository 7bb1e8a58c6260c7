"""Where Explore starts: at a link's z, at what was chosen on another page, or where it was left."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import ROOT, choose, open_page, send, sent_data, to_page
from vae.storage.checkpoints import Checkpoint, read_checkpoint
from vae.ui.shared.links import format_z

Z = [0.5, -1.25]


def pin(app: AppTest, checkpoint: Checkpoint, z: list[float]) -> AppTest:
    """Goes to the map and pins a place there that is no test image."""
    to_page(app, "Latent_map")
    return send(app, pinned={"model": checkpoint.name, "z": z, "row": None, "exact": True})


def to_explore(app: AppTest) -> AppTest:
    return to_page(app, "Explore")


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
    assert {"z", "image"}.isdisjoint(app.query_params)


def test_it_starts_at_the_place_pinned_on_the_map(app: AppTest, checkpoint: Checkpoint) -> None:
    to_explore(pin(app, checkpoint, Z))
    start = app.session_state["explore_start"]
    assert (start.title, list(start.z), app.session_state["explore_z"]) == ("pinned on the map", Z, Z)
    assert app.query_params["z"] == format_z(Z)


def test_it_starts_at_the_place_of_a_link_to_the_map(checkpoint: Checkpoint) -> None:
    app = open_page("pages/2_Latent_map.py", checkpoint=checkpoint.name, z="0.5,-1.25")
    assert to_explore(app).session_state["explore_z"] == Z


def test_it_starts_at_the_picture_picked_in_sampling(app: AppTest, checkpoint: Checkpoint) -> None:
    send(to_page(app, "Sampling"), picked={"model": checkpoint.name, "z": Z, "label": None})
    start = to_explore(app).session_state["explore_start"]
    assert (start.title, list(start.z)) == ("picture of Sampling", Z)


@pytest.mark.parametrize(("sent", "label"), [(3, 3), (None, 7), (10, 7), ("3", 7), (-1, 7)])
def test_a_picked_picture_of_a_conditional_model_keeps_its_class(sent: object, label: int) -> None:
    app = open_page("pages/3_Sampling.py", checkpoint="mnist-z10-cond")
    send(app, picked={"model": "mnist-z10-cond", "z": [0.5] * 10, "label": sent})
    to_explore(app)
    assert app.session_state["explore_start"].label == label  # test image 0 is a seven


@pytest.mark.parametrize("sent", [None, 3, {}, {"model": "mnist-z10", "z": Z}, {"model": "mnist-z2", "z": [1, "x"]}])
def test_a_picked_picture_that_is_none_is_ignored(app: AppTest, sent: object) -> None:
    assert not send(to_page(app, "Sampling"), picked=sent).exception
    assert to_explore(app).session_state["explore_start"].title == "test image 0 · 7"


def test_it_starts_at_the_large_picture_of_interpolation(app: AppTest, checkpoint: Checkpoint) -> None:
    to_page(app, "Interpolation")
    send(app, state={"t": "0.3", "place": {"model": checkpoint.name, "z": Z}})
    start = to_explore(app).session_state["explore_start"]
    assert (start.title, list(start.z)) == ("picture of Interpolation", Z)


def test_it_continues_where_it_was_left_when_nothing_else_was_chosen(app: AppTest, checkpoint: Checkpoint) -> None:
    to_explore(pin(app, checkpoint, Z))
    send(app, z={"start": str(app.session_state["explore_start"].number), "z": [1.0, 2.0]})
    for other in ("Latent_map", "Sampling", "Reconstruction"):
        to_explore(to_page(app, other))
        assert app.session_state["explore_z"] == [1.0, 2.0]
        assert app.query_params["z"] == "1,2"


def test_a_place_is_one_of_its_own_model(app: AppTest, checkpoint: Checkpoint) -> None:
    pin(app, checkpoint, Z)
    choose(app, "mnist-z10")
    to_explore(app)
    assert (app.session_state["explore_start"].image, app.session_state["explore_z"]) == (0, None)
    choose(app, "mnist-z2")
    assert app.session_state["explore_z"] == Z


def test_another_image_or_model_is_a_new_start(app: AppTest, checkpoint: Checkpoint) -> None:
    to_explore(pin(app, checkpoint, Z))
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


def test_a_class_chosen_among_the_pictures_is_chosen_in_the_control_above_them_too() -> None:
    app = open_page("pages/1_Explore.py", checkpoint="mnist-z10-cond")
    assert sent_data(app)["label"] == 7  # the picture's own
    send(app, label={"label": 3, "at": 1})
    assert (sent_data(app)["label"], app.session_state["class_told"]) == (3, "3")
    for nonsense in (10, -1, "3", None):
        send(app, label={"label": nonsense, "at": 2})
        assert sent_data(app)["label"] == 3

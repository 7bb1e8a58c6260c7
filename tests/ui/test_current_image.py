"""One test image for all pages: where it can be chosen, where it is shown, and what the link and the history say."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import ROOT, bar, choose, open_page, send, sent_data, to_page
from vae.storage.checkpoints import read_checkpoint
from vae.ui.shared.links import format_z

NAME = "mnist-z2"
MEAN = read_checkpoint(ROOT / "checkpoints" / NAME).load_encoded().mean


@pytest.fixture
def app() -> AppTest:
    return open_page(checkpoint=NAME)


def choose_in_explore(app: AppTest, row: int) -> None:
    to_page(app, "Explore").number_input(key="image").set_value(row).run()


def choose_in_reconstruction(app: AppTest, row: int | None, number: int = 1) -> None:
    """None: the user's own picture. number: counts the choices of one visit."""
    if bar(app)["page"] != "Reconstruction":
        to_page(app, "Reconstruction")
    send(app, choice={"model": sent_data(app)["model"], "image": row, "number": number})


def choose_in_interpolation(app: AppTest, row: int) -> None:
    to_page(app, "Interpolation")
    send(app, state={"from": f"{row}", "place": {"model": NAME, "z": [0.1, 0.2]}})


def choose_on_map(app: AppTest, row: int) -> None:
    to_page(app, "Latent_map")
    send(app, pinned={"model": NAME, "z": MEAN[row].tolist(), "row": row, "exact": True})


def choose_in_sampling(app: AppTest, row: int) -> None:
    to_page(app, "Sampling")
    send(app, params={"against": f"image:{row}"})


CHOICES = [choose_in_explore, choose_in_reconstruction, choose_in_interpolation, choose_on_map, choose_in_sampling]


def shown(app: AppTest) -> dict[str, object]:
    """The test image of each page, when the pages are visited one after the other."""
    images: dict[str, object] = {}
    to_page(app, "Explore")
    images["Explore"] = app.session_state["explore_start"].title.split(" · ")[0], app.query_params.get("image")
    data = sent_data(to_page(app, "Reconstruction"))
    images["Reconstruction"] = data["image"], data["own"], app.query_params.get("image")
    data = sent_data(to_page(app, "Interpolation"))
    images["Interpolation"] = data["state"].get("from"), data["image"]
    pinned = sent_data(to_page(app, "Latent_map"))["pinned"] or {}
    images["Latent map"] = pinned.get("row"), pinned.get("z"), app.query_params.get("image")
    images["Sampling"] = sent_data(to_page(app, "Sampling"))["image"]
    return images


def expected(row: int) -> dict[str, object]:
    return {
        "Explore": (f"test image {row}", f"{row}"),
        "Reconstruction": (row, False, f"{row}"),
        "Interpolation": (f"{row}", row),
        "Latent map": (row, MEAN[row].tolist(), f"{row}"),
        "Sampling": row,
    }


@pytest.mark.parametrize("choose_image", CHOICES)
def test_a_test_image_that_one_page_chooses_is_that_of_all(app: AppTest, choose_image: Any) -> None:
    choose_image(app, 7)
    assert shown(app) == expected(7)


def test_the_newest_choice_counts(app: AppTest) -> None:
    for row, choose_image in enumerate(CHOICES, start=3):
        choose_image(app, row)
    assert shown(app) == expected(7)
    assert sent_data(app)["params"]["against"] == "image:7"
    choose_in_explore(app, 2)
    assert shown(app) == expected(2)
    assert sent_data(app)["params"]["against"] == "image:2"


def test_until_one_is_chosen_the_pages_show_their_first(app: AppTest) -> None:
    assert shown(app) == {
        "Explore": ("test image 0", None),
        "Reconstruction": (None, True, None),
        "Interpolation": (None, 0),
        "Latent map": (None, None, None),
        "Sampling": 0,
    }


def test_a_test_image_is_one_of_its_data_set_and_stays_it(app: AppTest) -> None:
    choose_in_explore(app, 7)
    for name, row in (("sprites-z6", 0), ("mnist-z10", 7)):
        choose(app, name)
        assert app.session_state["explore_start"].image == row
    assert sent_data(to_page(app, "Latent_map"))["pinned"]["row"] == 7


@pytest.mark.parametrize("page", ["Explore", "Reconstruction", "Latent_map"])
def test_a_link_to_an_image_chooses_it(page: str) -> None:
    app = open_page(next(f"pages/{path.name}" for path in ROOT.glob(f"pages/*_{page}.py")), checkpoint=NAME, image="9")
    assert shown(app) == expected(9)


def test_so_does_a_link_to_a_path_or_a_posterior_that_begins_at_it() -> None:
    for path, query in (("4_Interpolation", {"from": "9"}), ("3_Sampling", {"source": "image:9"})):
        assert shown(open_page(f"pages/{path}.py", checkpoint=NAME, **query)) == expected(9)


@pytest.mark.parametrize("value", ["-1", "10000", "1.5", "²", "", "nan"])
def test_a_link_to_no_test_image_chooses_none(value: str) -> None:
    app = open_page("pages/1_Explore.py", checkpoint=NAME, image=value)
    assert app.session_state["explore_start"].image == 0
    assert "image" not in app.query_params


@pytest.mark.parametrize("sent", [None, 7, {}, {"model": "mnist-z10", "image": 7}, {"model": NAME, "image": 10_000}])
def test_what_is_no_choice_of_this_model_is_none(app: AppTest, sent: object) -> None:
    to_page(app, "Reconstruction")
    assert not send(app, choice=sent).exception
    assert shown(app)["Explore"] == ("test image 0", None)


def test_the_users_own_picture_is_shown_until_a_test_image_is_chosen(app: AppTest) -> None:
    choose_in_reconstruction(app, 7)
    choose_in_reconstruction(app, None, 2)
    assert "image" not in app.query_params
    assert shown(app)["Reconstruction"] == (7, True, None)
    assert shown(app)["Explore"] == ("test image 7", "7")  # it is no test image
    choose_in_explore(app, 4)
    assert shown(app)["Reconstruction"] == (4, False, "4")


def test_another_end_than_a_test_image_stays_until_one_is_chosen(app: AppTest) -> None:
    to_page(app, "Interpolation")
    send(app, state={"from": "z1,2", "place": {"model": NAME, "z": [1, 2]}})
    to_page(app, "Explore")
    assert sent_data(to_page(app, "Interpolation"))["state"]["from"] == "z1,2"
    choose_in_explore(app, 4)
    assert sent_data(to_page(app, "Interpolation"))["state"]["from"] == "4"


def test_a_removed_pin_stays_away_until_an_image_is_chosen(app: AppTest) -> None:
    choose_on_map(app, 7)
    send(app, pinned={"model": NAME, "z": None})
    assert "image" not in app.query_params
    to_page(app, "Explore")
    assert sent_data(to_page(app, "Latent_map"))["pinned"] is None
    choose_in_explore(app, 4)
    assert sent_data(to_page(app, "Latent_map"))["pinned"]["row"] == 4


def by_history(app: AppTest, name: str, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    """The page with this link, reached by Back or Forward."""
    app.query_params.clear()
    for key, value in {"checkpoint": NAME, **query}.items():
        app.query_params[key] = value
    (path,) = ROOT.glob(f"pages/*_{name}.py")
    with monkeypatch.context() as patch:
        patch.setattr("vae.ui.shared.links.by_history", lambda: True)
        app.switch_page(f"pages/{path.name}").run()
    assert not app.exception
    return app


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("Explore", {"image": "3"}),
        ("Reconstruction", {"image": "3"}),
        ("Latent_map", {"image": "3"}),
        ("Interpolation", {"from": "3"}),
        ("Sampling", {"source": "image:3"}),
    ],
)
def test_in_the_history_the_link_decides(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, name: str, query: dict[str, str]
) -> None:
    choose_in_explore(app, 7)
    by_history(app, name, monkeypatch, **query)
    assert shown(app) == expected(3)


def test_in_the_history_a_link_without_an_image_shows_none_that_was_chosen_later(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose_in_explore(app, 7)
    assert sent_data(by_history(app, "Latent_map", monkeypatch))["pinned"] is None
    assert sent_data(by_history(app, "Reconstruction", monkeypatch))["own"] is True
    by_history(app, "Explore", monkeypatch)
    assert app.session_state["explore_start"].image == 0


def test_a_pinned_image_s_number_in_a_link_comes_before_its_z() -> None:
    app = open_page("pages/2_Latent_map.py", checkpoint=NAME, image="9", z="1,2")
    assert sent_data(app)["pinned"]["row"] == 9
    assert app.query_params["z"] == format_z(MEAN[9].tolist())

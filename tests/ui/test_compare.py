"""The Compare page: its models, and dial, image and compared models in session and link."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import ROOT, open_page, send, sent_data, to_page
from vae.ui.shared import loaders

PAGE = "pages/6_Compare.py"
SHIPPED = ROOT / "checkpoints"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four models of MNIST, one of other pictures."""
    for name in ("mnist-z2", "mnist-z10-b1", "mnist-z10-b10", "mnist-z10-ae", "digits-z2"):
        (tmp_path / name).symlink_to(SHIPPED / name)
    monkeypatch.setattr(loaders, "CHECKPOINTS", tmp_path)
    return tmp_path


def opened(**query: str) -> AppTest:
    return open_page(PAGE, **({"checkpoint": "mnist-z10-b1"} | query))


def test_the_page_has_all_models_of_the_same_pictures_and_the_link_s_dial() -> None:
    app = opened(beta="10", compare="mnist-z2", image="7")
    data = sent_data(app)
    assert [data["model"], *(other["model"] for other in data["others"])] == [
        "mnist-z10-b1",
        "mnist-z2",
        "mnist-z10-ae",
        "mnist-z10-b10",
    ]
    assert (data["beta_chosen"], data["family_chosen"], data["image"]) == ("10", None, 7)
    assert data["compared"] == ["mnist-z2"]
    assert {key: app.query_params[key] for key in ("beta", "compare", "image")} == {
        "beta": "10",
        "compare": "mnist-z2",
        "image": "7",
    }


def test_each_model_that_may_stand_on_the_dial_has_its_matches_with_the_compared_ones() -> None:
    matches = sent_data(opened(compare="mnist-z10-b10"))["matches"]
    assert set(matches) == {"mnist-z10-b1", "mnist-z10-b10", "mnist-z10-ae"}
    assert set(matches["mnist-z10-ae"]) == {"mnist-z10-b1", "mnist-z10-b10"}
    assert set(matches["mnist-z10-b1"]) == {"mnist-z10-b10"}
    collapsed = matches["mnist-z10-b10"]["mnist-z10-b1"][1]
    assert collapsed is None


def choice(**changes: object) -> dict[str, object]:
    usual: dict[str, object] = {"model": "mnist-z10-b1", "image": 0, "beta": "1", "family": None, "compared": []}
    return usual | {"number": "x-7"} | changes


def test_what_the_component_sends_is_kept_and_answered() -> None:
    app = send(opened(), choice=choice(image=3, beta="10", compared=["mnist-z2", "gone", 4], number="x-9"))
    data = sent_data(app)
    assert (data["image"], data["beta_chosen"], data["compared"], data["answered"]) == (3, "10", ["mnist-z2"], "x-9")
    assert (app.query_params["image"], app.query_params["beta"]) == ("3", "10")
    assert app.query_params["compare"] == "mnist-z2"
    assert sent_data(to_page(app, "Explore"))["start"]["title"] == "test image 3 · 0"


def test_a_drawing_is_no_test_image_until_one_is_chosen() -> None:
    app = send(opened(image="3"), choice=choice(image=None))
    assert sent_data(app)["own"] is True
    assert "image" not in app.query_params
    assert sent_data(to_page(app, "Reconstruction"))["own"] is True
    data = sent_data(send(to_page(app, "Compare"), choice=choice(image=5)))
    assert (data["image"], data["own"]) == (5, False)


def test_turning_the_dial_alone_chooses_no_image() -> None:
    sent = choice(beta="10")
    del sent["image"]
    app = send(opened(), choice=sent)
    assert "image" not in app.query_params
    assert sent_data(app)["own"] is True


@pytest.mark.parametrize("sent", [None, "x", choice(model="mnist-z2", beta="10"), choice(beta=10, image=-4)])
def test_what_does_not_fit_is_not_taken(sent: object) -> None:
    data = sent_data(send(opened(), choice=sent))
    assert data["beta_chosen"] is None


def test_labels_are_sent_once() -> None:
    data = sent_data(opened())
    assert "labels" in data
    assert all("labels" not in other for other in data["others"])


def test_the_dial_stays_when_the_user_comes_back() -> None:
    app = opened(beta="ae")
    to_page(app, "Explore")
    assert sent_data(to_page(app, "Compare"))["beta_chosen"] == "ae"


def test_a_long_text_is_no_beta() -> None:
    app = opened(beta="1" * 41)
    assert sent_data(app)["beta_chosen"] is None
    assert "beta" not in app.query_params


def test_a_broken_model_is_left_out_with_the_reason(root: Path) -> None:
    (root / "mnist-z10-b10").unlink()
    shutil.copytree(SHIPPED / "mnist-z10-b10", root / "mnist-z10-b10")
    codes = root / "mnist-z10-b10" / "encoded.safetensors"
    codes.write_bytes(codes.read_bytes()[:-4])
    app = opened()
    assert "mnist-z10-b10" not in [other["model"] for other in sent_data(app)["others"]]
    (warning,) = app.warning
    assert warning.value.startswith("Checkpoint “mnist-z10-b10” is not on the plane. ")


def test_a_model_without_others_of_its_pictures_stands_alone() -> None:
    data = sent_data(opened(checkpoint="digits-z2"))
    assert data["others"] == []
    assert data["matches"] == {"digits-z2": {}}

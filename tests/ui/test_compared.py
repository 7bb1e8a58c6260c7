"""Models beside the chosen one: what can be compared, the link, and that the choice is that of all pages."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import ROOT, choose, open_page, send, sent_data, to_page
from vae.storage.checkpoints import read_checkpoint
from vae.ui.shared import loaders

PAGES = {"Explore": 1, "Sampling": 3, "Interpolation": 4, "Reconstruction": 5}
SHIPPED = ROOT / "checkpoints"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three models of MNIST, two of other pictures."""
    for name in ("mnist-z2", "mnist-z10-b1", "mnist-z10-b10", "digits-z2", "sprites-z6"):
        (tmp_path / name).symlink_to(SHIPPED / name)
    monkeypatch.setattr(loaders, "CHECKPOINTS", tmp_path)
    return tmp_path


def opened(page: str, **query: str) -> AppTest:
    return open_page(f"pages/{PAGES[page]}_{page}.py", checkpoint="mnist-z10-b1", **query)


@pytest.mark.parametrize("page", PAGES)
def test_without_a_comparison_a_page_sends_nothing_of_one(page: str) -> None:
    app = opened(page)
    assert {"compare", "words", "nats"}.isdisjoint(sent_data(app))
    assert "compare" not in app.query_params
    assert app.multiselect(key="compare_with").options == ["2-D · β = 1", "β = 10"]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_sends_the_data_of_each_model_beside_the_first(page: str) -> None:
    data = sent_data(opened(page, compare="mnist-z10-b10,mnist-z2"))
    first, second = data["compare"]
    assert (data["words"], first["words"], second["words"]) == ("10-D · β = 1", "β = 10", "2-D · β = 1")
    assert (first["model"], second["model"]) == ("mnist-z10-b10", "mnist-z2")
    assert first["nats"]["kl"] == pytest.approx(3.849, abs=1e-3)
    assert data["nats"]["reconstruction"] == pytest.approx(80.27, abs=0.01)
    assert len(first["match"]) == len(second["match"]) == 10
    assert first["local"]["version"] != data["local"]["version"]


def test_the_choice_is_that_of_all_pages_and_stays_in_the_link() -> None:
    app = opened("Explore")
    app.multiselect(key="compare_with").set_value(["mnist-z10-b10", "mnist-z2"]).run()
    for page in ("Sampling", "Latent_map", "Reconstruction", "Explore"):
        to_page(app, page)
        if page != "Latent_map":
            assert app.query_params["compare"] == "mnist-z10-b10,mnist-z2", page
    app.multiselect(key="compare_with").set_value([]).run()
    assert "compare" not in app.query_params
    assert "compare" not in sent_data(to_page(app, "Interpolation"))


def test_a_link_s_unknown_models_are_left_out_with_a_sentence() -> None:
    app = opened("Explore", compare="nothing,digits-z2,mnist-z10-b10,mnist-z10-b1")
    assert [each["model"] for each in sent_data(app)["compare"]] == ["mnist-z10-b10"]
    (warning,) = app.warning
    assert warning.value == "“nothing” of this link is no model of the same pictures here; it is not compared."
    assert app.query_params["compare"] == "mnist-z10-b10"


def test_models_of_other_pictures_are_not_compared_and_come_back_with_their_own() -> None:
    app = opened("Explore", compare="mnist-z10-b10")
    choose(app, "digits-z2")
    assert "compare" not in sent_data(app)
    assert not app.multiselect  # no other model of these pictures
    choose(app, "mnist-z10-b10")
    assert "compare" not in sent_data(app)  # it is the first itself
    choose(app, "mnist-z2")
    assert [each["model"] for each in sent_data(app)["compare"]] == ["mnist-z10-b10"]


def test_a_model_beside_and_the_first_change_places() -> None:
    app = opened("Explore", compare="mnist-z10-b10,mnist-z2")
    choose(app, "mnist-z10-b10")
    assert [each["model"] for each in sent_data(app)["compare"]] == ["mnist-z10-b1", "mnist-z2"]
    assert app.query_params["compare"] == "mnist-z10-b1,mnist-z2"
    choose(app, "mnist-z10-b1")
    assert [each["model"] for each in sent_data(app)["compare"]] == ["mnist-z10-b10", "mnist-z2"]


def test_a_broken_model_is_left_out_with_the_reason(root: Path) -> None:
    (root / "mnist-z10-b10").unlink()
    shutil.copytree(SHIPPED / "mnist-z10-b10", root / "mnist-z10-b10")
    weights = root / "mnist-z10-b10" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])
    app = opened("Explore", compare="mnist-z10-b10,mnist-z2")
    assert [each["model"] for each in sent_data(app)["compare"]] == ["mnist-z2"]
    (warning,) = app.warning
    assert warning.value.startswith("Checkpoint “mnist-z10-b10” is not compared. ")


def test_a_compared_model_that_is_deleted_leaves_with_a_sentence(root: Path) -> None:
    app = opened("Sampling", compare="mnist-z10-b10,mnist-z2")
    (root / "mnist-z10-b10").unlink()
    to_page(app, "Explore")
    assert [warning.value for warning in app.warning] == [
        "Checkpoint “mnist-z10-b10” was deleted; it is no longer compared."
    ]
    assert app.query_params["compare"] == "mnist-z2"
    assert not app.run().warning


def test_explore_gives_each_model_its_own_start_at_the_image() -> None:
    app = opened("Explore", compare="mnist-z2", image="3")
    data = sent_data(app)
    mean = read_checkpoint(SHIPPED / "mnist-z2").load_encoded().mean
    (other,) = data["compare"]
    assert other["start"]["z"] == pytest.approx(mean[3].tolist())
    assert len(data["codes"]["deviation"]) == 10
    assert len(other["codes"]["quantiles"]) == 2
    assert {"points", "labels"}.isdisjoint(other)


def test_explore_s_other_models_have_no_start_where_it_starts_from_no_image() -> None:
    app = opened("Sampling", compare="mnist-z2")
    send(app, picked={"model": "mnist-z10-b1", "z": [0.5] * 10, "label": None})
    assert sent_data(to_page(app, "Explore"))["compare"][0]["start"] is None


def test_what_is_the_same_input_is_part_of_explore_s_link() -> None:
    app = opened("Explore", compare="mnist-z2", input="percentile")
    assert (sent_data(app)["input"], app.query_params["input"]) == ("percentile", "percentile")
    send(app, input="image")
    assert (sent_data(app.run())["input"], "input" in app.query_params) == ("image", False)
    send(app, input="nonsense")
    assert sent_data(app.run())["input"] == "image"
    assert sent_data(opened("Explore", compare="mnist-z2", input="nonsense"))["input"] == "image"
    assert "input" not in sent_data(opened("Explore", input="percentile"))


def test_sampling_sends_each_model_the_first_ones_source_and_noise_of_its_own_size() -> None:
    data = sent_data(opened("Sampling", compare="mnist-z10-b10,mnist-z2", source="second", seed="5"))
    same_size, other_size = data["compare"]
    assert list(same_size["sources"]) == list(other_size["sources"]) == ["second"]
    assert same_size["sources"]["second"] != data["sources"]["second"]
    assert "noises" not in same_size  # the first one's
    assert set(other_size["noises"]) == set(data["noises"]) == {"5", "6"}
    assert len(other_size["noises"]["5"]["values"]) < len(data["noises"]["5"]["values"])


def test_a_source_that_a_model_beside_does_not_have_is_left_out(root: Path) -> None:
    (root / "mnist-z10-ae").symlink_to(SHIPPED / "mnist-z10-ae")
    (other,) = sent_data(opened("Sampling", compare="mnist-z10-ae", source="image:3"))["compare"]
    assert other["sources"] == {}

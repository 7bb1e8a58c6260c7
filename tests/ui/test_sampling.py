"""The data that the Sampling page sends to its component, for each kind of checkpoint and any link."""

import base64
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import choose, sent_data
from tests.support.patience import PATIENCE
from vae.datasets.splits import Dataset, Split
from vae.evaluation.aggregate import aggregate_kl, fit_aggregate
from vae.evaluation.pictures.classifier import read_reliability
from vae.model.losses import Objective
from vae.model.networks import default_config
from vae.model.samplers import fit_mixture, per_class, sample_aggregate_posterior
from vae.storage.checkpoints import Checkpoint, read_checkpoint
from vae.training.checkpoint import train_checkpoint
from vae.training.config import TrainingConfig
from vae.ui.pages import sampling
from vae.ui.pages.sampling import CHECKS
from vae.ui.shared import loaders

ROOT = Path(__file__).parents[2]
PAGE = "pages/3_Sampling.py"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, digits: Dataset) -> Path:
    """One small checkpoint of each kind, and one with so few test images that hardly anything can be fitted."""
    root = tmp_path_factory.mktemp("checkpoints")
    kinds: dict[str, tuple[dict[str, Any], Objective, int]] = {
        "line": ({}, Objective(), 1),
        "plane": ({}, Objective(), 2),
        "many": ({}, Objective(), 40),
        "conditional": ({"classes": 10}, Objective(), 2),
        "point": ({"posterior": "point"}, Objective("autoencoder"), 4),
    }
    for name, (options, objective, latent_dim) in kinds.items():
        config = default_config(digits.image_shape, latent_dim, **options)
        list(train_checkpoint(digits, config, TrainingConfig(epochs=1, device="cpu", objective=objective), root / name))
    few = Split(digits.test.images[:15], digits.test.labels[:15])
    small = Dataset("few", digits.train, digits.validation, few, digits.class_names)
    list(train_checkpoint(small, default_config(digits.image_shape, 2), TrainingConfig(epochs=1), root / "few"))
    return root


@pytest.fixture
def checkpoints(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The app's checkpoint folder for one test."""
    root = tmp_path / "checkpoints"
    shutil.copytree(trained, root)
    monkeypatch.setattr(loaders, "CHECKPOINTS", root)
    return root


def open_page(**query: str) -> AppTest:
    """The page after its first run, reached by a link with this query."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
    for key, value in query.items():
        app.query_params[key] = value
    return app.switch_page(PAGE).run()


def floats(text: str, kind: str = "<f4") -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


@pytest.mark.parametrize("name", ["line", "plane", "many", "conditional", "point", "few"])
def test_the_page_runs_with_every_kind_of_checkpoint(checkpoints: Path, name: str) -> None:
    app = open_page(checkpoint=name)
    assert not app.exception
    assert not app.error
    data = sent_data(app)
    assert set(data["default_sources"].values()) <= set(data["sources"])
    assert len(data["components"]["directions"]) == min(3, data["latent_dim"])


def test_the_noise_is_that_of_the_samplers_and_the_next_seed_s_is_there_too(checkpoints: Path) -> None:
    data = sent_data(open_page(checkpoint="plane", seed="4294967295"))
    assert set(data["noises"]) == {"4294967295", "0"}
    for seed, noise in data["noises"].items():
        expected = np.random.default_rng(int(seed)).standard_normal((256, 2), np.float32)
        np.testing.assert_array_equal(floats(noise["values"]).reshape(256, 2), expected)
        assert 0 <= floats(noise["choice"], "<f8").min() <= floats(noise["choice"], "<f8").max() < 1


def codes(checkpoint: Checkpoint) -> np.ndarray:
    encoded = checkpoint.load_encoded()
    return sample_aggregate_posterior(encoded.mean, encoded.logvar, 0)


def test_sources_are_those_of_the_samplers(checkpoints: Path) -> None:
    checkpoint = read_checkpoint(checkpoints / "plane")
    sources = sent_data(open_page(checkpoint="plane", source="class:4", against="image:17"))["sources"]
    fourth = per_class(codes(checkpoint), checkpoint.load_encoded().labels, 10)[4]
    assert fourth is not None
    np.testing.assert_allclose(floats(sources["class:4"]["means"]), fourth.means[0], rtol=1e-6)
    np.testing.assert_allclose(floats(sources["class:4"]["factors"]), fourth.factors.ravel(), rtol=1e-6)
    encoded = checkpoint.load_encoded()
    np.testing.assert_array_equal(floats(sources["image:17"]["means"]), encoded.mean[17])
    deviations = floats(sources["image:17"]["factors"]).reshape(2, 2).diagonal()
    np.testing.assert_allclose(deviations, np.exp(encoded.logvar[17] / 2), rtol=1e-6)


def test_the_distance_from_the_prior_is_shown_as_the_two_bounds_of_the_evaluation(checkpoints: Path) -> None:
    checkpoint = read_checkpoint(checkpoints / "plane")
    draws = codes(checkpoint)
    expected = aggregate_kl(checkpoint.load_encoded(), draws, fit_mixture(draws))
    lower, upper = expected.lower, expected.upper
    sentences = sent_data(open_page(checkpoint="plane"))["mismatch"]
    between = f"Between {max(0, lower.nats):.2f} and {upper.nats:.2f} nats"
    assert sentences["number"] == (between if lower.nats < upper.nats else f"About {upper.nats:.2f} nats")
    assert f"Lower bound {lower.nats:.2f} ± {lower.standard_error:.2f}:" in sentences["how"]
    assert f"Upper bound {upper.nats:.2f} ± {upper.standard_error:.2f}:" in sentences["how"]
    assert ("at least 0" in sentences["how"]) == (lower.nats <= 0)


def test_a_fit_that_came_with_the_checkpoint_is_not_made_again(
    checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sent_data(open_page(checkpoint="plane"))
    checkpoint = read_checkpoint(checkpoints / "plane")
    encoded = checkpoint.load_encoded()
    checkpoint.save_fit(encoded, fit_aggregate(encoded))
    monkeypatch.setattr("vae.views.sampling.fit_aggregate", None)
    sampling.cached_fit.clear()
    sampling.cached_data.clear()
    after = sent_data(open_page(checkpoint="plane"))
    assert (after["sources"], after["mismatch"]) == (before["sources"], before["mismatch"])


def test_only_pictures_of_mnist_are_classified(checkpoints: Path) -> None:
    assert sent_data(open_page(checkpoint="plane"))["classifier"] is None
    mnist = Path(__file__).parents[2] / "checkpoints" / "mnist-z10-b10"
    shutil.copytree(mnist, checkpoints / mnist.name)
    found = read_reliability()
    assert sent_data(open_page(checkpoint=mnist.name))["classifier"] == {
        "accuracy": found.accuracy,
        "images": found.images,
    }


def test_a_plain_autoencoder_has_no_prior_and_no_posterior(checkpoints: Path) -> None:
    data = sent_data(open_page(checkpoint="point", source="image:3"))
    assert data["mismatch"]["number"] == "No prior:"
    assert data["params"] == {}
    assert "image" not in {offer["id"] for offer in data["offered"]}


@pytest.mark.parametrize("name", ["line", "plane", "many", "conditional", "point"])
def test_the_prior_is_on_the_same_side_for_every_model(checkpoints: Path, name: str) -> None:
    assert sent_data(open_page(checkpoint=name))["default_sources"] == {
        "source": "prior",
        "against": "aggregate",
    }


def test_without_a_fit_the_prior_remains_and_the_reason_is_shown(checkpoints: Path) -> None:
    data = sent_data(open_page(checkpoint="few", source="aggregate", against="class:3"))
    assert data["params"] == {}
    assert data["default_sources"] == {"source": "prior", "against": "prior"}
    problems = {offer["id"]: offer["problem"] for offer in data["offered"]}
    assert problems["prior"] == problems["image"] == ""
    assert "at least 20" in problems["aggregate"]
    assert problems["class:3"]
    assert data["mismatch"]["number"] == "Not estimated:"


BAD = {
    "view": ["three", ""],
    "seed": ["-1", "4294967296", "1e3", "²", "x"],
    "side": ["1", "17", "8.5"],
    "temperature": ["2.01", "-0.5", "nan", "1e0", "1.2345"],
    "truncation": ["0", "5", "1e0", "inf"],
    "source": ["posterior", "class:10", "class:", "class:-1", "image", "image:300", "image:²", "../etc"],
    "against": ["class:03", "image:1e2"],
    "told": ["0", "-1", "x"],
    "hold": ["2:0", "0", "0:", "0:1:2", "0:nan", "-1:0"],
    "plane": ["z0", "z0,z2", "pc0,pc1", "pc1,pc9", "z0,z1,z1", "x,y", ","],
}


def test_invalid_settings_are_recognised(checkpoints: Path) -> None:
    checkpoint = read_checkpoint(checkpoints / "plane")
    for name, values in BAD.items():
        fits, _ = CHECKS[name]
        assert not any(fits(value, checkpoint) for value in values), name


def test_invalid_settings_are_named_and_left_out(checkpoints: Path) -> None:
    app = open_page(checkpoint="plane", **{name: values[0] for name, values in BAD.items()})
    assert not app.exception
    assert sent_data(app)["params"] == {}
    warnings = " ".join(warning.value for warning in app.warning)
    assert all(f"“{name}” is not" in warnings for name in BAD)
    assert set(BAD) & set(app.query_params) == {"seed"}  # now 0


GOOD = {
    "view": "plane",
    "seed": "12",
    "side": "16",
    "temperature": "0.75",
    "truncation": "1.5",
    "source": "image:299",
    "against": "class:9",
    "told": "9",
    "against_told": "0",
    "hold": "1:-2.5",
    "plane": "z1,pc2",
}


def test_valid_settings_reach_the_component_and_stay_in_the_link(checkpoints: Path) -> None:
    app = open_page(checkpoint="conditional", **GOOD)
    assert not app.warning
    assert sent_data(app)["params"] == GOOD
    assert {name: "".join(app.query_params[name]) for name in GOOD} == GOOD


def test_a_choice_of_another_model_is_left_out_where_it_does_not_fit(checkpoints: Path) -> None:
    app = open_page(checkpoint="conditional", **GOOD)
    choose(app, "line")
    assert not app.exception
    assert not app.warning
    assert set(GOOD) - set(sent_data(app)["params"]) == {"told", "against_told", "hold", "plane"}

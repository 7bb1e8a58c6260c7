"""Families of models, and what Compare shows of a model."""

import base64
import json
from dataclasses import replace

import numpy as np
import pytest

from tests.support.pages import ROOT
from vae.evaluation.metrics import collapsed_reconstruction
from vae.model.losses import Objective
from vae.storage.checkpoints import Checkpoint, read_checkpoint
from vae.views.compare import compare_data
from vae.views.shared.families import beta_of, family_key, family_words

FAMILY = ("mnist-z10-ae", "mnist-z10-b0.5", "mnist-z10-b1", "mnist-z10-b4", "mnist-z10-b10")
OTHERS = ("mnist-z10", "mnist-z10-cond", "mnist-z2", "digits-z2", "sprites-z6", "sprites-z6-tc")


def shipped(name: str) -> Checkpoint:
    return read_checkpoint(ROOT / "checkpoints" / name)


def test_the_five_models_that_differ_in_beta_alone_are_one_family_and_no_other_is_of_it() -> None:
    (key,) = {family_key(shipped(name)) for name in FAMILY}
    others = [family_key(shipped(name)) for name in OTHERS]
    assert key not in others
    assert len(set(others)) == len(OTHERS)
    assert [beta_of(shipped(name)) for name in FAMILY] == [None, 0.5, 1, 4, 10]
    assert family_words(shipped("mnist-z10-b4")) == "MNIST · 10-D conv 32-32-64-64 · seed 0"


@pytest.mark.parametrize(
    "change",
    [
        {"content_hash": "other"},
        {"training": {"seed": 1}},
        {"training": {"epochs": 3}},
        {"model_config": {"latent_dim": 9}},
        {"model_config": {"likelihood": "gaussian"}},
        {"objective": {"name": "beta-tc"}},
        {"objective": {"warmup": "linear"}},
    ],
)
def test_a_model_of_other_data_size_training_or_objective_is_of_another_family(change: dict[str, object]) -> None:
    checkpoint = shipped("mnist-z10-b4")
    (key, value), *_ = change.items()
    if key == "training":
        changed = replace(checkpoint, training=checkpoint.training | value)  # type: ignore[operator]
    elif isinstance(value, dict):
        changed = replace(checkpoint, **{key: replace(getattr(checkpoint, key), **value)})
    else:
        changed = replace(checkpoint, **{key: value})  # type: ignore[arg-type]
    assert family_key(changed) not in {None, family_key(checkpoint)}


def test_where_a_model_was_trained_and_how_long_makes_no_other_family() -> None:
    checkpoint = shipped("mnist-z10-b4")
    elsewhere = {"device": "cuda", "torch_threads": 9, "origin": "page", "seconds": 60}
    assert family_key(replace(checkpoint, training=checkpoint.training | elsewhere)) == family_key(checkpoint)


def test_an_objective_without_beta_has_no_family() -> None:
    checkpoint = replace(shipped("mnist-z10-b1"), objective=Objective("iwae", samples=5))
    assert family_key(checkpoint) is None
    assert beta_of(checkpoint) is None


@pytest.mark.parametrize("name", ["mnist-z10-b10", "mnist-z10-ae", "digits-z2"])
def test_rate_and_distortion_are_the_evaluation_s_and_lie_between_floor_and_collapse(name: str) -> None:
    checkpoint = shipped(name)
    encoded = checkpoint.load_encoded()
    data = json.loads(json.dumps(compare_data(checkpoint, encoded, checkpoint.load_examples(), 1), allow_nan=False))
    assert data["nats"]["reconstruction"] == pytest.approx(encoded.reconstruction.mean(), abs=1e-3)
    assert data["nats"]["kl"] == (None if name.endswith("ae") else pytest.approx(encoded.kl.mean(), abs=1e-3))
    assert data["floor"] < data["nats"]["reconstruction"] < data["collapsed"]
    known = [use["kl"] for use in data["dimensions"] if use["kl"] is not None]
    assert sum(known) == pytest.approx(data["nats"]["kl"] or 0, abs=1e-3)
    assert sum(use["active"] for use in data["dimensions"]) == checkpoint.metrics["active_units"]
    assert f"{checkpoint.metrics['active_units']} of" in data["active"]


def test_the_marks_are_the_reference_s() -> None:
    """45.53: x̂ = x on MNIST's test images; 205.65: their mean picture."""
    checkpoint = shipped("mnist-z10-b1")
    data = compare_data(checkpoint, checkpoint.load_encoded(), checkpoint.load_examples(), 1)
    assert data["floor"] == pytest.approx(45.53, abs=0.01)
    assert data["collapsed"] == pytest.approx(205.65, abs=0.01)


def test_what_a_checkpoint_keeps_of_collapse_is_that_of_its_test_images() -> None:
    checkpoint = shipped("digits-z2")  # whose examples are all of them
    images = checkpoint.load_examples()
    assert len(images) == checkpoint.test_images
    assert checkpoint.collapsed == pytest.approx(collapsed_reconstruction(images, "bernoulli"), abs=1e-3)


def test_the_points_of_the_small_map_lie_where_its_axes_say() -> None:
    checkpoint = shipped("mnist-z10-b4")
    encoded = checkpoint.load_encoded()
    data = json.loads(json.dumps(compare_data(checkpoint, encoded, checkpoint.load_examples(), 1)))
    points = np.frombuffer(base64.b64decode(data["points"]), "<f4").reshape(-1, 2)
    axes, mean = np.array(data["projection"]["components"]).T, np.array(data["projection"]["mean"])
    np.testing.assert_allclose(points, (encoded.mean[:1000] - mean) @ axes, atol=1e-4)
    assert np.frombuffer(base64.b64decode(data["labels"]), "<u2").tolist() == encoded.labels.tolist()


def test_the_table_of_the_benchmarks_is_what_the_evaluation_stored() -> None:
    text = (
        (ROOT / "docs" / "benchmarks.md").read_text("utf-8").partition("## Rate and distortion")[2].partition("## ")[0]
    )
    rows = [
        [cell.strip(" `") for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| `")
    ]
    assert {name for name, *_ in rows} == {*FAMILY, "mnist-z10"}
    for name, beta, *numbers, active in rows:
        checkpoint = shipped(name)
        metrics = checkpoint.metrics
        expected = [metrics["kl"], metrics["reconstruction"], metrics["negative_elbo"]]
        assert numbers == ["none" if value is None else f"{value:.2f}" for value in expected], name
        assert beta == ("none" if beta_of(checkpoint) is None else f"{beta_of(checkpoint):g}")
        assert active == f"{metrics['active_units']} of 10"

"""Training requests: their JSON, the models they stand for, and what they refuse."""

import json
from typing import Any, get_args

import pytest

from vae.datasets.splits import Dataset
from vae.model.losses import Objective, ObjectiveName
from vae.model.networks import ModelConfig
from vae.training.config import TrainingConfig
from vae.training.request import DatasetRequest, ModelRequest, TrainingRequest

REQUEST = TrainingRequest(
    DatasetRequest("my own images", 64, False),
    ModelRequest(3, "conv", (16,), (4, 8), "gaussian", 0.2, True, True),
    TrainingConfig(7, 32, "sgd", 1e-3, "constant", Objective("beta-tc", 4.0, "cooling", heat=9.0), "static", 5, "cpu"),
    30.0,
)
# As version 0.1 of the app has written it, with the fields that belong to the run and not to the request.
STORED: dict[str, Any] = {
    "dataset": {"name": "digits"},
    "model": {
        "likelihood": "bernoulli",
        "batch_norm": False,
        "conditional": True,
        "architecture": "mlp",
        "latent_dim": 2,
    },
    "training": {"epochs": 3, "batch_size": 64, "objective": {"name": "vae", "beta": 2.0, "heat": 200.0}},
    "seconds": None,
    "order": 4,
    "born": 12.5,
}


def test_a_request_survives_its_json() -> None:
    assert TrainingRequest.from_json(json.loads(json.dumps(REQUEST.to_json()))) == REQUEST


def test_a_stored_request_is_read_with_defaults_for_what_it_does_not_name() -> None:
    objective = Objective(beta=2.0)
    assert TrainingRequest.from_json(STORED) == TrainingRequest(
        DatasetRequest("digits"),
        ModelRequest(2, conditional=True),
        TrainingConfig(epochs=3, batch_size=64, objective=objective),
    )


def test_the_model_fits_the_images_and_their_classes(digits: Dataset) -> None:
    assert TrainingRequest.from_json(STORED).model_config(digits) == ModelConfig(
        (1, 8, 8), 2, "mlp", (400,), classes=10
    )


@pytest.mark.parametrize("name", get_args(ObjectiveName))
def test_the_posterior_follows_from_the_objective(digits: Dataset, name: ObjectiveName) -> None:
    request = TrainingRequest(DatasetRequest("digits"), ModelRequest(), TrainingConfig(objective=Objective(name)))
    expected = "point" if name == "autoencoder" else "gaussian"
    assert request.model_config(digits).posterior == expected


def test_a_data_set_is_loaded_by_its_name(digits: Dataset) -> None:
    assert DatasetRequest("digits").load().content_hash == digits.content_hash


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"dataset": {"name": 3}}, "dataset name must be a text, not 3"),
        ({"dataset": {"name": "digits", "image_size": 8.5}}, "image_size"),
        ({"dataset": {"name": "digits", "color": "no"}}, "color"),
        ({"dataset": {"name": "digits", "side": 8}}, "cannot be read"),
        ({"model": {"latent_dim": 2, "conditional": "yes"}}, "conditional must be True or False"),
        ({"model": {"hidden": 5}}, "cannot be read"),
        ({"model": []}, "cannot be read"),
        ({"model": {}}, "cannot be read"),
        ({"training": {"epochs": 3}}, r"cannot be read \(KeyError\('objective'\)\); discard the run and train again"),
        ({"training": {"epochs": "3", "objective": {}}}, "epochs must be 1 to 10000, not '3'"),
        ({"training": {"learning_rate": "3", "objective": {}}}, "cannot be read"),
        ({"training": {"objective": {"beta": -1}}}, "beta must be 0 to 1000"),
        ({"training": None}, "cannot be read"),
        *[({"seconds": bad}, "seconds must be above 0 and at most 86400") for bad in (0, -1, 86_401, float("nan"))],
        ({"seconds": "3"}, "cannot be read"),
    ],
    ids=str,
)
def test_a_request_that_is_wrong_is_refused_in_one_sentence(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        TrainingRequest.from_json(STORED | changed)


@pytest.mark.parametrize(
    "model", [{"latent_dim": "2"}, {"hidden": "abc"}, {"architecture": []}, {"sigma": None}], ids=str
)
def test_a_model_that_is_wrong_is_refused_once_the_images_are_known(digits: Dataset, model: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(model))):
        TrainingRequest.from_json(STORED | {"model": {"latent_dim": 2} | model}).model_config(digits)

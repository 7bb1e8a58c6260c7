"""Training requests: their JSON, the models they stand for, and what they refuse."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from vae.datasets.splits import Dataset
from vae.datasets.user_images.augmentation import Augmentation
from vae.model.losses import Objective, ObjectiveName
from vae.model.networks import ModelConfig
from vae.storage.checkpoints import Checkpoint, read_checkpoint
from vae.training.checkpoint import save_trained
from vae.training.config import TrainingConfig
from vae.training.request import DatasetRequest, ModelRequest, TrainingRequest, request_of
from vae.training.trainer import new_model, train

REQUEST = TrainingRequest(
    DatasetRequest("my own images", 64, False, None, 3, True, 0.5),
    ModelRequest(3, "conv", (16,), (4, 8), "gaussian", 0.2, True, True),
    TrainingConfig(
        7,
        32,
        "sgd",
        1e-3,
        "constant",
        Objective("beta-tc", 4.0, "cooling", heat=9.0),
        "static",
        5,
        "cpu",
        Augmentation(20, 0.1, 5.0, 0.2),
    ),
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
        ({"dataset": {"name": "digits", "turn": 90}}, "turn must be 0 to 3 quarters"),
        ({"dataset": {"name": "digits", "keep": 0}}, "keep must be 0.1 to 1"),
        ({"dataset": {"name": "digits", "whole": 1}}, "whole must be True or False"),
        ({"model": {"latent_dim": 2, "conditional": "yes"}}, "conditional must be True or False"),
        ({"model": {"hidden": 5}}, "cannot be read"),
        ({"model": []}, "cannot be read"),
        ({"model": {}}, "cannot be read"),
        ({"training": {"epochs": 3}}, r"cannot be read \(KeyError\('objective'\)\); discard the run and train again"),
        ({"training": {"epochs": "3", "objective": {}}}, "epochs must be 1 to 10000, not '3'"),
        ({"training": {"learning_rate": "3", "objective": {}}}, "cannot be read"),
        ({"training": {"objective": {"beta": -1}}}, "beta must be 0 to 1000"),
        ({"training": {"objective": {}, "augmentation": {"versions": 0}}}, "versions must be 1 to 200"),
        ({"training": {"objective": {}, "augmentation": {"mirror": True}}}, "cannot be read"),
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


# ---- again -----------------------------------------------------------------------------------------------------------


def test_a_checkpoint_s_request_trains_the_same_again(tmp_path: Path, digits: Dataset) -> None:
    request = TrainingRequest(
        DatasetRequest("digits"),
        ModelRequest(2, hidden=(16,), likelihood="gaussian", conditional=True),
        TrainingConfig(1, 64, device="cpu", objective=Objective("beta-tc", 4.0, "cooling", 0.8)),
        30.0,
    )
    config = request.training
    model = new_model(request.model_config(digits), digits.train, config)
    history = list(train(model, digits.train, digits.validation, config))
    save_trained(tmp_path / "made", model, digits, config, history, seconds=request.seconds)
    again = request_of(read_checkpoint(tmp_path / "made"))
    assert again == replace(request, training=replace(config, device="auto"))
    assert again.model_config(digits) == model.config


def test_every_shipped_checkpoint_can_be_trained_again() -> None:
    shipped = Path(__file__).parents[2] / "checkpoints"
    for path in (path for path in shipped.iterdir() if (path / "config.json").is_file()):
        checkpoint = read_checkpoint(path)
        request = request_of(checkpoint)
        assert request.dataset.name == checkpoint.dataset
        assert request.training.objective == checkpoint.objective
        assert (request.training.seed, request.training.device) == (0, "auto")


@pytest.mark.parametrize("name", ["my own images", "/etc", "celeba:/etc", "../x", "x.zip", ""])
def test_a_checkpoint_of_the_user_s_own_images_cannot_be_trained_again(
    digits_checkpoint: Checkpoint, name: str
) -> None:
    with pytest.raises(ValueError, match="are not kept here; choose them again"):
        request_of(replace(digits_checkpoint, dataset=name))


def test_settings_out_of_range_are_refused_before_a_run(digits_checkpoint: Checkpoint) -> None:
    changed = digits_checkpoint.training | {"epochs": -1}
    with pytest.raises(ValueError, match="epochs must be 1 to 10000"):
        request_of(replace(digits_checkpoint, training=changed))


def test_another_beta_changes_nothing_else() -> None:
    again = REQUEST.with_beta(10.0)
    assert again.training.objective.beta == 10
    assert again.to_json() == REQUEST.to_json() | {"training": again.to_json()["training"]}
    assert replace(again, training=REQUEST.training) == REQUEST


@pytest.mark.parametrize(
    ("objective", "beta", "words"),
    [
        (Objective(), 1.0, "β is 1 there already"),
        (Objective(), -1.0, "beta must be 0 to 1000"),
        (Objective(), float("nan"), "beta must be 0 to 1000"),
        (Objective("autoencoder"), 4.0, "The objective autoencoder has no β"),
        (Objective("capacity"), 4.0, "The objective capacity has no β"),
    ],
)
def test_a_beta_that_changes_nothing_or_is_out_of_range_is_refused(
    objective: Objective, beta: float, words: str
) -> None:
    request = TrainingRequest(DatasetRequest("digits"), ModelRequest(), TrainingConfig(objective=objective))
    with pytest.raises(ValueError, match=words):
        request.with_beta(beta)

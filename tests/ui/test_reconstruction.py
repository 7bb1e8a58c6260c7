"""The Reconstruction page for each kind of checkpoint, and the source code that it shows."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.support.patience import PATIENCE
from vae.datasets.splits import Dataset
from vae.evaluation.pictures.complexity import complexity, density_offset
from vae.model import losses
from vae.model.latents import encode
from vae.model.losses import Objective
from vae.model.networks import VAE, default_config
from vae.storage.checkpoints import Checkpoint, read_checkpoint
from vae.training.checkpoint import train_checkpoint
from vae.training.config import TrainingConfig
from vae.ui.pages.reconstruction import _cached_scores, cached_data
from vae.ui.shared import loaders
from vae.views.reconstruction import random_rows

ROOT = Path(__file__).parents[2]
PAGE = "pages/5_Reconstruction.py"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, digits: Dataset) -> Path:
    """One small checkpoint of each kind."""
    root = tmp_path_factory.mktemp("checkpoints")
    kinds: dict[str, tuple[dict[str, Any], Objective, int]] = {
        "line": ({}, Objective(), 1),
        "plane": ({}, Objective(), 2),
        "conditional": ({"classes": 10}, Objective(), 2),
        "point": ({"posterior": "point"}, Objective("autoencoder"), 4),
        "logistic": ({"likelihood": "discretised-logistic"}, Objective(), 3),
        "gaussian": ({"likelihood": "gaussian"}, Objective(), 3),
        "continuous": ({"likelihood": "continuous-bernoulli"}, Objective(), 3),
    }
    for name, (options, objective, latent_dim) in kinds.items():
        config = default_config(digits.image_shape, latent_dim, **options)
        list(train_checkpoint(digits, config, TrainingConfig(epochs=1, device="cpu", objective=objective), root / name))
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


@pytest.mark.parametrize("name", ["line", "plane", "conditional", "point", "logistic", "gaussian", "continuous"])
def test_the_page_runs_with_every_kind_of_checkpoint_and_another_data_set(checkpoints: Path, name: str) -> None:
    app = open_page(checkpoint=name, image="7", other="sprites")
    assert not app.exception
    assert not app.error
    assert app.selectbox(key="other").value == "sprites"


@pytest.mark.parametrize("value", ["-1", "300", "99999999999999999999", "1.5", "²", "<b>", ""])
def test_a_link_to_a_missing_image_shows_the_first(checkpoints: Path, value: str) -> None:
    app = open_page(checkpoint="plane", image=value)
    assert not app.exception
    assert not app.error


def test_images_are_chosen_at_random_and_always_the_same() -> None:
    rows = random_rows(10_000, 500)
    assert (rows == random_rows(10_000, 500)).all()
    assert len(np.unique(rows)) == 500
    assert abs(rows.mean() - 5000) < 400
    assert rows.tolist() == sorted(rows)
    assert random_rows(300, 500).tolist() == list(range(300))


@pytest.mark.parametrize("name", ["plane", "conditional", "point", "gaussian"])
def test_the_test_images_scores_are_the_evaluations_of_all_and_corrected_of_some_at_random(
    checkpoints: Path, name: str, monkeypatch: pytest.MonkeyPatch, digits: Dataset
) -> None:
    monkeypatch.setattr("vae.views.reconstruction.SCORED", 60)
    checkpoint = read_checkpoint(checkpoints / name)
    encoded = checkpoint.load_encoded()
    own = _cached_scores(checkpoint, (name, hash(checkpoint.path)))
    assert (own.score == encoded.reconstruction + encoded.kl).all()
    assert own.rows.tolist() == random_rows(len(digits.test), 60).tolist()
    if name == "point":
        assert own.corrected is None
        return
    images, likelihood = digits.test.images[own.rows], checkpoint.model_config.likelihood
    assert own.corrected == pytest.approx(
        own.score[own.rows] + density_offset(likelihood, (1, 8, 8)) - complexity(images, likelihood), abs=1e-3
    )


@pytest.mark.parametrize("name", ["plane", "logistic", "gaussian", "continuous"])
def test_the_source_shown_is_that_of_the_functions_that_compute_the_terms(checkpoints: Path, name: str) -> None:
    checkpoint = read_checkpoint(checkpoints / name)
    source = shown_source(checkpoint)
    file = Path(losses.__file__).read_text().splitlines()
    for shown in (*source["reconstruction"], *source["kl"]):
        lines = shown["code"].splitlines()
        assert file[shown["line"] - 1 : shown["line"] - 1 + len(lines)] == lines
    assert called(checkpoint.load_model(), source["reconstruction"])


def shown_source(checkpoint: Checkpoint) -> dict[str, list[dict[str, Any]]]:
    """The source code that the page shows of the terms of this checkpoint's loss."""
    source: Any = cached_data(checkpoint, ("", hash(checkpoint.path)))["source"]
    return dict(source)


def called(model: VAE, shown: list[dict[str, Any]]) -> bool:
    """Whether the reconstruction term of this model runs through all functions that are shown."""
    names = [entry["code"].removeprefix("def ").partition("(")[0] for entry in shown]
    seen: list[str] = []

    def watched(name: str, function: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
        def run(*args: object) -> torch.Tensor:
            seen.append(name)
            return function(*args)

        return run

    with pytest.MonkeyPatch.context() as patch:
        for name in names:
            patch.setattr(losses, name, watched(name, getattr(losses, name)))
        encode(model, np.zeros((1, *model.config.image_shape), np.uint8), np.zeros(1, np.int64))
    return set(seen) == set(names)

"""What the Reconstruction page knows of a checkpoint: scores, frames, other data sets; and the page for each kind."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from streamlit.testing.v1 import AppTest

from vae.datasets.registry import Dataset, load_dataset
from vae.model import losses
from vae.model.latents import encode, reconstruct
from vae.model.losses import Objective
from vae.model.networks import VAE, default_config
from vae.storage.checkpoints import read_checkpoint
from vae.training.checkpoint import train_checkpoint
from vae.training.config import TrainingConfig
from vae.ui.reconstruction import adapted, auroc, drawing_frame, scores
from vae.ui.shared import loaders

ROOT = Path(__file__).parents[2]
PAGE = "pages/5_Reconstruction.py"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, digits: Dataset) -> Path:
    """One small checkpoint of each kind."""
    root = tmp_path_factory.mktemp("checkpoints")
    kinds = {
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
    """The app's own checkpoints folder for one test."""
    root = tmp_path / "checkpoints"
    shutil.copytree(trained, root)
    monkeypatch.setattr(loaders, "CHECKPOINTS", root)
    return root


def open_page(**query: str) -> AppTest:
    """The page after its first run, reached by a link with this query."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    return app.switch_page(PAGE).run()


@pytest.mark.parametrize("name", ["line", "plane", "conditional", "point", "logistic", "gaussian", "continuous"])
def test_the_page_runs_with_every_kind_of_checkpoint_and_another_data_set(checkpoints: Path, name: str) -> None:
    app = open_page(checkpoint=name, image="7", other="sprites")
    assert not app.exception
    assert not app.error
    assert app.sidebar.selectbox(key="other").value == "sprites"


@pytest.mark.parametrize("value", ["-1", "300", "99999999999999999999", "1.5", "²", "<b>", ""])
def test_a_link_to_an_image_that_is_not_there_shows_the_first(checkpoints: Path, value: str) -> None:
    app = open_page(checkpoint="plane", image=value)
    assert not app.exception
    assert not app.error


def test_the_score_is_the_elbo_at_the_mean(trained: Path, digits: Dataset) -> None:
    model = read_checkpoint(trained / "plane").load_model()
    images, labels = digits.test.images[:20], digits.test.labels[:20]
    nll = reconstruct(model, images)[1]
    np.testing.assert_allclose(scores(model, images), nll + encode(model, images, labels).kl, rtol=1e-6)


def test_without_labels_a_conditional_model_is_told_the_likeliest_class(trained: Path, digits: Dataset) -> None:
    model = read_checkpoint(trained / "conditional").load_model()
    images = digits.test.images[:20]
    told = np.stack([scores(model, images, np.full(20, label)) for label in range(10)])
    np.testing.assert_allclose(scores(model, images), told.min(axis=0), rtol=1e-6)


def test_a_plain_autoencoders_score_has_no_kl(trained: Path, digits: Dataset) -> None:
    model = read_checkpoint(trained / "point").load_model()
    images = digits.test.images[:20]
    np.testing.assert_allclose(scores(model, images), reconstruct(model, images)[1], rtol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_the_auroc_is_that_of_scikit_learn_also_with_ties(seed: int) -> None:
    rng = np.random.default_rng(seed)
    inside, outside = rng.integers(0, 8, 50).astype("f4"), rng.integers(3, 12, 70).astype("f4")
    truth = [0] * len(inside) + [1] * len(outside)
    assert auroc(inside, outside) == pytest.approx(roc_auc_score(truth, np.concatenate([inside, outside])))


def test_images_are_adapted_to_size_and_channels() -> None:
    color = np.zeros((2, 3, 64, 32), np.uint8)
    color[:, 1] = 200
    grey = adapted(color, (1, 28, 28))
    assert grey.shape == (2, 1, 28, 28)
    assert set(np.unique(grey)) == {117}  # 0.587 of 200
    assert adapted(grey, (3, 8, 8)).shape == (2, 3, 8, 8)
    assert (adapted(color, (3, 64, 32)) == color).all()


def _placed(count: int, side: int, box: tuple[int, int]) -> np.ndarray:
    """White boxes of box[0] × box[1] pixels in the middle of black images."""
    images = np.zeros((count, 1, side, side), np.uint8)
    top, left = (side - box[0]) // 2, (side - box[1]) // 2
    images[:, :, top : top + box[0], left : left + box[1]] = 255
    return images


def test_a_data_sets_frame_is_found_where_it_has_one(digits: Dataset) -> None:
    assert drawing_frame(_placed(20, 28, (20, 6))) == {"side": 20, "across": 14.0, "down": 14.0}
    frame = drawing_frame(digits.test.images)
    assert frame is not None
    assert frame["side"] == 8
    assert frame["across"] == pytest.approx(4, abs=0.3)


def test_data_sets_without_a_frame_have_none() -> None:
    rng = np.random.default_rng(0)
    assert drawing_frame(load_dataset("sprites").test.images[:500]) is None
    assert drawing_frame(rng.integers(0, 256, (20, 3, 8, 8), np.uint8)) is None
    assert drawing_frame(rng.integers(0, 256, (20, 1, 28, 20), np.uint8)) is None
    assert drawing_frame(np.zeros((20, 1, 8, 8), np.uint8)) is None


@pytest.mark.parametrize("name", ["plane", "logistic", "gaussian", "continuous"])
def test_the_source_shown_is_that_of_the_functions_that_compute_the_terms(checkpoints: Path, name: str) -> None:
    checkpoint = read_checkpoint(checkpoints / name)
    source = ui_data(checkpoint)["source"]
    file = Path(losses.__file__).read_text().splitlines()
    for shown in (*source["reconstruction"], *source["kl"]):
        lines = shown["code"].splitlines()
        assert file[shown["line"] - 1 : shown["line"] - 1 + len(lines)] == lines
    assert called(checkpoint.load_model(), source["reconstruction"])


def ui_data(checkpoint: object) -> dict[str, dict[str, list[dict[str, str]]]]:
    """The component's data of a checkpoint, as the page gets it."""
    from vae.ui.reconstruction import _checkpoint_data

    return _checkpoint_data.__wrapped__(checkpoint, ("", 0))


def called(model: VAE, shown: list[dict[str, str]]) -> bool:
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
        reconstruct(model, np.zeros((1, *model.config.image_shape), np.uint8))
    return set(seen) == set(names)

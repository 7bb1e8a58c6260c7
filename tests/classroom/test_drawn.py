"""A class trains a model on its approved drawings."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.classrooms import MODEL, NOW, encoded, tables
from tests.support.runs import until
from vae.classroom import drawn
from vae.classroom.codes import ClassError, clean_text
from vae.classroom.drawn import Drawings
from vae.classroom.state import classes, drawings, seats
from vae.datasets.splits import Dataset, take
from vae.datasets.user_images.layout import ROLES
from vae.evaluation.metrics import collapsed_reconstruction, evaluate, knn_accuracy
from vae.jobs.runs import Runs
from vae.jobs.worker import parse_request
from vae.model.latents import encode
from vae.model.networks import ModelConfig, default_config
from vae.storage.checkpoints import read_checkpoint
from vae.training.checkpoint import train_checkpoint
from vae.training.request import TrainingRequest

CONFIG = ModelConfig((1, 8, 8), 2, "mlp", (16,))


@pytest.fixture
def db() -> sqlite3.Connection:
    return tables()


@pytest.fixture
def code(db: sqlite3.Connection) -> str:
    """A class with 12 drawings, of which the first ten are approved."""
    code = classes.create(db, "Physics", MODEL, NOW).code
    for seat in range(1, 13):
        seats.join(db, code, None, None, NOW)
        label = ("seven", "Seven", "a/b: c")[seat % 3]
        drawings.hand_in(db, code, seat, encoded(20 * seat), key="a", label=label, now=NOW)
        if seat <= 10:
            drawings.set_state(db, code, seat, "approved")
    return code


def test_only_what_the_teacher_has_approved_is_trained_on(db: sqlite3.Connection, code: str) -> None:
    found = drawn.approved(db, code)
    assert found.pixels[:, 0, 0, 0].tolist() == list(range(20, 220, 20))
    assert (found.model, found.pixels.shape, len(found.labels)) == (MODEL, (10, 1, 8, 8), 10)
    drawings.set_state(db, code, 1, "hidden")
    with pytest.raises(ClassError, match="needs 10 approved drawings, and there are 9; approve more"):
        drawn.approved(db, code)


def test_drawings_of_one_label_are_one_class_and_come_back_as_they_were(
    db: sqlite3.Connection, code: str, tmp_path: Path
) -> None:
    found = drawn.approved(db, code)
    dataset = read(found, tmp_path / "drawings.zip")
    assert sorted(dataset.class_names) == ["Seven", "a-b- c"]
    splits = (dataset.train, dataset.validation, dataset.test)
    assert sum(map(len, splits)) == 10
    pixels = np.concatenate([split.images for split in splits])
    assert sorted(pixels[:, 0, 0, 0].tolist()) == list(range(20, 220, 20))
    assert (pixels == pixels[:, :, :1, :1]).all()


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=4), st.sampled_from([1, 3]))
def test_any_labels_make_a_data_set(tmp_path_factory: pytest.TempPathFactory, texts: list[str], channels: int) -> None:
    labels = []
    for text in texts:
        try:
            labels.append(clean_text(text, "What a drawing shows", 40))
        except ClassError:
            labels.append("train")
    labels = (labels * 12)[:12]
    pixels = np.arange(12 * channels * 64, dtype=np.uint8).reshape(12, channels, 8, 8)
    dataset = read(Drawings(MODEL, pixels, tuple(labels)), tmp_path_factory.mktemp("zips") / "drawings.zip")
    assert len(dataset.train) + len(dataset.validation) + len(dataset.test) == 12
    assert dataset.image_shape == (channels, 8, 8)
    assert not dataset.warnings
    if not ROLES.keys() & {label.casefold() for label in labels}:
        assert set(dataset.class_names) == set(drawn.folder_names(labels))


def test_labels_that_lead_elsewhere_name_folders_of_their_own() -> None:
    labels = ["..", "C:\\x", "/etc", ".hidden", "Thumbs.db", "7", "sept", "SEPT"]
    assert drawn.folder_names(labels) == ["-..", "C--x", "-etc", "-.hidden", "-Thumbs.db", "7", "sept", "sept"]


def test_the_run_trains_a_model_like_the_class_s_for_the_asked_time(db: sqlite3.Connection, code: str) -> None:
    request = drawn.training_request(drawn.approved(db, code), CONFIG, 2.5)
    assert (request.seconds, request.model.latent_dim, request.model.hidden) == (150, 2, (16,))
    assert (request.dataset.image_size, request.dataset.color) == (8, False)
    assert TrainingRequest.from_json(request.to_json()) == request


@pytest.mark.parametrize(("count", "versions"), [(10, 200), (200, 38), (2000, 4)])
def test_a_class_s_few_drawings_are_trained_on_in_many_versions(count: int, versions: int) -> None:
    found = Drawings(MODEL, np.zeros((count, 1, 8, 8), np.uint8), ("seven",) * count)
    assert drawn.training_request(found, CONFIG, 1).training.augmentation.versions == versions


def test_a_run_that_cannot_start_says_why(db: sqlite3.Connection, code: str, tmp_path: Path) -> None:
    ours, runs = drawn.approved(db, code), Runs(tmp_path)
    for name, minutes, sentence in (("../x", 1.0, "A name has"), ("ours", 1441.0, "up to 1440 minutes")):
        with pytest.raises(ClassError, match=sentence):
            drawn.start(runs, ours, CONFIG, name, minutes)
    assert not list(tmp_path.rglob("request.json"))


def test_what_is_started_loads_the_drawings_and_trains(
    db: sqlite3.Connection, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Runs, "_launch", lambda _, run: None)
    runs = Runs(tmp_path)
    run = runs.find(drawn.start(runs, drawn.approved(db, code), CONFIG, "ours", 0.05))
    assert run is not None
    dataset, model_config, config = parse_request(run)
    assert (model_config, dataset.name) == (CONFIG, drawn.TITLE)
    history = list(train_checkpoint(dataset, model_config, replace(config, epochs=2, device="cpu"), tmp_path / "ours"))
    assert np.isfinite([epoch.validation_reconstruction for epoch in history]).all()
    assert sorted(read_checkpoint(tmp_path / "ours").class_names) == ["Seven", "a-b- c"]


@pytest.mark.slow
def test_a_run_on_drawings_becomes_a_checkpoint(db: sqlite3.Connection, code: str, tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    name = drawn.start(runs, drawn.approved(db, code), CONFIG, "ours", 0.02)
    run = runs.find(name)
    assert run is not None
    until(lambda: not run.path.is_dir() or not run.status().alive, "it has finished", run)
    checkpoint = read_checkpoint(tmp_path / "ours")
    assert checkpoint.dataset == drawn.TITLE
    assert checkpoint.model_config.hidden == (16,)
    assert checkpoint.model_config.image_shape == (1, 8, 8)
    assert sorted(checkpoint.class_names) == ["Seven", "a-b- c"]


@pytest.mark.slow
def test_a_run_on_200_drawings_makes_a_plane_that_knows_other_drawings(digits: Dataset, tmp_path: Path) -> None:
    """Digits stand for what a class draws: 20 of each, from the data set's training images. No limit on the time."""
    train = digits.train
    rows = np.concatenate([np.flatnonzero(train.labels == digit)[:20] for digit in range(10)])
    ours = Drawings(MODEL, train.images[rows], tuple(map(str, train.labels[rows])))
    request = drawn.training_request(ours, default_config(digits.image_shape, 2), 1)
    dataset, config = read(ours, tmp_path / "drawings.zip"), replace(request.training, epochs=12, device="cpu")
    list(train_checkpoint(dataset, request.model_config(dataset), config, tmp_path / "ours"))
    checkpoint = read_checkpoint(tmp_path / "ours")
    model = checkpoint.load_model()
    known, other = (encode(model, split.images, split.labels) for split in (take(train, rows), digits.test))
    nats, of_the_mean = (
        evaluate(other, model.config).negative_elbo,
        collapsed_reconstruction(digits.test.images, "bernoulli"),
    )
    assert nats is not None
    assert of_the_mean is not None
    assert nats < of_the_mean - 0.5  # it knows more than the mean of drawings that it has never seen
    assert knn_accuracy(known.mean, known.labels, other.mean, other.labels).value > 0.5


def read(found: Drawings, path: Path) -> Dataset:
    path.write_bytes(drawn.packed(found))
    return drawn.training_request(found, CONFIG, 1).dataset.load(path)

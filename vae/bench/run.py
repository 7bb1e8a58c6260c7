"""Measures a training run as the Training page starts it, beside the same training here; and one on a class's drawings.

Three times the 784-400-20 model on MNIST's grey levels, one after the other: here, as a run with no app beside it, and
as a run beside an idle app.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import perf_counter, sleep

import numpy as np

from vae.bench.live import started
from vae.classroom.drawn import Drawings, start
from vae.datasets.registry import load_dataset
from vae.datasets.splits import take
from vae.evaluation.metrics import collapsed_reconstruction, evaluate, knn_accuracy
from vae.jobs.run import Run
from vae.jobs.runs import Runs
from vae.model.latents import encode
from vae.model.networks import default_config
from vae.storage.checkpoints import Checkpoint, read_checkpoint
from vae.training.config import TrainingConfig
from vae.training.film import read_film
from vae.training.request import DatasetRequest, ModelRequest, TrainingRequest
from vae.training.trainer import new_model, train

LOOK_SECONDS = 0.02
LATENT_DIM = 20
UNSEEN = 2000  # images by which a model of drawings is judged


def run(args: argparse.Namespace) -> dict[str, object]:
    """The numbers by name. first_picture_seconds: from the start of a run to the first frame of its film, the median of
    the two runs' times."""
    config = TrainingConfig(
        epochs=args.epochs, batch_size=args.batch_size, learning_rate=args.learning_rate, seed=args.seed
    )
    here = _here(config)
    pictures, speeds, elbos, film = [], [], [], 0
    for app in (nullcontext(), started(args.app)):
        with app, _finished_run(config) as (checkpoint, first_picture):
            seconds = checkpoint.history[-1]["seconds"]
            speeds.append(here["images"] / seconds)
            pictures.append(first_picture)
            elbos.append(checkpoint.metrics["negative_elbo"])
            film = checkpoint.film.stat().st_size if checkpoint.film else 0
    return {
        "images_per_second_here": round(here["images"] / here["seconds"]),
        "images_per_second_run": round(speeds[0]),
        "images_per_second_beside_app": round(speeds[1]),
        "run_ratio": round(speeds[0] * here["seconds"] / here["images"], 3),
        "beside_app_ratio": round(speeds[1] / speeds[0], 3),
        "first_picture_seconds": [round(seconds, 2) for seconds in pictures],
        "negative_elbo": elbos[0],
        "same_negative_elbo": elbos[0] == elbos[1],
        "film_bytes": film,
    }


def _here(config: TrainingConfig) -> dict[str, float]:
    """Images trained on and seconds of training, without a film, in this process."""
    dataset = load_dataset("mnist")
    model = new_model(default_config(dataset.image_shape, LATENT_DIM), dataset.train, config)
    *_, last = train(model, dataset.train, dataset.validation, config)
    return {"images": len(dataset.train) * config.epochs, "seconds": last.seconds}


@contextmanager
def _finished_run(config: TrainingConfig) -> Iterator[tuple[Checkpoint, float]]:
    """The checkpoint that a run has made, and the seconds from its start to the first frame of its film."""
    with tempfile.TemporaryDirectory() as folder:
        runs = Runs(Path(folder))
        began, first = perf_counter(), None
        request = TrainingRequest(DatasetRequest("mnist"), ModelRequest(LATENT_DIM), config)
        run = runs.start("measured", request.to_json())
        while run.path.is_dir():
            if first is None and sum(1 for _ in read_film(run.film)) > 1:
                first = perf_counter() - began
            status = run.status()
            if not status.alive and run.path.is_dir():
                raise ValueError(f"The run ended: {status.sentence}")
            sleep(LOOK_SECONDS if first is None else 0.5)
        assert first is not None
        yield read_checkpoint(run.checkpoint_path), first


def drawings(args: argparse.Namespace) -> dict[str, object]:
    """What a class gets of a run on its drawings: digits of other people than those of the training set stand for them.

    seconds: from the click to the checkpoint. negative_elbo, neighbours: of images that the model has never seen, in
    nats; share whose ten nearest drawings in the plane show mostly the same digit.
    """
    mnist = load_dataset("mnist", args.data_dir)
    test, each = mnist.test, args.drawings // 10
    rows = np.concatenate([np.flatnonzero(test.labels == digit)[:each] for digit in range(10)])
    ours = take(test, rows)
    drawn = Drawings("mnist-z2", ours.images, tuple(map(str, ours.labels)))
    config = default_config(mnist.image_shape, 2, args.arch)
    with tempfile.TemporaryDirectory() as folder:
        runs, began = Runs(Path(folder)), perf_counter()
        run = runs.find(start(runs, drawn, config, "measured", args.seconds / 60))
        assert run is not None
        _wait(run)
        seconds = perf_counter() - began
        checkpoint = read_checkpoint(run.checkpoint_path)
        model = checkpoint.load_model()
    unseen = take(mnist.train, np.arange(UNSEEN))
    known, other = (encode(model, split.images, split.labels) for split in (ours, unseen))
    return {
        "drawings": len(ours),
        "versions": checkpoint.training.get("augmentation", {}).get("versions", 1),
        "epochs": checkpoint.training["epochs"],
        "seconds": round(seconds, 1),
        "training_seconds": round(checkpoint.history[-1]["seconds"], 1),
        "negative_elbo": evaluate(other, model.config).negative_elbo,
        "of_the_mean_picture": collapsed_reconstruction(unseen.images, "bernoulli"),
        "neighbours": knn_accuracy(known.mean, known.labels, other.mean, other.labels).value,
    }


def _wait(run: Run) -> None:
    """Until the run has become a checkpoint. Raises ValueError where it ends otherwise."""
    while run.path.is_dir():
        status = run.status()
        if not status.alive and run.path.is_dir():
            raise ValueError(f"The run ended: {status.sentence}")
        sleep(LOOK_SECONDS)

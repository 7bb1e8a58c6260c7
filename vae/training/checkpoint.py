"""Trains a new model and saves it as a checkpoint."""

import signal
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from vae.datasets.splits import Dataset, binarise
from vae.evaluation.metrics import collapsed_reconstruction, evaluate
from vae.evaluation.rounding import float16_levels, round_to_float16
from vae.model.latents import encode
from vae.model.networks import VAE, ModelConfig
from vae.storage.checkpoints import check_free, save_checkpoint
from vae.storage.files import CheckpointError
from vae.training.config import TrainingConfig
from vae.training.distributed import ProcessGroup
from vae.training.film import Film
from vae.training.trainer import EpochMetrics, Progress, TrainingError, new_model, train


def train_checkpoint(
    dataset: Dataset,
    model_config: ModelConfig,
    config: TrainingConfig,
    out: Path,
    progress: Progress | None = None,
    *,
    group: ProcessGroup = ProcessGroup(),  # noqa: B008 (frozen)
    film: Path | None = None,
) -> Generator[EpochMetrics, None, None]:
    """Trains a new model on the data set and saves it as the checkpoint folder `out`, whole or not at all.

    Yields one EpochMetrics per epoch; the folder exists when the iterator is exhausted. A run that is stopped or fails
    after a whole epoch saves that epoch's model. film: the file to record its film in; the checkpoint keeps a copy.
    Raises CheckpointError before the first step if `out` exists, ValueError if data set, model and objective do not fit
    each other, TrainingError if the run fails.
    """
    if group.is_main:
        check_free(out)
    model = new_model(model_config, dataset.train, config)
    history: list[EpochMetrics] = []
    kept = {}
    recorded = None if film is None or not group.is_main else Film(film, dataset, model_config, config.epochs)
    try:
        for epoch in train(model, dataset.train, dataset.validation, config, progress, group=group, film=recorded):
            kept = {name: tensor.clone() for name, tensor in model.state_dict().items()}
            history.append(epoch)
            yield epoch
    except (Exception, KeyboardInterrupt) as error:
        if isinstance(error, ValueError) and not history:
            raise  # data set, model and objective do not fit each other
        with ignored_signals():
            what = _save_last_epoch(out, model, dataset, config, history, weights=kept, film=film)
        reason = str(error) or ("It was interrupted." if isinstance(error, KeyboardInterrupt) else f"{error!r}.")
        raise TrainingError(f"Training stopped in epoch {len(history) + 1}{what}. {reason}") from error
    if group.is_main:
        with ignored_signals():
            save_trained(out, model, dataset, config, history, film=film)


@contextmanager
def ignored_signals() -> Iterator[None]:
    """Ignores the signals that stop a run while its model is saved: torchrun sends one as soon as a process has died.

    Does nothing outside the main thread, which alone receives signals.
    """
    main = threading.current_thread() is threading.main_thread()
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if main and hasattr(signal, name)]
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _save_last_epoch(
    out: Path,
    model: VAE,
    dataset: Dataset,
    config: TrainingConfig,
    history: Sequence[EpochMetrics],
    *,
    weights: dict[str, Tensor],
    film: Path | None,
) -> str:
    """Saves the model of the last whole epoch, if there is one; returns the words that say so.

    Where a process of a group died, all others have the same model, and the first of them to get here saves it.
    """
    if not history:
        return ", before there was anything to keep"
    model.load_state_dict(weights)
    try:
        save_trained(out, model, dataset, config, history, film=film)
    except CheckpointError:
        if not out.exists():
            raise
        return f"; {out} has been written by another process"
    return f"; the model of epoch {len(history)} was kept as {out}"


def save_trained(
    out: Path,
    model: VAE,
    dataset: Dataset,
    config: TrainingConfig,
    history: Sequence[EpochMetrics],
    *,
    film: Path | None = None,
    origin: Literal["command line", "page"] = "command line",
    seconds: float | None = None,
) -> None:
    """Saves the model, with its test metrics, as the checkpoint folder `out`. seconds: the run's time budget, if any.

    Raises CheckpointError; ValueError for a weight that is too large for float16, where the config asks for that.
    """
    if config.weights == "float16":
        round_to_float16(model)
    images = binarise(dataset.test.images, config.binarisation)
    encoded = encode(model.eval(), images, dataset.test.labels)
    settings = {"device": model.device.type, "torch_threads": torch.get_num_threads(), "origin": origin}
    budget = {} if seconds is None else {"seconds": seconds}
    collapsed = collapsed_reconstruction(images, model.config.likelihood)
    save_checkpoint(
        out,
        model,
        dataset={"name": dataset.name, "content_hash": dataset.content_hash, "class_names": list(dataset.class_names)},
        training=config.settings() | settings | budget,
        metrics=asdict(evaluate(encoded, model.config))
        | {"split": "test", "seconds": history[-1].seconds, "float16_levels": float16_levels(model, encoded)}
        | {"collapsed": collapsed},
        history=[asdict(epoch) for epoch in history],
        encoded=encoded,
        test_images=images,
        film=film,
        half=config.weights == "float16",
    )

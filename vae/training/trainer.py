"""Training: images and configs in, a trained model and one EpochMetrics per epoch out."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vae.datasets.splits import Binarisation, Dataset, Split, binarise
from vae.datasets.user_images.augmentation import augment
from vae.model.losses import HALF_LEVEL, Objective, kl_divergence, reconstruction_nll
from vae.model.networks import LEARNED, LOGITS, VAE, ModelConfig, choose_device, condition, sample_posterior, to_unit
from vae.training.config import TrainingConfig
from vae.training.distributed import ProcessGroup
from vae.training.film import Film, moments
from vae.training.state import read_state, write_state
from vae.training.step import CapturedStep, Step, images_on
from vae.validation import require

Progress = Callable[[float], object]

PROGRESS_STEPS = 20
MEASURE_SECONDS, MEASURE_IMAGES = 0.4, 500
MEAN_IMAGES = 10_000  # enough for the mean's standard error to be a hundredth of a pixel's deviation


class TrainingError(RuntimeError):
    """A run that could not be finished: one sentence that says why, what was kept and what to change."""


@dataclass(frozen=True)
class EpochMetrics:
    """One epoch: means over the images, in nats per image, z sampled.

    reconstruction and kl are means over the training steps, while the weights still change; the validation ones are
    taken after the epoch. terms: the loss and its parts; of the epoch's last step beta, capacity in nats,
    heat (ScheduledValues' kl_multiplier) and learning_rate; sigma, where the likelihood has one, in grey ranges.
    seconds: of training and validation so far.
    """

    epoch: int
    seconds: float
    reconstruction: float
    kl: float
    validation_reconstruction: float
    validation_kl: float
    terms: dict[str, float]


class Trainer:
    """Trains a model in place, on the device of its weights, from the first step to the last.

    It augments the training images as the config says. The images stay uint8 on the device; a batch becomes float32
    only while it is used. A remainder of a single image is left out of its epoch: neither batch normalisation nor
    beta-tc works with one. The same seed, device and group give the same weights, however often the run was
    interrupted. done, steps: steps taken, and of the config's epochs. end: the step after which the run ends, for which
    the schedules are made; finish_at moves it. epoch: epochs done. ending: set it to end the run after the current
    step, as if the epoch were over. film: the film to record.
    validation: images and labels, on the device.

    Raises ValueError if images or objective do not fit the model.
    """

    def __init__(
        self,
        model: VAE,
        train_split: Split,
        validation_split: Split,
        config: TrainingConfig,
        *,
        group: ProcessGroup = ProcessGroup(),  # noqa: B008 (frozen)
        film: Film | None = None,
    ) -> None:
        _check_fit(model.config, config.objective, train_split, validation_split)
        self.model, self.config, self._group, self._film = model, config, group, film
        train_split = augment(train_split, config.augmentation, config.seed)
        self._images, smallest = len(train_split), 2 * group.world_size
        require(config.batch_size >= smallest, "batch_size", config.batch_size, f"at least {smallest}, 2 per process")
        self._per_epoch = self._images // config.batch_size + (self._images % config.batch_size >= smallest)
        require(self._per_epoch > 0, "number of training images", self._images, f"at least {smallest}")
        self._step = Step(model, train_split, config, group)
        captured = model.device.type == "cuda" and group.world_size == 1
        self._take = CapturedStep(self._step) if captured else self._step
        self.validation = images_on(model.device, validation_split, config.binarisation)
        self._orders = torch.Generator(model.device).manual_seed(config.seed)
        self._order = self._orders.get_state()  # at the start of the current epoch
        self.steps = self.end = self._per_epoch * config.epochs
        self.done, self.epoch, self.ending = 0, 0, False
        self._clock = _Stopwatch()
        self._moments = frozenset(moments(self.steps))
        self._totals, self._since_frame = _Totals(model.device), _Totals(model.device)

    @property
    def progress(self) -> float:
        """How much of the config's epochs is done, 0 to 1."""
        return self.done / self.steps

    @property
    def seconds(self) -> float:
        """Time of the steps and validations so far."""
        return self._clock.read()

    @property
    def images_seen(self) -> int:
        """Training images seen so far, an image once per epoch."""
        return self.epoch * min(self._images, self._per_epoch * self.config.batch_size) + self._seen()

    def finish_at(self, step: int) -> None:
        """Ends the run after this step, in the middle of an epoch if need be, and never after the config's epochs.

        The schedules are squeezed, so that the learning rate falls and the KL weight rises as far as in a whole run.
        """
        self.end = min(max(step, self.done), self.steps)

    def epochs(self, after_step: Callable[["Trainer"], object] | None = None) -> Iterator[EpochMetrics]:
        """Trains to the end; yields one EpochMetrics per epoch.

        after_step is called after every step. It may raise: the trainer can then still be saved, or epochs be called
        again. Raises TrainingError when the loss stops being finite.
        """
        if self.done == 0 and self._film is not None:
            self._film.begin()
            self._take_frame()
        while self.epoch < self.config.epochs and not self.ending:
            yield self._run_epoch(after_step)

    def _run_epoch(self, after_step: Callable[["Trainer"], object] | None) -> EpochMetrics:
        model, config, device = self.model, self.config, self.model.device
        model.train()
        self._orders.set_state(self._order)
        order = torch.randperm(self._images, generator=self._orders, device=device)
        position = self.done - self.epoch * self._per_epoch
        for batch in torch.split(order, config.batch_size)[position : self._per_epoch]:
            with self._clock:
                terms = self._take(batch, config.scheduled_at((self.done + 0.5) / self.end))
                self._totals.add(terms, len(batch))
                self._since_frame.add(terms, len(batch) // self._group.world_size)
                self.done += 1
            if self.done in self._moments:
                self._take_frame()
            if after_step is not None:
                after_step(self)
            if self.ending or self.done == self.end:
                break
        self.ending |= self.done == self.end < self.steps
        with self._clock:
            metrics = self._close_epoch()
        if self._film is not None:
            self._film.add_epoch(asdict(metrics), self.progress)
            if self.ending and self.done not in self._moments:
                self._take_frame()
        return metrics

    def _close_epoch(self) -> EpochMetrics:
        summed = self._group.all_reduce(self._totals.sums)
        means = dict(zip(self._step.names, (summed / self._seen()).tolist(), strict=True))
        validation_terms = validate(self.model, *self.validation, self.config.seed)
        self._check_finite(*means.values(), *validation_terms)
        reconstruction, kl = means.pop("reconstruction"), means.pop("kl")
        terms = means | _scheduled_terms(self.model, self.config, (self.done - 0.5) / self.end)
        self.epoch += 1
        self._order = self._orders.get_state()
        self._totals.clear()
        return EpochMetrics(self.epoch, self.seconds, reconstruction, kl, *validation_terms, terms)

    def _seen(self) -> int:
        """Training images of the current epoch so far."""
        return min(self._images, (self.done - self.epoch * self._per_epoch) * self.config.batch_size)

    def _take_frame(self) -> None:
        if self._film is None:
            return
        means: dict[str, object] = {"reconstruction": None, "kl": None}
        if (images := self._since_frame.images) > 0:
            found = dict(zip(self._step.names, (self._since_frame.sums / images).tolist(), strict=True))
            self._check_finite(*found.values())
            means = {name: round(found[name], 4) for name in means}
        self._since_frame.clear()
        at = {"share": self.progress, "epoch": round(self.done / self._per_epoch, 4), "seconds": round(self.seconds, 3)}
        self._film.take(self.model, at | means)

    def _check_finite(self, *values: float) -> None:
        if not np.isfinite(values).all():
            raise TrainingError(
                f"The loss of epoch {self.epoch + 1} is not finite: the run diverged. Choose a smaller learning rate."
            )

    def save(self, path: Path, history: Sequence[EpochMetrics]) -> None:
        """Saves the state to resume from, with the history, whole or not at all. Raises OSError."""
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        for index, values in self._step.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{name}": value for name, value in values.items() if value is not None}
        tensors |= {f"generator.{name}": generator for name, generator in self._generators().items()}
        tensors |= {"totals": self._totals.sums, "since_frame": self._since_frame.sums}
        numbers = {
            "done": self.done,
            "epoch": self.epoch,
            "seconds": self.seconds,
            "since_frame": self._since_frame.images,
            "names": self._step.names,
            "ending": self.ending,
            "of": self._configs(),
            "history": [asdict(epoch) for epoch in history],
        }
        write_state(path, tensors, numbers)

    def load(self, path: Path) -> list[EpochMetrics]:
        """Restores the state that was saved; returns the history. Raises TrainingError if it cannot be read."""
        try:
            tensors, numbers = read_state(path)
            if numbers["of"] != self._configs():
                raise ValueError("it is that of another model or training")
            self._restore(tensors, numbers)
            history = [EpochMetrics(**epoch) for epoch in numbers["history"]]
        except MemoryError:
            raise
        except Exception as error:
            raise TrainingError(
                f"{path}: cannot be read ({type(error).__name__}: {error}); discard the run and train again."
            ) from error
        if self._film is not None:
            self._film.resume(self.progress, self.epoch)
        return history

    def _configs(self) -> Any:
        """As JSON: equal in a state and in the run that resumes from it."""
        return json.loads(json.dumps([asdict(self.model.config), self.config.settings()]))

    def _generators(self) -> dict[str, Tensor]:
        return {"orders": self._order, "step": self._step.generator.get_state()}

    def _restore(self, tensors: dict[str, Tensor], numbers: dict[str, Any]) -> None:
        self.model.load_state_dict(_below("model.", tensors))
        optimizer = self._step.optimizer
        state: dict[int, dict[str, Tensor]] = {}
        parameters = list(self.model.parameters())
        for name, tensor in _below("optimizer.", tensors).items():
            index, _, key = name.partition(".")
            like = parameters[int(index)]
            moment = tensor.shape == like.shape  # needs the memory layout of its parameter
            state.setdefault(int(index), {})[key] = torch.empty_like(like).copy_(tensor) if moment else tensor
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
        self._order = tensors["generator.orders"]
        self._step.generator.set_state(tensors["generator.step"])
        self._step.names = tuple(numbers["names"])
        self.done, self.epoch, self.ending = numbers["done"], numbers["epoch"], numbers["ending"]
        self._clock = _Stopwatch(numbers["seconds"])
        self._totals.load(tensors["totals"], 0)
        self._since_frame.load(tensors["since_frame"], numbers["since_frame"])


class _Totals:
    """Sums of the terms over images, on the device: the host does not wait for an addition."""

    def __init__(self, device: torch.device) -> None:
        self.sums, self.images = torch.zeros(0, device=device), 0

    def add(self, terms: Tensor, images: int) -> None:
        self.sums = self.sums.add_(terms) if len(self.sums) else terms.clone()
        self.images += images

    def clear(self) -> None:
        self.sums, self.images = self.sums[:0].clone(), 0

    def load(self, sums: Tensor, images: int) -> None:
        self.sums, self.images = sums.to(self.sums.device), images


class _Stopwatch:
    """Seconds spent within its `with` blocks."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds, self._since = seconds, 0.0

    def __enter__(self) -> None:
        self._since = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._seconds, self._since = self.read(), 0.0

    def read(self) -> float:
        return self._seconds + (time.perf_counter() - self._since if self._since else 0.0)


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def new_model(model_config: ModelConfig, split: Split, config: TrainingConfig) -> VAE:
    """An untrained model, its weights drawn with the config's seed, on the config's device.

    An MLP's decoder has a bias for each pixel, which starts at the split's mean image: no step is spent on learning it.
    Raises ValueError if split, model and objective do not fit each other.
    """
    _check_fit(model_config, config.objective, split)
    torch.manual_seed(config.seed)
    model = VAE(model_config)
    if model_config.architecture == "mlp":
        some = split.images[:: max(1, len(split) // MEAN_IMAGES)]
        # The mean of dynamic draws is the mean grey level.
        binarisation: Binarisation = "static" if config.binarisation == "static" else "none"
        mean = torch.from_numpy(binarise(some, binarisation).mean(0, dtype=np.float32) / 255)
        mean = mean.clamp(HALF_LEVEL, 1 - HALF_LEVEL)
        with torch.no_grad():
            model.decoder.head.bias.copy_((mean.logit() if model_config.likelihood in LOGITS else mean).flatten())
    return model.to(choose_device(config.device))


def train(
    model: VAE,
    train_split: Split,
    validation_split: Split,
    config: TrainingConfig,
    progress: Progress | None = None,
    *,
    group: ProcessGroup = ProcessGroup(),  # noqa: B008 (frozen)
    film: Film | None = None,
) -> Iterator[EpochMetrics]:
    """Trains the model from the first step to the last, as Trainer does; yields one EpochMetrics per epoch.

    progress is called every PROGRESS_STEPS steps with the progress of the run, 0 to 1.
    """

    def report(trainer: Trainer) -> None:
        if progress is not None and trainer.done % PROGRESS_STEPS == 0:
            progress(trainer.progress)

    yield from Trainer(model, train_split, validation_split, config, group=group, film=film).epochs(report)


def seconds_per_epoch(dataset: Dataset, model_config: ModelConfig, config: TrainingConfig) -> float:
    """Estimate of how long an epoch takes on this machine, validation included, from a few steps of a new model.

    Measures for MEASURE_SECONDS, or three steps. Raises what Trainer does.
    """

    class Enough(Exception):  # noqa: N818 (no error)
        pass

    def stop(trainer: Trainer) -> None:
        if trainer.done > 2 and time.perf_counter() - began > MEASURE_SECONDS:
            raise Enough

    model = VAE(model_config).to(choose_device(config.device))
    trainer = Trainer(model, dataset.train, dataset.validation, replace(config, epochs=1))
    began = time.perf_counter()
    with suppress(Enough):
        for epoch in trainer.epochs(stop):
            return epoch.seconds
    steps = trainer.seconds / trainer.progress
    few = [part[:MEASURE_IMAGES] for part in trainer.validation]
    began = time.perf_counter()
    validate(model, few[0], few[1], config.seed)
    return steps + (time.perf_counter() - began) * len(dataset.validation) / len(few[0])


def _check_fit(model: ModelConfig, objective: Objective, *splits: Split) -> None:
    for split in splits:
        shape = split.images.shape[1:]
        require(shape == model.image_shape, "image shape", shape, str(model.image_shape))
        require(
            not model.classes or int(split.labels.max(initial=0)) < model.classes,
            "label", int(split.labels.max(initial=0)), f"below the model's number of classes, {model.classes}",
        )  # fmt: skip
    posterior = objective.posterior
    require(model.posterior == posterior, "posterior", model.posterior, f"{posterior} for {objective.name}")


def _scheduled_terms(model: VAE, config: TrainingConfig, progress: float) -> dict[str, float]:
    """The scheduled values that matter to this objective, and the likelihood's scale."""
    scheduled = config.scheduled_at(progress)
    found = {"learning_rate": scheduled.learning_rate}
    if config.objective.name in ("vae", "beta-tc"):
        found["beta"] = scheduled.beta
    if config.objective.name == "capacity":
        found["capacity"] = scheduled.capacity
    if config.objective.warmup == "cooling":
        found["heat"] = scheduled.kl_multiplier
    if model.config.likelihood in (*LEARNED, "gaussian-optimal"):
        found["sigma"] = model.log_scale.exp().mean().item()
    return found


@torch.inference_mode()
def validate(model: VAE, images: Tensor, labels: Tensor, seed: int) -> tuple[float, float]:
    """Mean reconstruction and KL of these images in nats, z sampled with this seed.

    Shapes: images (n, c, h, w) uint8, labels (n,). Of a plain autoencoder z is the mean, and the KL 0.
    """
    model.eval()
    config = model.config
    generator = torch.Generator(images.device).manual_seed(seed)
    totals = torch.zeros(2, device=images.device)
    for batch, classes in zip(torch.split(images, 500), torch.split(labels, 500), strict=True):
        x = to_unit(batch)
        mean, logvar = model.encode(x)
        noise = torch.randn(mean.shape, generator=generator, device=x.device)
        z = sample_posterior(mean, logvar, noise, config.posterior)
        parameters = model.decoder(condition(z, classes, config.classes))
        totals[0] += reconstruction_nll(parameters, x, config, model.log_scale).sum()
        if config.posterior == "gaussian":
            totals[1] += kl_divergence(mean, logvar).sum()
    reconstruction, kl = (totals / len(images)).tolist()
    return reconstruction, kl

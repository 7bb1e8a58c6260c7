"""Training: images and configs in, one EpochMetrics per epoch out, a checkpoint at the end."""

import json
import signal
import threading
import time
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from vae.datasets.splits import Binarisation, Dataset, Split, binarise
from vae.evaluation.metrics import evaluate
from vae.model.latents import encode
from vae.model.losses import HALF_LEVEL, Objective, kl_divergence, reconstruction_nll
from vae.model.networks import LEARNED, LOGITS, VAE, ModelConfig, choose_device, condition, sample_posterior, to_unit
from vae.storage.checkpoints import check_free, save_checkpoint
from vae.storage.files import CheckpointError
from vae.training.config import TrainingConfig
from vae.training.distributed import Group
from vae.training.film import Film, moments
from vae.training.step import CapturedStep, Step, images_on
from vae.validation import require

Progress = Callable[[float], object]

PROGRESS_STEPS = 20
MEASURE_SECONDS, MEASURE_IMAGES = 0.4, 500
MEAN_IMAGES = 10_000  # which know the mean to a hundredth of a pixel's deviation


class TrainingError(RuntimeError):
    """A run that could not be finished: one sentence that says why, what was kept and what to change."""


@dataclass(frozen=True)
class EpochMetrics:
    """One epoch: means over the images, in nats per image, z sampled.

    reconstruction and kl are taken on the training images while the weights were still moving, the validation ones
    afterwards. terms: the loss and all that it consists of, as reconstruction; beta, capacity in nats, heat and
    learning_rate of the epoch's last step; sigma, where the likelihood has one, in grey ranges. seconds: of training
    and validation so far.
    """

    epoch: int
    seconds: float
    reconstruction: float
    kl: float
    validation_reconstruction: float
    validation_kl: float
    terms: dict[str, float]


class Trainer:
    """A model on its way from the first step to the last, in place, where its weights are.

    The uint8 images are kept so on the device; a batch becomes float32 only while it is used. A remainder of a single
    image is left out of its epoch: neither batch normalisation nor beta-tc can do with one. Same seed, same device,
    same group: same weights, however often the way was interrupted. done, steps: steps taken, and in the whole run.
    epoch: whole epochs. ending: set it to end the run after the step under way, as if the epoch were over. film: is
    taken beside it. validation: images and labels, on the device.

    Raises ValueError if images or objective are not the model's.
    """

    def __init__(
        self,
        model: VAE,
        train_split: Split,
        validation_split: Split,
        config: TrainingConfig,
        *,
        group: Group = Group(),  # noqa: B008 (frozen)
        film: Film | None = None,
    ) -> None:
        _check_fit(model.config, config.objective, train_split, validation_split)
        self.model, self.config, self._group, self._film = model, config, group, film
        self._images, smallest = len(train_split), 2 * group.size
        require(config.batch_size >= smallest, "batch_size", config.batch_size, f"at least {smallest}, 2 per process")
        self._per_epoch = self._images // config.batch_size + (self._images % config.batch_size >= smallest)
        require(self._per_epoch > 0, "number of training images", self._images, f"at least {smallest}")
        self._step = Step(model, train_split, config, group)
        captured = model.device.type == "cuda" and group.size == 1
        self._take = CapturedStep(self._step) if captured else self._step
        self.validation = images_on(model.device, validation_split, config.binarisation)
        self._orders = torch.Generator(model.device).manual_seed(config.seed)
        self._order = self._orders.get_state()  # as it is at the start of an epoch
        self.steps = self._per_epoch * config.epochs
        self.done, self.epoch, self.ending = 0, 0, False
        self._clock = _Stopwatch()
        self._moments = frozenset(moments(self.steps))
        self._totals, self._since_frame = _Totals(model.device), _Totals(model.device)

    @property
    def progress(self) -> float:
        """How much of the run is done, 0 to 1."""
        return self.done / self.steps

    @property
    def seconds(self) -> float:
        """Spent on steps and validation so far."""
        return self._clock.read()

    @property
    def images_seen(self) -> int:
        """So far, counting an image once for every epoch."""
        return self.epoch * min(self._images, self._per_epoch * self.config.batch_size) + self._seen()

    def epochs(self, after_step: Callable[["Trainer"], object] | None = None) -> Iterator[EpochMetrics]:
        """Goes on to the end; yields one EpochMetrics per epoch.

        after_step is called after every step, and may raise: what was done is done, and can be saved or gone on with.
        Raises TrainingError when the loss stops being finite.
        """
        if self.done == 0 and self._film is not None:
            self._film.begin()
            self._photograph()
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
                terms = self._take(batch, config.knobs_at((self.done + 0.5) / self.steps))
                self._totals.add(terms, len(batch))
                self._since_frame.add(terms, len(batch) // self._group.size)
                self.done += 1
            if self.done in self._moments:
                self._photograph()
            if after_step is not None:
                after_step(self)
            if self.ending:
                break
        with self._clock:
            metrics = self._close_epoch()
        if self._film is not None:
            self._film.add_epoch(asdict(metrics), self.progress)
            if self.ending and self.done not in self._moments:
                self._photograph()
        return metrics

    def _close_epoch(self) -> EpochMetrics:
        summed = self._group.total(self._totals.sums)
        means = dict(zip(self._step.names, (summed / self._seen()).tolist(), strict=True))
        validation_terms = validate(self.model, *self.validation, self.config.seed)
        self._check_finite(*means.values(), *validation_terms)
        reconstruction, kl = means.pop("reconstruction"), means.pop("kl")
        terms = means | _settings(self.model, self.config, (self.done - 0.5) / self.steps)
        self.epoch += 1
        self._order = self._orders.get_state()
        self._totals.clear()
        return EpochMetrics(self.epoch, self.seconds, reconstruction, kl, *validation_terms, terms)

    def _seen(self) -> int:
        """Images of the epoch under way that were trained on."""
        return min(self._images, (self.done - self.epoch * self._per_epoch) * self.config.batch_size)

    def _photograph(self) -> None:
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
        """Writes down all that decides how the run goes on, and its history, whole or not at all. Raises OSError."""
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
            "of": self._asked(),
            "history": [asdict(epoch) for epoch in history],
        }
        part = path.with_suffix(".part")
        try:
            held = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
            text = json.dumps(numbers)
            save_file(held, part, {"trainer": text, "checksum": _checksum(held, text)})
            part.replace(path)
        except SafetensorError as error:
            raise OSError(f"{path}: could not be written ({error})") from error
        finally:
            part.unlink(missing_ok=True)

    def load(self, path: Path) -> list[EpochMetrics]:
        """Takes up the run where it was saved; returns its history. Raises TrainingError if that cannot be read."""
        try:
            with safe_open(path, framework="pt") as file:
                metadata = file.metadata()
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
            if metadata["checksum"] != _checksum(tensors, metadata["trainer"]):
                raise ValueError("it has been damaged or changed")
            numbers = json.loads(metadata["trainer"])
            if numbers["of"] != self._asked():
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

    def _asked(self) -> Any:
        """What a state must share with the run that goes on from it, as JSON has it."""
        return json.loads(json.dumps([asdict(self.model.config), asdict(self.config)]))

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
            moment = tensor.shape == like.shape  # it has the parameter's own layout in memory
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
    """Sums of the terms over images, on the device: adding to them never makes the host wait."""

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


def _checksum(tensors: dict[str, Tensor], text: str) -> str:
    """Tells a state that was saved here from one that was damaged or edited since."""
    checksum = zlib.crc32(text.encode())
    for name, tensor in sorted(tensors.items()):
        checksum = zlib.crc32(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode(), checksum)
        checksum = zlib.crc32(tensor.reshape(-1).view(torch.uint8).numpy().data, checksum)
    return f"{checksum:08x}"


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def new_model(model_config: ModelConfig, split: Split, config: TrainingConfig) -> VAE:
    """A model to train on this split, its weights drawn with the config's seed, on the config's device.

    An MLP's decoder, which has a bias for each pixel, begins at the mean image: then no step is spent on learning it.
    Raises ValueError if split, model and objective do not fit each other.
    """
    _check_fit(model_config, config.objective, split)
    torch.manual_seed(config.seed)
    model = VAE(model_config)
    if model_config.architecture == "mlp":
        some = split.images[:: max(1, len(split) // MEAN_IMAGES)]
        how: Binarisation = "static" if config.binarisation == "static" else "none"  # a drawing's mean is the grey
        mean = torch.from_numpy(binarise(some, how).mean(0, dtype=np.float32) / 255).clamp(HALF_LEVEL, 1 - HALF_LEVEL)
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
    group: Group = Group(),  # noqa: B008 (frozen)
    film: Film | None = None,
) -> Iterator[EpochMetrics]:
    """Trains the model from the first step to the last, as Trainer does; yields one EpochMetrics per epoch.

    progress is called now and then with the share of the run that is done, 0 to 1.
    """

    def tell(trainer: Trainer) -> None:
        if progress is not None and trainer.done % PROGRESS_STEPS == 0:
            progress(trainer.progress)

    yield from Trainer(model, train_split, validation_split, config, group=group, film=film).epochs(tell)


def seconds_per_epoch(dataset: Dataset, model_config: ModelConfig, config: TrainingConfig) -> float:
    """How long an epoch will take here, validation included: an estimate, from a few steps of a model of its own.

    Takes MEASURE_SECONDS, or as long as three steps. Raises what Trainer does.
    """

    class Enough(Exception):  # noqa: N818 (an end, not an error)
        pass

    def tell(trainer: Trainer) -> None:
        if trainer.done > 2 and time.perf_counter() - began > MEASURE_SECONDS:
            raise Enough

    model = VAE(model_config).to(choose_device(config.device))
    trainer = Trainer(model, dataset.train, dataset.validation, replace(config, epochs=1))
    began = time.perf_counter()
    with suppress(Enough):
        for epoch in trainer.epochs(tell):
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


def _settings(model: VAE, config: TrainingConfig, progress: float) -> dict[str, float]:
    """What the schedules have come to, and the likelihood's scale."""
    learning_rate, beta, capacity, heat = config.knobs_at(progress)
    found = {"learning_rate": learning_rate}
    if config.objective.name in ("vae", "beta-tc"):
        found["beta"] = beta
    if config.objective.name == "capacity":
        found["capacity"] = capacity
    if config.objective.warmup == "cooling":
        found["heat"] = heat
    if model.config.likelihood in (*LEARNED, "gaussian-optimal"):
        found["sigma"] = model.log_scale.exp().mean().item()
    return found


@torch.inference_mode()
def validate(model: VAE, images: Tensor, labels: Tensor, seed: int) -> tuple[float, float]:
    """Mean reconstruction and KL of these images in nats, z sampled with this seed.

    Shapes: images (n, c, h, w) uint8, labels (n,). A plain autoencoder draws nothing, and its KL is 0.
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


def train_checkpoint(
    dataset: Dataset,
    model_config: ModelConfig,
    config: TrainingConfig,
    out: Path,
    progress: Progress | None = None,
    *,
    group: Group = Group(),  # noqa: B008 (frozen)
    film: Path | None = None,
) -> Generator[EpochMetrics, None, None]:
    """Trains a new model on the data set and saves it as the checkpoint folder `out`, whole or not at all.

    Yields one EpochMetrics per epoch; the folder is there when the iterator is exhausted. A run that is stopped or
    fails after a whole epoch saves that epoch's model. film: where its film is taken, a copy of which the checkpoint
    keeps. Raises CheckpointError before the first step if `out` is taken,
    ValueError if data set, model and objective do not fit each other, TrainingError if the run fails.
    """
    if group.leads:
        check_free(out)
    model = new_model(model_config, dataset.train, config)
    history: list[EpochMetrics] = []
    kept = {}
    taken = None if film is None or not group.leads else Film(film, dataset, model_config, config.epochs)
    try:
        for epoch in train(model, dataset.train, dataset.validation, config, progress, group=group, film=taken):
            kept = {name: tensor.clone() for name, tensor in model.state_dict().items()}
            history.append(epoch)
            yield epoch
    except (Exception, KeyboardInterrupt) as error:
        if isinstance(error, ValueError) and not history:
            raise  # what was asked for cannot be trained at all
        with undisturbed():
            what = _keep(out, model, dataset, config, history, state=kept, film=film)
        reason = str(error) or ("It was interrupted." if isinstance(error, KeyboardInterrupt) else f"{error!r}.")
        raise TrainingError(f"Training stopped in epoch {len(history) + 1}{what}. {reason}") from error
    if group.leads:
        with undisturbed():
            save_trained(out, model, dataset, config, history, film=film)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ignores the signals that stop a run while its model is saved: torchrun sends one as soon as a process has died.

    Does nothing outside the main thread, which alone hears them.
    """
    heard = threading.current_thread() is threading.main_thread()
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if heard and hasattr(signal, name)]
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _keep(
    out: Path,
    model: VAE,
    dataset: Dataset,
    config: TrainingConfig,
    history: Sequence[EpochMetrics],
    *,
    state: dict[str, Tensor],
    film: Path | None,
) -> str:
    """Saves the model of the last whole epoch, if there is one; returns the words that say so.

    Of a group whose member died, all survivors have the same model, and the first one saves.
    """
    if not history:
        return ", before there was anything to keep"
    model.load_state_dict(state)
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
) -> None:
    """Saves the model as the checkpoint folder `out`, judged on the test images. Raises CheckpointError."""
    images = binarise(dataset.test.images, config.binarisation)
    encoded = encode(model.eval(), images, dataset.test.labels)
    settings = {"device": model.device.type, "torch_threads": torch.get_num_threads(), "origin": origin}
    save_checkpoint(
        out,
        model,
        dataset={"name": dataset.name, "content_hash": dataset.content_hash, "class_names": list(dataset.class_names)},
        training=asdict(config) | settings,
        metrics=asdict(evaluate(encoded, model.config)) | {"split": "test", "seconds": history[-1].seconds},
        history=[asdict(epoch) for epoch in history],
        encoded=encoded,
        test_images=images,
        film=film,
    )

"""Training: images and configs in, one EpochMetrics per epoch out, a checkpoint at the end."""

import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from math import cos, pi
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from vae.checkpoints import CheckpointError, check_free, save_checkpoint
from vae.data import Binarisation, Dataset, Split, binarise
from vae.latents import encode
from vae.losses import Objective, kl_divergence, objective_terms, optimal_log_sigma, reconstruction_nll
from vae.metrics import evaluate
from vae.models import LEARNED, VAE, ModelConfig, choose_device, condition, draw, is_whole, one_of, require, to_unit
from vae.parallel import Group

Optimizer = Literal["adam", "adamw", "sgd"]
Schedule = Literal["cosine", "constant"]
Progress = Callable[[float], object]
Knobs = Sequence[float] | Tensor

# Where each optimiser learns fast without diverging, on losses of some hundred nats per image.
LEARNING_RATES: dict[Optimizer, float] = {"adam": 5e-3, "adamw": 5e-3, "sgd": 1e-4}
RATE_WARMUP = 0.1  # share of the run: allows rates that are worth 1 to 2 nats on MNIST and would diverge without
MOMENTUM = 0.9  # of sgd
WARM_STEPS = 3  # before a step is captured as a CUDA graph


@dataclass(frozen=True)
class TrainingConfig:
    """How a model is trained.

    learning_rate: the highest; rises to it over the first tenth of the run and falls to 0 along a half cosine, or stays
    (schedule). binarisation: of the images, dynamic ones drawn anew at every step. seed: of the weights, the order of
    the images and the noise. device: auto, cpu, cuda or mps. Raises ValueError, with the accepted range, for any value
    outside it.
    """

    epochs: int = 10
    batch_size: int = 128
    optimizer: Optimizer = "adam"
    learning_rate: float = LEARNING_RATES["adam"]
    schedule: Schedule = "cosine"
    objective: Objective = field(default_factory=Objective)
    binarisation: Binarisation = "none"
    seed: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        require(is_whole(self.epochs) and 1 <= self.epochs <= 10_000, "epochs", self.epochs, "1 to 10000")
        size = self.batch_size
        require(is_whole(size) and 2 <= size <= 65_536, "batch_size", size, "2 to 65536")
        require(self.optimizer in get_args(Optimizer), "optimizer", self.optimizer, one_of(Optimizer))
        require(0 < self.learning_rate <= 1, "learning_rate", self.learning_rate, "above 0 and at most 1")
        require(self.schedule in get_args(Schedule), "schedule", self.schedule, one_of(Schedule))
        require(self.binarisation in get_args(Binarisation), "binarisation", self.binarisation, one_of(Binarisation))
        require(is_whole(self.seed) and 0 <= self.seed < 2**32, "seed", self.seed, "0 to 4294967295")
        require(self.device in ("auto", "cpu", "cuda", "mps"), "device", self.device, "auto, cpu, cuda or mps")

    def knobs_at(self, progress: float) -> tuple[float, float, float]:
        """What changes during the run: learning rate, beta and capacity at this share of it, 0 to 1."""
        rise = min(1.0, progress / RATE_WARMUP)
        fall = 0.5 * (1 + cos(pi * max(0.0, progress - RATE_WARMUP) / (1 - RATE_WARMUP)))
        rate = self.learning_rate * (min(rise, fall) if self.schedule == "cosine" else 1.0)
        return rate, self.objective.beta_at(progress), self.objective.capacity_at(progress)


class TrainingError(RuntimeError):
    """A run that could not be finished: one sentence that says why, what was kept and what to change."""


@dataclass(frozen=True)
class EpochMetrics:
    """One epoch: means over the images, in nats per image, z sampled.

    reconstruction and kl are taken on the training images while the weights were still moving, the validation ones
    afterwards. terms: the loss and all that it consists of, as reconstruction; beta, capacity in nats and learning_rate
    of the epoch's last step; sigma, where the likelihood has one, in grey ranges. seconds: of training and validation
    so far.
    """

    epoch: int
    seconds: float
    reconstruction: float
    kl: float
    validation_reconstruction: float
    validation_kl: float
    terms: dict[str, float]


def train_checkpoint(
    dataset: Dataset,
    model_config: ModelConfig,
    config: TrainingConfig,
    out: Path,
    progress: Progress | None = None,
    *,
    group: Group = Group(),  # noqa: B008 (frozen)
) -> Generator[EpochMetrics, None, None]:
    """Trains a new model on the data set and saves it as the checkpoint folder `out`, whole or not at all.

    Yields one EpochMetrics per epoch; the folder is there when the iterator is exhausted. A run that is stopped or
    fails after a whole epoch saves that epoch's model. Raises CheckpointError before the first step if `out` is taken,
    ValueError if data set, model and objective do not fit each other, TrainingError if the run fails.
    """
    if group.leads:
        check_free(out)
    device = choose_device(config.device)
    torch.manual_seed(config.seed)
    model = VAE(model_config).to(device)
    history: list[EpochMetrics] = []
    kept = {}
    try:
        for epoch in train(model, dataset.train, dataset.validation, config, progress, group=group):
            kept = {name: tensor.clone() for name, tensor in model.state_dict().items()}
            history.append(epoch)
            yield epoch
    except (Exception, KeyboardInterrupt) as error:
        if isinstance(error, ValueError) and not history:
            raise  # what was asked for cannot be trained at all
        with _undisturbed():
            what = _keep(out, model, dataset, config, history, state=kept)
        reason = str(error) or ("It was interrupted." if isinstance(error, KeyboardInterrupt) else f"{error!r}.")
        raise TrainingError(f"Training stopped in epoch {len(history) + 1}{what}. {reason}") from error
    if group.leads:
        with _undisturbed():
            _save(out, model, dataset, config, history)


@contextmanager
def _undisturbed() -> Iterator[None]:
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
) -> str:
    """Saves the model of the last whole epoch, if there is one; returns the words that say so.

    Of a group whose member died, all survivors have the same model, and the first one saves.
    """
    if not history:
        return ", before there was anything to keep"
    model.load_state_dict(state)
    try:
        _save(out, model, dataset, config, history)
    except CheckpointError:
        if not out.exists():
            raise
        return f"; {out} has been written by another process"
    return f"; the model of epoch {len(history)} was kept as {out}"


def _save(out: Path, model: VAE, dataset: Dataset, config: TrainingConfig, history: Sequence[EpochMetrics]) -> None:
    images = binarise(dataset.test.images, config.binarisation)
    encoded = encode(model.eval(), images, dataset.test.labels)
    settings = {"device": model.device.type, "torch_threads": torch.get_num_threads()}
    save_checkpoint(
        out,
        model,
        dataset={"name": dataset.name, "content_hash": dataset.content_hash, "class_names": list(dataset.class_names)},
        training=asdict(config) | settings,
        metrics=asdict(evaluate(encoded, model.config)) | {"split": "test", "seconds": history[-1].seconds},
        history=[asdict(epoch) for epoch in history],
        encoded=encoded,
        test_images=images,
    )


def train(
    model: VAE,
    train_split: Split,
    validation_split: Split,
    config: TrainingConfig,
    progress: Progress | None = None,
    *,
    group: Group = Group(),  # noqa: B008 (frozen)
) -> Iterator[EpochMetrics]:
    """Trains the model in place, where its weights are; yields one EpochMetrics per epoch.

    The uint8 images are kept so on the device; a batch becomes float32 only while it is used. progress is called now
    and then with the share of the run that is done, 0 to 1. A remainder of a single image is left out of its epoch:
    neither batch normalisation nor beta-tc can do with one. Same seed, same device, same group: same weights.
    Raises ValueError if images or objective are not the model's, TrainingError when the loss stops being finite.
    """
    _check_fit(model.config, config.objective, train_split, validation_split)
    step = Step(model, train_split, config, group)
    take = CapturedStep(step) if model.device.type == "cuda" and group.size == 1 else step
    order_generator = torch.Generator(model.device).manual_seed(config.seed)
    validation = _on(model.device, validation_split, config.binarisation)
    n, smallest = len(train_split), 2 * group.size
    require(config.batch_size >= smallest, "batch_size", config.batch_size, f"at least {smallest}, 2 per process")
    steps = n // config.batch_size + (n % config.batch_size >= smallest)
    require(steps > 0, "number of training images", n, f"at least {smallest}")
    done, seconds = 0, 0.0
    for epoch in range(1, config.epochs + 1):
        started = time.perf_counter()
        model.train()
        totals = torch.zeros(0, device=model.device)
        order = torch.randperm(n, generator=order_generator, device=model.device)
        for batch in torch.split(order, config.batch_size)[:steps]:
            terms = take(batch, config.knobs_at((done + 0.5) / (steps * config.epochs)))
            totals = terms.clone() if not len(totals) else totals.add_(terms)
            done += 1
            if progress is not None and done % 20 == 0:
                progress(done / (steps * config.epochs))
        seen = min(n, steps * config.batch_size)
        means = dict(zip(step.names, (group.total(totals) / seen).tolist(), strict=True))
        validation_terms = validate(model, *validation, config.seed)
        if not np.isfinite((*means.values(), *validation_terms)).all():
            raise TrainingError(
                f"The loss of epoch {epoch} is not finite: the run diverged. Choose a smaller learning rate."
            )
        reconstruction, kl = means.pop("reconstruction"), means.pop("kl")
        terms_ = means | _settings(model, config, (done - 0.5) / (steps * config.epochs))
        seconds += time.perf_counter() - started
        yield EpochMetrics(epoch, seconds, reconstruction, kl, *validation_terms, terms_)


def _check_fit(model: ModelConfig, objective: Objective, *splits: Split) -> None:
    for split in splits:
        shape = split.images.shape[1:]
        require(shape == model.image_shape, "image shape", shape, str(model.image_shape))
        require(
            not model.classes or int(split.labels.max(initial=0)) < model.classes,
            "label", int(split.labels.max(initial=0)), f"below the model's number of classes, {model.classes}",
        )  # fmt: skip
    posterior = "point" if objective.name == "autoencoder" else "gaussian"
    require(model.posterior == posterior, "posterior", model.posterior, f"{posterior} for {objective.name}")


def _settings(model: VAE, config: TrainingConfig, progress: float) -> dict[str, float]:
    """What the schedules have come to, and the likelihood's scale."""
    learning_rate, beta, capacity = config.knobs_at(progress)
    found = {"learning_rate": learning_rate}
    if config.objective.name in ("vae", "beta-tc"):
        found["beta"] = beta
    if config.objective.name == "capacity":
        found["capacity"] = capacity
    if model.config.likelihood in (*LEARNED, "gaussian-optimal"):
        found["sigma"] = model.log_scale.exp().mean().item()
    return found


class Step:
    """One step of the optimiser: everything it needs is on the device, and the host never waits for it."""

    def __init__(self, model: VAE, split: Split, config: TrainingConfig, group: Group = Group()) -> None:  # noqa: B008
        self.model, self.config, self.group = model, config, group
        how: Binarisation = "static" if config.binarisation == "static" else "none"
        self.images, self.labels = _on(model.device, split, how)
        self.optimizer = _optimizer(model, config)
        self.precision = mixed_precision(model.device)
        self.generator = torch.Generator(model.device).manual_seed(config.seed * 1_000_003 + group.rank)
        self.names: tuple[str, ...] = ()

    def __call__(self, batch: Tensor, knobs: Knobs) -> Tensor:
        """Shapes: batch (n,) int64, rows of the split -> the terms in the order of `names`, in nats, summed over this
        process's images. knobs: as TrainingConfig.knobs_at."""
        learning_rate, beta, capacity = knobs
        index = self.group.share(batch)
        x = to_unit(self.images.index_select(0, index))
        if self.config.binarisation == "dynamic":
            x = torch.bernoulli(x, generator=self.generator)
        terms = self._terms(x, self.labels.index_select(0, index), beta, capacity)
        self.optimizer.zero_grad(set_to_none=True)
        terms["loss"].backward()  # type: ignore[no-untyped-call]
        self.group.average_gradients(self.model.parameters(), len(index) / len(batch))
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.optimizer.step()
        self.names = tuple(terms)
        return torch.stack([term.detach() for term in terms.values()]).mul_(len(index))

    def _terms(self, x: Tensor, labels: Tensor, beta: Tensor | float, capacity: Tensor | float) -> dict[str, Tensor]:
        model, objective = self.model, self.config.objective
        n, samples = len(x), objective.samples
        with self.precision:
            mean, logvar = model.encode(x)
            noise = torch.randn((samples, *mean.shape), generator=self.generator, device=x.device)
            z = draw(mean.expand_as(noise), logvar, noise, model.config.posterior)  # (samples, n, latent_dim)
            code = condition(z.flatten(0, 1), labels.repeat(samples), model.config.classes)
            parameters = model.decoder(code)  # (samples n, c, h, w)
        targets = x if samples == 1 else x.repeat(samples, 1, 1, 1)
        log_scale = model.log_scale
        if model.config.likelihood == "gaussian-optimal":
            best = optimal_log_sigma(parameters, targets)
            with torch.no_grad():
                log_scale.lerp_(best, 0.05)  # remembered for when there is no batch to take it from
            log_scale = best
        reconstruction = reconstruction_nll(parameters, targets, model.config, log_scale).reshape(samples, n)
        return objective_terms(
            objective, reconstruction, mean, logvar, z, beta=beta, capacity=capacity, dataset_size=len(self.images)
        )


class CapturedStep:
    """A Step on a GPU as one CUDA graph: one launch where eager torch needs some hundred.

    The first full batches run eagerly, which chooses algorithms and allocates, neither of which may happen in a
    capture; then one is recorded and from there on replayed. A shorter batch always runs eagerly.
    """

    def __init__(self, step: Step) -> None:
        self._step = step
        device = step.model.device
        self._batch = torch.zeros(min(step.config.batch_size, len(step.images)), dtype=torch.int64, device=device)
        self._knobs = torch.zeros(3, device=device)
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._graph = torch.cuda.CUDAGraph()
        self._terms: Tensor | None = None
        self._taken = 0

    def __call__(self, batch: Tensor, knobs: Knobs) -> Tensor:
        """As Step; the result is overwritten by the next call."""
        self._knobs.copy_(torch.tensor(knobs), non_blocking=True)
        if len(batch) != len(self._batch):
            return self._step(batch, self._knobs)
        self._batch.copy_(batch)
        if self._terms is not None:
            self._graph.replay()
            return self._terms
        self._taken += 1
        if self._taken <= WARM_STEPS:
            self._stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(self._stream):
                terms = self._step(self._batch, self._knobs)
            torch.cuda.current_stream().wait_stream(self._stream)
            return terms
        self._graph.register_generator_state(self._step.generator)
        with torch.cuda.graph(self._graph, stream=self._stream):
            self._terms = self._step(self._batch, self._knobs)
        self._graph.replay()
        return self._terms


def _optimizer(model: VAE, config: TrainingConfig) -> torch.optim.Optimizer:
    cuda, fused = model.device.type == "cuda", model.device.type in ("cpu", "cuda")
    # A captured step reads its learning rate from the device.
    rate = torch.tensor(config.learning_rate, device=model.device) if cuda else config.learning_rate
    if config.optimizer == "sgd":
        return torch.optim.SGD(model.parameters(), lr=rate, momentum=MOMENTUM, fused=fused)
    kind = torch.optim.AdamW if config.optimizer == "adamw" else torch.optim.Adam
    return kind(model.parameters(), lr=rate, fused=fused, capturable=cuda)


def _on(device: torch.device, split: Split, binarisation: Binarisation) -> tuple[Tensor, Tensor]:
    images = binarise(split.images, binarisation)
    return torch.from_numpy(images).to(device), torch.from_numpy(split.labels).to(device)


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
        z = draw(mean, logvar, torch.randn(mean.shape, generator=generator, device=x.device), config.posterior)
        parameters = model.decoder(condition(z, classes, config.classes))
        totals[0] += reconstruction_nll(parameters, x, config, model.log_scale).sum()
        if config.posterior == "gaussian":
            totals[1] += kl_divergence(mean, logvar).sum()
    reconstruction, kl = (totals / len(images)).tolist()
    return reconstruction, kl


def mixed_precision(device: torch.device) -> AbstractContextManager[object]:
    """bfloat16 for matrix products where the hardware multiplies it faster than float32; float32 elsewhere.

    Decided by what the processor says of itself, not by timing: the same machine must always give the same result.
    """
    if device.type == "cuda":
        pays = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        # Older torch cannot tell; float32 is then the safe choice.
        known = device.type == "cpu" and hasattr(torch.cpu, "get_capabilities")
        capabilities = torch.cpu.get_capabilities() if known else {}
        pays = bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return torch.autocast(device.type, torch.bfloat16) if pays else nullcontext()

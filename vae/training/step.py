"""One step of training, on a GPU captured as a CUDA graph."""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from vae.datasets.splits import Binarisation, Split, binarise
from vae.model.losses import objective_terms, optimal_log_sigma, reconstruction_nll
from vae.model.networks import VAE, condition, sample_posterior, to_unit
from vae.training.config import ScheduledValues, TrainingConfig
from vae.training.distributed import ProcessGroup

Scheduled = ScheduledValues | Tensor  # (4,) on the GPU, where a captured step reads them
MOMENTUM = 0.9  # of sgd
WARM_STEPS = 3  # before a step is captured as a CUDA graph


class Step:
    """One step of the optimiser: everything it needs is on the device, and the host never waits for it."""

    def __init__(
        self,
        model: VAE,
        split: Split,
        config: TrainingConfig,
        group: ProcessGroup = ProcessGroup(),  # noqa: B008 (frozen)
    ) -> None:
        self.model, self.config, self.group = model, config, group
        binarisation: Binarisation = "static" if config.binarisation == "static" else "none"
        self.images, self.labels = images_on(model.device, split, binarisation)
        self.optimizer = _optimizer(model, config)
        self.precision = mixed_precision(model.device)
        self.generator = torch.Generator(model.device).manual_seed(config.seed * 1_000_003 + group.rank)
        self.names: tuple[str, ...] = ()

    def __call__(self, batch: Tensor, scheduled: Scheduled) -> Tensor:
        """Shapes: batch (n,) int64, rows of the split -> the terms in the order of `names`, in nats, summed over this
        process's images."""
        learning_rate, beta, capacity, kl_multiplier = scheduled
        index = self.group.shard(batch)
        x = to_unit(self.images.index_select(0, index))
        if self.config.binarisation == "dynamic":
            x = torch.bernoulli(x, generator=self.generator)
        labels = self.labels.index_select(0, index)
        terms = self._terms(x, labels, beta=beta, capacity=capacity, kl_multiplier=kl_multiplier)
        self.optimizer.zero_grad(set_to_none=True)
        terms["loss"].backward()  # type: ignore[no-untyped-call]
        self.group.average_gradients(self.model.parameters(), len(index) / len(batch))
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.optimizer.step()
        self.names = tuple(terms)
        return torch.stack([term.detach() for term in terms.values()]).mul_(len(index))

    def _terms(self, x: Tensor, labels: Tensor, **scheduled: Tensor | float) -> dict[str, Tensor]:
        model, objective = self.model, self.config.objective
        n, samples = len(x), objective.samples
        with self.precision:
            mean, logvar = model.encode(x)
            noise = torch.randn((samples, *mean.shape), generator=self.generator, device=x.device)
            # z: (samples, n, latent_dim)
            z = sample_posterior(mean.expand_as(noise), logvar, noise, model.config.posterior)
            code = condition(z.flatten(0, 1), labels.repeat(samples), model.config.classes)
            parameters = model.decoder(code)  # (samples n, c, h, w)
        targets = x if samples == 1 else x.repeat(samples, 1, 1, 1)
        log_scale = model.log_scale
        if model.config.likelihood == "gaussian-optimal":
            best = optimal_log_sigma(parameters, targets)
            with torch.no_grad():
                log_scale.lerp_(best, 0.05)  # a running average, for use where there is no batch
            log_scale = best
        reconstruction = reconstruction_nll(parameters, targets, model.config, log_scale).reshape(samples, n)
        return objective_terms(objective, reconstruction, mean, logvar, z, dataset_size=len(self.images), **scheduled)


class CapturedStep:
    """A Step on a GPU as one CUDA graph: one launch in place of about a hundred in eager torch.

    The first full batches run eagerly: torch then chooses algorithms and allocates memory, which it may not do during a
    capture. The next one is captured, and later ones replay it. A shorter batch always runs eagerly.
    """

    def __init__(self, step: Step) -> None:
        self._step = step
        device = step.model.device
        self._batch = torch.zeros(min(step.config.batch_size, len(step.images)), dtype=torch.int64, device=device)
        self._scheduled = torch.zeros(4, device=device)
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._graph = torch.cuda.CUDAGraph()
        self._terms: Tensor | None = None
        self._taken = 0

    def __call__(self, batch: Tensor, scheduled: Scheduled) -> Tensor:
        """As Step; the result is overwritten by the next call."""
        self._scheduled.copy_(torch.tensor(scheduled), non_blocking=True)
        if len(batch) != len(self._batch):
            return self._step(batch, self._scheduled)
        self._batch.copy_(batch)
        if self._terms is not None:
            self._graph.replay()
            return self._terms
        self._taken += 1
        if self._taken <= WARM_STEPS:
            self._stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(self._stream):
                terms = self._step(self._batch, self._scheduled)
            torch.cuda.current_stream().wait_stream(self._stream)
            return terms
        self._graph.register_generator_state(self._step.generator)
        with torch.cuda.graph(self._graph, stream=self._stream):
            self._terms = self._step(self._batch, self._scheduled)
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


def images_on(device: torch.device, split: Split, binarisation: Binarisation) -> tuple[Tensor, Tensor]:
    """A split's images, binarised, and labels, on the device. Shapes: (n, c, h, w) uint8, (n,) int64."""
    images = binarise(split.images, binarisation)
    return torch.from_numpy(images).to(device), torch.from_numpy(split.labels).to(device)


def mixed_precision(device: torch.device) -> AbstractContextManager[object]:
    """bfloat16 for matrix products where the hardware multiplies it faster than float32; float32 elsewhere.

    Decided by the processor's listed capabilities, not by timing: the same machine must always give the same result.
    """
    if device.type == "cuda":
        faster = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        # An older torch does not list them; float32 is then the safe choice.
        known = device.type == "cpu" and hasattr(torch.cpu, "get_capabilities")
        capabilities = torch.cpu.get_capabilities() if known else {}
        faster = bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return torch.autocast(device.type, torch.bfloat16) if faster else nullcontext()

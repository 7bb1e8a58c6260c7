"""The models of the live service, prepared to run fast: arrays in, arrays out, the same bits in any batch.

A matrix product rounds differently for 1 row and for 16, which flips a grey level here and there; convolutions do not
(measured on CPU). The fully connected layers therefore always run on a fixed number of rows, padded with zeros, so that
a picture never depends on what else is decoded at the moment. On CUDA the whole decoder runs on the fixed number.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from math import prod
from time import monotonic
from typing import Any
from warnings import catch_warnings

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from vae.model.losses import kl_divergence, reconstruction_nll
from vae.model.networks import VAE, condition, sample_posterior, to_uint8, to_unit

Array = NDArray[Any]

# Vectors per batch. CPU: decodes/s level off here, and the next batch is never far. CUDA: a full batch takes a GPU
# hardly longer than one picture.
CPU_ROWS = 16
CUDA_ROWS = 64
# Above this many pixels a batch takes fewer vectors, so that one user's large pictures do not delay all others.
BATCH_PIXELS = 2**17


class InferenceEngine:
    """A model's layers arranged for speed on its own device, sharing its weights; for one thread at a time.

    rows: the number of rows that fully connected layers always run on. batch: the most vectors to pass at once.
    Each operation takes and returns arrays whose first axis, n <= batch, counts vectors or images. on_cpu: loads the
    same model onto the CPU, if its own device fails.
    """

    def __init__(self, model: VAE, on_cpu: Callable[[], VAE] | None = None) -> None:
        self._on_cpu = on_cpu
        self._settle(model)

    def leave_device(self) -> bool:
        """Goes on with the CPU because the device has failed. False if it was the CPU, or cannot be loaded there."""
        if self.device.type == "cpu" or self._on_cpu is None:
            return False
        self._settle(self._on_cpu())
        return True

    def _settle(self, model: VAE) -> None:
        self.device = next(model.parameters()).device
        self.config = model.config
        self.rows = CUDA_ROWS if self.device.type == "cuda" else CPU_ROWS
        self.batch = max(1, min(self.rows, BATCH_PIXELS // prod(self.config.image_shape)))
        self.model = _arranged(model, self.rows)
        self._decode = _Graph(self.model, self.batch) if self.device.type == "cuda" else _traced(self.model)

    @property
    def device_name(self) -> str:
        """The device's name as shown to users: cpu, or the GPU's name."""
        return torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else self.device.type

    def decode(self, z: Array) -> tuple[Array, ...]:
        """Pictures. Shapes: z (n, code_dim) float32 -> (n, c, h, w) uint8."""
        with torch.inference_mode():
            return (self._decode(torch.from_numpy(z)),)

    def encode(self, images: Array) -> tuple[Array, ...]:
        """Means and log variances of q(z|x). Shapes: images (n, c h w) uint8 -> two of (n, latent_dim) float32."""
        with torch.inference_mode():
            mean, logvar = self.model.encode(self._unit(images))
            return _array(mean), _array(logvar)

    def reconstruct(self, images: Array) -> tuple[Array, ...]:
        """Means, log variances, -log p(x|z = mean) and KL in nats, both summed per image, and the decoded means.

        Shapes: images (n, c h w) uint8 -> (n, latent_dim), (n, latent_dim), (n,), (n,) float32; (n, c, h, w) uint8.
        For a conditional model, images (n, c h w + 2): each image's bytes and its label, 16 bits little-endian. The KL
        of a plain autoencoder is 0.
        """
        return self._reconstruct(images, None)

    def sample_posterior(self, images: Array) -> tuple[Array, ...]:
        """What reconstruct returns, with z = mean + sigma * noise in place of the mean.

        Shapes: images (n, reconstruct's + 4 latent_dim) uint8: each image's bytes, label, and noise in float32.
        """
        noise_at = images.shape[1] - 4 * self.config.latent_dim
        return self._reconstruct(images[:, :noise_at], images[:, noise_at:].copy().view("<f4"))

    def _reconstruct(self, images: Array, noise: Array | None) -> tuple[Array, ...]:
        config = self.config
        with torch.inference_mode():
            labels = None
            if config.classes:
                labels = torch.from_numpy(images[:, -2:].copy().view("<u2").astype("i8").ravel()).to(self.device)
                images = images[:, :-2]
            x = self._unit(images)
            mean, logvar = self.model.encode(x)
            epsilon = torch.zeros_like(mean) if noise is None else torch.from_numpy(noise).to(self.device)
            z = sample_posterior(mean, logvar, epsilon, config.posterior)
            parameters = self.model.decoder(condition(z, labels, config.classes))
            nll = reconstruction_nll(parameters, x, config, self.model.log_scale)
            kl = torch.zeros_like(nll) if config.posterior == "point" else kl_divergence(mean, logvar).sum(1)
            pictures = to_uint8(self.model.picture(parameters))
            return _array(mean), _array(logvar), _array(nll), _array(kl), _array(pictures)

    def _unit(self, images: Array) -> Tensor:
        """Shapes: images (n, c h w) uint8 -> (n, c, h, w) in [0, 1]."""
        return to_unit(torch.from_numpy(images.reshape(-1, *self.config.image_shape)).to(self.device))


@dataclass(frozen=True)
class LiveModel:
    """A model to decode with: in eval mode, on its device, shared and therefore read only.

    kl: nats per dimension; None for a plain autoencoder, which has none. on_cpu: loads it again, onto the CPU.
    """

    name: str
    model: VAE
    kl: tuple[float, ...] | None
    on_cpu: Callable[[], VAE] | None = None


class UnknownModelError(LookupError):
    """No such model, or it cannot be used; the message is one sentence for the user who chose it."""


# Called in a thread, and again at each choice of a model: cache what is slow, return the same object while the model
# has not changed, and do not trust the name.
Loader = Callable[[str], LiveModel]


@dataclass(eq=False)
class LoadedModel:
    """A model ready to run, and the number of sockets that have chosen it."""

    live: LiveModel
    engine: InferenceEngine
    users: int = 0
    used_at: float = 0.0


class LoadedModels:
    """The models ready to run, by name: those in use, and a few more for a while. Loading happens in threads."""

    def __init__(self, load: Loader, unused: int, unused_seconds: float) -> None:
        self._load = load
        self._unused = unused
        self._unused_seconds = unused_seconds
        self._models: dict[str, LoadedModel] = {}
        self._building = asyncio.Lock()
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="live-load")

    def __len__(self) -> int:
        return len(self._models)

    async def choose(self, name: str) -> LoadedModel:
        """The model of this name; a checkpoint that was replaced is loaded again. Raises what load does."""
        run = asyncio.get_running_loop().run_in_executor
        live = await run(self._threads, self._load, name)
        async with self._building:  # all students of a class may choose the same model at once
            loaded = self._models.get(name)
            if loaded is None or loaded.live.model is not live.model:
                loaded = LoadedModel(live, await run(self._threads, InferenceEngine, live.model, live.on_cpu))
                self._models[name] = loaded
        loaded.users += 1
        return loaded

    def release(self, loaded: LoadedModel) -> None:
        """Undoes choose."""
        loaded.users -= 1
        loaded.used_at = monotonic()

    def evict(self) -> None:
        """Drops models unused for unused_seconds, and the longest unused of the others beyond the number."""
        unused = sorted((m for m in self._models.values() if not m.users), key=lambda m: m.used_at, reverse=True)
        oldest = monotonic() - self._unused_seconds
        dropped = {m for rank, m in enumerate(unused) if rank >= self._unused or m.used_at < oldest}
        self._models = {name: m for name, m in self._models.items() if m not in dropped}


class _FixedRows(nn.Module):
    """Layers that run on a fixed number of rows, so that each row's result does not depend on the other rows."""

    def __init__(self, layers: nn.Module, rows: int) -> None:
        super().__init__()
        self.layers = layers
        self.rows = rows

    def forward(self, x: Tensor) -> Tensor:
        """Shapes: x (n, features), n <= rows -> (n, features out)."""
        n = x.shape[0]
        out: Tensor = self.layers(functional.pad(x, (0, 0, 0, self.rows - n)))
        return out[:n]


class _Graph:
    """The decoder as one CUDA graph: one launch per batch, and one copy back to pinned memory.

    Always the full batch, so that one graph is enough and no picture depends on the others; only the n requested
    pictures are copied.
    """

    def __init__(self, model: VAE, batch: int) -> None:
        device = next(model.parameters()).device
        config = model.config
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._graph = torch.cuda.CUDAGraph()
        self._z = torch.zeros(batch, config.code_dim, pin_memory=True)
        self._pictures = torch.empty(batch, *config.image_shape, dtype=torch.uint8, pin_memory=True)
        with torch.inference_mode(), torch.cuda.device(device), torch.cuda.stream(self._stream):
            z = torch.empty_like(self._z, device=device)
            for _ in range(3):  # chooses convolution algorithms and allocates, neither of which may happen in a capture
                self._run(model, z)
            self._stream.synchronize()
            with torch.cuda.graph(self._graph, stream=self._stream, capture_error_mode="thread_local"):
                self._out = self._run(model, z)
        self._held = (model, z)  # the graph reads their memory

    def _run(self, model: VAE, z: Tensor) -> Tensor:
        z.copy_(self._z, non_blocking=True)
        return to_uint8(model.decode(z)).contiguous()

    def __call__(self, z: Tensor) -> Array:
        n = z.shape[0]
        self._z[:n] = z
        with torch.cuda.device(self._out.device), torch.cuda.stream(self._stream):
            self._graph.replay()
            self._pictures[:n].copy_(self._out[:n], non_blocking=True)
            self._stream.synchronize()
        pictures: Array = self._pictures[:n].numpy()
        return pictures.copy()  # the next batch overwrites the pinned memory


class _Pictures(nn.Module):
    """From latent vectors to uint8 pictures."""

    def __init__(self, model: VAE) -> None:
        super().__init__()
        self.model = model

    def forward(self, z: Tensor) -> Tensor:
        """Shapes: z (n, code_dim) -> (n, c, h, w) uint8."""
        return to_uint8(self.model.decode(z)).contiguous()


def _traced(model: VAE) -> Callable[[Tensor], Array]:
    """The decoder as one call into torch, with the same bits.

    In eager mode every layer releases the interpreter lock and waits for it again, up to 5 ms each while other
    threads run pages; a trace holds no lock from the first layer to the last. torch calls its tracer deprecated, but
    torch.compile, which it recommends, needs a compiler on the user's machine.
    """
    with catch_warnings(action="ignore"), torch.inference_mode():
        example = torch.zeros(1, model.config.code_dim, device=model.device)
        trace = torch.jit.trace(_Pictures(model).eval(), example, check_trace=False)  # type: ignore[no-untyped-call]
        traced = torch.jit.freeze(trace)
    return lambda z: _array(traced(z.to(model.device)))


def _arranged(model: VAE, rows: int) -> VAE:
    """The same weights under a second set of layers, the fully connected ones on a fixed row count."""
    copy = deepcopy(model, {id(weights): weights for weights in model.state_dict(keep_vars=True).values()}).eval()
    for half in (copy.encoder, copy.decoder):
        half.register_module("hidden", _FixedRows(nn.Sequential(half.hidden, half.head), rows))
        half.register_module("head", nn.Identity())
    return copy


def _array(x: Tensor) -> Array:
    array: Array = x.contiguous().cpu().numpy()
    return array

"""A second-stage prior: the mixture that was fitted to the codes, moved nearer to them by a small normalising flow.

A model's codes are not distributed as its prior. Dai & Wipf 2019, "Diagnosing and enhancing VAE models", therefore
train a second VAE on the codes of the first; here it is a flow of affine couplings (Dinh et al. 2017, "Density
estimation using Real NVP"), because a flow's density is exact. It begins as the mixture itself and shares its noise, so
that the same noise gives nearly the same latent vectors under both. vae/frontend/sampling/flow.js computes what
Flow.forward does.
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vae.model.samplers import DoubleArray, FloatArray, Mixture
from vae.validation import is_whole, require

COUPLINGS = 8
HIDDEN = 32
STEPS = 2000
BATCH = 512
LEARNING_RATE = 5e-3
CHECKS = 10  # times that the steps so far are judged
LEAST_DIMS = 2  # a coupling needs a dimension to keep and one to move


class Flow(nn.Module):
    """Couplings from the mixture's vectors to the codes: each moves one half of the dimensions by the other half.

    Before each coupling, the vectors, standardised by center and scale, are turned by a fixed rotation, and turned back
    after it. All couplings' weights lie in one tensor.
    """

    center: Tensor
    scale: Tensor
    rotations: Tensor

    def __init__(self, latent_dim: int, seed: int = 0) -> None:
        super().__init__()
        require(is_whole(latent_dim, LEAST_DIMS), "latent_dim", latent_dim, f"a whole number from {LEAST_DIMS}")
        generator = torch.Generator().manual_seed(seed)
        kept, moved = latent_dim // 2, latent_dim - latent_dim // 2
        turned = torch.linalg.qr(torch.randn(COUPLINGS, latent_dim, latent_dim, generator=generator))[0]
        first = torch.randn(COUPLINGS, kept, HIDDEN, generator=generator) / kept**0.5
        self.register_buffer("center", torch.zeros(latent_dim))
        self.register_buffer("scale", torch.ones(latent_dim))
        self.register_buffer("rotations", turned)
        self.first_weight = nn.Parameter(first)
        self.first_bias = nn.Parameter(torch.randn(COUPLINGS, HIDDEN, generator=generator) / kept**0.5)
        self.second_weight = nn.Parameter(
            torch.zeros(COUPLINGS, HIDDEN, 2 * moved)
        )  # so that it moves nothing at first
        self.second_bias = nn.Parameter(torch.zeros(COUPLINGS, 2 * moved))

    def forward(self, z: Tensor) -> Tensor:
        """From the mixture's vectors to the codes. Shapes: z (n, d) -> (n, d)."""
        x = (z - self.center) / self.scale
        for i in range(COUPLINGS):
            kept, moved = self._halves(x @ self.rotations[i])
            log_stretch, shift = self._coupling(i, kept)
            x = torch.cat([kept, moved * log_stretch.exp() + shift], 1) @ self.rotations[i].T
        return x * self.scale + self.center

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """From the codes to the mixture's vectors, and ln |det| of that map. Shapes: z (n, d) -> (n, d), (n,)."""
        x = (z - self.center) / self.scale
        log_det = torch.zeros(len(z), dtype=z.dtype)
        for i in reversed(range(COUPLINGS)):
            kept, moved = self._halves(x @ self.rotations[i])
            log_stretch, shift = self._coupling(i, kept)
            x = torch.cat([kept, (moved - shift) * (-log_stretch).exp()], 1) @ self.rotations[i].T
            log_det = log_det - log_stretch.sum(1)
        return x * self.scale + self.center, log_det

    def _halves(self, x: Tensor) -> tuple[Tensor, Tensor]:
        kept = x.shape[1] // 2
        return x[:, :kept], x[:, kept:]

    def _coupling(self, i: int, kept: Tensor) -> tuple[Tensor, Tensor]:
        """ln of the factor, between -1 and 1, and the shift of the other half. Shapes: kept (n, d // 2)."""
        hidden = nn.functional.silu(kept @ self.first_weight[i] + self.first_bias[i])
        raw, shift = (hidden @ self.second_weight[i] + self.second_bias[i]).chunk(2, 1)
        return torch.tanh(raw), shift


@dataclass(frozen=True)
class SecondStage:
    """A mixture and the flow that follows it: samples from the same noise as the mixture's, with an exact density."""

    mixture: Mixture
    flow: Flow

    def from_noise(
        self, noise: NDArray[np.floating], choice: NDArray[np.floating], temperature: float = 1.0
    ) -> FloatArray:
        """The latent vectors of this noise: those of Mixture.from_noise, moved by the flow. Shapes as there."""
        return self._moved(self.mixture.from_noise(noise, choice, temperature))

    def sample(self, count: int, seed: int, temperature: float = 1.0) -> FloatArray:
        """Samples from the noise that Mixture.sample draws with this seed. Shape: (count, d)."""
        return self._moved(self.mixture.sample(count, seed, temperature))

    def log_density(self, z: NDArray[np.floating]) -> DoubleArray:
        """ln of the density at these latent vectors, in float64. Shapes: (n, d) -> (n,). Unit: nats."""
        require(z.ndim == 2 and z.shape[1] == self.mixture.latent_dim, "shape of z", z.shape, "(n, latent_dim)")
        exact = copy.deepcopy(self.flow).double()
        before, log_det = exact.inverse(torch.from_numpy(np.asarray(z, np.float64)))
        return np.asarray(self.mixture.log_density(before.numpy()) + log_det.numpy())

    def _moved(self, z: FloatArray) -> FloatArray:
        return np.asarray(self.flow(torch.from_numpy(z)).numpy())


def fit_second_stage(
    mixture: Mixture,
    mean: FloatArray,
    logvar: FloatArray | None,
    judges: FloatArray,
    *,
    steps: int,
    seed: int = 0,
) -> SecondStage:
    """The mixture with a flow that makes these codes likeliest, the same for the same seed, in about ten seconds.

    Shapes: mean, logvar (n, d) of the training images' q(z|x), from which every step draws anew; logvar None for a
    plain autoencoder, whose codes are the means. judges (m, d): draws of other images. Of the flow at the start,
    which moves nothing, and after each tenth of the steps, the one is kept under which the judges are likeliest: the
    second stage never explains them worse than the mixture does. Raises ValueError for a latent space of one dimension.
    """
    flow, base = Flow(mixture.latent_dim, seed), _Base(mixture)
    draw = _Draws(mean, logvar, seed)
    flow.center, flow.scale = draw.center, draw.scale
    optimizer = torch.optim.Adam(flow.parameters(), LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    unseen = torch.from_numpy(np.asarray(judges, np.float32))
    best, kept = _mean_log_density(flow, base, unseen), copy.deepcopy(flow.state_dict())
    for step in range(1, steps + 1):
        loss = -_log_density(flow, base, draw(BATCH)).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if step % max(1, steps // CHECKS) == 0 and (found := _mean_log_density(flow, base, unseen)) > best:
            best, kept = found, copy.deepcopy(flow.state_dict())
    flow.load_state_dict(kept)
    return SecondStage(mixture, flow.eval().requires_grad_(False))


class _Draws:
    """One z from q(z|x) of random images; center and scale: mean and standard deviation of all of them."""

    def __init__(self, mean: FloatArray, logvar: FloatArray | None, seed: int) -> None:
        self.mean = torch.from_numpy(mean)
        self.deviation = None if logvar is None else torch.exp(0.5 * torch.from_numpy(logvar))
        self.generator = torch.Generator().manual_seed(seed)
        self.center = self.mean.mean(0)
        within = 0 if self.deviation is None else self.deviation.square().mean(0)
        variance = self.mean.var(0) + within
        self.scale = torch.where(variance > 0, variance, 1.0).sqrt()

    def __call__(self, count: int) -> Tensor:
        rows = torch.randint(len(self.mean), (count,), generator=self.generator)
        if self.deviation is None:
            return self.mean[rows]
        noise = torch.randn(count, self.mean.shape[1], generator=self.generator)
        return self.mean[rows] + self.deviation[rows] * noise


class _Base:
    """The mixture's ln density in torch, with its gradient. Shapes: (n, d) -> (n,)."""

    def __init__(self, mixture: Mixture) -> None:
        weights, means, factors = (
            torch.from_numpy(array) for array in (mixture.weights, mixture.means, mixture.factors)
        )
        log_volume = torch.diagonal(factors, dim1=1, dim2=2).log().sum(1)
        constant = -0.5 * mixture.latent_dim * np.log(2 * np.pi)
        self.offsets = (weights.log() - log_volume + constant).float()  # (k,)
        inverse = torch.linalg.inv(factors)
        self.inverse = inverse.flatten(0, 1).T.float()  # (d, k d)
        self.shifts = torch.einsum("kij,kj->ki", inverse, means).flatten().float()  # (k d,)

    def __call__(self, z: Tensor) -> Tensor:
        white = (z @ self.inverse - self.shifts).unflatten(1, (len(self.offsets), -1))
        return torch.logsumexp(self.offsets - 0.5 * white.square().sum(2), 1)


def _log_density(flow: Flow, base: _Base, z: Tensor) -> Tensor:
    before, log_det = flow.inverse(z)
    return base(before) + log_det


@torch.inference_mode()
def _mean_log_density(flow: Flow, base: _Base, z: Tensor) -> float:
    return float(_log_density(flow, base, z).double().mean())

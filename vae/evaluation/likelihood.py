"""The likelihood of held-out images by importance sampling, and how far it can be trusted. Unit: nats per image."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import log

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vae.evaluation.metrics import CACHE_NUMBERS
from vae.model.latents import encode
from vae.model.losses import reconstruction_nll
from vae.model.networks import VAE, condition, to_unit
from vae.validation import require

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]
Numbers = NDArray[np.float64]
Progress = Callable[[float], object]

GPU_NUMBERS = 2**24  # in the largest array of a chunk on a GPU, to keep it busy
BLOCKS = (1, 2, 4, 8, 16)  # into which an image's samples are cut to see how the bound falls with their number
SLOWEST = 0.95  # ratio of two decreases: nearer to 1, noise would decide the extrapolation


@dataclass(frozen=True, eq=False)
class ImportanceWeighted:
    """Upper bounds on -log p(x) with K weights an image, and what the weights say about their bias.

    nll: the bound. fewer: the bounds with K, K/2, K/4, K/8 and K/16 of the same samples, averaged over such blocks of
    them; K is rounded down to a multiple of 16, and below 16 they are nan. effective_samples: (sum w)^2 / sum w^2, from
    1, where one weight dominates, to K, where all are equal. Shapes: (n,), (n, 5), (n,). Unit of the bounds: nats.
    """

    nll: Numbers
    fewer: Numbers
    effective_samples: Numbers

    @property
    def bias(self) -> float | None:
        """By how much the mean of nll exceeds -log p(x), estimated: what more samples would take away. Unit: nats.

        Each doubling from K/16 to K lowers the mean bound by less than the one before. Their mean ratio continues the
        series without end. On linear-Gaussian models with 5 to 150 effective samples, whose bias is known, the estimate
        is 0.5 to 1.6 times the bias; the delta method's 1/2 (1/ESS - 1/K) is a tenth to a fifth of it where weights are
        uneven. None for K < 16.
        """
        curve = self.fewer.mean(0)
        if np.isnan(curve[0]):
            return None
        last, *_, first = (fewer - more for more, fewer in pairwise(curve))
        if min(first, last) <= 0:  # rounding: with the exact posterior every weight is the evidence
            return 0.0
        ratio = min(SLOWEST, (last / first) ** (1 / (len(BLOCKS) - 2)))
        return float(last * ratio / (1 - ratio))


@torch.inference_mode()
def importance_weighted_nll(
    model: VAE,
    images: Images,
    labels: Labels,
    importance_samples: int,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> ImportanceWeighted:
    """Upper bound on -log p(x) of each image: -(logsumexp_k(log p(x|z_k) + log p(z_k) - log q(z_k|x)) - ln K).

    Of a conditional model, on -log p(x | its label). Shapes: images (n, c, h, w), labels (n,). Every image has its own
    noise, and the first k of its samples are the same for every K >= k. progress is called with the fraction of the
    images that is done. Memory: beside the images and K numbers, some arrays of at most CACHE_NUMBERS floats
    (GPU_NUMBERS on a GPU) or of one image. Raises ValueError for a plain autoencoder. Source: Burda et al. 2016,
    equation 8.
    """
    if model.config.posterior == "point":
        raise ValueError("A plain autoencoder has no density, so its images have no likelihood; choose a VAE.")
    require(importance_samples >= 1, "importance_samples", importance_samples, "at least 1")
    encoded = encode(model, images, labels)
    means, logvars, classes = (
        torch.from_numpy(column).to(model.device) for column in (encoded.mean, encoded.logvar, labels)
    )
    rows = []
    for i, noise_seed in enumerate(np.random.SeedSequence(seed).generate_state(len(images), np.uint64)):
        row = slice(i, i + 1)
        generator = torch.Generator(model.device).manual_seed(int(noise_seed))
        x = to_unit(torch.from_numpy(images[row]).to(model.device))
        posterior = means[row], logvars[row]
        rows.append(
            _summary(_log_weights(model, x, classes[row], posterior, count=importance_samples, generator=generator))
        )
        if progress is not None:
            progress((i + 1) / len(images))
    table = np.array(rows).reshape(-1, 2 + len(BLOCKS))
    return ImportanceWeighted(table[:, 0], table[:, 2:], table[:, 1])


def _summary(log_weights: Tensor) -> list[float]:
    """The bound, the effective samples, and the bounds with fewer samples, of one image. Shape: (K,) -> 2 + BLOCKS."""
    whole = len(log_weights) // BLOCKS[-1] * BLOCKS[-1]
    fewer = [float("nan")] * len(BLOCKS)
    if whole:
        fewer = [_bounds(log_weights[:whole].reshape(blocks, -1)).mean().item() for blocks in BLOCKS]
    effective = torch.exp(2 * torch.logsumexp(log_weights, 0) - torch.logsumexp(2 * log_weights, 0))
    return [_bounds(log_weights).item(), effective.item(), *fewer]


def _bounds(log_weights: Tensor) -> Tensor:
    """-log of the mean weight. Shape: (…, K) -> (…)."""
    return log(log_weights.shape[-1]) - torch.logsumexp(log_weights, -1)


def _log_weights(
    model: VAE, x: Tensor, label: Tensor, posterior: tuple[Tensor, Tensor], *, count: int, generator: torch.Generator
) -> Tensor:
    """This many log importance weights of one image.

    Shapes: x (1, c, h, w), label (1,), posterior: mean and logvar (1, latent_dim) -> (count,) float64.
    """
    mean, logvar = posterior
    rows = max(1, (GPU_NUMBERS if x.is_cuda else CACHE_NUMBERS) // x.numel())
    chunks = []
    for start in range(0, count, rows):
        # Always a whole chunk, then cut, so that the first samples do not depend on their number.
        noise = torch.randn((rows, mean.shape[1]), generator=generator, device=x.device)[: count - start]
        z = mean + torch.exp(0.5 * logvar) * noise
        code = condition(z, label.expand(len(z)), model.config.classes)
        log_ratio = 0.5 * (noise.square() - z.square() + logvar).sum(1)  # log p(z) - log q(z|x): constants cancel
        parameters = model.decoder(code)
        nll = reconstruction_nll(parameters, x.expand_as(parameters), model.config, model.log_scale)
        chunks.append((log_ratio - nll).double())
    return torch.cat(chunks)

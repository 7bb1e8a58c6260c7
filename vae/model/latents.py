"""Latent space: encoded data sets, and the paths through it that pages decode. Arrays in, arrays out."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vae.model.losses import grey_entropy, kl_divergence, reconstruction_nll
from vae.model.networks import VAE, condition, sample_posterior, to_uint8, to_unit

FloatArray = NDArray[np.float32]
Curve = Literal["linear", "spherical"]

ENCODE_BATCH = 500


@dataclass(frozen=True)
class EncodedSet:
    """A set of images as the encoder returns it; row i belongs to image i.

    Shapes: mean, logvar (n, latent_dim); labels, reconstruction, kl (n,). reconstruction is -log p(x|z) in nats for one
    z drawn from q(z|x) with a fixed seed, kl is KL(q(z|x) || p(z)) in nats; their sum is the image's -ELBO. entropy,
    (n,): the least reconstruction that any model with a Bernoulli likelihood could have; None for other likelihoods,
    and in checkpoints that were written before it was stored.
    """

    mean: FloatArray
    logvar: FloatArray
    labels: NDArray[np.int64]
    reconstruction: FloatArray
    kl: FloatArray
    entropy: FloatArray | None = None

    @property
    def kl_per_dimension(self) -> FloatArray:
        """KL to the prior, averaged over images. Shape: (latent_dim,). Unit: nats."""
        per_image = kl_divergence(torch.from_numpy(self.mean), torch.from_numpy(self.logvar))
        return per_image.mean(0).numpy()


def posterior_noise(n: int, latent_dim: int, seed: int = 0) -> FloatArray:
    """The noise that encode uses for n images, row i for image i: its z = mean + sigma * noise.

    Shape: (n, latent_dim). Drawn on the CPU, so that it is the same for every device, and ENCODE_BATCH rows at a time:
    torch's random numbers depend on how many are drawn at once, and checkpoints keep the results. They may differ in
    another version of torch.
    """
    generator = torch.Generator().manual_seed(seed)
    noise = torch.empty(n, latent_dim)
    for batch in torch.split(noise, ENCODE_BATCH):
        batch.normal_(generator=generator)
    return noise.numpy()


@torch.inference_mode()
def encode(model: VAE, images: NDArray[np.uint8], labels: NDArray[np.int64], noise_seed: int = 0) -> EncodedSet:
    """The encoded set of these images, in float32, with reproducible noise.

    Shapes: images (n, c, h, w), labels (n,). A plain autoencoder does not sample and has no KL: its kl is 0.
    """
    noise = torch.from_numpy(posterior_noise(len(images), model.config.latent_dim, noise_seed))
    point = model.config.posterior == "point"
    parts = []
    columns = torch.from_numpy(images), torch.from_numpy(labels), noise
    for batch, classes, drawn in zip(*(torch.split(column, ENCODE_BATCH) for column in columns), strict=True):
        x = to_unit(batch.to(model.device))
        mean, logvar = model.encode(x)
        z = sample_posterior(mean, logvar, drawn.to(model.device), model.config.posterior)
        parameters = model.decoder(condition(z, classes.to(model.device), model.config.classes))
        nll = reconstruction_nll(parameters, x, model.config, model.log_scale)
        kl = torch.zeros_like(nll) if point else kl_divergence(mean, logvar).sum(1)
        parts.append((mean, logvar, nll, kl))
    means, logvars, nlls, kls = (torch.cat(column).cpu().numpy() for column in zip(*parts, strict=True))
    entropy = picture_entropy(images) if model.config.likelihood == "bernoulli" else None
    return EncodedSet(means, logvars, labels, nlls, kls, entropy)


def picture_entropy(images: NDArray[np.uint8]) -> FloatArray:
    """EncodedSet.entropy of these images. Shapes: (n, c, h, w) -> (n,). Unit: nats."""
    parts = [grey_entropy(to_unit(batch)) for batch in torch.split(torch.from_numpy(images), ENCODE_BATCH)]
    return torch.cat(parts).numpy()


def code(model: VAE, z: FloatArray, labels: NDArray[np.int64] | None = None) -> Tensor:
    """The decoder's input: z, and for a conditional model the labels, one-hot.

    Shapes: z (n, latent_dim), labels (n,) -> (n, code_dim). Raises ValueError for a conditional model without labels.
    """
    vectors = torch.from_numpy(np.ascontiguousarray(z, np.float32)).to(model.device)
    classes = None if labels is None else torch.from_numpy(labels).to(model.device)
    return condition(vectors, classes, model.config.classes)


@torch.inference_mode()
def decode(model: VAE, z: FloatArray, labels: NDArray[np.int64] | None = None) -> NDArray[np.uint8]:
    """The mean pictures of these latent vectors. Shapes: z (n, latent_dim), labels (n,) -> (n, c, h, w) uint8."""
    return to_uint8(model.decode(code(model, z, labels))).cpu().numpy()


def sample(count: int, latent_dim: int, seed: int, temperature: float = 1.0) -> FloatArray:
    """Draws from N(0, temperature^2 I). Shape: (count, latent_dim). The first rows do not depend on count."""
    noise = np.random.default_rng(seed).standard_normal((count, latent_dim), np.float32)
    return np.float32(temperature) * noise


def interpolate(start: FloatArray, end: FloatArray, steps: int, curve: Curve = "linear") -> FloatArray:
    """Evenly spaced points from start to end, both included. Shapes: (latent_dim,) twice -> (steps, latent_dim).

    "spherical" turns the direction at an even rate and changes the norm linearly, so that the path between two prior
    samples stays where the prior has its mass. Source: White 2016, "Sampling generative networks".
    """
    t = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    line = (1 - t) * start + t * end
    norms = float(np.linalg.norm(start)), float(np.linalg.norm(end))
    if curve == "linear" or min(norms) == 0:
        return line
    a, b = start / norms[0], end / norms[1]
    angle = np.arccos(np.clip(a @ b, -1, 1))
    if np.sin(angle) < 1e-4:  # the same or the opposite direction: no unique arc
        return line
    direction = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
    points = np.asarray(((1 - t) * norms[0] + t * norms[1]) * direction, np.float32)
    points[0], points[-1] = start, end  # exactly, without rounding
    return points


def traverse(z: FloatArray, dimension: int, values: FloatArray) -> FloatArray:
    """Copies of z with one dimension set to each value in turn. Shapes: (latent_dim,), (k,) -> (k, latent_dim)."""
    rows = np.tile(z, (len(values), 1))
    rows[:, dimension] = values
    return rows

"""What a VAE minimises, as pure functions. Unit: nats. Sums run over pixels and over latent dimensions; the mean over
images is taken once, at the end, by whoever reports it."""

from math import log, pi

import torch
from torch import Tensor
from torch.nn import functional

from vae.models import ModelConfig


def kl_divergence(mean: Tensor, logvar: Tensor) -> Tensor:
    """KL from the code's Gaussian to N(0, I), per latent dimension.

    Shapes: mean, logvar (n, latent_dim) -> (n, latent_dim). Unit: nats.
    Source: Kingma & Welling 2014, appendix B.
    """
    return 0.5 * (mean.square() + logvar.exp() - 1 - logvar)


def bernoulli_nll(logits: Tensor, x: Tensor) -> Tensor:
    """Cross-entropy between the grey levels and the decoder's Bernoullis, summed over pixels.

    Shapes: logits, x (n, c, h, w), x in [0, 1] -> (n,). Unit: nats. From logits, never sigmoid then logarithm: that
    loses the tails. On grey levels its floor is the pixels' own entropy, not 0.
    """
    return functional.binary_cross_entropy_with_logits(logits, x, reduction="none").sum((1, 2, 3))


def gaussian_nll(mean: Tensor, x: Tensor, sigma: float) -> Tensor:
    """-log N(x; mean, sigma^2 I) with the normalising constant, summed over pixels.

    Shapes: mean, x (n, c, h, w) -> (n,). Unit: nats; negative values are possible, it is a density.
    """
    per_pixel = 0.5 * ((x - mean) / sigma).square() + log(sigma) + 0.5 * log(2 * pi)
    return per_pixel.sum((1, 2, 3))


def reconstruction_nll(parameters: Tensor, x: Tensor, config: ModelConfig) -> Tensor:
    """-log p(x|z) under the config's likelihood, for what Decoder.forward returned.

    Shapes: parameters, x (n, c, h, w) -> (n,). Unit: nats per image.
    """
    if config.likelihood == "bernoulli":
        return bernoulli_nll(parameters, x)
    return gaussian_nll(parameters, x, config.sigma)


def objective(reconstruction: Tensor, kl: Tensor, beta: float) -> Tensor:
    """What training minimises: reconstruction + beta KL, averaged over images; -ELBO exactly where beta is 1.

    Shapes: reconstruction (n,), kl (n, latent_dim) -> scalar. Unit: nats per image. Source: Higgins et al. 2017.
    """
    return torch.mean(reconstruction + beta * kl.sum(1))

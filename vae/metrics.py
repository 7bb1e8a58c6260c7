"""The numbers a model is judged by. Unit: nats per image, over a whole split."""

from dataclasses import dataclass

import numpy as np

from vae.latents import EncodedSet

ACTIVE_VARIANCE = 0.01


@dataclass(frozen=True)
class Evaluation:
    """One model on one set of images; every term in nats per image, averaged over the images.

    Protocol: one z per image drawn from q(z|x) with a fixed seed; grey levels as they are, not binarised.
    """

    negative_elbo: float
    reconstruction: float
    kl: float
    kl_per_dimension: tuple[float, ...]
    active_units: int


def evaluate(encoded: EncodedSet) -> Evaluation:
    """The evaluation of an encoded set: negative_elbo = reconstruction + kl, whatever beta it was trained with."""
    reconstruction, kl = float(encoded.reconstruction.mean()), float(encoded.kl.mean())
    kl_per_dimension = tuple(float(k) for k in encoded.kl_per_dimension)
    return Evaluation(reconstruction + kl, reconstruction, kl, kl_per_dimension, active_units(encoded))


def active_units(encoded: EncodedSet) -> int:
    """Number of latent dimensions whose mean varies with the image: Var_x E_q[z_j] > 0.01.

    Source: Burda et al. 2016, section 5.2.
    """
    return int(np.sum(encoded.mean.var(axis=0) > ACTIVE_VARIANCE))

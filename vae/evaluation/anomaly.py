"""Anomaly scores: how badly a model explains an image, and how well that separates images of another kind."""

import numpy as np
from numpy.typing import NDArray

from vae.model.latents import FloatArray, encode, reconstruct
from vae.model.networks import VAE

Images = NDArray[np.uint8]


def anomaly_scores(model: VAE, images: Images, labels: NDArray[np.int64] | None = None) -> FloatArray:
    """-log p(x | z = mean) + KL of each image in nats: its -ELBO with z at the middle of q(z|x), nothing drawn.

    Shapes: images (n, c, h, w), labels (n,) -> (n,). Without labels, a conditional model decodes each image as every
    class, and the likeliest class counts. A plain autoencoder's KL is 0.
    """
    choices: list[NDArray[np.int64] | None] = [labels]
    if labels is None and model.config.classes:
        choices = [np.full(len(images), label, np.int64) for label in range(model.config.classes)]
    nll = np.min([reconstruct(model, images, chosen)[1] for chosen in choices], axis=0)
    any_label = np.zeros(len(images), np.int64)  # the KL does not depend on it
    return np.asarray(nll + encode(model, images, any_label).kl, np.float32)


def auroc(inside: FloatArray, outside: FloatArray) -> float:
    """Area under the ROC curve: the probability that a score from outside is above one from inside, ties counting half.

    Shapes: (n,), (m,). Source: Hanley & McNeil 1982.
    """
    ordered = np.sort(inside)
    below = np.searchsorted(ordered, outside, "left")
    up_to = np.searchsorted(ordered, outside, "right")
    return float((below + up_to).mean() / 2 / len(inside))

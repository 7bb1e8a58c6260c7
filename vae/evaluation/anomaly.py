"""Anomaly scores: how badly a model explains an image, and how well that separates images of another kind."""

import numpy as np
from numpy.typing import NDArray

from vae.evaluation.pictures.complexity import complexity, density_offset
from vae.model.latents import FloatArray, encode
from vae.model.networks import VAE

Images = NDArray[np.uint8]


def anomaly_scores(model: VAE, images: Images, labels: NDArray[np.int64] | None = None) -> FloatArray:
    """-ELBO of each image in nats, with one z per image drawn from q(z|x) as the evaluation draws it.

    Shapes: images (n, c, h, w), labels (n,) -> (n,). Without labels, a conditional model decodes each image as every
    class, with the same noise, and the likeliest class counts. A plain autoencoder's score is -log p(x | z = code).
    """
    choices = [labels]
    if labels is None:
        choices = [np.full(len(images), label, np.int64) for label in range(max(1, model.config.classes))]
    encoded = [encode(model, images, np.asarray(chosen)) for chosen in choices]
    nll = np.min([each.reconstruction for each in encoded], axis=0)
    return np.asarray(nll + encoded[0].kl, np.float32)  # the KL does not depend on the class


def corrected_scores(model: VAE, images: Images, scores: FloatArray) -> FloatArray:
    """Anomaly scores minus the length in nats to which each picture can be compressed: less likely than it is simple.

    The likelihood alone finds simple pictures likely, whatever they show (Nalisnick et al. 2019, "Do deep generative
    models know what they don't know?"). Shapes: images (n, c, h, w), scores (n,) -> (n,). The more it is, the stranger
    the image; it is negative where a picture costs the model less than the compressor. Source: Serrà et al. 2020,
    "Input complexity and out-of-distribution detection with likelihood-based generative models".
    """
    likelihood = model.config.likelihood
    offset = density_offset(likelihood, model.config.image_shape)
    return np.asarray(scores + offset - complexity(images, likelihood), np.float32)


def auroc(inside: FloatArray, outside: FloatArray) -> float:
    """Area under the ROC curve: the probability that a score from outside is above one from inside, ties counting half.

    Shapes: (n,), (m,). Source: Hanley & McNeil 1982.
    """
    ordered = np.sort(inside)
    below = np.searchsorted(ordered, outside, "left")
    up_to = np.searchsorted(ordered, outside, "right")
    return float((below + up_to).mean() / 2 / len(inside))

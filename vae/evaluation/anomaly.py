"""How badly a model explains an image, and how well that tells images of another kind apart."""

import numpy as np
from numpy.typing import NDArray

from vae.model.latents import FloatArray, encode, reconstruct
from vae.model.networks import VAE

Images = NDArray[np.uint8]


def anomaly_scores(model: VAE, images: Images, labels: NDArray[np.int64] | None = None) -> FloatArray:
    """-log p(x | z = mean) + KL of each image in nats: its -ELBO with z at the middle of q(z|x), nothing drawn.

    Shapes: images (n, c, h, w), labels (n,) -> (n,). A conditional model without labels tells its decoder each class in
    turn, and the class counts under which the image is likeliest. A plain autoencoder's KL is 0.
    """
    told = [labels] if labels is not None or not model.config.classes else _every_class(model, len(images))
    nll = np.min([reconstruct(model, images, told_now)[1] for told_now in told], axis=0)
    any_label = np.zeros(len(images), np.int64)
    return np.asarray(nll + encode(model, images, any_label).kl, np.float32)


def _every_class(model: VAE, n: int) -> list[NDArray[np.int64] | None]:
    return [np.full(n, label, np.int64) for label in range(model.config.classes)]


def auroc(inside: FloatArray, outside: FloatArray) -> float:
    """The probability that a score from outside is above one from inside, ties counting half: the area under the ROC.

    Shapes: (n,), (m,). Source: Hanley & McNeil 1982.
    """
    ordered = np.sort(inside)
    below = np.searchsorted(ordered, outside, "left")
    up_to = np.searchsorted(ordered, outside, "right")
    return float((below + up_to).mean() / 2 / len(inside))

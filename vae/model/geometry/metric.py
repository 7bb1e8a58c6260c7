"""How much the picture changes per step of z: the metric that the decoder pulls back from pictures to latent vectors.

A distance between two pictures is the root mean square over their values, in grey levels of 255: 10 means that a pixel
changes by 10 grey levels. Between latent vectors it is that along the shortest path (see geodesic), of which the
Euclidean distance says nothing. Source: Arvanitidis et al. 2018, "Latent space oddity".
"""

from math import prod

import torch
from torch import Tensor

from vae.model.networks import VAE

GREY_LEVELS = 255.0


def jacobian(model: VAE, codes: Tensor, directions: Tensor) -> Tensor:
    """How the picture changes along directions of z, per unit of z: J of the picture in [0, 1] times each direction.

    Shapes: codes (n, code_dim), directions (k, latent_dim) -> (n, k, c h w). The mean picture before it is rounded.

    Two backward passes make the forward mode, as a gradient v J is linear in v: torch's own forward mode loads 900
    modules at its first use, for seconds, while all pages wait.
    """
    with torch.enable_grad():
        codes = codes.detach().requires_grad_()
        pictures = model.decode(codes).flatten(1)  # (n, c h w)
        weights = torch.zeros_like(pictures, requires_grad=True)
        (gradient,) = torch.autograd.grad(pictures, codes, weights, create_graph=True)  # (n, code_dim)
        along = gradient[:, : directions.shape[1]] @ directions.T  # (n, k), each row linear in its row of weights
        columns = [torch.autograd.grad(column.sum(), weights, retain_graph=True)[0] for column in along.unbind(1)]
    return torch.stack(columns, 1)


def pullback_metric(model: VAE, codes: Tensor, directions: Tensor) -> Tensor:
    """The metric in the plane or space of these directions: the squared length of a step, as a matrix.

    Shapes: codes (n, code_dim), directions (k, latent_dim) -> (n, k, k). Unit: squared grey levels, mean over the
    picture's values, per squared unit of z.
    """
    change = GREY_LEVELS * jacobian(model, codes, directions)
    return change @ change.transpose(1, 2) / prod(model.config.image_shape)


def change_per_step(metric: Tensor) -> Tensor:
    """How much the picture changes per unit of z, over the directions of the metric as their geometric mean.

    In a plane it is the square root of the area element √det G. Shapes: (n, k, k) -> (n,). Unit: grey levels per unit
    of z.
    """
    k = metric.shape[1]
    determinant: Tensor = torch.linalg.det(metric.cpu().double())
    return determinant.clamp(min=0).pow(1 / (2 * k)).float()

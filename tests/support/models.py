"""What tests ask of a model beside what the app does."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from vae.model.latents import code, encode
from vae.model.losses import reconstruction_nll
from vae.model.networks import VAE, to_unit


def number_of_weights(model: nn.Module) -> int:
    """Number of trainable numbers of the model."""
    return sum(weights.numel() for weights in model.parameters())


@torch.no_grad()
def nll_at_mean(model: VAE, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """-log p(x | z = mean) of an unconditional model. Shapes: images (n, c, h, w) -> (n,). Unit: nats."""
    mean = encode(model, images, np.zeros(len(images), np.int64)).mean
    parameters = model.decoder(code(model, mean))
    nll = reconstruction_nll(parameters, to_unit(torch.from_numpy(images)), model.config, model.log_scale)
    return np.asarray(nll.numpy(), np.float32)

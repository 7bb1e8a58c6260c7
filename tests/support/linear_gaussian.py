"""A VAE whose true posterior and evidence are known in closed form: x = W z + b + noise."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributions, nn

from vae.model.networks import VAE, ModelConfig

Images = NDArray[np.uint8]

SIGMA = 0.4
W = torch.tensor([[0.5, 0.0], [0.0, 0.3], [0.6, 0.0], [0.0, -0.4]])  # orthogonal columns: a diagonal posterior
B = torch.tensor([0.4, 0.6, 0.5, 0.3])
GAUSSIAN = ModelConfig((1, 2, 2), 2, "mlp", (4,), likelihood="gaussian", sigma=SIGMA)


def precision(weight: Tensor = W) -> Tensor:
    """The inverse covariance of the true posterior, the same for every image."""
    return torch.eye(2) + weight.T @ weight / SIGMA**2


class LinearEncoder(nn.Module):
    """The best diagonal Gaussian for the linear-Gaussian model, shifted and widened by this much.

    It is the exact posterior where the columns of W are orthogonal.
    """

    def __init__(self, shift: float, widen: float, weight: Tensor) -> None:
        super().__init__()
        self.shift, self.widen, self.weight = shift, widen, weight

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        inverse = precision(self.weight)
        mean = (x.flatten(1) - B) @ self.weight @ torch.linalg.inv(inverse) / SIGMA**2
        logvar = -inverse.diagonal().log().expand_as(mean)
        return mean + self.shift, logvar + self.widen


class LinearDecoder(nn.Module):
    """W z + b, and for a conditional model a tenth of the label's number beside; remembers its largest batch."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.log_scale = torch.full((1, 1, 1), SIGMA).log()
        self.largest = 0

    def forward(self, code: Tensor) -> Tensor:
        self.largest = max(self.largest, len(code))
        offset = code[:, 2:] @ torch.arange(code.shape[1] - 2.0) / 10
        return (code[:, :2] @ self.weight.T + B + offset[:, None]).unflatten(1, (1, 2, 2))


def linear_vae(shift: float = 0, widen: float = 0, config: ModelConfig = GAUSSIAN, weight: Tensor = W) -> VAE:
    model = VAE(config)
    model.encoder, model.decoder = LinearEncoder(shift, widen, weight), LinearDecoder(weight)  # type: ignore[assignment]
    return model


def evidence(images: Images, offset: NDArray[np.float64] | float = 0, weight: Tensor = W) -> NDArray[np.float64]:
    """-log p(x) in closed form."""
    covariance = (weight @ weight.T).double() + SIGMA**2 * torch.eye(4, dtype=torch.float64)
    x = torch.from_numpy(images.reshape(-1, 4) / 255 - np.reshape(offset, (-1, 1)))
    return -distributions.MultivariateNormal(B.double(), covariance).log_prob(x).numpy()

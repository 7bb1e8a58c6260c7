"""The variational autoencoder: q(z|x) by an encoder, p(x|z) by a decoder, as an MLP or as convolutional networks."""

from dataclasses import dataclass
from itertools import pairwise
from math import log, prod
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from vae.validation import is_number, is_whole, one_of, require

Architecture = Literal["mlp", "conv", "subpixel"]
Likelihood = Literal[
    "bernoulli", "continuous-bernoulli", "gaussian", "gaussian-learned", "gaussian-optimal", "discretised-logistic"
]
Posterior = Literal["gaussian", "point"]

MAX_LATENT_DIM = 512
MAX_IMAGE_SIDE = 512
MAX_WIDTH = 8192
MAX_DEPTH = 8
MAX_CLASSES = 1000
LOGVAR_BOUND = 10.0
LOGITS: tuple[Likelihood, ...] = ("bernoulli", "continuous-bernoulli")  # whose decoders return logits
CONTINUOUS_SERIES = 0.5  # logits closer to 0 take the series of the continuous Bernoulli's mean and constant
FIRST_LOG_SCALE = -1.0  # where a learned scale starts: 0.37 of the grey range
LEARNED: tuple[Likelihood, ...] = ("gaussian-learned", "discretised-logistic")  # whose scale is a weight


@dataclass(frozen=True)
class ModelConfig:
    """Everything that rebuilds a model: saved beside its weights.

    image_shape: (channels, height, width). architecture: fully connected layers alone (mlp), or with convolutions, of
    which the decoder's double a picture's sides: transposed ones (conv) or sub-pixel ones (subpixel). hidden: widths of
    the fully connected layers, from the image inwards; the decoder mirrors them. channels: widths of the stride-2
    convolutions, from the image inwards (none for an mlp). sigma: standard deviation of the Gaussian likelihood, in
    units of the full grey range (gaussian only). batch_norm: normalise every hidden layer over the batch. posterior:
    what the encoder returns; "point" makes a plain autoencoder, whose code is the mean itself. classes: above 0, the
    decoder is conditional on the image's class (a conditional VAE); the encoder takes the image alone, so that
    unlabelled images can be encoded too. Raises ValueError, with the accepted range, for any value outside it.
    """

    image_shape: tuple[int, int, int]
    latent_dim: int
    architecture: Architecture
    hidden: tuple[int, ...]
    channels: tuple[int, ...] = ()
    likelihood: Likelihood = "bernoulli"
    sigma: float = 0.1
    batch_norm: bool = False
    posterior: Posterior = "gaussian"
    classes: int = 0

    def __post_init__(self) -> None:
        require(len(self.image_shape) == 3, "image_shape", self.image_shape, "three numbers: channels, height, width")
        color, *sides = self.image_shape
        require(is_whole(color) and color in (1, 3), "image channels", color, "1 (grey) or 3 (colour)")
        require(all(is_whole(s, 1, MAX_IMAGE_SIDE) for s in sides), "image sides", sides, f"1 to {MAX_IMAGE_SIDE}")
        d = self.latent_dim
        require(is_whole(d, 1, MAX_LATENT_DIM), "latent_dim", d, f"a whole number from 1 to {MAX_LATENT_DIM}")
        require(self.architecture in get_args(Architecture), "architecture", self.architecture, one_of(Architecture))
        require(self.likelihood in get_args(Likelihood), "likelihood", self.likelihood, one_of(Likelihood))
        require(self.posterior in get_args(Posterior), "posterior", self.posterior, one_of(Posterior))
        require(isinstance(self.batch_norm, bool), "batch_norm", self.batch_norm, "True or False")
        k = self.classes
        require(is_whole(k, 0, MAX_CLASSES), "classes", k, f"a whole number from 0 to {MAX_CLASSES}")
        for name, widths in (("hidden", self.hidden), ("channels", self.channels)):
            ok = len(widths) <= MAX_DEPTH and all(is_whole(w, 1, MAX_WIDTH) for w in widths)
            require(ok, name, widths, f"at most {MAX_DEPTH} widths of 1 to {MAX_WIDTH}")
        require(bool(self.hidden), "hidden", self.hidden, "at least one width")
        conv = self.architecture != "mlp"
        require(bool(self.channels) == conv, "channels", self.channels, "widths for convolutions, none for mlp")
        require(is_number(self.sigma, 1e-3, 10), "sigma", self.sigma, "0.001 to 10")

    @property
    def code_dim(self) -> int:
        """Numbers that the decoder takes per image: z, and for a conditional model a weight for each class."""
        return self.latent_dim + self.classes

    @property
    def label_nats(self) -> float:
        """What the label costs that a conditional model's bounds leave out: ln classes, 0 for other models. Unit: nats.

        -log p(x) <= -log p(x|label) + ln classes, where the classes are equally likely.
        """
        return log(max(1, self.classes))


def default_config(
    image_shape: tuple[int, int, int],
    latent_dim: int,
    architecture: Architecture = "mlp",
    hidden: tuple[int, ...] = (),
    channels: tuple[int, ...] = (),
    **options: Any,
) -> ModelConfig:
    """A model of sensible widths, where none are given, for images of this shape; options: ModelConfig's other fields.

    The MLP is the 784-400-z of most textbooks; convolutions halve the image three times (four from 64 pixels on).
    """
    if architecture != "mlp" and not channels:
        halvings = min(4, max(1, (min(image_shape[1:]) - 1).bit_length() - 2))  # down to 4 pixels or less
        channels = ((32,), (32, 64), (32, 64, 64), (32, 32, 64, 64))[halvings - 1]
    hidden = hidden or ((400,) if architecture == "mlp" else (128,))
    return ModelConfig(image_shape, latent_dim, architecture, hidden, channels, **options)


def reparameterize(mean: Tensor, logvar: Tensor, noise: Tensor) -> Tensor:
    """A sample of q(z|x) = N(mean, exp(logvar)) that is differentiable in its parameters.

    Shapes: mean, logvar, noise (n, latent_dim) -> (n, latent_dim); noise is drawn from N(0, I) by the caller, which
    has the seed. Source: Kingma & Welling 2014, section 2.4.
    """
    return mean + torch.exp(0.5 * logvar) * noise


def sample_posterior(mean: Tensor, logvar: Tensor, noise: Tensor, posterior: Posterior) -> Tensor:
    """z for what the encoder returned: a sample of q(z|x), or the mean itself for a point. Shapes as reparameterize."""
    return mean if posterior == "point" else reparameterize(mean, logvar, noise)


def condition(z: Tensor, labels: Tensor | None, classes: int) -> Tensor:
    """The decoder's input: z itself, or for a conditional model z and its label, one-hot.

    Shapes: z (n, latent_dim), labels (n,) int64 -> (n, latent_dim + classes). Raises ValueError without labels.
    """
    if classes == 0:
        return z
    if labels is None:
        raise ValueError("A conditional model decodes z together with a label; none was given.")
    return torch.cat((z, functional.one_hot(labels, classes).to(z.dtype)), dim=1)


def continuous_bernoulli_mean(logits: Tensor) -> Tensor:
    """Mean of the continuous Bernoulli: nearer to 1/2 than its parameter lambda = sigmoid(logit). Shape kept.

    lambda / (2 lambda - 1) + 1 / (2 artanh(1 - 2 lambda)), which in the logit l is 1/2 + coth(l/2)/2 - 1/l; near 0 its
    series 1/2 + l/12 - l^3/720 + l^5/30240 - l^7/1209600. The series goes as far as |l| = 1/2: closer to 0, coth(l/2)/2
    and 1/l cancel to so few digits that in float32 the derivative, at |l| = 0.1, would be wrong by a ten-thousandth.
    Source: Loaiza-Ganem & Cunningham 2019, section 3.
    """
    near = logits.abs() < CONTINUOUS_SERIES
    small, large = torch.where(near, logits, 0.0), torch.where(near, 1.0, logits)
    square = small.square()
    series = 0.5 + small * (1 / 12 + square * (-1 / 720 + square * (1 / 30240 - square / 1209600)))
    return torch.where(near, series, 0.5 + 0.5 / torch.tanh(large / 2) - 1 / large)


class Encoder(nn.Module):
    """q(z|x): image -> mean and log variance of a diagonal Gaussian."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.point = config.posterior == "point"
        self.convolutions = _down(config)
        widths = (_flat_size(config), *config.hidden)
        self.hidden = _hidden_layers(widths, config.batch_norm)
        self.head = nn.Linear(widths[-1], config.latent_dim * (1 if self.point else 2))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Shapes: x (n, c, h, w) in [0, 1] -> mean, logvar (n, latent_dim), float32, |logvar| <= LOGVAR_BOUND.

        The logvar of a point is the lower bound, a standard deviation of 0.007, so that it can be shown like others.
        """
        x = self.convolutions(x)  # (n, channels, h', w'); the image itself for an mlp
        x = self.head(self.hidden(x.flatten(1))).float()  # (n, 2 latent_dim), or (n, latent_dim) for a point
        if self.point:
            return x, torch.full_like(x, -LOGVAR_BOUND)
        mean, logvar = x.chunk(2, dim=1)
        # A smooth bound, so that no gradient vanishes abruptly; nearly the identity in the range that training uses.
        return mean, LOGVAR_BOUND * torch.tanh(logvar / LOGVAR_BOUND)


class Decoder(nn.Module):
    """p(x|z): code (z, and the label of a conditional model) -> parameters of the pixels' distribution, before
    sigmoid or clamping (see VAE.picture)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.log_scale: Tensor
        self.image_shape = config.image_shape
        self.feature_shape = _feature_shape(config)
        widths = (config.code_dim, *reversed(config.hidden))
        self.hidden = _hidden_layers(widths, config.batch_norm)
        self.head = nn.Linear(widths[-1], _flat_size(config))
        self.convolutions = _up(config)
        # Natural logarithm of the Gaussian's sigma, or of the logistic's scale for each colour, in grey ranges.
        if config.likelihood in LEARNED:
            colors = config.image_shape[0] if config.likelihood == "discretised-logistic" else 1
            self.log_scale = nn.Parameter(torch.full((colors, 1, 1), FIRST_LOG_SCALE))
        elif config.likelihood == "gaussian-optimal":
            self.register_buffer("log_scale", torch.full((1, 1, 1), FIRST_LOG_SCALE))
        else:  # in the config, hence not among the weights, and never on the meta device
            sigma = torch.full((1, 1, 1), log(config.sigma), device="cpu")
            self.register_buffer("log_scale", sigma, persistent=False)

    def forward(self, code: Tensor) -> Tensor:
        """Shapes: code (n, code_dim) -> (n, c, h, w), float32: logits, or means."""
        x = self.head(self.hidden(code)).unflatten(1, self.feature_shape)  # (n, channels, h', w')
        x = self.convolutions(x)  # (n, c, >= h, >= w)
        height, width = self.image_shape[1:]
        picture: Tensor = x[:, :, :height, :width].float()
        return picture


class VAE(nn.Module):
    """Encoder and decoder of one ModelConfig; no state beyond its weights, so that threads can share it."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.apply(_initialize)
        if (
            config.architecture == "mlp"
        ):  # its heads feed no ReLU; torch's smaller weights there are worth 1 nat on MNIST
            self.encoder.head.reset_parameters()
            self.decoder.head.reset_parameters()
        self.to(memory_format=torch.channels_last)  # the layout that convolutions run fastest in

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z|x). Shapes: x (n, c, h, w) in [0, 1] -> two of (n, latent_dim)."""
        mean, logvar = self.encoder(x)
        return mean, logvar

    def decode(self, code: Tensor) -> Tensor:
        """The mean picture of p(x|z). Shapes: code (n, code_dim) -> (n, c, h, w) in [0, 1]."""
        return self.picture(self.decoder(code))

    def picture(self, parameters: Tensor) -> Tensor:
        """The mean of p(x|z) as a picture, from what the decoder returned. Shapes: (n, c, h, w), kept; in [0, 1]."""
        if self.config.likelihood == "continuous-bernoulli":
            return continuous_bernoulli_mean(parameters)
        return parameters.sigmoid() if self.config.likelihood == "bernoulli" else parameters.clamp(0, 1)

    @property
    def log_scale(self) -> Tensor:
        """Natural logarithm of the likelihood's scale, in grey ranges: a weight, or the config's sigma.

        Shape: (1, 1, 1), or (c, 1, 1) for the discretised logistic; without meaning for the Bernoullis.
        """
        return self.decoder.log_scale

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return next(self.parameters()).device


def choose_device(name: str = "auto") -> torch.device:
    """The torch device of this name; "auto" is a CUDA GPU, else an Apple GPU, else the CPU.

    Raises ValueError for a device that this machine does not have.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(device for device, present in available.items() if present))
    require(name in available, "device", name, "auto, cpu, cuda or mps")
    if not available[name]:
        raise ValueError(f"This machine has no {name} device that torch can use; choose auto or cpu.")
    return torch.device(name)


def to_unit(images: Tensor) -> Tensor:
    """uint8 images as float32 in [0, 1], in the memory layout that convolutions run fastest in. Shape kept."""
    memory_format = torch.channels_last if images.dim() == 4 else torch.contiguous_format
    return images.to(dtype=torch.float32, memory_format=memory_format).div_(255)


def to_uint8(pictures: Tensor) -> Tensor:
    """Pictures in [0, 1] as uint8, rounded to the nearest of 256 levels. Shape kept."""
    return pictures.mul(255).round_().to(torch.uint8)


def _initialize(layer: nn.Module) -> None:
    """Weights that keep the signal's size from layer to layer under ReLU, so that the KL does not switch off
    dimensions before the decoder uses them: with torch's smaller weights whole dimensions collapse in the first epoch.

    Source: He et al. 2015, "Delving deep into rectifiers".
    """
    if not isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear) or layer.weight.is_meta:
        return  # nothing to fill on the meta device, where torch would spend a second on imports
    if isinstance(layer, nn.ConvTranspose2d):
        # With a 4 x 4 kernel and stride 2, each output pixel depends on 2 x 2 of the kernel for every input channel.
        nn.init.normal_(layer.weight, std=(2 / (4 * layer.in_channels)) ** 0.5)
    else:
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def _hidden_layers(widths: tuple[int, ...], batch_norm: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(widths):
        layers += [nn.Linear(n_in, n_out), *([nn.BatchNorm1d(n_out)] if batch_norm else []), nn.ReLU()]
    return nn.Sequential(*layers)


def _feature_shape(config: ModelConfig) -> tuple[int, int, int]:
    """Shape where the convolutions meet the fully connected layers: each stride halves a side, rounding up."""
    color, height, width = config.image_shape
    factor = 2 ** len(config.channels)
    return (config.channels or (color,))[-1], -(-height // factor), -(-width // factor)


def _flat_size(config: ModelConfig) -> int:
    return prod(_feature_shape(config))


def _down(config: ModelConfig) -> nn.Sequential:
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise((config.image_shape[0], *config.channels)):
        norm = [nn.BatchNorm2d(n_out)] if config.batch_norm else []
        layers += [nn.Conv2d(n_in, n_out, 3, stride=2, padding=1), *norm, nn.ReLU()]
    return nn.Sequential(*layers)


def _up(config: ModelConfig) -> nn.Sequential:
    widths = (*reversed(config.channels), config.image_shape[0])
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(widths):
        norm = [nn.BatchNorm2d(n_in)] if config.batch_norm else []
        layers += [*norm, nn.ReLU(), *_doubling(n_in, n_out, config.architecture)]
    return nn.Sequential(*layers)


def _doubling(n_in: int, n_out: int, architecture: Architecture) -> list[nn.Module]:
    """Layers that double height and width. Shapes: (n, n_in, h, w) -> (n, n_out, 2 h, 2 w).

    A sub-pixel convolution computes the 2 x 2 pixels in place of each as 4 n_out channels, from 3 x 3 pixels around it;
    of these a transposed convolution takes 2 x 2. Source: Shi et al. 2016, "Real-time single image and video
    super-resolution using an efficient sub-pixel convolutional neural network".
    """
    if architecture == "subpixel":
        return [nn.Conv2d(n_in, 4 * n_out, 3, padding=1), nn.PixelShuffle(2)]
    return [nn.ConvTranspose2d(n_in, n_out, 4, stride=2, padding=1)]

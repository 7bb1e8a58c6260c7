"""Where the nats of an image go: -ELBO = amortisation gap + approximation gap + NLL. Unit: nats per image.

The encoder's q(z|x) is not the best Gaussian for this image: by the amortisation gap. No diagonal Gaussian is the
posterior p(z|x): by the approximation gap. Source: Cremer, Li & Duvenaud 2018, "Inference suboptimality in variational
autoencoders".

Protocol. The best q is sought from the encoder's by STEPS steps of Adam, DRAWS draws of z each, whose rate falls to 0.
Then all three numbers are estimated anew with ESTIMATE draws of each q: the search has not seen them. Every draw comes
from a seed, so that the same image gives the same numbers.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import cos, log, pi

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vae.evaluation.metrics import CACHE_NUMBERS
from vae.model.losses import kl_divergence, log_normal, reconstruction_nll
from vae.model.networks import VAE, condition, to_unit
from vae.validation import require

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]
Numbers = NDArray[np.float64]

STEPS = 200
DRAWS = 16  # of z per step
RATE = 0.1  # of the first step, in standard deviations of the encoder's q
FORGET, FORGET_SQUARES, TINY = 0.9, 0.99, 1e-8  # of Adam
ESTIMATE = 2000  # draws of z for each number
WATCHED = 64  # draws of z, the same for every step, with which a page sees the -ELBO fall
# Importance sampling needs a proposal with heavier tails than p(z|x): the best q, wider by this over the root of
# latent_dim, so that the variance of the weights does not grow with the number of dimensions.
WIDENING = 0.6


@dataclass(frozen=True, eq=False)
class Posterior:
    """A diagonal Gaussian for each image. Shapes: mean, logvar (n, latent_dim)."""

    mean: Tensor
    logvar: Tensor

    @property
    def kl(self) -> Tensor:
        """KL to the prior. Shape: (n,). Unit: nats."""
        return kl_divergence(self.mean, self.logvar).sum(1)

    def draw(self, noise: Tensor) -> Tensor:
        """z = mean + sigma * noise. Shapes: noise (k, n, latent_dim), kept."""
        return self.mean + torch.exp(0.5 * self.logvar) * noise


@dataclass(frozen=True, eq=False)
class Target:
    """The images that posteriors are sought for, under a model's likelihood; given their labels where it has classes.

    Shapes: x (n, c, h, w) in [0, 1], labels (n,).
    """

    model: VAE
    x: Tensor
    labels: Tensor

    @classmethod
    def of(cls, model: VAE, images: Images, labels: Labels) -> "Target":
        """Of these images, on the model's device. Raises ValueError for a plain autoencoder, which has no q."""
        if model.config.posterior == "point":
            raise ValueError(
                "A plain autoencoder has neither q(z|x) nor an ELBO, so that there are no gaps; choose a VAE."
            )
        x = to_unit(torch.from_numpy(images).to(model.device))
        return cls(model, x, torch.from_numpy(labels).to(model.device))

    @torch.no_grad()
    def encoded(self) -> Posterior:
        """The encoder's q(z|x)."""
        return Posterior(*self.model.encode(self.x))

    def reconstruction(self, z: Tensor) -> Tensor:
        """-log p(x|z). Shapes: z (k, n, latent_dim) -> (k, n). Unit: nats."""
        k = len(z)
        code = condition(z.flatten(0, 1), self.labels.repeat(k), self.model.config.classes)
        parameters = self.model.decoder(code)
        x = self.x.expand(k, *self.x.shape).flatten(0, 1)
        return reconstruction_nll(parameters, x, self.model.config, self.model.log_scale).reshape(k, -1)

    def log_weights(self, q: Posterior, noise: Tensor) -> Tensor:
        """log p(x, z) - log q(z|x), whose mean is the ELBO. Shapes: noise (k, n, latent_dim) -> (k, n). Unit: nats."""
        z = q.draw(noise)
        zero = torch.zeros_like(q.mean)
        log_ratio = log_normal(z, zero, zero) - log_normal(z, q.mean.detach(), q.logvar.detach())
        return log_ratio.sum(2) - self.reconstruction(z)


@dataclass(frozen=True, eq=False)
class Parts:
    """Estimates for each image: -ELBO of the encoder's q, -ELBO of the best q that was found, and the NLL.

    But for the noise of their draws, optimised and nll are upper bounds: a better q may exist, and the NLL's bound may
    fall with more draws. So the amortisation gap is at least `amortisation`, and -log p(x) at most `nll`; the
    approximation gap is at least `approximation` where the search has converged. effective_draws: of ESTIMATE, for the
    NLL. Shapes: (n,). Unit: nats.
    """

    negative_elbo: Numbers
    optimised: Numbers
    nll: Numbers
    effective_draws: Numbers

    @property
    def amortisation(self) -> Numbers:
        """What the encoder loses against the best q."""
        return self.negative_elbo - self.optimised

    @property
    def approximation(self) -> Numbers:
        """What the best q loses against the true posterior."""
        return self.optimised - self.nll


@dataclass(frozen=True)
class Gaps:
    """The parts' means over images, which add up to negative_elbo, and the standard errors of the means."""

    negative_elbo: float
    amortisation: float
    approximation: float
    nll: float
    amortisation_error: float
    approximation_error: float
    nll_error: float
    protocol: str


def gaps(model: VAE, images: Images, labels: Labels, *, seed: int = 0, steps: int = STEPS) -> Gaps:
    """The three parts of these images' -ELBO. Shapes: (n, c, h, w), (n,). Raises ValueError for a plain autoencoder."""
    target = Target.of(model, images, labels)
    require(len(images) > 0, "number of images", len(images), "at least 1")
    *_, best = optimise(target, target.encoded(), seed=seed, steps=steps)
    found = parts(target, target.encoded(), best, seed=seed)
    columns = found.negative_elbo, found.amortisation, found.approximation, found.nll
    elbo, amortisation, approximation, nll = (float(column.mean()) for column in columns)
    amortisation_error, approximation_error, nll_error = (float(c.std() / len(c) ** 0.5) for c in columns[1:])
    protocol = (
        f"{len(images)} images; q from the encoder's by {steps} steps of Adam with {DRAWS} draws of z each; then "
        f"{ESTIMATE} other draws for each number; amortisation gap at least, NLL at most, approximation gap at least "
        f"where the steps have converged; median of {np.median(found.effective_draws):.0f} effective draws"
    )
    return Gaps(elbo, amortisation, approximation, nll, amortisation_error, approximation_error, nll_error, protocol)


def optimise(
    target: Target, start: Posterior, *, seed: int = 0, steps: int = STEPS, draws: int = DRAWS
) -> Iterator[Posterior]:
    """The start, then q after each step towards the least -ELBO of each image.

    The steps follow the gradient of the log weights at z alone: where q is the true posterior, every draw's gradient
    is 0. Source: Roeder, Wu & Duvenaud 2017, "Sticking the landing".
    """
    yield start
    generator = _generator(target, seed)
    scale = torch.exp(0.5 * start.logvar)
    move, widen = _Adam(start.mean), _Adam(start.mean)
    for step in range(steps):
        noise = _noise(draws, start, generator)
        with torch.enable_grad():
            at, log_scale = (adam.value.requires_grad_() for adam in (move, widen))
            q = Posterior(start.mean + scale * at, start.logvar + 2 * log_scale)
            loss = -target.log_weights(q, noise).mean(0).sum()
            gradients = torch.autograd.grad(loss, (at, log_scale))
        rate = RATE * 0.5 * (1 + cos(pi * step / steps))
        for adam, gradient in zip((move, widen), gradients, strict=True):
            adam.step(gradient, rate)
        yield Posterior(start.mean + scale * move.value, start.logvar + 2 * widen.value)


class _Adam:
    """A tensor of zeros, moved by Adam; torch.optim takes a second to import. Source: Kingma & Ba 2015."""

    def __init__(self, like: Tensor) -> None:
        self.value = torch.zeros_like(like)
        self._mean, self._square = torch.zeros_like(like), torch.zeros_like(like)
        self._steps = 0

    @torch.no_grad()
    def step(self, gradient: Tensor, rate: float) -> None:
        self._steps += 1
        self._mean = FORGET * self._mean + (1 - FORGET) * gradient
        self._square = FORGET_SQUARES * self._square + (1 - FORGET_SQUARES) * gradient.square()
        mean, square = self._mean / (1 - FORGET**self._steps), self._square / (1 - FORGET_SQUARES**self._steps)
        self.value = self.value.detach() - rate * mean / (square.sqrt() + TINY)


def watched_nats(target: Target, *, seed: int = 0) -> Callable[[Posterior], tuple[Tensor, Tensor]]:
    """From a posterior to its reconstruction and KL in nats, with the same WATCHED draws every time.

    Shapes of both: (n,). Their sum estimates the -ELBO, the KL in closed form.
    """
    generator = _generator(target, seed, stream=1)
    noise: list[Tensor] = []

    @torch.no_grad()
    def nats(q: Posterior) -> tuple[Tensor, Tensor]:
        if not noise:
            noise.append(_noise(WATCHED, q, generator))
        return target.reconstruction(q.draw(noise[0])).mean(0), q.kl

    return nats


def parts(target: Target, encoded: Posterior, best: Posterior, *, seed: int = 0) -> Parts:
    """The estimates for the encoder's q and the best q that was found."""
    *_, found = parts_in_steps(target, encoded, best, seed=seed)
    assert found is not None
    return found


def parts_in_steps(target: Target, encoded: Posterior, best: Posterior, *, seed: int = 0) -> Iterator[Parts | None]:
    """None after each chunk of the draws, some milliseconds of work, and at last the estimates."""
    widening = 2 * log(1 + WIDENING / best.mean.shape[1] ** 0.5)
    wide = Posterior(best.mean, best.logvar + widening)
    weights = []
    for stream, q in enumerate((encoded, best, wide)):
        chunks = []
        for chunk in _chunks(target, q, _generator(target, seed, stream=2 + stream)):
            chunks.append(chunk)
            yield None
        weights.append(torch.cat(chunks))
    ours, optimal, wider = weights
    nll = log(ESTIMATE) - torch.logsumexp(wider, 0)
    effective = torch.exp(2 * torch.logsumexp(wider, 0) - torch.logsumexp(2 * wider, 0))
    yield Parts(*(column.cpu().numpy() for column in (-ours.mean(0), -optimal.mean(0), nll, effective)))


def _chunks(target: Target, q: Posterior, generator: torch.Generator) -> Iterator[Tensor]:
    """ESTIMATE log weights of each image, some at once. Shape of a chunk: (k, n) float64."""
    rows = max(1, CACHE_NUMBERS // target.x.numel())
    for start in range(0, ESTIMATE, rows):
        with torch.no_grad():
            noise = _noise(min(rows, ESTIMATE - start), q, generator)
            yield target.log_weights(q, noise).double()


def _noise(draws: int, q: Posterior, generator: torch.Generator) -> Tensor:
    """Shape: (draws, n, latent_dim)."""
    return torch.randn((draws, *q.mean.shape), generator=generator, device=q.mean.device)


def _generator(target: Target, seed: int, stream: int = 0) -> torch.Generator:
    """Random numbers of this seed; another stream of it for each use."""
    state = np.random.SeedSequence((seed, stream)).generate_state(1, np.uint64)[0]
    return torch.Generator(target.x.device).manual_seed(int(state))

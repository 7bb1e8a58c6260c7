"""The path between two latent vectors along which the picture changes least, beside the straight and the spherical one.

A path is POINTS latent vectors; its length is the sum of the distances between the pictures along it (see metric), at
FINE points of each stretch between two of them. The least energy, the sum of the squared distances between neighbours,
makes the path both short and even. Sources: Shao et al. 2018, "The Riemannian geometry of deep generative models";
Arvanitidis et al. 2018.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import pi, prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from vae.model.geometry.metric import GREY_LEVELS
from vae.model.latents import Curve, FloatArray, code, interpolate
from vae.model.networks import VAE

POINTS = 25
FINE = 4
MOST_STEPS = 20
STEP_ITERATIONS = 4  # of L-BFGS; a step is short, so that others get their turn
CONVERGED = 3e-4  # a step gains no more than this share of the length


@dataclass(frozen=True)
class Shortest:
    """The shortest path so far, and the lengths. points: (POINTS, latent_dim). Unit of lengths: grey levels.

    shortest is never above straight and spherical. done: whether it is the last.
    """

    points: FloatArray
    shortest: float
    straight: float
    spherical: float
    done: bool


def path_length(model: VAE, codes: Tensor) -> float:
    """How much the picture changes along a path. Shapes: codes (n, code_dim), straight between. Unit: grey levels."""
    shares = torch.linspace(0, 1, FINE + 1, device=codes.device)[:-1, None]
    stretches = codes[:-1, None] + shares * codes.diff(dim=0)[:, None]  # (n - 1, FINE, code_dim)
    with torch.inference_mode():
        pictures = model.decode(torch.cat([stretches.flatten(0, 1), codes[-1:]])).flatten(1)
        return float((pictures.diff(dim=0).square().mean(1).sqrt().sum() * GREY_LEVELS).item())


def path_codes(
    model: VAE, start: FloatArray, end: FloatArray, curve: Curve, labels: tuple[int, int] | None = None
) -> Tensor:
    """POINTS codes of a known path. Shapes: start, end (latent_dim,) -> (POINTS, code_dim).

    labels: the ends' classes, of a conditional model. Their weights change evenly along the path.
    """
    points = interpolate(start, end, POINTS, curve)
    first, last = (code(model, points, None if labels is None else np.full(POINTS, k)) for k in labels or (0, 0))
    return torch.lerp(first, last, torch.linspace(0, 1, POINTS, device=first.device)[:, None])


def shortest_path(
    model: VAE, start: FloatArray, end: FloatArray, labels: tuple[int, int] | None = None
) -> Iterator[Shortest]:
    """Ever shorter paths from start to end, the last one with done, by L-BFGS from the shorter of the known two.

    Shapes: start, end (latent_dim,). labels as for path_codes: only z is free. Each takes a core some 50 ms for a small
    decoder.
    """
    known = [path_codes(model, start, end, curve, labels) for curve in ("linear", "spherical")]
    straight, spherical = (path_length(model, codes) for codes in known)
    best, shortest = (known[0], straight) if straight <= spherical else (known[1], spherical)
    search = _Search(model, best)
    for step in range(MOST_STEPS):
        codes = search.improve()
        length = path_length(model, codes)
        gained = shortest - length
        if gained > 0:
            best, shortest = codes, length
        done = gained <= CONVERGED * shortest or step == MOST_STEPS - 1
        yield Shortest(best[:, : len(start)].cpu().numpy(), shortest, straight, spherical, done)
        if done:
            return


class _Search:
    """L-BFGS on the energy of a path whose ends are fixed, as the classes along it are.

    The path is its first guess plus sine waves, the k-th divided by k: for a linear decoder all of them then change
    the energy alike, which spares most of the steps that a chain of points needs.
    """

    def __init__(self, model: VAE, guess: Tensor) -> None:
        self._model = model
        self._guess = guess
        k = torch.arange(1, POINTS - 1, device=guess.device)
        t = torch.linspace(0, 1, POINTS, device=guess.device)
        self._waves = torch.sin(pi * k * t[:, None]) / k  # (POINTS, POINTS - 2)
        self._waves[-1] = 0  # a sine of pi is not quite 0
        self._shape = POINTS - 2, model.config.latent_dim
        self._heights = np.zeros(prod(self._shape))  # of each wave in each dimension
        self._scale = 1.0
        self._scale = self._energy(self._heights)[0] or 1.0

    def improve(self) -> Tensor:
        """The path's codes after one more step. Shape: (POINTS, code_dim)."""
        from scipy.optimize import minimize  # takes half a second

        options = {"maxiter": STEP_ITERATIONS}
        self._heights = minimize(self._energy, self._heights, jac=True, method="L-BFGS-B", options=options).x
        return self._path(self._tensor(self._heights))

    def _tensor(self, heights: NDArray[np.float64]) -> Tensor:
        return torch.from_numpy(heights.reshape(self._shape)).float().to(self._guess.device)

    def _path(self, heights: Tensor) -> Tensor:
        moved = self._waves @ heights
        return self._guess + functional.pad(moved, (0, self._guess.shape[1] - moved.shape[1]))

    def _energy(self, heights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """The energy as a share of the first guess's, and its gradient."""
        with torch.enable_grad():
            waves = self._tensor(heights).requires_grad_()
            pictures = self._model.decode(self._path(waves)).flatten(1)
            energy = pictures.diff(dim=0).square().sum() / self._scale
            (gradient,) = torch.autograd.grad(energy, waves)
        return energy.item(), gradient.cpu().double().numpy().ravel()

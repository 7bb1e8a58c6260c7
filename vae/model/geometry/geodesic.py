"""The path between two latent vectors along which the picture changes least, beside the straight and the spherical one.

A path is POINTS latent vectors; its length is the sum of the distances between the pictures along it (see metric), at
FINE points of each stretch between two of them. The least energy, the sum of the squared distances between neighbours,
makes the path both short and even. Sources: Shao et al. 2018, "The Riemannian geometry of deep generative models";
Arvanitidis et al. 2018.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import pi

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vae.model.geometry.metric import GREY_LEVELS
from vae.model.latents import FloatArray, code, interpolate
from vae.model.networks import VAE

POINTS = 25
FINE = 4
MOST_STEPS = 20
STEP_ITERATIONS = 4  # of L-BFGS; a step is short, so that others get their turn
CONVERGED = 3e-4  # a step gains less than this share of the length


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


def path_length(model: VAE, points: FloatArray, label: int | None = None) -> float:
    """How much the picture changes along a path. Shapes: points (n, latent_dim), straight between. Unit: grey levels.

    label: the class of a conditional model.
    """
    shares = np.linspace(0, 1, FINE, endpoint=False, dtype=np.float32)[:, None, None]
    stretches = (1 - shares) * points[:-1] + shares * points[1:]  # (FINE, n - 1, latent_dim)
    fine = np.concatenate([stretches.swapaxes(0, 1).reshape(-1, points.shape[1]), points[-1:]])
    with torch.inference_mode():
        pictures = model.decode(code(model, fine, _labels(label, len(fine)))).flatten(1)
        return float((pictures.diff(dim=0).square().mean(1).sqrt().sum() * GREY_LEVELS).item())


def shortest_path(model: VAE, start: FloatArray, end: FloatArray, label: int | None = None) -> Iterator[Shortest]:
    """Ever shorter paths from start to end, the last one with done, by L-BFGS from the shorter of the known two.

    Shapes: start, end (latent_dim,). label: the class of a conditional model, the same along the path. Each of them
    takes a core some 50 ms for a small decoder.
    """
    straight, spherical = (interpolate(start, end, POINTS, curve) for curve in ("linear", "spherical"))
    lengths = [path_length(model, path, label) for path in (straight, spherical)]
    best, shortest = (straight, lengths[0]) if lengths[0] <= lengths[1] else (spherical, lengths[1])
    search = _Search(model, best, label)
    for step in range(MOST_STEPS):
        points = search.improve()
        length = path_length(model, points, label)
        gained = shortest - length
        if gained > 0:
            best, shortest = points, length
        done = gained < CONVERGED * shortest or step == MOST_STEPS - 1
        yield Shortest(best, shortest, lengths[0], lengths[1], done)
        if done:
            return


class _Search:
    """L-BFGS on the energy of a path whose ends are fixed.

    The path is its first guess plus sine waves, the k-th divided by k: for a linear decoder all of them then change
    the energy alike, which spares most of the steps that a chain of points needs.
    """

    def __init__(self, model: VAE, guess: FloatArray, label: int | None) -> None:
        self._model = model
        self._guess = torch.from_numpy(guess).to(model.device)
        self._classes = code(model, guess, _labels(label, POINTS))[:, guess.shape[1] :]
        k = torch.arange(1, POINTS - 1, device=model.device)
        t = torch.linspace(0, 1, POINTS, device=model.device)
        self._waves = torch.sin(pi * k * t[:, None]) / k  # (POINTS, POINTS - 2)
        self._waves[-1] = 0  # a sine of pi is not quite 0
        self._heights = np.zeros((POINTS - 2) * guess.shape[1])  # of each wave in each dimension
        self._scale = 1.0
        self._scale = self._energy(self._heights)[0] or 1.0

    def improve(self) -> FloatArray:
        """The path after one more step. Shape: (POINTS, latent_dim)."""
        from scipy.optimize import minimize  # takes half a second

        options = {"maxiter": STEP_ITERATIONS}
        self._heights = minimize(self._energy, self._heights, jac=True, method="L-BFGS-B", options=options).x
        points: FloatArray = self._path(self._tensor(self._heights)).cpu().numpy()
        return points

    def _tensor(self, heights: NDArray[np.float64]) -> Tensor:
        shape = POINTS - 2, self._guess.shape[1]
        return torch.from_numpy(heights.reshape(shape)).to(self._guess)

    def _path(self, heights: Tensor) -> Tensor:
        return self._guess + self._waves @ heights

    def _energy(self, heights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """The energy as a share of the first guess's, and its gradient."""
        with torch.enable_grad():
            waves = self._tensor(heights).requires_grad_()
            pictures = self._model.decode(torch.cat([self._path(waves), self._classes], 1)).flatten(1)
            energy = pictures.diff(dim=0).square().sum() / self._scale
            (gradient,) = torch.autograd.grad(energy, waves)
        return energy.item(), gradient.double().cpu().numpy().ravel()


def _labels(label: int | None, n: int) -> NDArray[np.int64] | None:
    return None if label is None else np.full(n, label)

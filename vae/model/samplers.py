"""Distributions to sample latent vectors from: the prior, a mixture fitted to the aggregate posterior, one class, one
image.

Each is a Mixture, so that one fixed noise vector can be used with all of them.
"""

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from vae.validation import is_whole, require

FloatArray = NDArray[np.float32]
DoubleArray = NDArray[np.float64]

MAX_COMPONENTS = 64
LEAST_CODES = 20  # to fit a mixture to half of them
LEAST_TRIED = 8  # components, before the search may end: fewer cost little, and clusters may need them
MOST_ROWS = 10_000  # to fit a mixture to: more take longer and change little
LEAST_IN_CLASS = 10  # a variance from fewer is off by about half
ROWS_PER_DIMENSION = 5  # below this, a full covariance is shrunk
VARIANCE_FLOOR = 1e-6  # share of each dimension's variance that is added, so that no Gaussian is infinitely thin
CHOICE_STREAM = 1  # makes the random numbers of the components independent of the noise

_fitting = Lock()


@dataclass(frozen=True)
class Mixture:
    """A mixture of k Gaussians with full covariances over d latent dimensions; k is 1 for a plain Gaussian.

    Shapes: weights (k,), positive or zero, summing to 1; means (k, d); factors (k, d, d): the covariances' Cholesky
    factors, lower triangular with a positive diagonal. float64, for densities in many dimensions; draws are float32.
    """

    weights: DoubleArray
    means: DoubleArray
    factors: DoubleArray

    def __post_init__(self) -> None:
        k, d = self.means.shape
        ok = self.weights.shape == (k,) and bool((self.weights >= 0).all()) and math.isclose(self.weights.sum(), 1)
        require(ok, "weights", self.weights, f"{k} numbers from 0 up that sum to 1")
        require(self.factors.shape == (k, d, d), "shape of factors", self.factors.shape, f"({k}, {d}, {d})")
        diagonal = np.diagonal(self.factors, axis1=1, axis2=2)
        require(bool((diagonal > 0).all()), "smallest diagonal entry of factors", float(diagonal.min()), "above 0")

    @property
    def components(self) -> int:
        """Number of Gaussians."""
        return len(self.weights)

    @property
    def latent_dim(self) -> int:
        """Number of latent dimensions."""
        return int(self.means.shape[1])

    def from_noise(
        self, noise: NDArray[np.floating], choice: NDArray[np.floating], temperature: float = 1.0
    ) -> FloatArray:
        """The latent vectors of this noise: mean + temperature * factor @ noise, in the chosen component.

        Shapes: noise (n, d) from N(0, I); choice (n,) uniform in [0, 1), picks the component -> (n, d). A deterministic
        function: with noise and choice fixed, a change of temperature moves every row along a straight line through the
        mean of its component, and truncating the noise truncates the samples. Raises ValueError for other shapes, a
        choice outside [0, 1), or a temperature below 0.
        """
        n, d = len(choice), self.latent_dim
        require(noise.shape == (n, d), "shape of noise", noise.shape, f"({n}, {d})")
        require(bool(((choice >= 0) & (choice < 1)).all()), "choice", choice, "numbers from 0 to below 1")
        require(0 <= temperature < math.inf, "temperature", temperature, "0 or more")
        edges = np.cumsum(self.weights)
        component = np.searchsorted(edges / edges[-1], choice, side="right")
        z = self.means[component]  # (n, d), a copy
        for k in np.unique(component):
            rows = component == k
            z[rows] += temperature * (noise[rows] @ self.factors[k].T)
        return z.astype(np.float32)

    def sample(self, count: int, seed: int, temperature: float = 1.0) -> FloatArray:
        """Samples, with the deviations within each component scaled by temperature. Shape: (count, d).

        The first rows do not depend on count. The noise is that of vae.model.latents.sample with the same seed.
        """
        noise = np.random.default_rng(seed).standard_normal((count, self.latent_dim), np.float32)
        choice = np.random.default_rng((seed, CHOICE_STREAM)).random(count)
        return self.from_noise(noise, choice, temperature)

    def log_density(self, z: NDArray[np.floating]) -> DoubleArray:
        """ln of the density at these latent vectors. Shapes: (n, d) -> (n,). Unit: nats."""
        require(z.ndim == 2 and z.shape[1] == self.latent_dim, "shape of z", z.shape, f"(n, {self.latent_dim})")
        parts = np.empty((self.components, len(z)))
        with np.errstate(divide="ignore"):
            log_weights = np.log(self.weights)  # -inf for a component of weight 0, which adds nothing
        for k, (mean, factor) in enumerate(zip(self.means, self.factors, strict=True)):
            white = np.linalg.solve(factor, (z - mean).T)  # (d, n): standard normal if z is from this component
            parts[k] = log_weights[k] - np.log(np.diag(factor)).sum() - 0.5 * np.sum(white**2, axis=0)
        return np.asarray(np.logaddexp.reduce(parts, axis=0) - 0.5 * self.latent_dim * math.log(2 * math.pi))


@dataclass(frozen=True)
class MixtureFit:
    """A mixture fitted to codes, and how its number of components was chosen.

    log_density_by_components: for each number tried, in order: mean ln density of the codes that it was chosen by, in
    nats per code. held_out: indices into the codes, ascending, of those that were used neither to fit nor to choose.
    """

    mixture: Mixture
    log_density_by_components: dict[int, float]
    held_out: NDArray[np.int64]


def standard_normal(latent_dim: int) -> Mixture:
    """The prior N(0, I)."""
    require(is_whole(latent_dim, 1), "latent_dim", latent_dim, "a whole number from 1")
    return Mixture(np.ones(1), np.zeros((1, latent_dim)), np.eye(latent_dim)[None])


def posterior_of(mean: FloatArray, logvar: FloatArray) -> Mixture:
    """q(z|x) of one image. Shapes: mean, logvar (latent_dim,)."""
    deviation = np.exp(0.5 * np.asarray(logvar, np.float64))
    return Mixture(np.ones(1), np.asarray(mean, np.float64)[None], np.diag(deviation)[None])


def sample_aggregate_posterior(mean: FloatArray, logvar: FloatArray, seed: int) -> FloatArray:
    """Samples of q(z), the aggregate posterior: one z from q(z|x) for each image. Shapes: (n, latent_dim), kept."""
    noise = np.random.default_rng(seed).standard_normal(mean.shape, np.float32)
    return np.asarray(mean + np.exp(0.5 * logvar) * noise, np.float32)


def fit_mixture(codes: FloatArray, max_components: int = MAX_COMPONENTS, seed: int = 0) -> MixtureFit:
    """A Gaussian mixture of the codes, the same for the same seed. Shape: codes (n, latent_dim).

    For the aggregate posterior, pass samples of it, one per image; the means alone are too narrow. The mixture is
    fitted to a random half (expectation-maximisation from k-means, full covariances). Of 1, 2, 3, 4, 6, 8, 12, 16, …
    components, the number is chosen under which a quarter of the codes is likeliest: codes that were not fitted
    penalise overfitting by themselves. The last quarter is held out of both, to measure the mixture that was chosen.
    The search ends when the likelihood has fallen twice in a row, with eight components at the earliest.

    A component has at least 5 (latent_dim + 1) fitted codes on average: larger numbers are not tried. One component is
    always tried; its covariance is shrunk as in per_class where codes are few. Of more than 20,000 codes,
    a random 20,000 are used: 10,000 codes of 10 dimensions take two to three seconds. Raises ValueError for fewer than
    20 codes or codes that are not finite.
    Source: Ghosh et al. 2020, "From variational to deterministic autoencoders" (the fitted mixture as a sampler).
    """
    require(is_whole(max_components, 1), "max_components", max_components, "a whole number from 1")
    _require_codes(codes, LEAST_CODES)
    held_out, judges, fitted = _split(len(codes), seed)
    rows = codes[np.sort(fitted)]
    most = min(max_components, len(rows) // _rows_needed(codes.shape[1]))
    mixtures: dict[int, Mixture] = {}
    density: dict[int, float] = {}
    with one_thread():
        for k in _numbers_of_components(most):
            mixtures[k] = _gaussian(rows) if k == 1 else _expectation_maximisation(rows, k, seed)
            density[k] = float(mixtures[k].log_density(codes[judges]).mean())
            if k >= LEAST_TRIED and _fell_twice(list(density.values())):
                break
    return MixtureFit(mixtures[max(density, key=lambda k: density[k])], density, np.sort(held_out))


def held_out_rows(n: int, seed: int = 0) -> NDArray[np.int64]:
    """Which of n codes fit_mixture holds out of the fit and of the choice of its size. Ascending."""
    return np.sort(_split(n, seed)[0])


def _split(n: int, seed: int) -> list[NDArray[np.int64]]:
    """Numbers of the codes to hold out, to choose by, and to fit to."""
    order = np.random.default_rng(seed).permutation(n)[: 2 * MOST_ROWS]
    quarter = len(order) // 4
    return np.split(order, [quarter, 2 * quarter])


def per_class(codes: FloatArray, labels: NDArray[np.int64], classes: int) -> tuple[Mixture | None, ...]:
    """One Gaussian for each class; None for a class of fewer than 10 codes. Shapes: codes (n, latent_dim), labels (n,).

    The covariance of a class is full. Where it has fewer than 5 (latent_dim + 1) codes, it is shrunk towards its
    diagonal: all correlations by the same share, the variances not at all. Raises ValueError for codes that are not
    finite, or labels that are not of 0 … classes - 1. Source: Ledoit & Wolf 2004, "A well-conditioned estimator for
    large-dimensional covariance matrices" (the share, for codes of variance 1 in each dimension).
    """
    _require_codes(codes, 0)
    require(labels.shape == (len(codes),), "shape of labels", labels.shape, f"({len(codes)},)")
    inside = not len(labels) or (labels.min() >= 0 and labels.max() < classes)
    require(inside, "labels", sorted(set(labels.tolist()))[:20], f"from 0 to {classes - 1}")
    groups = (codes[labels == label] for label in range(classes))
    return tuple(_gaussian(group) if len(group) >= LEAST_IN_CLASS else None for group in groups)


def _require_codes(codes: FloatArray, least: int) -> None:
    require(codes.ndim == 2 and codes.shape[1] >= 1, "shape of the codes", codes.shape, "(n, latent_dim)")
    require(len(codes) >= least, "number of codes", len(codes), f"at least {least}")
    bad = int(np.sum(~np.isfinite(codes).all(axis=1)))
    require(bad == 0, "number of codes with NaN or infinity", bad, "0")


def _rows_needed(latent_dim: int) -> int:
    """Number of rows, on average, from which a full covariance is not shrunk."""
    return ROWS_PER_DIMENSION * (latent_dim + 1)


def _numbers_of_components(most: int) -> list[int]:
    """1, 2, 3, 4, 6, 8, 12, … up to most; always 1."""
    powers = [2**i for i in range(most.bit_length())]
    return [1, *sorted(k for k in {*powers, *(3 * p for p in powers)} if 1 < k <= most)]


def _fell_twice(numbers: list[float]) -> bool:
    """Whether each of the last two numbers is below the one before it."""
    return len(numbers) > 2 and numbers[-3] > numbers[-2] > numbers[-1]


def _standardized(codes: FloatArray) -> tuple[DoubleArray, DoubleArray, DoubleArray]:
    """The codes with mean 0 and variance 1 in each dimension; their mean and deviation, 1 for a constant dimension."""
    center = codes.mean(axis=0, dtype=np.float64)
    deviation = np.std(codes, axis=0, dtype=np.float64)
    varies = deviation > np.finfo(np.float32).eps * np.abs(center)  # else only rounding errors of a constant
    deviation = np.where(varies, deviation, 1.0)
    return (codes - center) / deviation, center, deviation


def _gaussian(codes: FloatArray) -> Mixture:
    """One Gaussian; its variances unbiased, its correlations shrunk where rows are few.

    Not where there are many: even a small share lowers the likelihood in a direction of small variance.
    """
    rows, center, deviation = _standardized(codes)
    n, d = rows.shape
    correlations = rows.T @ rows / n
    if n < _rows_needed(d):
        correlations += _shrinkage(rows, correlations) * (np.diag(np.diag(correlations)) - correlations)
    factor = np.linalg.cholesky(correlations * (n / (n - 1)) + VARIANCE_FLOOR * np.eye(d))
    return Mixture(np.ones(1), center[None], (deviation[:, None] * factor)[None])


def _shrinkage(rows: DoubleArray, covariance: DoubleArray) -> float:
    """Share, in [0, 1], of the distance between this covariance of centred rows and a multiple of I that is chance.

    Source: Ledoit & Wolf 2004, lemmas 3.2 to 3.4.
    """
    n, d = rows.shape
    target = np.trace(covariance) / d * np.eye(d)
    distance = float(np.sum((covariance - target) ** 2))
    by_chance = float(np.sum(np.sum(rows**2, axis=1) ** 2) / n - np.sum(covariance**2)) / n
    return min(by_chance, distance) / distance if distance > 0 else 0.0


@contextmanager
def one_thread() -> Iterator[None]:
    """Runs the block's NumPy on one thread, one block at a time.

    More threads only slow such small matrices down: on 2 cores a fit takes twice as long with two threads, and more
    than ten times as long where other processes compute too. The limits apply to the whole process, hence the lock.
    """
    from threadpoolctl import threadpool_limits

    with _fitting, threadpool_limits(1):
        yield


def _expectation_maximisation(codes: FloatArray, components: int, seed: int) -> Mixture:
    """A mixture of this many Gaussians, in order of decreasing weight."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    rows, center, deviation = _standardized(codes)
    with warnings.catch_warnings():
        # Stopping after max_iter rounds is no failure here: the result is judged on the held-out codes.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = GaussianMixture(components, reg_covar=VARIANCE_FLOOR, random_state=seed % 2**32).fit(rows)
    order = np.argsort(-fitted.weights_, kind="stable")
    weights = fitted.weights_[order] / fitted.weights_.sum()
    factors = deviation[:, None] * np.linalg.cholesky(fitted.covariances_[order])
    return Mixture(weights, center + deviation * fitted.means_[order], factors)

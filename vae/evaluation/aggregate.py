"""KL(q(z) || p(z)): how far the aggregate posterior, q(z) = E over images of q(z|x), is from the prior N(0, I).

The one definition for all pages. q(z) is that of the distribution of images, of which only some are known, so the KL
is bounded from both sides; every page names the bound that it shows. Neither bound is the number on the latent map: the
KL from a Gaussian with q(z)'s mean and covariance, which is smaller than both whenever q(z) is not a Gaussian.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from vae.model.flow import SecondStage
from vae.model.latents import EncodedSet, FloatArray
from vae.model.networks import LOGVAR_BOUND
from vae.model.samplers import (
    DoubleArray,
    Mixture,
    MixtureFit,
    fit_mixture,
    held_out_rows,
    one_thread,
    sample_aggregate_posterior,
    standard_normal,
)
from vae.validation import is_number, is_whole, require

SEED = 0  # of the draws that a mixture is fitted to
MOST_IMAGES = 10_000  # for the upper bound, whose time grows with their square
CHUNK_NUMBERS = 2**20  # in the largest array of a chunk


@dataclass(frozen=True)
class Bound:
    """The mean of a bound over draws of z, and its standard error. Unit: nats."""

    nats: float
    standard_error: float


@dataclass(frozen=True)
class AggregateKl:
    """KL(q(z) || p(z)) between its two bounds. Unit: nats."""

    lower: Bound
    upper: Bound
    protocol: str


@dataclass(frozen=True)
class Gap:
    """KL(q(z) || r(z)) from a distribution r to the aggregate posterior q, between two bounds. Unit: nats.

    It is what sampling from r instead of q costs, and what a model's -ELBO would pay for r as its prior.
    """

    lower: Bound
    upper: Bound


@dataclass(frozen=True)
class AggregateFit:
    """A mixture fitted to draws_of() an encoded test set, and KL(q(z) || p(z)), None for a plain autoencoder.

    held_out: number of the draws that were used neither to fit the mixture nor to choose its size.
    """

    mixture: Mixture
    held_out: int
    kl: AggregateKl | None

    def to_json(self) -> dict[str, Any]:
        """All numbers to the last digit; of the factors, which are triangular, what is not 0 by itself."""
        lower = np.tril_indices(self.mixture.latent_dim)
        return {
            "weights": self.mixture.weights.tolist(),
            "means": self.mixture.means.tolist(),
            "factors": [factor[lower].tolist() for factor in self.mixture.factors],
            "held_out": self.held_out,
            "kl": None if self.kl is None else asdict(self.kl),
        }

    @staticmethod
    def from_json(values: dict[str, Any], latent_dim: int) -> "AggregateFit":
        """The fit that to_json() has described. Raises an error of any kind for another JSON: it is not trusted."""
        weights, means, entries = (np.array(values[key], np.float64) for key in ("weights", "means", "factors"))
        rows, columns = np.tril_indices(latent_dim)
        require(entries.shape == (len(weights), len(rows)), "shape of factors", entries.shape, "weights × triangle")
        factors = np.zeros((len(weights), latent_dim, latent_dim))
        factors[:, rows, columns] = entries
        finite = all(np.isfinite(array).all() for array in (weights, means, factors))
        require(finite, "weights, means and factors", values, "finite numbers")
        require(is_whole(values["held_out"], 1), "held_out", values["held_out"], "a whole number from 1")
        return AggregateFit(Mixture(weights, means, factors), values["held_out"], _kl_from_json(values["kl"]))


def _kl_from_json(values: dict[str, Any] | None) -> AggregateKl | None:
    if values is None:
        return None
    lower, upper = (Bound(values[name]["nats"], values[name]["standard_error"]) for name in ("lower", "upper"))
    numbers = (lower.nats, lower.standard_error, upper.nats, upper.standard_error)
    require(all(map(is_number, numbers)), "bounds", numbers, "finite numbers")
    return AggregateKl(lower, upper, str(values["protocol"]))


def draws_of(encoded: EncodedSet) -> FloatArray:
    """One z of each image: drawn from q(z|x), or a plain autoencoder's code. Shape: (n, latent_dim)."""
    return encoded.mean if is_plain(encoded) else sample_aggregate_posterior(encoded.mean, encoded.logvar, SEED)


def is_plain(encoded: EncodedSet) -> bool:
    """Whether the codes are a plain autoencoder's, which have no density."""
    return bool((encoded.logvar == -LOGVAR_BOUND).all())


def fit_aggregate(encoded: EncodedSet) -> AggregateFit:
    """The fit of an encoded test set: one to six seconds for 10,000 images. Raises ValueError as fit_mixture()."""
    draws = draws_of(encoded)
    fit = fit_mixture(draws)
    kl = None if is_plain(encoded) else aggregate_kl(encoded, draws, fit)
    return AggregateFit(fit.mixture, len(fit.held_out), kl)


def aggregate_kl(encoded: EncodedSet, draws: FloatArray, fit: MixtureFit) -> AggregateKl:
    """Both bounds, from draws of sample_aggregate_posterior() and the mixture that fit_mixture() fitted to them."""
    lower, upper = lower_bound(fit.mixture, draws[fit.held_out]), upper_bound(encoded, draws)
    protocol = (
        f"lower: a mixture of {fit.mixture.components} Gaussians, on {len(fit.held_out)} draws that were used neither "
        f"to fit it nor to choose it; upper: the codes of {min(len(draws), MOST_IMAGES)} images themselves, "
        "one draw each; ± standard error"
    )
    return AggregateKl(lower, upper, protocol)


def lower_bound(mixture: Mixture, held_out: FloatArray) -> Bound:
    """The mean of ln mixture(z) - ln p(z) over draws z from q(z) that the mixture was not fitted to.

    Shape: held_out (n, latent_dim). In expectation this is KL(q || p) - KL(q || mixture): too small by the latter, and
    below 0 where the mixture fits q worse than the prior does. On draws that the mixture was fitted to or chosen by, it
    would be too large. Raises ValueError for fewer than 2 draws or draws that are not finite.
    """
    _require_draws(held_out)
    return _bound(mixture.log_density(held_out) - standard_normal(mixture.latent_dim).log_density(held_out))


def upper_bound(encoded: EncodedSet, draws: FloatArray) -> Bound:
    """The mean of ln q_n(z) - ln p(z), where q_n is the mixture of the q(z|x) of n images and z one draw from each.

    Shape: draws (n, latent_dim), row i from the posterior of image i. In expectation this is KL(q_n || p), which is at
    least KL(q || p), because the KL is convex and q the mean of all q_n. It falls as n grows; where the posteriors do
    not overlap, it is the mean KL(q(z|x) || p(z)) - ln n. The same draws give total_correlation + dimension_wise_kl of
    metrics.elbo_surgery(). Of more than 10,000 images, a random 10,000 are used.
    Raises ValueError for the codes of a plain autoencoder, fewer than 2 draws, or draws that are not finite.
    Source: Hoffman & Johnson 2016, "ELBO surgery"; Poole et al. 2019, "On variational bounds of mutual information".
    """
    _require_draws(draws)
    if is_plain(encoded):
        raise ValueError("A plain autoencoder's codes have no density, so there is no KL to bound; choose a VAE.")
    rows = np.sort(np.random.default_rng(0).permutation(len(draws))[:MOST_IMAGES])
    z, mean, logvar = (array[rows].astype(np.float64) for array in (draws, encoded.mean, encoded.logvar))
    return _bound(_log_mean_density(z, mean, logvar) - standard_normal(z.shape[1]).log_density(z))


def gaps(encoded: EncodedSet, fit: AggregateFit, second: SecondStage | None) -> dict[str, Gap]:
    """The gap of the prior, of the mixture and of the second stage; none for a plain autoencoder.

    KL(q || r) = KL(q || p) - E_q[ln r(z) - ln p(z)], whose last term is the mean over the draws that the fit held out.
    Upper: with upper_bound() of KL(q || p). Lower: with the most that a fitted density s explains, as lower_bound() has
    it, so E_q[ln s(z) - ln r(z)]; s is the second stage, without one the mixture. It is 0 for s itself.
    """
    if fit.kl is None:
        return {}
    z = draws_of(encoded)[held_out_rows(len(encoded.mean))]
    densities: dict[str, DoubleArray] = {
        "prior": standard_normal(fit.mixture.latent_dim).log_density(z),
        "aggregate": fit.mixture.log_density(z),
    }
    if second is not None:
        densities["second"] = second.log_density(z)
    best, upper = list(densities.values())[-1], fit.kl.upper
    found = {}
    for name, density in densities.items():
        gain, left = _bound(density - densities["prior"]), _bound(best - density)
        error = math.hypot(upper.standard_error, gain.standard_error)
        found[name] = Gap(Bound(max(0.0, left.nats), left.standard_error), Bound(upper.nats - gain.nats, error))
    return found


def _log_mean_density(z: DoubleArray, mean: DoubleArray, logvar: DoubleArray) -> DoubleArray:
    """ln of the mean over images of q(z|x) at each z. Shapes: (m, d), (n, d) twice -> (m,)."""
    precision = np.exp(-logvar)
    # ln q(z|x) is a sum of products of what depends on z and what depends on x: one matrix product.
    of_images = np.concatenate([-0.5 * precision, mean * precision], axis=1).T  # (2 d, n)
    constant = -0.5 * np.sum(mean**2 * precision + logvar + math.log(2 * math.pi), axis=1)
    found = np.empty(len(z))
    rows = max(1, CHUNK_NUMBERS // len(mean))
    with one_thread():
        for start in range(0, len(z), rows):
            chunk = z[start : start + rows]
            log_density = np.concatenate([chunk**2, chunk], axis=1) @ of_images + constant
            top = log_density.max(axis=1, keepdims=True)
            shares = np.exp((log_density - top).astype(np.float32))  # half the time of float64, and near enough
            found[start : start + rows] = np.log(shares.mean(axis=1, dtype=np.float64)) + top[:, 0]
    return found


def _bound(ratio: DoubleArray) -> Bound:
    return Bound(float(ratio.mean()), float(ratio.std(ddof=1) / math.sqrt(len(ratio))))


def _require_draws(draws: FloatArray) -> None:
    require(len(draws) >= 2, "number of draws", len(draws), "at least 2")
    bad = int(np.sum(~np.isfinite(draws).all(axis=1)))
    require(bad == 0, "number of draws with NaN or infinity", bad, "0")

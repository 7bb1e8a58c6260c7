"""The losses of a VAE, as pure functions. Unit: nats. Sums run over pixels and over latent dimensions; the mean over
images is taken once, at the end, by the caller."""

from dataclasses import dataclass
from math import log, pi
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional

from vae.model.networks import CONTINUOUS_SERIES, ModelConfig, Posterior
from vae.validation import is_whole, one_of, require

ObjectiveName = Literal["vae", "free-bits", "capacity", "beta-tc", "iwae", "autoencoder"]
Warmup = Literal["none", "linear", "cyclic", "cooling"]
Terms = dict[str, Tensor]

SMALLEST_SIGMA = 1e-3  # of the optimal Gaussian: a quarter of a grey level, below which nothing is left to learn
HALF_LEVEL = 1 / 510  # half the distance between two of 256 grey levels in [0, 1]


@dataclass(frozen=True)
class Objective:
    """What training minimises, in nats per image. An objective uses only the numbers that its line mentions.

    vae          reconstruction + beta KL; -ELBO where beta is 1 (Kingma & Welling 2014; Higgins et al. 2017)
    free-bits    reconstruction + sum over dimensions of max(free_bits, KL of the batch) (Kingma et al. 2016)
    capacity     reconstruction + gamma |KL - C|, C growing from 0 to capacity nats (Burgess et al. 2018)
    beta-tc      reconstruction + index-code mutual information + beta total correlation + dimension-wise KL, estimated
                 with minibatch stratified weights (Chen et al. 2018)
    iwae         the importance-weighted bound of `samples` draws (Burda et al. 2016)
    autoencoder  reconstruction from the mean: no KL, no sampling

    warmup: beta grows from 0 to its value over the first warmup_share of the run (linear), or over the first half of
    each of `cycles` equal cycles (cyclic; Fu et al. 2019). cooling: the KL is multiplied by `heat` at first, which
    falls geometrically to 1 over the first warmup_share: the code first learns what changes images most
    (deterministic annealing; Rose 1998). capacity's C grows over the first warmup_share. samples: draws
    of z per image and step. Raises ValueError, with the accepted range, for any value outside it.
    """

    name: ObjectiveName = "vae"
    beta: float = 1.0
    warmup: Warmup = "none"
    warmup_share: float = 0.3
    cycles: int = 4
    heat: float = 200.0
    free_bits: float = 0.1
    capacity: float = 25.0
    gamma: float = 30.0
    samples: int = 1

    def __post_init__(self) -> None:
        require(self.name in get_args(ObjectiveName), "objective", self.name, one_of(ObjectiveName))
        require(self.warmup in get_args(Warmup), "warmup", self.warmup, one_of(Warmup))
        require(0 <= self.beta <= 1000, "beta", self.beta, "0 to 1000")
        require(0 < self.warmup_share <= 1, "warmup_share", self.warmup_share, "above 0 and at most 1")
        require(is_whole(self.cycles, 1, 1000), "cycles", self.cycles, "1 to 1000")
        require(1 <= self.heat <= 100_000, "heat", self.heat, "1 to 100000")
        require(0 <= self.free_bits <= 100, "free_bits", self.free_bits, "0 to 100 nats per dimension")
        require(0 <= self.capacity <= 10_000, "capacity", self.capacity, "0 to 10000 nats")
        require(0 <= self.gamma <= 10_000, "gamma", self.gamma, "0 to 10000")
        k = self.samples
        require(is_whole(k, 1, 1000), "samples", k, "a whole number from 1 to 1000")
        require(k == 1 or self.name in ("vae", "iwae"), "samples", k, f"1 for {self.name}")
        allowed = self.warmup == "none" or self.name in ("vae", "beta-tc")
        require(allowed, "warmup", self.warmup, f"none for {self.name}")

    @property
    def posterior(self) -> Posterior:
        """The posterior of a model that is trained for it: a plain autoencoder has no distribution over z."""
        return "point" if self.name == "autoencoder" else "gaussian"

    def beta_at(self, progress: float) -> float:
        """beta at this progress of the run, 0 to 1."""
        if self.warmup == "linear":
            return self.beta * min(1.0, progress / self.warmup_share)
        if self.warmup == "cyclic":
            return self.beta * min(1.0, 2 * (progress * self.cycles % 1))
        return self.beta

    def kl_multiplier_at(self, progress: float) -> float:
        """What cooling multiplies the KL by at this share of the run, 0 to 1."""
        left = max(0.0, 1 - progress / self.warmup_share)
        return self.heat**left if self.warmup == "cooling" else 1.0

    def capacity_at(self, progress: float) -> float:
        """C in nats at this progress of the run, 0 to 1."""
        return self.capacity * min(1.0, progress / self.warmup_share)


def kl_divergence(mean: Tensor, logvar: Tensor) -> Tensor:
    """KL from q(z|x) to N(0, I), per latent dimension.

    Shapes: mean, logvar (n, latent_dim) -> (n, latent_dim). Unit: nats.
    Source: Kingma & Welling 2014, appendix B.
    """
    return 0.5 * (mean.square() + logvar.exp() - 1 - logvar)


def log_normal(z: Tensor, mean: Tensor, logvar: Tensor) -> Tensor:
    """log N(z; mean, exp(logvar)) per dimension, constant included. Shapes: broadcast together. Unit: nats."""
    return -0.5 * (log(2 * pi) + logvar + (z - mean).square() * torch.exp(-logvar))


def bernoulli_nll(logits: Tensor, x: Tensor) -> Tensor:
    """Cross-entropy between the grey levels and the decoder's Bernoullis, summed over pixels.

    Shapes: logits, x (n, c, h, w), x in [0, 1] -> (n,). Unit: nats. From logits: sigmoid and then logarithm
    would lose the tails. On grey levels its minimum is the entropy of the pixels, not 0.
    """
    return functional.binary_cross_entropy_with_logits(logits, x, reduction="none").sum((1, 2, 3))


def grey_entropy(x: Tensor) -> Tensor:
    """The least that bernoulli_nll can be for these images, where every pixel's probability is its grey level.

    The entropy of the pixels as Bernoullis, summed; 0 for black and white. Shapes: x (n, c, h, w) in [0, 1] -> (n,).
    Unit: nats.
    """
    per_pixel: Tensor = torch.special.entr(x) + torch.special.entr(1 - x)
    return per_pixel.sum((1, 2, 3))


def continuous_bernoulli_log_c(logits: Tensor) -> Tensor:
    """log C, the normalising constant of the continuous Bernoulli. Shape kept. Unit: nats.

    C = 2 artanh(1 - 2 lambda) / (1 - 2 lambda), which in the logit l is l / tanh(l/2); near 0, where both vanish, the
    series ln 2 + l^2/12 - 7 l^4/1440 + 31 l^6/90720 - 127 l^8/4838400, as far as for the mean. Its derivative is lambda
    less the mean. Source: Loaiza-Ganem & Cunningham 2019, equation 5.
    """
    near = logits.abs() < CONTINUOUS_SERIES
    square, large = torch.where(near, logits, 0.0).square(), torch.where(near, 1.0, logits)
    series = log(2) + square * (1 / 12 + square * (-7 / 1440 + square * (31 / 90720 - 127 / 4838400 * square)))
    return torch.where(near, series, torch.log(large / torch.tanh(large / 2)))


def continuous_bernoulli_nll(logits: Tensor, x: Tensor) -> Tensor:
    """-log of the continuous Bernoulli density, a proper likelihood of grey levels, summed over pixels.

    Shapes: logits, x (n, c, h, w), x in [0, 1] -> (n,). Unit: nats; negative values are possible, it is a density.
    """
    return bernoulli_nll(logits, x) - continuous_bernoulli_log_c(logits).sum((1, 2, 3))


def gaussian_nll(mean: Tensor, x: Tensor, log_sigma: Tensor) -> Tensor:
    """-log N(x; mean, sigma^2 I) with the normalising constant, summed over pixels.

    Shapes: mean, x (n, c, h, w), log_sigma (1, 1, 1) -> (n,). Unit: nats; negative values are possible, it is a
    density.
    """
    return -log_normal(x, mean, 2 * log_sigma).sum((1, 2, 3))


def optimal_log_sigma(mean: Tensor, x: Tensor) -> Tensor:
    """log of the maximum-likelihood sigma for this batch: sigma^2 = mean squared error.

    Shapes: mean, x (n, c, h, w) -> (1, 1, 1). Source: Rybkin et al. 2021, "Simple and effective VAE training with
    calibrated decoders", section 3.2.
    """
    return 0.5 * (x - mean).square().mean().clamp(min=SMALLEST_SIGMA**2).log().reshape(1, 1, 1)


def discretised_logistic_nll(mean: Tensor, x: Tensor, log_scale: Tensor) -> Tensor:
    """-log of the probability that a logistic distribution gives to each pixel's 8-bit level, summed over pixels.

    Level k has the interval of width 1/255 around k/255; the darkest and the brightest level have all that lies beyond,
    so that the 256 probabilities add up to 1. Shapes: mean, x (n, c, h, w), log_scale (c, 1, 1) -> (n,). Unit: nats.
    Source: Kingma et al. 2016, "Improving variational inference with inverse autoregressive flow", appendix A.
    """
    inverse = torch.exp(-log_scale)
    above, below = (x - mean + HALF_LEVEL) * inverse, (x - mean - HALF_LEVEL) * inverse
    # sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - e^(b - a)): three factors whose logarithms are all stable.
    left, right = functional.logsigmoid(above), functional.logsigmoid(-below)
    inner = left + right + torch.log(-torch.expm1(-2 * HALF_LEVEL * inverse))
    log_probability = torch.where(x < HALF_LEVEL, left, torch.where(x > 1 - HALF_LEVEL, right, inner))
    return -log_probability.sum((1, 2, 3))


def reconstruction_nll(parameters: Tensor, x: Tensor, config: ModelConfig, log_scale: Tensor) -> Tensor:
    """-log p(x|z) under the config's likelihood, for what Decoder.forward returned and the model's log_scale.

    Shapes: parameters, x (n, c, h, w), log_scale as VAE.log_scale -> (n,). Unit: nats per image.
    """
    if config.likelihood == "bernoulli":
        return bernoulli_nll(parameters, x)
    if config.likelihood == "continuous-bernoulli":
        return continuous_bernoulli_nll(parameters, x)
    if config.likelihood == "discretised-logistic":
        return discretised_logistic_nll(parameters, x, log_scale)
    return gaussian_nll(parameters, x, log_scale)


def objective_terms(
    objective: Objective,
    reconstruction: Tensor,
    mean: Tensor,
    logvar: Tensor,
    z: Tensor,
    *,
    beta: Tensor | float,
    capacity: Tensor | float,
    kl_multiplier: Tensor | float,
    dataset_size: int,
) -> Terms:
    """The objective's "loss" and every term it consists of, each averaged over the images.

    Shapes: reconstruction (samples, n), mean and logvar (n, latent_dim), z (samples, n, latent_dim) -> scalars. beta,
    capacity and kl_multiplier are those of this step; dataset_size is the number of training images, which
    beta-tc's estimate needs. Unit: nats per image.
    """
    nll = reconstruction.mean()
    if objective.name == "autoencoder":
        return {"loss": nll, "reconstruction": nll, "kl": torch.zeros_like(nll)}
    per_dimension = kl_divergence(mean, logvar).mean(0)
    kl = per_dimension.sum()
    terms = {"reconstruction": nll, "kl": kl}
    if objective.name == "free-bits":
        return {"loss": nll + per_dimension.clamp(min=objective.free_bits).sum()} | terms
    if objective.name == "capacity":
        return {"loss": nll + objective.gamma * (kl - capacity).abs()} | terms
    if objective.name == "iwae":
        return {"loss": importance_weighted_bound(reconstruction, mean, logvar, z).mean()} | terms
    if objective.name == "beta-tc":
        parts = total_correlation_terms(z[0], mean, logvar, dataset_size)
        mutual_information, total_correlation, dimension_wise = parts.values()
        loss = nll + mutual_information + beta * total_correlation + dimension_wise + (kl_multiplier - 1) * kl
        return {"loss": loss} | terms | parts
    return {"loss": nll + kl_multiplier * beta * kl} | terms


def importance_weighted_bound(reconstruction: Tensor, mean: Tensor, logvar: Tensor, z: Tensor) -> Tensor:
    """-(logsumexp_k log w_k - ln K) with w_k = p(x|z_k) p(z_k) / q(z_k|x): an upper bound on -log p(x).

    Shapes: reconstruction (K, n), mean and logvar (n, latent_dim), z (K, n, latent_dim) -> (n,). Unit: nats.
    Source: Burda et al. 2016, equation 8.
    """
    zero = torch.zeros_like(mean)
    log_weights = (log_normal(z, zero, zero) - log_normal(z, mean, logvar)).sum(2) - reconstruction
    return log(len(z)) - torch.logsumexp(log_weights, 0)


def stratified_weights(batch_size: int, dataset_size: int, device: torch.device | str = "cpu") -> Tensor:
    """Weight of each code of a batch in the estimate of the aggregate posterior at each draw; rows sum to 1.

    The draw's own code has weight 1/N, the next one stands for all images outside the batch, and the others have equal
    weights. Shape: (B, B), row i for draw i. Source: Chen et al. 2018, appendix C.2; their published code uses a wrong
    stride.
    """
    others = batch_size - 1
    rest = (dataset_size - others) / (dataset_size * others)
    weights = torch.full((batch_size, batch_size), 1 / others, device=device)
    weights.view(-1)[:: batch_size + 1] = 1 / dataset_size
    weights.view(-1)[1 :: batch_size + 1] = rest
    weights[-1, 0] = rest
    return weights


def total_correlation_terms(z: Tensor, mean: Tensor, logvar: Tensor, dataset_size: int) -> Terms:
    """The KL to the prior in three parts, estimated on a batch with stratified weights, averaged over its images.

    index_code_mi I(x; z), total_correlation KL(q(z) || prod_j q(z_j)), dimension_wise_kl sum_j KL(q(z_j) || p(z_j)).
    The estimate of q(z) is unbiased, but not that of its logarithm: with I(x; z) = I nats, only one image in exp(I) has
    a code near a draw, and a small batch usually has none. Then I(x; z) comes out too large, at most ln N, and the
    total correlation too small by nearly as much, even below 0. Small batches and a large beta train on that error.
    Shapes: z, mean, logvar (n, latent_dim), n >= 2 -> scalars. Unit: nats. Source: Chen et al. 2018, equation 2.
    """
    zero = torch.zeros_like(mean)
    log_q_given_x = log_normal(z, mean, logvar).sum(1)  # (n,)
    log_prior = log_normal(z, zero, zero).sum(1)  # (n,)
    pairs = log_normal(z[:, None], mean, logvar)  # (n, n, latent_dim): draw i under code j
    log_weights = stratified_weights(len(z), dataset_size, z.device).log()
    log_q = torch.logsumexp(pairs.sum(2) + log_weights, 1)  # one weight for all dimensions together
    log_marginals = torch.logsumexp(pairs + log_weights[:, :, None], 1).sum(1)
    return {
        "index_code_mi": (log_q_given_x - log_q).mean(),
        "total_correlation": (log_q - log_marginals).mean(),
        "dimension_wise_kl": (log_marginals - log_prior).mean(),
    }

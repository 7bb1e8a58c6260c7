"""Metrics of a model, each with the protocol of its measurement. Unit: nats per image unless stated."""
# sklearn is imported where it is used: it costs start-up time.

from dataclasses import dataclass
from math import log, pi, prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vae.model.latents import EncodedSet, FloatArray
from vae.model.losses import grey_entropy
from vae.model.networks import LOGVAR_BOUND, ModelConfig
from vae.validation import require

Labels = NDArray[np.int64]
Images = NDArray[np.uint8]

ACTIVE_VARIANCE = 0.01
SATURATION = 1.0  # nats below ln n
CACHE_NUMBERS = 2**17  # in the largest array of a chunk: as many as fit into a processor's cache
COPY_NUMBERS = 2**22  # matrix products are fastest in larger blocks than sums
TAIL = 6.0  # how far the grid over one dimension reaches, in σ; its step is half of the smallest σ
LEAST_GRID, MOST_GRID = 1000, 16000  # points
SIGMA_CLASSES = 64  # of about the same σ


@dataclass(frozen=True)
class Evaluation:
    """One model on one set of images; every term in nats per image, averaged over the images.

    negative_elbo = reconstruction + kl, whatever beta the model was trained with; it and both kl are None for a plain
    autoencoder, which has no KL. A conditional model's bounds -log p(x|class): ModelConfig.label_nats is to be added
    beside other models. bits_per_dimension: -ELBO per pixel and channel in bits, only for a likelihood that
    gives probabilities of 8-bit levels, so that it can be compared with lossless compression.
    """

    negative_elbo: float | None
    reconstruction: float
    kl: float | None
    kl_per_dimension: tuple[float, ...] | None
    active_units: int
    bits_per_dimension: float | None
    protocol: str


def evaluate(encoded: EncodedSet, config: ModelConfig) -> Evaluation:
    """The evaluation of an encoded set, of the model that encoded it."""
    reconstruction, active, n = float(encoded.reconstruction.mean()), active_units(encoded), len(encoded.mean)
    if config.posterior == "point":
        protocol = f"{n} images; z = the code, not sampled; no KL and no -ELBO: a plain autoencoder has no density"
        return Evaluation(None, reconstruction, None, None, active, None, protocol)
    kl = float(encoded.kl.mean())
    per_dimension = tuple(float(k) for k in encoded.kl_per_dimension)
    bits = None
    if config.likelihood == "discretised-logistic":
        bits = (reconstruction + kl) / (prod(config.image_shape) * log(2))
    protocol = f"{n} images; one z per image drawn from q(z|x) with a fixed seed; KL in closed form; nats per image"
    if config.classes:
        protocol += f"; bounds -log p(x|class): beside other models add ln {config.classes} = {config.label_nats:.2f}"
    return Evaluation(reconstruction + kl, reconstruction, kl, per_dimension, active, bits, protocol)


def active_units(encoded: EncodedSet) -> int:
    """Number of latent dimensions whose mean varies with the image: Var_x E_q[z_j] > 0.01.

    Source: Burda et al. 2016, section 5.2.
    """
    return int(np.sum(encoded.mean.var(axis=0) > ACTIVE_VARIANCE))


def collapsed_reconstruction(images: Images, likelihood: str) -> float | None:
    """Reconstruction in nats of a model whose every picture is the mean of these images: full posterior collapse.

    None for another likelihood than "bernoulli". The cross-entropy is linear in the image, so that its mean over the
    images is the mean picture's entropy. Shape: (n, c, h, w).
    """
    if likelihood != "bernoulli":
        return None
    mean = torch.from_numpy(images.mean(axis=0, dtype=np.float64)) / 255
    return float(grey_entropy(mean[None])[0])


# ---- what each dimension holds ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DimensionUse:
    """What one latent dimension z_j holds of the images. Unit of all but mean_variance: nats per image.

    kl: KL(q(z_j|x) || p(z_j)), averaged over the images; marginal_kl: KL(q(z_j) || p(z_j)) of their aggregate
    posterior; information: kl - marginal_kl = I(z_j; x), at most ln n. All three are None for a plain autoencoder,
    whose codes have no density. mean_variance: Var_x E_q[z_j]; active: whether it is above ACTIVE_VARIANCE.
    """

    kl: float | None
    marginal_kl: float | None
    information: float | None
    mean_variance: float
    active: bool


def dimension_use(encoded: EncodedSet) -> tuple[DimensionUse, ...]:
    """The use of each dimension, by quadrature over the aggregate posterior of all n codes: without any sampling.

    Source: Hoffman & Johnson 2016, for one dimension at a time.
    """
    variances = encoded.mean.var(axis=0)
    if _is_point(encoded):
        return tuple(DimensionUse(None, None, None, float(v), bool(v > ACTIVE_VARIANCE)) for v in variances)
    found = []
    for mean, logvar, kl, variance in zip(
        encoded.mean.T, encoded.logvar.T, encoded.kl_per_dimension, variances, strict=True
    ):
        marginal = min(max(0.0, _marginal_kl(mean, logvar)), float(kl))  # beyond these only by rounding
        information = min(float(kl) - marginal, log(len(mean)))
        found.append(DimensionUse(float(kl), marginal, information, float(variance), bool(variance > ACTIVE_VARIANCE)))
    return tuple(found)


def _marginal_kl(mean: FloatArray, logvar: FloatArray) -> float:
    """KL from one dimension's aggregate posterior, a mixture of n Gaussians, to N(0, 1). Shapes: (n,)."""
    grid, density = _aggregate_density(mean.astype(np.float64), np.exp(0.5 * logvar.astype(np.float64)))
    log_ratio = np.log(density) + 0.5 * (grid**2 + log(2 * pi))
    return float(np.trapezoid(density * log_ratio, grid))


def _aggregate_density(mean: NDArray[np.float64], sigma: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """A grid and the density there of the mixture of the n Gaussians, by a Fourier transform for each class of σ.

    The means are divided between the nearest two points, which adds step² / 6 to a variance.
    """
    low, high = (mean - TAIL * sigma).min(), (mean + TAIL * sigma).max()
    count = int(min(max(2 * (high - low) / sigma.min(), LEAST_GRID), MOST_GRID))
    grid, step = np.linspace(low, high, count, retstep=True)
    left, right_share = np.divmod((mean - low) / step, 1)
    places, frequency = left.astype(np.int64), 2 * pi * np.fft.rfftfreq(count, step)
    total = np.zeros(len(frequency), np.complex128)
    for rows in np.array_split(np.argsort(sigma), min(SIGMA_CLASSES, len(mean))):
        share = right_share[rows]
        means = np.bincount(places[rows], 1 - share, count) + np.bincount(places[rows] + 1, share, count)
        variance = max(0.0, float(np.square(sigma[rows]).mean() - step**2 / 6))
        total += np.fft.rfft(means) * np.exp(-0.5 * variance * frequency**2)
    density = np.fft.irfft(total, count) / (len(mean) * step)
    return grid, np.maximum(density, 1e-300)


def _is_point(encoded: EncodedSet) -> bool:
    """Whether these are the codes of a plain autoencoder."""
    return bool((encoded.logvar == -LOGVAR_BOUND).all())


# ---- what the KL consists of -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Surgery:
    """The average KL to the prior in three parts that add up to it. Unit: nats per image.

    index_code_mi: I(x; z), how much information a code has about its image; at most ln n. total_correlation:
    KL(q(z) || prod_j q(z_j)), how dependent the dimensions are. dimension_wise_kl: sum_j KL(q(z_j) || p(z_j)), how far
    each dimension is from the prior. kl: their sum. The last two together are KL(q(z) || p(z)) for these n images:
    aggregate.upper_bound(). ln_n: the largest I(x; z) that n images can show. saturated: so near that I(x; z) is a
    lower bound only, and the total correlation an upper one; their sum hardly depends on n. Never for a whole
    population, whose true I(x; z) is at most ln n, too.
    """

    index_code_mi: float
    total_correlation: float
    dimension_wise_kl: float
    kl: float
    ln_n: float
    saturated: bool
    protocol: str


def elbo_surgery(encoded: EncodedSet, seed: int = 0, *, whole_population: bool = False) -> Surgery:
    """The KL term in three parts, with one z per image and the exact aggregate posterior of all n images' codes.

    whole_population: these are all images that exist, as of the sprites, not a sample of them. Of a sample, I(x; z) is
    too small on average, as each z's own code is one of n: where all images have the same I(x; z), by up to
    -ln(1 - e^-m) at m nats below ln n, which is 0.46 at m = 1 (SATURATION) and 0.02 at m = 4.

    Time grows with n^2 latent_dim; memory beside the codes: some arrays of CACHE_NUMBERS floats or n. Raises ValueError
    for the codes of a plain autoencoder. Source: Hoffman & Johnson 2016; Chen et al. 2018, equation 2.
    """
    if _is_point(encoded):
        raise ValueError("A plain autoencoder's codes have no density, so there is no KL to split; choose a VAE.")
    n, latent_dim = encoded.mean.shape
    mean, logvar = torch.from_numpy(encoded.mean), torch.from_numpy(encoded.logvar)
    noise = torch.from_numpy(np.random.default_rng(seed).standard_normal((n, latent_dim), np.float32))
    z = mean + torch.exp(0.5 * logvar) * noise
    chunks = torch.split(torch.arange(n), max(1, CACHE_NUMBERS // n))
    parts = [_log_densities(z, mean, logvar, rows) for rows in chunks]
    own, information, marginal = (torch.cat(column) for column in zip(*parts, strict=True))
    prior = -0.5 * (z.double().square() + log(2 * pi)).sum(1)
    correlation, dimension_wise = own - information - marginal, marginal - prior
    found = information.mean().item(), correlation.mean().item(), dimension_wise.mean().item()
    saturated = not whole_population and found[0] > log(n) - SATURATION
    images = f"{n} images, the whole population" if whole_population else f"{n} images"
    protocol = f"{images}; one z per image drawn from q(z|x), seed {seed}; exact aggregate posterior of their codes"
    if saturated:
        protocol += (
            f"; saturated: {n} images show at most ln {n} = {log(n):.2f} nats of I(x; z), so it is at least "
            f"{found[0]:.2f} and the total correlation at most {found[1]:.2f}; "
            f"their sum, {found[0] + found[1]:.2f}, hardly depends on how many images there are"
        )
    return Surgery(*found, kl=(own - prior).mean().item(), ln_n=log(n), saturated=saturated, protocol=protocol)


def _log_densities(z: Tensor, mean: Tensor, logvar: Tensor, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """log q(z_i|x_i), log q(z_i|x_i) - log q(z_i) and sum_j log q(z_ij) of these rows of z. Shapes: (rows,) float64."""
    log_n = log(len(mean))
    joint = torch.zeros(len(rows), len(mean))
    marginal = torch.zeros(len(rows), dtype=torch.float64)
    for z_j, mean_j, logvar_j in zip(z[rows].T, mean.T, logvar.T, strict=True):
        inverse = torch.exp(-0.5 * logvar_j)
        scaled = torch.outer(z_j, inverse).sub_(mean_j * inverse)
        log_density = torch.addcmul(-0.5 * (logvar_j + log(2 * pi)), scaled, scaled, value=-0.5)
        joint += log_density
        # No shift is needed before exp: densities of single dimensions do not overflow, and each row has its own code.
        marginal += log_density.exp_().sum(1).double().log_() - log_n
    own = joint[torch.arange(len(rows)), rows].double()
    # Relative to the row's own density, the largest is never negative: so I <= ln n in spite of rounding.
    return own, log_n - torch.logsumexp(joint.double() - own[:, None], 1), marginal


# ---- what the codes know about the labels ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Accuracy:
    """Share of the held-out labels that were predicted correctly, 0 to 1."""

    value: float
    protocol: str


def linear_probe(
    train_codes: FloatArray, train_labels: Labels, test_codes: FloatArray, test_labels: Labels
) -> Accuracy:
    """How well a linear classifier predicts the labels from the codes: standardised logistic regression.

    Shapes: codes (n, latent_dim), the posterior's means; labels (n,). Fitted on train, scored on test. Raises
    ValueError if all labels are the same.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    classes = len(np.unique(train_labels))
    require(classes >= 2, "number of different training labels", classes, "at least 2")
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(train_codes, train_labels)
    protocol = f"means; logistic regression, standardised; {_split(train_labels, test_labels)}"
    return Accuracy(float(probe.score(test_codes, test_labels)), protocol)


def knn_accuracy(
    train_codes: FloatArray, train_labels: Labels, test_codes: FloatArray, test_labels: Labels, neighbours: int = 10
) -> Accuracy:
    """How well the labels of the nearest training codes, by majority, predict a test code's label.

    Shapes: codes (n, latent_dim), the posterior's means, not rescaled; labels (n,). Euclidean distance. Raises
    ValueError for more neighbours than training codes.
    """
    from sklearn.neighbors import KNeighborsClassifier

    n = len(train_codes)
    require(1 <= neighbours <= n, "neighbours", neighbours, f"1 to the number of training codes, {n}")
    classifier = KNeighborsClassifier(neighbours).fit(train_codes, train_labels)
    protocol = f"means; {neighbours} nearest neighbours, Euclidean; {_split(train_labels, test_labels)}"
    return Accuracy(float(classifier.score(test_codes, test_labels)), protocol)


def _split(train: Labels, test: Labels) -> str:
    return f"fitted on {len(train)} training codes, scored on {len(test)} test codes"


# ---- are samples copies of training images? --------------------------------------------------------------------------


@dataclass(frozen=True)
class CopyTest:
    """How near samples are to the training images, compared with unseen test images.

    sample_distance, test_distance: median L2 distance to the nearest training image, pixels counted in 0..1.
    nearer_share: samples that are nearer to a training image than 99 % of the test images are; about 0.01 for faithful
    samples. nearer_probability: that a random sample is nearer than a random test image, ties counting half; 0.5 for
    faithful samples, more for copies, less for samples unlike any image. copies, test_copies: how many equal a training
    image.

    A VAE's blurry samples are nearer to every image than sharp images are, which can raise nearer_share and
    nearer_probability without any copying: they are evidence of it only together with copies, or after looking at
    pairs.
    """

    sample_distance: float
    test_distance: float
    nearer_share: float
    nearer_probability: float
    copies: int
    test_copies: int
    protocol: str


def copy_test(samples: Images, train_images: Images, test_images: Images) -> CopyTest:
    """Whether samples are copies of training images, with held-out images as the yardstick.

    Shapes: (any number, c, h, w) three times; time grows with (samples + test images) x training images. Memory beside
    the images: some arrays of COPY_NUMBERS float64. Source: Meehan, Chaudhuri & Dasgupta 2020, "A non-parametric test
    to detect data-copying in generative models".
    """
    for name, images in (("samples", samples), ("training images", train_images), ("test images", test_images)):
        require(len(images) > 0, f"number of {name}", len(images), "at least 1")
        require(images.dtype == np.uint8, f"type of {name}", str(images.dtype), "uint8, so that equal means equal")
        shape = train_images.shape[1:]
        require(
            images.shape[1:] == shape, f"shape of {name}", images.shape[1:], f"that of the training images, {shape}"
        )
    ours, theirs = _nearest(samples, train_images), np.sort(_nearest(test_images, train_images))
    n = len(theirs)
    below, at_most = np.searchsorted(theirs, ours, "left"), np.searchsorted(theirs, ours, "right")
    further, nearer = n - at_most, n - (below + at_most) / 2
    protocol = (
        f"pixel L2 to the nearest of {len(train_images)} training images; {len(samples)} samples against "
        f"{n} held-out test images"
    )
    return CopyTest(
        float(np.median(ours)),
        float(np.median(theirs)),
        float(np.mean(further >= 0.99 * n)),
        float(np.mean(nearer / n)),
        int(np.sum(ours == 0)),
        int(np.sum(theirs == 0)),
        protocol,
    )


def _nearest(images: Images, references: Images) -> NDArray[np.float64]:
    """L2 distance to the nearest reference, pixels in 0..1. Shapes: (n, c, h, w), (m, c, h, w) -> (n,).

    In float64 products of integer grey levels are exact, so that only equal images have distance 0.
    """
    rows = max(1, COPY_NUMBERS // max(prod(images.shape[1:]), 2048))  # 2048 x 2048 distances also are COPY_NUMBERS
    nearest = []
    for pictures in torch.split(torch.from_numpy(images).flatten(1), rows):
        a, best = pictures.double(), torch.full((len(pictures),), torch.inf, dtype=torch.float64)
        for chunk in torch.split(torch.from_numpy(references).flatten(1), rows):
            b = chunk.double()
            best = torch.minimum(best, torch.addmm(b.square().sum(1), a, b.T, alpha=-2).amin(1))
        nearest.append((best + a.square().sum(1)).sqrt() / 255)
    return np.asarray(torch.cat(nearest).numpy())

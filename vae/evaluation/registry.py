"""Further metrics of a trained model, by the names that the command line uses."""

from collections.abc import Callable
from dataclasses import fields
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae.datasets.splits import Dataset, Split
from vae.evaluation.aggregate import AggregateKl, aggregate_kl, fit_aggregate
from vae.evaluation.disentanglement import Dci, FactorVae, Mig, dci, factorvae_score, mutual_information_gap
from vae.evaluation.gaps import Gaps, gaps
from vae.evaluation.metrics import Accuracy, CopyTest, Surgery, copy_test, elbo_surgery, knn_accuracy, linear_probe
from vae.evaluation.pictures.samples import SamplesReport, samples_report, second_stage_of
from vae.model.latents import EncodedSet, FloatArray, decode, encode, sample
from vae.model.networks import VAE
from vae.model.samplers import fit_mixture, sample_aggregate_posterior

FOREST_ROWS = 5000  # images for dci: more take minutes and change the result little
COPY_SAMPLES = 1000
GAP_IMAGES = 64  # some minutes of a processor's core for a small convolutional model


def _surgery(model: VAE, dataset: Dataset, encoded: EncodedSet, seed: int) -> Surgery:
    if not is_whole_population(dataset):
        return elbo_surgery(encoded, seed)
    parts = _encode_all(model, dataset, seed)
    whole = {field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(EncodedSet)}
    return elbo_surgery(EncodedSet(**whole), seed, whole_population=True)


def is_whole_population(dataset: Dataset) -> bool:
    """Whether the data set has every combination of its factors' values exactly once, as the sprites have."""
    factors = _factors(dataset)
    if factors is None:
        return False
    combinations = prod(len(np.unique(column)) for column in factors.T)
    return len(factors) == len(np.unique(factors, axis=0)) == combinations


def _aggregate_kl(model: VAE, dataset: Dataset, encoded: EncodedSet, seed: int) -> AggregateKl:
    draws = sample_aggregate_posterior(encoded.mean, encoded.logvar, seed)
    return aggregate_kl(encoded, draws, fit_mixture(draws))


def _mig(model: VAE, dataset: Dataset, encoded: EncodedSet, seed: int) -> Mig:
    codes, factors = _codes(model, dataset, seed, sampled=True)
    return mutual_information_gap(codes, factors, factor_names=dataset.factor_names, representation="samples")


def _mig_without_shape(model: VAE, dataset: Dataset, encoded: EncodedSet, seed: int) -> Mig:
    codes, factors = _codes(model, dataset, seed, sampled=True)
    kept = [i for i, name in enumerate(dataset.factor_names) if name != "shape"]
    names = [dataset.factor_names[i] for i in kept]
    return mutual_information_gap(codes, factors[:, kept], factor_names=names, representation="samples")


def _dci(model: VAE, dataset: Dataset, encoded: EncodedSet, seed: int) -> Dci:
    codes, factors = _codes(model, dataset, seed, sampled=False)
    rows = np.random.default_rng(seed).permutation(len(codes))[:FOREST_ROWS]
    return dci(codes[rows], factors[rows], seed, dataset.factor_names, representation="means")


def _factorvae(model: VAE, dataset: Dataset, encoded: EncodedSet, seed: int) -> FactorVae:
    codes, factors = _codes(model, dataset, seed, sampled=False)
    return factorvae_score(codes, factors, seed, dataset.factor_names, representation="means")


def _probe(model: VAE, dataset: Dataset, encoded: EncodedSet, seed: int) -> Accuracy:
    train = encode(model, dataset.train.images, dataset.train.labels, seed)
    return linear_probe(train.mean, train.labels, encoded.mean, encoded.labels)


def _knn(model: VAE, dataset: Dataset, encoded: EncodedSet, seed: int) -> Accuracy:
    train = encode(model, dataset.train.images, dataset.train.labels, seed)
    return knn_accuracy(train.mean, train.labels, encoded.mean, encoded.labels)


def _copies(model: VAE, dataset: Dataset, encoded: EncodedSet, seed: int) -> CopyTest:
    labels = np.random.default_rng(seed).choice(encoded.labels, COPY_SAMPLES)
    pictures = decode(model, sample(COPY_SAMPLES, model.config.latent_dim, seed), labels)
    return copy_test(pictures, dataset.train.images, dataset.test.images)


def _gaps(model: VAE, dataset: Dataset, encoded: EncodedSet, seed: int) -> Gaps:
    return gaps(model, dataset.test.images[:GAP_IMAGES], encoded.labels[:GAP_IMAGES], seed=seed)


def _samples(model: VAE, dataset: Dataset, encoded: EncodedSet, seed: int) -> SamplesReport:
    fit = fit_aggregate(encoded)
    return samples_report(model, dataset, encoded, fit, second_stage_of(model, dataset, fit, seed), seed=seed)


FACTOR_SCORES = ("mig", "mig-without-shape", "dci", "factorvae")  # of codes and the factors that images were made from

# Each takes the model, its data set, the encoded test set and the seed of everything random.
SCORES: dict[str, Callable[[VAE, Dataset, EncodedSet, int], Any]] = {
    "surgery": _surgery,
    "aggregate-kl": _aggregate_kl,
    "mig": _mig,
    "mig-without-shape": _mig_without_shape,
    "dci": _dci,
    "factorvae": _factorvae,
    "probe": _probe,
    "knn": _knn,
    "copies": _copies,
    "gaps": _gaps,
    "samples": _samples,
}


def _codes(model: VAE, dataset: Dataset, seed: int, *, sampled: bool) -> tuple[FloatArray, NDArray[np.int64]]:
    """Codes and factors of the images of all splits, because factors are a property of the data set as a whole."""
    factors = _factors(dataset)
    if factors is None:
        raise ValueError(
            f"{dataset.name} does not say which factors its images were made from; use sprites, glyphs, faces or emoji."
        )
    sets = _encode_all(model, dataset, seed)
    codes = [sample_aggregate_posterior(e.mean, e.logvar, seed + i) if sampled else e.mean for i, e in enumerate(sets)]
    return np.concatenate(codes), factors


def _encode_all(model: VAE, dataset: Dataset, seed: int) -> list[EncodedSet]:
    return [encode(model, split.images, split.labels, seed + i) for i, split in enumerate(_splits(dataset))]


def _factors(dataset: Dataset) -> NDArray[np.int64] | None:
    """The factors of the images of all splits; None where they are unknown."""
    factors = [split.factors for split in _splits(dataset) if split.factors is not None]
    return np.concatenate(factors).astype(np.int64) if factors and dataset.factor_names else None


def _splits(dataset: Dataset) -> tuple[Split, Split, Split]:
    return dataset.train, dataset.validation, dataset.test

"""Models side by side: which can be, their words and nats, and which latent dimensions of two follow each other."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae.evaluation.metrics import ACTIVE_VARIANCE
from vae.model.latents import EncodedSet, FloatArray, posterior_noise
from vae.storage.checkpoints import BrokenCheckpoint, Checkpoint
from vae.views.shared import models

MOST_OTHERS = 3  # beside the first model
LEAST_CORRELATION = 0.1  # of two dimensions that are said to follow each other; ten standard errors for 10,000 images
SCORES = np.linspace(-2.5, 2.5, 21)  # standard normal quantiles, at which those of the codes are given

Match = dict[str, float] | None


def comparable(first: Checkpoint, found: Iterable[Checkpoint | BrokenCheckpoint]) -> list[Checkpoint]:
    """The other models of the same pictures, in order of their names: test image r is the same picture in all."""
    whole = [each for each in found if isinstance(each, Checkpoint) and each.name != first.name]
    same = {each.name: each for each in whole if models.pictures(each) == models.pictures(first)}
    return [same[name] for name in models.in_order(same)]


def named(first: Checkpoint, found: Iterable[Checkpoint | BrokenCheckpoint], name: str) -> Checkpoint:
    """The model of this name to compare with. Raises ValueError where it is none of them."""
    others = {other.name: other for other in comparable(first, found)}
    if name not in others:
        raise ValueError(f"with must be another model of the same pictures ({', '.join(others)}), not {name!r:.40}.")
    return others[name]


def words(compared: Sequence[Checkpoint]) -> list[str]:
    """Each model in the fewest words that tell it from the others: "β = 10", else "2-D · β = 1", else with its name."""
    options = [phrases(checkpoint) for checkpoint in compared]
    return [next(_apart(own, options)) for own in options]


def phrases(checkpoint: Checkpoint) -> list[str]:
    """What the model can be called, shortest first; the last is unique."""
    objective, latent_dim = models.objective_name(checkpoint), checkpoint.model_config.latent_dim
    return [objective, f"{latent_dim}-D · {objective}", f"{objective} · {checkpoint.name}"]


def _apart(own: list[str], options: list[list[str]]) -> Iterator[str]:
    others = [each for each in options if each is not own]
    return (phrase for k, phrase in enumerate(own) if all(phrase != other[k] for other in others))


def nats(checkpoint: Checkpoint) -> dict[str, float | None]:
    """The test set's mean nats. kl: None for a plain autoencoder; label: what a class costs that the model is given."""
    metrics = checkpoint.metrics
    label = checkpoint.model_config.label_nats
    return {"reconstruction": metrics["reconstruction"], "kl": metrics["kl"], "label": label}


def codes(encoded: EncodedSet) -> dict[str, Any]:
    """Each dimension's aggregate posterior q(z_j), the mean over the test images of q(z_j|x).

    mean, deviation: (d,), exact. quantiles: (d, k), at the k scores: of one draw for each image.
    """
    deviation = np.sqrt(encoded.mean.var(axis=0) + np.exp(encoded.logvar).mean(axis=0))
    draws = encoded.mean + np.exp(encoded.logvar / 2) * posterior_noise(*encoded.mean.shape)
    quantiles = np.quantile(draws, _normal_cdf(SCORES), axis=0).T
    return {
        "mean": _rounded(encoded.mean.mean(axis=0)),
        "deviation": _rounded(deviation),
        "scores": SCORES.tolist(),
        "quantiles": _rounded(quantiles),
    }


def match_dimensions(mean: FloatArray, other: FloatArray) -> list[Match]:
    """For each dimension of the first model the other's that follows it over the test images, each at most once.

    Shapes: mean (n, d), other (n, e) -> d, each {"dimension", "correlation", signed}, or None where no dimension
    follows. The pairs are those whose absolute correlations have the largest sum (Hungarian method).
    """
    from scipy.optimize import linear_sum_assignment

    correlation = _correlation(mean, other)
    found: list[Match] = [None] * mean.shape[1]
    for i, j in zip(*linear_sum_assignment(-np.abs(correlation)), strict=True):
        if abs(correlation[i, j]) >= LEAST_CORRELATION:
            found[i] = {"dimension": int(j), "correlation": round(float(correlation[i, j]), 3)}
    return found


def _correlation(mean: FloatArray, other: FloatArray) -> NDArray[np.float64]:
    """Shapes: (n, d), (n, e) -> (d, e). 0 for a collapsed dimension: what little it varies means nothing."""
    return _standardised(mean).T @ _standardised(other) / len(mean)


def _standardised(mean: FloatArray) -> NDArray[np.float64]:
    centred = mean.astype(np.float64) - mean.mean(axis=0, dtype=np.float64)
    variance = centred.var(axis=0)
    scale = np.where(variance > ACTIVE_VARIANCE, 1 / np.sqrt(np.maximum(variance, ACTIVE_VARIANCE)), 0)
    return np.asarray(centred * scale)


def _normal_cdf(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import ndtr

    return np.asarray(ndtr(scores))


def _rounded(values: NDArray[Any]) -> Any:
    return np.round(values.astype(np.float64), 4).tolist()

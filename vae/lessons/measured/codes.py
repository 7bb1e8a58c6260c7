"""Numbers of latent vectors: the encoded test set, paths between two of it, and maps of it."""

from math import sqrt

import numpy as np

from vae.lessons.format.facts import Fact
from vae.lessons.measured.measure import Encoded, Measure, row_of, there
from vae.model.latents import Curve, EncodedSet, FloatArray, interpolate
from vae.projection.methods import fit_pca, quality
from vae.storage.checkpoints import Checkpoint

NEIGHBOURS = 10  # of one image; as many as the latent map counts
METHODS = {"UMAP": "umap", "t-SNE": "tsne"}


def _average_sigma(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
    """Mean over test images and dimensions of the posterior's standard deviation."""
    if checkpoint.model_config.posterior == "point":
        return there(None, fact)
    return float(np.exp(encoded().logvar / 2).mean(dtype=np.float64))


def _of_image(key: str) -> Measure:
    """What the evaluation stored of a test image."""

    def value(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
        return float(getattr(encoded(), key)[row_of(fact, "image", checkpoint)])

    return value


def _average_norm(_: Fact, __: Checkpoint, encoded: Encoded) -> float:
    return float(np.linalg.norm(encoded().mean, axis=1).mean(dtype=np.float64))


def _norm(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
    return float(np.linalg.norm(encoded().mean[row_of(fact, "image", checkpoint)]))


def _halfway(curve: Curve) -> Measure:
    """Norm of the point halfway between two test images."""

    def value(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
        start, end = (encoded().mean[row_of(fact, key, checkpoint)] for key in ("image", "other"))
        path = interpolate(start, end, 3, curve)
        return float(np.linalg.norm(path[1]))

    return value


def _typical_norm(_: Fact, checkpoint: Checkpoint, __: Encoded) -> float:
    """Square root of the mean squared norm of a draw from the prior."""
    return sqrt(checkpoint.model_config.latent_dim)


def _typical_halfway(_: Fact, checkpoint: Checkpoint, __: Encoded) -> float:
    """The same of the point halfway between two draws."""
    return sqrt(checkpoint.model_config.latent_dim / 2)


def _layout(fact: Fact, checkpoint: Checkpoint, encoded: EncodedSet) -> FloatArray:
    """The map that ships with a checkpoint, or the plane of its codes' principal components. Shape: (n, 2)."""
    method = fact.given["method"]
    if method == "PCA":
        return fit_pca(encoded.mean, 2).project(encoded.mean)
    found = checkpoint.load_projection(encoded, METHODS[method], 2)
    if found is None:
        command = f"python -m vae project {checkpoint.name} --method {METHODS[method]}"
        raise ValueError(f"{checkpoint.name} has no {method} map in its folder; make it with {command}.")
    return found


def _neighbours_kept(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
    """Percent of the nearest neighbours, as the latent map says it."""
    codes = encoded()
    kept = quality(codes.mean, _layout(fact, checkpoint, codes)).neighbours_kept
    return 100 * there(kept, fact)


def _neighbours_of_image(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
    """How many of a test image's nearest in latent space are among its nearest on the map."""
    codes, row = encoded(), row_of(fact, "image", checkpoint)
    near, seen = (_nearest(points, row) for points in (codes.mean, _layout(fact, checkpoint, codes)))
    return len(near & seen)


def _nearest(points: FloatArray, row: int) -> set[int]:
    distances = np.square(points - points[row], dtype=np.float64).sum(1)
    distances[row] = np.inf
    return set(np.argsort(distances, kind="stable")[:NEIGHBOURS].tolist())


MEASURES: dict[str, Measure] = {
    "reconstruction of image": _of_image("reconstruction"),
    "KL of image": _of_image("kl"),
    "average σ": _average_sigma,
    "average norm": _average_norm,
    "norm": _norm,
    "norm halfway": _halfway("linear"),
    "spherical norm halfway": _halfway("spherical"),
    "typical norm": _typical_norm,
    "typical norm halfway": _typical_halfway,
    "neighbours kept": _neighbours_kept,
    "neighbours of image kept": _neighbours_of_image,
}

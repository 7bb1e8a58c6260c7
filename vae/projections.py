"""Latent vectors drawn in the plane or in space: (n, latent_dim) -> (n, 2 or 3)."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from vae.models import require

FloatArray = NDArray[np.float32]
Method = Literal["pca", "tsne"]
METHODS: tuple[Method, ...] = get_args(Method)

PERPLEXITY = 30


@dataclass(frozen=True)
class Pca:
    """Principal components: an orthogonal, hence exactly invertible, change of axes.

    Shapes: mean (latent_dim,); components (dims, latent_dim), orthonormal rows, the largest variance first;
    explained (dims,): share of the total variance along each.
    """

    mean: FloatArray
    components: FloatArray
    explained: FloatArray

    def project(self, points: FloatArray) -> FloatArray:
        """Coordinates along the components. Shapes: (n, latent_dim) -> (n, dims)."""
        return np.asarray((points - self.mean) @ self.components.T, np.float32)

    def lift(self, coordinates: FloatArray) -> FloatArray:
        """The latent vectors at these coordinates, the other components at the mean. Shapes: inverse of project."""
        return np.asarray(coordinates @ self.components + self.mean, np.float32)


def fit_pca(points: FloatArray, dims: int) -> Pca:
    """The first principal components. Where there are fewer than dims, the missing ones are zero vectors.

    Each component's largest coefficient is positive, so that a picture is never mirrored from one machine to another.
    """
    mean = points.mean(axis=0, dtype=np.float64)
    _, singular, rows = np.linalg.svd(points - mean, full_matrices=False)
    rows = rows * np.sign(rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)])[:, None]
    components = np.zeros((dims, points.shape[1]), np.float32)
    explained = np.zeros(dims, np.float32)
    found = min(dims, len(rows))
    components[:found] = rows[:found]
    total = np.sum(singular**2)
    explained[:found] = singular[:found] ** 2 / total if total > 0 else 0
    return Pca(mean.astype(np.float32), components, explained)


def project(points: FloatArray, method: Method, dims: int = 2, seed: int = 0) -> FloatArray:
    """The points in the plane or in space, the same for the same seed. Shapes: (n, latent_dim) -> (n, dims).

    pca: the largest variance, linear. tsne: neighbourhoods, perplexity 30, started from the PCA. Raises ValueError for
    an unknown method, values that are not finite, or too few points.
    """
    require(method in METHODS, "method", method, " or ".join(METHODS))
    require(dims in (2, 3), "dims", dims, "2 or 3")
    if not np.isfinite(points).all():
        raise ValueError("Latent vectors must be finite to be projected; train the model again with a smaller step.")
    least = 2 if method == "pca" else 3 * PERPLEXITY
    require(len(points) >= least, "number of points", len(points), f"at least {least} for {method}")
    pca = fit_pca(points, dims).project(points)
    return pca if method == "pca" else _tsne(points, pca, seed)


def _tsne(points: FloatArray, start: FloatArray, seed: int) -> FloatArray:
    from sklearn.manifold import TSNE

    # A start of small spread lets the early exaggeration work; the third axis of 2-D latents needs a little noise.
    jitter = np.random.default_rng(seed).normal(0, 1e-6, start.shape)
    start = (1e-4 * start / max(float(start[:, 0].std()), 1e-12) + jitter).astype(np.float32)
    layout = TSNE(start.shape[1], perplexity=PERPLEXITY, init=start, random_state=seed, n_jobs=-1)
    return np.asarray(layout.fit_transform(points), np.float32)

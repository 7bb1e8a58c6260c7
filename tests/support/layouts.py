"""Points to project, and what a layout of them is compared with."""

from typing import Any

import numpy as np

from vae.projection import methods
from vae.projection.config import ProjectionConfig
from vae.projection.methods import quality


def cloud(n: int, latent_dim: int, seed: int = 0) -> np.ndarray:
    """Points of very different spread along mixed axes, off the origin."""
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(latent_dim, latent_dim)) * 0.5 ** np.arange(latent_dim)[:, None]
    return (rng.normal(size=(n, latent_dim)) @ mixing + rng.normal(size=latent_dim)).astype(np.float32)


def project(points: np.ndarray, method: Any, dims: int = 2, **options: Any) -> np.ndarray:
    return methods.project(points, ProjectionConfig(method, dims, **options))


def measured(points: Any, layout: Any, neighbours: int = 10) -> tuple[float, float, float]:
    """Trustworthiness, continuity and the neighbours kept, of points that have them."""
    found = quality(points, layout, neighbours)
    assert found.trustworthiness is not None
    assert found.continuity is not None
    assert found.neighbours_kept is not None
    return found.trustworthiness, found.continuity, found.neighbours_kept


def assert_as_good(points: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> None:
    for mine, other, most in zip(measured(points, ours), measured(points, theirs), (0.015, 0.015, 0.04), strict=True):
        assert abs(mine - other) < most

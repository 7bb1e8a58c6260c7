"""How good and how various a model's pictures are, in the 64 features of the small classifier's hidden layer.

Precision: the share of samples that lie among the real pictures. Recall: the share of real pictures that lie among the
samples. Fréchet distance in the classifier's features: between Gaussians fitted to both sets. It is the formula of the
FID, but not the FID, whose features are those of an Inception network: the two numbers do not compare.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vae.evaluation.pictures.classifier import BATCH_READ, DigitClassifier
from vae.model.networks import to_unit
from vae.validation import is_whole, require

NEIGHBOURS = 3
CHUNK_NUMBERS = 2**22  # distances at once
ROUNDING = 1e-12  # of a squared distance, as a share of the largest squared length

Features = NDArray[np.float64]


@dataclass(frozen=True)
class SampleQuality:
    """Precision and recall, 0 to 1, and the Fréchet distance, 0 or more, of samples beside real pictures."""

    precision: float
    recall: float
    frechet: float


@torch.inference_mode()
def features(classifier: DigitClassifier, images: NDArray[np.uint8]) -> Features:
    """The hidden layer's values, 0 or more, of each picture. Shapes: images (n, 1, 28, 28) -> (n, 64)."""
    batches = torch.split(torch.from_numpy(images), BATCH_READ)
    return torch.cat([classifier.features(to_unit(batch)) for batch in batches]).double().numpy()


def sample_quality(real: Features, samples: Features) -> SampleQuality:
    """The quality of samples. Shapes: real (n, f), samples (m, f), n and m at least 4."""
    precision, recall = precision_recall(real, samples)
    return SampleQuality(precision, recall, frechet_distance(real, samples))


def precision_recall(real: Features, samples: Features, neighbours: int = NEIGHBOURS) -> tuple[float, float]:
    """Share of samples within the manifold of the real ones, and the other way round.

    The manifold of a set: the balls around its members that reach to their 3rd nearest neighbour among the others,
    edges included. Both shares depend on the numbers n and m: compare only numbers of equal ones. Shapes: real (n, f),
    samples (m, f). Raises ValueError for fewer than 4 of either, or features that are not finite.
    Source: Kynkäänniemi et al. 2019, "Improved precision and recall metric for assessing generative models".
    """
    require(is_whole(neighbours, 1), "neighbours", neighbours, "a whole number from 1")
    _require_features(real, samples, neighbours + 1)
    a, b = torch.from_numpy(real), torch.from_numpy(samples)
    return _covered(b, a, neighbours), _covered(a, b, neighbours)


def frechet_distance(real: Features, samples: Features) -> float:
    """‖μ₁ − μ₂‖² + Tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½) of Gaussians with the sets' means and covariances.

    Of finite sets it is too large, by about a constant over their number: it is not 0 for two sets of real pictures.
    Shapes: (n, f), (m, f). Raises ValueError for fewer than 2 of either, or features that are not finite.
    Source: Dowson & Landau 1982; Heusel et al. 2017, "GANs trained by a two time-scale update rule".
    """
    _require_features(real, samples, 2)
    first, second = (np.atleast_2d(np.cov(rows, rowvar=False)) for rows in (real, samples))
    root = _root(first)
    # The trace of (Σ₁ Σ₂)^½ is that of (Σ₁^½ Σ₂ Σ₁^½)^½, which is symmetric.
    mixed = np.sqrt(np.clip(np.linalg.eigvalsh(root @ second @ root), 0, None)).sum()
    apart = float(np.sum((real.mean(axis=0) - samples.mean(axis=0)) ** 2))
    return max(0.0, apart + float(np.trace(first) + np.trace(second) - 2 * mixed))


def _root(covariance: Features) -> Features:
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.clip(values, 0, None)) @ vectors.T)


def _covered(points: Tensor, members: Tensor, neighbours: int) -> float:
    """Share of the points that lie in a ball of some member. Shapes: (m, f), (n, f)."""
    tolerance = ROUNDING * float(members.square().sum(1).amax())
    nearest = [  # the nearest of all is the member itself
        _squared_distances(rows, members).kthvalue(neighbours + 1).values for rows in _chunks(members, len(members))
    ]
    reach = torch.cat(nearest) + tolerance
    inside = [(_squared_distances(rows, members) <= reach).any(1) for rows in _chunks(points, len(members))]
    return float(torch.cat(inside).double().mean())


def _squared_distances(rows: Tensor, members: Tensor) -> Tensor:
    lengths = rows.square().sum(1)[:, None] + members.square().sum(1)
    return torch.addmm(lengths, rows, members.T, alpha=-2)


def _chunks(rows: Tensor, others: int) -> tuple[Tensor, ...]:
    return torch.split(rows, max(1, CHUNK_NUMBERS // others))


def _require_features(real: Features, samples: Features, least: int) -> None:
    for name, rows in (("real pictures", real), ("samples", samples)):
        require(len(rows) >= least, f"number of {name}", len(rows), f"at least {least}")
        bad = int(np.sum(~np.isfinite(rows).all(axis=1)))
        require(bad == 0, f"number of {name} with features of NaN or infinity", bad, "0")

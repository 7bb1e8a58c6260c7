"""Quality of samples: precision, recall and the Fréchet distance, beside computations of another kind."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from sklearn.neighbors import NearestNeighbors

from vae.evaluation.pictures.classifier import load_classifier
from vae.evaluation.pictures.quality import (
    Features,
    features,
    frechet_distance,
    precision_recall,
    sample_quality,
)


def drawn(seed: int, n: int, f: int = 6, scale: float = 1.0, shift: float = 0.0) -> Features:
    return np.random.default_rng(seed).standard_normal((n, f)) * scale + shift


def covered_by_brute_force(points: Features, members: Features) -> float:
    """Share of the points in a member's ball, one pair at a time."""
    distances, _ = NearestNeighbors(n_neighbors=4, algorithm="brute").fit(members).kneighbors(members)
    radii = distances[:, 3]
    return float(np.mean([any(np.linalg.norm(point - members, axis=1) <= radii) for point in points]))


def test_equal_sets_have_precision_and_recall_1_and_distance_0() -> None:
    real = drawn(0, 300, 64)

    found = sample_quality(real, real[::-1].copy())

    assert (found.precision, found.recall) == (1, 1)
    assert found.frechet == pytest.approx(0, abs=1e-9)


def test_one_repeated_real_picture_is_precise_and_recalls_next_to_nothing() -> None:
    real = drawn(0, 400)
    repeated = np.tile(real[7], (400, 1))

    precision, recall = precision_recall(real, repeated)

    assert precision == 1
    assert recall == 1 / 400  # the picture itself


def test_samples_far_from_all_real_pictures_have_neither() -> None:
    assert precision_recall(drawn(0, 200), drawn(1, 200, shift=100)) == (0, 0)


@pytest.mark.parametrize(("scale", "shift"), [(0.5, 0.0), (1.0, 0.8), (2.0, 0.0)])
def test_precision_and_recall_are_those_of_a_brute_force_search(scale: float, shift: float) -> None:
    real, samples = drawn(0, 150), drawn(1, 120, scale=scale, shift=shift)

    precision, recall = precision_recall(real, samples)

    assert precision == covered_by_brute_force(samples, real)
    assert recall == covered_by_brute_force(real, samples)
    assert 0 < precision < 1 or 0 < recall < 1


def test_the_number_of_pictures_at_once_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    real, samples = drawn(0, 90), drawn(1, 70, scale=1.5)
    whole = precision_recall(real, samples)

    monkeypatch.setattr("vae.evaluation.pictures.quality.CHUNK_NUMBERS", 200)

    assert precision_recall(real, samples) == whole


def test_the_frechet_distance_is_that_of_a_matrix_square_root() -> None:
    turn = np.random.default_rng(5).standard_normal((6, 6))
    real, samples = drawn(0, 500), drawn(1, 400, shift=0.3) @ turn
    first, second = np.cov(real, rowvar=False), np.cov(samples, rowvar=False)
    expected = np.sum((real.mean(0) - samples.mean(0)) ** 2) + np.trace(first + second - 2 * sqrtm(first @ second).real)

    assert frechet_distance(real, samples) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(samples, real) == pytest.approx(expected, rel=1e-9)


def test_the_frechet_distance_of_independent_features_is_the_sum_over_them() -> None:
    """Of diagonal Gaussians it is Σ (μ₁ − μ₂)² + (σ₁ − σ₂)²."""
    corners = np.stack(np.meshgrid(*[[-1.0, 1.0]] * 3), -1).reshape(-1, 3)  # uncorrelated, variance 8/7
    deviations, shift = np.array([1.0, 2.0, 0.5]), np.array([0.0, 1.0, -2.0])
    expected = np.sum(shift**2 + 8 / 7 * (deviations - 1) ** 2)

    assert frechet_distance(corners, corners * deviations + shift) == pytest.approx(expected)


def test_a_constant_feature_is_no_error() -> None:
    real, samples = drawn(0, 50), drawn(1, 50)
    real[:, 2] = samples[:, 2] = 0

    assert np.isfinite(frechet_distance(real, samples))


def test_the_features_are_the_classifiers_hidden_layer() -> None:
    classifier = load_classifier()
    images = np.random.default_rng(0).integers(0, 256, (5, 1, 28, 28), np.uint8)

    found = features(classifier, images)
    with torch.inference_mode():
        logits = classifier(torch.from_numpy(images) / 255)
        from_features = classifier.output(torch.from_numpy(found).float())

    assert found.shape == (5, 64)
    assert (found >= 0).all()
    torch.testing.assert_close(logits, from_features)


@pytest.mark.parametrize(
    ("real", "samples", "message"),
    [
        (drawn(0, 3), drawn(1, 9), "number of real pictures"),
        (drawn(0, 9), drawn(1, 3), "number of samples"),
        (drawn(0, 9), np.full((9, 6), np.nan), "NaN or infinity"),
    ],
)
def test_too_few_pictures_and_broken_features_are_refused(real: Features, samples: Features, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        precision_recall(real, samples)

"""Anomaly scores against the ELBO at the mean, and the AUROC against scikit-learn's."""

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from vae.datasets.splits import Dataset
from vae.evaluation.anomaly import anomaly_scores, auroc
from vae.model.latents import encode, reconstruct
from vae.model.networks import VAE, default_config


def untrained(dataset: Dataset, **options: Any) -> VAE:
    torch.manual_seed(0)
    return VAE(default_config(dataset.image_shape, 2, **options)).eval()


def test_the_score_is_minus_the_elbo_at_the_mean(digits: Dataset) -> None:
    model = untrained(digits)
    images, labels = digits.test.images[:20], digits.test.labels[:20]
    nll = reconstruct(model, images)[1]
    np.testing.assert_allclose(anomaly_scores(model, images), nll + encode(model, images, labels).kl, rtol=1e-6)


def test_without_labels_a_conditional_model_s_score_is_that_of_the_likeliest_class(digits: Dataset) -> None:
    model = untrained(digits, classes=10)
    images = digits.test.images[:20]
    of_each_class = np.stack([anomaly_scores(model, images, np.full(20, label)) for label in range(10)])
    np.testing.assert_allclose(anomaly_scores(model, images), of_each_class.min(axis=0), rtol=1e-6)


def test_a_plain_autoencoder_s_score_has_no_kl(digits: Dataset) -> None:
    model = untrained(digits, posterior="point")
    images = digits.test.images[:20]
    np.testing.assert_allclose(anomaly_scores(model, images), reconstruct(model, images)[1], rtol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_the_auroc_is_that_of_scikit_learn_also_with_ties(seed: int) -> None:
    rng = np.random.default_rng(seed)
    inside, outside = rng.integers(0, 8, 50).astype("f4"), rng.integers(3, 12, 70).astype("f4")
    truth = [0] * len(inside) + [1] * len(outside)
    assert auroc(inside, outside) == pytest.approx(roc_auc_score(truth, np.concatenate([inside, outside])))

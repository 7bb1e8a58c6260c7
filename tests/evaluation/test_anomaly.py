"""Anomaly scores against the evaluation, what they can tell apart, and the AUROC against scikit-learn's."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from tests.support.models import nll_at_mean
from vae.datasets.drawing import resize_images
from vae.datasets.registry import load_dataset
from vae.datasets.splits import Dataset
from vae.evaluation.anomaly import anomaly_scores, auroc, corrected_scores
from vae.model.networks import VAE, default_config
from vae.storage.checkpoints import read_checkpoint

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"


def untrained(dataset: Dataset, **options: Any) -> VAE:
    torch.manual_seed(0)
    return VAE(default_config(dataset.image_shape, 2, **options)).eval()


@pytest.mark.parametrize("name", ["mnist-z10", "mnist-z10-cond", "mnist-z10-ae"])
def test_a_test_image_s_score_is_what_the_evaluation_has_for_it(name: str) -> None:
    checkpoint = read_checkpoint(CHECKPOINTS / name)
    encoded = checkpoint.load_encoded()
    scores = anomaly_scores(checkpoint.load_model(), checkpoint.load_examples(), encoded.labels[:500])
    # the noise is drawn 500 rows at a time, so that the first 500 images have the same noise in any set
    np.testing.assert_allclose(scores, (encoded.reconstruction + encoded.kl)[:500], rtol=2e-3, atol=0.05)


def test_the_loss_at_the_mean_is_not_minus_the_elbo_and_hides_what_beta_costs() -> None:
    bound, at_mean = {}, {}
    for name in ("mnist-z10", "mnist-z10-b1", "mnist-z10-b4", "mnist-z10-b10"):
        checkpoint = read_checkpoint(CHECKPOINTS / name)
        images, encoded = checkpoint.load_examples(), checkpoint.load_encoded()
        bound[name] = float((encoded.reconstruction + encoded.kl)[:500].mean())
        at_mean[name] = float((nll_at_mean(checkpoint.load_model(), images) + encoded.kl[:500]).mean())
    too_low = {name: bound[name] - at_mean[name] for name in bound}
    # Of all 10,000 test images: 4.6 and 17.3 too low; beta = 4 against 1: 3.2 at the mean, where the truth is 12.4.
    assert too_low["mnist-z10"] == pytest.approx(4.2, abs=0.2)
    assert too_low["mnist-z10-b10"] == pytest.approx(16.0, abs=0.4)
    assert at_mean["mnist-z10-b4"] - at_mean["mnist-z10-b1"] == pytest.approx(3.4, abs=0.3)
    assert bound["mnist-z10-b4"] - bound["mnist-z10-b1"] == pytest.approx(12.2, abs=0.3)


def test_without_labels_a_conditional_model_s_score_is_that_of_the_likeliest_class(digits: Dataset) -> None:
    model = untrained(digits, classes=10)
    images = digits.test.images[:20]
    of_each_class = np.stack([anomaly_scores(model, images, np.full(20, label)) for label in range(10)])
    np.testing.assert_allclose(anomaly_scores(model, images), of_each_class.min(axis=0), rtol=1e-6)


def test_the_bound_alone_finds_a_black_picture_most_normal_and_the_corrected_score_does_not() -> None:
    checkpoint = read_checkpoint(CHECKPOINTS / "mnist-z10")
    model, images = checkpoint.load_model(), checkpoint.load_examples()
    sprites = resize_images(load_dataset("sprites").test.images[::10], (1, 28, 28))
    noise = np.random.default_rng(0).integers(0, 256, (50, 1, 28, 28), np.uint8)
    found = {}
    own = anomaly_scores(model, images)
    for name, others in (("black", np.zeros((1, 1, 28, 28), np.uint8)), ("sprites", sprites), ("noise", noise)):
        scores = anomaly_scores(model, others)
        corrected = auroc(corrected_scores(model, images, own), corrected_scores(model, others, scores))
        found[name] = auroc(own, scores), corrected
    assert found["black"][0] < 0.01  # a picture without a digit
    assert found["sprites"][0] < 0.8
    assert found["noise"][0] > 0.99
    assert min(corrected for _, corrected in found.values()) > 0.99


@pytest.mark.parametrize("seed", range(5))
def test_the_auroc_is_that_of_scikit_learn_also_with_ties(seed: int) -> None:
    rng = np.random.default_rng(seed)
    inside, outside = rng.integers(0, 8, 50).astype("f4"), rng.integers(3, 12, 70).astype("f4")
    truth = [0] * len(inside) + [1] * len(outside)
    assert auroc(inside, outside) == pytest.approx(roc_auc_score(truth, np.concatenate([inside, outside])))

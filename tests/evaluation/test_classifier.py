"""The digit classifier: it learns, it is saved with how reliable it is, and the one that ships knows digits."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from vae.datasets.registry import is_available, load_dataset
from vae.datasets.splits import Dataset, Split
from vae.evaluation.pictures.classifier import (
    DigitClassifier,
    accuracy,
    classify,
    load_classifier,
    read_reliability,
    save_classifier,
    train_classifier,
)
from vae.model.latents import decode, sample
from vae.storage.checkpoints import read_checkpoint

SHARED = Path(__file__).parents[3] / "shared" / "data"
SHIPPED = Path(__file__).parents[2] / "checkpoints"


def enlarged(split: Split) -> Split:
    """Digits of 8 × 8 pixels as pictures of 28 × 28."""
    large = np.kron(split.images, np.ones((1, 1, 3, 3), np.uint8))
    return Split(np.pad(large, ((0, 0), (0, 0), (2, 2), (2, 2))), split.labels)


@pytest.fixture(scope="module")
def large_digits(digits: Dataset) -> Dataset:
    return Dataset(
        "digits", enlarged(digits.train), enlarged(digits.validation), enlarged(digits.test), digits.class_names
    )


@pytest.fixture(scope="module")
def trained(large_digits: Dataset) -> DigitClassifier:
    return train_classifier(large_digits, epochs=12)


def test_it_learns_digits_and_is_the_same_for_the_same_seed(large_digits: Dataset, trained: DigitClassifier) -> None:
    assert accuracy(trained, large_digits.test) > 0.9
    first, second, other = (train_classifier(large_digits, 1, seed).output.weight for seed in (3, 3, 4))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_a_file_has_the_weights_and_how_reliable_they_are(
    large_digits: Dataset, trained: DigitClassifier, tmp_path: Path
) -> None:
    test = large_digits.test
    save_classifier(tmp_path / "weights.safetensors", trained, test)
    again = load_classifier(tmp_path / "weights.safetensors")
    np.testing.assert_array_equal(classify(again, test.images), classify(trained, test.images))
    found = read_reliability(tmp_path / "weights.safetensors")
    assert found.accuracy == pytest.approx((classify(trained, test.images) == test.labels).mean(), abs=5e-5)
    assert found.images == len(test)


def test_the_one_that_ships_knows_test_digits() -> None:
    checkpoint = read_checkpoint(SHIPPED / "mnist-z10")
    images = checkpoint.load_examples()
    assert accuracy(load_classifier(), Split(images, checkpoint.load_encoded().labels[: len(images)])) > 0.98
    assert read_reliability().images == 10_000
    assert read_reliability().accuracy > 0.985


@pytest.mark.skipif(not is_available("mnist", SHARED), reason="the real MNIST files are not beside this repo")
def test_the_one_that_ships_is_as_reliable_as_it_says() -> None:
    test = load_dataset("mnist", SHARED).test
    assert accuracy(load_classifier(), test) == pytest.approx(read_reliability().accuracy, abs=1e-4)


def test_a_vote_of_the_nearest_codes_often_names_another_digit() -> None:
    """The page says on how many samples of the prior the two agree."""
    checkpoint = read_checkpoint(SHIPPED / "mnist-z10")
    encoded = checkpoint.load_encoded()
    z = sample(2000, 10, seed=0)
    votes = KNeighborsClassifier(15).fit(encoded.mean, encoded.labels).predict(z)
    agreement = (classify(load_classifier(), decode(checkpoint.load_model(), z)) == votes).mean()
    assert agreement == pytest.approx(0.74, abs=0.02)

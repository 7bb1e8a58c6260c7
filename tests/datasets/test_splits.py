"""Splits, their content hash and binarisation."""

import os
from pathlib import Path

import numpy as np
import pytest

from tests.support.mnist import RNG
from vae.datasets import splits
from vae.datasets.registry import load_dataset

# ---- splits and their hash -------------------------------------------------------------------------------------------


def test_the_hash_changes_with_any_pixel_label_or_split() -> None:
    def dataset(pixel: int = 0, label: int = 0, cut: int = 2) -> str:
        images, labels = np.zeros((5, 1, 2, 2), np.uint8), np.zeros(5, np.int64)
        images[4, 0, 1, 1], labels[4] = pixel, label
        rows = (slice(cut), slice(cut, 4), slice(4, 5))
        train, validation, test = (splits.Split(images[s].copy(), labels[s].copy()) for s in rows)
        return splits.Dataset("any", train, validation, test, ()).content_hash

    assert dataset() == dataset()
    assert len({dataset(), dataset(pixel=1), dataset(label=1), dataset(cut=1)}) == 4


def test_a_split_needs_one_label_per_image() -> None:
    with pytest.raises(ValueError, match="one row per image expected: 3, not 2"):
        splits.Split(np.zeros((3, 1, 2, 2), np.uint8), np.zeros(2, np.int64))


def test_loading_writes_nothing_into_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    load_dataset("digits")
    load_dataset("sprites")
    assert os.listdir(tmp_path) == []  # noqa: PTH208


# ---- binarisation ----------------------------------------------------------------------------------------------------

RAMP = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16)


def test_without_binarisation_the_images_are_returned_unchanged() -> None:
    assert splits.binarise(RAMP, "none") is RAMP


def test_static_binarisation_cuts_at_one_half() -> None:
    cut = splits.binarise(RAMP, "static")
    assert cut.dtype == np.uint8
    assert cut.flatten().tolist() == [0] * 128 + [255] * 128


def test_dynamic_binarisation_makes_white_with_the_probability_of_the_grey_level() -> None:
    drawn = splits.binarise(np.repeat(RAMP, 4000, axis=0), "dynamic")
    assert drawn.dtype == np.uint8
    assert set(np.unique(drawn)) == {0, 255}
    white, grey = (drawn > 0).mean(axis=0), RAMP[0] / 255
    assert (np.abs(white - grey) <= 5 * np.sqrt(grey * (1 - grey) / 4000)).all()  # black and white themselves: always


def test_dynamic_binarisation_is_the_same_for_the_same_seed_and_image_number() -> None:
    grey = RNG.integers(0, 256, (30, 3, 4, 5), np.uint8)
    kept = grey.copy()
    drawn = splits.binarise(grey, "dynamic", seed=1)
    assert np.array_equal(drawn, splits.binarise(grey, "dynamic", seed=1))
    assert np.array_equal(drawn[:7], splits.binarise(grey[:7], "dynamic", seed=1))
    assert not np.array_equal(drawn, splits.binarise(grey, "dynamic", seed=2))
    assert np.array_equal(grey, kept)


def test_equal_images_are_binarised_independently() -> None:
    assert len(np.unique(splits.binarise(np.repeat(RAMP, 50, axis=0), "dynamic"), axis=0)) == 50

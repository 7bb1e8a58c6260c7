"""Digits and sprites."""

import itertools

import numpy as np
import pytest

from tests.support.pictures import all_images
from vae.datasets import embedded, splits
from vae.datasets.registry import load_dataset


def test_digits_are_sklearns_scaled_to_the_full_range() -> None:
    digits = load_dataset("digits")
    assert digits.image_shape == (1, 8, 8)
    assert [len(s) for s in (digits.train, digits.validation, digits.test)] == [1297, 200, 300]
    images = all_images(digits)
    assert set(np.unique(images)) == {round(level * 255 / 16) for level in range(17)}
    assert images.dtype == np.uint8
    assert digits.train.labels.dtype == np.int64
    assert digits.class_names == tuple("0123456789")


@pytest.mark.parametrize("name", ["digits", "sprites"])
def test_the_first_test_images_show_every_class(name: str) -> None:
    dataset = load_dataset(name)
    assert set(dataset.test.labels[:100]) == set(range(len(dataset.class_names)))


@pytest.fixture(scope="module")
def sprites() -> splits.Dataset:
    return load_dataset("sprites")


def test_sprites_are_binary_and_away_from_the_border(sprites: splits.Dataset) -> None:
    images = all_images(sprites)
    assert images.shape == (17_280, 1, 64, 64)
    assert np.array_equal(np.unique(images), [0, 255])
    frame = np.ones((64, 64), bool)
    frame[1:-1, 1:-1] = False
    assert not images[:, 0, frame].any()


def test_no_sprite_is_clipped_by_its_own_square() -> None:
    for shape in embedded.SPRITE_SHAPES:
        for step in range(10):
            mask = embedded._sprite(shape, 14.0, 2 * np.pi * step / 10)
            y, x = np.nonzero(mask)
            assert np.hypot(x - 14, y - 14).max() <= 14


def test_every_combination_of_sprite_factors_has_one_picture_unlike_all_others(sprites: splits.Dataset) -> None:
    images = np.packbits(all_images(sprites).reshape(17_280, -1) > 0, axis=1)
    assert len({image.tobytes() for image in images}) == 17_280  # so the splits are disjoint, too
    factors = np.concatenate([sprites.train.factors, sprites.validation.factors, sprites.test.factors])
    assert len(np.unique(factors, axis=0)) == 17_280
    assert factors.max(axis=0).tolist() == [2, 3, 9, 11, 11]
    assert sprites.factor_names == ("shape", "scale", "orientation", "x", "y")


def test_sprite_factors_match_the_pixels(sprites: splits.Dataset) -> None:
    images, factors = sprites.test.images[:, 0] > 0, sprites.test.factors
    assert factors is not None
    area = images.sum(axis=(1, 2))
    x = (images.sum(axis=1) * np.arange(64)).sum(axis=1) / area
    y = (images.sum(axis=2) * np.arange(64)).sum(axis=1) / area
    assert np.abs(x - (15 + 3 * factors[:, 3])).max() < 2.0
    assert np.abs(y - (15 + 3 * factors[:, 4])).max() < 2.0
    for shape in range(3):
        sizes = [area[(factors[:, 0] == shape) & (factors[:, 1] == scale)] for scale in range(4)]
        assert all(small.max() < large.min() for small, large in itertools.pairwise(sizes))
    assert np.array_equal(sprites.test.labels, factors[:, 0])


def test_splits_are_the_same_for_the_same_seed_only(sprites: splits.Dataset) -> None:
    assert len(sprites.train) == 13_824
    assert len(sprites.validation) == len(sprites.test) == 1_728
    assert load_dataset("sprites") is sprites
    assert load_dataset("digits").content_hash == load_dataset("digits").content_hash
    assert load_dataset("digits", seed=1).content_hash != load_dataset("digits").content_hash

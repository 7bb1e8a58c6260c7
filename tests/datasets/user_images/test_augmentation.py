"""Versions of training images: what is kept, how far each moves, and that a seed gives the same ones."""

import numpy as np
import pytest

from vae.datasets import pictures
from vae.datasets.drawing import Images
from vae.datasets.splits import Dataset, Split
from vae.datasets.user_images import augmentation
from vae.datasets.user_images.augmentation import ENOUGH, Augmentation, augment, first_versions, proposed_versions

SIDE = 41


def spot(row: int, column: int, channels: int = 1) -> Split:
    """One image, black but for a blurred spot with its middle there."""
    y, x = np.mgrid[:SIDE, :SIDE]
    light = np.exp(-((y - row) ** 2 + (x - column) ** 2) / 8)
    return Split(np.rint(255 * light).astype(np.uint8)[None, None].repeat(channels, 1), np.zeros(1, np.int64))


def middles(images: Images) -> np.ndarray:
    """Centre of mass of each, row and column, from the picture's middle. Shape: (n, c, h, w) -> (n, 2)."""
    light = images.mean(1, dtype=np.float64)
    at = np.arange(SIDE) - SIDE // 2
    mass = light.sum((1, 2))
    return np.stack([light.sum(2) @ at / mass, light.sum(1) @ at / mass], 1)


def versions(split: Split, count: int = 200, *, shift: float = 0, turn: float = 0, scale: float = 0) -> Images:
    return augment(split, Augmentation(count, shift, turn, scale), 0).images


def test_the_images_come_first_then_a_version_of_each_with_its_label_and_factors() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 3, 9, 9), np.uint8)
    split = Split(images, np.arange(5), np.arange(10).reshape(5, 2))
    made = augment(split, Augmentation(4), 0)
    assert made.images.shape == (20, 3, 9, 9)
    assert (made.images[:5] == images).all()
    assert made.labels.tolist() == [*range(5)] * 4
    assert made.factors is not None
    assert (made.factors[5:10] == split.factors).all()
    assert not (made.images[5:10] == images).all((1, 2, 3)).any()


def test_one_version_is_the_image_itself(digits: Dataset) -> None:
    assert augment(digits.train, Augmentation(1), 0) is digits.train


def test_versions_that_are_not_moved_are_the_images() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 3, 8, 12), np.uint8)
    made = augment(Split(images, np.zeros(5, np.int64)), Augmentation(3, 0, 0, 0), 0)
    assert (made.images == np.tile(images, (3, 1, 1, 1))).all()


def test_a_seed_gives_the_same_versions_and_another_others() -> None:
    split, how = spot(20, 20), Augmentation(5)
    assert (augment(split, how, 3).images == augment(split, how, 3).images).all()
    assert (augment(split, how, 3).images != augment(split, how, 4).images).any()


def test_a_version_is_shifted_by_at_most_the_given_share_in_each_direction() -> None:
    found = middles(versions(spot(20, 20), shift=0.2))
    assert np.abs(found).max() <= 0.2 * SIDE + 0.1
    assert (np.abs(found).max(0) > 0.15 * SIDE).all()
    assert np.abs(found.mean(0)).max() < 0.05 * SIDE


def test_a_version_is_turned_about_the_middle_by_at_most_the_given_angle() -> None:
    down, across = middles(versions(spot(20, 32), turn=30)).T
    angles = np.degrees(np.arctan2(down, across))
    assert np.abs(angles).max() <= 31
    assert angles.min() < -25 < 25 < angles.max()
    assert np.abs(np.hypot(down, across) - 12).max() < 0.2


def test_a_version_is_scaled_by_at_most_the_given_share_as_often_larger_as_smaller() -> None:
    down, across = middles(versions(spot(20, 30), scale=0.5)).T
    assert np.abs(down).max() < 0.2
    ratio = across / 10
    assert 1 / 1.52 < ratio.min() < 0.75
    assert 1.4 < ratio.max() < 1.52
    assert 0.4 < (ratio > 1).mean() < 0.6


@pytest.mark.parametrize(("images", "versions"), [(2, 3), (5, 4), (1, 1), (9, 9)])
def test_the_first_versions_are_those_that_are_trained_on(images: int, versions: int) -> None:
    split = Split(np.random.default_rng(0).integers(0, 256, (5, 3, 9, 9), np.uint8), np.zeros(5, np.int64))
    how = Augmentation(4)
    made = augment(split, how, 7).images.reshape(4, 5, 3, 9, 9)
    found = first_versions(split, how, 7, images=images, versions=versions)
    expected = made[:versions, :images].swapaxes(0, 1).reshape(-1, 3, 9, 9)
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("level", [0, 255, 90])
def test_a_picture_of_one_colour_stays_so_up_to_its_edges(level: int) -> None:
    split = Split(np.full((2, 3, 10, 10), level, np.uint8), np.zeros(2, np.int64))
    assert (augment(split, Augmentation(50, 0.5, 180, 0.5), 0).images == level).all()


@pytest.mark.parametrize(("images", "expected"), [(16, 200), (160, 38), (1000, 6), (ENOUGH, 1), (60_000, 1), (0, 200)])
def test_few_images_are_proposed_many_versions_and_enough_none(images: int, expected: int) -> None:
    assert proposed_versions(images) == expected


def test_more_versions_than_memory_takes_are_refused_with_how_many_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_FILES", 25)
    split = Split(np.zeros((10, 1, 4, 4), np.uint8), np.zeros(10, np.int64))
    with pytest.raises(ValueError, match="3 versions of 10 images are too many: choose 2"):
        augment(split, Augmentation(3), 0)


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("versions", 0), ("versions", 201), ("versions", 2.0), ("versions", "2"), ("shift", -0.1), ("shift", 0.6),
        ("turn", 181), ("turn", float("nan")), ("scale", 0.51), ("scale", None),
    ],
)  # fmt: skip
def test_values_out_of_range_are_refused_by_name(field: str, bad: object) -> None:
    with pytest.raises(ValueError, match=f"{field} must be"):
        Augmentation(**{field: bad})  # type: ignore[arg-type]


def test_how_many_are_moved_at_once_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    split = Split(np.random.default_rng(0).integers(0, 256, (7, 1, 8, 8), np.uint8), np.arange(7))
    whole = augment(split, Augmentation(5), 0).images
    monkeypatch.setattr(augmentation, "AT_ONCE", 64 * 3)
    assert np.array_equal(augment(split, Augmentation(5), 0).images, whole)

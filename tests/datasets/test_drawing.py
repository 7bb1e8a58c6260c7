"""Where data sets place what is drawn, and images resized for a model of other images."""

import numpy as np
import pytest

from vae.datasets.drawing import Images, drawing_frame, is_dark_on_bright, resize_images
from vae.datasets.registry import load_dataset
from vae.datasets.splits import Dataset


def test_images_are_resized_and_get_the_number_of_channels() -> None:
    color = np.zeros((2, 3, 64, 32), np.uint8)
    color[:, 1] = 200
    grey = resize_images(color, (1, 28, 28))
    assert grey.shape == (2, 1, 28, 28)
    assert set(np.unique(grey)) == {117}  # 0.587 of 200
    assert resize_images(grey, (3, 8, 8)).shape == (2, 3, 8, 8)
    assert (resize_images(color, (3, 64, 32)) == color).all()


def centred_boxes(count: int, side: int, box: tuple[int, int]) -> Images:
    """White boxes of box[0] × box[1] pixels in the middle of black images."""
    images = np.zeros((count, 1, side, side), np.uint8)
    top, left = (side - box[0]) // 2, (side - box[1]) // 2
    images[:, :, top : top + box[0], left : left + box[1]] = 255
    return images


def test_a_data_sets_frame_is_found_where_it_has_one(digits: Dataset) -> None:
    assert drawing_frame(centred_boxes(20, 28, (20, 6))) == {"side": 20, "across": 14.0, "down": 14.0}
    frame = drawing_frame(digits.test.images)
    assert frame is not None
    assert frame["side"] == 8
    assert frame["across"] == pytest.approx(4, abs=0.3)


def test_data_sets_without_a_frame_have_none() -> None:
    rng = np.random.default_rng(0)
    assert drawing_frame(load_dataset("sprites").test.images[:500]) is None
    assert drawing_frame(rng.integers(0, 256, (20, 3, 8, 8), np.uint8)) is None
    assert drawing_frame(rng.integers(0, 256, (20, 1, 28, 20), np.uint8)) is None
    assert drawing_frame(np.zeros((20, 1, 8, 8), np.uint8)) is None


def test_only_grey_images_that_are_bright_at_their_edges_are_dark_on_bright(digits: Dataset) -> None:
    boxes = centred_boxes(20, 28, (20, 6))
    assert not is_dark_on_bright(boxes)
    assert is_dark_on_bright(255 - boxes)
    assert not is_dark_on_bright(np.repeat(255 - boxes, 3, axis=1))
    assert not is_dark_on_bright(digits.test.images)
    assert not is_dark_on_bright(boxes[:0])

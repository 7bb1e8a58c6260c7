"""The length of compressed pictures against Pillow's GIF, and what it does for each likelihood."""

import io
from math import log

import numpy as np
import pytest
from PIL import Image

from vae.datasets.registry import load_dataset
from vae.evaluation.pictures.complexity import complexity, density_offset, dither, lzw_bits


def gif_data_bytes(picture: np.ndarray) -> int:
    """How many bytes of LZW codes Pillow writes for a grey picture. Shape: (h, w) uint8."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "GIF", optimize=False, interlace=0)
    data = file.getvalue()
    at = 13 + 3 * 2 ** ((data[10] & 7) + 1)
    while data[at] == 0x21:  # an extension: label, then blocks until an empty one
        at += 2
        while data[at]:
            at += data[at] + 1
        at += 1
    assert data[at] == 0x2C
    at += 10 + (3 * 2 ** ((data[at + 9] & 7) + 1) if data[at + 9] & 128 else 0)
    assert data[at] == 8  # bits of a symbol
    at, total = at + 1, 0
    while data[at]:
        total += data[at]
        at += data[at] + 1
    return total


def test_lzw_takes_as_many_bytes_as_in_a_gif_of_pillow_s() -> None:
    rng = np.random.default_rng(0)
    sprites = load_dataset("sprites").test.images[:20, 0, ::2, ::2]
    pictures = [*sprites, np.zeros((28, 28), np.uint8), rng.integers(0, 256, (28, 28), np.uint8)]
    for picture in pictures:
        assert -(-lzw_bits(picture.tobytes(), 8) // 8) == gif_data_bytes(picture)


def test_a_bernoulli_likelihood_s_picture_is_black_and_white() -> None:
    rng = np.random.default_rng(0)
    black, noise = np.zeros((1, 1, 28, 28), np.uint8), rng.integers(0, 256, (1, 1, 28, 28), np.uint8)
    grey = np.full((1, 1, 28, 28), 128, np.uint8)  # as Bernoulli pixels: as uncertain as noise
    lengths = [complexity(image, "bernoulli")[0] for image in (black, grey, noise)]
    assert lengths[0] < 150
    assert min(lengths[1:]) > 784 * log(2)  # incompressible
    assert max(lengths[1:]) < 1.5 * 784 * log(2)
    assert complexity(grey, "gaussian")[0] < 500
    assert complexity(noise, "gaussian")[0] > 784 * log(256)


def test_the_dither_pattern_makes_each_grey_level_white_as_often_as_it_is_bright() -> None:
    thresholds = dither(20_000)
    for level in (0, 1, 64, 128, 254, 255):
        assert np.mean(level > thresholds) == pytest.approx(level / 255, abs=0.01)
    assert not (thresholds >= 255).any()


def test_only_densities_are_turned_into_probabilities_of_levels() -> None:
    assert density_offset("bernoulli", (1, 28, 28)) == density_offset("discretised-logistic", (1, 28, 28)) == 0
    assert density_offset("gaussian", (3, 4, 5)) == pytest.approx(60 * log(255))

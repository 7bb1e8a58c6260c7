"""The further metrics, called as the command line calls them."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch

from vae.datasets.registry import load_dataset
from vae.datasets.splits import Dataset, Split, take
from vae.evaluation.gaps import gaps
from vae.evaluation.registry import FACTOR_SCORES, SCORES, is_whole_population
from vae.model.latents import encode
from vae.model.networks import VAE, ModelConfig
from vae.storage.checkpoints import read_checkpoint

SHIPPED = Path(__file__).parents[2] / "checkpoints"


def grid_dataset() -> Dataset:
    """Every combination of two factors with 6 and 10 values, as pictures of 6 x 10 pixels of which one is white."""
    factors = np.array(list(product(range(6), range(10))))
    images = (np.eye(60, dtype=np.uint8) * 255).reshape(60, 1, 6, 10)
    whole = Split(images, factors[:, 0], factors)
    order = np.random.default_rng(0).permutation(60)
    train, validation, test = (take(whole, rows) for rows in np.split(order, [40, 50]))
    return Dataset("grid", train, validation, test, tuple("abcdef"), ("row", "column"))


def test_every_combination_of_factors_once_is_the_whole_population() -> None:
    grid = grid_dataset()
    assert is_whole_population(grid)
    assert not is_whole_population(replace(grid, test=take(grid.test, np.arange(9))))
    assert not is_whole_population(replace(grid, test=take(grid.test, np.array([*range(9), 0]))))
    assert not is_whole_population(replace(grid, train=replace(grid.train, factors=None)))


def test_sprites_are_a_whole_population_and_digits_are_not(digits: Dataset) -> None:
    assert is_whole_population(load_dataset("sprites"))
    assert not is_whole_population(digits)


def test_surgery_takes_the_whole_population_where_it_is_known_and_else_the_test_images() -> None:
    torch.manual_seed(0)
    grid, model = grid_dataset(), VAE(ModelConfig((1, 6, 10), 2, "mlp", (8,))).eval()
    encoded = encode(model, grid.test.images, grid.test.labels)
    assert SCORES["surgery"](model, grid, encoded, 0).protocol.startswith("60 images, the whole population;")
    sample = replace(grid, train=take(grid.train, np.arange(39)))
    assert SCORES["surgery"](model, sample, encoded, 0).protocol.startswith("10 images; one z per image")


def test_scores_of_factors_take_all_images_their_factors_and_the_codes_that_they_are_defined_for() -> None:
    torch.manual_seed(0)
    grid, model = replace(grid_dataset(), factor_names=("row", "shape")), VAE(ModelConfig((1, 6, 10), 2, "mlp", (8,)))
    encoded = encode(model.eval(), grid.test.images, grid.test.labels)
    protocols = {name: SCORES[name](model, grid, encoded, 0).protocol for name in FACTOR_SCORES}
    for name, protocol in protocols.items():
        codes = "samples" if name.startswith("mig") else "means"
        assert protocol.startswith(f"60 images; {codes} of the posterior"), protocol
        assert protocol.endswith("row" if name == "mig-without-shape" else "row, shape"), protocol


def test_scores_of_factors_say_that_a_data_set_has_none(digits: Dataset) -> None:
    model = VAE(ModelConfig(digits.image_shape, 2, "mlp", (8,))).eval()
    encoded = encode(model, digits.test.images[:9], digits.test.labels[:9])
    for name in FACTOR_SCORES:
        with pytest.raises(
            ValueError, match="digits does not say which factors its images were made from; use sprites"
        ):
            SCORES[name](model, digits, encoded, 0)


def test_gaps_are_those_of_the_first_64_test_images(digits: Dataset) -> None:
    torch.manual_seed(0)
    model = VAE(ModelConfig(digits.image_shape, 2, "mlp", (8,))).eval()
    encoded = encode(model, digits.test.images, digits.test.labels)
    result = SCORES["gaps"](model, digits, encoded, 0)
    assert result.protocol.startswith("64 images;")
    assert result == gaps(model, digits.test.images[:64], digits.test.labels[:64])


@pytest.mark.slow
def test_by_permutation_sprites_z6_tc_is_disentangled_where_the_impurity_counts_the_orientation() -> None:
    sprites, checkpoint = load_dataset("sprites"), read_checkpoint(SHIPPED / "sprites-z6-tc")
    result = SCORES["dci"](checkpoint.load_model(torch.device("cpu")), sprites, checkpoint.load_encoded(), 0)
    assert result.permutation_disentanglement == pytest.approx(0.772, abs=0.02)
    assert result.permutation_completeness == pytest.approx(0.960, abs=0.02)
    assert result.disentanglement == pytest.approx(0.556, abs=0.02)
    assert result.completeness == pytest.approx(0.728, abs=0.02)
    assert result.unpredictable == ("orientation",)
    assert result.accuracy["orientation"] == pytest.approx(0.13, abs=0.02)


@pytest.mark.slow
def test_over_all_sprites_the_dimensions_of_sprites_z6_tc_are_nearly_independent() -> None:
    sprites, checkpoint = load_dataset("sprites"), read_checkpoint(SHIPPED / "sprites-z6-tc")
    surgery = SCORES["surgery"](checkpoint.load_model(torch.device("cpu")), sprites, checkpoint.load_encoded(), 0)
    assert surgery.total_correlation == pytest.approx(0.12, abs=0.01)  # of the 1,728 test images alone 0.68
    assert surgery.ln_n == pytest.approx(np.log(17_280))
    assert not surgery.saturated

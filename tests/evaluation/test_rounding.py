"""What float16 weights change in a decoder's pictures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support.checkpoints import GREY, save
from vae.evaluation.rounding import CLOSE_LEVELS, float16_is_close, float16_levels, round_to_float16
from vae.model.latents import EncodedSet, encode
from vae.model.networks import VAE, ModelConfig
from vae.storage.checkpoints import read_checkpoint


def made(config: ModelConfig) -> tuple[VAE, EncodedSet]:
    torch.manual_seed(0)
    model = VAE(config).eval()
    images = np.random.default_rng(0).integers(0, 256, (30, *config.image_shape), np.uint8)
    return model, encode(model, images, np.arange(30) % 3)


def test_weights_that_float16_has_change_nothing() -> None:
    model, encoded = made(GREY)
    before = float16_levels(model, encoded)
    assert before is not None
    assert before > 0
    with torch.no_grad():
        for weight in model.decoder.parameters():
            weight.copy_(weight.half())
    assert float16_levels(model, encoded) == 0


def test_the_largest_difference_is_in_levels_of_255() -> None:
    """A model of one constant: its grey level is a weight, which float16 rounds by a known amount."""
    model, encoded = made(replace(GREY, likelihood="gaussian"))
    grey = 0.7001
    with torch.no_grad():
        model.decoder.head.weight.zero_()
        model.decoder.head.bias.fill_(grey)
    rounded = float(np.float16(grey))
    assert float16_levels(model, encoded) == pytest.approx(255 * abs(grey - rounded), abs=2e-4)


def test_a_weight_too_large_for_float16_is_none() -> None:
    model, encoded = made(GREY)
    with torch.no_grad():
        model.decoder.head.bias[0] = 70_000
    assert float16_levels(model, encoded) is None


def test_the_encoder_and_the_model_itself_stay_as_they_are() -> None:
    config = ModelConfig((1, 8, 8), 2, "conv", (8,), (4,), "gaussian-optimal", batch_norm=True, classes=3)
    model, encoded = made(config)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    assert float16_levels(model, encoded) is not None
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    with torch.no_grad():
        model.encoder.head.bias.fill_(1e6)
    assert float16_levels(model, encoded) is not None


@pytest.mark.parametrize(
    ("levels", "close"), [(0, True), (CLOSE_LEVELS, True), (1.0, False), (None, False), (-1.0, False), ("0", False)]
)
def test_float16_is_close_where_no_pixel_moves_by_more_than_a_level(levels: object, close: bool) -> None:
    assert float16_is_close(levels) == close


def test_a_checkpoint_of_before_the_measurement_is_read_and_says_nothing_of_float16(tmp_path: Path) -> None:
    save(tmp_path / "noise")
    assert "float16_levels" not in read_checkpoint(tmp_path / "noise").metrics


def test_rounded_weights_are_the_nearest_that_float16_has() -> None:
    model, _ = made(replace(GREY, batch_norm=True))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    round_to_float16(model)
    weights = dict(model.named_parameters())
    for name, tensor in model.state_dict().items():
        expected = before[name].half().float() if name in weights else before[name]
        assert torch.equal(tensor, expected), name


def test_a_model_that_float16_cannot_hold_is_refused_and_stays_as_it_is() -> None:
    model, _ = made(GREY)
    with torch.no_grad():
        model.decoder.head.bias[0] = 70_000
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(ValueError, match="train with float32 weights"):
        round_to_float16(model)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())

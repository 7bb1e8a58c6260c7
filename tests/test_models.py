"""Shapes, ranges and validation of the model; sizes against published ones."""

import json
from dataclasses import asdict, replace
from typing import Any

import pytest
import torch
from torch import Tensor

from vae.models import (
    LOGVAR_BOUND,
    VAE,
    Architecture,
    ModelConfig,
    choose_device,
    default_config,
    reparameterize,
    to_uint8,
    to_unit,
)

SHAPES = [(1, 8, 8), (1, 28, 28), (3, 32, 32), (1, 64, 64), (3, 64, 64), (1, 5, 17), (1, 1, 1)]
GOOD = ModelConfig((1, 8, 8), 2, "mlp", (16,))
CONV = ModelConfig((1, 8, 8), 2, "conv", (16,), (4, 8))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(n: int, shape: tuple[int, int, int]) -> Tensor:
    return torch.randint(0, 256, (n, *shape), generator=generator(), dtype=torch.uint8)


# ---- the networks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("latent_dim", [1, 2, 10, 512])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("architecture", ["mlp", "conv"])
@torch.inference_mode()
def test_every_shape_encodes_and_decodes(
    architecture: Architecture, shape: tuple[int, int, int], latent_dim: int
) -> None:
    model = VAE(default_config(shape, latent_dim, architecture))
    mean, logvar = model.encode(to_unit(images(3, shape)))
    assert mean.shape == logvar.shape == (3, latent_dim)
    assert mean.dtype == logvar.dtype == torch.float32
    pictures = model.decode(20 * torch.randn(3, latent_dim, generator=generator()))
    assert pictures.shape == (3, *shape)
    assert pictures.dtype == torch.float32
    assert pictures.min() >= 0
    assert pictures.max() <= 1


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 17), (1, 300, 2)], ids=str)
@torch.inference_mode()
def test_more_halvings_than_the_image_has_sides_still_give_its_shape(shape: tuple[int, int, int]) -> None:
    model = VAE(ModelConfig(shape, 2, "conv", (4, 3), (2,) * 8))
    mean, _ = model.encode(to_unit(images(2, shape)))
    assert model.decode(mean).shape == (2, *shape)


@torch.inference_mode()
def test_gaussian_pictures_stay_in_range_and_keep_what_is_inside_it() -> None:
    model = VAE(replace(GOOD, likelihood="gaussian"))
    for weights in model.parameters():
        weights.mul_(20)
    z = torch.randn(50, 2, generator=generator())
    means, pictures = model.decoder(z), model.decode(z)
    inside = (means > 0) & (means < 1)
    assert means.min() < 0
    assert means.max() > 1
    assert 0 < inside.sum() < inside.numel()
    assert (pictures.min(), pictures.max()) == (0, 1)
    assert torch.equal(pictures[inside], means[inside])


@torch.inference_mode()
def test_bernoulli_pictures_are_the_probabilities_of_the_logits() -> None:
    model, z = VAE(GOOD), torch.randn(5, 2, generator=generator())
    expected = torch.distributions.Bernoulli(logits=model.decoder(z)).probs
    torch.testing.assert_close(model.decode(z), expected)


@torch.inference_mode()
def test_log_variance_is_bounded_and_nearly_itself_where_training_lives() -> None:
    model = VAE(GOOD)
    raw = torch.tensor([[0.0, 0.0, -1e6, 1e6], [0.0, 0.0, -1.0, 1.0]])
    for row, expected in zip(raw, ([-10.0, 10.0], [-0.9967, 0.9967]), strict=True):  # 10 tanh(1 / 10)
        model.encoder.head.weight.zero_()
        model.encoder.head.bias.copy_(row)
        _, logvar = model.encode(torch.zeros(1, 1, 8, 8))
        assert logvar[0].tolist() == pytest.approx(expected, abs=1e-4)
        assert logvar.abs().max() <= LOGVAR_BOUND


def test_mean_and_log_variance_are_the_two_halves_of_the_head() -> None:
    model = VAE(ModelConfig((1, 2, 2), 3, "mlp", (4,)))
    with torch.no_grad():
        model.encoder.head.weight.zero_()
        model.encoder.head.bias.copy_(torch.tensor([1.0, 2.0, 3.0, -0.1, 0.0, 0.1]))
        mean, logvar = model.encode(torch.rand(2, 1, 2, 2))
    assert mean.tolist() == [[1, 2, 3]] * 2
    assert logvar[0].tolist() == pytest.approx([-0.1, 0, 0.1], abs=1e-5)


@pytest.mark.parametrize("config", [GOOD, CONV], ids=["mlp", "conv"])
def test_a_picture_does_not_depend_on_training_mode_or_on_its_neighbours_in_the_batch(config: ModelConfig) -> None:
    model, x = VAE(config), to_unit(images(6, config.image_shape))
    with torch.no_grad():
        training, _ = model.train().encode(x)
        evaluating, _ = model.eval().encode(x)
        alone, _ = model.encode(x[2:3])
    assert torch.equal(training, evaluating)
    torch.testing.assert_close(alone, evaluating[2:3])


@pytest.mark.parametrize("config", [GOOD, CONV], ids=["mlp", "conv"])
def test_every_weight_gets_a_gradient(config: ModelConfig) -> None:
    model = VAE(config)
    mean, logvar = model.encode(to_unit(images(4, config.image_shape)))
    (model.decoder(mean).square().sum() + logvar.square().sum()).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_the_textbook_mlp_has_the_published_number_of_parameters() -> None:
    assert VAE(default_config((1, 28, 28), 20, "mlp")).parameter_count == 652_824


def test_the_convolutional_model_has_as_many_parameters_as_counted_by_hand() -> None:
    model = VAE(CONV)  # 8 -> 4 -> 2: 8 channels of 2 x 2 meet the fully connected layers
    encoder = (9 * 1 + 1) * 4 + (9 * 4 + 1) * 8 + (32 + 1) * 16 + (16 + 1) * 4
    decoder = (2 + 1) * 16 + (16 + 1) * 32 + (16 * 8 * 4 + 4) + (16 * 4 * 1 + 1)
    assert model.parameter_count == encoder + decoder


def test_a_config_saved_as_json_like_values_rebuilds_the_model() -> None:
    values = asdict(CONV)
    values |= {key: tuple(json.loads(json.dumps(values[key]))) for key in ("image_shape", "hidden", "channels")}
    assert ModelConfig(**values) == CONV
    assert [p.shape for p in VAE(ModelConfig(**values)).parameters()] == [p.shape for p in VAE(CONV).parameters()]


# ---- validation ------------------------------------------------------------------------------------------------------

NAN = float("nan")
BAD: list[tuple[str, Any, str]] = [
    *[("latent_dim", bad, "latent_dim") for bad in (0, -1, 513, 2.0, True, "2", NAN, None)],
    *[("image_shape", bad, "image") for bad in ((8, 8), (1, 8, 8, 8), (), "1x8x8")],
    *[("image_shape", (bad, 8, 8), "image channels") for bad in (0, 2, 4, True, 1.0, "1", None)],
    *[("image_shape", (1, bad, 8), "image sides") for bad in (0, -8, 513, True, 8.0, NAN, "8", None)],
    *[("image_shape", (1, 8, bad), "image sides") for bad in (0, 513, 8.5)],
    *[("hidden", bad, "hidden") for bad in ((), (0,), (8193,), (16, True), (16.0,), ("16",), (NAN,), (4,) * 9, "16")],
    *[("channels", bad, "channels") for bad in ((4,), (0,), (8193,), (True,), (4.0,), ("4",))],
    *[("architecture", bad, "architecture") for bad in ("transformer", "MLP", "", None, 1)],
    *[("likelihood", bad, "likelihood") for bad in ("laplace", "Bernoulli", None, 1)],
    *[("sigma", bad, "sigma") for bad in (0, -0.1, 1e-4, 10.1, NAN, float("inf"), True, "0.1", None)],
]


@pytest.mark.parametrize(("field", "bad", "named"), BAD, ids=lambda value: repr(value)[:20])
def test_a_config_refuses_values_out_of_range_and_names_them(field: str, bad: object, named: str) -> None:
    with pytest.raises(ValueError, match=rf"^{named}.* must be .*, not "):
        replace(GOOD, **{field: bad})


def test_convolutions_need_channels() -> None:
    with pytest.raises(ValueError, match="channels must be widths for conv"):
        replace(CONV, channels=())


@pytest.mark.parametrize("side", [1, 512])
def test_the_limits_themselves_are_accepted(side: int) -> None:
    config = ModelConfig((3, side, side), 512, "conv", (8192,) * 8, (8192,) * 8, "gaussian", 10)
    assert config.image_shape == (3, side, side)


# ---- helpers ---------------------------------------------------------------------------------------------------------


def test_all_256_grey_levels_survive_the_round_trip() -> None:
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    unit = to_unit(levels)
    assert unit.dtype == torch.float32
    assert (unit.min(), unit.max()) == (0, 1)
    assert torch.equal(unit.flatten(), torch.arange(256) / 255)
    assert torch.equal(to_uint8(unit), levels)
    assert torch.equal(to_uint8(to_unit(levels.flatten())), levels.flatten())


def test_conversions_leave_their_arguments_alone() -> None:
    levels = images(2, (3, 4, 4))
    before, unit = levels.clone(), to_unit(levels)
    kept = unit.clone()
    to_uint8(unit)
    assert torch.equal(levels, before)
    assert torch.equal(unit, kept)


def test_grey_levels_are_rounded_not_cut_off() -> None:
    assert to_uint8(torch.tensor([0.0, 0.4 / 255, 0.6 / 255, 254.6 / 255, 1.0])).tolist() == [0, 0, 1, 255, 255]


def test_reparameterized_samples_have_the_moments_of_the_code() -> None:
    n, mean, variance = 200_000, torch.tensor([1.0, -3.0]), torch.tensor([0.25, 4.0])
    noise = torch.randn(n, 2, generator=generator())
    z = reparameterize(mean.expand(n, 2), variance.log().expand(n, 2), noise)
    five_standard_errors = 5 * (variance / n).sqrt()
    assert ((z.mean(0) - mean).abs() < five_standard_errors).all()
    assert ((z.var(0) / variance - 1).abs() < 5 * (2 / n) ** 0.5).all()


def test_reparameterized_samples_carry_gradients_to_mean_and_log_variance() -> None:
    mean = torch.tensor([[0.5]], requires_grad=True)
    logvar = torch.tensor([[2.0]], requires_grad=True)
    reparameterize(mean, logvar, torch.tensor([[-1.5]])).backward()
    assert mean.grad is not None
    assert logvar.grad is not None
    assert mean.grad.item() == 1
    assert logvar.grad.item() == pytest.approx(-1.5 * 0.5 * 2.718281828)  # d/dv exp(v/2) = exp(v/2) / 2


# ---- devices ---------------------------------------------------------------------------------------------------------


def pretend(monkeypatch: pytest.MonkeyPatch, *, cuda: bool, mps: bool) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("cuda", "mps", "chosen"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_auto_takes_the_fastest_device_that_is_there(
    monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, chosen: str
) -> None:
    pretend(monkeypatch, cuda=cuda, mps=mps)
    assert choose_device().type == chosen
    assert choose_device("cpu").type == "cpu"


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    pretend(monkeypatch, cuda=False, mps=False)
    with pytest.raises(ValueError, match=f"no {name} device .* choose auto or cpu"):
        choose_device(name)


@pytest.mark.parametrize("name", ["tpu", "", "cuda:0", "CPU"])
def test_an_unknown_device_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match=f"device must be auto, cpu, cuda or mps, not '{name}'"):
        choose_device(name)


@pytest.mark.parametrize("config", [GOOD, CONV], ids=["mlp", "conv"])
def test_a_model_says_where_its_weights_are(config: ModelConfig) -> None:
    assert VAE(config).device == torch.device("cpu")
    assert VAE(config).to("meta").device.type == "meta"

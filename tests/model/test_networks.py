"""Shapes, ranges and validation of the model; sizes against published ones."""

import json
from dataclasses import asdict, replace
from itertools import product
from math import log
from typing import Any, get_args

import pytest
import torch
from torch import Tensor

from tests.support.models import number_of_weights
from vae.model.networks import (
    LOGVAR_BOUND,
    VAE,
    Architecture,
    Decoder,
    Likelihood,
    ModelConfig,
    choose_device,
    condition,
    default_config,
    reparameterize,
    sample_posterior,
    to_uint8,
    to_unit,
)

SHAPES = [(1, 8, 8), (1, 28, 28), (3, 32, 32), (1, 64, 64), (3, 64, 64), (1, 5, 17), (1, 1, 1)]
GOOD = ModelConfig((1, 8, 8), 2, "mlp", (16,))
CONV = ModelConfig((1, 8, 8), 2, "conv", (16,), (4, 8))
SUBPIXEL = replace(CONV, architecture="subpixel")
EACH = pytest.mark.parametrize("config", [GOOD, CONV, SUBPIXEL], ids=lambda config: config.architecture)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(n: int, shape: tuple[int, int, int]) -> Tensor:
    return torch.randint(0, 256, (n, *shape), generator=generator(), dtype=torch.uint8)


# ---- the networks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("latent_dim", [1, 2, 10, 512])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("architecture", get_args(Architecture))
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


@pytest.mark.parametrize("architecture", ["conv", "subpixel"])
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 17), (1, 300, 2)], ids=str)
@torch.inference_mode()
def test_more_halvings_than_the_image_has_sides_still_give_its_shape(
    shape: tuple[int, int, int], architecture: Architecture
) -> None:
    model = VAE(ModelConfig(shape, 2, architecture, (4, 3), (2,) * 8))
    mean, _ = model.encode(to_unit(images(2, shape)))
    assert model.decode(mean).shape == (2, *shape)


@torch.inference_mode()
def test_a_sub_pixel_convolution_can_be_any_transposed_one() -> None:
    transposed, subpixel = VAE(CONV).decoder, VAE(SUBPIXEL).decoder
    shared = {name: value for name, value in transposed.state_dict().items() if "convolutions" not in name}
    subpixel.load_state_dict(shared, strict=False)
    for old, new in zip(_layers(transposed), _layers(subpixel), strict=True):
        assert old.bias is not None
        assert new.bias is not None
        new.weight.zero_()
        new.bias.copy_(old.bias.normal_().repeat_interleave(4))
        # Line 2 y + top of the result takes the kernel's line 3 - top of line y - 1 + top, and 1 - top of the next one.
        for top, left, down, right in product((0, 1), repeat=4):
            taps = old.weight[:, :, 3 - top - 2 * down, 3 - left - 2 * right]  # (n_in, n_out)
            new.weight[2 * top + left :: 4, :, top + down, left + right] = taps.T
    z = torch.randn(5, 2, generator=generator())
    torch.testing.assert_close(subpixel(z), transposed(z))


def _layers(decoder: Decoder) -> list[torch.nn.Conv2d | torch.nn.ConvTranspose2d]:
    return [layer for layer in decoder.convolutions if isinstance(layer, torch.nn.Conv2d | torch.nn.ConvTranspose2d)]


@pytest.mark.parametrize("likelihood", ["gaussian", "gaussian-learned", "gaussian-optimal", "discretised-logistic"])
@torch.inference_mode()
def test_gaussian_and_logistic_pictures_stay_in_range_and_keep_what_is_inside_it(likelihood: Likelihood) -> None:
    model = VAE(replace(GOOD, likelihood=likelihood))
    for weights in model.parameters():
        weights.mul_(20)
    z = torch.randn(50, 2, generator=generator())
    means, pictures = model.decoder(z), model.decode(z)
    inside = (means > 0) & (means < 1)
    assert means.min() < 0
    assert means.max() > 1
    assert 0 < inside.sum() < inside.numel()
    assert (pictures.min().item(), pictures.max().item()) == (0, 1)
    assert torch.equal(pictures[inside], means[inside])


@torch.inference_mode()
def test_bernoulli_pictures_are_the_probabilities_of_the_logits() -> None:
    model, z = VAE(GOOD), torch.randn(5, 2, generator=generator())
    expected = torch.distributions.Bernoulli(logits=model.decoder(z)).probs
    torch.testing.assert_close(model.decode(z), expected)


@torch.inference_mode()
def test_continuous_bernoulli_pictures_are_the_means_not_the_parameters() -> None:
    model, z = VAE(replace(GOOD, likelihood="continuous-bernoulli")), 3 * torch.randn(5, 2, generator=generator())
    logits, pictures = model.decoder(z).double(), model.decode(z).double()  # torch's own is inexact in float32
    torch.testing.assert_close(pictures, torch.distributions.ContinuousBernoulli(logits=logits).mean, rtol=0, atol=1e-5)
    nearer = (pictures - 0.5).abs() < (logits.sigmoid() - 0.5).abs()
    assert nearer[logits.abs() > 0.01].all()


@torch.inference_mode()
def test_log_variance_is_bounded_and_nearly_unchanged_in_the_range_of_training() -> None:
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


@EACH
def test_a_picture_does_not_depend_on_training_mode_or_on_its_neighbours_in_the_batch(config: ModelConfig) -> None:
    model, x = VAE(config), to_unit(images(6, config.image_shape))
    with torch.no_grad():
        training, _ = model.train().encode(x)
        evaluating, _ = model.eval().encode(x)
        alone, _ = model.encode(x[2:3])
    assert torch.equal(training, evaluating)
    torch.testing.assert_close(alone, evaluating[2:3])


@EACH
def test_every_weight_gets_a_gradient(config: ModelConfig) -> None:
    model = VAE(config)
    mean, logvar = model.encode(to_unit(images(4, config.image_shape)))
    (model.decoder(mean).square().sum() + logvar.square().sum()).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


@pytest.mark.parametrize(
    ("likelihood", "shape", "scale"),
    [
        ("bernoulli", (1, 1, 1), log(0.25)),
        ("gaussian", (1, 1, 1), log(0.25)),
        ("gaussian-learned", (1, 1, 1), -1),
        ("gaussian-optimal", (1, 1, 1), -1),
        ("discretised-logistic", (3, 1, 1), -1),
    ],
)
def test_the_scale_of_the_likelihood_is_given_a_weight_or_remembered(
    likelihood: Likelihood, shape: tuple[int, ...], scale: float
) -> None:
    model = VAE(ModelConfig((3, 4, 4), 2, "mlp", (8,), likelihood=likelihood, sigma=0.25))
    assert model.log_scale.shape == shape
    assert model.log_scale.flatten().tolist() == pytest.approx([scale] * shape[0])
    learned = likelihood in ("gaussian-learned", "discretised-logistic")
    assert ("decoder.log_scale" in dict(model.named_parameters())) == learned
    assert ("decoder.log_scale" in model.state_dict()) == (learned or likelihood == "gaussian-optimal")


# ---- batch normalisation ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("architecture", get_args(Architecture))
def test_batch_normalisation_follows_every_hidden_layer_and_no_other(architecture: Architecture) -> None:
    def count(*, batch_norm: bool) -> tuple[int, int]:
        channels = () if architecture == "mlp" else (4, 8)
        model = VAE(ModelConfig((1, 8, 8), 2, architecture, (16, 12), channels, batch_norm=batch_norm))
        kinds = torch.nn.BatchNorm1d | torch.nn.BatchNorm2d
        return sum(isinstance(m, kinds) for m in model.modules()), number_of_weights(model)

    norms, parameters = count(batch_norm=True)
    without_norms, fewer = count(batch_norm=False)
    # widths of the normalised layers: 16 and 12 in either half; 4 and 8 after the encoder's and before the decoder's
    widths = 2 * (16 + 12) + (0 if architecture == "mlp" else 2 * (4 + 8))
    assert (norms, without_norms) == (4 if architecture == "mlp" else 8, 0)
    assert parameters - fewer == 2 * widths


@EACH
def test_normalised_layers_depend_on_the_batch_in_training_alone(config: ModelConfig) -> None:
    model, x = VAE(replace(config, batch_norm=True)), to_unit(images(6, config.image_shape))
    with torch.no_grad():
        together, alone = model.train().encode(x)[0], model.encode(x[:2])[0]
        assert not torch.allclose(together[:2], alone, atol=1e-3)
        together, alone = model.eval().encode(x)[0], model.encode(x[:2])[0]
    torch.testing.assert_close(together[:2], alone)


# ---- conditional models and plain autoencoders -----------------------------------------------------------------------


def test_the_label_is_appended_to_z_one_hot() -> None:
    z = torch.tensor([[0.5, -1.0], [2.0, 0.0]])
    code = condition(z, torch.tensor([2, 0]), 3)
    assert code.tolist() == [[0.5, -1, 0, 0, 1], [2, 0, 1, 0, 0]]
    assert code.dtype == z.dtype
    assert condition(z, torch.tensor([2, 0]), 0) is z
    assert condition(z, None, 0) is z


def test_a_missing_label_is_refused_with_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"^A conditional model decodes z together with a label; none was given\.$"):
        condition(torch.zeros(1, 2), None, 3)


@EACH
@torch.inference_mode()
def test_a_conditional_decoder_takes_the_class_and_its_encoder_only_the_image(config: ModelConfig) -> None:
    conditional = replace(config, classes=3)
    model = VAE(conditional)
    assert (config.code_dim, conditional.code_dim) == (2, 5)
    mean, logvar = model.encode(to_unit(images(4, config.image_shape)))
    assert mean.shape == logvar.shape == (4, 2)
    pictures = [model.decode(condition(mean, torch.full((4,), label), 3)) for label in range(3)]
    assert pictures[0].shape == (4, *config.image_shape)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert (pictures[a] - pictures[b]).abs().max() > 0.01
    between = torch.cat((mean, torch.tensor([[0.5, 0.5, 0.0]]).expand(4, 3)), dim=1)
    assert model.decode(between).isfinite().all()


@EACH
@torch.inference_mode()
def test_the_code_of_an_autoencoder_is_a_point(config: ModelConfig) -> None:
    model, x = VAE(replace(config, posterior="point")), to_unit(images(4, config.image_shape))
    mean, logvar = model.encode(x)
    assert mean.shape == (4, 2)
    assert torch.equal(logvar, torch.full((4, 2), -LOGVAR_BOUND))
    assert model.encoder.head.out_features == 2
    assert sample_posterior(mean, logvar, torch.randn(4, 2), "point") is mean


def test_a_sample_of_a_gaussian_posterior_is_the_reparameterized_one() -> None:
    mean, logvar, noise = (torch.randn(4, 2, generator=generator(seed)) for seed in range(3))
    assert torch.equal(sample_posterior(mean, logvar, noise, "gaussian"), reparameterize(mean, logvar, noise))


# ---- sizes -----------------------------------------------------------------------------------------------------------


def test_the_textbook_mlp_has_the_published_number_of_parameters() -> None:
    assert number_of_weights(VAE(default_config((1, 28, 28), 20, "mlp"))) == 652_824


def test_the_convolutional_model_has_as_many_parameters_as_counted_by_hand() -> None:
    model = VAE(CONV)  # 8 -> 4 -> 2: 8 channels of 2 x 2 meet the fully connected layers
    encoder = (9 * 1 + 1) * 4 + (9 * 4 + 1) * 8 + (32 + 1) * 16 + (16 + 1) * 4
    decoder = (2 + 1) * 16 + (16 + 1) * 32 + (16 * 8 * 4 + 4) + (16 * 4 * 1 + 1)
    assert number_of_weights(model) == encoder + decoder
    wider = (8 * 4 * 9 + 4) * 4 - (16 * 8 * 4 + 4) + (4 * 9 + 1) * 4 - (16 * 4 + 1)  # four quarters of 3 x 3
    assert number_of_weights(VAE(SUBPIXEL)) == encoder + decoder + wider


@pytest.mark.parametrize(
    "config",
    [CONV, *(replace(CONV, likelihood=name, batch_norm=True, classes=7) for name in get_args(Likelihood))],
    ids=lambda config: config.likelihood,
)
def test_a_config_saved_as_json_like_values_rebuilds_the_model(config: ModelConfig) -> None:
    values = json.loads(json.dumps(asdict(config)))
    values |= {key: tuple(values[key]) for key in ("image_shape", "hidden", "channels")}
    again = ModelConfig(**values)
    assert again == config
    found, expected = VAE(again).state_dict(), VAE(config).state_dict()
    assert {name: tensor.shape for name, tensor in found.items()} == {k: t.shape for k, t in expected.items()}


def test_default_widths_can_be_replaced_and_other_options_are_passed_on() -> None:
    assert default_config((1, 28, 28), 20) == ModelConfig((1, 28, 28), 20, "mlp", (400,))
    config = default_config((3, 32, 32), 5, "conv", (64, 32), (8, 16), batch_norm=True, classes=10)
    assert config == ModelConfig((3, 32, 32), 5, "conv", (64, 32), (8, 16), batch_norm=True, classes=10)
    assert default_config((1, 28, 28), 2, "mlp", (200, 200)).hidden == (200, 200)


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
    *[("posterior", bad, "posterior") for bad in ("laplace", "Point", None, 0)],
    *[("batch_norm", bad, "batch_norm") for bad in (1, 0, "yes", None)],
    *[("classes", bad, "classes") for bad in (-1, 1001, 2.0, True, "10", NAN, None)],
    *[("sigma", bad, "sigma") for bad in (0, -0.1, 1e-4, 10.1, NAN, float("inf"), True, "0.1", None)],
]


@pytest.mark.parametrize(("field", "bad", "named"), BAD, ids=lambda value: repr(value)[:20])
def test_a_config_refuses_values_out_of_range_and_names_them(field: str, bad: object, named: str) -> None:
    with pytest.raises(ValueError, match=rf"^{named}.* must be .*, not "):
        replace(GOOD, **{field: bad})  # type: ignore[arg-type]


def test_convolutions_need_channels() -> None:
    with pytest.raises(ValueError, match="channels must be widths for convolutions"):
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
    assert (unit.min().item(), unit.max().item()) == (0, 1)
    assert torch.equal(unit.flatten(), torch.arange(256) / 255)
    assert torch.equal(to_uint8(unit), levels)
    assert torch.equal(to_uint8(to_unit(levels.flatten())), levels.flatten())


def test_conversions_do_not_change_their_arguments() -> None:
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
def test_auto_chooses_the_fastest_device_available(
    monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, chosen: str
) -> None:
    pretend(monkeypatch, cuda=cuda, mps=mps)
    assert choose_device().type == chosen
    assert choose_device("cpu").type == "cpu"


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_missing_device_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    pretend(monkeypatch, cuda=False, mps=False)
    with pytest.raises(ValueError, match=f"no {name} device .* choose auto or cpu"):
        choose_device(name)


@pytest.mark.parametrize("name", ["tpu", "", "cuda:0", "CPU"])
def test_an_unknown_device_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match=f"device must be auto, cpu, cuda or mps, not '{name}'"):
        choose_device(name)


@EACH
def test_a_model_knows_the_device_of_its_weights(config: ModelConfig) -> None:
    assert VAE(config).device == torch.device("cpu")
    assert VAE(config).to("meta").device.type == "meta"

"""The encoded set against a separate computation; paths against geometry."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import distributions

from tests.support.models import nll_at_mean
from vae.model.latents import Curve, code, decode, encode, interpolate, posterior_noise, sample, traverse
from vae.model.losses import grey_entropy, reconstruction_nll
from vae.model.networks import LOGVAR_BOUND, VAE, Likelihood, ModelConfig, to_unit

GREY = ModelConfig((1, 4, 5), 3, "mlp", (8,))
COLOR = ModelConfig((3, 6, 6), 2, "conv", (8,), (4,), "gaussian", 0.3)
CONDITIONAL = replace(GREY, classes=4)
POINT = replace(GREY, posterior="point")
BOTH = pytest.mark.parametrize("config", [GREY, COLOR], ids=["grey", "color"])


def model(config: ModelConfig) -> VAE:
    torch.manual_seed(0)
    vae = VAE(config).eval()
    with torch.no_grad():
        for weights in vae.parameters():
            weights.mul_(3)  # pictures with contrast, codes away from the prior
    return vae


def images(n: int, config: ModelConfig) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, *config.image_shape), np.uint8)


# ---- encode, decode --------------------------------------------------------------------------------------------------


@BOTH
@torch.no_grad()
def test_every_field_of_the_encoded_set_agrees_with_torch_distributions_for_the_same_noise(config: ModelConfig) -> None:
    vae, pictures, labels = model(config), images(7, config), np.arange(7)
    encoded = encode(vae, pictures, labels, noise_seed=5)

    x = torch.from_numpy(pictures.astype(np.float32) / 255)
    mean, logvar = vae.encode(x)
    posterior = distributions.Normal(mean, (logvar / 2).exp())
    noise = torch.randn(7, config.latent_dim, generator=torch.Generator().manual_seed(5))
    parameters = vae.decoder(posterior.mean + posterior.stddev * noise)
    if config.likelihood == "gaussian":
        nll = -distributions.Normal(parameters, config.sigma).log_prob(x)
    else:
        logits = parameters.double()
        nll = torch.logaddexp(logits, torch.zeros(1)) - x * logits  # -x log p - (1 - x) log(1 - p)
    kl = distributions.kl_divergence(posterior, distributions.Normal(0, 1))

    np.testing.assert_allclose(encoded.mean, mean.numpy(), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(encoded.logvar, logvar.numpy(), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(encoded.reconstruction, nll.sum((1, 2, 3)).numpy(), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(encoded.kl, kl.sum(1).numpy(), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(encoded.kl_per_dimension, kl.mean(0).numpy(), rtol=1e-4, atol=1e-4)
    assert encoded.labels is labels
    assert all(getattr(encoded, field).dtype == np.float32 for field in ("mean", "logvar", "reconstruction", "kl"))


def test_a_set_of_more_than_one_batch_keeps_its_rows_in_order() -> None:
    vae, pictures = model(GREY), images(1003, GREY)
    whole = encode(vae, pictures, np.zeros(1003, np.int64))
    tail = encode(vae, pictures[990:], np.zeros(13, np.int64))
    assert whole.mean.shape == (1003, 3)
    assert whole.reconstruction.shape == whole.kl.shape == (1003,)
    np.testing.assert_allclose(whole.mean[990:], tail.mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(whole.kl[990:], tail.kl, rtol=1e-4, atol=1e-4)


def test_each_image_gets_different_noise() -> None:
    same = np.repeat(images(1, GREY), 600, axis=0)
    assert len(np.unique(encode(model(GREY), same, np.zeros(600, np.int64)).reconstruction)) > 500


@torch.no_grad()
def test_posterior_noise_is_that_of_the_encoded_set() -> None:
    vae, pictures = model(GREY), images(1003, GREY)
    encoded, noise = encode(vae, pictures, np.zeros(1003, np.int64)), posterior_noise(1003, 3)
    assert noise.shape == (1003, 3)
    assert noise.std() == pytest.approx(1, abs=0.05)
    z = torch.from_numpy(encoded.mean + np.exp(encoded.logvar / 2) * noise)
    nll = reconstruction_nll(vae.decoder(z), torch.from_numpy(pictures / np.float32(255)), GREY, vae.log_scale)
    np.testing.assert_allclose(encoded.reconstruction, nll, rtol=1e-4, atol=1e-4)


def test_the_noise_is_fixed_by_its_seed_and_by_nothing_else() -> None:
    vae, pictures, labels = model(GREY), images(20, GREY), np.zeros(20, np.int64)
    torch.manual_seed(1)
    first, before = encode(vae, pictures, labels), torch.get_rng_state()
    torch.manual_seed(2)
    again, other = encode(vae, pictures, labels), encode(vae, pictures, labels, noise_seed=1)
    assert np.array_equal(first.reconstruction, again.reconstruction)
    assert not np.array_equal(first.reconstruction, other.reconstruction)
    assert np.array_equal(first.mean, other.mean)
    torch.manual_seed(1)
    assert torch.equal(before, torch.get_rng_state())


@BOTH
def test_decoded_pictures_are_the_model_s_mean_pictures_in_256_levels(config: ModelConfig) -> None:
    vae, z = model(config), sample(6, config.latent_dim, seed=0)
    pictures = decode(vae, z)
    expected = np.rint(vae.decode(torch.from_numpy(z)).detach().numpy() * 255)
    assert pictures.dtype == np.uint8
    assert pictures.std() > 20
    assert np.array_equal(pictures, expected)


def test_decode_takes_any_float_array_also_a_transposed_one() -> None:
    vae, z = model(GREY), sample(6, 3, seed=0)
    assert np.array_equal(decode(vae, z.astype(np.float64)), decode(vae, z))
    assert np.array_equal(decode(vae, np.asfortranarray(z)), decode(vae, z))


@pytest.mark.parametrize("likelihood", get_args(Likelihood))
def test_every_likelihood_is_encoded_with_its_own_terms(likelihood: Likelihood) -> None:
    config = replace(COLOR, likelihood=likelihood)
    vae, pictures = model(config), images(4, config)
    encoded = encode(vae, pictures, np.zeros(4, np.int64))
    x, mean, logvar = to_unit(torch.from_numpy(pictures)), *map(torch.from_numpy, (encoded.mean, encoded.logvar))
    noise = torch.randn(mean.shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        parameters = vae.decoder(mean + (logvar / 2).exp() * noise)
        expected = reconstruction_nll(parameters, x, config, vae.log_scale).numpy()
    np.testing.assert_allclose(encoded.reconstruction, expected, rtol=1e-4)
    if likelihood == "bernoulli":
        assert encoded.entropy is not None
        np.testing.assert_allclose(encoded.entropy, grey_entropy(x), rtol=1e-6)
        assert (encoded.entropy < encoded.reconstruction).all()
    else:
        assert encoded.entropy is None


# ---- conditional models and plain autoencoders -----------------------------------------------------------------------


def test_the_code_of_a_conditional_model_is_z_with_its_label() -> None:
    vae, z = model(CONDITIONAL), sample(2, 3, seed=0)
    rows = code(vae, z, np.array([3, 0])).numpy()
    np.testing.assert_array_equal(rows, np.concatenate([z, [[0, 0, 0, 1], [1, 0, 0, 0]]], axis=1))
    np.testing.assert_array_equal(code(model(GREY), z).numpy(), z)


def test_another_label_gives_another_picture_and_another_likelihood() -> None:
    vae, z, pictures = model(CONDITIONAL), sample(4, 3, seed=0), images(4, GREY)
    zero, three = np.zeros(4, np.int64), np.full(4, 3)
    assert (decode(vae, z, zero) != decode(vae, z, three)).mean() > 0.1
    assert not np.allclose(encode(vae, pictures, zero).reconstruction, encode(vae, pictures, three).reconstruction)


def test_the_label_does_not_change_the_code() -> None:
    vae, pictures = model(CONDITIONAL), images(600, GREY)
    one, other = encode(vae, pictures, np.zeros(600, np.int64)), encode(vae, pictures, np.arange(600) % 4)
    for field in ("mean", "logvar", "kl"):
        assert np.array_equal(getattr(one, field), getattr(other, field)), field


def test_each_image_of_a_conditional_model_is_scored_under_its_own_label() -> None:
    vae, pictures, labels = model(CONDITIONAL), images(4, GREY), np.array([3, 1, 0, 3])
    together = encode(vae, pictures, labels)
    for label in np.unique(labels):
        rows = labels == label
        alike = encode(vae, pictures, np.full(4, label))
        np.testing.assert_allclose(together.reconstruction[rows], alike.reconstruction[rows], rtol=1e-5)


def test_a_conditional_model_refuses_to_decode_without_labels_in_one_sentence() -> None:
    sentence = r"^A conditional model decodes z together with a label; none was given\.$"
    with pytest.raises(ValueError, match=sentence):
        decode(model(CONDITIONAL), sample(2, 3, seed=0))


def test_an_autoencoder_is_encoded_without_noise_and_without_kl() -> None:
    vae, pictures, labels = model(POINT), images(9, GREY), np.zeros(9, np.int64)
    one, other = (encode(vae, pictures, labels, noise_seed=seed) for seed in (0, 1))
    for field in ("mean", "logvar", "reconstruction", "kl"):
        assert np.array_equal(getattr(one, field), getattr(other, field)), field
    assert not one.kl.any()
    assert (one.logvar == -LOGVAR_BOUND).all()
    np.testing.assert_allclose(one.reconstruction, nll_at_mean(vae, pictures), rtol=1e-5)


# ---- sample ----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.integers(0, 50), st.integers(0, 50), st.integers(1, 20))
def test_the_first_samples_do_not_depend_on_how_many_are_drawn(seed: int, few: int, more: int, latent_dim: int) -> None:
    assert np.array_equal(sample(few + more, latent_dim, seed)[:few], sample(few, latent_dim, seed))


def test_samples_have_the_moments_of_the_prior_and_its_temperature() -> None:
    for temperature in (1.0, 0.5):
        z = sample(100_000, 3, seed=0, temperature=temperature)
        assert z.dtype == np.float32
        assert np.abs(z.mean(0)).max() < 5 * temperature / 100_000**0.5
        np.testing.assert_allclose(np.cov(z.T), temperature**2 * np.eye(3), atol=0.02)


def test_temperature_zero_is_the_prior_mean() -> None:
    assert not sample(5, 4, seed=3, temperature=0).any()


# ---- interpolate -----------------------------------------------------------------------------------------------------

VECTORS = arrays(np.float32, 5, elements=st.floats(-8, 8, width=32))
PATHS = pytest.mark.parametrize("path", get_args(Curve))


@PATHS
@given(start=VECTORS, end=VECTORS, steps=st.integers(2, 20))
def test_a_path_includes_its_start_and_its_end(path: Curve, start: np.ndarray, end: np.ndarray, steps: int) -> None:
    points = interpolate(start, end, steps, path)
    assert points.shape == (steps, 5)
    assert points.dtype == np.float32
    assert np.isfinite(points).all()
    np.testing.assert_array_equal(points[[0, -1]], [start, end])


def test_a_linear_path_is_straight_and_even() -> None:
    points = interpolate(np.array([0, 4], np.float32), np.array([8, 0], np.float32), 5)
    assert points.tolist() == [[0, 4], [2, 3], [4, 2], [6, 1], [8, 0]]


def test_a_spherical_quarter_turn_has_equal_angles() -> None:
    points = interpolate(np.array([2, 0], np.float32), np.array([0, 2], np.float32), 4, "spherical")
    angles = np.deg2rad([0, 30, 60, 90])
    np.testing.assert_allclose(points, 2 * np.stack((np.cos(angles), np.sin(angles)), 1), atol=1e-6)


@given(start=VECTORS, end=VECTORS)
def test_a_spherical_path_changes_its_norm_evenly(start: np.ndarray, end: np.ndarray) -> None:
    a, b = np.linalg.norm(start.astype(float)), np.linalg.norm(end.astype(float))
    assume(min(a, b) > 1e-3)
    assume(abs(start.astype(float) @ end) < 0.999 * a * b)
    norms = np.linalg.norm(interpolate(start, end, 9, "spherical"), axis=1)
    np.testing.assert_allclose(norms, np.linspace(a, b, 9), rtol=1e-3)


def test_between_prior_samples_in_many_dimensions_only_the_spherical_path_keeps_the_norm() -> None:
    start, end = sample(2, 512, seed=0)
    norm = np.sqrt(512)
    straight, turned = (np.linalg.norm(interpolate(start, end, 3, path)[1]) for path in get_args(Curve))
    assert straight == pytest.approx(norm / np.sqrt(2), rel=0.1)
    assert turned == pytest.approx(norm, rel=0.1)


@PATHS
@pytest.mark.parametrize(
    ("start", "end"),
    [([1, 2], [1, 2]), ([1, 2], [2, 4]), ([1, 2], [-1, -2]), ([0, 0], [1, 2]), ([1, 2], [0, 0]), ([0, 0], [0, 0])],
    ids=["same point", "same direction", "opposite", "from zero", "to zero", "zero"],
)
def test_where_there_is_no_unique_arc_the_path_is_straight(path: Curve, start: list[int], end: list[int]) -> None:
    points = interpolate(np.array(start, np.float32), np.array(end, np.float32), 3, path)
    np.testing.assert_allclose(points[1], (np.array(start, np.float32) + np.array(end, np.float32)) / 2, atol=1e-6)


# ---- traverse --------------------------------------------------------------------------------------------------------


def test_a_traversal_changes_one_dimension_and_copies_the_rest() -> None:
    z = np.array([1, 2, 3], np.float32)
    rows = traverse(z, 1, np.array([-2, 0, 2, 4], np.float32))
    assert rows.tolist() == [[1, -2, 3], [1, 0, 3], [1, 2, 3], [1, 4, 3]]
    assert z.tolist() == [1, 2, 3]
    assert rows.dtype == np.float32

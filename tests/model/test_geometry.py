"""The decoder's metric and the shortest paths in it, against finite differences, autograd, and a linear decoder."""

from dataclasses import replace
from itertools import pairwise
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.support.live import COLOR, CONDITIONAL, GREY, NORMED, random_model
from vae.model.geometry.geodesic import FINE, POINTS, Shortest, path_codes, path_length, shortest_path
from vae.model.geometry.metric import change_per_step, jacobian, pullback_metric
from vae.model.latents import FloatArray, code, interpolate
from vae.model.networks import VAE, Likelihood, ModelConfig

LINEAR = ModelConfig((1, 5, 4), 3, "mlp", (6,), (), "gaussian", 0.2)
CONFIGS = [GREY, COLOR, NORMED, CONDITIONAL, *(replace(COLOR, likelihood=name) for name in get_args(Likelihood))]


def layers_of(model: VAE) -> tuple[nn.Linear, nn.Linear]:
    """The two layers of a decoder with one hidden layer."""
    hidden, head = model.decoder.hidden[0], model.decoder.head
    assert isinstance(hidden, nn.Linear)
    return hidden, head


def linear_model(config: ModelConfig = LINEAR) -> tuple[VAE, Tensor]:
    """A model whose decoder is linear near the prior's mass, and its matrix, (pixels, latent_dim)."""
    model = random_model(config)
    hidden, head = layers_of(model)
    with torch.no_grad():
        hidden.weight.mul_(0.1)
        hidden.bias.fill_(10)  # no ReLU switches off
        head.weight.mul_(0.1)
        head.bias.copy_(0.5 - head.weight.sum(1) * 10)  # in the middle of the grey range
    return model, (head.weight @ hidden.weight).detach()


def codes_of(model: VAE, n: int = 5, seed: int = 0) -> Tensor:
    config = model.config
    z = np.random.default_rng(seed).standard_normal((n, config.latent_dim), np.float32)
    return code(model, z, np.arange(n) if config.classes else None)


def directions_of(model: VAE, k: int = 2) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.linalg.qr(torch.randn(model.config.latent_dim, k, generator=generator)).Q.T


# ---- the metric ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("config", CONFIGS)
def test_the_jacobian_is_autograd_s(config: ModelConfig) -> None:
    model = random_model(config)
    codes, directions = codes_of(model), directions_of(model)
    for one, columns in zip(codes, jacobian(model, codes, directions), strict=True):
        full = torch.autograd.functional.jacobian(lambda z: model.decode(z[None]).flatten(), one)
        torch.testing.assert_close(columns, (full[:, : config.latent_dim] @ directions.T).T, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("config", [GREY, NORMED, replace(GREY, likelihood="continuous-bernoulli")])
def test_the_jacobian_is_that_of_finite_differences(config: ModelConfig) -> None:
    model = random_model(config)
    codes, directions = codes_of(model), directions_of(model)
    found = jacobian(model, codes, directions)
    step = 1e-3
    for k, direction in enumerate(directions):
        ahead, behind = (model.decode(codes + sign * step * direction).flatten(1) for sign in (1, -1))
        difference = (ahead - behind).detach() / (2 * step)
        assert float((difference - found[:, k]).abs().median()) < 1e-3 * float(found.abs().max())
        torch.testing.assert_close(difference.norm(dim=1), found[:, k].norm(dim=1), rtol=0.02, atol=1e-3)


def test_the_metric_is_in_grey_levels_and_the_same_everywhere_for_a_linear_decoder() -> None:
    model, matrix = linear_model()
    directions = directions_of(model)
    columns = 255 * matrix @ directions.T
    metric = pullback_metric(model, codes_of(model), directions)
    expected = columns.T @ columns / len(matrix)
    torch.testing.assert_close(metric, expected.expand(5, 2, 2), rtol=1e-3, atol=1e-3)


def test_change_per_step_is_the_root_of_the_area_that_a_unit_square_gets() -> None:
    model, matrix = linear_model()
    directions = directions_of(model)
    a, b = 255 * directions @ matrix.T / len(matrix) ** 0.5
    area = float((a.norm() ** 2 * b.norm() ** 2 - (a @ b) ** 2).sqrt())  # of a parallelogram
    found = change_per_step(pullback_metric(model, codes_of(model), directions))
    torch.testing.assert_close(found, torch.full((5,), area**0.5), rtol=1e-3, atol=0)


def test_a_direction_that_changes_nothing_leaves_no_area() -> None:
    model, _ = linear_model()
    with torch.no_grad():
        layers_of(model)[0].weight[:, 0] = 0
    found = change_per_step(pullback_metric(model, codes_of(model), torch.eye(3)[:2]))
    assert found.tolist() == [0] * 5


def test_weights_keep_no_gradient() -> None:
    model = random_model(GREY)
    pullback_metric(model, codes_of(model), directions_of(model))
    assert all(weights.grad is None for weights in model.parameters())


# ---- paths -----------------------------------------------------------------------------------------------------------


def ends_of(model: VAE, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    start, end = np.random.default_rng(seed).standard_normal((2, model.config.latent_dim), np.float32)
    return start, end


def last(model: VAE, start: FloatArray, end: FloatArray, labels: tuple[int, int] | None = None) -> Shortest:
    (*_, found) = shortest_path(model, start, end, labels)
    return found


def test_a_length_is_the_sum_of_root_mean_squares_between_pictures() -> None:
    model = random_model(COLOR)
    start, end = ends_of(model)
    path = code(model, interpolate(start, end, 3))
    pictures = [
        255 * model.decode(code(model, z[None])).detach().numpy() for z in interpolate(start, end, 2 * FINE + 1)
    ]
    expected = sum(float(np.sqrt(np.mean((b - a) ** 2))) for a, b in pairwise(pictures))
    assert path_length(model, path) == pytest.approx(expected, rel=1e-4)


def test_for_a_linear_decoder_the_straight_path_is_the_shortest_and_as_long_as_its_ends_are_apart() -> None:
    model, matrix = linear_model()
    start, end = ends_of(model)
    found = last(model, start, end)
    apart = 255 * float((matrix @ torch.from_numpy(end - start)).square().mean().sqrt())
    assert found.shortest == pytest.approx(apart, rel=1e-3)
    assert found.straight == pytest.approx(apart, rel=1e-3)
    np.testing.assert_allclose(found.points, interpolate(start, end, POINTS), atol=0.02)


@given(st.integers(0, 10**6), st.sampled_from([GREY, COLOR, NORMED]))
def test_the_shortest_is_never_longer_than_the_others_and_only_gets_shorter(seed: int, config: ModelConfig) -> None:
    model = random_model(config)
    start, end = ends_of(model, seed)
    found = list(shortest_path(model, start, end))
    lengths = [each.shortest for each in found]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] <= min(found[0].straight, found[0].spherical)
    assert [each.done for each in found] == [False] * (len(found) - 1) + [True]
    for name, length in (("linear", found[0].straight), ("spherical", found[0].spherical)):
        assert path_length(model, code(model, interpolate(start, end, POINTS, name))) == length  # type: ignore[arg-type]
    assert path_length(model, code(model, found[-1].points)) == lengths[-1]


@given(st.integers(0, 10**6))
def test_the_ends_stay_where_they_are(seed: int) -> None:
    model = random_model(GREY)
    start, end = ends_of(model, seed)
    points = last(model, start, end).points
    assert points.shape == (POINTS, 3)
    assert (points[0].tolist(), points[-1].tolist()) == (start.tolist(), end.tolist())


def test_a_path_goes_around_a_ridge() -> None:
    """A decoder whose picture is as bright as the place is near to the origin: the shortest path keeps away from it."""
    model = random_model(ModelConfig((1, 2, 2), 2, "mlp", (4,), (), "gaussian", 0.2))
    hidden, head = layers_of(model)
    with torch.no_grad():
        hidden.weight.copy_(torch.tensor([[1.0, 0], [-1, 0], [0, 1], [0, -1]]))
        hidden.bias.fill_(0)
        head.weight.fill_(-0.2)  # 0.9 - 0.2 (|x| + |y|)
        head.bias.fill_(0.9)
    found = last(model, np.array([-1, 0.5], np.float32), np.array([1, 0.5], np.float32))
    assert found.straight == pytest.approx(0.4 * 255, rel=1e-3)  # up the ridge and down again
    assert found.shortest < 0.3 * found.straight


def test_the_class_of_a_conditional_model_is_held() -> None:
    model = random_model(CONDITIONAL)
    start, end = ends_of(model)
    for label in (0, 257):
        found = last(model, start, end, (label, label))
        expected = path_length(model, code(model, found.points, np.full(POINTS, label)))
        assert found.shortest == pytest.approx(expected, rel=1e-4)
        assert found.shortest <= min(found.straight, found.spherical)


def test_two_classes_are_blended_evenly_on_the_way() -> None:
    model = random_model(CONDITIONAL)
    start, end = ends_of(model)
    codes = path_codes(model, start, end, "linear", (0, 257))
    weights = codes[:, model.config.latent_dim :]
    np.testing.assert_allclose(weights[:, 257], np.linspace(0, 1, POINTS), atol=1e-6)
    torch.testing.assert_close(weights.sum(1), torch.ones(POINTS))
    torch.testing.assert_close(weights[:, 0] + weights[:, 257], torch.ones(POINTS))
    found = last(model, start, end, (0, 257))
    assert found.straight == path_length(model, codes)
    assert found.shortest <= found.straight


def test_ends_at_one_place_have_a_path_of_no_length() -> None:
    model = random_model(GREY)
    start, _ = ends_of(model)
    found = last(model, start, start)
    assert max(found.shortest, found.straight) < 0.01  # the decoder's rounding
    assert np.isfinite(found.points).all()


def test_where_no_step_changes_the_picture_the_search_ends_at_once() -> None:
    model, _ = linear_model()
    with torch.no_grad():
        layers_of(model)[1].weight.zero_()
    (found,) = shortest_path(model, *ends_of(model))
    assert (found.shortest, found.straight, found.spherical, found.done) == (0, 0, 0, True)

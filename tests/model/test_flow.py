"""The second-stage prior: its flow is invertible, its density exact, and it fits codes better than the mixture does."""

import numpy as np
import pytest
import torch

from vae.model.flow import Flow, SecondStage, fit_second_stage
from vae.model.samplers import FloatArray, Mixture, fit_mixture, standard_normal


def shaken(latent_dim: int, deviation: float = 0.3, seed: int = 0) -> Flow:
    """A flow that moves: with random weights, around another centre and scale."""
    flow, generator = Flow(latent_dim, seed), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in flow.parameters():
            parameter.normal_(0, deviation, generator=generator)
    flow.center, flow.scale = torch.linspace(-1, 1, latent_dim), torch.linspace(0.5, 2, latent_dim)
    return flow.eval().requires_grad_(False)


def exact(flow: Flow) -> Flow:
    """The flow in float64, its rotations without the rounding errors of float32."""
    flow = flow.double()
    left, _, right = torch.linalg.svd(flow.rotations)
    flow.rotations = left @ right
    return flow


def bent(n: int, seed: int) -> FloatArray:
    """Codes along a parabola, which no Gaussian is."""
    x, noise = np.random.default_rng(seed).standard_normal((2, n))
    return np.stack([x, x**2 + 0.2 * noise], 1).astype(np.float32)


@pytest.mark.parametrize("latent_dim", [2, 3, 10])
def test_the_inverse_undoes_the_flow(latent_dim: int) -> None:
    flow = exact(shaken(latent_dim))
    z = torch.randn(50, latent_dim, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    back, _ = flow.inverse(flow(z))

    torch.testing.assert_close(back, z)


@pytest.mark.parametrize("latent_dim", [2, 5])
def test_its_log_determinant_is_that_of_the_jacobian(latent_dim: int) -> None:
    flow = exact(shaken(latent_dim))
    z = torch.randn(4, latent_dim, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    _, log_det = flow.inverse(z)

    for row, found in zip(z, log_det, strict=True):
        jacobian = torch.autograd.functional.jacobian(lambda one: flow.inverse(one[None])[0][0], row)
        torch.testing.assert_close(found, torch.linalg.slogdet(jacobian)[1])


def test_its_density_integrates_to_1() -> None:
    stage = SecondStage(standard_normal(2), shaken(2, deviation=0.15))
    axis = np.linspace(-15, 15, 601)
    grid = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)

    assert np.exp(stage.log_density(grid)).sum() * (axis[1] - axis[0]) ** 2 == pytest.approx(1, abs=1e-3)


def test_an_untrained_flow_leaves_the_mixture_as_it_is() -> None:
    mixture = Mixture(np.array([0.7, 0.3]), np.array([[0.0, 1, 2], [-1, 0, 1]]), np.stack([np.eye(3), 0.5 * np.eye(3)]))
    stage = SecondStage(mixture, Flow(3).requires_grad_(False))
    z = mixture.sample(20, seed=4)

    np.testing.assert_allclose(stage.sample(20, seed=4), z, atol=1e-5)
    np.testing.assert_allclose(stage.log_density(z), mixture.log_density(z), atol=1e-4)


def test_samples_are_the_mixtures_moved_by_the_flow() -> None:
    stage = SecondStage(standard_normal(3), shaken(3))
    noise, choice = np.random.default_rng(0).standard_normal((6, 3)), np.zeros(6)

    found = stage.from_noise(noise, choice, temperature=0.5)

    expected = stage.flow(torch.from_numpy(standard_normal(3).from_noise(noise, choice, 0.5)))
    np.testing.assert_array_equal(found, expected.numpy())


@pytest.mark.slow
def test_a_fitted_flow_explains_unseen_codes_better_than_the_mixture() -> None:
    mixture = fit_mixture(bent(400, seed=0), max_components=1).mixture
    codes, unseen = bent(4000, seed=1), bent(1000, seed=2)

    stage = fit_second_stage(mixture, codes, None, bent(1000, seed=3), steps=400)

    gain = (stage.log_density(unseen) - mixture.log_density(unseen)).mean()
    assert gain > 0.5
    drawn = stage.sample(2000, seed=0)
    assert np.corrcoef(drawn[:, 0] ** 2, drawn[:, 1])[0, 1] > 0.9  # the parabola, which the Gaussian has not


def test_the_same_codes_give_the_same_flow() -> None:
    one, other = (fit_second_stage(standard_normal(2), bent(400, 1), None, bent(100, 3), steps=20) for _ in range(2))
    np.testing.assert_array_equal(one.sample(5, seed=0), other.sample(5, seed=0))
    assert (one.sample(5, seed=0) != standard_normal(2).sample(5, seed=0)).any()  # it has moved


def test_every_step_draws_anew_from_the_posteriors() -> None:
    """Codes that are points, with posteriors of deviation 1: the flow must not fit the points."""
    mean, logvar = np.zeros((500, 2), np.float32), np.zeros((500, 2), np.float32)
    judges = np.random.default_rng(0).standard_normal((1000, 2)).astype(np.float32)

    stage = fit_second_stage(standard_normal(2), mean, logvar, judges, steps=100)

    assert np.std(stage.sample(2000, seed=0), axis=0) == pytest.approx(1, abs=0.1)


def test_what_explains_the_judges_worse_is_not_kept() -> None:
    mixture, judges = standard_normal(2), np.random.default_rng(0).standard_normal((500, 2)).astype(np.float32)
    elsewhere = np.full((100, 2), 3, np.float32) + 0.01 * judges[:100]

    stage = fit_second_stage(mixture, elsewhere, None, judges, steps=100)

    assert stage.log_density(judges).mean() >= mixture.log_density(judges).mean() - 1e-4


def test_one_dimension_is_refused() -> None:
    with pytest.raises(ValueError, match="latent_dim must be a whole number from 2"):
        Flow(1)

"""Metrics against closed forms, quadrature and data with known results."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import distributions

from vae.evaluation import metrics
from vae.evaluation.metrics import (
    Accuracy,
    active_units,
    collapsed_reconstruction,
    copy_test,
    dimension_use,
    elbo_surgery,
    evaluate,
    knn_accuracy,
    linear_probe,
)
from vae.model.latents import EncodedSet, FloatArray, encode
from vae.model.networks import LOGVAR_BOUND, VAE, Likelihood, ModelConfig

Images = NDArray[np.uint8]
CONFIG = ModelConfig((1, 4, 4), 3, "mlp", (8,))


def encoded_set(mean: np.ndarray, logvar: np.ndarray | float = 0) -> EncodedSet:
    mean = np.asarray(mean, np.float32)
    logvar = np.broadcast_to(np.float32(logvar), mean.shape).copy()
    kl = 0.5 * (mean**2 + np.exp(logvar) - 1 - logvar)
    n = len(mean)
    return EncodedSet(mean, logvar, np.zeros(n, np.int64), np.arange(n, dtype=np.float32), kl.sum(1))


def random_images(n: int, shape: tuple[int, int, int], seed: int = 0) -> Images:
    return np.random.default_rng(seed).integers(0, 256, (n, *shape), np.uint8)


def normal(*shape: int, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


# ---- the evaluation --------------------------------------------------------------------------------------------------


def test_an_encoder_that_ignores_its_input_has_no_active_unit_and_no_kl() -> None:
    model = VAE(CONFIG)
    with torch.no_grad():
        model.encoder.head.weight.zero_()
        model.encoder.head.bias.zero_()
    evaluation = evaluate(encode(model, random_images(20, (1, 4, 4)), np.zeros(20, np.int64)), CONFIG)
    assert evaluation.active_units == 0
    assert evaluation.kl == 0
    assert evaluation.kl_per_dimension == (0, 0, 0)
    assert evaluation.negative_elbo == evaluation.reconstruction


def test_a_constant_mean_is_inactive_however_far_from_the_prior() -> None:
    assert active_units(encoded_set(np.full((50, 2), 7))) == 0


def test_units_are_active_above_a_variance_of_one_hundredth() -> None:
    signs = np.resize([-1, 1], 100)[:, None]
    assert active_units(encoded_set(signs * [0.0, 0.0999, 0.1001, 3.0])) == 2  # the squares are the variances


def test_minus_elbo_is_reconstruction_plus_kl_and_kl_is_the_sum_over_dimensions() -> None:
    evaluation = evaluate(encoded_set(normal(30, 4), normal(30, 4, seed=1)), CONFIG)
    assert evaluation.reconstruction == 14.5  # the mean of 0 … 29
    assert evaluation.kl is not None
    assert evaluation.kl_per_dimension is not None
    assert evaluation.negative_elbo == evaluation.reconstruction + evaluation.kl
    assert sum(evaluation.kl_per_dimension) == pytest.approx(evaluation.kl, rel=1e-5)


def test_kl_per_dimension_is_the_mean_of_torch_distributions() -> None:
    mean, logvar = normal(2, 30, 4, seed=1)
    posterior = distributions.Normal(torch.from_numpy(mean), torch.from_numpy(np.exp(logvar / 2)))
    expected = distributions.kl_divergence(posterior, distributions.Normal(0, 1)).mean(0)
    assert evaluate(encoded_set(mean, logvar), CONFIG).kl_per_dimension == pytest.approx(expected.tolist(), rel=1e-4)


def test_an_evaluation_is_made_of_plain_values_that_json_can_hold() -> None:
    evaluation = evaluate(encoded_set(np.ones((5, 2))), CONFIG)
    assert {type(value) for value in vars(evaluation).values()} == {float, int, tuple, type(None), str}
    assert {type(value) for value in evaluation.kl_per_dimension or ()} == {float}


def test_bits_per_dimension_are_given_only_for_a_likelihood_of_8_bit_levels() -> None:
    encoded = encoded_set(np.zeros((5, 2)))  # reconstruction 2 nats on average, no KL
    levels = ModelConfig((3, 4, 5), 2, "mlp", (8,), likelihood="discretised-logistic")
    assert evaluate(encoded, levels).bits_per_dimension == pytest.approx(2 / 60 / np.log(2))
    for other in set(get_args(Likelihood)) - {"discretised-logistic"}:
        assert evaluate(encoded, replace(levels, likelihood=other)).bits_per_dimension is None


def test_bits_per_dimension_include_the_kl() -> None:
    encoded = encoded_set(np.full((5, 2), 2 * np.sqrt(np.log(2))))  # 2 ln 2 nats, or 2 bits, in each of two dimensions
    config = ModelConfig((3, 4, 4), 2, "mlp", (8,), likelihood="discretised-logistic")
    encoded = replace(encoded, reconstruction=np.full(5, 48 * np.log(2), np.float32))  # one bit a number
    assert evaluate(encoded, config).bits_per_dimension == pytest.approx(1 + 4 / 48)


def test_a_model_with_equal_probabilities_of_all_levels_needs_8_bits() -> None:
    config = ModelConfig((3, 4, 4), 2, "mlp", (8,), likelihood="discretised-logistic")
    encoded = replace(encoded_set(np.zeros((5, 2))), reconstruction=np.full(5, 48 * np.log(256), np.float32))
    assert evaluate(encoded, config).bits_per_dimension == pytest.approx(8)


def test_a_plain_autoencoder_has_a_reconstruction_but_neither_kl_nor_elbo() -> None:
    config = replace(CONFIG, posterior="point", likelihood="discretised-logistic")
    encoded = encode(VAE(config), random_images(20, (1, 4, 4)), np.zeros(20, np.int64))
    encoded = replace(encoded, mean=np.arange(40, dtype=np.float32).reshape(20, 2))
    evaluation = evaluate(encoded, config)
    assert evaluation.reconstruction == pytest.approx(encoded.reconstruction.mean())
    assert (evaluation.negative_elbo, evaluation.kl, evaluation.kl_per_dimension) == (None, None, None)
    assert evaluation.bits_per_dimension is None
    assert evaluation.active_units == active_units(encoded) > 0
    assert "not sampled" in evaluation.protocol


def test_an_evaluation_says_how_many_images_and_that_z_was_sampled() -> None:
    assert evaluate(encoded_set(np.zeros((7, 2))), CONFIG).protocol.startswith("7 images; one z per image drawn")


def test_a_collapsed_model_shows_the_mean_picture_whatever_it_is_given() -> None:
    images = random_images(30, (3, 4, 4))
    x = torch.from_numpy(images).double() / 255
    picture = x.mean(0, keepdim=True).expand_as(x)
    expected = -distributions.Bernoulli(picture, validate_args=False).log_prob(x).sum((1, 2, 3)).mean().item()
    assert collapsed_reconstruction(images, "bernoulli") == pytest.approx(expected, rel=1e-9)
    assert collapsed_reconstruction(images, "gaussian") is None


# ---- what each dimension holds ---------------------------------------------------------------------------------------


def test_a_dimension_that_ignores_the_images_holds_nothing_of_them_however_far_from_the_prior_it_lies() -> None:
    """Closed forms: KL from N(2, e^-1) to N(0, 1)."""
    (use,) = dimension_use(encoded_set(np.full((500, 1), 2), -1))
    kl = 0.5 * (4 + np.exp(-1) - 1 + 1)
    assert use.kl == pytest.approx(kl, rel=1e-6)
    assert use.marginal_kl == pytest.approx(kl, rel=1e-3)
    assert use.information == pytest.approx(0, abs=2e-3)
    assert not use.active


def test_codes_that_do_not_overlap_hold_as_much_as_tells_all_images_apart() -> None:
    (use,) = dimension_use(encoded_set(np.arange(32)[:, None] - 16.0, -6))
    assert use.information == pytest.approx(np.log(32), abs=1e-3)
    assert use.active


def test_of_one_dimension_the_information_is_that_of_elbo_surgery() -> None:
    """Which draws z, and sums the exact densities of all codes."""
    encoded = encoded_set(normal(3000, 1), 0.3 * normal(3000, 1, seed=1) - 2)
    (use,), surgery = dimension_use(encoded), elbo_surgery(encoded)
    assert use.information == pytest.approx(surgery.index_code_mi, abs=0.04)
    assert use.marginal_kl == pytest.approx(surgery.dimension_wise_kl, abs=0.04)


def test_the_parts_of_several_dimensions_are_those_of_a_sum_over_all_codes() -> None:
    """Trapezoids over the mixture's density, code by code."""
    encoded = encoded_set(normal(200, 3) * [0.01, 1, 2], normal(200, 3, seed=1) - [0, 2, 3])
    z = np.linspace(-20, 20, 80001)
    for j, use in enumerate(dimension_use(encoded)):
        codes = distributions.Normal(
            torch.from_numpy(encoded.mean[:, j]), torch.from_numpy(encoded.logvar[:, j]).mul(0.5).exp()
        )
        log_q = torch.logsumexp(codes.log_prob(torch.from_numpy(z)[:, None]), 1).numpy() - np.log(200)
        expected = np.trapezoid(np.exp(log_q) * (log_q + 0.5 * (z**2 + np.log(2 * np.pi))), z)
        assert use.marginal_kl == pytest.approx(expected, abs=2e-3)
        assert use.kl is not None
        assert use.marginal_kl is not None
        assert use.kl == pytest.approx(encoded.kl_per_dimension[j])
        assert use.information == pytest.approx(use.kl - use.marginal_kl)
        assert use.mean_variance == pytest.approx(encoded.mean[:, j].var())


def test_the_dimensions_of_a_plain_autoencoder_have_no_nats() -> None:
    used, unused = dimension_use(encoded_set(np.outer(np.arange(9), [1, 0]), LOGVAR_BOUND * -1.0))
    assert (used.kl, used.marginal_kl, used.information) == (None, None, None)
    assert (used.active, unused.active) == (True, False)


# ---- ELBO surgery ----------------------------------------------------------------------------------------------------


@given(
    st.integers(1, 30),
    st.integers(1, 4),
    st.floats(0, 30),
    st.floats(-9, 3),
    st.integers(0, 1000),
)
def test_the_three_parts_add_up_and_the_mutual_information_is_at_most_ln_n(
    n: int, latent_dim: int, spread: float, logvar: float, seed: int
) -> None:
    encoded = encoded_set(spread * normal(n, latent_dim, seed=seed), logvar + normal(n, latent_dim, seed=seed + 1))
    surgery = elbo_surgery(encoded, seed)
    parts = (surgery.index_code_mi, surgery.total_correlation, surgery.dimension_wise_kl)
    assert sum(parts) == pytest.approx(surgery.kl, rel=1e-12, abs=1e-12)
    assert surgery.index_code_mi <= np.log(n) * (1 + 1e-15)


def test_the_mutual_information_of_posteriors_that_do_not_overlap_is_ln_n() -> None:
    surgery = elbo_surgery(encoded_set(10.0 * np.arange(50)[:, None], -6))
    assert surgery.index_code_mi == pytest.approx(np.log(50), abs=1e-6)


def test_the_mutual_information_of_equal_posteriors_is_0() -> None:
    surgery = elbo_surgery(encoded_set(np.full((50, 3), 0.7), -1))
    assert surgery.index_code_mi == pytest.approx(0, abs=1e-5)
    assert surgery.total_correlation == pytest.approx(0, abs=1e-5)


def test_all_parts_of_the_prior_itself_are_0() -> None:
    surgery = elbo_surgery(encoded_set(np.zeros((50, 3))))
    parts = (surgery.index_code_mi, surgery.total_correlation, surgery.dimension_wise_kl, surgery.kl)
    assert parts == pytest.approx((0, 0, 0, 0), abs=1e-5)


def test_the_parts_of_a_correlated_gaussian_are_those_of_the_closed_form() -> None:
    # Means N(0, C - 1/4) and posteriors of variance 1/4: an aggregate N(0, C), every part of which is known.
    rho, scale = 0.8, 1.5
    covariance = scale * np.array([[1, rho], [rho, 1]])
    means = np.random.default_rng(0).multivariate_normal([0, 0], covariance - np.eye(2) / 4, 3000)
    surgery = elbo_surgery(encoded_set(means, np.log(0.25)))
    assert surgery.total_correlation == pytest.approx(-0.5 * np.log(1 - rho**2), abs=0.06)
    assert surgery.dimension_wise_kl == pytest.approx(2 * 0.5 * (scale - 1 - np.log(scale)), abs=0.06)
    information = 0.5 * np.log(np.linalg.det(covariance) / 0.25**2)
    assert surgery.index_code_mi == pytest.approx(information, abs=0.06)


def test_a_single_dimension_correlates_with_nothing() -> None:
    surgery = elbo_surgery(encoded_set(normal(200, 1), -3 + normal(200, 1, seed=1)))
    assert surgery.total_correlation == pytest.approx(0, abs=1e-5)


def test_the_parts_add_up_to_the_kl_of_the_evaluation() -> None:
    encoded = encoded_set(normal(4000, 3), -2 + normal(4000, 3, seed=1))
    surgery = elbo_surgery(encoded)
    assert surgery.kl == pytest.approx(encoded.kl.mean(), abs=0.1)  # one draw per image against the closed form
    assert surgery.protocol.startswith("4000 images; one z per image")


@pytest.mark.parametrize("numbers", [1, 7 * 60])  # less than a row, seven rows
def test_surgery_does_not_depend_on_its_chunks(numbers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = encoded_set(normal(60, 3), -2)
    whole = elbo_surgery(encoded)
    monkeypatch.setattr(metrics, "CACHE_NUMBERS", numbers)
    assert elbo_surgery(encoded).index_code_mi == pytest.approx(whole.index_code_mi, rel=1e-6)
    assert elbo_surgery(encoded).total_correlation == pytest.approx(whole.total_correlation, rel=1e-5)


@pytest.mark.parametrize("seed", [0, 5])
def test_the_parts_are_those_of_a_mixture_of_torch_distributions_at_the_same_draws(seed: int) -> None:
    encoded = encoded_set(normal(40, 3), -1 + normal(40, 3, seed=1))
    posterior = distributions.Normal(*torch.tensor(np.stack([encoded.mean, np.exp(encoded.logvar / 2)])).double())
    noise = np.random.default_rng(seed).standard_normal((40, 3), np.float32)
    z = posterior.mean + posterior.stddev * torch.from_numpy(noise)
    even = distributions.Categorical(torch.ones(40).double())
    aggregate = distributions.MixtureSameFamily(even, distributions.Independent(posterior, 1)).log_prob(z)
    marginals = sum(
        distributions.MixtureSameFamily(
            even, distributions.Normal(posterior.mean[:, j], posterior.stddev[:, j])
        ).log_prob(z[:, j])
        for j in range(3)
    )
    prior = distributions.Normal(0, 1).log_prob(z).sum(1)
    own = posterior.log_prob(z).sum(1)
    surgery = elbo_surgery(encoded, seed)
    assert surgery.index_code_mi == pytest.approx((own - aggregate).mean().item(), rel=1e-5)
    assert surgery.total_correlation == pytest.approx((aggregate - marginals).mean().item(), rel=1e-5)
    assert surgery.dimension_wise_kl == pytest.approx((marginals - prior).mean().item(), rel=1e-5)
    assert surgery.kl == pytest.approx((own - prior).mean().item(), rel=1e-5)
    assert f"seed {seed};" in surgery.protocol
    if seed == 0:
        assert elbo_surgery(encoded) == surgery


# 8 dimensions whose posteriors have a standard deviation of 0.3, with the prior as the aggregate: I(x; z) = -8 ln 0.3.
INFORMATION = -8 * np.log(0.3)


def independent(n: int) -> EncodedSet:
    return encoded_set(np.sqrt(1 - 0.3**2) * normal(n, 8), 2 * np.log(0.3))


@pytest.mark.parametrize("n", [300, 1500])
def test_a_saturated_mutual_information_is_said_to_be_a_bound_and_only_its_sum_with_the_correlation_holds(
    n: int,
) -> None:
    surgery = elbo_surgery(independent(n))
    assert surgery.saturated
    assert surgery.ln_n == np.log(n) > surgery.index_code_mi > np.log(n) - 1
    assert surgery.index_code_mi < INFORMATION - 2
    assert surgery.total_correlation > 2  # of dimensions that are independent
    assert surgery.index_code_mi + surgery.total_correlation == pytest.approx(INFORMATION, abs=0.3)
    expected = f"show at most ln {n} = {np.log(n):.2f} nats of I(x; z), so it is at least {surgery.index_code_mi:.2f}"
    assert expected in surgery.protocol


def test_a_mutual_information_far_below_ln_n_is_not_saturated() -> None:
    surgery = elbo_surgery(encoded_set(np.sqrt(0.75) * normal(1500, 3), np.log(0.25)))
    assert not surgery.saturated
    assert "saturated" not in surgery.protocol
    assert surgery.index_code_mi == pytest.approx(3 * np.log(2), abs=0.06)


@pytest.mark.parametrize("n", [1000, 4000])
def test_the_mutual_information_of_a_sample_is_too_small_by_up_to_what_the_docstring_says(n: int) -> None:
    # Clusters of equal posteriors, far apart: I(x; z) = ln 1000.
    clusters = np.random.default_rng(0).integers(1000, size=n)
    found = elbo_surgery(encoded_set(100.0 * clusters[:, None], -6)).index_code_mi
    most = -np.log(1 - np.exp(found - np.log(n)))
    assert most / 2 < np.log(1000) - found < most


def test_of_a_whole_population_ln_n_is_no_limit_of_the_estimate() -> None:
    surgery = elbo_surgery(encoded_set(10.0 * np.arange(50)[:, None], -6), whole_population=True)
    assert not surgery.saturated
    assert surgery.index_code_mi == pytest.approx(surgery.ln_n, abs=1e-6)
    assert surgery.protocol.startswith("50 images, the whole population; one z")


def test_a_plain_autoencoder_has_no_kl_to_split() -> None:
    model = VAE(replace(CONFIG, posterior="point"))
    encoded = encode(model, random_images(20, (1, 4, 4)), np.zeros(20, np.int64))
    with pytest.raises(ValueError, match=r"^A plain autoencoder's codes have no density, .*; choose a VAE\.$"):
        elbo_surgery(encoded)
    assert (encoded.logvar == -LOGVAR_BOUND).all()


def test_a_single_posterior_of_least_variance_does_not_make_a_plain_autoencoder() -> None:
    logvar = np.zeros((20, 2))
    logvar[3, 1] = -LOGVAR_BOUND
    assert elbo_surgery(encoded_set(normal(20, 2), logvar)).kl > 0


# ---- labels from codes -----------------------------------------------------------------------------------------------

TRAIN_LABELS, TEST_LABELS = np.arange(600) % 4, np.arange(300) % 4
CORNERS: FloatArray = np.array([[0, 0, 0], [3, 0, 0], [0, 3, 0], [0, 0, 3]], np.float32)
TRAIN: FloatArray = CORNERS[TRAIN_LABELS] + np.float32(0.25) * normal(600, 3)
TEST: FloatArray = CORNERS[TEST_LABELS] + np.float32(0.25) * normal(300, 3, seed=1)


@pytest.mark.parametrize("accuracy", [linear_probe, knn_accuracy])
def test_labels_are_predicted_from_informative_codes(accuracy: Callable[..., Accuracy]) -> None:
    result = accuracy(TRAIN, TRAIN_LABELS, TEST, TEST_LABELS)
    assert result.value >= 0.98
    assert type(result.value) is float
    assert result.protocol.startswith("means; ")
    assert result.protocol.endswith("fitted on 600 training codes, scored on 300 test codes")


@pytest.mark.parametrize("accuracy", [linear_probe, knn_accuracy])
def test_shuffled_labels_are_guessed_by_chance(accuracy: Callable[..., Accuracy]) -> None:
    shuffle = np.random.default_rng(0).permutation
    result = accuracy(TRAIN, shuffle(TRAIN_LABELS), TEST, shuffle(TEST_LABELS))
    assert result.value == pytest.approx(0.25, abs=0.1)


def test_the_probe_does_not_depend_on_the_scale_of_a_dimension() -> None:
    scale = np.array([1e-3, 1, 1e3], np.float32)
    result = linear_probe(TRAIN * scale, TRAIN_LABELS, TEST * scale, TEST_LABELS)
    assert result.value == pytest.approx(linear_probe(TRAIN, TRAIN_LABELS, TEST, TEST_LABELS).value, abs=0.01)


def test_the_nearest_neighbour_of_a_training_code_is_itself() -> None:
    labels = np.random.default_rng(0).integers(0, 4, 600)
    assert knn_accuracy(TRAIN, labels, TRAIN, labels, neighbours=1).value == 1
    assert knn_accuracy(TRAIN, labels, TRAIN, labels, neighbours=10).value < 0.7


def test_equal_labels_and_too_many_neighbours_are_refused() -> None:
    with pytest.raises(ValueError, match="number of different training labels must be at least 2, not 1"):
        linear_probe(TRAIN, np.zeros(600, np.int64), TEST, TEST_LABELS)
    for neighbours in (0, 601):
        with pytest.raises(ValueError, match=f"neighbours must be 1 to the number of .* codes, 600, not {neighbours}"):
            knn_accuracy(TRAIN, TRAIN_LABELS, TEST, TEST_LABELS, neighbours)


def test_among_all_training_codes_the_commonest_label_wins() -> None:
    labels = np.minimum(np.arange(600) // 200, 1)  # 200 zeros, 400 ones
    assert knn_accuracy(TRAIN, labels, TEST, np.resize([0, 1, 1], 300), neighbours=600).value == pytest.approx(2 / 3)


def test_two_labels_are_enough_for_a_probe() -> None:
    assert linear_probe(TRAIN, TRAIN_LABELS // 2, TEST, TEST_LABELS // 2).value >= 0.98


def test_knn_says_how_many_neighbours_voted() -> None:
    assert "10 nearest neighbours" in knn_accuracy(TRAIN, TRAIN_LABELS, TEST, TEST_LABELS).protocol
    assert "3 nearest neighbours" in knn_accuracy(TRAIN, TRAIN_LABELS, TEST, TEST_LABELS, 3).protocol


# ---- copies ----------------------------------------------------------------------------------------------------------

FIRST, SECOND, THIRD = (random_images(count, (1, 5, 6), seed=count) for count in (900, 500, 400))


def test_held_out_images_look_like_faithful_samples() -> None:
    result = copy_test(THIRD, FIRST, SECOND)
    assert (result.copies, result.test_copies) == (0, 0)
    assert result.nearer_share < 0.04
    assert result.nearer_probability == pytest.approx(0.5, abs=0.06)
    assert result.sample_distance == pytest.approx(result.test_distance, rel=0.05)


def test_planted_copies_are_counted_and_stand_out() -> None:
    samples = np.concatenate([THIRD[:300], FIRST[:100]])
    result = copy_test(samples, FIRST, SECOND)
    assert result.copies == 100
    assert result.test_copies == 0
    assert 0.25 <= result.nearer_share < 0.29
    assert result.nearer_probability == pytest.approx(0.25 + 0.75 * 0.5, abs=0.05)


def test_a_copy_with_one_grey_level_changed_is_near_but_not_exact() -> None:
    almost = FIRST[:50].copy()
    almost[:, 0, 2, 3] ^= 1
    result = copy_test(almost, FIRST, SECOND)
    assert result.copies == 0
    assert result.sample_distance == pytest.approx(1 / 255)
    assert (result.nearer_share, result.nearer_probability) == (1, 1)


def test_copies_are_exact_among_bright_images_of_many_pixels() -> None:
    # In float32 the squares of such images would hide a difference of one level in rounding.
    train = np.random.default_rng(0).integers(250, 256, (40, 3, 64, 64), np.uint8)
    almost = train.copy()
    almost[:, 0, 0, 0] ^= 1
    assert copy_test(train, train, almost).copies == 40
    assert copy_test(almost, train, train).copies == 0


def test_distances_are_those_of_numpy_whatever_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = np.linalg.norm(THIRD[:, None].astype(float) - FIRST[None].astype(float), axis=(3, 4)).min((1, 2)) / 255
    for numbers in (metrics.COPY_NUMBERS, 2048 * 70):
        monkeypatch.setattr(metrics, "COPY_NUMBERS", numbers)
        np.testing.assert_allclose(metrics._nearest(THIRD, FIRST), pairs, rtol=1e-12)


def test_an_image_larger_than_a_chunk_is_compared_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "COPY_NUMBERS", 1)
    assert copy_test(FIRST[:3], FIRST[:4], SECOND[:5]).copies == 3


def test_one_image_of_each_kind_is_enough_for_a_copy_test() -> None:
    result = copy_test(THIRD[:1], FIRST[:1], SECOND[:1])
    difference = THIRD[0].astype(float) - FIRST[0]
    assert result.sample_distance == pytest.approx(np.sqrt(np.sum((difference / 255) ** 2)))


def test_a_copy_test_on_images_of_one_pixel_agrees_with_counting() -> None:
    black = np.zeros((7, 1, 1, 1), np.uint8)
    test_images = np.arange(1, 101, dtype=np.uint8)[:, None, None, None]  # 1 … 100 grey levels from black
    samples = np.array([0, 1, 2, 3, 250], np.uint8)[:, None, None, None]
    result = copy_test(samples, black, test_images)
    assert result.sample_distance == pytest.approx(2 / 255)
    assert result.test_distance == pytest.approx(50.5 / 255)
    assert result.nearer_share == 2 / 5  # nearer than 100 and than 99 test images; the third is nearer than 98 only
    assert result.nearer_probability == pytest.approx((100 + 99.5 + 98.5 + 97.5 + 0) / 500)
    assert (result.copies, result.test_copies) == (1, 0)
    assert result.protocol.startswith("pixel L2 to the nearest of 7 training images; 5 samples against 100 held-out")


def test_the_probability_of_being_nearer_is_that_of_mann_and_whitney() -> None:
    from scipy.stats import mannwhitneyu

    samples = np.concatenate([THIRD[:50] // 2, FIRST[:20]])
    ours, theirs = metrics._nearest(samples, FIRST), metrics._nearest(SECOND, FIRST)
    expected = mannwhitneyu(theirs, ours).statistic / (len(ours) * len(theirs))
    assert copy_test(samples, FIRST, SECOND).nearer_probability == pytest.approx(expected)


def test_ties_count_by_half() -> None:
    result = copy_test(FIRST[:50], FIRST, FIRST[50:100])
    assert result.nearer_probability == 0.5
    assert result.nearer_share == 0  # no nearer than the test images, which are copies themselves
    assert result.test_copies == 50


def test_a_grey_blur_is_nearer_to_all_images_but_no_copy() -> None:
    blur = np.full((50, 1, 5, 6), 128, np.uint8)
    result = copy_test(blur, FIRST, SECOND)
    assert result.copies == 0
    assert result.nearer_share == 1


@pytest.mark.parametrize("which", ["samples", "training images", "test images"])
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda images: images[:0], "number of {} must be at least 1, not 0"),
        (lambda images: images / 255, "type of {} must be uint8, .*, not 'float64'"),
        (lambda images: images[:, :, :4], r"shape of {} must be that of the training images, .*, not \(1, "),
    ],
)
def test_images_that_cannot_be_compared_are_refused(which: str, spoil: Callable[[Images], Any], message: str) -> None:
    images = {"samples": THIRD, "training images": FIRST, "test images": SECOND}
    images[which] = spoil(images[which])
    blamed = "samples" if which == "training images" and "shape" in message else which  # the first that is unlike them
    with pytest.raises(ValueError, match=message.format(blamed)):
        copy_test(*images.values())

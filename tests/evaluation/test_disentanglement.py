"""Disentanglement scores of codes whose relation to the factors is known."""

from collections.abc import Callable
from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import mutual_info_score

from vae.evaluation.disentanglement import Codes, dci, factorvae_score, mutual_information, mutual_information_gap

Array = NDArray[np.float64]
Factors = NDArray[np.int64]

# Every combination of three independent factors, with 4, 5 and 6 values, 15 times.
FACTORS: Factors = np.array(list(product(range(4), range(5), range(6))) * 15)
N = len(FACTORS)
IDENTITY: Array = FACTORS + np.random.default_rng(0).normal(0, 0.01, FACTORS.shape)  # code j is factor j
NOISE: Array = np.random.default_rng(1).normal(size=FACTORS.shape)
STANDARD: Array = (IDENTITY - IDENTITY.mean(0)) / IDENTITY.std(0)
ROTATED: Array = STANDARD @ np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]


def mig(codes: Codes, factors: Factors = FACTORS, bins: int = 20) -> float:
    return mutual_information_gap(codes, factors, bins, representation="means").value


# ---- mutual information ----------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=60))
def test_mutual_information_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    a, b = np.array(pairs).T
    assert mutual_information(a, b) == pytest.approx(mutual_info_score(a, b), abs=1e-9)


def test_the_mutual_information_of_a_fair_die_with_itself_is_its_entropy() -> None:
    die = np.tile(np.arange(6), 10)
    assert mutual_information(die, die) == pytest.approx(np.log(6))


# ---- MIG -------------------------------------------------------------------------------------------------------------


def test_a_code_that_is_the_factors_has_a_gap_near_1() -> None:
    assert mig(IDENTITY) >= 0.9


def test_a_duplicated_code_has_no_gap() -> None:
    assert mig(np.hstack([IDENTITY, IDENTITY])) <= 0.1


def test_a_code_of_shuffled_images_has_no_gap() -> None:
    assert mig(np.random.default_rng(2).permutation(IDENTITY)) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("order", [[2, 0, 1], [1, 0, 2]])
def test_the_gap_depends_on_the_order_neither_of_dimensions_nor_of_factors(order: list[int]) -> None:
    codes = IDENTITY + 0.5 * NOISE
    assert mig(codes[:, order]) == pytest.approx(mig(codes))
    assert mig(codes, FACTORS[:, order]) == pytest.approx(mig(codes))


def test_the_gap_does_not_depend_on_scale_shift_or_sign_of_a_dimension() -> None:
    codes = FACTORS.astype(np.float32)
    assert mig(codes * np.array([-3, 0.25, 8], np.float32) + np.array([7, -1, 0], np.float32)) == pytest.approx(
        mig(codes)
    )


def test_the_second_best_dimension_of_a_one_dimensional_code_has_no_information() -> None:
    result = mutual_information_gap(IDENTITY[:, :1], FACTORS, factor_names=("a", "b", "c"), representation="means")
    assert result.per_factor["a"] == pytest.approx(1, abs=1e-6)
    assert result.per_factor["b"] == pytest.approx(0, abs=0.05)
    assert result.value == pytest.approx(np.mean(list(result.per_factor.values())))


def test_a_gap_computed_by_hand() -> None:
    # The first dimension is the factor; the second separates its upper half from its lower: log 4 - log 2 of log 4.
    factor = np.tile(np.arange(4), 25)[:, None]
    assert mig(np.hstack([factor, factor // 2]).astype(float), factor) == pytest.approx(0.5)


def test_bins_are_of_equal_width_between_the_extremes_both_included() -> None:
    factor = np.array([0, 0, 0, 1])[:, None]
    codes = np.array([0.0, 0.1, 0.6, 1.0])[:, None]
    entropy = np.log(4) - 0.75 * np.log(3)
    assert mig(codes, factor, bins=2) == pytest.approx(1 - 0.5 * np.log(2) / entropy)  # 0, 0, 1, 1: half is certain
    assert mig(codes, factor, bins=10) == pytest.approx(1)


# ---- DCI -------------------------------------------------------------------------------------------------------------


def test_a_code_that_is_the_factors_is_disentangled_complete_and_informative() -> None:
    result = dci(IDENTITY, FACTORS, representation="means")
    assert min(result.disentanglement, result.completeness, result.informativeness) >= 0.95
    assert min(result.permutation_disentanglement, result.permutation_completeness) >= 0.95
    assert result.unpredictable == ()
    assert result.accuracy == pytest.approx({"factor 0": 1, "factor 1": 1, "factor 2": 1}, abs=0.01)


def test_a_rotated_code_is_less_disentangled_and_less_complete() -> None:
    straight, rotated = (dci(codes, FACTORS, representation="means") for codes in (STANDARD, ROTATED))
    assert rotated.disentanglement < straight.disentanglement - 0.3
    assert rotated.completeness < straight.completeness - 0.3


def test_a_noise_code_is_neither_disentangled_nor_better_than_guessing() -> None:
    result = dci(NOISE, FACTORS, representation="means")
    assert result.disentanglement < 0.1
    assert result.completeness < 0.1
    assert result.informativeness == pytest.approx((1 / 4 + 1 / 5 + 1 / 6) / 3, abs=0.06)
    assert result.unpredictable == ("factor 0", "factor 1", "factor 2")
    assert list(result.chance.values()) == pytest.approx([1 / 4, 1 / 5, 1 / 6], abs=0.04)


def test_a_dimension_split_over_two_copies_loses_completeness_but_not_disentanglement() -> None:
    result = dci(np.hstack([IDENTITY, FACTORS + 0.01 * NOISE]), FACTORS, representation="means")
    assert result.disentanglement >= 0.95
    assert result.completeness < 0.75


def test_two_factors_in_one_dimension_lose_disentanglement_but_not_completeness() -> None:
    both = (FACTORS[:, 0] + 4.0 * FACTORS[:, 1])[:, None]
    codes = np.hstack([both, FACTORS[:, 2:], 0 * both])
    result = dci(codes, FACTORS, representation="means")
    assert result.completeness >= 0.95
    assert result.disentanglement < 0.75


def test_importance_is_never_credited_to_a_constant_code() -> None:
    result = dci(np.zeros((N, 2)), FACTORS, representation="means")
    assert (result.disentanglement, result.completeness) == (0, 0)
    assert (result.permutation_disentanglement, result.permutation_completeness) == (0, 0)


def test_a_factor_that_is_not_predicted_is_named_and_lowers_only_the_scores_of_the_impurity() -> None:
    codes = np.hstack([IDENTITY[:, :2], NOISE[:, :1]])  # nothing encodes the third factor
    result = dci(codes, FACTORS, factor_names=("shape", "size", "angle"), representation="means")
    assert result.unpredictable == ("angle",)
    assert result.accuracy["angle"] == pytest.approx(result.chance["angle"], abs=0.06)
    assert "; hardly better than chance, yet counted except in the permutation scores: angle; " in result.protocol
    assert result.disentanglement < 0.85  # the trees split on all dimensions to fit the noise
    assert result.completeness < 0.85
    assert result.permutation_disentanglement >= 0.95
    assert result.permutation_completeness >= 0.95


# ---- FactorVAE -------------------------------------------------------------------------------------------------------


def test_a_code_that_is_the_factors_names_every_fixed_factor() -> None:
    result = factorvae_score(IDENTITY, FACTORS, representation="means")
    assert (result.value, result.active_dims, result.pruned_dims) == (1, 3, 0)


def test_noise_names_the_fixed_factor_by_chance() -> None:
    noise = np.random.default_rng(5).normal(size=(N, 10))
    assert factorvae_score(noise, FACTORS, representation="means").value == pytest.approx(1 / 3, abs=0.1)


def test_votes_are_scored_on_images_that_the_table_was_not_made_of() -> None:
    noise = np.random.default_rng(6).normal(size=(N, 200))
    assert factorvae_score(noise, FACTORS, representation="means", votes=60).value < 0.6


def test_variances_are_compared_after_scaling() -> None:
    codes = STANDARD * [0.2, 1, 50]
    assert factorvae_score(codes, FACTORS, representation="means").value == 1


def test_dimensions_that_do_not_vary_are_pruned() -> None:
    codes = np.hstack([STANDARD, 0.05 * NOISE])
    result = factorvae_score(codes, FACTORS, representation="means")
    assert (result.value, result.active_dims, result.pruned_dims) == (1, 3, 3)


def test_a_wholly_collapsed_code_scores_chance() -> None:
    result = factorvae_score(np.zeros((N, 4)), FACTORS, representation="means")
    assert result.value == pytest.approx(1 / 3, abs=0.1)
    assert result.active_dims == 0


def test_a_factor_whose_values_no_images_share_is_refused() -> None:
    with pytest.raises(ValueError, match="values that images share must be at least 1"):
        factorvae_score(NOISE, np.arange(N)[:, None], representation="means")


# ---- all of them -----------------------------------------------------------------------------------------------------

METRICS = [mutual_information_gap, dci, factorvae_score]
each_metric = pytest.mark.parametrize("metric", METRICS)


THIRD: Array = IDENTITY[::3] + NOISE[::3]


@cache
def of_a_third(metric: Callable[..., object]) -> object:
    """What a metric says of every third code, with noise."""
    return metric(THIRD, FACTORS[::3], representation="means")


@each_metric
def test_scores_of_a_seed_repeat_and_lie_between_0_and_1(metric: Callable[..., object]) -> None:
    first = of_a_third(metric)
    assert first == metric(THIRD, FACTORS[::3], representation="means")
    numbers = [value for name, value in vars(first).items() if isinstance(value, float)]
    assert numbers
    assert all(0 <= number <= 1 for number in numbers)


@each_metric
def test_a_protocol_names_the_representation_the_number_of_images_and_the_factors(
    metric: Callable[..., object],
) -> None:
    factors = np.hstack([FACTORS[::3], np.full((N // 3, 1), 7)])
    names = ("shape", "size", "angle", "color")
    protocol = vars(metric(IDENTITY[::3], factors, factor_names=names, representation="samples"))["protocol"]
    assert protocol.startswith("600 images; samples of the posterior; ")
    assert protocol.endswith("; shape, size, angle; left out because constant: color")


@each_metric
def test_a_constant_factor_changes_no_score(metric: Callable[..., object]) -> None:
    with_constant = metric(THIRD, np.hstack([FACTORS[::3], np.full((N // 3, 1), 7)]), representation="means")
    assert vars(with_constant) | {"protocol": ""} == vars(of_a_third(metric)) | {"protocol": ""}


@each_metric
def test_the_names_of_factor_values_change_no_score(metric: Callable[..., object]) -> None:
    assert metric(THIRD, FACTORS[::3] * 10 - 30, representation="means") == of_a_third(metric)


@each_metric
@pytest.mark.parametrize(
    ("codes", "factors", "options", "message"),
    [
        (NOISE, np.zeros((N, 2), np.int64), {}, "factors must be at least one column with more than one value"),
        (NOISE, FACTORS[1:], {}, f"factors must be whole numbers in {N} rows"),
        (NOISE, FACTORS / 2, {}, "factors must be whole numbers"),
        (NOISE * np.nan, FACTORS, {}, "codes must be finite numbers"),
        (NOISE[:, 0], FACTORS, {}, "codes must be at least 4 rows of latent vectors"),
        (NOISE, FACTORS, {"factor_names": ["a"]}, "factor_names must be 3 names"),
        (NOISE, FACTORS, {"representation": "mean"}, "representation must be means or samples"),
    ],
)
def test_codes_and_factors_that_do_not_fit_are_refused(
    metric: Callable[..., object], codes: Array, factors: Array, options: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        metric(codes, factors, **({"representation": "means"} | options))

"""Models side by side: words that tell them apart, dimensions that follow each other, aggregate posteriors."""

import json
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from scipy.stats import norm, pearsonr

from tests.support.pages import ROOT
from vae.model.latents import EncodedSet
from vae.storage.checkpoints import BrokenCheckpoint, Checkpoint, read_checkpoint
from vae.views.shared import comparison

NAMES = ("mnist-z2", "mnist-z10", "mnist-z10-ae", "mnist-z10-b1", "mnist-z10-b10", "mnist-z10-cond", "digits-z2")


@pytest.fixture(scope="module")
def models() -> dict[str, Checkpoint]:
    return {name: read_checkpoint(ROOT / "checkpoints" / name) for name in NAMES}


def test_models_of_the_same_test_images_can_be_compared(models: dict[str, Checkpoint]) -> None:
    found: list[Checkpoint | BrokenCheckpoint] = [*reversed(models.values()), BrokenCheckpoint(ROOT, "broken")]
    names = [each.name for each in comparison.comparable(models["mnist-z10-b1"], found)]
    assert names == ["mnist-z2", "mnist-z10", "mnist-z10-ae", "mnist-z10-b10", "mnist-z10-cond"]
    other = models["mnist-z10"]
    other_content = replace(other, content_hash="other")
    other_shape = replace(other, model_config=replace(other.model_config, image_shape=(1, 9, 9)))
    assert comparison.comparable(models["mnist-z10-b1"], [other_content, other_shape]) == []


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["mnist-z10-b1", "mnist-z10-b10"], ["β = 1", "β = 10"]),
        (["mnist-z10-b1", "mnist-z2", "mnist-z10-b10"], ["10-D · β = 1", "2-D · β = 1", "β = 10"]),
        (["mnist-z10-b1", "mnist-z10", "mnist-z2"], ["β = 1 · mnist-z10-b1", "β = 1 · mnist-z10", "2-D · β = 1"]),
        (["mnist-z10-ae", "mnist-z10-cond"], ["plain autoencoder", "β = 1, conditional on the class"]),
    ],
)
def test_a_model_has_the_fewest_words_that_tell_it_apart(
    models: dict[str, Checkpoint], names: list[str], words: list[str]
) -> None:
    assert comparison.words([models[name] for name in names]) == words


def test_nats_are_those_of_the_evaluation(models: dict[str, Checkpoint]) -> None:
    assert comparison.nats(models["mnist-z10-ae"])["kl"] is None
    given = comparison.nats(models["mnist-z10-cond"])
    assert given["label"] == pytest.approx(np.log(10))
    metrics = models["mnist-z10-cond"].metrics
    assert (given["reconstruction"], given["kl"]) == (metrics["reconstruction"], metrics["kl"])


def test_a_turned_flipped_and_scaled_copy_is_matched_dimension_by_dimension() -> None:
    rng = np.random.default_rng(0)
    mean = rng.normal(size=(500, 3)).astype(np.float32)
    other = np.stack([3 * mean[:, 2], 0.001 * mean[:, 0], -mean[:, 1] + 0.2, rng.normal(size=500)], 1).astype("f4")
    first, second, third = comparison.match_dimensions(mean, other)
    assert first is None  # what follows it is collapsed: it varies by a thousandth
    assert second is not None
    assert third is not None
    assert list(second.values()) == [2, pytest.approx(-1, abs=1e-3)]
    assert list(third.values()) == [0, pytest.approx(1, abs=1e-3)]


def test_pairs_are_the_best_of_all_assignments_and_their_correlations_pearson_s() -> None:
    rng = np.random.default_rng(1)
    mean, mixed = rng.normal(size=(400, 4)), rng.normal(size=(4, 4))
    other = mean @ mixed + 0.3 * rng.normal(size=(400, 4))
    expected = np.array([[pearsonr(mean[:, i], other[:, j]).statistic for j in range(4)] for i in range(4)])
    best = max(permutations(range(4)), key=lambda order: sum(abs(expected[i, j]) for i, j in enumerate(order)))
    matches = comparison.match_dimensions(mean.astype("f4"), other.astype("f4"))
    for i, match in enumerate(matches):
        if match is None:
            assert abs(expected[i, best[i]]) < comparison.LEAST_CORRELATION
        else:
            assert match == {"dimension": best[i], "correlation": pytest.approx(expected[i, best[i]], abs=1e-3)}


def test_collapsed_dimensions_follow_none(models: dict[str, Checkpoint]) -> None:
    mean = {name: models[name].load_encoded().mean for name in ("mnist-z10-b1", "mnist-z10-b10")}
    matches = comparison.match_dimensions(mean["mnist-z10-b1"], mean["mnist-z10-b10"])
    active = set(np.flatnonzero(mean["mnist-z10-b10"].var(axis=0) > 0.01).tolist())
    assert {match["dimension"] for match in matches if match} <= active
    assert sum(match is None for match in matches) >= 10 - len(active)


def test_the_aggregate_posterior_s_deviation_and_quantiles_are_those_of_the_mixture() -> None:
    rng = np.random.default_rng(2)
    n = 4000
    mean, logvar = rng.normal(size=(n, 2)) * [1, 3], rng.normal(size=(n, 2)) - 1
    zeros = np.zeros(n, np.float32)
    encoded = EncodedSet(mean.astype("f4"), logvar.astype("f4"), zeros.astype(int), zeros, zeros)
    codes = comparison.codes(encoded)
    assert json.loads(json.dumps(codes, allow_nan=False)) == codes
    for j in range(2):
        sigma = np.exp(logvar[:, j] / 2)
        variance = (sigma**2 + mean[:, j] ** 2).mean() - mean[:, j].mean() ** 2
        assert codes["deviation"][j] == pytest.approx(np.sqrt(variance), abs=1e-3)
        assert codes["mean"][j] == pytest.approx(mean[:, j].mean(), abs=1e-3)
        below = [norm.cdf((z - mean[:, j]) / sigma).mean() for z in codes["quantiles"][j]]
        np.testing.assert_allclose(below, norm.cdf(codes["scores"]), atol=0.02)  # of 4,000 draws

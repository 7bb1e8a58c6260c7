"""How well single latent dimensions encode the factors that images were made from. Arrays in, numbers out.

Everywhere: codes (n, latent_dim) float, factors (n, k) whole numbers, row i for image i. Factors with a single value
cannot be predicted and are left out; the protocol names them.
"""
# sklearn is imported where it is used: it costs start-up time.

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from vae.validation import one_of, require

Codes = NDArray[np.float32] | NDArray[np.float64]
Counts = NDArray[np.int64]
Factors = NDArray[np.integer[Any]]
Representation = Literal["means", "samples"]

LEAST_PREDICTED = 0.1
PERMUTATIONS = 10
SMALLEST_VARIANCE = 0.01  # of an active dimension: the threshold of the active units


@dataclass(frozen=True)
class Mig:
    """Mutual information gap, 0 (two dimensions have equal information) to 1; per_factor by the factor's name."""

    value: float
    per_factor: dict[str, float]
    protocol: str


@dataclass(frozen=True)
class Dci:
    """Disentanglement, completeness and informativeness, each 0 to 1.

    disentanglement: each dimension encodes one factor only. completeness: each factor is encoded in one dimension only.
    informativeness: accuracy of the predicted factors on held-out images. The importances of a forest add up to 1 even
    where it has learned nothing that holds on other images. permutation_disentanglement, permutation_completeness:
    the same of importances on held-out images, which are near 0 there. accuracy, chance: by the factor's name; of the
    forest, and of always guessing the commonest value. unpredictable: factors whose accuracy is less than
    LEAST_PREDICTED of the way from chance to 1.
    """

    disentanglement: float
    completeness: float
    informativeness: float
    permutation_disentanglement: float
    permutation_completeness: float
    accuracy: dict[str, float]
    chance: dict[str, float]
    unpredictable: tuple[str, ...]
    protocol: str


@dataclass(frozen=True)
class FactorVae:
    """Share of the held-out votes where the dimension of least variance names the fixed factor, 0 to 1; chance is 1/k.

    active_dims: dimensions that could vote; pruned_dims: those that hardly vary. They add up to latent_dim.
    """

    value: float
    active_dims: int
    pruned_dims: int
    protocol: str


def mutual_information_gap(
    codes: Codes,
    factors: Factors,
    bins: int = 20,
    factor_names: Sequence[str] | None = None,
    *,
    representation: Representation,
) -> Mig:
    """mean_k (I_1 - I_2) / H(v_k): how much more the best dimension knows about a factor than the second best.

    Codes are discretised in bins of equal width between a dimension's extremes; mutual information and entropy are the
    plug-in ones of the histograms. Of a one-dimensional code, I_2 is 0. representation: whether the codes are the
    posterior's means or samples of it; samples score lower. Raises ValueError where no factor
    varies. Source: Chen et al. 2018, section 4.1.
    """
    require(bins >= 2, "bins", bins, "at least 2")
    values, names, left_out = _checked(codes, factors, factor_names, representation)
    binned = [_equal_width(column, bins) for column in codes.T]
    per_factor = {}
    for name, value in zip(names, values.T, strict=True):
        best, second, *_ = [*sorted((mutual_information(code, value) for code in binned), reverse=True), 0.0]
        per_factor[name] = (best - second) / mutual_information(value, value)
    protocol = f"{_given(codes, representation)}; {bins} bins of equal width; {', '.join(names)}{left_out}"
    return Mig(float(np.mean(list(per_factor.values()))), per_factor, protocol)


def mutual_information(a: Counts, b: Counts) -> float:
    """I(a; b) of two columns of small whole numbers, from their joint histogram; I(a; a) is the entropy. Unit: nats."""
    joint = np.bincount(a * (b.max() + 1) + b, minlength=(a.max() + 1) * (b.max() + 1)).reshape(a.max() + 1, -1)
    p = joint / len(a)
    independent = p.sum(1, keepdims=True) * p.sum(0, keepdims=True)
    seen = p > 0
    return float(np.sum(p[seen] * np.log(p[seen] / independent[seen])))


def dci(
    codes: Codes,
    factors: Factors,
    seed: int = 0,
    factor_names: Sequence[str] | None = None,
    *,
    representation: Representation,
) -> Dci:
    """Disentanglement, completeness, informativeness, from the importance of each dimension for each factor.

    A random forest per factor (50 trees, all dimensions at every split, leaves of at least 5) predicts it from the
    codes, fitted on a random half of the images; informativeness is its accuracy on the other half. Importance is the
    decrease of impurity by splits on a dimension, and for the permutation variant the decrease of the accuracy on the
    other half when the dimension's values are permuted, mean of PERMUTATIONS. Dimensions are weighted by their
    importance. Raises ValueError where no factor varies. Source: Eastwood & Williams 2018; Breiman 2001, section 10.
    """
    from sklearn.ensemble import RandomForestClassifier

    values, names, left_out = _checked(codes, factors, factor_names, representation)
    train, test = _halves(len(codes), np.random.default_rng(seed))
    importance, permutation = np.zeros((2, codes.shape[1], len(names)))
    accuracy, chance = {}, {}
    for k, (name, value) in enumerate(zip(names, values.T, strict=True)):
        # All dimensions at every split: with the usual random subset, useless ones would get some importance.
        forest = RandomForestClassifier(50, max_features=None, min_samples_leaf=5, random_state=seed)
        forest.fit(codes[train], value[train])
        importance[:, k] = forest.feature_importances_
        permutation[:, k] = _permutation_importance(forest, codes[test], value[test], seed)
        accuracy[name] = float(forest.score(codes[test], value[test]))
        chance[name] = float(np.mean(value[test] == np.bincount(value[train]).argmax()))
    unpredictable = tuple(n for n in names if accuracy[n] - chance[n] < LEAST_PREDICTED * (1 - chance[n]))
    return Dci(
        _concentration(importance),
        _concentration(importance.T),
        float(np.mean(list(accuracy.values()))),
        _concentration(permutation),
        _concentration(permutation.T),
        accuracy,
        chance,
        unpredictable,
        f"{_given(codes, representation)}; random forests, fitted on half, scored on the other, seed {seed}; "
        f"{_unpredictable(unpredictable)}{', '.join(names)}{left_out}",
    )


def _permutation_importance(forest: Any, codes: Codes, value: Counts, seed: int) -> NDArray[np.float64]:
    """By how much the forest's accuracy on these images falls when a dimension is permuted, at least 0.

    Shapes: codes (n, latent_dim), value (n,) -> (latent_dim,).
    """
    from sklearn.inspection import permutation_importance

    found = permutation_importance(forest, codes, value, n_repeats=PERMUTATIONS, random_state=seed)
    return np.asarray(np.maximum(0, found.importances_mean), np.float64)


def _unpredictable(names: Sequence[str]) -> str:
    """The protocol's words on factors that are not predicted."""
    if not names:
        return ""
    return f"hardly better than chance, yet counted except in the permutation scores: {', '.join(names)}; "


def factorvae_score(
    codes: Codes,
    factors: Factors,
    seed: int = 0,
    factor_names: Sequence[str] | None = None,
    *,
    representation: Representation,
    votes: int = 800,
    batch: int = 64,
) -> FactorVae:
    """How reliably the dimension that varies least among images sharing one factor's value names that factor.

    A vote: draw a factor and one of its values, take up to `batch` images of that value, and find the dimension with
    the smallest variance relative to that over all images. A table from dimension to commonest factor is made of
    `votes` votes on half of the images and scored on as many on the other half. Dimensions that vary less than
    SMALLEST_VARIANCE over the images are pruned; collapsed ones do for means, not for samples. Raises ValueError
    where no factor varies, or where no two images of a half share a value. Source: Kim & Mnih 2018, section 4.
    """
    require(votes >= 1, "votes", votes, "at least 1")
    require(batch >= 2, "batch", batch, "at least 2")
    values, names, left_out = _checked(codes, factors, factor_names, representation)
    variances = codes.var(axis=0, dtype=np.float64)
    active = variances >= SMALLEST_VARIANCE
    scaled = codes[:, active] / np.sqrt(variances[active])
    rng = np.random.default_rng(seed)
    train, test = (_votes(scaled[half], values[half], votes, batch, rng) for half in _halves(len(codes), rng))
    table = train.argmax(axis=1)  # of dimensions without a vote, factor 0
    value = test[np.arange(len(table)), table].sum() / test.sum()
    protocol = (
        f"{_given(codes, representation)}; {votes} votes of up to {batch} images on half of the images, as many on the "
        f"other half, seed {seed}; dimensions of variance under {SMALLEST_VARIANCE} pruned; "
        f"{', '.join(names)}{left_out}"
    )
    return FactorVae(float(value), int(active.sum()), int((~active).sum()), protocol)


def _votes(scaled: Codes, values: Counts, votes: int, batch: int, rng: np.random.Generator) -> Counts:
    """Counts of (dimension of least variance, fixed factor). Shape: (active dimensions, at least 1; k)."""
    groups = [[np.flatnonzero(column == value) for value in np.unique(column)] for column in values.T]
    shared = [[rows for rows in of_factor if len(rows) > 1] for of_factor in groups]  # one image has no variance
    least = min(map(len, shared))
    require(least > 0, "values that images share", least, "at least 1 for every factor, in each half of the images")
    counts = np.zeros((max(1, scaled.shape[1]), len(shared)), np.int64)
    for factor in rng.integers(len(shared), size=votes):
        rows = shared[factor][rng.integers(len(shared[factor]))]
        spread = scaled[rng.choice(rows, min(batch, len(rows)), replace=False)].var(axis=0)
        counts[spread.argmin() if len(spread) else 0, factor] += 1
    return counts


def _checked(
    codes: Codes, factors: Factors, factor_names: Sequence[str] | None, representation: Representation
) -> tuple[Counts, list[str], str]:
    """The factors that vary, their values renumbered from 0, their names, and a note on those left out."""
    require(representation in get_args(Representation), "representation", representation, one_of(Representation))
    require(codes.ndim == 2 and len(codes) >= 4, "codes", codes.shape, "at least 4 rows of latent vectors")
    require(bool(np.isfinite(codes).all()), "codes", "others", "finite numbers")
    expected = f"whole numbers in {len(codes)} rows, one for each code"
    whole = factors.ndim == 2 and len(factors) == len(codes) and np.issubdtype(factors.dtype, np.integer)
    require(whole, "factors", (factors.shape, str(factors.dtype)), expected)
    names = list(factor_names or (f"factor {k}" for k in range(factors.shape[1])))
    require(len(names) == factors.shape[1], "factor_names", names, f"{factors.shape[1]} names")
    varying = [k for k in range(factors.shape[1]) if len(np.unique(factors[:, k])) > 1]
    require(bool(varying), "factors", "constant", "at least one column with more than one value")
    values = np.stack([np.unique(factors[:, k], return_inverse=True)[1] for k in varying], axis=1)
    constant = [name for k, name in enumerate(names) if k not in varying]
    left_out = f"; left out because constant: {', '.join(constant)}" if constant else ""
    return values.astype(np.int64), [names[k] for k in varying], left_out


def _given(codes: Codes, representation: Representation) -> str:
    return f"{len(codes)} images; {representation} of the posterior"


def _equal_width(column: Codes, bins: int) -> Counts:
    """The bin, from 0, of each value. Shape kept."""
    low, width = float(column.min()), float(np.ptp(column))
    if width == 0:
        return np.zeros(len(column), np.int64)
    return np.minimum((column.astype(np.float64) - low) / width * bins, bins - 1).astype(np.int64)


def _halves(n: int, rng: np.random.Generator) -> tuple[Counts, Counts]:
    """Row numbers of two random halves."""
    order = rng.permutation(n)
    return order[: n // 2], order[n // 2 :]


def _concentration(importance: NDArray[np.float64]) -> float:
    """1 minus the entropy of each row's shares relative to the largest possible, rows weighted by their sum."""
    total = importance.sum(axis=1)
    if total.sum() == 0:
        return 0.0
    shares = importance / np.where(total > 0, total, 1)[:, None]
    entropy = -np.sum(shares * np.log(np.where(shares > 0, shares, 1)), axis=1)
    return float(np.sum((1 - entropy / np.log(max(importance.shape[1], 2))) * total) / total.sum())

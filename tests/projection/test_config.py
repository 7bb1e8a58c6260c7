"""A projection request: what it refuses, its JSON form, and when two are equal."""

import json
from typing import Any

import pytest

from vae.projection.config import METHODS, ProjectionConfig

EVERY: dict[str, Any] = {"axes": (1, 0), "perplexity": 7.0, "neighbours": 9, "min_dist": 0.5, "seed": 3}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("options", [{}, EVERY], ids=["defaults", "every field"])
def test_a_request_goes_through_json_unchanged(method: Any, options: dict[str, Any]) -> None:
    config = ProjectionConfig(method, 3, **options)
    assert ProjectionConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_missing_fields_have_their_defaults_and_unknown_ones_are_refused() -> None:
    assert ProjectionConfig.from_json({"method": "umap"}) == ProjectionConfig("umap")
    with pytest.raises(ValueError, match=r"'perplexty' is no field of a request; there are axes, dims, .*"):
        ProjectionConfig.from_json({"perplexty": 3})


@pytest.mark.parametrize("method", ["PCA", "", None, ["tsne"]])
def test_an_unknown_method_is_refused_by_name(method: Any) -> None:
    with pytest.raises(ValueError, match="method must be raw or pca or tsne or umap, not"):
        ProjectionConfig(method)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("dims", value) for value in (0, 1, 4, "2", None, 2.0, True)),
        *(("perplexity", value) for value in (1, 501, float("nan"), float("inf"), "30", None, True)),
        *(("neighbours", value) for value in (1, 501, 15.0, "15", None, True)),
        *(("min_dist", value) for value in (-0.1, 1, float("nan"), "0.1", None)),
        *(("seed", value) for value in (-1, 2**32, 0.5, None)),
        *(("axes", value) for value in ((0, 0), (0, 1, 2), (-1, 0), (0.0, 1), [0, 1], "01", None)),
    ],
)
def test_other_values_are_refused_with_what_is_expected(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{field} must be .*, not "):
        ProjectionConfig(**{field: value})


def test_used_has_unused_parameters_at_their_defaults() -> None:
    used = {method: ProjectionConfig(method, 2, **EVERY).used for method in METHODS}
    assert used["pca"] == ProjectionConfig("pca")
    assert used["raw"] == ProjectionConfig("raw", axes=(1, 0))
    assert used["tsne"] == ProjectionConfig("tsne", perplexity=7.0, seed=3)
    assert used["umap"] == ProjectionConfig("umap", neighbours=9, min_dist=0.5, seed=3)
    assert ProjectionConfig("raw").used == ProjectionConfig("raw", axes=(0, 1)).used


@pytest.mark.parametrize(
    ("n", "perplexity", "neighbours"),
    [(10_000, 30, 15), (90, 30, 15), (89, 29, 15), (40, 13, 15), (6, 2, 5), (3, 2, 2)],
)
def test_parameters_are_lowered_to_what_so_many_points_allow(n: int, perplexity: float, neighbours: int) -> None:
    lowered = ProjectionConfig("tsne").lowered(n)
    assert (lowered.perplexity, lowered.neighbours) == (perplexity, neighbours)


def test_what_is_lowered_is_said_of_the_method_that_uses_it() -> None:
    assert ProjectionConfig("tsne").lowering(40) == "perplexity lowered to 13: 40 pictures"
    assert ProjectionConfig("umap", neighbours=50).lowering(40) == "neighbours lowered to 39: 40 pictures"
    for config in (ProjectionConfig("tsne", perplexity=13.3), ProjectionConfig("umap"), ProjectionConfig("pca")):
        assert config.lowering(40) == ""

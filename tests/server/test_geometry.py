"""What the routes of the metric and of shortest paths answer to each request."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from tests.support.live import MODELS
from vae.model.geometry.geodesic import POINTS, path_length
from vae.model.geometry.metric import change_per_step, pullback_metric
from vae.model.latents import code
from vae.server.gradients.geometry import MOST_CELLS, geodesic_lines, metric_lines
from vae.server.live.inference import LiveModel

Json = dict[str, Any]
GREY, CONDITIONAL = MODELS["grey"], MODELS["conditional"]
PLANE = {
    "origin": [0.5, -1, 0],
    "directions": [[1, 0, 0], [0, 0.6, 0.8]],
    "x": [-2, 2],
    "y": [-1, 2],
    "columns": 12,
    "rows": 9,
}
ENDS = {"start": [0, 1, 2], "end": [1, 0, -1]}


def results(lines: Iterator[Json]) -> list[Json]:
    return [line for line in lines if line]


def test_a_plane_is_measured_coarsely_and_then_finely() -> None:
    coarse, middle, fine = results(metric_lines(GREY, PLANE))
    assert (coarse["columns"], coarse["rows"], len(coarse["values"])) == (3, 3, 9)
    assert (middle["columns"], middle["rows"], len(middle["values"])) == (6, 5, 30)
    assert (fine["columns"], fine["rows"], len(fine["values"])) == (12, 9, 108)


@pytest.mark.parametrize(("live", "label"), [(GREY, None), (CONDITIONAL, 257)])
def test_each_cell_has_the_change_at_its_middle(live: LiveModel, label: int | None) -> None:
    *_, fine = results(metric_lines(live, PLANE | {"label": label}))
    first, second = (torch.tensor(each) for each in PLANE["directions"])  # type: ignore[attr-defined]
    for row, column in ((0, 0), (4, 11), (8, 5)):
        x, y = -2 + 4 * (column + 0.5) / 12, -1 + 3 * (row + 0.5) / 9
        z = torch.tensor(PLANE["origin"]) + x * first + y * second
        codes = code(live.model, z[None].numpy(), None if label is None else np.array([label]))
        expected = change_per_step(pullback_metric(live.model, codes, torch.stack([first, second]).float()))
        assert fine["values"][row * 12 + column] == pytest.approx(float(expected), rel=1e-4)


def test_large_grids_are_measured_in_short_steps() -> None:
    lines = list(metric_lines(GREY, PLANE | {"columns": 64, "rows": 64}))
    assert len(lines) > 64


@pytest.mark.parametrize(("live", "labels"), [(GREY, None), (CONDITIONAL, [257, 257])])
def test_paths_come_with_the_lengths_of_all_three(live: LiveModel, labels: list[int] | None) -> None:
    *_, last = geodesic_lines(live, ENDS | {"labels": labels})
    assert last["done"]
    assert len(last["points"]) == POINTS
    assert (last["points"][0], last["points"][-1]) == (ENDS["start"], ENDS["end"])
    classes = np.full(POINTS, labels[0]) if labels else None
    length = path_length(live.model, code(live.model, np.array(last["points"], np.float32), classes))
    assert last["shortest"] == pytest.approx(length, rel=1e-3)
    assert last["shortest"] <= min(last["straight"], last["spherical"])


@pytest.mark.parametrize(
    ("lines", "fields", "sentence"),
    [
        (geodesic_lines, {"start": [0, 1]}, r"start must be 3 numbers within ±10000, not \[0, 1\]\."),
        (geodesic_lines, {"end": [0, 1, 1e5]}, r"end must be 3 numbers within ±10000, not \[0, 1, 100000\.0\]\."),
        (geodesic_lines, {"end": None}, r"end must be 3 numbers within ±10000, not None\."),
        (geodesic_lines, {"labels": 1}, r"labels must be null for a model that is not conditional, not 1\."),
        (metric_lines, {"label": 1}, r"label must be null for a model that is not conditional, not 1\."),
        (metric_lines, {"directions": [[1, 0, 0]]}, r"directions must be two lists of numbers, not \[\[1, 0, 0\]\]\."),
        (metric_lines, {"directions": [[1, 0, 0], 7]}, r"directions must be 3 numbers within ±10000, not 7\."),
        (metric_lines, {"x": [1, 1]}, r"x must be two rising numbers within ±10000, not \[1, 1\]\."),
        (metric_lines, {"y": ["a", "b"]}, r"y must be two rising numbers within ±10000, not \['a', 'b'\]\."),
        (metric_lines, {"rows": 0}, rf"rows must be a whole number from 1 to {MOST_CELLS}, not 0\."),
        (metric_lines, {"rows": 4000}, rf"columns times rows must be at most {MOST_CELLS}, not 48000\."),
    ],
)
def test_a_field_that_is_no_such_is_named(lines: Callable[..., object], fields: Json, sentence: str) -> None:
    good = ENDS if lines is geodesic_lines else PLANE
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        lines(GREY, good | fields)


@pytest.mark.parametrize("label", [None, -1, 300, True, "3"])
def test_a_conditional_model_needs_one_of_its_classes(label: object) -> None:
    with pytest.raises(ValueError, match=r"^label must be a class of this model, 0 to 299, not "):
        metric_lines(CONDITIONAL, PLANE | {"label": label})
    with pytest.raises(ValueError, match=r"^label must be a class of this model, 0 to 299, not "):
        geodesic_lines(CONDITIONAL, ENDS | {"labels": [0, label]})
    with pytest.raises(ValueError, match=r"^labels must be the classes of both ends, not "):
        geodesic_lines(CONDITIONAL, ENDS | {"labels": label})

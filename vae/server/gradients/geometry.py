"""The shape of the latent space over the network: how much the picture changes per step of z, and shortest paths.

`routes` returns the routes, whose form vae.server.gradients.streams describes. z, origin: latent_dim numbers; label:
the class of a conditional model, null for others. Unit of lengths: grey levels, see vae.model.geometry.metric.

POST <base>/live/metric: {"origin": z, "directions": [z, z], "x": [from, to], "y": [from, to], "columns": 64,
                          "rows": 48, "label": null}
    The plane of z = origin + x directions[0] + y directions[1] in columns x rows cells, at most MOST_CELLS; each cell
    is measured at its middle. Three lines: ever finer grids, the last one with all cells.
        {"columns": 64, "rows": 48, "values": [row by row from the least y: grey levels per unit of z]}
POST <base>/live/geodesic: {"start": z, "end": z, "labels": null}
    labels: the two ends' classes, null for a model that is not conditional; their weights change evenly on the way.
    A line for each shorter path that is found. shortest is at most straight and spherical, the lengths of those paths.
        {"points": [[z], …], "shortest": 121.3, "straight": 128.8, "spherical": 133.4, "done": false}
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from torch import Tensor

from vae.model.geometry.geodesic import shortest_path
from vae.model.geometry.metric import change_per_step, pullback_metric
from vae.model.latents import FloatArray, code
from vae.model.networks import VAE, ModelConfig
from vae.server.gradients.streams import Streams
from vae.server.live.decode_frames import LARGEST_Z
from vae.server.live.inference import LiveModel
from vae.server.wire import Json, live_path
from vae.validation import is_number, is_whole, require

MOST_CELLS = 2**12
COARSER = (4, 2, 1)  # the grids' cells, along each side
CELLS_PER_STEP = 64


def routes(streams: Streams, *, base_path: str = "") -> list[BaseRoute]:
    """The routes <base_path>/live/metric and …/geodesic."""

    async def metric(request: Request) -> Response:
        return await streams.lines(request, metric_lines)

    async def geodesic(request: Request) -> Response:
        return await streams.lines(request, geodesic_lines)

    base = live_path(base_path)
    return [
        Route(f"{base}/metric", metric, methods=["POST"]),
        Route(f"{base}/geodesic", geodesic, methods=["POST"]),
    ]


@dataclass(frozen=True)
class Plane:
    """A part of a plane in the latent space, in cells.

    Shapes: origin (latent_dim,), directions (2, latent_dim); x, y: from and to along the directions.
    """

    origin: FloatArray
    directions: FloatArray
    x: tuple[float, float]
    y: tuple[float, float]
    columns: int
    rows: int

    def coarser(self, factor: int) -> "Plane":
        """The same part in cells that are larger by this factor."""
        columns, rows = (ceil(cells / factor) for cells in (self.columns, self.rows))
        return replace(self, columns=columns, rows=rows)

    def middles(self) -> FloatArray:
        """z of the cells' middles, row by row from the least y. Shape: (columns x rows, latent_dim)."""
        across, up = np.meshgrid(_middles(*self.x, self.columns), _middles(*self.y, self.rows))
        place = np.stack([across.ravel(), up.ravel()], 1)
        return np.asarray(self.origin + place @ self.directions, np.float32)


def metric_lines(live: LiveModel, fields: Json) -> Iterator[Json]:
    """The grids of a request. Raises ValueError for a field that is no such."""
    config = live.model.config
    directions, columns, rows = (fields.get(name) for name in ("directions", "columns", "rows"))
    two = isinstance(directions, list) and len(directions) == 2
    require(two, "directions", directions, "two lists of numbers")
    for name, cells in (("columns", columns), ("rows", rows)):
        require(is_whole(cells, 1, MOST_CELLS), name, cells, f"a whole number from 1 to {MOST_CELLS}")
    number = fields["columns"] * fields["rows"]
    require(number <= MOST_CELLS, "columns times rows", number, f"at most {MOST_CELLS}")
    vectors = np.stack([_vector({"directions": each}, "directions", config) for each in fields["directions"]])
    sides = _range(fields, "x"), _range(fields, "y")
    plane = Plane(_vector(fields, "origin", config), vectors, *sides, fields["columns"], fields["rows"])
    return _grids(live.model, plane, class_label(fields, config))


def _grids(model: VAE, plane: Plane, label: int | None) -> Iterator[Json]:
    """Ever finer grids; an empty line after each step between."""
    directions = torch.from_numpy(plane.directions).to(model.device)
    for grid in map(plane.coarser, COARSER):
        z = grid.middles()
        codes = code(model, z, None if label is None else np.full(len(z), label))
        values: list[Tensor] = []
        for some in torch.split(codes, CELLS_PER_STEP):
            values.append(change_per_step(pullback_metric(model, some, directions)))
            yield {}
        shown = [_short(value) for value in torch.cat(values).tolist()]
        yield {"columns": grid.columns, "rows": grid.rows, "values": shown}


def geodesic_lines(live: LiveModel, fields: Json) -> Iterator[Json]:
    """The paths of a request. Raises ValueError for a field that is no such."""
    config = live.model.config
    start, end = (_vector(fields, name, config) for name in ("start", "end"))
    return _paths(live.model, start, end, _labels(fields, config))


def _paths(model: VAE, start: FloatArray, end: FloatArray, labels: tuple[int, int] | None) -> Iterator[Json]:
    for found in shortest_path(model, start, end, labels):
        yield {
            "points": [[_short(value) for value in point] for point in found.points.tolist()],
            "shortest": found.shortest,
            "straight": found.straight,
            "spherical": found.spherical,
            "done": found.done,
        }


def _middles(low: float, high: float, cells: int) -> NDArray[np.float64]:
    return low + (high - low) * (np.arange(cells) + 0.5) / cells


def _vector(fields: Json, name: str, config: ModelConfig) -> FloatArray:
    value = fields.get(name)
    fits = isinstance(value, list) and len(value) == config.latent_dim
    fits = fits and all(is_number(each, -LARGEST_Z, LARGEST_Z) for each in fields[name])
    require(fits, name, value, f"{config.latent_dim} numbers within ±{LARGEST_Z:g}")
    return np.asarray(value, np.float32)


def _range(fields: Json, name: str) -> tuple[float, float]:
    value = fields.get(name)
    two = isinstance(value, list) and len(value) == 2
    two = two and all(is_number(each, -LARGEST_Z, LARGEST_Z) for each in fields[name])
    require(two and fields[name][0] < fields[name][1], name, value, f"two rising numbers within ±{LARGEST_Z:g}")
    return fields[name][0], fields[name][1]


def class_label(fields: Json, config: ModelConfig) -> int | None:
    """The request's class; None for a model that is not conditional. Raises ValueError."""
    label = fields.get("label")
    if not config.classes:
        require(label is None, "label", label, "null for a model that is not conditional")
        return None
    last = config.classes - 1
    require(is_whole(label, 0, last), "label", label, f"a class of this model, 0 to {last}")
    return int(fields["label"])


def _labels(fields: Json, config: ModelConfig) -> tuple[int, int] | None:
    value = fields.get("labels")
    if not config.classes:
        require(value is None, "labels", value, "null for a model that is not conditional")
        return None
    require(isinstance(value, list) and len(value) == 2, "labels", value, "the classes of both ends")
    first, last = (class_label({"label": each}, config) for each in fields["labels"])
    assert first is not None
    assert last is not None
    return first, last


def _short(value: float) -> float:
    """Six digits, which is as exact as float32."""
    return float(f"{value:.6g}")

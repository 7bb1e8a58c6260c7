"""What Python and the pages' scripts both know, as the module frontend/lib/contract.js.

`make contract` writes it; tests/test_contract.py fails when it is not current. The wires' JSON is described as JSDoc
types, so that tsc checks the scripts against them.
"""

import json
import typing
from collections.abc import Callable, Iterable
from dataclasses import fields
from inspect import signature
from string import Template
from types import UnionType
from typing import Any, Literal

from vae.jobs import runs
from vae.model import networks
from vae.projection import config, methods
from vae.server.gradients import streams
from vae.server.latent_map import data as map_data
from vae.server.live import decode_frames
from vae.training import film
from vae.ui.pages import sampling
from vae.ui.shared import links
from vae.views import interpolation
from vae.views.sampling import LAST_SEED, MOST_SIDE
from vae.views.shared.scripts import FRONTEND

PATH = FRONTEND / "lib" / "contract.js"
LINE = 120  # characters that Biome puts into one

_HEAD = """/**
 * What Python and the scripts both know. Written by `make contract` from vae/ui/serving/contract.py: change Python, not
 * this file.
 */
"""

# Each with the module whose docstring describes the wire.
_TYPES = Template("""/**
 * @typedef {readonly [channels: number, height: number, width: number]} ImageShape
 *
 * How a data set places its drawings, in pixels from the top left corner: see vae/datasets/drawing.py.
 *
 * @typedef {{side: number, across: number, down: number}} DrawingFrame
 *
 * @typedef {$likelihood} Likelihood
 *
 * The live service's greeting: see vae/server/live/decode.py. kl: nats per dimension, null for a plain autoencoder.
 * classes: of a conditional model, otherwise 0.
 *
 * @typedef {object} Greeting
 * @property {number} version
 * @property {string} model
 * @property {number} latent_dim
 * @property {number} classes
 * @property {ImageShape} image_shape
 * @property {number[] | null} kl
 * @property {string} device
 * @property {Likelihood} likelihood
 * @property {{vectors: number, requests_per_second: number, frame_bytes: number}} limits
 *
 * @typedef {{version: number, error: string}} ServiceError
 *
 * The encoded test set's header: see vae/server/latent_map/routes.py.
 *
 * @typedef {"<f4" | "<u2"} Dtype
 * @typedef {{name: string, dtype: Dtype, shape: number[], offset: number}} ArrayHeader
 * @typedef {{mean: number[], components: number[][], explained: number[]}} Pca
 *
 * @typedef {object} EncodedHeader
 * @property {number} version
 * @property {string} model
 * @property {number} n
 * @property {number} latent_dim
 * @property {string[]} classes
 * @property {ImageShape} image_shape
 * @property {number} images
 * @property {ArrayHeader[]} arrays
 * @property {Pca} pca
 *
 * A projection's request, its quality and its states: see vae/server/latent_map/routes.py.
 *
 * @typedef {$method} Method
 *
 * @typedef {object} ProjectionConfig
$projection
 *
 * @typedef {object} ProjectionQuality
$quality
 *
 * @typedef {{version: number, model: string, method: Method, dims: number, lowering: string}} ProjectionOf
 * @typedef {ProjectionOf & {state: "queued", queue_position: number}} ProjectionQueued
 * @typedef {ProjectionOf & {state: "running", progress: number}} ProjectionRunning
 * @typedef {ProjectionOf & {state: "done", seconds: number, source: string, quality: ProjectionQuality}} ProjectionDone
 * @typedef {ProjectionOf & {state: "failed", error: string}} ProjectionFailed
 * @typedef {{version: number, state: "cancelled"}} ProjectionCancelled
 * @typedef {ProjectionQueued | ProjectionRunning | ProjectionDone | ProjectionFailed | ProjectionCancelled}
 *   ProjectionState
 *
 * A training run, as the server lists it: see vae/server/training/runs_and_films.py.
 *
 * @typedef {$run_state} RunState
 *
 * @typedef {object} RunStatus
 * @property {string} name
$status
 * @property {number | null} queue_position
 * @property {number} film_bytes
 *
 * What the Interpolation and the Sampling page keep in the link, as text.
 *
 * @typedef {$interpolation} InterpolationKey
 * @typedef {$sampling} SamplingKey
 */
""")


def constants() -> list[tuple[str, object, str]]:
    """Name, value and meaning of each constant that the scripts import."""
    return [
        ("LIVE_VERSION", decode_frames.VERSION, "Of the live service's wire format."),
        ("LIVE_HEADER_BYTES", decode_frames.HEADER.size, "Of a binary frame, before its payload."),
        ("LIVE_OPERATIONS", decode_frames.CODES, "The second byte of a request."),
        (
            "LIVE_LIMITS",
            _live_limits(),
            "Of a request; bytes also of its reply.",
        ),
        ("LARGEST_Z", decode_frames.LARGEST_Z, "The largest absolute value of a z or a noise value in a request."),
        ("MODEL_LIMITS", _model_limits(), "The most of each in a model's config, and of an absolute log variance."),
        ("ARCHITECTURES", typing.get_args(networks.Architecture), ""),
        ("LIKELIHOODS", typing.get_args(networks.Likelihood), ""),
        ("LOGIT_LIKELIHOODS", networks.LOGITS, "Whose decoders return logits."),
        ("LEARNED_SCALES", networks.LEARNED, "Likelihoods whose scale is a weight that was trained."),
        ("POSTERIORS", typing.get_args(networks.Posterior), "What an encoder returns."),
        ("MAP_VERSION", map_data.VERSION, "Of the latent map's wire format."),
        ("MAX_ROWS_BYTES", map_data.ROWS_BYTES, "Of images or noise in one request."),
        ("GRADIENT_VERSION", streams.VERSION, "Of the format of work by gradient steps."),
        ("QUALITY_NEIGHBOURS", _default(methods.quality, "neighbours"), "That a projection's quality compares."),
        ("ALIVE_RUN_STATES", runs.ALIVE, "In which a process works on a run or waits for its turn."),
        ("FILM_VERSION", film.VERSION, ""),
        ("FILM_PREFIX_BYTES", film.PREFIX.size, "Of a film's record, before its JSON."),
        ("MAX_FILM_BYTES", film.MAX_BYTES, "That a run writes."),
        (
            "MAX_GRID_SIDE",
            MOST_SIDE,
            "Of the Sampling page's grid: its cells have noise numbers row × this + column.",
        ),
        ("MAX_SEED", LAST_SEED, "Of the Sampling page."),
        ("MAX_LINKED_Z", links.LINK_BOUND, "The largest absolute value of a z in a link."),
    ]


def _live_limits() -> dict[str, float]:
    limits = decode_frames.DecodeLimits()
    return {name: getattr(limits, name) for name in ("vectors", "request_bytes", "requests_per_second")}


def _model_limits() -> dict[str, float]:
    return {
        "latent_dim": networks.MAX_LATENT_DIM,
        "image_side": networks.MAX_IMAGE_SIDE,
        "width": networks.MAX_WIDTH,
        "depth": networks.MAX_DEPTH,
        "classes": networks.MAX_CLASSES,
        "logvar": networks.LOGVAR_BOUND,
    }


def contract() -> str:
    """The text of contract.js."""
    return "\n".join([_HEAD, *(_constant(*each) for each in constants()), _types()])


def _constant(name: str, value: object, meaning: str) -> str:
    comment = f"/** {meaning} */\n" if meaning else ""
    literal = _literal(value)
    # tsc then takes the values themselves for its type, not any text or number.
    fixed = f"/** @type {{const}} */ ({literal})" if isinstance(value, (tuple, dict)) else literal
    line = f"export const {name} = {fixed};\n"
    if len(line) > LINE + 1 and isinstance(value, (tuple, dict)):
        line = line.replace(literal, _literal(value, "\n  ", ",\n"))
    return f"{comment}{line}"


def _literal(value: object, start: str = "", end: str = "") -> str:
    """A JavaScript literal, as Biome formats it. start, end: of its items where it takes several lines."""
    comma = f",{start or ' '}"
    if isinstance(value, dict):
        items = comma.join(f"{key}: {_literal(item)}" for key, item in value.items())
        return f"{{{start or ' '}{items}{end or ' '}}}"
    if isinstance(value, tuple):
        return f"[{start}{comma.join(map(_literal, value))}{end}]"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"{value:_}" if isinstance(value, int) and value > 9999 else json.dumps(value)


def _types() -> str:
    return _TYPES.substitute(
        likelihood=_type(networks.Likelihood),
        method=_union(typing.get_args(config.Method)),
        run_state=_union(typing.get_args(runs.State)),
        projection=_properties(config.ProjectionConfig),
        quality=_properties(methods.Quality),
        status=_properties(runs.Status),
        interpolation=_union(interpolation.KEYS),
        sampling=_union(sampling.CHECKS),
    )


def _properties(dataclass: type) -> str:
    """A line of JSDoc for each field of a dataclass."""
    hints = typing.get_type_hints(dataclass)
    return "\n".join(f" * @property {{{_type(hints[field.name])}}} {field.name}" for field in fields(dataclass))


def _type(hint: Any) -> str:
    """A Python type as the type of its JSON."""
    if named := {runs.State: "RunState", config.Method: "Method"}.get(hint):
        return named
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is Literal:
        return _union(arguments)
    if typing.get_origin(hint) is tuple and arguments[1:] == (...,):
        return f"{_type(arguments[0])}[]"
    if isinstance(hint, UnionType):
        return " | ".join(map(_type, arguments))
    return {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}[hint]


def _union(texts: Iterable[str]) -> str:
    return " | ".join(map(json.dumps, texts))


def _default(function: Callable[..., object], parameter: str) -> object:
    return signature(function).parameters[parameter].default


if __name__ == "__main__":
    PATH.write_text(contract(), "utf-8")

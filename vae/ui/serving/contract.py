"""What Python and the pages' scripts both know, as the module frontend/lib/contract.js.

`make contract` writes it, and lib/terms.js; tests/test_contract.py fails when one is not current. The wires' JSON is
described as JSDoc types, so that tsc checks the scripts against them.
"""

import json
import typing
from collections.abc import Callable
from inspect import signature
from string import Template
from typing import Any

from vae.classroom import codes
from vae.classroom.messages import protocol
from vae.classroom.state import drawings, votes
from vae.jobs import run as run_folder
from vae.lessons import answers, reading
from vae.lessons.format import rich
from vae.model import networks
from vae.projection import config, methods
from vae.server.gradients import streams
from vae.server.latent_map import data as map_data
from vae.server.live import decode_frames
from vae.training import film
from vae.ui.pages import sampling
from vae.ui.serving import jsdoc
from vae.ui.serving.jsdoc import LINE
from vae.ui.shared import links
from vae.views import interpolation
from vae.views.sampling import LAST_SEED, MOST_SIDE
from vae.views.shared.scripts import FRONTEND
from vae.views.shared.terms import script

PATH = FRONTEND / "lib" / "contract.js"

_HEAD = """/**
 * What Python and the scripts both know. Written by `make contract` from vae/ui/serving/contract.py: change Python, not
 * this file.
 */
"""

# Python's types that have a name there.
_NAMED: dict[Any, str] = {
    run_folder.State: "RunState",
    config.Method: "Method",
    protocol.Shape: "ImageShape",
    protocol.Class: "ClassSection",
    protocol.Shown: "ClassShown",
    protocol.People: "ClassPeople",
    protocol.Question: "ClassQuestion",
    protocol.TeacherQuestion: "TeacherQuestion",
    protocol.Progress: "ClassProgress",
    protocol.ClassLessonQuestion: "ClassLessonQuestion",
    protocol.SeenStep: "SeenStep",
    protocol.Outcome: "LessonOutcome",
    protocol.ClassLesson: "ClassLesson",
    protocol.Drawing: "ClassDrawing",
    protocol.TeacherDrawing: "TeacherDrawing",
    protocol.Piece: "ClassPiece",
    protocol.MyDrawing: "MyDrawing",
    protocol.Me: "ClassMe",
    protocol.Seat: "ClassSeat",
    protocol.Tally: "ClassTally",
    protocol.Report: "ClassReport",
    protocol.Rehearsal: "ClassRehearsal",
    protocol.Tile: "ClassTile",
    protocol.State: "ClassUpdate",
    rich.Rich: "Rich",
    answers.LessonOption: "LessonOption",
    answers.LessonQuestion: "LessonQuestion",
    answers.LessonCheck: "LessonCheck",
    answers.LessonStep: "LessonStep",
    answers.LessonReference: "LessonReference",
    answers.Lesson: "Lesson",
    answers.LessonSummary: "LessonSummary",
}

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
 *
 * What a class's server says: see vae/classroom/messages/protocol.py.
 *
$classroom
 *
 * A text of a lesson as a tree: see vae/lessons/format/rich.py.
 *
 * @typedef {string | RichElement} RichNode
 * @typedef {[tag: string, ...nodes: (string | RichElement)[]]} RichElement
 * @typedef {RichNode[]} Rich
 *
 * Lessons: see vae/lessons/answers.py.
 *
$lessons
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
        ("ALIVE_RUN_STATES", run_folder.ALIVE, "In which a process works on a run or waits for its turn."),
        ("FILM_VERSION", film.VERSION, ""),
        ("FILM_PREFIX_BYTES", film.PREFIX.size, "Of a film's record, before its JSON."),
        ("MAX_FILM_BYTES", film.MAX_BYTES, "That a run writes."),
        (
            "MAX_GRID_SIDE",
            MOST_SIDE,
            "Of the Sampling page's grid: its cells have noise numbers row × this + column.",
        ),
        ("MAX_SEED", LAST_SEED, "Of the Sampling page."),
        ("CLASS_VERSION", protocol.VERSION, "Of a class's messages."),
        ("CLASS_LIMITS", _class_limits(), "Of commands: bytes, characters, a tile's side, and how many of each."),
        ("CLASS_SECONDS", _class_seconds(), "What a class's clients and the server may wait for."),
        ("LESSON_BYTES", reading.MOST_BYTES, "Of a lesson's text, at most."),
        ("LESSON_LEVELS", reading.LEVELS, ""),
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


def _class_limits() -> dict[str, int]:
    return {
        "command_bytes": protocol.MAX_COMMAND_BYTES,
        "picture_bytes": protocol.MAX_PICTURE_BYTES,
        "name": codes.LONGEST_NAME,
        "question": votes.LONGEST_QUESTION,
        "option": votes.LONGEST_OPTION,
        "options": votes.MOST_OPTIONS,
        "label": drawings.LONGEST_LABEL,
        "pieces": drawings.MOST_PRESENTED,
        "tile_side": protocol.TILE_SIDE,
        "rehearsal": protocol.MAX_REHEARSAL,
    }


def _class_seconds() -> dict[str, float]:
    names = ("beat", "silent", "absent", "events", "poll", "tile", "live")
    return {name: getattr(protocol, f"{name.upper()}_SECONDS") for name in names}


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
    typed = [(kind, name) for kind, name in _NAMED.items() if typing.is_typeddict(kind)]
    of_lessons = [(kind, name) for kind, name in typed if kind.__module__ == answers.__name__]
    class_types = [each for each in typed if each not in of_lessons]
    return _TYPES.substitute(
        likelihood=jsdoc.type_of(networks.Likelihood),
        method=jsdoc.union(typing.get_args(config.Method)),
        run_state=jsdoc.union(typing.get_args(run_folder.State)),
        projection=jsdoc.properties(config.ProjectionConfig, _NAMED),
        quality=jsdoc.properties(methods.Quality, _NAMED),
        status=jsdoc.properties(run_folder.Status, _NAMED),
        interpolation=jsdoc.union(interpolation.KEYS),
        sampling=jsdoc.union(sampling.CHECKS),
        classroom=_typedefs(class_types),
        lessons=_typedefs(of_lessons),
    )


def _typedefs(types: list[tuple[Any, str]]) -> str:
    return "\n *\n".join(jsdoc.typedef(name, kind, _NAMED) for kind, name in types)


def _default(function: Callable[..., object], parameter: str) -> object:
    return signature(function).parameters[parameter].default


if __name__ == "__main__":
    PATH.write_text(contract(), "utf-8")
    script.PATH.write_text(script.script(), "utf-8")

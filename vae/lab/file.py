"""The file to take home: one HTML page with some models, which opens from a folder without any network."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from math import ceil
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from vae.lab.answers import Json
from vae.lab.html import Block, html_page, json_block, module_blocks
from vae.lab.model_blocks import IMAGES, ModelFiles
from vae.lab.packing import pack
from vae.lab.page import BAR, lesson_page_style, page_style, settings, with_lesson, word_blocks
from vae.projection.config import NAMES, ProjectionConfig
from vae.storage.atomic import staging_folder
from vae.storage.checkpoints import MAX_TEST_IMAGES
from vae.storage.files import CheckpointError
from vae.validation import parse_whole, require
from vae.views.sampling import LAST_SEED
from vae.views.shared.pages import TRAINING, VIEWS
from vae.views.shared.terms.catalogue import codes
from vae.views.shared.words import known_language

ENTRY, LESSON_ENTRY = "hosts/lab/file.js", "hosts/lab/lesson-file.js"
MOST_BYTES = 2_000_000  # of a file with one model, where its weights leave room for the least number of points
LEAST_POINTS, STEP = 500, 100
LEAST_BESIDE_FILM = 1000  # encoded test images, before a film gets room
NO_FILM = replace(TRAINING, script="training/no-film.js", styles=())
SPARE = 4000  # bytes, for what is measured once the number of points is known
LONGEST_QUERY = 16_000  # characters


def lab_file(
    models: Sequence[ModelFiles], *, points: int | None = None, query: str = "", lesson: Json | None = None
) -> bytes:
    """The page. The same models, query and lesson give the same bytes.

    points: encoded test images of each model; None for as many as a file of MOST_BYTES with this model alone has room
    for. query: the parameters of the link with which it opens, whose test images are in the file, too; `lang` among
    them is its language. lesson: stands beside the views, and begins with its own link. Raises CheckpointError, and
    ValueError for a number or a link out of range.
    """
    require(points is None or points > 0, "points", points, "above 0")
    require(len(query) <= LONGEST_QUERY, "the link's length", len(query), f"at most {LONGEST_QUERY} characters")
    require(len({each.checkpoint.name for each in models}) == len(models), "models", "one twice", "different ones")
    links = "&".join([query, *(link.partition("?")[2] for link in step_links(lesson))])
    seed, shown = _seed(links), _shown_images(links)
    blocks, answers = list[Block](), dict[str, Json]()
    filmed = {model.checkpoint.name for model in models if model.checkpoint.film}
    room = MOST_BYTES - SPARE - len(_page(models[:1], {}, [], query, None, filmed=filmed))
    for model in models:
        images = max(IMAGES, shown)
        film = model.film(room - sum(_sizes(model, points or LEAST_BESIDE_FILM, images, seed).values()))
        left = room - len(film.to_html()) if film else room
        count = fitting_points(model, images, seed, left) if points is None else points
        count = min(max(count, shown), model.checkpoint.test_images)
        blocks += [*model.blocks(count, images), *([film] if film else [])]
        answers |= model.answers(count, images, seed) | model.comparisons(models)
        filmed -= {model.checkpoint.name} if film is None else set()
    return _page(models, answers, blocks, query, lesson, filmed=filmed)


def step_links(lesson: Json | None) -> list[str]:
    """The links of a lesson's steps: page and parameters."""
    steps = lesson["steps"] if lesson else []
    assert isinstance(steps, list)
    return [str(step["link"]) for step in steps]


def lesson_models(lesson: Json) -> list[str]:
    """The names of the checkpoints that a lesson's steps show, in their order."""
    queries = [dict(parse_qsl(link.partition("?")[2])) for link in step_links(lesson)]
    names = [
        [query.get("checkpoint", ""), query.get("film", ""), *query.get("compare", "").split(",")] for query in queries
    ]
    return [name for name in dict.fromkeys(chain(*names)) if name]


def lesson_file(lesson: Json, models: Sequence[ModelFiles], language: str, *, points: int | None = None) -> bytes:
    """The page with a lesson, which begins with its own link. language: of the page; "" for English."""
    query = urlencode({"lesson": str(lesson["name"]), **({"lang": language} if language else {})})
    return lab_file(models, points=points, query=query, lesson=lesson)


def save_page(path: Path, page: bytes) -> None:
    """Writes the file, whole or not at all. Raises CheckpointError if it cannot be written."""
    try:
        with staging_folder(path.parent) as folder:
            file = folder / path.name
            file.write_bytes(page)
            file.chmod(0o644)
            file.replace(path)
    except OSError as error:
        raise CheckpointError(f"{path}: could not be written ({error}); choose a folder that can.") from error


def fitting_points(model: ModelFiles, images: int, seed: int, room: int) -> int:
    """How many encoded images fit: all, or a multiple of STEP, but no fewer than LEAST_POINTS. images: with pixels."""
    count = model.checkpoint.test_images
    while True:
        sizes = _sizes(model, count, images, seed)
        excess = sum(sizes.values()) - room
        if excess <= 0 or count <= LEAST_POINTS:
            return count
        growing = sum(size for name, size in sizes.items() if name.startswith(("live/encoded", "live/projections")))
        count = max(LEAST_POINTS, (count - ceil(excess / growing * count)) // STEP * STEP)


def _sizes(model: ModelFiles, points: int, images: int, seed: int) -> dict[str, int]:
    """The bytes of a model's blocks in the page, and of its answers, by their names."""
    blocks = [*model.blocks(points, images, measured=False), json_block("answers", model.answers(points, images, seed))]
    return {block.name: len(block.to_html()) for block in blocks}


def _seed(query: str) -> int:
    """The seed of Sampling in a link, else 0."""
    return parse_whole(dict(parse_qsl(query)).get("seed", "0"), 0, LAST_SEED) or 0


def _shown_images(query: str) -> int:
    """One more than the number of the last test image in a link, 0 without one."""
    values = (value for key, value in parse_qsl(query) if key in {"image", "from", "to", "third", "fourth"})
    return max((row + 1 for value in values if (row := parse_whole(value, 0, MAX_TEST_IMAGES)) is not None), default=0)


def _page(
    models: Sequence[ModelFiles],
    answers: Mapping[str, Json],
    blocks: Sequence[Block],
    query: str,
    lesson: Json | None,
    *,
    filmed: Collection[str],
) -> bytes:
    """filmed: the models whose films are in the page; without any, the film player is not in it."""
    views = {view.name: view if filmed or view is not TRAINING else NO_FILM for view in VIEWS}
    rows = [model.row() | {"film": model.checkpoint.name in filmed} for model in models]
    language = known_language(dict(parse_qsl(query)).get("lang"))
    values: dict[str, Any] = settings(rows, models[0].checkpoint.name, views, answers, language=language)
    values["query"] = query
    values["projections"] = {"names": NAMES, "parameters": ProjectionConfig().to_json()}
    entry, style = (LESSON_ENTRY, lesson_page_style()) if lesson else (ENTRY, page_style())
    if lesson:
        values = with_lesson(values, _brought(lesson, [row["name"] for row in rows]))
    modules = module_blocks(pack(entry, BAR, *(view.script for view in views.values())), folder=None)
    data = [json_block("settings", values), json_block("terms", codes())]
    all_blocks = [*word_blocks(language, packed=True), *data, *modules, *blocks]
    later = values["styles"].values()
    return html_page("Latent Lab", style, all_blocks, connect="", later_styles=later, language=language)


def _brought(lesson: Json, here: Sequence[object]) -> Json:
    """As vae.lab.routes has it. here: the names of the models in the file."""
    missing = [name for name in lesson_models(lesson) if name not in here]
    return {"name": lesson["name"], "lesson": lesson | {"missing": missing}, "problem": ""}

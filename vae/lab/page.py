"""The light page's HTML: all that the first view needs, so that its first picture takes no chain of requests.

The modules of the first view are in the page, the others come from the server when they are wanted.
"""

import base64
import hashlib
import html
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import lru_cache, partial
from typing import Any
from urllib.parse import quote, urlencode

from vae.lab.answers import Json
from vae.lab.html import BOOTSTRAP, Block, json_block, module_blocks
from vae.lab.packing import pack
from vae.views.shared.pages import VIEWS, View
from vae.views.shared.scripts import CLASS_SCRIPT, FRONTEND, script_url
from vae.views.shared.words import ENGLISH, LANGUAGES, translated, words

HOST, LESSON_HOST = "hosts/lab/light.js", "hosts/lab/lesson.js"
LESSON_STYLES, LESSON_FRAME_STYLES = (
    ("lib/controls.css", "lib/glossary.css", "lessons/player.css"),
    ("hosts/lab/lesson.css",),
)
STYLES = ("hosts/frame.css", "hosts/lab/lab.css")
ICON = "bar/icon.svg"
BAR, BAR_STYLES = "bar/bar.js", ("lib/controls.css", "lib/popover.css", "lib/glossary.css", "bar/bar.css")
CONTROLS_STYLES = ("lib/controls.css", "lib/popover.css", "hosts/lab/controls.css")


def settings(
    models: list[Json],
    chosen: str,
    views: Mapping[str, View],
    answers: Mapping[str, Json],
    *,
    language: str = ENGLISH,
) -> Json:
    """What the host starts with.

    models: as vae.views.shared.models lists them. views: those whose styles are there, by name. answers: those that
    the host will ask for first, by their address. language: of the page, by its code.
    """
    styles = {name: style_text(view.styles) for name, view in views.items()}
    say = partial(translated, language=language)
    known = [views.get(view.name, view) for view in VIEWS]
    return {
        "models": models,
        "model": chosen,
        "views": [asdict(view) | {"title": say(view.title), "question": say(view.question)} for view in known],
        "bar": BAR,
        "styles": styles | {"bar": style_text(BAR_STYLES), "controls": style_text(CONTROLS_STYLES)},
        "answers": dict(answers),
        "language": language,
        "languages": LANGUAGES,
    }


def light_page(view: View, values: Json) -> str:
    """The page, one folder beneath the app's address; with a lesson beside the view where the values have `brought`."""
    values = values | {"class_script": script_url(CLASS_SCRIPT)}
    title = page_title(view, values)
    if "brought" not in values:
        return lab_page((HOST, view.script, BAR), page_style(), values, title)
    return lab_page((LESSON_HOST, view.script, BAR), lesson_page_style(), values, title)


def page_title(view: View, values: Json) -> str:
    """The title of a page that begins with this view, in its language."""
    return f"{translated(view.title, str(values['language']))} · Latent Lab"


def with_lesson(values: Json, brought: Json) -> Json:
    """Settings of a page with a lesson, see hosts/lab/lesson.js."""
    styles = values["styles"]
    assert isinstance(styles, dict)
    return values | {"brought": brought, "styles": styles | {"lesson": style_text(LESSON_STYLES)}}


def lesson_page_style() -> str:
    """The style of the page around a component and a lesson."""
    return page_style() + style_text(LESSON_FRAME_STYLES)


def lab_page(modules: tuple[str, ...], style: str, values: Json, title: str) -> str:
    """The page of a host that shows the views. modules: the host's, and others that it imports by name."""
    language = str(values["language"])
    return served_page(modules, style, values, title, head=_preload(values), language=language)


def served_page(
    modules: tuple[str, ...],
    style: str,
    values: Json,
    title: str,
    *,
    base: str = "../",
    head: str = "",
    language: str = ENGLISH,
) -> str:
    """A page of the server with its modules, styles and settings in it.

    modules: names of the entry, and of others that it imports by name; `packed` of the settings lists these. base: the
    app's address as seen from the page, at whatever path a proxy shows it. head: more elements of the page's head.
    language: the code of its language, whose dictionary is in the page.
    """
    script = (FRONTEND / BOOTSTRAP).read_text("utf-8")
    blocks = [*word_blocks(language), json_block("settings", values | {"packed": modules[1:]}, packed=False)]
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(script)}">
<base href="{base}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
{head}<link rel="icon" href="{_icon()}">
<style>{style}</style>
</head>
<body>
{_modules(modules)}
{_lines(blocks)}
<script>{script}</script>
</body>
</html>
"""


@lru_cache(maxsize=16)
def style_text(names: tuple[str, ...]) -> str:
    """The text of some style sheets together."""
    return "".join((FRONTEND / name).read_text("utf-8") for name in names)


@lru_cache(maxsize=1)
def page_style() -> str:
    """The style of the page around the component, which names no other file."""
    return style_text(STYLES).replace(f"../{ICON}", _icon())


def _icon() -> str:
    """The icon as a data: address."""
    return f"data:image/svg+xml;base64,{base64.b64encode((FRONTEND / ICON).read_bytes()).decode()}"


@lru_cache(maxsize=4 * len(VIEWS))
def _modules(modules: tuple[str, ...]) -> str:
    """Modules and all that they need, as data of the page."""
    return _lines(module_blocks(pack(*modules), folder=_folder()))


def _lines(blocks: Iterable[Block]) -> str:
    return "\n".join(block.to_html() for block in blocks)


def word_blocks(language: str, *, packed: bool = False) -> list[Block]:
    """A language's dictionary as data of a page; none for English. lib/words.js reads it where any module begins.

    packed: for the file; a served page is compressed as a whole.
    """
    found = words(language)
    return [] if found is None else [json_block("words", found, packed=packed)]


def view_files(view: View) -> Json:
    """What a page needs to show a view whose modules it does not have: see vae.lab.routes."""
    modules, *_ = module_blocks(pack(view.script), folder=_folder())
    return {"styles": style_text(view.styles), "modules": json.loads(modules.content)}


def _folder() -> str:
    """Where the server has all scripts, relative to the app's address."""
    return script_url("").rstrip("/")


def _preload(values: Json) -> str:
    """Fetches the decoder's weights while the browser reads the page; the address is that of lib/model-client.js."""
    answers: Any = values["answers"]
    local = next((answer["data"].get("local") for answer in answers.values() if "data" in answer), None)
    if local is None:
        return ""
    query = urlencode(
        {"model": values["model"], "v": local["version"], "part": "decoder"}, safe="!'()*", quote_via=quote
    )
    return f'<link rel="preload" as="fetch" crossorigin href="{html.escape(f"live/weights?{query}")}">\n'


def _policy(script: str) -> str:
    """What the page may do: run this script, its own modules and the server's, and ask the server alone."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    rules = {
        "default-src": "'self'",
        "script-src": f"'self' 'sha256-{digest}' blob: 'wasm-unsafe-eval'",
        "worker-src": "'self' blob:",
        "connect-src": "'self' blob: data: ws: wss:",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' blob: data:",
        "base-uri": "'self'",
        "form-action": "'none'",
        "object-src": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def json_text(values: Json) -> str:
    """Values as JSON: equal for equal values."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))

"""The light page's HTML: all that the first view needs, so that its first picture takes no chain of requests."""

import html
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache

from vae.lab.answers import Json
from vae.views.pages import VIEWS, View
from vae.views.scripts import FRONTEND, script_url

HOST = "hosts/lab/main.js"
STYLES = ("hosts/frame.css", "hosts/lab/lab.css")
BAR = ("bar/bar.js", ("lib/controls.css", "lib/popover.css", "bar/bar.css"))
CONTROLS = ("lib/controls.css", "lib/popover.css", "hosts/lab/controls.css")


def settings(models: list[Json], chosen: str, view: View, answers: Mapping[str, Json]) -> Json:
    """What the host starts with. answers: those that it will ask for first, by their address."""
    return {
        "models": models,
        "model": chosen,
        "view": view.name,
        "views": [asdict(each) for each in VIEWS],
        "bar": BAR[0],
        "styles": {view.name: style_text(view.styles), "bar": style_text(BAR[1]), "controls": style_text(CONTROLS)},
        "answers": dict(answers),
    }


def light_page(view: View, values: Json) -> str:
    """The page. `<base>` is the app's address: the page is one folder beneath it, at whatever path a proxy shows it."""
    title = html.escape(f"{view.title} · Latent Lab")
    preload = "".join(f'<link rel="modulepreload" href="{script_url(name)}">' for name in (HOST, view.script, BAR[0]))
    icon = script_url("bar/icon.svg")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<base href="../">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="{icon}">
{preload}
<style>{_page_style()}</style>
</head>
<body>
<script type="application/json" id="settings">{json_text(values)}</script>
<script type="module" src="{script_url(HOST)}"></script>
</body>
</html>
"""


def json_text(values: Json) -> str:
    """JSON in which no character ends the element around it."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


@lru_cache(maxsize=16)
def style_text(names: tuple[str, ...]) -> str:
    """The text of some style sheets together."""
    return "".join((FRONTEND / name).read_text("utf-8") for name in names)


@lru_cache(maxsize=1)
def _page_style() -> str:
    """The frame's addresses are relative to its own folder, the page's to the app's."""
    return style_text(STYLES).replace("../bar/", script_url("bar/"))

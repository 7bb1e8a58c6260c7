"""The components' scripts and styles: what is passed to Streamlit, the addresses of the rest, and their routes.

An address is relative to that of the app, which the browser alone knows: a proxy may have removed a part of the path.
"""

import gzip
import hashlib
import os
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FRONTEND = Path(__file__).parents[2] / "frontend"
# Of what opens over a page; after its own.
PANELS = ("lib/popover.css", "lib/download-menu.css", "lib/glossary.css", "lib/notices.css")
FOR_EVER = "public, max-age=31536000, immutable"  # the address changes when the content does
JAVASCRIPT = "text/javascript"


def component(name: str, *styles: str) -> Callable[..., Any]:
    """The component of this name; call it with its key, its data and callbacks for changes of its state."""
    css = "".join(map(_text, styles))
    return st.components.v2.component(name, js=_text("hosts/streamlit.js"), css=css)


@st.cache_resource(show_spinner=False)
def _text(name: str) -> str:
    return (FRONTEND / name).read_text("utf-8")


def base_path() -> str:
    """The prefix of the app's own routes, which a proxy may extend: "" or /path."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def script_url(name: str) -> str:
    """The address of a script, "map/map.js", relative to the app's.

    The version in the path is that of all scripts that it imports.
    """
    return f"live/frontend/{_scripts_version()}/{name}"


def page_routes(pages: Iterable[str]) -> list[BaseRoute]:
    """Streamlit's own page at the addresses of these pages, with a script and styles of ours before Streamlit's."""
    return [Route(f"{base_path()}/{name}", _page) for name in pages]


def _page(request: Request) -> HTMLResponse:
    return HTMLResponse(_page_with_shell(), headers={"Cache-Control": "no-cache"})


@lru_cache(maxsize=1)
def _page_with_shell() -> str:
    """Scripts of type module run in their order on the page. The address is relative, as Streamlit's own are."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text("utf-8")
    hosts = f"./live/frontend/{_scripts_version()}/hosts"
    ours = f'<link rel="stylesheet" href="{hosts}/frame.css"><script type="module" src="{hosts}/shell.js"></script>'
    return page.replace("<head>", f"<head>\n    {ours}", 1)


def plotly_url() -> str:
    """The address of plotly's script, which is served from the installed package."""
    return f"live/plotly/{metadata.version('plotly')}/plotly.min.js"


@st.cache_resource(show_spinner=False)
def _scripts_version() -> str:
    """Changes when a script does, so that no browser uses an old one."""
    files = sorted(path for path in FRONTEND.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def routes() -> list[BaseRoute]:
    """Routes of the scripts and of plotly's, which browsers keep."""
    scripts = Mount(f"{base_path()}/live/frontend/{{version}}", _Scripts(directory=FRONTEND))
    return [scripts, Route(f"{base_path()}/live/plotly/{{version}}/plotly.min.js", _plotly)]


class _Scripts(StaticFiles):
    """The components' scripts, fetched once by each browser: a page needs a dozen, and a class opens it at once."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        current = scope["path_params"]["version"] == _scripts_version()  # a page from before a restart has another
        response.headers["Cache-Control"] = FOR_EVER if current else "no-cache"
        return response


async def _plotly(request: Request) -> Response:
    headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
    compressed = "gzip" in request.headers.get("accept-encoding", "")
    body = await run_in_threadpool(_plotly_script, compressed)
    return Response(body, headers=headers | ({"Content-Encoding": "gzip"} if compressed else {}), media_type=JAVASCRIPT)


@lru_cache(maxsize=2)
def _plotly_script(compressed: bool) -> bytes:
    found = find_spec("plotly")  # importing plotly would take a second
    assert found is not None
    assert found.submodule_search_locations is not None
    script = (Path(found.submodule_search_locations[0]) / "package_data" / "plotly.min.js").read_bytes()
    return gzip.compress(script, 6) if compressed else script

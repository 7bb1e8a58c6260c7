"""The components' scripts and styles: what Streamlit is given, where the browser finds the rest, and who serves it."""

import gzip
import hashlib
import os
from collections.abc import Callable
from functools import lru_cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FRONTEND = Path(__file__).parents[2] / "frontend"
FOR_EVER = "public, max-age=31536000, immutable"  # for a browser's cache: the address changes when the content does
JAVASCRIPT = "text/javascript"


def component(name: str, *styles: str) -> Callable[..., Any]:
    """The component of this name, to be called with its key, its data and what to do when its state changes."""
    css = "".join(map(_text, styles))
    return st.components.v2.component(name, js=_text("hosts/streamlit.js"), css=css)


@st.cache_resource(show_spinner=False)
def _text(name: str) -> str:
    return (FRONTEND / name).read_text("utf-8")


def base_path() -> str:
    """Where the app's own addresses begin: "" or /path."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def script_url(name: str) -> str:
    """Where the browser finds a script, "map/map.js". The version in the path holds for all that it imports."""
    return f"{base_path()}/live/frontend/{_scripts_version()}/{name}"


def plotly_url() -> str:
    """Where the browser finds plotly's script, which is served out of the installed package."""
    return f"{base_path()}/live/plotly/{metadata.version('plotly')}/plotly.min.js"


@st.cache_resource(show_spinner=False)
def _scripts_version() -> str:
    """Changes when a script does, so that no browser goes on with an old one."""
    files = sorted(path for path in FRONTEND.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def routes() -> list[BaseRoute]:
    """The scripts and plotly's: to each browser once."""
    scripts = Mount(f"{base_path()}/live/frontend/{{version}}", _Scripts(directory=FRONTEND))
    return [scripts, Route(f"{base_path()}/live/plotly/{{version}}/plotly.min.js", _plotly)]


class _Scripts(StaticFiles):
    """The components' scripts, each asked for once by each browser: a page takes a dozen, and a class comes at once."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        of_now = scope["path_params"]["version"] == _scripts_version()  # not what a page of an earlier start asks for
        response.headers["Cache-Control"] = FOR_EVER if of_now else "no-cache"
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

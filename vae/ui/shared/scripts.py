"""The components' scripts and styles: what is passed to Streamlit, and the routes of the rest."""

import gzip
import os
from collections.abc import Callable, Iterable
from functools import lru_cache
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

from vae.views.shared.scripts import FRONTEND, scripts_version

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


def page_routes(pages: Iterable[str]) -> list[BaseRoute]:
    """Streamlit's own page at the addresses of these pages, with a script and styles of ours before Streamlit's."""
    return [Route(f"{base_path()}/{name}", _page) for name in pages]


def _page(request: Request) -> HTMLResponse:
    return HTMLResponse(_page_with_shell(), headers={"Cache-Control": "no-cache"})


@lru_cache(maxsize=1)
def _page_with_shell() -> str:
    """Scripts of type module run in their order on the page. The address is relative, as Streamlit's own are."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text("utf-8")
    hosts = f"./live/frontend/{scripts_version()}/hosts"
    ours = f'<link rel="stylesheet" href="{hosts}/frame.css"><script type="module" src="{hosts}/shell.js"></script>'
    return page.replace("<head>", f"<head>\n    {ours}", 1)


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
        current = scope["path_params"]["version"] == scripts_version()  # a page from before a restart has another
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

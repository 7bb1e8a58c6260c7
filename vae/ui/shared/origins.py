"""Which host names the app answers to and which pages may use it: Streamlit's options mean the same for our routes."""

import logging
from collections.abc import Collection
from functools import cache
from ipaddress import ip_address
from textwrap import fill
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config, net_util
from streamlit.url_util import get_hostname
from streamlit.web.server.server_util import allowlisted_origins
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

LOOPBACK = ("localhost", "127.0.0.1", "::1")
UNKNOWN_HOST = (
    "Invalid host header: the app does not answer to this host name. If it is the app's own, such as that of a proxy, "
    "start the app with --server.allowedHosts=NAME; docs/deployments.md has examples."
)
HEALTH = "/_stcore/health"  # what Streamlit's page asks for before it opens its WebSocket; it shows an error's JSON
DIALOG_WIDTH = 31  # characters of a line that its dialog shows on a phone
REFUSED_HOST = (
    "A page was refused: server.allowedHosts does not have the host name under which it asked. Add the name, also "
    "localhost where it is used; docs/deployments.md has examples."
)
REFUSED_ORIGIN = (
    "A page was refused: the address at which it was opened is neither in its request's Host header nor in "
    "server.corsAllowedOrigins. Let the proxy forward the Host header, or add the address to that option; "
    "docs/deployments.md has examples."
)

_log = logging.getLogger(__name__)


def origin_allowed(origin: str | None, host: str | None) -> bool:
    """Whether Streamlit lets a page of this origin open its WebSocket under this Host header.

    Streamlit's own function may take seconds, on the event loop that also serves the live pictures: it asks the network
    for this computer's public address. Here that address counts once Streamlit knows it, which is before a page that
    Streamlit has accepted for it can use our routes.
    """
    if not is_host_allowed(host):
        return False
    try:
        if origin is None or urlsplit(origin).netloc == host or not st.get_option("server.enableCORS"):
            return True
        name = get_hostname(origin)
    except ValueError:
        return False
    return name is not None and name in _own_names()


def _own_names() -> set[str | None]:
    names = {"localhost", "0.0.0.0", "127.0.0.1", net_util.get_internal_ip(), net_util._external_ip}
    if config.is_manually_set("browser.serverAddress"):
        names.add(get_hostname(st.get_option("browser.serverAddress")))
    return names | {get_hostname(allowed) for allowed in allowlisted_origins()}


def is_local() -> bool:
    """Whether only this computer can reach the app."""
    return st.get_option("server.address") in LOOPBACK


class Guard:
    """Refuses requests under another host name, which a page sends after DNS rebinding.

    While only this computer can reach the app, the allowed names are its own and those of server.allowedHosts; once
    others can reach it, every name is allowed unless that option is set.

    A page whose WebSocket Streamlit refuses would stay empty and try again for ever. It asks whether the server is well
    first: here the answer is the option to set, which the page shows. The log says it once, without what the visitor
    sent.

    any_host: paths that answer under every name, as proxies and orchestrators have names of their own. any_address:
    paths that answer under every numeric address, which no rebound name is.
    """

    def __init__(self, app: ASGIApp, any_host: Collection[str] = (), any_address: Collection[str] = ()) -> None:
        self._app, self._for_any_host, self._for_any_address = app, frozenset(any_host), frozenset(any_address)
        self._any_host = not is_local() and not st.get_option("server.allowedHosts")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers with 400 and the option to set, or passes the request on."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        origin, host = headers.get("origin"), headers.get("host")
        if not self._any_host and not _is_named(host) and not self._is_free(scope["path"], host):
            _warn_once(UNKNOWN_HOST)
            return await PlainTextResponse(UNKNOWN_HOST, 400)(scope, receive, send)
        if scope["path"].endswith(HEALTH) and (problem := _foreseen(headers.get("referer"), host)):
            _warn_once(problem)
            return await JSONResponse(fill(problem, DIALOG_WIDTH), 400)(scope, receive, send)
        await self._app(scope, receive, send)
        if scope["type"] == "websocket" and not origin_allowed(origin, host):
            _warn_once(_refusal(host))
        return None

    def _is_free(self, path: str, host: str | None) -> bool:
        return path in self._for_any_host or (path in self._for_any_address and _is_numeric(_name_of(host)))


def _is_named(host: str | None) -> bool:
    """Whether a Host header has one of this computer's own names or one of server.allowedHosts."""
    own = _name_of(host) in LOOPBACK
    return own or bool(st.get_option("server.allowedHosts") and is_host_allowed(host))


def _name_of(host: str | None) -> str:
    """The name or address of a Host header, without its port; "" where there is none."""
    try:
        return urlsplit(f"//{host or ''}").hostname or ""
    except ValueError:
        return ""


def _foreseen(page: str | None, host: str | None) -> str:
    """Why a page at this address will be refused a WebSocket; "" if it will not.

    The address is the Referer, which decides nothing: it only tells a page sooner what it will meet. A numeric address
    may be this computer's public one, which is not known yet.
    """
    try:
        parts = urlsplit(page or "")
        name = parts.hostname
    except ValueError:
        return ""
    if name is None or origin_allowed(f"{parts.scheme}://{parts.netloc}", host):
        return ""
    return "" if is_host_allowed(host) and _is_numeric(name) else _refusal(host)


def _is_numeric(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _refusal(host: str | None) -> str:
    """Which option refuses a page, given the Host header of its request."""
    return REFUSED_ORIGIN if is_host_allowed(host) else REFUSED_HOST


@cache
def _warn_once(sentence: str) -> None:
    _log.warning(sentence)

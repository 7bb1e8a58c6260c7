"""What all routes share: base path, allowed origins, refusals, limits for sockets, text frames.

Streamlit checks none of this for routes that it does not define itself.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive
from starlette.websockets import WebSocket

FOR_EVER = "private, max-age=31536000, immutable"  # Cache-Control: the address changes when the content does
LONGEST_TEXT = 4096
TRY_AGAIN_LATER = 1013  # the WebSocket protocol's code for it

Json = dict[str, Any]
# Whether a page of this origin may use a route under this Host header. Called on the event loop.
OriginRule = Callable[[str | None, str | None], bool]


@dataclass(frozen=True, kw_only=True)
class SocketLimits:
    """What one route's sockets may ask for.

    requests_per_second, burst: of one socket; requests beyond that are read more slowly. clients,
    clients_per_address: open sockets; a class behind one router is one address. send_seconds: how long one message
    may wait until the client reads it.
    """

    requests_per_second: float
    burst: float
    clients: int = 1024
    clients_per_address: int = 512
    send_seconds: float = 10.0


def live_path(base_path: str) -> str:
    """<base path>/live, under which all routes are. base_path: with or without slashes."""
    path = base_path.strip("/")
    return f"/{path}/live" if path else "/live"


def own_origin(origin: str | None, host: str | None) -> bool:
    """Whether a page of this origin is the host's own; http's and https's default ports may be left out.

    A browser always sends the origin, and a page cannot forge it. A client that sends none is not a browser, so no
    foreign page is behind it.
    """
    if origin is None:
        return True
    origin, host = origin.lower(), (host or "").lower()
    scheme, _, rest = origin.partition("://")
    port = {"http": ":80", "https": ":443"}.get(scheme)
    return port is not None and host != "" and rest.removesuffix(port) == host.removesuffix(port)


class OriginPolicy:
    """Which pages may use a route.

    use: what the route is for, as in "This page may not <use>".
    """

    def __init__(self, allows: OriginRule, use: str) -> None:
        self._allows = allows
        self.sentence = (
            f"This page may not {use}: add its address to server.corsAllowedOrigins, or let the proxy forward the Host "
            "header."
        )

    def allows(self, connection: HTTPConnection) -> bool:
        """Whether the page behind a request or a socket may use the route."""
        return self._allows(connection.headers.get("origin"), connection.headers.get("host"))

    def refusal(self, request: Request) -> Response | None:
        """The answer to a page that may not; None for one that may."""
        return None if self.allows(request) else PlainTextResponse(self.sentence, 403)

    def permission(self, request: Request) -> Response:
        """Whether this page may open the route's socket: 204, or 403 with the reason.

        For a POST, with which a browser sends the origin: it hides from its page why a WebSocket was refused.
        """
        return self.refusal(request) or Response(status_code=204, headers=self.headers(request))

    def headers(self, request: Request) -> dict[str, str]:
        """Let an allowed page of another host read the answer."""
        origin = request.headers.get("origin")
        return {"Vary": "Origin", **({"Access-Control-Allow-Origin": origin} if origin else {})}

    def problem(self, request: Request, sentence: str, status: int) -> Response:
        """An error as one sentence of plain text."""
        return PlainTextResponse(sentence, status, self.headers(request))


def refused_sockets() -> Counter[str]:
    """None so far, for each reason that there is."""
    return Counter(origin=0, clients=0, clients_per_address=0)


class Admission:
    """Who may open a socket of one route, and how many may be open at once.

    clients: what the route calls those connected to it, as in "as many <clients> as it can serve". refused: how many
    were refused for which reason.
    """

    def __init__(
        self, origins: OriginPolicy, limits: SocketLimits, clients: str, refused: Counter[str] | None = None
    ) -> None:
        self._origins, self._limits, self._clients = origins, limits, clients
        self._addresses: Counter[str] = Counter()
        self.refused = refused_sockets() if refused is None else refused

    async def open(self, socket: WebSocket) -> bool:
        """Accepts and counts the socket, or refuses it: with 403, or with code 1013 where there are too many."""
        if not self._origins.allows(socket):
            self.refused["origin"] += 1
            await self._forbid(socket)
            return False
        await socket.accept()
        if reason := self._full(address_of(socket)):
            await socket.close(TRY_AGAIN_LATER, reason)
            return False
        self._addresses[address_of(socket)] += 1
        return True

    def close(self, socket: WebSocket) -> None:
        """Undoes open, once the socket has ended."""
        address = address_of(socket)
        self._addresses[address] -= 1
        if not self._addresses[address]:
            del self._addresses[address]

    @property
    def count(self) -> int:
        """How many sockets are open."""
        return self._addresses.total()

    def _full(self, address: str) -> str:
        if self.count >= self._limits.clients:
            self.refused["clients"] += 1
            return f"The server has as many {self._clients} as it can serve; try again later."
        if self._addresses[address] >= self._limits.clients_per_address:
            self.refused["clients_per_address"] += 1
            return f"Your network has as many {self._clients} as one address may have; try again later."
        return ""

    async def _forbid(self, socket: WebSocket) -> None:
        """Answers the handshake with 403, and with the reason if the web server can send one."""
        if "websocket.http.response" in socket.scope.get("extensions", {}):
            await socket.send_denial_response(PlainTextResponse(self._origins.sentence, 403))
        else:
            await socket.close()


def address_of(connection: HTTPConnection) -> str:
    """The client's address; "" behind a Unix socket."""
    return connection.client.host if connection.client else ""


class TokenBucket:
    """How long to wait, so that on average no more than the rate gets through."""

    def __init__(self, limits: SocketLimits) -> None:
        self._rate = limits.requests_per_second
        self._burst = limits.burst
        self._tokens = limits.burst
        self._at = monotonic()

    def take(self, tokens: float) -> float:
        """Seconds to wait before the next request may be read."""
        now = monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate) - tokens
        self._at = now
        return max(0.0, -self._tokens / self._rate)


def read_text(text: str | None, version: int, form: str, example: str) -> Json:
    """The fields of a text frame, without its version. Raises ValueError with the sentence to reply.

    form: what the wire format is called. example: of its text frames.
    """
    try:
        fields = json.loads(text) if text is not None and len(text) <= LONGEST_TEXT else None
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise ValueError(f"A text frame must be JSON such as {example}.")
    if (spoken := fields.pop("version", None)) != version:
        raise ValueError(f"This server speaks version {version} of {form}, not {spoken!r}.")
    return fields


def abort(receive: Receive) -> None:
    """Cuts the connection at once, if the web server is uvicorn.

    Returning from the application closes it only after everything is sent, which never happens if the client does
    not read. ASGI has no message for it.
    """
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if isinstance(transport, asyncio.Transport):
        transport.abort()

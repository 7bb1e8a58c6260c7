"""The addresses of all classes; vae.classroom.messages.protocol describes them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import unquote

from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from vae.classroom.codes import ClassError, read_code
from vae.classroom.messages.checks import MessageError, or_null, text_of
from vae.classroom.messages.commands import MOST_BYTES
from vae.classroom.messages.protocol import LARGEST_ID, MAX_COMMAND_BYTES, MAX_LESSON_BYTES, MAX_TEXT
from vae.classroom.messages.reading import read_object, read_role, read_wanted
from vae.classroom.rooms.clients import EndedError
from vae.classroom.serving.limits import network_of
from vae.classroom.serving.service import ClassService, Origin, TooManyError, Who
from vae.classroom.serving.transports import Events, SocketServer, heard, poll, reply_to
from vae.classroom.state.store import AwayError
from vae.server.wire import Admission, OriginPolicy, OriginRule, address_of, own_origin
from vae.validation import parse_whole

COOKIE_SECONDS = 24 * 3600
BODY_SECONDS = 10.0
LONGEST_AGENT = 200
MOST_COOKIES = 40  # classes of one browser that are looked up
RETRY_SECONDS = "1"  # until a class is where it moves to
BUSY = "Too many requests; wait a moment."
FULL = "The app has as many connections as it can serve; try again in a moment."

Answer = Callable[[Request], Awaitable[Response]]
# A page as HTML: from its request and its class's code, None for the page where one types it.
Page = Callable[[Request, str | None], Response | Awaitable[Response]]


@dataclass(frozen=True, kw_only=True)
class Pages:
    """The pages; one that is missing is answered with 404.

    refused: stands in for a page of a class that is not there, with the reason and the status.
    """

    enter: Page | None = None
    refused: Callable[[Request, str, int], Response] | None = None
    student: Page | None = None
    projector: Page | None = None
    check: Page | None = None


def routes(
    service: ClassService, pages: Pages, *, base_path: str = "", allows: OriginRule = own_origin
) -> list[BaseRoute]:
    """The routes under <base_path>/c/; options as for vae.server.live.decode."""
    path = base_path.strip("/")
    base = f"/{path}/c" if path else "/c"
    web = ClassRoutes(service, allows)
    one = f"{base}/{{code}}"
    return [
        Route(base, lambda _: RedirectResponse(f"{base.rpartition('/')[2]}/", 307)),
        Route(f"{base}/", web.page(pages.enter, pages)),
        Route(f"{base}/classes", web.guarded(web.create), methods=["POST"]),
        Route(f"{base}/classes", web.guarded(web.mine)),
        Route(f"{base}/homes/{{home:int}}", web.guarded(web.home)),
        Route(one, web.page(pages.student, pages)),
        Route(one, web.guarded(web.teach), methods=["POST"]),
        Route(f"{one}/class", web.guarded(web.taught)),
        Route(f"{one}/projector", web.page(pages.projector, pages)),
        Route(f"{one}/check", web.page(pages.check, pages)),
        Route(f"{one}/join", web.guarded(web.join), methods=["POST"]),
        WebSocketRoute(f"{one}/socket", Sockets(service, web)),
        Route(f"{one}/socket", web.permission, methods=["POST"]),
        Route(f"{one}/events", web.guarded(web.events)),
        Route(f"{one}/poll", web.guarded(web.poll)),
        Route(f"{one}/commands", web.guarded(web.command), methods=["POST"]),
        Route(f"{one}/ping", web.guarded(web.ping)),
        Route(f"{one}/export.json", web.guarded(web.export)),
        Route(f"{one}/votes.csv", web.guarded(web.export)),
        Route(f"{one}/drawings.npz", web.guarded(web.export)),
    ]


class ClassRoutes:
    """Answers all of them."""

    def __init__(self, service: ClassService, allows: OriginRule) -> None:
        self._service = service
        self._origins = OriginPolicy(allows, "take part in a class")
        limits = service.limits.connections
        self.admission = Admission(self._origins, limits, "members of classes", service.refused)
        self._waiting: Counter[str] = Counter()  # events and polls of an address

    # ---- around all --------------------------------------------------------------------------------------------------

    def guarded(self, answer: Answer) -> Answer:
        """The answer to pages that may ask, and what went wrong as a sentence."""

        async def guarded(request: Request) -> Response:
            if (refusal := self._origins.refusal(request)) is not None:
                return refusal
            try:
                response = await answer(request)
            except ClientDisconnect:
                return Response(status_code=400)  # nobody reads it
            except ClassError as error:
                response = self._origins.problem(request, str(error), error.status)
                if isinstance(error, AwayError):
                    response.headers["Retry-After"] = RETRY_SECONDS
                return response
            except MessageError as error:
                return self._origins.problem(request, str(error), 400)
            except EndedError as error:
                return self._origins.problem(request, str(error), 403 if error.final else 503)
            response.headers.setdefault("Cache-Control", "no-store")
            for name, value in self._origins.headers(request).items():
                response.headers.setdefault(name, value)
            return response

        return guarded

    def page(self, page: Page | None, pages: Pages) -> Answer:
        """The route of a page; a class that does not exist has none."""

        async def show(request: Request) -> Response:
            if page is None:
                raise ClassError("This app has no such page.")
            try:
                code = await self.code(request) if "code" in request.path_params else None
                found = page(request, code)
                return found if isinstance(found, Response) else await found
            except ClassError as error:
                if pages.refused is None:
                    raise
                response = pages.refused(request, str(error), error.status)
                if isinstance(error, AwayError):  # the browser asks again by itself
                    response.headers["Retry-After"] = response.headers["Refresh"] = RETRY_SECONDS
                return response

        return self.guarded(show)

    async def code(self, connection: HTTPConnection) -> str:
        """The code of the class that an address names. Raises UnknownClassError, TooManyError."""
        return await self._service.code(connection.path_params["code"], address_of(connection))

    async def _who(self, request: Request) -> Who:
        """Who asks without a socket."""
        code = await self.code(request)
        role = read_role(request.query_params.get("role"))
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        known = token.strip() if scheme.lower() == "bearer" else None
        return await self._service.who(code, role, known, secret_of(request, code), _origin_of(request))

    # ---- classes -----------------------------------------------------------------------------------------------------

    async def create(self, request: Request) -> Response:
        """Opens a class; who does is its teacher."""
        fields = read_object(await _body(request, MAX_LESSON_BYTES))
        if not self._service.new_classes.allows(network_of(address_of(request))):
            raise TooManyError("Too many classes were opened from your network; wait a minute.")
        wanted = read_wanted(fields.get("lesson"), fields.get("language"))
        made = await self._service.create(fields.get("name"), fields.get("model"), wanted)
        response = JSONResponse({"code": made.code, "secret": made.secret}, 201)
        self._set_cookie(request, response, made.code, made.secret)
        return response

    async def mine(self, request: Request) -> Response:
        """The classes of which this browser is a teacher."""
        cookies = [(name[6:], secret) for name, secret in request.cookies.items() if name.startswith("class-")]
        secrets = {known: unquote(secret) for code, secret in cookies[:MOST_COOKIES] if (known := read_code(code))}
        found, elsewhere = await self._service.taught(secrets)
        return JSONResponse({"classes": found} | ({"elsewhere": elsewhere} if elsewhere else {}))

    async def taught(self, request: Request) -> Response:
        """This class, as the list of a teacher's classes has it."""
        code = await self.code(request)
        secret = secret_of(request, code)
        await self._service.who(code, "teacher", None, secret, _origin_of(request))
        return JSONResponse((await self._service.taught({code: secret}))[0][0])

    async def home(self, request: Request) -> Response:
        """Whether the classes of a home are here; where nobody has them, they are from now on."""
        await self._service.take_home(request.path_params["home"])
        return Response(status_code=204)

    async def teach(self, request: Request) -> Response:
        """Makes this browser a teacher of the class, for the right secret, which is too long to be guessed."""
        fields = read_object(await _body(request, MAX_COMMAND_BYTES))
        secret = text_of(MAX_TEXT)("secret", fields.get("secret"))
        code = await self.code(request)
        await self._service.who(code, "teacher", None, secret, _origin_of(request))
        response = Response(status_code=204)
        self._set_cookie(request, response, code, secret)
        return response

    def _set_cookie(self, request: Request, response: Response, code: str, secret: str) -> None:
        """Has the browser send the secret to all addresses of classes.

        It names no path, as a proxy may have changed it: browsers take that of the request without its last part.
        """
        secure = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"))
        response.set_cookie(
            f"class-{code}", secret, COOKIE_SECONDS, path=None, secure=secure, httponly=True, samesite="strict"
        )

    async def join(self, request: Request) -> Response:
        """A seat in the class: its own again for a known token, otherwise a new one."""
        code = await self.code(request)
        fields = read_object(await _body(request, MAX_COMMAND_BYTES))
        token = or_null(text_of(MAX_TEXT))("seat", fields.get("seat"))
        name = or_null(text_of(MAX_TEXT, 0))("name", fields.get("name"))
        seat = await self._service.seat(code, token, name, address_of(request))
        return JSONResponse({"seat": seat.token, "id": seat.id, "name": seat.name})

    async def ping(self, request: Request) -> Response:
        """Whether the app is there, and the class."""
        await self.code(request)
        return Response(status_code=204)

    async def export(self, request: Request) -> Response:
        """All of a class, its votes or its drawings, as a file."""
        code = await self.code(request)
        await self._service.who(code, "teacher", None, secret_of(request, code), _origin_of(request))
        name = request.url.path.rpartition("/")[2]
        kind, body = await self._service.exported(code, name)
        headers = {"Content-Disposition": f'attachment; filename="class-{code}-{name}"'}
        return Response(body, media_type=kind, headers=headers)

    # ---- taking part -------------------------------------------------------------------------------------------------

    async def permission(self, request: Request) -> Response:
        """Whether this page may open the socket."""
        return self._origins.permission(request)

    async def events(self, request: Request) -> Response:
        """Messages as server-sent events."""
        who = await self._who(request)
        self._check_full(address_of(request))
        return Events(self._service, who, _whole(request, "after"), self._counted(request))

    async def poll(self, request: Request) -> Response:
        """What is new, or comes in the next seconds."""
        who = await self._who(request)
        self._check_full(address_of(request))
        heard(self._service, who)
        async with self._counted(request):
            after, mark, tile = (_whole(request, name) for name in ("after", "mark", "tile"))
            text = await poll(self._service, who, request, after, mark=mark, tile=tile)
        return Response(text, media_type="application/json")

    async def command(self, request: Request) -> Response:
        """Has a command done."""
        who = await self._who(request)
        key = (who.code, who.seat or who.secret or who.origin.address)
        if not self._service.commands[who.role].allows(key):
            raise TooManyError(BUSY)
        body = await _body(request, MOST_BYTES[who.role])
        heard(self._service, who)
        reply = await reply_to(self._service, who, body)
        return Response(status_code=204) if reply is None else Response(reply, media_type="application/json")

    def _check_full(self, address: str) -> None:
        limits = self._service.limits.connections
        if self._waiting.total() >= limits.clients or self._waiting[address] >= limits.clients_per_address:
            raise TooManyError(FULL)

    @asynccontextmanager
    async def _counted(self, request: Request) -> AsyncIterator[None]:
        """Counts a connection without a socket, which ends when the app does."""
        address = address_of(request)
        self._waiting[address] += 1
        try:
            with self._service.held_open(request.receive):
                yield
        finally:
            self._waiting[address] -= 1
            if not self._waiting[address]:
                del self._waiting[address]


class Sockets:
    """The ASGI application of the sockets' route."""

    def __init__(self, service: ClassService, web: ClassRoutes) -> None:
        self._service, self._web = service, web

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a socket until it ends."""
        socket = WebSocket(scope, receive, send)
        if not await self._web.admission.open(socket):
            return
        try:
            server = SocketServer(self._service, receive, send)
            await server.serve(self._web.code(socket), lambda code: secret_of(socket, code), _origin_of(socket))
        finally:
            self._web.admission.close(socket)


def secret_of(connection: HTTPConnection, code: str) -> str:
    """The teacher's secret in this browser's cookies; "" without one."""
    return unquote(connection.cookies.get(f"class-{code}", ""))


def _origin_of(connection: HTTPConnection) -> Origin:
    agent = connection.headers.get("user-agent", "")[:LONGEST_AGENT]
    return Origin(address_of(connection), "".join(sign for sign in agent if sign.isprintable()))


def _whole(request: Request, name: str) -> int | None:
    """A number in the query; None without one, and for what cannot be one."""
    return parse_whole(request.query_params.get(name, ""), 0, LARGEST_ID)


async def _body(request: Request, most: int) -> bytes:
    """A request's body. Raises MessageError, ClientDisconnect."""
    content = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                content += part
                if len(content) > most:
                    raise MessageError(f"A request may have at most {most:,} bytes.")
    except TimeoutError:
        raise MessageError("The request took too long to arrive; try again.") from None
    return bytes(content)

"""The user's own pictures over the network, in pieces that every proxy lets pass.

`routes` returns the route, for the same origins as vae.server.live.decode's. An error is one sentence, as plain text.

POST <base>/live/upload?upload=ID&offset=K&total=T&pictures=N&name=NAME
    The bytes of a zip from byte K on, at most MAX_PIECE_BYTES of its T. The header Upload-Ticket is the secret of the
    page's session. ID: 1 to 40 letters and digits, another for each upload; a new one with K = 0 replaces the earlier
    upload. N: how many pictures the browser packed, or empty for a zip that the user packed. The answer is JSON
    {"version": 1, "bytes": what the server has of this upload}. A piece may be sent again. 404: the ticket is unknown;
    408: the piece came too slowly; 409: a piece before it is missing; 422: something is wrong with it; 429: another
    piece of this ticket is on its way; 503, 507: there is no room.
"""

import asyncio
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from vae.server.wire import OriginPolicy, OriginRule, address_of, live_path, own_origin
from vae.storage.uploads import MAX_PIECE_BYTES, Announced, UploadError, Uploads

VERSION = 1
PIECE_SECONDS = 60.0
MAX_NAME = 255
ID = re.compile(r"[A-Za-z0-9]{1,40}")
NUMBER = re.compile(r"[0-9]{1,12}", re.ASCII)
USAGE = "Ask for upload, offset, total, pictures and name as vae/server/training/uploads.py describes them."


def routes(uploads: Uploads, *, base_path: str = "", allows: OriginRule = own_origin) -> list[BaseRoute]:
    """The route <base_path>/live/upload; the options are as those of vae.server.live.decode.routes."""
    service = UploadService(uploads, allows)
    return [Route(f"{live_path(base_path)}/upload", service.upload, methods=["POST"])]


class UploadService:
    """Takes pieces, one at a time of each ticket; files are written in a thread."""

    def __init__(self, uploads: Uploads, allows: OriginRule) -> None:
        self._uploads = uploads
        self._origins = OriginPolicy(allows, "upload pictures")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="uploads")
        self._busy: set[str] = set()  # tickets of which a piece is on its way

    async def upload(self, request: Request) -> Response:
        """Adds a piece to an upload."""
        if (refusal := self._origins.refusal(request)) is not None:
            return refusal
        ticket = request.headers.get("upload-ticket", "")
        try:
            announced, offset = read_query(request.query_params)
            self._uploads.check(ticket, announced)
            size = await self._take(request, ticket, announced, offset)
        except UploadError as error:
            return self._origins.problem(request, str(error), error.status)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        return JSONResponse({"version": VERSION, "bytes": size}, headers=self._origins.headers(request))

    async def _take(self, request: Request, ticket: str, announced: Announced, offset: int) -> int:
        if ticket in self._busy:
            raise UploadError("Another piece of this upload is on its way; send one after the other.", 429)
        self._busy.add(ticket)
        try:
            content = await _body(request)
            write, address = self._uploads.write, address_of(request)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, write, ticket, address, announced, offset, content)
        finally:
            self._busy.discard(ticket)


def read_query(query: Mapping[str, str]) -> tuple[Announced, int]:
    """What the browser announces, and where the piece begins. Raises UploadError."""
    upload, name, pictures = query.get("upload", ""), query.get("name", ""), query.get("pictures", "")
    numbers = [query.get("offset", ""), query.get("total", ""), pictures or "0"]
    if not ID.fullmatch(upload) or not all(map(NUMBER.fullmatch, numbers)) or len(name) > MAX_NAME:
        raise UploadError(USAGE, 422)
    offset, total, count = map(int, numbers)
    if not total:
        raise UploadError("The upload is empty; choose the pictures again.", 422)
    return Announced(upload, total, count if pictures else None, name), offset


async def _body(request: Request) -> bytes:
    """The piece. Raises UploadError, ClientDisconnect."""
    content = bytearray()
    try:
        async with asyncio.timeout(PIECE_SECONDS):
            async for part in request.stream():
                content += part
                if len(content) > MAX_PIECE_BYTES:
                    raise UploadError(f"A piece has at most {MAX_PIECE_BYTES:,} bytes.", 422)
    except TimeoutError as error:
        raise UploadError(
            f"A piece took more than {PIECE_SECONDS:.0f} s; try again on a faster network.", 408
        ) from error
    return bytes(content)

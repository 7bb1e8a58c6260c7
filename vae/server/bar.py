"""Pictures of models for the bar at the top of every page and for the home page, and QR codes.

`routes` returns the routes, for the same origins as vae.server.live.decode's. An error is one sentence, as plain text.

GET <base>/live/strip?model=NAME
    A PNG: seven pictures side by side, decoded while the latent dimension that the model uses most goes from -3 to 3.
    It has an ETag.
GET <base>/live/traversal?model=NAME
    The same in vae.views.shared.models.FRAMES pictures of their own size: a film, forwards and backwards.
GET <base>/live/qr?text=TEXT
    An SVG: the QR code of a text of at most MAX_QR_BYTES bytes in UTF-8.
"""

import asyncio
import hashlib
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from vae.server.live.inference import UnknownModelError
from vae.server.wire import OriginPolicy, OriginRule, live_path, own_origin

MAX_QR_BYTES = 2000  # a QR code holds 2,331 with correction level M

# The PNG of the model of this name. Called in a thread; raises UnknownModelError.
Pictures = Callable[[str], bytes]


def routes(
    strips: Pictures, traversals: Pictures, *, base_path: str = "", allows: OriginRule = own_origin
) -> list[BaseRoute]:
    """The routes <base_path>/live/strip, …/traversal, …/qr; the options are those of vae.server.live.decode.routes."""
    service = BarService(strips, traversals, allows)
    base = live_path(base_path)
    named = (("strip", service.strip), ("traversal", service.traversal), ("qr", service.qr))
    return [Route(f"{base}/{name}", answer) for name, answer in named]


class BarService:
    """Answers all; pictures are made in one thread, so that a class that opens the list does not delay live frames."""

    def __init__(self, strips: Pictures, traversals: Pictures, allows: OriginRule) -> None:
        self._strips, self._traversals = strips, traversals
        self._origins = OriginPolicy(allows, "use the list of models")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="bar")

    async def strip(self, request: Request) -> Response:
        """The strip of the requested model."""
        return await self._answer(request, self._strips, "model", "image/png")

    async def traversal(self, request: Request) -> Response:
        """The traversal of the requested model."""
        return await self._answer(request, self._traversals, "model", "image/png")

    async def qr(self, request: Request) -> Response:
        """The QR code of the requested text."""
        return await self._answer(request, qr_code, "text", "image/svg+xml")

    async def _answer(self, request: Request, make: Callable[[str], bytes], key: str, kind: str) -> Response:
        if (refusal := self._origins.refusal(request)) is not None:
            return refusal
        asked = request.query_params.get(key, "")
        try:
            body = await asyncio.get_running_loop().run_in_executor(self._thread, make, asked)
        except UnknownModelError as error:
            return self._origins.problem(request, str(error), 404)
        except ValueError as error:
            return self._origins.problem(request, str(error), 400)
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", **self._origins.headers(request)}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type=kind)


def qr_code(text: str) -> bytes:
    """The QR code of a text as SVG, dark on white with the white border that readers need.

    Raises ValueError for an empty text and for one of more than MAX_QR_BYTES bytes.
    """
    import segno  # where it is used: pages start without it

    size = len(text.encode("utf-8", "replace"))
    if not 0 < size <= MAX_QR_BYTES:
        raise ValueError(f"A QR code holds 1 to {MAX_QR_BYTES:,} bytes, not {size:,}: shorten the link.")
    svg = io.BytesIO()
    segno.make(text, error="m", micro=False).save(svg, kind="svg", scale=1, border=4, light="#fff", omitsize=True)
    return svg.getvalue()

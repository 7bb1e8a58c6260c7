"""The picture on the teacher's own page, dragged by a process of its own, as a browser is one.

In the process of all the students it would wait for them, not for the server.
"""

import asyncio
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Literal

from vae.bench.live import Server, connect_drag

RATE = 30.0  # updates per second

Order = Literal["drag", "rest", "report", "end"]


class OwnPicture:
    """The teacher's picture of a model. greeting: of the live service."""

    def __init__(self, server: Server, model: str) -> None:
        """Raises ValueError for an unknown model, ConnectionError."""
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(server, model, theirs), daemon=True)
        self._process.start()
        theirs.close()
        found = self._pipe.recv()
        if isinstance(found, Exception):
            self._process.join()
            raise found
        self.greeting: dict[str, Any] = found

    def drag(self) -> None:
        """Moves a slider from now on."""
        self._send("drag")

    def rest(self) -> None:
        """Moves it no longer."""
        self._send("rest")

    def report(self) -> list[float]:
        """Latencies of the pictures since the last report. Unit: seconds."""
        self._send("report")
        found: list[float] = self._pipe.recv()
        return found

    def close(self) -> None:
        """Ends the process."""
        self._send("end")
        self._process.join()

    def _send(self, order: Order) -> None:
        self._pipe.send(order)


def _work(server: Server, model: str, pipe: "Connection[Any, Any]") -> None:
    """The process."""
    asyncio.run(_obey(server, model, pipe))


async def _obey(server: Server, model: str, pipe: "Connection[Any, Any]") -> None:
    try:
        own = await connect_drag(server, model)
    except (ConnectionError, ValueError) as error:
        pipe.send(error)
        return
    pipe.send(own.greeted.result())
    while (order := await asyncio.to_thread(pipe.recv)) != "end":
        own.recording = order == "drag"
        if order == "drag":
            own.drag(1 / RATE, 0.0)
        elif order == "rest":
            own.rest()
        else:
            pipe.send(own.latencies)
            own.latencies = []
    own.close()

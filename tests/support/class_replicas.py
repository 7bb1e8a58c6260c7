"""Replicas of a class's server in processes of their own, and what a proxy before them does."""

import asyncio
import re
import subprocess
import sys
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.browsing import ROOT
from tests.support.patience import PATIENCE
from tests.support.proxies import copy
from vae.classroom.serving.homes import Replica

CODE = re.compile(r"/c/([2-9A-HJ-NP-Z])[2-9A-HJ-NP-Z]{5}(?:[/?]|$)")
NOBODY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
APP = """
import sys
from pathlib import Path
from tests.support.classes import serve
from vae.classroom.serving.homes import read_replica
with serve(Path(sys.argv[1]), replica=read_replica(sys.argv[2])) as running:
    print(running.port, flush=True)
    sys.stdin.read()
"""


class Replicas:
    """Replicas of the classes at this path, and the port at which a proxy asks the one that has a class."""

    def __init__(self, path: Path, count: int) -> None:
        self.path, self.count, self.port = path, count, 0
        self._running: dict[int, tuple[subprocess.Popen[bytes], int]] = {}
        self._ready, self._ended = threading.Event(), asyncio.Event()
        self._loop: asyncio.AbstractEventLoop

    def start(self, *numbers: int) -> list[int]:
        """Starts these at once, or starts them again. Gives their ports."""
        command = [sys.executable, "-c", APP, str(self.path)]
        started = [
            subprocess.Popen(
                [*command, f"{number}/{self.count}"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            for number in numbers
        ]
        for number, process in zip(numbers, started, strict=True):
            assert process.stdout is not None
            self._running[number] = process, int(process.stdout.readline())
        return [self._running[number][1] for number in numbers]

    def kill(self, number: int) -> None:
        """As kill -9."""
        process, _ = self._running.pop(number)
        process.kill()
        self._close(process)

    def stop(self) -> None:
        """Ends all that run, each in its own time."""
        for process, _ in self._running.values():
            self._close(process)
        self._running.clear()

    def _close(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.stdout.close()
        process.wait(PATIENCE)

    # ---- the proxy ---------------------------------------------------------------------------------------------------

    @contextmanager
    def proxied(self) -> Iterator[int]:
        """The port of the proxy."""
        thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        thread.start()
        self._ready.wait(PATIENCE)
        try:
            yield self.port
        finally:
            self._loop.call_soon_threadsafe(self._ended.set)
            thread.join(PATIENCE)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._ended.wait()
        server.close()

    async def _pass_on(self, reader: StreamReader, writer: StreamWriter) -> None:
        streams = [writer]
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            port = await self._holder(head.split(" ", 2)[1])
            if port is None:
                writer.write(NOBODY)
                await writer.drain()
            else:
                answers, requests = await asyncio.open_connection("127.0.0.1", port)
                streams.append(requests)
                requests.write(_alone(head).encode("latin-1"))
                both = [asyncio.create_task(copy(reader, requests)), asyncio.create_task(copy(answers, writer))]
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                for task in both:
                    task.cancel()
        for stream in streams:
            stream.close()

    async def _holder(self, path: str) -> int | None:
        """The port of the replica that has the class; of any, where the path names none."""
        ports = [port for _, port in list(self._running.values())]
        found = CODE.search(path)
        if found is None:
            return ports[0] if ports else None
        home = Replica(1, self.count).home(found[1])
        for port in ports:
            with suppress(OSError):
                if await _status(port, f"/c/homes/{home}") == 204:
                    return port
        return None


def _alone(head: str) -> str:
    """The head of a request that is the only one of its connection, as the next may be for another replica."""
    if re.search(r"\r\nupgrade:", head, re.IGNORECASE):
        return head
    return re.sub(r"\r\nconnection:[^\r]*", "", head, flags=re.IGNORECASE)[:-2] + "Connection: close\r\n\r\n"


async def _status(port: int, path: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
    try:
        line = await reader.readline()
        return int(line.split()[1]) if line else 0
    finally:
        writer.close()

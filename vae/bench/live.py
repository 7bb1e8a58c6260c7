"""Measures the live decode service of the real app: latency and frames per second per client, processor time, memory.

The app runs in a process of its own; the clients, in this one, share the machine with it. A client behaves like the
page: each tick makes a new z, which is sent if no request is in flight, and otherwise replaces the one that waits.
Latency runs from the tick that made z to the last byte of its picture.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import struct
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from time import perf_counter, sleep
from typing import Any

import numpy as np

from vae.bench.machine import proc_fields
from vae.bench.sessions import Clicks, click_through
from vae.jobs.runs import Runs
from vae.server.live.decode_frames import HEADER, OK, VERSION
from vae.training.config import TrainingConfig
from vae.training.request import DatasetRequest, ModelRequest, TrainingRequest
from vae.validation import require

DECODE = 1
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
ZS_PER_CLIENT = 32
START_SECONDS = 120.0
WARM_UP_SECONDS = 1.0
SETTLE_SECONDS = 1.0  # before memory is read
CLICK_SECONDS = 2.0
IDLE_CLIENTS = 200
AT_ONCE = 50
WARM_UP_CLIENTS = 10
SETTLING_CONNECTS = 2000


def run(args: argparse.Namespace) -> dict[str, object]:
    """Starts the app unless --url names a running one, measures, and returns the numbers by name."""
    with training() if args.training else nullcontext():
        if args.url:
            return asyncio.run(_measure(args, Server(args.url, args.pid)))
        with started(args.app) as server:
            return asyncio.run(_measure(args, server))


@dataclass(frozen=True)
class Server:
    """A running app. pid: 0 if its processor time and memory cannot be read."""

    url: str
    pid: int

    @property
    def address(self) -> tuple[str, int, str]:
        """Host, port and base path."""
        rest = self.url.split("://")[-1]
        host, _, path = rest.partition("/")
        name, _, port = host.partition(":")
        return name, int(port or 80), f"/{path.strip('/')}" if path.strip("/") else ""

    def cpu_seconds(self) -> float:
        """Processor time used so far, all threads."""
        if not self.pid:
            return float("nan")
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_kib(self) -> float:
        """Resident memory in KiB."""
        if not self.pid:
            return float("nan")
        return next(float(v.split()[0]) for k, v in proc_fields(f"/proc/{self.pid}/status") if k == "VmRSS")


@contextmanager
def started(app: Path, port: int = 0) -> Iterator[Server]:
    """The app in a process of its own, on a free port by default, ready to serve; it ends with the block.

    Raises ValueError if there is no such app, ConnectionError if it does not start to serve.
    """
    require(app.is_file(), "--app", str(app), "the file of the app")
    port = port or free_port()
    options = ["--server.headless=true", f"--server.port={port}", "--server.address=127.0.0.1"]
    options += ["--server.baseUrlPath=", "--server.fileWatcherType=none"]
    command = [sys.executable, "-m", "streamlit", "run", app.name, *options]
    with subprocess.Popen(command, cwd=app.resolve().parent, stdout=subprocess.DEVNULL) as process:
        try:
            server = Server(f"http://127.0.0.1:{port}", process.pid)
            _wait_until_ready(server, process)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def training() -> Iterator[None]:
    """A run, as the Training page starts it, during the block, on all cores; it is discarded at the end."""
    with tempfile.TemporaryDirectory() as folder:
        runs = Runs(Path(folder))
        request = TrainingRequest(DatasetRequest("sprites"), ModelRequest(6, "conv"), TrainingConfig(epochs=1000))
        run = runs.start("beside", request.to_json())
        try:
            while run.status().state != "running":
                sleep(0.1)
            yield
        finally:
            runs.send_command(run, "discard")
            while run.path.is_dir():
                sleep(0.1)


def free_port() -> int:
    """A free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(server: Server, process: "subprocess.Popen[bytes]") -> None:
    deadline = perf_counter() + START_SECONDS
    while perf_counter() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{server.url}/live/metrics", timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            sleep(0.05)
    if process.returncode is not None:
        raise ConnectionError(f"The app ended at once, with status {process.returncode}; its messages are above.")
    raise ConnectionError(f"The app did not serve {server.url}/live/metrics within {START_SECONDS:.0f} s.")


class Socket(asyncio.Protocol):
    """A raw WebSocket: it does its own framing, because the load shares the processor with the server.

    headers: more lines of the request. close_reason: code and reason with which the server closed the socket; empty if
    it did not, or gave none. A subclass says what follows from opened, received and lost.
    """

    def __init__(self, host: str, path: str, headers: Sequence[str] = ()) -> None:
        self.close_reason = ""
        self._host, self._path, self._headers = host, path, headers
        self._inbox = bytearray()
        self._upgraded = False

    def opened(self) -> None:
        """The server has accepted the socket."""

    def received(self, opcode: int, payload: bytes) -> None:
        """A text or binary message has come."""

    def lost(self, error: ConnectionError) -> None:
        """The socket is closed, or was refused; the error says what came instead of a message."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks for the upgrade."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        key = b64encode(os.urandom(16)).decode()
        lines = [f"GET {self._path} HTTP/1.1", f"Host: {self._host}", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", *self._headers, "", ""]
        transport.write("\r\n".join(lines).encode())

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells the subclass."""
        said = self.close_reason or repr(bytes(self._inbox[:200]))
        self.lost(ConnectionError(f"The server closed the socket: {said}"))

    def data_received(self, data: bytes) -> None:
        """Handles the complete frames among the bytes received so far."""
        self._inbox += data
        if not self._upgraded:
            head, end, rest = bytes(self._inbox).partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.transport.close()
                return
            self._upgraded = True
            self._inbox = bytearray(rest)
            self.opened()
        while (whole := take_frame(self._inbox)) is not None:
            self._frame(*whole)

    def send(self, opcode: int, payload: bytes) -> None:
        """Sends a message in one frame."""
        self.transport.write(frame(opcode, payload))

    def close(self) -> None:
        """Closes the socket at once."""
        self.transport.abort()

    def _frame(self, opcode: int, payload: bytes) -> None:
        if opcode in (TEXT, BINARY):
            self.received(opcode, payload)
        elif opcode == PING:
            self.send(PONG, payload)
        elif opcode == CLOSE:
            self.close_reason = f"{int.from_bytes(payload[:2], 'big')} {payload[2:].decode()}".strip()
            self.transport.close()


class Drag(Socket):
    """One client of the live service.

    greeted resolves once the model is chosen. latencies: seconds, of every picture received while recording.
    """

    def __init__(self, host: str, path: str, model: str) -> None:
        super().__init__(host, path)
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._period = 0.0
        self.greeted: asyncio.Future[dict[str, Any]] = self._loop.create_future()
        self.latencies: list[float] = []
        self.recording = False
        self._model = model
        self._frames: list[bytes] = []
        self._next = 0
        self._made_at = 0.0  # when the z that waits was made; 0 while none waits
        self._sent_made_at = 0.0  # the same of the one in flight

    def opened(self) -> None:
        """Chooses the model."""
        self.send(TEXT, json.dumps({"version": VERSION, "model": self._model}).encode())

    def lost(self, error: ConnectionError) -> None:
        """Fails the greeting if it has not come."""
        if not self.greeted.done():
            self.greeted.set_exception(error)

    def received(self, opcode: int, payload: bytes) -> None:
        """The greeting, or a picture."""
        if opcode == BINARY:
            self._picture(payload)
        elif not self.greeted.done():
            self._greeting(json.loads(payload))

    def drag(self, period: float, phase: float) -> None:
        """From now on makes a new z every period, until close. Unit: seconds."""
        self._period = period
        self._timer = self._loop.call_later(phase, self._tick)

    def rest(self) -> None:
        """Stops dragging; the picture in flight still arrives."""
        if self._timer:
            self._timer.cancel()
        self._made_at = 0.0

    def close(self) -> None:
        """Closes the socket at once."""
        self.rest()
        super().close()

    def _tick(self) -> None:
        """A new z: sent now, or after the answer to the one in flight, unless a newer one replaces it."""
        assert self._timer
        self._timer = self._loop.call_at(max(self._timer.when() + self._period, self._loop.time()), self._tick)
        waits = self._made_at or self._sent_made_at
        self._made_at = perf_counter()
        if not waits:
            self._send_newest()

    def _greeting(self, greeting: dict[str, Any]) -> None:
        if "error" in greeting:
            self.greeted.set_exception(ValueError(greeting["error"]))
            self.close()
            return
        rng = np.random.default_rng(self._next)
        zs = rng.standard_normal((ZS_PER_CLIENT, greeting["latent_dim"] + greeting["classes"])).astype("<f4")
        self._frames = [frame(BINARY, HEADER.pack(VERSION, DECODE, 1, i) + z.tobytes()) for i, z in enumerate(zs)]
        self.greeted.set_result(greeting)

    def _picture(self, payload: bytes) -> None:
        if payload[0] != OK:
            raise ConnectionError(payload[HEADER.size :].decode())
        if self.recording:
            self.latencies.append(perf_counter() - self._sent_made_at)
        self._sent_made_at = 0.0
        if self._made_at:
            self._send_newest()

    def _send_newest(self) -> None:
        self._sent_made_at, self._made_at = self._made_at, 0.0
        self.transport.write(self._frames[self._next % ZS_PER_CLIENT])
        self._next += 1


def frame(opcode: int, payload: bytes) -> bytes:
    """A client's frame; its mask is zeros, which is allowed and needs no work."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, 0x80 | size)) + bytes(4) + payload
    if size < 65536:
        return bytes((0x80 | opcode, 0x80 | 126)) + struct.pack(">H", size) + bytes(4) + payload
    return bytes((0x80 | opcode, 0x80 | 127)) + struct.pack(">Q", size) + bytes(4) + payload


def take_frame(inbox: bytearray) -> tuple[int, bytes] | None:
    """Opcode and payload of the first whole frame, removed from the inbox; None if it is not complete yet."""
    if len(inbox) < 2:
        return None
    size, start = inbox[1] & 127, 2
    if size >= 126:
        start = 4 if size == 126 else 10
        if len(inbox) < start:
            return None
        size = int.from_bytes(inbox[2:start], "big")
    if len(inbox) < start + size:
        return None
    opcode, payload = inbox[0] & 15, bytes(inbox[start : start + size])
    del inbox[: start + size]
    return opcode, payload


async def connect_drag(server: Server, model: str) -> Drag:
    """A client that has been greeted. Raises ConnectionError, ValueError for an unknown model."""
    host, port, path = server.address
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(lambda: Drag(f"{host}:{port}", f"{path}/live", model), host, port)
    try:
        await client.greeted
    except BaseException:
        client.close()
        raise
    return client


async def _connect_many(server: Server, model: str, n: int) -> list[Drag]:
    clients: list[Drag] = []
    while len(clients) < n:
        batch = min(AT_ONCE, n - len(clients))
        clients += await asyncio.gather(*(connect_drag(server, model) for _ in range(batch)))
    return clients


async def _measure(args: argparse.Namespace, server: Server) -> dict[str, object]:
    if args.idle:
        return await _idle(server, args.model, args.clients if args.clients > 1 else IDLE_CLIENTS)
    if args.churn:
        return await _churn(server, args.model, args.churn)
    return await _drag(server, args)


async def _drag(server: Server, args: argparse.Namespace) -> dict[str, object]:
    rate, seconds, sessions = args.rate, args.seconds, args.sessions
    clients = await _connect_many(server, args.model, args.clients)
    phase = random.Random(0).random  # users do not move in step
    for client in clients:
        client.drag(1 / rate, phase() / rate)
    clicks = Clicks()
    people = [asyncio.create_task(click_through(server.url, CLICK_SECONDS, clicks, i)) for i in range(sessions)]
    await asyncio.sleep(WARM_UP_SECONDS + (3 * CLICK_SECONDS if people else 0))
    begin, cpu = perf_counter(), server.cpu_seconds()
    for client in clients:
        client.recording = True
    await asyncio.sleep(seconds)
    for client in clients:
        client.recording = False
    took, cpu = perf_counter() - begin, server.cpu_seconds() - cpu
    rss = server.rss_kib()
    for person in people:
        person.cancel()
    await asyncio.gather(*people, return_exceptions=True)
    for client in clients:
        client.close()
    costs = {"server_cpu_percent": round(100 * cpu / took, 1), "server_rss_mb": round(rss / 1024, 1)}
    return _summary(clients, rate, took) | costs | (clicks.summary() if people else {})


def _summary(clients: list[Drag], rate: float, seconds: float) -> dict[str, object]:
    latencies = np.concatenate([np.asarray(client.latencies) for client in clients]) * 1e3
    frames = [len(client.latencies) / seconds for client in clients]
    p50, p95, p99 = np.percentile(latencies, (50, 95, 99)).round(2).tolist() if len(latencies) else [None] * 3
    return {
        "clients": len(clients),
        "rate": rate,
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "frames_per_second_mean": round(fmean(frames), 2),
        "frames_per_second_min": round(min(frames), 2),
    }


async def _idle(server: Server, model: str, n: int) -> dict[str, object]:
    """Memory per idle client with a model; a few clients before it cause what is allocated only once."""
    await _crowd(server, model, WARM_UP_CLIENTS)
    before = server.rss_kib()
    clients = await _connect_many(server, model, n)
    await asyncio.sleep(SETTLE_SECONDS)
    after = server.rss_kib()
    for client in clients:
        client.close()
    return {
        "clients": n,
        "kib_per_idle_client": round((after - before) / n, 1),
        "server_rss_mb": round(after / 1024, 1),
    }


async def _churn(server: Server, model: str, n: int) -> dict[str, object]:
    """Memory before and after n connects and disconnects, after enough of them for the allocator to settle."""
    await _crowd(server, model, SETTLING_CONNECTS)
    before = server.rss_kib()
    await _crowd(server, model, n)
    after = server.rss_kib()
    return {"connects": n, "rss_before_mb": round(before / 1024, 1), "rss_after_mb": round(after / 1024, 1)}


async def _crowd(server: Server, model: str, n: int) -> None:
    for done in range(0, n, AT_ONCE):
        for client in await _connect_many(server, model, min(AT_ONCE, n - done)):
            client.close()
    await asyncio.sleep(SETTLE_SECONDS)

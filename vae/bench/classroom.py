"""A full classroom: students who open pages, change the checkpoint, wait and drag, while a run and a projection go on.

Each student is a Streamlit session over the real protocol and a live socket. The app is a process of its own with a
copy of the shipped checkpoints; the students, in this one, share the machine with it.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import tempfile
from collections.abc import Coroutine
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from unittest.mock import patch
from urllib.parse import urlencode

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.asyncio.client import ClientConnection, connect

from vae.bench.live import Drag, Server, connect_drag, started
from vae.bench.sessions import MAX_MESSAGE_BYTES, PAGES, Clicks, finished
from vae.jobs.runs import Runs
from vae.training.config import TrainingConfig
from vae.training.request import DatasetRequest, ModelRequest, TrainingRequest

THINK_SECONDS = 5.0, 20.0  # between two pages
DRAGGING = 0.3  # of the time
DRAG_SECONDS = 3.0  # at a stretch
CHANGE_CHECKPOINT = 0.3  # of the pages opened
ARRIVE_SECONDS = 20.0
RUN_AT, PROJECTION_AT = 0.4, 0.5  # of the lesson
SETTLED_AT = 0.3  # when the memory is first measured
RUN_SECONDS = 60


@dataclass
class Lesson:
    """Measured by all students. latencies: seconds from a new z to its picture. lost: sockets closed by the server."""

    clicks: Clicks = field(default_factory=Clicks)
    latencies: list[float] = field(default_factory=list)
    lost: int = 0
    problems: list[str] = field(default_factory=list)


def run(args: argparse.Namespace) -> dict[str, object]:
    """The numbers by name."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        checkpoints = Path(folder) / "checkpoints"
        shutil.copytree(args.app.resolve().parent / "checkpoints", checkpoints)
        given = {"VAE_CHECKPOINTS": str(checkpoints), "VAE_CACHE": str(Path(folder) / "cache")}
        stack.enter_context(patch.dict(os.environ, given))
        server = stack.enter_context(started(args.app))
        return asyncio.run(_lesson(server, checkpoints, args.students, args.seconds))


async def _lesson(server: Server, checkpoints: Path, students: int, seconds: float) -> dict[str, object]:
    lesson, names = Lesson(), sorted(path.name for path in checkpoints.iterdir() if path.is_dir())
    people = [asyncio.create_task(_student(server, lesson, names, i)) for i in range(students)]
    extras = [
        asyncio.create_task(_after(RUN_AT * seconds, _train(checkpoints))),
        asyncio.create_task(_after(PROJECTION_AT * seconds, _project(server))),
    ]
    await asyncio.sleep(SETTLED_AT * seconds)
    settled = server.rss_kib() / 1024
    await asyncio.sleep((1 - SETTLED_AT) * seconds)
    at_end = server.rss_kib() / 1024
    for person in people:
        person.cancel()
    lesson.problems += [f"{type(e).__name__}: {e}" for e in await asyncio.gather(*people, return_exceptions=True) if e
                        and not isinstance(e, asyncio.CancelledError)]  # fmt: skip
    trained, projected = await asyncio.gather(*extras)
    seen = np.asarray(lesson.latencies) * 1e3
    p50, p95, p99 = np.percentile(seen, (50, 95, 99)).round(2).tolist() if len(seen) else [None] * 3
    return {
        "students": students,
        "seconds": seconds,
        **lesson.clicks.summary(),
        "pictures": len(lesson.latencies),
        "drag_p50_ms": p50,
        "drag_p95_ms": p95,
        "drag_p99_ms": p99,
        "sockets_lost": lesson.lost,
        "students_lost": len(lesson.problems),
        "first_problem": lesson.problems[0] if lesson.problems else None,
        "rss_settled_mb": round(settled, 1),
        "rss_end_mb": round(at_end, 1),
        "growth_percent": round(100 * (at_end / settled - 1), 1),
        "run": trained,
        "projection": projected,
    }


async def _after(seconds: float, work: Coroutine[None, None, str]) -> str:
    await asyncio.sleep(seconds)
    return await work


async def _train(checkpoints: Path) -> str:
    """A run as the Training page starts it; returns how it ended."""
    runs = Runs(checkpoints)
    request = TrainingRequest(DatasetRequest("sprites"), ModelRequest(6, "conv"), TrainingConfig(), RUN_SECONDS)
    run = await asyncio.to_thread(runs.start, "in-class", request.to_json())
    while run.path.is_dir():
        if not (status := run.status()).alive:
            return f"{status.state}: {status.sentence}"
        await asyncio.sleep(0.5)
    return "trained" if (run.checkpoint_path / "config.json").is_file() else "gone"


async def _project(server: Server) -> str:
    """A t-SNE that is not in the cache; returns how long it took."""
    begin = perf_counter()
    async with connect(server.url.replace("http", "ws", 1) + "/live/projections", max_size=MAX_MESSAGE_BYTES) as socket:
        await socket.send(json.dumps({"version": 1, "model": "mnist-z10", "method": "tsne", "perplexity": 25}))
        async for message in socket:
            state = json.loads(message) if isinstance(message, str) else {}
            if "error" in state:
                return f"failed: {state['error']}"
            if state.get("state") == "done":
                return f"done in {perf_counter() - begin:.1f} s"
    return "the socket was closed"


async def _student(server: Server, lesson: Lesson, names: list[str], seed: int) -> None:
    """One student, who opens one page after the other until the lesson is over."""
    rng = random.Random(seed)
    await asyncio.sleep(rng.random() * ARRIVE_SECONDS)
    name = rng.choice(names)
    address = server.url.replace("http", "ws", 1) + "/_stcore/stream"
    client = await connect_drag(server, name)
    try:
        async with connect(address, subprotocols=["streamlit"], max_size=MAX_MESSAGE_BYTES, compression=None) as socket:  # type: ignore[list-item]
            while True:
                if rng.random() < CHANGE_CHECKPOINT:
                    name = rng.choice(names)
                    left, client = client, await connect_drag(server, name)
                    _leave(left, lesson)
                begin, message = perf_counter(), BackMsg()
                message.rerun_script.page_name = rng.choice(PAGES)
                message.rerun_script.query_string = urlencode({"checkpoint": name})
                await socket.send(message.SerializeToString())
                while not finished(await socket.recv(decode=False), lesson.clicks):
                    pass
                lesson.clicks.reruns.append(perf_counter() - begin)
                reading = asyncio.create_task(_read_on(socket, lesson.clicks))
                try:
                    await _think(client, rng)
                finally:
                    reading.cancel()
                    await asyncio.gather(reading, return_exceptions=True)
    finally:
        _leave(client, lesson)


async def _read_on(socket: ClientConnection, clicks: Clicks) -> None:
    """Reads what the page still sends, as a browser does: an unread socket answers no ping."""
    while True:
        finished(await socket.recv(decode=False), clicks)


async def _think(client: Drag, rng: random.Random) -> None:
    """Stays on the page for a while, and drags now and then."""
    end = perf_counter() + rng.uniform(*THINK_SECONDS)
    while perf_counter() < end:
        if rng.random() < DRAGGING:
            client.recording = True
            client.drag(1 / 30, rng.random() / 30)
            await asyncio.sleep(DRAG_SECONDS)
            client.rest()
        else:
            await asyncio.sleep(DRAG_SECONDS)


def _leave(client: Drag, lesson: Lesson) -> None:
    lesson.lost += client.transport.is_closing()
    lesson.latencies += client.latencies
    client.close()

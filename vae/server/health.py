"""What proxies and operators ask of this process, a replica among others perhaps.

GET <base>/healthz   200: it answers
GET <base>/readyz    200: it can serve pages; 503 and a sentence for each thing that hinders it
GET <base>/metrics   what it has counted since it started, in Prometheus' text format
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from time import monotonic

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route

from vae.server.live.prometheus import PROMETHEUS, family

READY_SECONDS = 1.0  # for which an answer is kept: several proxies may ask
CHECK_SECONDS = 5.0  # that a check may take
LAG_WAITS, LAG_SECONDS = 10, 0.005

# What hinders the process, in a sentence; "" where nothing does.
Check = Callable[[], Awaitable[str]]
# Metrics as text.
Metrics = Callable[[], Awaitable[str]]

_log = logging.getLogger(__name__)


def paths(base_path: str) -> tuple[str, str, str]:
    """The addresses of health, readiness and metrics."""
    path = base_path.strip("/")
    base = f"/{path}" if path else ""
    return f"{base}/healthz", f"{base}/readyz", f"{base}/metrics"


def routes(checks: Sequence[Check], metrics: Metrics, *, base_path: str = "") -> list[BaseRoute]:
    """The three routes. checks: in the order of their sentences."""
    health, readiness, counters = paths(base_path)
    ready = Readiness(checks)

    async def healthz(_: Request) -> PlainTextResponse:
        return PlainTextResponse("ok")

    async def readyz(_: Request) -> PlainTextResponse:
        problem = await ready.problem()
        return PlainTextResponse(problem or "ready", 503 if problem else 200)

    async def exposition(_: Request) -> PlainTextResponse:
        text = await metrics() + process_metrics() + await loop_lag()
        return PlainTextResponse(text, media_type=PROMETHEUS)

    return [Route(health, healthz), Route(readiness, readyz), Route(counters, exposition)]


class Readiness:
    """Runs the checks when it is asked, at most once in READY_SECONDS, and never twice at the same time."""

    def __init__(self, checks: Sequence[Check], seconds: float = CHECK_SECONDS) -> None:
        self._checks, self._seconds = checks, seconds
        self._running: asyncio.Task[None] | None = None
        self._problem, self._at = "", -READY_SECONDS

    async def problem(self) -> str:
        """What hinders the process; "" where nothing does. A check that takes too long hinders it, too."""
        if monotonic() - self._at < READY_SECONDS:
            return self._problem
        if self._running is None:
            self._running = asyncio.create_task(self._look())
        done, _ = await asyncio.wait({self._running}, timeout=self._seconds)
        if not done:
            return f"A check of this app has not ended within {self._seconds:g} s; look at its disks."
        return self._problem

    async def _look(self) -> None:
        found = [await _safely(check) for check in self._checks]
        self._problem, self._at, self._running = " ".join(filter(None, found)), monotonic(), None


async def _safely(check: Check) -> str:
    try:
        return await check()
    except Exception as error:  # whatever it is, this replica is not ready
        _log.exception("A check of readiness failed")
        return f"A check failed ({type(error).__name__}); the log has more."


def process_metrics() -> str:
    """Memory and processor time of this process; memory is known on Linux alone."""
    times = os.times()
    memory = family("process_resident_memory_bytes", "gauge", "Resident memory.", [("", _resident_bytes())])
    used = times.user + times.system
    return memory + family("process_cpu_seconds_total", "counter", "Processor time, all threads.", [("", used)])


def _resident_bytes() -> float:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return float("nan")


async def loop_lag() -> str:
    """By how much the event loop is late at most, in LAG_WAITS waits now."""
    late = 0.0
    for _ in range(LAG_WAITS):
        due = monotonic() + LAG_SECONDS
        await asyncio.sleep(LAG_SECONDS)
        late = max(late, monotonic() - due)
    text = f"By how much the event loop was late at most, in {LAG_WAITS} waits for this answer."
    return family("latentlab_event_loop_lag_seconds", "gauge", text, [("", late)])

"""Every projection computed once for all users, outside the server's process, and kept on disk.

`ProjectionService.subscribe` gives a Subscription: the events of one projection, which others may follow too. Results
are cached under a hash of their inputs (latents, method, parameters, library versions), so that a projection of other
latents is never shown.
"""

import asyncio
import hashlib
import json
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from vae.projection.config import LINEAR, ProjectionConfig
from vae.projection.methods import LIBRARIES, REVISION, FloatArray, Quality, check, project
from vae.projection.worker import COMMAND, GPU, WARM, Projector, ProjectorError
from vae.storage.atomic import remove_stale, staging_folder

SUFFIX = ".safetensors"
MAX_BYTES = 2**28
MAX_METADATA = 2**16
YOUNGER_NS = 10**6  # by which the file used last is younger than any other, even if the clock was set back

Source = Literal["shipped with the checkpoint", "computed here", "from the cache"]
Result = TypeVar("Result")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Queued:
    """Waiting in the queue; position 2 is the next, after the one that is being computed."""

    position: int


@dataclass(frozen=True)
class Progress:
    """The progress, 0 to 1, and the layout so far, if there is a newer one. Shape: (n, dims)."""

    progress: float
    layout: FloatArray | None = None


@dataclass(frozen=True)
class Done:
    """The layout, how far it can be trusted, the seconds it took to compute, and where it comes from."""

    layout: FloatArray
    quality: Quality
    seconds: float
    source: Source


@dataclass(frozen=True)
class Failed:
    """Why there is no projection: one sentence."""

    sentence: str


Event = Queued | Progress | Done | Failed


class BusyError(Exception):
    """Too many projections are waiting already: one sentence for the user who asked for one more."""


@dataclass(frozen=True)
class QueueLimits:
    """waiting: unfinished projections, of all users. waiting_per_owner: those that one owner was first to ask for."""

    waiting: int = 64
    waiting_per_owner: int = 32


class Subscription:
    """The events of one projection, as an asynchronous iterator that ends after Done or Failed.

    Only the newest event is kept for a slow reader; it misses those in between.
    """

    def __init__(self, job: "_Computation", leave: Callable[["Subscription", "_Computation"], None]) -> None:
        self._job, self._leave = job, leave
        self._next: Event | None = None
        self._ready = asyncio.Event()
        self._ended = False

    def offer(self, event: Event) -> None:
        """Makes this the next event."""
        if isinstance(event, Progress) and event.layout is None and isinstance(self._next, Progress):
            event = replace(event, layout=self._next.layout)
        self._next = event
        self._ready.set()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        if self._ended:
            raise StopAsyncIteration
        await self._ready.wait()
        self._ready.clear()
        event, self._next = self._next, None
        assert event
        self._ended = isinstance(event, (Done, Failed))
        return event

    def close(self) -> None:
        """Ends the subscription; the last one to leave an unfinished projection cancels it."""
        self._leave(self, self._job)


@dataclass(eq=False)
class _Computation:
    key: str
    owner: str
    points: FloatArray
    config: ProjectionConfig
    layout: FloatArray | None  # given if it is there already and only its quality is to be measured
    source: Source
    subscriptions: set[Subscription] = field(default_factory=set)
    latest: Event = field(default_factory=lambda: Progress(0.0))
    task: asyncio.Task[None] | None = None

    def publish(self, event: Event) -> None:
        """Offers an event to all subscriptions, and later to those that join."""
        if isinstance(event, Progress) and event.layout is None and isinstance(self.latest, Progress):
            self.latest = replace(event, layout=self.latest.layout)
        else:
            self.latest = event
        for subscription in self.subscriptions:
            subscription.offer(event)


class _ProjectorQueue:
    """A projector and the computations that wait for it, first come, first served."""

    def __init__(self, projector: Projector) -> None:
        self.projector = projector
        self._free = asyncio.Lock()
        self._queue: list[_Computation] = []

    async def compute(self, job: _Computation) -> tuple[FloatArray, Quality, float]:
        self._queue.append(job)
        try:
            if self._free.locked() and job.layout is None:
                job.publish(Queued(len(self._queue) + 1))
            await self._free.acquire()
        finally:
            self._queue.remove(job)
            for position, other in enumerate(self._queue, 2):
                if other.layout is None:
                    other.publish(Queued(position))
        try:
            if job.layout is None:
                job.publish(Progress(0.0))
            show = lambda progress, layout: job.publish(Progress(progress, layout))  # noqa: E731
            return await self.projector.compute(job.points, job.config, job.layout, show)
        finally:
            self._free.release()


class ProjectionService:
    """All projections of one server. Its methods run on the event loop; everything slow runs elsewhere.

    gpu: whether there is a CUDA GPU to compute with.
    """

    def __init__(
        self,
        cache_dir: Path,
        max_bytes: int = MAX_BYTES,
        *,
        limits: QueueLimits | None = None,
        command: Sequence[str] = COMMAND,
        gpu: bool = False,
    ) -> None:
        self._cache = Cache(cache_dir, max_bytes)
        self._limits = limits or QueueLimits()
        # A projection takes seconds; measuring the quality of an existing layout must not wait for one.
        projecting = [*command, WARM, GPU] if gpu else [*command, WARM]
        self._projecting, self._measuring = _ProjectorQueue(Projector(projecting)), _ProjectorQueue(Projector(command))
        self._jobs: dict[str, _Computation] = {}
        self._tasks: set[asyncio.Task[None]] = set()  # of the jobs, including those that are being cancelled
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="projections")

    async def prepare(self) -> None:
        """Starts the process that projects, so that its slow libraries are ready at the first request."""
        await self._projecting.projector.prepare()

    async def subscribe(
        self, points: FloatArray, config: ProjectionConfig, saved: FloatArray | None = None, owner: str = ""
    ) -> Subscription:
        """Follows the projection of these points; it is computed unless it is cached, saved, or being computed already.

        saved: the layout that was shipped with the checkpoint. Raises ValueError if the points cannot be projected with
        this config, and BusyError.
        """
        key = await self._in_thread(_checked_key, points, config, saved)
        job = self._jobs.get(key)
        if job is None:
            self._refuse_if_busy(owner)
            source: Source = "computed here" if saved is None else "shipped with the checkpoint"
            job = self._jobs[key] = _Computation(key, owner, points, config.lowered(len(points)).used, saved, source)
            job.task = asyncio.create_task(self._run(job))
            self._tasks.add(job.task)
            job.task.add_done_callback(self._tasks.discard)
        subscription = Subscription(job, self._leave)
        job.subscriptions.add(subscription)
        subscription.offer(job.latest)
        return subscription

    async def close(self) -> None:
        """Cancels all computations, and ends the processes."""
        for job in list(self._jobs.values()):
            if job.task:
                job.task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._projecting.projector.close()
        await self._measuring.projector.close()

    def _refuse_if_busy(self, owner: str) -> None:
        if len(self._jobs) >= self._limits.waiting:
            raise BusyError("The server has as many projections waiting as it accepts; try again in a minute.")
        if sum(job.owner == owner for job in self._jobs.values()) >= self._limits.waiting_per_owner:
            raise BusyError("Your network has as many projections waiting as it may have; try again in a minute.")

    def _leave(self, subscription: Subscription, job: _Computation) -> None:
        job.subscriptions.discard(subscription)
        if not job.subscriptions and self._jobs.get(job.key) is job:
            del self._jobs[job.key]  # a new subscription must not join a cancelled computation
            if job.task:
                job.task.cancel()

    async def _run(self, job: _Computation) -> None:
        try:
            job.publish(await self._result(job))
        except asyncio.CancelledError:
            # It still has subscriptions only if the server is stopping.
            job.publish(Failed("The projection was cancelled, as the server is stopping."))
            raise
        except (ProjectorError, ValueError) as error:
            job.publish(Failed(str(error)))
        except Exception as error:
            _log.exception("A projection failed")
            job.publish(Failed(f"The projection failed ({type(error).__name__})."))
        finally:
            if self._jobs.get(job.key) is job:
                del self._jobs[job.key]

    async def _result(self, job: _Computation) -> Done:
        shape = (len(job.points), job.config.dims)
        cached = await self._in_thread(self._cache.read, job.key, shape)
        if cached:
            return cached if job.layout is None else replace(cached, layout=job.layout, seconds=0.0, source=job.source)
        seconds = 0.0
        if job.layout is None and job.config.method in LINEAR:
            started = time.perf_counter()
            job.layout = await self._in_thread(project, job.points, job.config)
            seconds = time.perf_counter() - started
        if job.layout is not None:
            job.publish(Progress(1.0, job.layout))
            _, quality, _ = await self._measuring.compute(job)
            done = Done(job.layout, quality, seconds, job.source)
        else:
            done = Done(*await self._projecting.compute(job), job.source)
        await self._in_thread(self._cache.write, job.key, done)
        return done

    async def _in_thread(self, call: Callable[..., Result], *args: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *args)


class Cache:
    """Finished projections as files in a folder, the least recently used ones removed beyond max_bytes.

    If the folder cannot be written to, projections still work and are not cached.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder, self._max_bytes = folder, max_bytes
        remove_stale(folder)

    def read(self, key: str, shape: tuple[int, int]) -> Done | None:
        """The result cached under this key; None if there is none, or the file is broken."""
        path = self._folder / (key + SUFFIX)
        try:
            if path.stat().st_size > 4 * shape[0] * shape[1] + MAX_METADATA:
                raise ValueError("too large")
            with safe_open(path, framework="numpy") as file:
                layout, about = file.get_tensor("layout"), json.loads(file.metadata()["about"])
            if layout.shape != shape or layout.dtype != np.float32 or not np.isfinite(layout).all():
                raise ValueError("not the layout that belongs here")
            done = Done(layout, Quality(**about["quality"]), float(about["seconds"]), "from the cache")
        except FileNotFoundError:
            return None
        except Exception as error:  # parsers raise many kinds for a broken file; the result is computed again
            _log.warning("%s cannot be used (%s); computing it again", path, error)
            return None
        self._make_youngest(path)
        return done

    def write(self, key: str, done: Done) -> None:
        """Writes a result, whole or not at all, and removes the oldest ones if there are too many."""
        about = json.dumps({"quality": asdict(done.quality), "seconds": done.seconds})
        try:
            with staging_folder(self._folder) as folder:
                file = folder / "layout"
                save_file({"layout": np.ascontiguousarray(done.layout, np.float32)}, file, {"about": about})
                self._make_youngest(file)
                file.replace(self._folder / (key + SUFFIX))
            self._trim()
        except (OSError, SafetensorError) as error:
            _log.warning("A projection could not be cached: %s", error)

    def _files(self) -> dict[Path, os.stat_result]:
        """The cached files; other processes may be removing some of them."""
        files = {}
        for path in self._folder.iterdir():
            if path.suffix == SUFFIX:
                with suppress(FileNotFoundError):
                    files[path] = path.stat()
        return files

    def _make_youngest(self, path: Path) -> None:
        """Dates a file after all others, including those used before the clock was set back.

        A file that belongs to another user keeps its date.
        """
        with suppress(OSError):
            newest = max((stat.st_mtime_ns for stat in self._files().values()), default=0)
            now = max(time.time_ns(), newest + YOUNGER_NS)
            os.utime(path, ns=(now, now))

    def _trim(self) -> None:
        files = self._files()
        total = sum(stat.st_size for stat in files.values())
        for path in sorted(files, key=lambda path: files[path].st_mtime_ns):
            if total > self._max_bytes:
                path.unlink(missing_ok=True)
                total -= files[path].st_size


def _checked_key(points: FloatArray, config: ProjectionConfig, saved: FloatArray | None) -> str:
    """The name under which the result is cached. Raises ValueError if the points cannot be projected."""
    check(points, config)
    about = json.dumps([asdict(config.lowered(len(points)).used), points.shape, REVISION, _versions(config.method)])
    digest = hashlib.sha256(about.encode())
    digest.update(np.ascontiguousarray(points, "<f4").data)
    if saved is not None:
        digest.update(np.ascontiguousarray(saved, "<f4").data)
    return digest.hexdigest()


@cache
def _versions(method: str) -> tuple[str, ...]:
    return tuple(f"{name} {version(name)}" for name in LIBRARIES[method])

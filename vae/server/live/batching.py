"""One thread that runs the live requests of all clients, those of one model and operation together.

A batch takes the jobs that are waiting; it never waits for more. No job starves: models and operations take turns batch
by batch, small and large jobs share each batch or take turns, and a large job goes to the back after SHARD_ROWS rows.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import Literal, NamedTuple

import numpy as np
import torch

from vae.server.live.inference import Array, InferenceEngine
from vae.server.live.prometheus import BatchCounts

Operation = Literal["decode", "encode", "reconstruct", "sample_posterior"]
SHARD_ROWS = 4

_log = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class Job:
    """One request for n rows, and its result.

    rows: (n, ...) z or images. parts: results in order of rows, each with one array per field. error: one sentence, in
    place of parts. abandoned: set by the client that asked, once it no longer waits.
    """

    engine: InferenceEngine
    operation: Operation
    rows: Array
    on_done: Callable[[], None]
    identity: int = 0
    cost: int = 0
    taken: int = 0
    parts: list[tuple[Array, ...]] = field(default_factory=list)
    error: str = ""
    done: bool = False
    abandoned: bool = False


class Slice(NamedTuple):
    """Some rows of a job, for one batch."""

    job: Job
    start: int
    stop: int


class JobQueue:
    """The waiting jobs of one model and operation: small ones, for users who drag a slider, and large ones."""

    def __init__(self) -> None:
        self._small: deque[Job] = deque()  # of at most SHARD_ROWS rows
        self._large: deque[Job] = deque()
        self._large_first = False

    def __bool__(self) -> bool:
        return bool(self._small or self._large)

    def add(self, job: Job) -> None:
        """Puts a job behind the others of its size."""
        (self._small if len(job.rows) <= SHARD_ROWS else self._large).append(job)

    def take(self, room: int) -> list[Slice]:
        """The next batch: small jobs, then SHARD_ROWS rows of each large job in turn as long as there is room.

        In every second batch the first SHARD_ROWS rows are kept for large jobs, so that neither kind starves the other.
        """
        slices: list[Slice] = []
        if self._large_first:
            room -= _take(self._large, min(room, SHARD_ROWS), slices)
        self._large_first = not self._large_first
        room -= _take(self._small, room, slices)
        _take(self._large, room, slices)
        return slices

    def drop(self, failed: set[Job]) -> None:
        """Removes jobs that have already failed."""
        self._small = deque(job for job in self._small if job not in failed)
        self._large = deque(job for job in self._large if job not in failed)


class Batcher:
    """The decode thread. deliver is called in that thread with the jobs that each batch has finished."""

    def __init__(self, deliver: Callable[[list[Job]], None]) -> None:
        self.counts = BatchCounts()
        self._deliver = deliver
        self._inbox: SimpleQueue[Job] = SimpleQueue()
        self._queues: dict[tuple[InferenceEngine, Operation], JobQueue] = {}
        self._thread: threading.Thread | None = None

    def submit(self, job: Job) -> None:
        """Queues a job; call it from one thread only. deliver gets it when it has ended, unless it was abandoned."""
        self._inbox.put(job)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="live-decode", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        use_one_core()
        while True:
            self._receive()
            key = next(iter(self._queues))
            jobs = self._queues.pop(key)
            finished = self._serve(jobs, *key)
            if jobs:
                self._queues[key] = jobs  # behind all other queues
            if finished:
                self._deliver(finished)

    def _receive(self) -> None:
        """Moves all new jobs into the queues; sleeps only while there is nothing at all to do."""
        try:
            while True:
                job = self._inbox.get(block=not self._queues)
                self._queues.setdefault((job.engine, job.operation), JobQueue()).add(job)
        except Empty:
            pass

    def _serve(self, jobs: JobQueue, engine: InferenceEngine, operation: Operation) -> list[Job]:
        """Runs one batch; returns the jobs it finished or failed. An exception in torch ends only the batch."""
        slices = jobs.take(engine.batch)
        if not slices:
            return []
        begin = perf_counter()
        try:
            _run(engine, operation, slices)
        except Exception as error:
            _log.exception("A live batch failed: %s of %d slices", operation, len(slices))
            return self._fail(jobs, slices, error)
        self.counts.add(sum(s.stop - s.start for s in slices), perf_counter() - begin)
        return [s.job for s in slices if s.stop == len(s.job.rows)]

    def _fail(self, jobs: JobQueue, slices: list[Slice], error: Exception) -> list[Job]:
        failed = {s.job for s in slices}
        jobs.drop(failed)
        self.counts.failed += 1
        for job in failed:
            job.error = f"The server failed to {job.operation} ({type(error).__name__}); try again."
        return list(failed)


def _take(jobs: deque[Job], room: int, slices: list[Slice]) -> int:
    """Appends slices of jobs, in turn at most SHARD_ROWS of each, until there is no room; returns the rows taken."""
    left = room
    while jobs and left > 0:
        job = jobs.popleft()
        if job.abandoned:
            continue
        start = job.taken
        job.taken = min(start + min(SHARD_ROWS, left), len(job.rows))
        slices.append(Slice(job, start, job.taken))
        left -= job.taken - start
        if job.taken < len(job.rows):
            jobs.append(job)
    return room - left


def _run(engine: InferenceEngine, operation: Operation, slices: list[Slice]) -> None:
    """Gives each job its part of one batch's results. Rows stay in order, since a job's slices are taken in order.

    A GPU that has failed, vanished or run out of memory raises a RuntimeError; the CPU then takes over.
    """
    rows = np.concatenate([s.job.rows[s.start : s.stop] for s in slices])
    try:
        fields: tuple[Array, ...] = getattr(engine, operation)(rows)
    except RuntimeError:
        if not engine.leave_device():
            raise
        _log.exception("The live decoder's device has failed; the CPU takes over")
        parts = [getattr(engine, operation)(rows[i : i + engine.batch]) for i in range(0, len(rows), engine.batch)]
        fields = tuple(np.concatenate(values) for values in zip(*parts, strict=True))
    begin = 0
    for s in slices:
        end = begin + s.stop - s.start
        s.job.parts.append(tuple(values[begin:end] for values in fields))
        begin = end


def use_one_core() -> None:
    """Keeps torch in this thread to one core, and leaves all other threads as they are.

    Small batches gain nothing from a second core, and two busy OpenMP pools on few cores were measured to slow a
    decode from 1 ms to 100 ms. torch's setting is this thread's own and the default of threads that come later.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    restore = threading.Thread(target=torch.set_num_threads, args=(before,))
    restore.start()
    restore.join()

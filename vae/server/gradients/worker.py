"""One thread that takes gradient steps for all pages: a step of each in turn, on one core, behind live decoding.

A page whose connection is slow gets no further step until it has read; the work of one that has gone ends before its
next step.
"""

import asyncio
import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress

from vae.jobs.nice import niceness
from vae.server.live.batching import use_one_core

MOST_UNREAD = 4  # pieces that may wait for one page

_log = logging.getLogger(__name__)

# What a request asks for, a piece at each step. A step lasts some milliseconds, so that others get their turn; b"" is a
# step without a piece. Closed before its end where the page has gone.
Steps = Iterator[bytes]


class Work:
    """The steps of one request, and the pieces that its page has not read. Made on the event loop that reads them.

    failure: makes the last piece for an exception.
    """

    def __init__(self, steps: Steps, failure: Callable[[Exception], bytes]) -> None:
        self.steps = steps
        self.failure = failure
        self.stopped = False
        self._unread: deque[bytes] = deque()
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._ended = False

    @property
    def crowded(self) -> bool:
        """Whether the page has enough to read. Any thread."""
        return len(self._unread) >= MOST_UNREAD

    async def read(self) -> bytes | None:
        """The next piece; None after the last. On the event loop."""
        while not self._unread:
            if self._ended:
                return None
            self._changed.clear()
            await self._changed.wait()
        return self._unread.popleft()

    def put(self, piece: bytes, *, last: bool) -> None:
        """Passes a piece to the event loop; from the worker's thread."""
        if piece:
            self._unread.append(piece)
        try:
            self._loop.call_soon_threadsafe(self._notify, last)
        except RuntimeError:  # the server has stopped
            self.stopped = True

    def _notify(self, last: bool) -> None:
        self._ended = self._ended or last
        self._changed.set()


class Worker:
    """The thread; it starts with the first work. Raises ValueError if VAE_NICENESS is invalid."""

    def __init__(self) -> None:
        self._niceness = niceness()
        self._works: deque[Work] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, work: Work) -> None:
        """Takes this work's steps, in turn with those of others, until it has ended or is stopped."""
        with self._changed:
            self._works.append(work)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="gradients", daemon=True)
                self._thread.start()
            self._changed.notify()

    def wake(self) -> None:
        """To be called after a work was stopped or read."""
        with self._changed:
            self._changed.notify()

    def _run(self) -> None:
        use_one_core()
        _lower_priority(self._niceness)
        while True:
            with self._changed:
                while (work := self._next()) is None:
                    self._changed.wait()
            if _step(work):
                with self._changed:
                    self._works.append(work)  # behind all others

    def _next(self) -> Work | None:
        """Takes out the first work that can go on or has to be ended."""
        for work in self._works:
            if work.stopped or not work.crowded:
                self._works.remove(work)
                return work
        return None


def _step(work: Work) -> bool:
    """Takes one step; whether there are more. An exception ends only this work."""
    if work.stopped:
        _close(work)
        return False
    try:
        piece = next(work.steps, None)
    except Exception as error:
        _log.exception("A gradient step failed")
        work.put(work.failure(error), last=True)
        return False
    work.put(piece or b"", last=piece is None)
    return piece is not None


def _close(work: Work) -> None:
    close = getattr(work.steps, "close", None)
    if close is not None:
        with suppress(Exception):
            close()


def _lower_priority(value: int) -> None:
    """Gives this thread alone this niceness, where the system counts priorities by thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), value)

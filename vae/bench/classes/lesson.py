"""Measures a class: its students join, follow, vote, draw and reload, while the teacher drags 30 % of the time.

The app is a process of its own, and so is what the teacher's own page shows; teacher and students, in this one, share
the machine with them. A lesson is cycles of a
minute: a question with two rounds of votes while all follow, then the students explore and draw. In the middle of the
lesson all students reload within five seconds.
"""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Coroutine, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any
from unittest.mock import patch

import numpy as np

from vae.bench.classes.own import OwnPicture
from vae.bench.classes.people import Measured, Model, Student, Teacher
from vae.bench.live import SETTLE_SECONDS, Server, started

CYCLE_SECONDS = 60.0
# Shares of a cycle.
FOLLOW, VOTE, RELOAD, ARRIVE = 2 / 3, 0.2, 1 / 12, 1 / 3
BURSTS, BURST = 6, 0.05  # of dragging, 0.3 in all
QUIET_SECONDS = 5.0
MOST_DRAWINGS = 3  # of a student
APPROVED = 10  # drawings in a cycle
WARM_UP_STUDENTS = 10


def run(args: argparse.Namespace) -> dict[str, object]:
    """Starts the app unless --url names a running one, holds the lesson, and returns the numbers by name."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        if args.url:
            return _measure(Server(args.url, args.pid), args)
        stack.enter_context(patch.dict(os.environ, {"VAE_CLASSES": str(Path(folder) / "classes.sqlite")}))
        return _measure(stack.enter_context(started(args.app)), args)


def _measure(server: Server, args: argparse.Namespace) -> dict[str, object]:
    own = OwnPicture(server, args.model)
    try:
        return asyncio.run(_hold(server, own, args))
    finally:
        own.close()


async def _hold(server: Server, own: OwnPicture, args: argparse.Namespace) -> dict[str, object]:
    model = Model(args.model, own.greeting["latent_dim"], tuple(own.greeting["image_shape"]))
    seconds = 60 * args.minutes
    cycle = min(CYCLE_SECONDS, seconds)
    await _rehearse(server, model, own, cycle)
    quiet = await _dragged(own, QUIET_SECONDS * cycle / CYCLE_SECONDS)
    before = server.rss_kib()
    lesson = await Lesson.begins(server, model, own, args.students, cycle)
    joined = await _settled(server)
    begun, cpu = perf_counter(), server.cpu_seconds()
    cycles = max(1, round(seconds / cycle))
    for number in range(cycles):
        await lesson.cycle(number, reload=number == cycles // 2)
    cpu, took = server.cpu_seconds() - cpu, perf_counter() - begun
    at_end = await _settled(server)
    await lesson.end()
    memory = {
        "kib_per_student": round((joined - before) / args.students, 1),
        "kib_per_student_at_end": round((at_end - before) / args.students, 1),
    }
    costs = {"server_cpu_percent": round(100 * cpu / took, 1), "server_rss_mb": round(at_end / 1024, 1)}
    dragged = {"drag_quiet_p95_ms": milliseconds(quiet)[1], "drag_in_class_p95_ms": milliseconds(own.report())[1]}
    return {"students": args.students, "seconds": round(took, 1)} | summary(lesson.measured) | memory | dragged | costs


class Lesson:
    """A class that is taught, cycle by cycle."""

    def __init__(
        self, teacher: Teacher, students: list[Student], own: OwnPicture, measured: Measured, cycle: float
    ) -> None:
        self.measured = measured
        self._teacher, self._students, self._own, self._cycle = teacher, students, own, cycle

    @classmethod
    async def begins(cls, server: Server, model: Model, own: OwnPicture, students: int, cycle: float) -> "Lesson":
        """A class that everybody has joined. Raises ClassError, ConnectionError where it cannot be opened."""
        measured = Measured()
        teacher = await Teacher.opens(server, model, measured)
        people = [Student(server, model, teacher, measured, number) for number in range(students)]
        lesson = cls(teacher, people, own, measured, cycle)
        await lesson._all("join", [student.join(ARRIVE * cycle) for student in people])
        return lesson

    async def cycle(self, number: int, *, reload: bool) -> None:
        """A question while all follow, a reload where asked for, then the students explore."""
        attempt = self.measured.attempt
        await attempt("mode", self._teacher.member.command("mode", mode="follow"))
        await asyncio.gather(attempt("drag", self._drag()), attempt("question", self._vote(number)))
        if reload:
            await self._all("reload", [student.reload(RELOAD * self._cycle) for student in self._students])
        await attempt("mode", self._teacher.member.command("mode", mode="explore"))
        span = (1 - FOLLOW) * self._cycle
        work = [student.explore(0.75 * span) for student in self._students]
        work += [student.draw(0.5 * span) for student in self._students if student.drawings < MOST_DRAWINGS]
        await self._all("explore", work)
        await attempt("approve", self._teacher.approve(APPROVED))

    async def end(self) -> None:
        """Compares what the server counts with what it has confirmed, and deletes the class."""
        found, sent = self._teacher.drawings(), sum(student.drawings for student in self._students)
        if found != sent:
            self.measured.problems.append(f"{found} drawings of {sent} are there")
        self.measured.problems += [f"a student's socket: {lost}" for each in self._students if (lost := each.lost())]
        for student in self._students:
            student.leave()
        await self.measured.attempt("delete", self._teacher.delete())

    async def _drag(self) -> None:
        """The teacher's bursts, in which the own picture moves, too."""
        for _ in range(BURSTS):
            self._own.drag()
            await self._teacher.drag(BURST * self._cycle, len(self._students))
            self._own.rest()
            await asyncio.sleep((FOLLOW / BURSTS - BURST) * self._cycle)

    async def _vote(self, number: int) -> None:
        """A question and its two rounds."""
        await self._teacher.ask(f"Question {number + 1}")
        for round_number in (1, 2):
            if round_number == 2:
                await self._teacher.member.command("round")
            votes = [student.vote(round_number, VOTE * self._cycle) for student in self._students]
            before = len(self.measured.answered)
            await self._all("vote", votes)
            await self._teacher.counts(round_number, len(self.measured.answered) - before)
            await self._teacher.member.command("voting", open=False)
        await self._teacher.member.command("results", shown=True)
        await self._teacher.member.command("reveal")

    async def _all(self, what: str, work: Sequence[Coroutine[Any, Any, Any]]) -> None:
        await asyncio.gather(*(self.measured.attempt(what, each) for each in work))


async def _rehearse(server: Server, model: Model, own: OwnPicture, cycle: float) -> None:
    """A short lesson, after which all is allocated that is so only once."""
    lesson = await Lesson.begins(server, model, own, WARM_UP_STUDENTS, cycle / 12)
    await lesson.cycle(0, reload=True)
    await lesson.end()
    own.report()


async def _dragged(own: OwnPicture, seconds: float) -> list[float]:
    """Latencies of a drag of the teacher's own picture, where nothing else happens."""
    own.drag()
    await asyncio.sleep(seconds)
    own.rest()
    return own.report()


async def _settled(server: Server) -> float:
    """Resident memory in KiB once nothing happens."""
    await asyncio.sleep(SETTLE_SECONDS)
    return server.rss_kib()


def summary(measured: Measured) -> dict[str, object]:
    """The numbers by name; times are None where nothing was measured."""
    numbers: dict[str, object] = {"errors": len(measured.problems)}
    numbers["first_problem"] = measured.problems[0] if measured.problems else None
    for name in ("joined", "followed", "answered", "counted", "drawn", "back"):
        numbers |= zip(
            (f"{name}_p50_ms", f"{name}_p95_ms", f"{name}_p99_ms"), milliseconds(getattr(measured, name)), strict=True
        )
    numbers["frames_percent"] = (
        round(100 * len(measured.followed) / measured.expected, 1) if measured.expected else None
    )
    return numbers


def milliseconds(seconds: list[float]) -> list[float | None]:
    """Median, 95th and 99th percentile; None where there are no values."""
    if not seconds:
        return [None] * 3
    numbers: list[float | None] = (np.percentile(seconds, (50, 95, 99)) * 1e3).round(2).tolist()
    return numbers

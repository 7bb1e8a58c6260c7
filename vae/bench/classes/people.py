"""A class's teacher and students without browsers, and what is measured of them."""

import asyncio
import random
from base64 import b64encode
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from time import perf_counter
from typing import Any
from uuid import uuid4

import numpy as np

from vae.bench.classes.client import ClassError, Json, Member, connect, request
from vae.bench.live import Server

LIVE_RATE = 10.0  # updates per second while a slider moves
STAMPS = 1024  # live frames that one unit of z[0] numbers, exactly
TILE_SECONDS = 3.0  # between two pictures of what a student sees
RIGHT = 0.45, 0.75  # how many choose the right option, by round
FAILURES = (ClassError, ConnectionError, TimeoutError, OSError)


@dataclass
class Measured:
    """Measured by all. Unit of the lists: seconds.

    joined: until the state is there. followed: from the teacher's update to each student. answered: a vote's reply.
    counted: until the teacher has seen that vote. drawn: a drawing's reply. back: from a reload to the state.
    """

    joined: list[float] = field(default_factory=list)
    followed: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    counted: list[float] = field(default_factory=list)
    drawn: list[float] = field(default_factory=list)
    back: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    expected: int = 0  # live frames, of all students together

    async def attempt(self, what: str, work: Coroutine[Any, Any, Any]) -> None:
        """Awaits it; a failure becomes a problem."""
        try:
            await work
        except FAILURES as error:
            self.problems.append(f"{what}: {str(error) or type(error).__name__}")


@dataclass(frozen=True)
class Model:
    """What the class looks at. shape: of its pictures."""

    name: str
    latent_dim: int
    shape: tuple[int, int, int]


class Teacher:
    """Opens a class and teaches it.

    sent: when each live frame was sent, by its number. pending: when each vote was sent that has not come to the
    teacher's state yet, by seat and round.
    """

    def __init__(self, server: Server, model: Model, code: str, secret: str, measured: Measured) -> None:
        self.code, self.sent, self.pending = code, dict[float, float](), dict[tuple[str, int], float]()
        self._server, self._model, self._measured = server, model, measured
        self._cookie = f"class-{code}={secret}"
        self.member: Member

    @classmethod
    async def opens(cls, server: Server, model: Model, measured: Measured) -> "Teacher":
        """A class that has just been opened. Raises ClassError, ConnectionError, TimeoutError."""
        opened = await request(server, "POST", "/c/classes", {"name": "Benchmark", "model": model.name})
        content = opened.content()
        teacher = cls(server, model, content["code"], content["secret"], measured)
        teacher.member = await connect(server, teacher.code, {"role": "teacher"}, teacher._cookie)
        teacher.member.heard = teacher._heard
        return teacher

    async def drag(self, seconds: float, students: int) -> None:
        """Moves a slider for so long, then shows where it rests."""
        loop, z = asyncio.get_running_loop(), [0.0] * self._model.latent_dim
        for due in np.arange(loop.time(), loop.time() + seconds, 1 / LIVE_RATE).tolist():
            await asyncio.sleep(max(0.0, due - loop.time()))
            z[0] = len(self.sent) / STAMPS
            self.sent[z[0]] = perf_counter()
            self._measured.expected += students
            self.member.tell("live", view="explore", model=self._model.name, z=z)
        params = {"checkpoint": self._model.name, "z": ",".join(map(str, z))}
        await self.member.command("show", page="Explore", params=params)

    async def ask(self, text: str) -> None:
        """Starts a vote among three; the first is right."""
        await self.member.command("ask", text=text, options=["this", "that", "neither"], correct=0)

    async def approve(self, drawings: int) -> None:
        """Approves so many of the drawings that wait, and presents the first."""
        waiting = [int(key) for key, value in self._items("drawings").items() if value["state"] == "waiting"][:drawings]
        for drawing in waiting:
            await self.member.command("drawing", drawing=drawing, state="approved")
        await self.member.command("present", pieces=[{"drawing": drawing} for drawing in waiting[:1]])

    async def counts(self, round_number: int, votes: int) -> None:
        """Waits until all votes of a round have come and the tally counts so many. Raises TimeoutError."""
        await self.member.until(
            lambda state: not self.pending and _total(state["tally"], round_number) == votes,
            f"{votes} votes of round {round_number} are counted",
        )

    def drawings(self) -> int:
        """How many drawings have been handed in."""
        return len(self._items("drawings"))

    async def delete(self) -> None:
        """Ends the class and leaves nothing of it."""
        with suppress(ConnectionError):  # the server may close the socket before it answers
            await self.member.command("delete")
        self.member.close()

    def _items(self, section: str) -> Json:
        items: Json = self.member.state.get(section, {})
        return items

    def _heard(self, message: Json) -> None:
        """Notes which votes have become visible."""
        for seat, value in message.get("items", {}).get("seats", {}).items():
            for number, choice in enumerate(value["votes"] if value else ()):
                if choice is not None and (sent := self.pending.pop((seat, number + 1), 0.0)):
                    self._measured.counted.append(perf_counter() - sent)


class Student:
    """One phone. drawings: how many it has handed in."""

    def __init__(self, server: Server, model: Model, teacher: Teacher, measured: Measured, number: int) -> None:
        self._server, self._model, self._teacher, self._measured = server, model, teacher, measured
        self._random, self._token, self._seat = random.Random(number), "", ""
        self.member: Member | None = None
        self.drawings = 0

    async def join(self, within: float) -> None:
        """Comes in some time within so many seconds."""
        await asyncio.sleep(self._random.random() * within)
        begun = perf_counter()
        await self._enter(begun, self._measured.joined)

    async def reload(self, within: float) -> None:
        """Loads the page anew some time within so many seconds; the seat and its votes are as before."""
        await asyncio.sleep(self._random.random() * within)
        before = await self._present()
        seat, votes = self._seat, before.state["me"]["votes"]
        before.close()
        await self._enter(perf_counter(), self._measured.back)
        assert self.member
        if (now := (self._seat, self.member.state["me"]["votes"])) != (seat, votes):
            raise ClassError(f"seat and votes were {seat}, {votes} and are {now[0]}, {now[1]}")

    async def vote(self, number: int, within: float) -> None:
        """Votes in this round some time within so many seconds after its beginning."""
        member = await self._present()
        await member.until(lambda state: _is_open(state.get("question"), number), f"round {number} is open")
        await asyncio.sleep(self._random.random() * within)
        member = await self._present()
        question = member.state["question"]["id"]
        choice = 0 if self._random.random() < RIGHT[number - 1] else self._random.choice((1, 2))
        begun = self._teacher.pending[self._seat, number] = perf_counter()
        try:
            await member.command("vote", question=question, round=number, choice=choice)
        except FAILURES:
            self._teacher.pending.pop((self._seat, number), None)
            raise
        self._measured.answered.append(perf_counter() - begun)

    async def draw(self, within: float) -> None:
        """Hands in a drawing some time within so many seconds."""
        await asyncio.sleep(self._random.random() * within)
        member, begun = await self._present(), perf_counter()
        picture, label = self._picture(self._model.shape), str(self._random.randrange(10))
        await member.command("hand_in", key=str(uuid4()), picture=picture, shape=self._model.shape, label=label)
        self.drawings += 1
        self._measured.drawn.append(perf_counter() - begun)

    async def explore(self, seconds: float) -> None:
        """Shows the teacher for so long what is on this screen."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        shape = self._model.shape[0], *(min(side, 64) for side in self._model.shape[1:])
        await asyncio.sleep(self._random.random() * TILE_SECONDS)
        while loop.time() < end:
            tile = {"page": "Explore", "model": self._model.name, "shape": shape, "pixels": self._picture(shape)}
            (await self._present()).tell("tile", **tile)
            await asyncio.sleep(TILE_SECONDS)

    def leave(self) -> None:
        """Closes the page."""
        if self.member:
            self.member.close()

    def lost(self) -> str:
        """Why the socket is closed; empty while it is open."""
        return str(self.member.ended or "") if self.member else "never joined"

    async def _present(self) -> Member:
        """The open socket; where it was lost, which is a problem, a new one."""
        if not self.member or self.member.ended:
            self._measured.problems.append(f"a student's socket: {self.lost()}")
            await self._enter(perf_counter(), [])
        assert self.member
        return self.member

    async def _enter(self, begun: float, seconds: list[float]) -> None:
        """Loads the page, takes the seat, connects."""
        path = f"/c/{self._teacher.code}"
        page = await request(self._server, "GET", path)
        if page.status != HTTPStatus.OK:
            page.content()
        given = await request(self._server, "POST", f"{path}/join", {"seat": self._token or None, "name": None})
        seat = given.content()
        self._token, self._seat = seat["seat"], str(seat["id"])
        self.member = await connect(self._server, self._teacher.code, {"role": "student", "seat": self._token})
        self.member.heard = self._heard
        seconds.append(perf_counter() - begun)

    def _heard(self, message: Json) -> None:
        if (live := message.get("live")) is not None:
            self._measured.followed.append(perf_counter() - self._teacher.sent[live["z"][0]])

    def _picture(self, shape: tuple[int, ...]) -> str:
        """A random picture, base64."""
        return b64encode(self._random.randbytes(int(np.prod(shape)))).decode()


def _total(tally: Json | None, round_number: int) -> int:
    """Votes of a round that a tally counts."""
    counts = tally["counts"] if tally else []
    return sum(counts[round_number - 1]) if len(counts) >= round_number else 0


def _is_open(question: Json | None, number: int) -> bool:
    return question is not None and question["open"] and question["round"] == number

"""The classes of an app: their tables, their rooms, and who may do what."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar, cast

from starlette.types import Receive

from vae.classroom.codes import ClassError, UnknownClassError, read_code
from vae.classroom.messages.commands import SetLesson
from vae.classroom.messages.protocol import Json, Role, State, Transport
from vae.classroom.rooms.clients import Client
from vae.classroom.rooms.reading import News
from vae.classroom.rooms.room import Room
from vae.classroom.serving.homes import AWAY, Homes, Replica
from vae.classroom.serving.limits import ClassLimits, Rates, network_of
from vae.classroom.state import classes, exports, lessons, seats, sections
from vae.classroom.state.classes import Created
from vae.classroom.state.schema import Change
from vae.classroom.state.seats import Seat
from vae.classroom.state.store import CLOSED, Store, StoreError
from vae.server.live.inference import LiveModel, Loader, UnknownModelError
from vae.server.wire import refused_sockets

CHORES_SECONDS = 1.0
MOST_KNOWN = 10_000  # addresses
HOUR = 3600.0
UNKNOWN = "There is no class with this code; check it, or ask your teacher."
DELETED = "This class has been deleted; ask your teacher for a new code."
NOT_TEACHER = "Only the class's teacher may do this; open the class by the teacher's link."
NO_SEAT = "This seat is not in the class; join it again."
TOO_MANY_CODES = "Too many codes from your network do not exist; wait a minute, then check the code."
NOT_HERE = "This app cannot do that; start the whole app."
NOTHING = SetLesson()
NO_HOME = "There are {} replicas, numbered from 1; ask for one of them."
ALONE = Replica()

P = ParamSpec("P")
T = TypeVar("T")


class Origin(NamedTuple):
    """Where a connection comes from: its network address, and its browser's own words."""

    address: str
    agent: str


@dataclass(frozen=True)
class Who:
    """Whose command it is. seat: a student's. owner: the teacher who opened the class, not a co-teacher."""

    code: str
    role: Role
    origin: Origin
    seat: int | None = None
    owner: bool = False
    secret: str = ""
    transport: Transport | None = None
    client: Client | None = None


class NotAllowedError(ClassError):
    """Someone is not who they would have to be."""

    status = 403


class TooManyError(ClassError):
    """Someone asks too often, or for too much."""

    status = 429


# Has so many simulated students take part in a class; 0 ends the rehearsal. Raises ClassError.
Rehearse = Callable[["ClassService", str, int], Awaitable[None]]
# A lesson's JSON: of the app's one of this name, or of a file's text, in this language. Raises ValueError.
ReadLesson = Callable[[str | None, str | None, str], Json]
# Starts a training run on a class's approved drawings, of this name and for so many minutes; gives its name.
Train = Callable[["ClassService", str, str, float], Awaitable[str]]


class ClassService:
    """All classes, on the event loop of the server. load: the model of a name, as for vae.server.live.decode.

    path, replica: of the files, as for Homes. A file is opened when the first of its classes is asked for. While
    another app holds it, everything about them raises StoreError.
    """

    def __init__(
        self,
        path: Path,
        load: Loader,
        *,
        limits: ClassLimits | None = None,
        rehearse: Rehearse | None = None,
        train: Train | None = None,
        read_lesson: ReadLesson | None = None,
        replica: Replica = ALONE,
    ) -> None:
        self._load, self.limits = load, limits or ClassLimits()
        self.rehearse, self.train, self._read_lesson = rehearse, train, read_lesson
        self.encoding = ThreadPoolExecutor(1, thread_name_prefix="classroom")  # live pictures keep the other cores
        self.rooms: dict[str, Room] = {}
        self.requests: set[Receive] = set()  # that are open for long
        self.commands = {role: Rates(rate) for role, rate in self.limits.commands.items()}
        self.new_seats, self.new_classes = Rates(self.limits.seats), Rates(self.limits.classes)
        self._homes = Homes(path, replica, self._on_change, self._leave)
        self._failures = Rates(self.limits.failures)
        self.refused = refused_sockets()
        self._known: set[tuple[str, str]] = set()  # addresses that have found a class, and its code
        self._looks: dict[tuple[str, str | None], asyncio.Task[None]] = {}  # for classes, that have not ended
        self._tasks: set[asyncio.Task[None]] = set()
        self._has_chores = False

    # ---- tables ------------------------------------------------------------------------------------------------------

    async def run(
        self, operation: Callable[Concatenate[sqlite3.Connection, str, P], T], code: str, *args: P.args, **kw: P.kwargs
    ) -> T:
        """operation(db, code, …) in a transaction of a class's tables. Raises what it raises, and StoreError."""
        store = await self._store(self._homes.replica.home(code))
        return await store.run(lambda db: operation(db, code, *args, **kw))

    async def run_own(
        self, operation: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kw: P.kwargs
    ) -> T:
        """operation(db, …) in a transaction of this app's own classes. Raises what it raises, and StoreError."""
        store = await self._store(self._homes.replica.number)
        return await store.run(operation, *args, **kw)

    async def _store(self, home: int) -> Store:
        store = await self._homes.store(home)
        self._begin_chores()
        return store

    async def start(self) -> None:
        """Begins to delete what is too old, where there are classes from before. Called when the app starts.

        One of several replicas takes the file of its own classes as soon as it can have it.
        """
        if self._homes.replica.count > 1:
            self._begin_chores()
        elif self._homes.path.exists():
            with suppress(ClassError):
                await self._store(self._homes.replica.number)

    async def problem(self) -> str:
        """Why no class can be opened here, as one sentence; "" where one can, as far as this can be known."""
        if self._homes.replica.count > 1 or self._homes.path.exists():
            try:
                await self._store(self._homes.replica.number)
            except ClassError as error:
                return str(error)
        return ""

    async def take_home(self, home: int) -> None:
        """Has the classes of a home here. Raises AwayError while another replica has them, StoreError."""
        if not 1 <= home <= self._homes.replica.count:
            raise UnknownClassError(NO_HOME.format(self._homes.replica.count))
        await self._store(home)

    async def close(self) -> None:
        """Ends all connections, and lets other apps have the files. Called when the app ends."""
        self._end()
        for task in self._tasks:
            task.cancel()
        self.encoding.shutdown(wait=False, cancel_futures=True)
        await self._homes.close()

    def _end(self) -> None:
        for room in self.rooms.values():
            room.end(CLOSED, final=False)

    def _leave(self, home: int) -> None:
        """The classes of a home go on at another replica: those in a class connect to it."""
        for code in [code for code in self.rooms if self._homes.replica.home(code) == home]:
            self.rooms.pop(code).end(AWAY, final=False)

    @contextmanager
    def held_open(self, receive: Receive) -> Iterator[None]:
        """A request is open for long: it is ended when the web server shuts down, which would wait for it for ever."""
        watched = set() if is_ending(receive) else {receive}
        self.requests |= watched
        try:
            yield
        finally:
            self.requests -= watched

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Does it in the background, until the app ends."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _begin_chores(self) -> None:
        if not self._has_chores:
            self._has_chores = True
            self.do(self._do_chores())

    async def _do_chores(self) -> None:
        """Every second looks who has become silent, and every hour deletes what is a day old."""
        expired_at = time.monotonic()
        while True:
            with suppress(ClassError):
                await self._homes.tend()
            await asyncio.sleep(CHORES_SECONDS)
            if any(map(is_ending, self.requests)):
                self._end()
            for code, room in list(self.rooms.items()):
                room.attendance.sweep()
                if room.is_unused:
                    del self.rooms[code]
            if time.monotonic() - expired_at > HOUR:
                expired_at = time.monotonic()
                await self._homes.expire(time.time())

    def _on_change(self, changes: list[Change]) -> None:
        for code in dict.fromkeys(change.code for change in changes):
            if (room := self.rooms.get(code)) is not None:
                self._pass_on(room, [change for change in changes if change.code == code])

    def _pass_on(self, room: Room, changes: list[Change]) -> None:
        found = {change.section for change in changes}
        if "deleted" in found:
            room.end(DELETED, final=True)
            del self.rooms[room.code]
            return
        if "co_teachers" in found:
            self.do(self._check_teachers(room))
        own = {change.seat for change in changes if change.section == "me"}
        if None in own:
            room.changed_for_each()
        else:
            room.changed(seat for seat in own if seat is not None)

    async def _check_teachers(self, room: Room) -> None:
        """Ends the connections of those who have lost their rights."""
        with suppress(StoreError):
            for client in [*room.of("teacher"), *room.of("presenter")]:
                if not await self.run(classes.is_teacher, room.code, client.key):
                    client.end(NOT_TEACHER)

    # ---- what rooms read ---------------------------------------------------------------------------------------------

    async def news(self, code: str, since: int | None, teacher_since: int | None, seats: Collection[int]) -> News:
        """See vae.classroom.rooms.reading."""
        return await self.run(_read_news, code, since, teacher_since, seats)

    async def after(self, code: str, role: Role, seat: int | None, number: int | None) -> State:
        """See vae.classroom.rooms.reading."""
        return await self.run(_read_after, code, role, seat, number)

    async def me(self, code: str, seat: int) -> Json | None:
        """See vae.classroom.rooms.reading."""
        return await self.run(sections.me, code, seat)

    # ---- who may do what ---------------------------------------------------------------------------------------------

    async def code(self, text: str, address: str) -> str:
        """The code of a class that exists. Raises UnknownClassError, and TooManyError after too many of these.

        Where an address has found a class before, a neighbour's guesses do not shut it out.
        """
        code = read_code(text)
        if code is None:
            raise UnknownClassError(UNKNOWN)
        known = (address, code) in self._known
        if known and code in self.rooms and self._homes.has(self._homes.replica.home(code)):
            return code
        await self._look_up(code, None if known else network_of(address))
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        self._known.add((address, code))
        return code

    async def _look_up(self, code: str, guesser: str | None) -> None:
        """Finds a class. Those who ask for one code at once share one look and one count, as a class does that returns.

        guesser: the network that may be guessing. It is counted before, so that guesses at once are many, too.
        """
        key = code, guesser
        if key not in self._looks:
            self._looks[key] = look = asyncio.create_task(self._find(code, guesser))
            look.add_done_callback(lambda _: self._looks.pop(key))
        await asyncio.shield(self._looks[key])

    async def _find(self, code: str, guesser: str | None) -> None:
        if guesser is not None and not self._failures.allows(guesser):
            raise TooManyError(TOO_MANY_CODES)
        is_wrong = False
        try:
            await self.run(classes.find, code)
        except UnknownClassError:
            is_wrong = True
            raise
        finally:
            if guesser is not None and not is_wrong:
                self._failures.give_back(guesser)

    async def who(self, code: str, role: Role, token: str | None, secret: str, origin: Origin) -> Who:
        """Who this is: a student by the seat's token, a teacher or presenter by the secret.

        Raises NotAllowedError, RemovedSeatError.
        """
        if role == "student":
            seat = await self.run(seats.by_token, code, token) if token else None
            if seat is None:
                raise NotAllowedError(NO_SEAT)
            return Who(code, role, origin, seat.id)
        if role in ("teacher", "presenter"):
            kind = await self.run(classes.teacher_of, code, secret) if secret else None
            if kind is None:
                raise NotAllowedError(NOT_TEACHER)
            return Who(code, role, origin, owner=kind == "teacher", secret=secret)
        return Who(code, role, origin)

    async def create(self, name: object, model: object, wanted: SetLesson = NOTHING) -> Created:
        """Opens a class, with a lesson where one is wanted. Raises ClassError."""
        await self.model(str(model))
        language = wanted.language or classes.ENGLISH
        lesson = await self.lesson(wanted, language)
        first = self._homes.replica.letters
        return await self.run_own(_open_class, lesson, name, model, time.time(), language, first=first)

    async def lesson(self, wanted: SetLesson, language: str) -> Json | None:
        """The lesson's JSON; None where none is wanted. Raises ClassError with what is wrong with it."""
        name, text = wanted.name, wanted.text
        if name is None and text is None:
            return None
        if name is not None and text is not None:
            raise ClassError("A lesson is named or written, not both; send one of them.")
        if self._read_lesson is None:
            raise ClassError(NOT_HERE)
        try:
            return await asyncio.to_thread(self._read_lesson, name, text, language)
        except ValueError as error:
            raise ClassError(str(error)) from error

    async def taught(self, secrets: Mapping[str, str]) -> tuple[list[Json], list[str]]:
        """What a teacher's page is told of those classes, by code, of which these are secrets; and the codes of which
        another replica knows.

        It takes no file over: the proxy chooses the replica that does, by a class's code.
        """
        replica, found, elsewhere = self._homes.replica, list[Json](), list[str]()
        for home in sorted({replica.home(code) for code in secrets}):
            here = {code: secret for code, secret in secrets.items() if replica.home(code) == home}
            if home == replica.number or self._homes.has(home):
                found += await (await self._store(home)).run(_read_taught, here)
            else:
                elsewhere += here
        return found, elsewhere

    async def seat(self, code: str, token: str | None, name: str | None, address: str) -> Seat:
        """A seat of the class: a known token's own, or a new one. Raises ClassError, RemovedSeatError."""
        if token is not None and (known := await self.run(seats.by_token, code, token)) is not None:
            return known
        if not self.new_seats.allows(network_of(address)):
            raise TooManyError("Too many students join from your network at once; try again in a moment.")
        here = self.rooms[code].attendance.seats() if code in self.rooms else ()
        return await self.run(seats.join, code, None, name, time.time(), here=here)

    async def model(self, name: str) -> LiveModel:
        """The model of this name. Raises ClassError."""
        try:
            return await asyncio.to_thread(self._load, name)
        except UnknownModelError as error:
            raise ClassError(str(error)) from error

    async def exported(self, code: str, name: str) -> tuple[str, bytes]:
        """Kind and content of a class's file of this name."""
        match name:
            case "export.json":
                found = await self.run(exports.as_json, code)
                return "application/json", json.dumps(found, indent=1).encode()
            case "votes.csv":
                return "text/csv; charset=utf-8", (await self.run(exports.votes_csv, code)).encode("utf-8-sig")
            case _:
                return "application/octet-stream", await self.run(exports.drawings_npz, code)

    def refusals(self) -> dict[str, int]:
        """How often a limit has refused something since the app started."""
        commands = sum(rates.refused for rates in self.commands.values())
        rates = {"codes": self._failures, "seats": self.new_seats, "classes": self.new_classes}
        return {**self.refused, **{name: each.refused for name, each in rates.items()}, "commands": commands}

    def room(self, code: str) -> Room:
        """The room of a class that exists."""
        if code not in self.rooms:
            self.rooms[code] = Room(code, self)
        return self.rooms[code]


def _open_class(db: sqlite3.Connection, lesson: Json | None, *about: Any, first: str) -> Created:
    made = classes.create(db, *about, first=first)
    if lesson is not None:
        lessons.set_lesson(db, made.code, lesson)
    return made


def _read_news(
    db: sqlite3.Connection, code: str, since: int | None, teacher_since: int | None, wanted: Collection[int]
) -> News:
    public = _read_after(db, code, "projector", None, since)
    teacher = None if teacher_since is None else _read_after(db, code, "teacher", None, teacher_since)
    return News(public, teacher, {seat: sections.me(db, code, seat) for seat in sorted(wanted)})


def _read_after(db: sqlite3.Connection, code: str, role: Role, seat: int | None, number: int | None) -> State:
    return cast(State, sections.after(db, code, role, seat, number))


def _read_taught(db: sqlite3.Connection, secrets: Mapping[str, str]) -> list[Json]:
    found = [code for code, secret in secrets.items() if classes.is_teacher(db, code, secret)]
    return [
        {key: about[key] for key in ("code", "name", "model")}
        | {"owner": classes.teacher_of(db, code, secrets[code]) == "teacher", "links": classes.co_teachers(db, code)}
        for code in found
        for about in [classes.described(db, code)]
    ]


def is_ending(receive: Receive) -> bool:
    """Whether the web server, if it is uvicorn, keeps this request's connection no longer, as when it shuts down."""
    return getattr(getattr(receive, "__self__", None), "keep_alive", True) is False

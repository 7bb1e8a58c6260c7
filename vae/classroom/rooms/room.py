"""One class as it goes on right now: its clients, what the teacher moves, tiles and the room's check.

What is kept of a class is in its tables. When they change, the room reads what is new, at most once in Room.pause,
and gives everybody the same text. All of it runs on the event loop.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Iterable
from time import monotonic

from vae.classroom.codes import ClassError
from vae.classroom.messages.protocol import LIVE_SECONDS, TILE_SECONDS, Json, Report, Role, State, Tile, dumped
from vae.classroom.rooms.boards import Board, Fresh, Items, Shared
from vae.classroom.rooms.clients import Client
from vae.classroom.rooms.presence import Attendance
from vae.classroom.rooms.reading import News, Reader
from vae.classroom.state.seats import REMOVED

PUBLISH_SECONDS = 0.05
CLIENT_SECONDS = 0.00025  # more of it for each client: a large class leaves the app time for others, and for what moves
TILES_SECONDS = 0.25  # between two messages of tiles
AT_ONCE, BREAK_SECONDS = 16, 0.001  # after so many clients are told something, others of the app have their turn
KEPT_SECONDS = 300.0  # of a room without anybody
MOST_REPORTS = 64
MARK_BITS = 32  # of a room's first mark; an address has whole numbers of ten digits at most

HEADS = {"people", "progress", "question"}  # with one of these, the heads are counted anew


class Room:
    """A class. reader: of its tables."""

    def __init__(self, code: str, reader: Reader) -> None:
        self.code = code
        self.clients: dict[Client, None] = {}  # in the order of their coming
        self.attendance = Attendance(self._has_moved)
        self.tiles: dict[int, Tile] = {}
        self._reader = reader
        self._public: Board | None = None
        self._teachers: Board | None = None  # while one is there
        self._opening: asyncio.Task[None] | None = None
        self._publishing: asyncio.Task[None] | None = None
        self._published_at = self._live_at = 0.0
        self._left_at = monotonic()
        self._has_changed = False  # the tables
        self._own: set[int] = set()  # seats whose own section has changed
        self._fresh = Fresh(secrets.randbits(MARK_BITS))  # a room that is made anew has other marks
        self._live: str | None = None
        self._live_from: Client | None = None
        self._tile_at: dict[int, float] = {}
        self._tile_numbers: dict[int, int] = {}
        self._last_tile = secrets.randbits(MARK_BITS)
        self._tiles_due = False
        self._reports: dict[tuple[str, str], tuple[int, Report]] = {}
        self._rehearsal = 0

    # ---- coming and going --------------------------------------------------------------------------------------------

    async def join(self, client: Client) -> None:
        """Connects a client: its first take gives what it has missed. Raises what the reader does."""
        self.clients[client] = None
        if client.seat is not None:
            self.attendance.enter(client.seat, client)
        try:
            await self._open(client.role == "teacher")
        except BaseException:
            self.leave(client)
            raise
        if client.role == "teacher":
            self._offer_tiles(client)
        client.enter(self._catch_up)
        self._publish_soon()  # what has changed while nobody was there

    def _offer_tiles(self, client: Client) -> None:
        """All tiles that a teacher does not know yet."""
        knows = client.tile if client.tile is not None and client.tile <= self._last_tile else -1
        for seat, tile in self.tiles.items():
            if self._tile_numbers[seat] > knows:
                client.offer_tile(seat, dumped(tile), self._last_tile)

    def leave(self, client: Client) -> None:
        """Undoes join, once the connection has ended."""
        if client not in self.clients:
            return
        del self.clients[client]
        self._left_at = monotonic()
        if client.seat is not None:
            self.attendance.leave(client.seat, client)
        if client.role == "teacher" and not self.of("teacher"):
            self._teachers = None

    def of(self, role: Role) -> list[Client]:
        """The connections of this role."""
        return [client for client in self.clients if client.role == role]

    def end(self, sentence: str, *, final: bool) -> None:
        """Ends every connection. final: coming back is of no use."""
        for client in self.clients:
            client.end(sentence, final=final)

    def remove(self, seat: int, sentence: str) -> None:
        """Ends a seat's connections, and forgets what it has shown."""
        self.attendance.forget(seat, sentence)
        self.tiles.pop(seat, None)
        self._tile_at.pop(seat, None)

    @property
    def is_unused(self) -> bool:
        """Whether nobody has been here for a while."""
        return not self.clients and monotonic() - self._left_at > KEPT_SECONDS

    async def _open(self, teacher: bool) -> None:
        """Reads the class once, for the first who comes, and for the first teacher."""
        if self._public is None or (teacher and self._teachers is None):
            if self._opening is None or self._opening.done():
                self._opening = asyncio.create_task(self._read(teacher))
            await asyncio.shield(self._opening)
            await self._open(teacher)

    async def _read(self, teacher: bool) -> None:
        news = await self._reader.news(self.code, None, None, ())
        if self._public is None:
            self._public = Board(news.public)
            self._public.set |= self._heads(self._public.set)
            self._public.mark = self._fresh.mark
        if teacher and self._teachers is None:
            self._teachers = Board(await self._reader.after(self.code, "teacher", None, None))
            self.changed()  # what was published while that was read

    # ---- what the tables say -----------------------------------------------------------------------------------------

    def changed(self, seats: Iterable[int] = ()) -> None:
        """The tables have changed. seats: whose own section has."""
        self._has_changed = True
        self._own.update(seat for seat in seats if self.attendance.clients(seat))
        self._publish_soon()

    def changed_for_each(self) -> None:
        """The tables have changed, and with them every student's own section."""
        self.changed({client.seat for client in self.clients if client.seat is not None})

    def _has_moved(self, seat: int) -> None:
        self._fresh.mark += 1
        self._fresh.seats.add(seat)
        self._publish_soon()

    @property
    def pause(self) -> float:
        """Seconds at least between two publications."""
        return max(PUBLISH_SECONDS, CLIENT_SECONDS * len(self.clients))

    def _publish_soon(self) -> None:
        if self._publishing is None and self._is_due:
            self._publishing = asyncio.create_task(self._publish())

    @property
    def _is_due(self) -> bool:
        """Whether someone is there who is to be told something."""
        return bool(self.clients and (self._has_changed or self._fresh))

    async def _publish(self) -> None:
        try:
            while self._is_due:
                await asyncio.sleep(max(0.0, self._published_at + self.pause - monotonic()))
                self._published_at = monotonic()
                await self._publish_once()
        except ClassError:  # the class is gone, or its tables cannot be read: each client is told when it asks
            self._mark_stale()
        finally:
            self._publishing = None

    def _mark_stale(self) -> None:
        for client in self.clients:
            client.stale = True
            client.wake()

    async def _publish_once(self) -> None:
        await self._open(teacher=False)
        assert self._public is not None
        public, teachers = self._public, self._teachers
        since, teacher_since = public.seq, teachers.seq if teachers else None
        has_changed, self._has_changed = self._has_changed, False
        own, self._own = self._own, set()
        fresh, self._fresh = self._fresh, Fresh(self._fresh.mark)
        news = News({"seq": since}, {"seq": teacher_since} if teacher_since is not None else None)
        if has_changed:
            try:
                news = await self._reader.news(self.code, since, teacher_since, own)
            except BaseException:  # who comes next has it published
                self._has_changed = True
                self._own |= own
                self._fresh |= fresh
                raise
        if teachers is not None and news.teacher is not None and teachers is self._teachers:
            self._tell_teachers(teachers, teacher_since or 0, news.teacher, fresh)
        await self._tell_public(public, since, news, fresh)

    async def _tell_public(self, board: Board, since: int, news: News, fresh: Fresh) -> None:
        state = news.public
        board.apply(state)
        board.mark = fresh.mark
        parts = state.get("set", {})
        if fresh.seats or HEADS & parts.keys():
            heads = self._heads(board.set)
            board.set |= heads
            parts = parts | heads
        if state.get("full"):  # it replaces each student's own section, too: each asks for all
            since = board.seq + 1
        shared = Shared(parts, state.get("items", {}))
        text = None if shared.is_empty else shared.text(board.seq)
        seq = board.seq
        for number, client in enumerate(list(self.clients), 1):
            if client.seat is not None and client.seat in news.own:
                client.offer(since, seq, fresh.mark, shared.text(seq, {"me": news.own[client.seat]}))
            elif client.role != "teacher":
                client.offer(since, seq, fresh.mark, text)
            if number % AT_ONCE == 0:
                await asyncio.sleep(BREAK_SECONDS)

    def _tell_teachers(self, board: Board, since: int, state: State, fresh: Fresh) -> None:
        board.apply(state)
        parts, items = dict(state.get("set", {})), dict(state.get("items", {}))
        if fresh.seats or HEADS & parts.keys():
            parts |= self._heads(board.set)
        held = board.items.get("seats", {})
        seats = items.pop("seats", {}) | {str(seat): held[str(seat)] for seat in fresh.seats if str(seat) in held}
        if seats:
            items["seats"] = self._present(seats)
        own_parts, own_items = self._memory(fresh.sections)
        shared = Shared(parts | own_parts, items | own_items, full=bool(state.get("full")))
        text = None if shared.is_empty else shared.text(board.seq)
        for client in self.of("teacher"):
            client.offer(since, board.seq, fresh.mark, text)

    def _memory(self, wanted: set[str]) -> tuple[Json, Items]:
        """Sections for teachers that only memory has."""
        parts: Json = {"rehearsal": {"students": self._rehearsal}} if "rehearsal" in wanted else {}
        items: Items = {"check": {str(n): each for n, each in self._reports.values()}} if "check" in wanted else {}
        return parts, items

    def _heads(self, parts: Json) -> Json:
        """The sections that say how many, with who is connected."""
        connected, found = self.attendance.connected(), {}
        if people := parts.get("people"):
            found["people"] = people | {"connected": min(connected, people["joined"])}
        if progress := parts.get("progress"):
            found["progress"] = progress | {"of": max(connected, progress["answered"])}
        return found

    def _present(self, seats: Json) -> Json:
        """Items of the teachers' list of seats, with how each is connected."""
        return {key: seat and seat | self.attendance[int(key)]._asdict() for key, seat in seats.items()}

    # ---- one client --------------------------------------------------------------------------------------------------

    async def _catch_up(self, client: Client) -> tuple[int, int, str | None]:
        """What a client has missed: the number of the newest event in it, the mark of the rest, and the message."""
        assert self._public is not None
        if client.role != "teacher" and client.seq is None:
            seq, mark = self._public.seq, self._public.mark
            own = {} if client.seat is None else {"me": await self._reader.me(self.code, client.seat)}
            _end_if_removed(client, own)
            # What is published while that is read comes again: the client counts as one who knows nothing of it.
            return seq, mark, self._public.text(seq, own)
        state = await self._reader.after(self.code, client.role, client.seat, client.seq)
        parts, items = dict(state.get("set", {})), dict(state.get("items", {}))
        has_news = bool(parts or any(items.values()) or state.get("full"))
        _end_if_removed(client, parts)
        heads: Json = self._heads(self._public.set | parts)
        more: Items = {}
        if client.role == "teacher":
            held = self._teachers.items.get("seats", {}) if self._teachers else {}
            more["seats"] = self._present(held | items.get("seats", {}))
            own_parts, own_items = self._memory({"rehearsal", "check"})
            heads, more = heads | own_parts, more | own_items
        text = Shared(parts | heads, items | more, full=bool(state.get("full"))).text(state["seq"])
        mark = self._fresh.mark
        return state["seq"], mark, text if has_news or client.mark != mark else None

    # ---- what only memory has ----------------------------------------------------------------------------------------

    def move(self, client: Client | None, fields: Json) -> None:
        """The teacher moves something: everybody else sees it, while the class follows. The newest wins."""
        state = self._public.set["class"] if self._public else {}
        if state.get("mode") != "follow" or state["frozen"]:
            return
        waiting, self._live, self._live_from = self._live, dumped({"live": fields}), client
        wait = self._live_at + LIVE_SECONDS - monotonic()
        if waiting is None:
            if wait > 0:
                asyncio.get_running_loop().call_later(wait, self._send_live)
            else:
                self._send_live()

    def _send_live(self) -> None:
        text, self._live = self._live, None
        self._live_at = monotonic()
        if text is not None:
            self._offer_live([client for client in self.clients if client is not self._live_from], text)

    def _offer_live(self, clients: list[Client], text: str) -> None:
        """To some now, to the others once the first have been sent it, and the app has read what others want of it."""
        for client in clients[:AT_ONCE]:
            client.offer_live(text)
        if len(clients) > AT_ONCE:
            asyncio.get_running_loop().call_later(BREAK_SECONDS, self._offer_live, clients[AT_ONCE:], text)

    def show_tile(self, seat: int, tile: Tile) -> None:
        """What a student sees, for teachers; dropped where there is none, and where it comes too soon."""
        now, teachers = monotonic(), self.of("teacher")
        if not teachers or now - self._tile_at.get(seat, -TILE_SECONDS) < TILE_SECONDS:
            return
        self._last_tile += 1
        self._tile_at[seat], self.tiles[seat], self._tile_numbers[seat] = now, tile, self._last_tile
        text = dumped(tile)
        for client in teachers:
            client.offer_tile(seat, text, self._last_tile)
        if not self._tiles_due:
            self._tiles_due = True
            asyncio.get_running_loop().call_later(TILES_SECONDS, self._send_tiles)

    def _send_tiles(self) -> None:
        self._tiles_due = False
        for client in self.of("teacher"):
            client.wake()

    def report(self, report: Report) -> None:
        """A phone says how it reaches the app; teachers see the last report of each."""
        key = (report["address"], report["agent"])
        number, _ = self._reports.pop(key, (len(self._reports) + 1, None))
        if number > MOST_REPORTS:
            number, _ = self._reports.pop(self._one_too_many())
        self._reports[key] = number, report
        self._remember("check")

    def _one_too_many(self) -> tuple[str, str]:
        """The oldest report of the address with the most, so that one phone that makes up names hides no other."""
        most = Counter(address for address, _ in self._reports)
        return max(self._reports, key=lambda key: most[key[0]])

    def rehearse(self, students: int) -> None:
        """So many simulated students take part."""
        self._rehearsal = students
        self._remember("rehearsal")

    def _remember(self, section: str) -> None:
        self._fresh.mark += 1
        self._fresh.sections.add(section)
        self._publish_soon()


def _end_if_removed(client: Client, parts: Json) -> None:
    """A student who came in at the moment of being removed is told so."""
    if parts.get("me", client) is None:
        client.end(REMOVED)

"""What waits for a client: the newest of what moves, what it has missed in one message, and never a queue."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection
from itertools import pairwise
from typing import Any

import pytest

from vae.classroom.codes import ClassError
from vae.classroom.messages.protocol import ABSENT_SECONDS, SILENT_SECONDS, Json, Role, State, Tile
from vae.classroom.rooms import presence, room
from vae.classroom.rooms.clients import MOST_WAITING, Client, EndedError
from vae.classroom.rooms.reading import News
from vae.classroom.rooms.room import Room

TILE: Tile = {"page": "Explore", "model": "m", "shape": (1, 1, 1), "pixels": "AA=="}


class Tables:
    """Tables of one class with one section, "shown", which says how many events there were.

    shown_until: of later events "presented" says how many there were.
    """

    def __init__(self) -> None:
        self.seq = 0
        self.shown_until: int | None = None
        self.mode = "follow"
        self.reads = 0
        self.broken = False
        self.gone: set[int] = set()
        self.held: asyncio.Event | None = None

    def state(self, since: int | None) -> State:
        """As a real reader's."""
        if since == self.seq:
            return {"seq": self.seq, "set": {}, "items": {}}
        shown = self.seq if self.shown_until is None else self.shown_until
        parts: Json = {"people": {"joined": 3}}
        if since is None or since < shown:
            parts["shown"] = shown
        if shown < self.seq:
            parts["presented"] = self.seq
        found: State = {"seq": self.seq, "set": parts, "items": {}}
        return found if since is not None else {**found, "full": True, "set": found["set"] | self.rest}

    @property
    def rest(self) -> Json:
        """The other sections."""
        return {"class": {"mode": self.mode, "frozen": False}, "progress": {"answered": 0, "of": 3}}

    async def news(self, code: str, since: int | None, teacher_since: int | None, seats: Collection[int]) -> News:
        """What a publication needs."""
        await self._read()
        teacher = None if teacher_since is None else self.state(teacher_since)
        return News(self.state(since), teacher, {seat: {"seat": seat, "seq": self.seq} for seat in seats})

    async def after(self, code: str, role: Role, seat: int | None, number: int | None) -> State:
        """What one client has missed."""
        await self._read()
        found = self.state(number)
        if role == "teacher":
            found["items"] = {"seats": {"1": {"name": "Ada"}}}
        return found

    async def me(self, code: str, seat: int) -> Json | None:
        """A student's own."""
        await self._read()
        if seat in self.gone:
            return None
        return {"seat": seat, "seq": self.seq}

    async def _read(self) -> None:
        self.reads += 1
        if self.held is not None:
            await self.held.wait()
        if self.broken:
            raise ClassError("The tables cannot be read.")


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Tables:
    monkeypatch.setattr(room, "PUBLISH_SECONDS", 0.0)
    monkeypatch.setattr(room, "LIVE_SECONDS", 0.0)
    monkeypatch.setattr(room, "TILES_SECONDS", 0.0)
    return Tables()


def held(tables: Tables, lesson: Callable[[Room], Awaitable[None]]) -> None:
    """Holds a lesson in a room over these tables."""

    async def hold() -> None:
        async with asyncio.timeout(60):
            await lesson(Room("CODE22", tables))

    asyncio.run(hold())


async def entered(found: Room, role: Role, seat: int | None = None, **more: Any) -> Client:
    """A client in the room that has taken its first message."""
    client = Client(role, seat, more.pop("transport", "websocket"), **more)
    await found.join(client)
    assert "seq" in (await taken(client))[0]
    return client


async def taken(client: Client) -> list[Any]:
    return [json.loads(text) for text in await client.take()]


async def polled(found: Room, role: Role, after: int | None, mark: int | None) -> tuple[list[Any], int | None]:
    """What a poll brings, and its mark."""
    client = Client(role, None, "poll", after, mark=mark)
    await found.join(client)
    messages = await taken(client)
    found.leave(client)
    return messages, client.mark


def connected(messages: list[Any]) -> int | None:
    """How many are here by the last of these messages that says so."""
    return next((each["set"]["people"]["connected"] for each in reversed(messages) if each["set"].get("people")), None)


async def settled(found: Room) -> None:
    """Everything is published."""
    while found._publishing is not None:
        await asyncio.sleep(0)


async def change(found: Room, tables: Tables, *seats: int) -> None:
    tables.seq += 1
    found.changed(seats)
    await settled(found)


def test_who_reads_slowly_gets_what_was_missed_in_one_message(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        slow, quick = await entered(found, "student", 1), await entered(found, "student", 2)
        await taken(quick)  # that the other has come
        for _ in range(20 * MOST_WAITING):
            await change(found, tables)
            assert [each["set"]["shown"] for each in await taken(quick)] == [tables.seq]
        (missed,) = await taken(slow)
        assert missed["seq"] == missed["set"]["shown"] == tables.seq
        await change(found, tables)
        (next_one,) = await taken(slow)
        assert next_one["set"]["shown"] == tables.seq

    held(tables, lesson)


def test_of_what_moves_the_newest_waits(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        teacher = await entered(found, "teacher")
        student, projector = await entered(found, "student", 1), await entered(found, "projector")
        await settled(found)
        await taken(projector)
        for number in range(1000):
            found.move(teacher, {"view": "explore", "n": number})
        assert (await taken(student))[-1] == {"live": {"view": "explore", "n": 999}}
        assert await taken(projector) == [{"live": {"view": "explore", "n": 999}}]

    held(tables, lesson)


def test_a_large_class_is_told_less_often(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PUBLISH_SECONDS", 0.002)
    monkeypatch.setattr(room, "CLIENT_SECONDS", 0.001)

    async def lesson(found: Room) -> None:
        pauses = [found.pause]
        for seat in range(1, 5):
            await entered(found, "student", seat)
            pauses.append(found.pause)
        assert pauses == [0.002, 0.002, 0.002, 0.003, 0.004]

    held(tables, lesson)


def test_while_many_are_told_others_of_the_app_have_their_turn(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "AT_ONCE", 5)

    async def lesson(found: Room) -> None:
        teacher = await entered(found, "teacher")
        students = [await entered(found, "student", seat) for seat in range(1, 18)]
        await settled(found)
        for student in students:
            student._waiting(None)
        told = list[int]()

        def another() -> None:
            """Another request of the app, which comes again and again."""
            told.append(sum(student._live is not None or bool(student._states) for student in students))
            if told[-1] < 17:
                asyncio.get_running_loop().call_soon(another)

        found.move(teacher, {"view": "explore"})
        another()
        while told[-1] < 17:
            await asyncio.sleep(0)
        assert max(after - before for before, after in pairwise(told)) <= 5
        for student in students:
            assert await taken(student) == [{"live": {"view": "explore"}}]
        told.clear()
        tables.seq += 1
        found.changed()
        another()
        await settled(found)
        assert max(after - before for before, after in pairwise(told)) <= 5
        for student in students:
            assert [each["set"]["shown"] for each in await taken(student)] == [tables.seq]

    held(tables, lesson)


@pytest.mark.parametrize("state", [{"mode": "explore", "frozen": False}, {"mode": "follow", "frozen": True}])
def test_nothing_moves_on_screens_that_do_not_follow(tables: Tables, state: Json) -> None:
    async def lesson(found: Room) -> None:
        projector = await entered(found, "projector")
        assert found._public is not None
        found._public.set["class"] = state
        found.move(None, {"view": "explore"})
        await change(found, tables)
        assert all("live" not in message for message in await taken(projector))

    held(tables, lesson)


def test_a_frame_that_comes_too_soon_is_sent_later_if_it_is_the_newest(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "LIVE_SECONDS", 0.01)

    async def lesson(found: Room) -> None:
        projector = await entered(found, "projector")
        for number in range(10):
            found.move(None, {"n": number})
        frames: list[Any] = []
        while {"live": {"n": 9}} not in frames:
            frames += await taken(projector)
        assert frames == [{"live": {"n": 0}}, {"live": {"n": 9}}]

    held(tables, lesson)


def test_a_change_while_a_client_catches_up_is_not_lost(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        await entered(found, "projector")
        tables.held = asyncio.Event()
        late = Client("student", 1, "websocket")
        await found.join(late)
        taking = asyncio.create_task(taken(late))
        await asyncio.sleep(0)
        tables.seq += 1
        found.changed([1])
        await asyncio.sleep(0)
        tables.held.set()
        messages = await taking
        while messages[-1]["set"].get("shown") != tables.seq:
            messages += await taken(late)
        assert messages[0]["full"]
        assert [message["full"] for message in messages if "full" in message] == [True]

    held(tables, lesson)


def test_only_a_seat_itself_is_told_its_own(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        one, two = await entered(found, "student", 1), await entered(found, "student", 2)
        await settled(found)
        await taken(one)
        await change(found, tables, 1)
        mine, other = (await taken(one))[-1], (await taken(two))[-1]
        assert mine["set"].pop("me") == {"seat": 1, "seq": tables.seq}
        assert mine == other

    held(tables, lesson)


def test_what_waits_besides_is_given_at_once_or_not_at_all(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        projector = await entered(found, "projector")
        assert projector.more() == []
        await change(found, tables)
        found.move(None, {"n": 1})
        first, second = map(json.loads, projector.more())
        assert (first["seq"], second) == (tables.seq, {"live": {"n": 1}})
        projector.end("It is over.")
        assert projector.more() == []

    held(tables, lesson)


def test_of_what_is_missed_nothing_is_lost_that_waited_before(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        slow = await entered(found, "student", 1)
        await change(found, tables)
        tables.shown_until = tables.seq
        for _ in range(2 * MOST_WAITING):
            await change(found, tables)
        told: Json = {}
        for message in await taken(slow):
            told |= message["set"]
        assert told["shown"] == 1
        assert told["presented"] == tables.seq

    held(tables, lesson)


def test_a_poll_is_not_told_again_what_has_no_number(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        _, mark = await polled(found, "projector", 0, None)
        again = Client("projector", None, "poll", 0, mark=mark)
        await found.join(again)
        taking = asyncio.create_task(taken(again))
        while again.stale:
            await asyncio.sleep(0)
        await entered(found, "student", 1)
        (told,) = await taking
        assert told["set"].keys() == {"people", "progress"}
        found.leave(again)
        last = Client("projector", None, "poll", 0, mark=again.mark)
        await found.join(last)
        taking = asyncio.create_task(taken(last))
        while last.stale:
            await asyncio.sleep(0)
        await change(found, tables)
        assert (await taking)[0]["set"]["shown"] == tables.seq

    held(tables, lesson)


def test_who_goes_during_a_poll_and_is_back_before_the_next_is_seen_to_be_back(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        student = await entered(found, "student", 1)
        await settled(found)
        messages, mark = await polled(found, "projector", 0, None)
        assert connected(messages) == 1
        waiting = asyncio.create_task(polled(found, "projector", 0, mark))
        while not found.of("projector") or found.of("projector")[0].stale:
            await asyncio.sleep(0)
        found.leave(student)
        messages, mark = await waiting
        assert connected(messages) == 0
        await entered(found, "student", 1)
        await settled(found)
        messages, _ = await polled(found, "projector", 0, mark)
        assert connected(messages) == 1

    held(tables, lesson)


def test_a_poll_is_told_again_who_is_there_as_its_answer_may_be_lost(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        _, mark = await polled(found, "projector", 0, None)
        await entered(found, "student", 1)
        await settled(found)
        for _ in range(3):
            messages, _ = await polled(found, "projector", 0, mark)
            assert connected(messages) == 1

    held(tables, lesson)


def test_a_room_that_is_made_anew_has_other_marks(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        _, mark = await polled(found, "projector", 0, None)
        messages, _ = await polled(Room("CODE22", tables), "projector", 0, mark)
        assert connected(messages) == 0

    held(tables, lesson)


def test_who_comes_into_an_empty_room_sees_who_has_gone_and_what_has_changed(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        student = await entered(found, "student", 1)
        await settled(found)
        found.leave(student)
        tables.seq += 1
        found.changed()
        projector = await entered(found, "projector")
        (told,) = await taken(projector)
        assert (connected([told]), told["set"]["shown"]) == (0, tables.seq)

    held(tables, lesson)


def test_who_comes_after_tables_could_not_be_read_sees_what_was_missed_then(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        student, other = await entered(found, "student", 1), await entered(found, "student", 2)
        await settled(found)
        found.leave(other)
        tables.broken = True
        await change(found, tables)
        tables.broken = False
        projector = await entered(found, "projector")
        (told,) = await taken(projector)
        assert (connected([told]), told["set"]["shown"]) == (1, tables.seq)
        assert (await taken(student))[-1]["set"]["shown"] == tables.seq

    held(tables, lesson)


def test_a_poll_is_told_again_what_is_new_as_its_answer_may_be_lost(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        _, mark = await polled(found, "projector", None, None)
        number = tables.seq
        await change(found, tables)
        for _ in range(3):
            (told,), _ = await polled(found, "projector", number, mark)
            assert told["set"]["shown"] == tables.seq

    held(tables, lesson)


def test_tiles_go_to_teachers_alone_and_only_while_one_is_there(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        student = await entered(found, "student", 1)
        found.show_tile(1, TILE)
        assert found.tiles == {}
        presenter = await entered(found, "presenter")
        found.show_tile(1, TILE)
        assert found.tiles == {}
        teacher = await entered(found, "teacher")
        found.show_tile(1, TILE)
        found.show_tile(1, {**TILE, "page": "too soon"})
        messages: list[Any] = []
        while not any("tiles" in message for message in messages):
            messages += await taken(teacher)
        assert messages[-1] == {"tiles": {"1": json.loads(json.dumps(TILE))}}
        latecomer = Client("teacher", transport="websocket")
        await found.join(latecomer)
        assert "tiles" in (await taken(latecomer))[-1]
        await change(found, tables)
        for client in (student, presenter):
            assert all("tiles" not in message for message in await taken(client))

    held(tables, lesson)


def test_who_comes_in_at_the_moment_of_being_removed_is_sent_out(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        await entered(found, "student", 1)
        tables.gone.add(2)
        late = await entered(found, "student", 2)
        with pytest.raises(EndedError, match="removed you"):
            await taken(late)

    held(tables, lesson)


def test_a_seat_has_few_connections_also_where_the_oldest_does_not_read(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        tabs = [await entered(found, "student", 1) for _ in range(presence.CONNECTIONS_OF_A_SEAT + 5)]
        assert [tab.has_ended for tab in tabs] == [True] * 5 + [False] * presence.CONNECTIONS_OF_A_SEAT

    held(tables, lesson)


def test_a_silent_student_is_seen_and_comes_back(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(presence, "monotonic", lambda: now)

    async def lesson(found: Room) -> None:
        nonlocal now
        teacher, student = await entered(found, "teacher"), await entered(found, "student", 1)
        await settled(found)
        await taken(teacher)
        now += SILENT_SECONDS + 1
        found.attendance.sweep()
        await settled(found)
        (told,) = await taken(teacher)
        assert told["items"]["seats"]["1"] == {
            "name": "Ada", "connected": True, "transport": "websocket", "silent": True,
        }  # fmt: skip
        assert told["set"]["people"]["connected"] == 0
        found.attendance.heard(1)
        await settled(found)
        (told,) = await taken(teacher)
        assert not told["items"]["seats"]["1"]["silent"]
        assert told["set"]["people"]["connected"] == 1
        found.leave(student)
        found.attendance.sweep()
        await settled(found)
        assert not (await taken(teacher))[-1]["items"]["seats"]["1"]["connected"]

    held(tables, lesson)


def test_who_polls_is_gone_some_time_after_the_last_poll(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(presence, "monotonic", lambda: now)

    async def lesson(found: Room) -> None:
        nonlocal now
        found.leave(await entered(found, "student", 1, transport="poll"))
        assert found.attendance[1].connected
        now += ABSENT_SECONDS + 1
        found.attendance.sweep()
        assert not found.attendance[1].connected

    held(tables, lesson)


def test_a_removed_seat_s_connections_end_with_a_sentence(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        one, two = await entered(found, "student", 1), await entered(found, "student", 2)
        found.remove(1, "You were removed.")
        with pytest.raises(EndedError, match=r"You were removed\."):
            await one.take()
        await change(found, tables)
        assert await taken(two)

    held(tables, lesson)


def test_tables_that_cannot_be_read_are_said_to_each_client(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        student = await entered(found, "student", 1)
        tables.broken = True
        await change(found, tables)
        with pytest.raises(ClassError, match="cannot be read"):
            await student.take()
        with pytest.raises(ClassError, match="cannot be read"):
            await Room("CODE22", tables).join(Client("projector"))

    held(tables, lesson)


def test_what_a_whole_class_asks_for_at_once_is_read_once(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        clients = [Client("projector", transport="websocket") for _ in range(100)]
        await asyncio.gather(*(found.join(client) for client in clients))
        assert len({tuple(await client.take()) for client in clients}) == 1
        assert tables.reads == 1
        tables.seq += 1
        for _ in range(100):
            found.changed()
        await settled(found)
        assert tables.reads <= 3

    held(tables, lesson)


def test_the_last_report_of_each_phone_is_shown(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        teacher = await entered(found, "teacher")
        for seconds in (1.0, 60.0):
            found.report(
                {
                    "address": "10.0.0.7", "http": True, "socket_seconds": seconds, "latency_ms": 3.0,
                    "transport": "websocket", "agent": "a phone",
                }
            )  # fmt: skip
        await settled(found)
        found.rehearse(12)
        await settled(found)
        messages = [message for message in await taken(teacher) if message.get("items") or message["set"]]
        assert [each["socket_seconds"] for each in messages[0]["items"]["check"].values()] == [60.0]
        assert messages[-1]["set"]["rehearsal"] == {"students": 12}

    held(tables, lesson)


def test_one_phone_under_many_names_hides_no_other_s_report(tables: Tables) -> None:
    async def lesson(found: Room) -> None:
        teacher = await entered(found, "teacher")
        for number in range(3 * room.MOST_REPORTS):
            address = "10.0.0.7" if number else "10.0.0.8"
            found.report(
                {
                    "address": address, "http": True, "socket_seconds": 1.0, "latency_ms": 3.0,
                    "transport": "websocket", "agent": f"a phone {number}",
                }
            )  # fmt: skip
        await settled(found)
        shown: Json = {}
        teacher.stale = True
        for message in await taken(teacher):
            shown |= message.get("items", {}).get("check", {})
        assert len(shown) == room.MOST_REPORTS
        assert [each["agent"] for each in shown.values() if each["address"] == "10.0.0.8"] == ["a phone 0"]
        assert f"a phone {3 * room.MOST_REPORTS - 1}" in [each["agent"] for each in shown.values()]

    held(tables, lesson)

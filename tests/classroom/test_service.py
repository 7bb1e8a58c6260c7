"""The classes of an app over the hours: what is deleted when, who has gone, a file that another app holds."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.classes import serve
from tests.support.live import load
from vae.classroom.codes import MOST_FAILURES, ClassError, UnknownClassError
from vae.classroom.rooms import room as rooms
from vae.classroom.rooms.clients import Client
from vae.classroom.serving import limits, service
from vae.classroom.serving.limits import Rate, Rates
from vae.classroom.serving.service import ClassService, NotAllowedError, Origin, TooManyError
from vae.classroom.state import classes, seats
from vae.classroom.state.store import StoreError

HERE = Origin("10.0.0.7", "a phone")


def over(path: Path, lesson: Callable[[ClassService], Awaitable[None]]) -> None:
    """A lesson over the classes of this file."""

    async def hold() -> None:
        found = ClassService(path, load)
        async with asyncio.timeout(60):
            await lesson(found)
        await found.close()

    asyncio.run(hold())


def test_an_app_without_classes_makes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "classes.sqlite"

    async def nothing(found: ClassService) -> None:
        await found.start()

    over(path, nothing)
    assert not path.exists()


def test_when_the_app_starts_old_classes_and_simulated_students_are_deleted(tmp_path: Path) -> None:
    path = tmp_path / "classes.sqlite"
    codes: list[str] = []

    async def before(found: ClassService) -> None:
        codes.append((await found.run_own(classes.create, "old", "grey", 0.0)).code)
        codes.append((await found.create("new", "grey")).code)
        await found.run(seats.join, codes[1], None, None, 0.0, simulated=True)
        await found.run(seats.join, codes[1], None, None, 0.0)

    async def after(found: ClassService) -> None:
        await found.start()
        assert await found.run_own(classes.all_codes) == codes[1:]
        assert await found.run(seats.count, codes[1]) == 1

    over(path, before)
    over(path, after)


def test_every_hour_what_is_a_day_old_is_deleted_and_unused_rooms_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "CHORES_SECONDS", 0.0)
    monkeypatch.setattr(service, "HOUR", 0.0)
    monkeypatch.setattr(rooms, "KEPT_SECONDS", 0.0)

    async def lesson(found: ClassService) -> None:
        code = (await found.create("new", "grey")).code
        old = (await found.run_own(classes.create, "old", "grey", 0.0)).code
        found.room(code)
        while old in await found.run_own(classes.all_codes) or found.rooms:
            await asyncio.sleep(0)
        assert await found.run_own(classes.all_codes) == [code]

    over(tmp_path / "classes.sqlite", lesson)


def test_a_deleted_class_s_members_are_told(tmp_path: Path) -> None:
    async def lesson(found: ClassService) -> None:
        code = (await found.create("new", "grey")).code
        client = Client("projector", transport="websocket")
        await found.room(code).join(client)
        await client.take()
        await found.run(classes.delete, code)
        with pytest.raises(Exception, match="has been deleted"):
            await client.take()
        with pytest.raises(UnknownClassError):
            await found.code(code, HERE.address)

    over(tmp_path / "classes.sqlite", lesson)


@pytest.mark.parametrize("role", ["student", "teacher"])
def test_who_is_nobody_is_not_let_in(tmp_path: Path, role: Any) -> None:
    async def lesson(found: ClassService) -> None:
        code = (await found.create("new", "grey")).code
        for token in (None, "", "guess"):
            with pytest.raises(NotAllowedError):
                await found.who(code, role, token, token or "", HERE)

    over(tmp_path / "classes.sqlite", lesson)


def test_a_second_app_on_the_same_file_says_so_and_the_first_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "classes.sqlite"
    with serve(path) as first:
        code, _ = first.open()
        with serve(path) as second:
            for method, where in [("POST", "classes"), ("GET", f"{code}/ping"), ("POST", f"{code}/join")]:
                found = second.ask(method, where, {"name": "a", "model": "grey"} if method == "POST" else None)
                assert found.status == 503
                assert found.text.endswith(".")
            assert second.ask("GET", "classes").json == {"classes": []}
        assert first.ask("GET", f"{code}/ping").status == 204


def test_a_file_that_could_not_be_prepared_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: sqlite3.Connection) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    async def lesson(found: ClassService) -> None:
        with monkeypatch.context() as disk:
            disk.setattr(seats, "remove_simulated", full)
            for _ in range(2):
                with pytest.raises(StoreError, match="free space"):
                    await found.create("new", "grey")
        assert len((await found.create("new", "grey")).code) == 6


def test_in_a_full_class_nobody_who_is_there_gives_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seats, "MOST_SEATS", 2)
    monkeypatch.setattr(seats, "LEFT", -1.0)

    async def lesson(found: ClassService) -> None:
        code = (await found.create("new", "grey")).code
        first, _ = [await found.seat(code, None, None, HERE.address) for _ in range(2)]
        await found.room(code).join(Client("student", first.id, "websocket"))
        third = await found.seat(code, None, None, HERE.address)
        await found.room(code).join(Client("student", third.id, "websocket"))
        assert (await found.seat(code, first.token, None, HERE.address)).id == first.id
        with pytest.raises(ClassError, match="2 students"):
            await found.seat(code, None, None, HERE.address)

    over(tmp_path / "classes.sqlite", lesson)


def test_a_closed_service_opens_no_file_again(tmp_path: Path) -> None:
    async def lesson(found: ClassService) -> None:
        code = (await found.create("new", "grey")).code
        await found.close()
        with pytest.raises(StoreError):
            await found.run(classes.find, code)

    over(tmp_path / "classes.sqlite", lesson)


def test_a_model_that_cannot_be_loaded_is_one_sentence(tmp_path: Path) -> None:
    async def lesson(found: ClassService) -> None:
        with pytest.raises(ClassError, match="no model"):
            await found.create("new", "nowhere")

    over(tmp_path / "classes.sqlite", lesson)


# ---- rates -----------------------------------------------------------------------------------------------------------


def test_a_rate_lets_a_burst_through_and_then_so_many_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(limits, "monotonic", lambda: now)
    rates = Rates(Rate(3, 2))
    assert [rates.allows("a") for _ in range(4)] == [True, True, True, False]
    assert rates.wait("a") == pytest.approx(0.5)
    assert rates.allows("b")
    now += 0.5
    assert [rates.allows("a"), rates.allows("a")] == [True, False]
    assert rates.take("a") == pytest.approx(0.5)
    assert rates.take("a") == pytest.approx(1.0)
    now += 1000
    assert [rates.allows("a") for _ in range(4)] == [True, True, True, False]


def test_rates_forget_the_longest_unused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_KEYS", 2)
    rates = Rates(Rate(1, 1e-9))
    assert [rates.allows(key) for key in "abab"] == [True, True, False, False]
    assert rates.allows("c")
    assert [rates.allows(key) for key in "bac"] == [False, True, False]


def test_guesses_at_once_count_before_they_are_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "monotonic", lambda: 1000.0)

    async def lesson(found: ClassService) -> None:
        code = (await found.create("new", "grey")).code
        for _ in range(100):  # a right code is no guess
            found._known.clear()
            assert await found.code(code, "10.0.0.7") == code
        guesses = (found.code(f"AAAA{a}{b}", f"2001:db8::{a}") for a in "ABCDEF" for b in "ABCDEFGHJK")
        told = await asyncio.gather(*guesses, return_exceptions=True)
        assert sum(isinstance(each, UnknownClassError) for each in told) == MOST_FAILURES
        assert sum(isinstance(each, TooManyError) for each in told) == 60 - MOST_FAILURES

    over(tmp_path / "classes.sqlite", lesson)


def test_those_who_ask_for_one_code_at_once_are_counted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A class behind one router comes back when the app has started again."""
    monkeypatch.setattr(limits, "monotonic", lambda: 1000.0)

    async def lesson(found: ClassService) -> None:
        code, many = (await found.create("new", "grey")).code, 10 * MOST_FAILURES
        assert await asyncio.gather(*(found.code(code, "10.0.0.7") for _ in range(many))) == [code] * many
        for _ in range(MOST_FAILURES):
            wrong = (found.code("AAAAAA", "10.0.0.7") for _ in range(3))
            told = await asyncio.gather(*wrong, return_exceptions=True)
            assert [type(each) for each in told] == [UnknownClassError] * 3
        with pytest.raises(TooManyError):
            await found.code("AAAAAA", "10.0.0.7")

    over(tmp_path / "classes.sqlite", lesson)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.7", "10.0.0.8", False),
        ("2001:db8::1", "2001:db8::ffff:0:0:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.7", "10.0.0.7", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "testclient", False),
    ],
)
def test_an_ipv6_network_is_limited_as_one(one: str, other: str, same: bool) -> None:
    assert (limits.network_of(one) == limits.network_of(other)) is same

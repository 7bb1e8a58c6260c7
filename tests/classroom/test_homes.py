"""Replicas that share the classes: who has which file, what happens when one is gone, and when it comes back."""

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from tests.support.classes import Running, serve
from tests.support.classrooms import MODEL, NOW, in_loop, opened
from tests.support.live import load, until
from vae.classroom.codes import ALPHABET, MOST_FAILURES, new_code
from vae.classroom.serving import homes, service
from vae.classroom.serving.homes import AWAY, Homes, Replica, read_replica
from vae.classroom.serving.routes import Pages
from vae.classroom.serving.service import ClassService
from vae.classroom.state import classes, seats
from vae.classroom.state.store import AwayError, Store, StoreError, hold

FIRST, SECOND = Replica(1, 2), Replica(2, 2)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are looked for again at once."""
    monkeypatch.setattr(homes, "AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(service, "CHORES_SECONDS", 0.01)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shared" / "classes.sqlite"


# ---- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"), [("", Replica(1, 1)), (" ", Replica(1, 1)), ("1/1", Replica(1, 1)), (" 2/3 ", Replica(2, 3))]
)
def test_a_replica_is_its_number_and_how_many_there_are(text: str, found: Replica) -> None:
    assert read_replica(text) == found


@pytest.mark.parametrize("text", ["2", "0/2", "3/2", "1/33", "a/b", "1/2/3", "-1/2", "1.5/2", "2/3\n4", "²/3"])
def test_any_other_text_is_refused_with_what_it_should_be(text: str) -> None:
    with pytest.raises(ValueError, match=r"VAE_REPLICA is .* as in 2/3"):
        read_replica(text)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 32])
def test_each_code_has_one_home_and_each_replica_its_letters(count: int) -> None:
    replicas = [Replica(number, count) for number in range(1, count + 1)]
    assert sorted("".join(replica.letters for replica in replicas)) == sorted(ALPHABET)
    for replica in replicas:
        code = new_code(replica.letters)
        assert {other.home(code) for other in replicas} == {replica.number}


def test_the_homes_of_three_replicas_are_as_proxies_are_told() -> None:
    assert [Replica(number, 3).letters for number in (1, 2, 3)] == ["258BEHLPSVY", "369CFJMQTWZ", "47ADGKNRUX"]


def test_alone_the_file_has_its_own_name_and_with_others_the_home_s(path: Path) -> None:
    assert Replica().file(path, 1) == path
    assert SECOND.file(path, 1).name == "classes-1.sqlite"


# ---- files -----------------------------------------------------------------------------------------------------------


def shared(path: Path) -> Store:
    lock = hold(path, ".lock")
    assert lock is not None
    return Store(path, lambda _: None, shared=lock)


def pragmas(db: sqlite3.Connection) -> list[object]:
    return [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "locking_mode", "synchronous")]


def test_a_shared_file_needs_no_shared_memory_and_is_on_the_disk_before_anyone_is_told(path: Path) -> None:
    store = shared(path)
    in_loop(store.run(classes.create, "Physics", MODEL, NOW))
    assert in_loop(store.run(pragmas)) == ["wal", "exclusive", 2]
    assert sorted(file.suffix for file in path.parent.iterdir()) == [".lock", ".sqlite", ".sqlite-wal"]
    store.close()


def test_an_app_that_is_alone_keeps_its_file_as_ever(path: Path) -> None:
    with opened(path) as store:
        in_loop(store.run(classes.create, "Physics", MODEL, NOW))
        assert in_loop(store.run(pragmas)) == ["wal", "normal", 1]
        inode = path.stat().st_ino
    with opened(path):
        assert path.stat().st_ino == inode
    assert sorted(file.name for file in path.parent.iterdir()) == ["classes.sqlite", "classes.sqlite.lock"]


def test_what_an_app_wrote_before_it_had_others_beside_it_is_taken_over(path: Path) -> None:
    with opened(path) as store:
        code = in_loop(store.run(classes.create, "Physics", MODEL, NOW)).code
    store = shared(path)
    assert in_loop(store.run(classes.described, code))["name"] == "Physics"
    store.close()


def test_a_holder_that_was_cut_off_answers_nothing_and_spoils_nothing(path: Path) -> None:
    """Its lock has gone, on a network disk after a while; another computer has the file."""
    old = shared(path)
    code = in_loop(old.run(classes.create, "Physics", MODEL, NOW)).code
    wal = path.with_name(f"{path.name}-wal")
    disk = {file: file.read_bytes() for file in (path, wal)}
    for file, content in disk.items():  # as if by another computer, to which this one's locks are nothing
        file.unlink()
        file.write_bytes(content)
    old._lock.release()
    new = shared(path)
    in_loop(new.run(seats.join, code, None, "Ada", NOW))
    with pytest.raises(AwayError):
        in_loop(old.run(seats.join, code, None, "Bob", NOW))
    assert old.is_lost
    old.close()
    assert wal.exists(), "the new holder's write-ahead file is not for the old one to remove"
    crash = {file: file.read_bytes() for file in (path, wal)}
    new.close()
    for file, content in crash.items():
        file.write_bytes(content)
    again = shared(path)
    assert in_loop(again.run(seats.join, code, None, "Bob", NOW)).id == 2
    assert in_loop(again.run(seats.count, code)) == 2
    again.close()


def test_a_write_ahead_file_that_cannot_be_emptied_is_not_left_behind(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared(path).close()
    monkeypatch.setattr(Path, "exists", lambda _: True)
    with pytest.raises(StoreError, match="could not be emptied"):
        shared(path)
    lock = hold(path, ".lock")
    assert lock is not None, "who cannot open it lets others try"
    lock.release()


# ---- homes -----------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def replica_of(path: Path, replica: Replica, left: list[int] | None = None) -> AsyncIterator[Homes]:
    found = Homes(path, replica, lambda _: None, (left if left is not None else []).append)
    try:
        yield found
    finally:
        await found.close()


async def made(found: Homes) -> str:
    store = await found.store(found.replica.number)
    return (await store.run(classes.create, "Physics", MODEL, time.time(), first=found.replica.letters)).code


def test_a_home_that_lives_keeps_its_file_and_a_home_that_is_gone_does_not(path: Path) -> None:
    async def lesson() -> None:
        left: list[int] = []
        async with replica_of(path, FIRST, left) as first:
            async with replica_of(path, SECOND) as second:
                code = await made(second)
                with pytest.raises(AwayError, match="moving to another server"):
                    await first.store(2)
            store = await first.store(2)
            assert (await store.run(classes.described, code))["name"] == "Physics"
            await first.tend()
            assert first.has(2), "nobody has come back"
            async with replica_of(path, SECOND) as second:
                back = asyncio.create_task(second.store(2))
                while not left:
                    await first.tend()
                assert (await (await back).run(classes.described, code))["name"] == "Physics"
                assert (left, first.has(2)) == ([2], False)
                with pytest.raises(AwayError):
                    await first.store(2)
                with pytest.raises(AwayError):
                    await store.run(classes.described, code)

    in_loop(lesson())


def test_a_home_that_lives_but_has_its_file_not_yet_loses_it_to_nobody(path: Path) -> None:
    async def lesson() -> None:
        here = hold(SECOND.file(path, 2), ".home")
        assert here is not None
        async with replica_of(path, FIRST) as first:
            with pytest.raises(AwayError):
                await first.store(2)
            here.release()
            await first.store(2)

    in_loop(lesson())


def test_a_file_that_is_away_is_not_asked_for_at_every_request(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def held(_: Path, suffix: str, __: float = 0.0) -> None:
        asked.append(suffix)

    monkeypatch.setattr(homes, "hold", held)
    monkeypatch.setattr(homes, "AGAIN_SECONDS", 1e9)

    async def lesson() -> None:
        async with replica_of(path, FIRST) as first:
            found = await asyncio.gather(*(first.store(2) for _ in range(400)), return_exceptions=True)
            found += await asyncio.gather(*(first.store(2) for _ in range(400)), return_exceptions=True)
            assert {str(each) for each in found} == {AWAY}
            assert asked == [".lock"]

    in_loop(lesson())


def test_two_replicas_of_one_number_are_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "RETURN_SECONDS", 0.1)

    async def lesson() -> None:
        async with replica_of(path, FIRST) as first, replica_of(path, FIRST) as other:
            await first.store(1)
            with pytest.raises(AwayError, match=r"is replica 1 of 2 already; .* VAE_REPLICA"):
                await other.store(1)

    in_loop(lesson())


def test_a_file_whose_disk_has_gone_is_closed_and_opened_again(path: Path) -> None:
    def gone(_: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    async def lesson() -> None:
        async with replica_of(path, FIRST) as first:
            code = await made(first)
            store = await first.store(1)
            with pytest.raises(StoreError):
                await store.run(gone)
            await first.tend()
            assert await first.store(1) is not store
            assert (await (await first.store(1)).run(classes.described, code))["name"] == "Physics"

    in_loop(lesson())


def test_a_day_later_nothing_is_left_in_files_of_homes_that_are_no_more(path: Path) -> None:
    async def codes(file: Path) -> list[str]:
        store = shared(file)
        try:
            return await store.run(classes.all_codes)
        finally:
            store.close()

    async def lesson() -> None:
        for replica in (Replica(), Replica(3, 3), SECOND):
            async with replica_of(path, replica) as found:
                await made(found)
        async with replica_of(path, FIRST) as first, replica_of(path, SECOND) as second:
            await made(first)
            await second.store(2)
            await first.expire(time.time() + 2 * classes.LIFETIME)
            assert await (await first.store(1)).run(classes.all_codes) == []
            assert len(await (await second.store(2)).run(classes.all_codes)) == 1, "only its holder deletes it"
            for file in (path, Replica(3, 3).file(path, 3)):
                assert await codes(file) == []

    in_loop(lesson())


def test_who_leaves_while_a_file_is_opened_keeps_it_from_nobody(path: Path) -> None:
    async def lesson() -> None:
        async with replica_of(path, FIRST) as first:
            asking = asyncio.create_task(first.store(1))
            await asyncio.sleep(0)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            await made(first)

    in_loop(lesson())


# ---- classes ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def replicas(path: Path) -> Iterator[tuple[Running, Running]]:
    def refused(_: Any, sentence: str, status: int) -> PlainTextResponse:
        return PlainTextResponse(sentence, status)

    shown = Pages(refused=refused, student=lambda _, code: PlainTextResponse(code or ""))
    with ExitStack() as stack:
        first, second = (stack.enter_context(serve(path, shown, replica=each)) for each in (FIRST, SECOND))
        yield first, second


def ended(client: Any) -> dict[str, Any]:
    """The last message of a socket."""
    while client.ended is None:
        client.take()
    found: dict[str, Any] = client.ended
    return found


def test_a_class_is_opened_at_its_home_and_another_replica_says_that_it_is_elsewhere(
    replicas: tuple[Running, Running],
) -> None:
    first, second = replicas
    code, secret = second.open()
    assert code[0] in SECOND.letters
    assert second.ask("GET", f"{code}/ping").status == 204
    away = first.ask("GET", f"{code}/ping")
    assert (away.status, away.headers["retry-after"], away.text) == (503, "1", AWAY)
    page = first.ask("GET", code)
    assert (page.status, page.headers["refresh"], page.text) == (503, "1", AWAY)
    with first.connect(code, "projector") as client:
        assert client.ended == {"error": AWAY}
    assert first.ask("POST", code, {"secret": secret}).status == 503
    assert {first.ask("GET", f"{code}/ping").status for _ in range(2 * MOST_FAILURES)} == {503}, "it is no guess"


def test_a_room_that_is_left_of_a_class_that_has_moved_is_no_class(replicas: tuple[Running, Running]) -> None:
    first, second = replicas
    code, _ = second.open()
    first.service._known.add(("127.0.0.1", code))
    first.service.room(code)
    assert first.ask("GET", f"{code}/ping").status == 503


def test_a_teacher_s_classes_are_listed_wherever_they_are(replicas: tuple[Running, Running]) -> None:
    first, second = replicas
    here, there = first.open("Here"), second.open("There")
    cookies = {"Cookie": "; ".join(f"class-{code}={secret}" for code, secret in (here, there, ("odd", "x")))}
    found = first.ask("GET", "classes", headers=cookies).json
    assert ([each["code"] for each in found["classes"]], found["elsewhere"]) == ([here[0]], [there[0]])
    one = second.ask("GET", f"{there[0]}/class", headers=cookies)
    assert one.json == {"code": there[0], "name": "There", "model": "grey", "owner": True, "links": 0}
    assert second.ask("GET", f"{there[0]}/class").status == 403


def test_a_proxy_learns_which_replica_has_a_home(replicas: tuple[Running, Running]) -> None:
    first, second = replicas
    until(lambda: second.ask("GET", "homes/2").status == 204)
    assert [first.ask("GET", f"homes/{home}").status for home in (0, 1, 2, 3)] == [404, 204, 503, 404]
    second.stop()
    assert first.ask("GET", "homes/2").status == 204


def test_when_a_home_is_gone_its_class_goes_on_and_comes_back_with_it(path: Path) -> None:
    with serve(path, replica=FIRST) as first:
        with serve(path, replica=SECOND) as second:
            code, secret = second.open()
            with second.connect(code, "teacher", secret=secret) as teacher:
                teacher.do("ask", text="Why?", options=["a", "b"], correct=None)
            seat = second.seat(code, "Ada")["seat"]
        with first.connect(code, "student", seat=seat) as student:
            student.do("vote", question=1, round=1, choice=1)
            with serve(path, replica=SECOND) as second:
                assert ended(student) == {"error": AWAY}
                with second.connect(code, "student", after=student.seq, seat=seat) as back:
                    assert back.do("vote", question=1, round=1, choice=1), "the same again changes nothing"
                    back.until(lambda state: state["progress"]["answered"] == 1)


def test_a_command_that_comes_while_a_class_moves_is_not_refused_but_sent_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(path, replica=FIRST) as running:
        code, _ = running.open()
        seat = running.seat(code)["seat"]
        with running.connect(code, "student", seat=seat) as student:

            async def moves(_: Homes, __: int) -> Store:
                raise AwayError(AWAY)

            monkeypatch.setattr(Homes, "store", moves)
            student.send("vote", question=1, round=1, choice=1)
            assert ended(student) == {"error": AWAY}
            assert student.replies == {}
        headers = {"Authorization": f"Bearer {seat}"}
        body = json.dumps({"version": 1, "id": "1", "do": "vote", "question": 1, "round": 1, "choice": 1}).encode()
        for method, where, sent in (("POST", "commands", body), ("GET", "poll", None), ("GET", "events", None)):
            found = running.ask(method, f"{code}/{where}?role=student", headers=headers, body=sent)
            assert (found.status, found.headers["retry-after"]) == (503, "1")


def test_readiness_is_a_sentence_while_the_own_file_is_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "RETURN_SECONDS", 0.0)

    async def lesson() -> None:
        alone = ClassService(path, load)
        assert await alone.problem() == ""
        assert not path.exists()
        replica = ClassService(path, load, replica=FIRST)
        lock = hold(FIRST.file(path, 1), ".lock")
        assert lock is not None
        assert await replica.problem() == AWAY
        lock.release()
        while await replica.problem():
            await asyncio.sleep(0)
        for each in (alone, replica):
            await each.close()

    in_loop(lesson())

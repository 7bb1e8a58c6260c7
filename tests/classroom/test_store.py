"""The file of all classes: transactions in one thread, nothing told before it is kept, one app at a time."""

import asyncio
import os
import sqlite3
import stat
import sys
from pathlib import Path

import pytest

from tests.support.classrooms import MODEL, NOW, encoded, in_loop, lesson, opened, tables
from vae.classroom.codes import ClassError
from vae.classroom.state import classes, drawings, exports, lessons, seats, sections, votes
from vae.classroom.state.schema import SKIPPED, TABLES, VERSION, Change, last_event
from vae.classroom.state.store import Store, StoreError

# The tables of the first version, as the app made them.
OLD = f"""
{TABLES.replace(", language TEXT NOT NULL DEFAULT 'en'", "").replace(", lesson TEXT, part TEXT", "")}
PRAGMA user_version = 1;
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "classes.sqlite"


def test_what_was_done_is_there_when_the_file_is_opened_again(path: Path) -> None:
    with opened(path) as store:
        made = in_loop(store.run(classes.create, "Physics", MODEL, NOW))
        seat = in_loop(store.run(seats.join, made.code, None, "Ada", NOW, simulated=False))
    with opened(path) as store:
        assert in_loop(store.run(classes.is_teacher, made.code, made.secret))
        again = in_loop(store.run(seats.join, made.code, seat.token, None, NOW))
    assert (again.id, again.name, again.new) == (seat.id, "Ada", False)


def test_only_the_owner_reads_the_file_and_no_secret_is_in_it(path: Path) -> None:
    with opened(path) as store:
        made = in_loop(store.run(classes.create, "Physics", MODEL, NOW))
        seat = in_loop(store.run(seats.join, made.code, None, "Ada", NOW))
        found = b"".join(file.read_bytes() for file in path.parent.iterdir())
        if sys.platform != "win32":
            files = [file for file in path.parent.iterdir() if file.suffix != ".lock"]
            assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert made.code.encode() in found
    assert made.secret.encode() not in found
    assert seat.token.encode() not in found


def test_nothing_of_a_deleted_class_is_left_in_the_folder(path: Path) -> None:
    with opened(path) as store:
        made = in_loop(store.run(classes.create, "Unforgettable class", MODEL, NOW))
        in_loop(store.run(seats.join, made.code, None, "Rumpelstiltskin", NOW))
        kept = b"".join(file.read_bytes() for file in path.parent.iterdir())
        in_loop(store.run(classes.delete, made.code))
        left = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"Unforgettable" in kept
    assert b"Rumpelstiltskin" in kept
    assert b"Unforgettable" not in left
    assert b"Rumpelstiltskin" not in left


def test_what_waits_together_is_one_transaction_and_is_published_once(path: Path) -> None:
    changes: list[list[Change]] = []

    async def together(store: Store) -> None:
        made = await store.run(classes.create, "Physics", MODEL, NOW)
        waiting = asyncio.gather(*(store.run(seats.join, made.code, None, None, NOW) for _ in range(40)))
        joined = await waiting
        assert [seat.id for seat in joined] == list(range(1, 41))
        await store.run(classes.set_mode, made.code, "explore")

    with opened(path, changes) as store:
        in_loop(together(store))
    assert sum(len(part) for part in changes) == 1 + 40 * 4 + 1
    assert len(changes) < 40
    numbers = [change.seq for part in changes for change in part]
    assert numbers == sorted(set(numbers))


def test_events_are_published_before_anyone_is_told(path: Path) -> None:
    order: list[str] = []

    async def once(store: Store) -> None:
        await store.run(classes.create, "Physics", MODEL, NOW)
        order.append("told")

    store = Store(path, lambda _: order.append("published"))
    in_loop(once(store))
    store.close()
    assert order == ["published", "told"]


def test_a_refused_operation_leaves_nothing_and_the_others_go_on(path: Path) -> None:
    changes: list[list[Change]] = []

    def half(db: sqlite3.Connection, code: str) -> None:
        classes.set_mode(db, code, "explore")
        raise ClassError("No.")

    async def both(store: Store) -> str:
        made = await store.run(classes.create, "Physics", MODEL, NOW)
        results = await asyncio.gather(
            store.run(half, made.code),
            store.run(votes.ask, made.code, "Why?", ["a", "b"], None),
            return_exceptions=True,
        )
        assert isinstance(results[0], ClassError)
        assert results[1] == 1
        return (await store.run(classes.described, made.code))["mode"]

    with opened(path, changes) as store:
        assert in_loop(both(store)) == "follow"
    assert [change.section for part in changes for change in part].count("class") == 1


def test_an_operation_that_the_disk_refuses_says_so_and_leaves_the_others_alone(path: Path) -> None:
    def full_disk(_: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    async def three(store: Store) -> list[object]:
        made = await store.run(classes.create, "Physics", MODEL, NOW)
        work = [store.run(seats.join, made.code, None, name, NOW) for name in ("Ada", "Bob")]
        return await asyncio.gather(work[0], store.run(full_disk), work[1], return_exceptions=True)

    with opened(path) as store:
        ada, refused, bob = in_loop(three(store))
    assert isinstance(refused, StoreError)
    assert "free space" in str(refused)
    assert [getattr(seat, "name", None) for seat in (ada, bob)] == ["Ada", "Bob"]


def test_a_full_disk_takes_no_drawing_and_the_class_goes_on_when_there_is_room(path: Path) -> None:
    async def fill(store: Store) -> str:
        made = await store.run(classes.create, "Physics", MODEL, NOW)
        seat = await store.run(seats.join, made.code, None, "Ada", NOW)
        pages = await store.run(lambda db: int(db.execute("PRAGMA page_count").fetchone()[0]))
        await store.run(lambda db: db.execute(f"PRAGMA max_page_count = {pages}").fetchone())
        big = encoded(side=128)
        work = [store.run(drawings.hand_in, made.code, seat.id, big, key=key, label="3", now=NOW) for key in "ab"]
        for refused in await asyncio.gather(*work, return_exceptions=True):
            assert isinstance(refused, StoreError)
        assert (await store.run(sections.full, made.code, "teacher"))["items"]["drawings"] == {}
        await store.run(lambda db: db.execute("PRAGMA max_page_count = 100000").fetchone())
        assert await store.run(drawings.hand_in, made.code, seat.id, big, key="a", label="3", now=NOW) == 1
        return made.code

    with opened(path) as store:
        code = in_loop(fill(store))
    with opened(path) as store:
        assert in_loop(store.run(drawings.for_teachers, code)).keys() == {"1"}


def test_deleted_classes_do_not_outlive_a_kill_in_the_write_ahead_file(path: Path) -> None:
    with opened(path) as store:
        made = in_loop(store.run(classes.create, "Unforgettable class", MODEL, NOW))
        store._erase = lambda: None  # type: ignore[method-assign]
        in_loop(store.run(classes.delete, made.code))
        left = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    assert any(b"Unforgettable" in content for content in left.values())
    for name, content in left.items():  # as after a kill: closing had emptied it
        (path.parent / name).write_bytes(content)
    with opened(path):
        assert not any(b"Unforgettable" in file.read_bytes() for file in path.parent.iterdir())


def test_who_waits_is_told_also_where_publishing_fails(path: Path) -> None:
    async def once(store: Store) -> str:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(str(context["exception"])))
        return (await store.run(classes.create, "Physics", MODEL, NOW)).code

    failures: list[str] = []

    def fail(_: list[Change]) -> None:
        raise RuntimeError("nobody listens")

    store = Store(path, fail)
    assert len(in_loop(once(store))) == 6
    store.close()
    assert failures == ["nobody listens"]


def test_a_disk_without_locks_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: object, **__: object) -> None:
        raise NotImplementedError("no flock")

    monkeypatch.setattr("vae.classroom.state.store.FileLock.acquire", no_locks)
    with pytest.raises(StoreError, match=r"no flock.*VAE_CLASSES"):
        Store(path, lambda _: None)


def test_a_caller_that_has_gone_does_not_stop_the_work(path: Path) -> None:
    async def leave(store: Store) -> list[str]:
        task = asyncio.create_task(store.run(classes.create, "Physics", MODEL, NOW))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return await store.run(classes.all_codes)

    with opened(path) as store:
        assert len(in_loop(leave(store))) == 1


def test_a_second_app_is_told_that_another_has_the_file(path: Path) -> None:
    with opened(path), pytest.raises(StoreError, match=r"Another app has the classes of .* VAE_CLASSES"):
        Store(path, lambda _: None)
    with opened(path):
        pass


def test_a_closed_store_takes_no_work_but_ends_what_waits(path: Path) -> None:
    async def ending(store: Store) -> None:
        task = asyncio.create_task(store.run(classes.create, "Physics", MODEL, NOW))
        await asyncio.sleep(0)
        store.close()
        store.close()
        assert len((await task).code) == 6
        with pytest.raises(StoreError, match="The app is closing"):
            await store.run(classes.all_codes)

    in_loop(ending(Store(path, lambda _: None)))


@pytest.mark.parametrize("content", [b"not a database, " * 99, b"SQLite format 3\0" + bytes(200)])
def test_a_file_that_is_no_database_is_refused_and_left(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"cannot be used .* delete it, or name another"):
        Store(path, lambda _: None)
    assert path.read_bytes() == content


def test_a_file_of_the_first_version_gets_what_it_lacks_and_keeps_its_classes(path: Path) -> None:
    path.parent.mkdir(parents=True)
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(OLD)
    db.execute(
        "INSERT INTO classes (code, name, model, opened, secret) VALUES ('ABCDEF', 'Old', 'm', ?, x'00')", (NOW,)
    )
    db.execute("INSERT INTO questions (code, id, text, options) VALUES ('ABCDEF', 1, 'Why?', '[\"a\", \"b\"]')")
    db.close()
    for _ in range(2):
        with opened(path) as store:
            assert in_loop(store.run(classes.described, "ABCDEF"))["language"] == "en"
            in_loop(store.run(lessons.set_lesson, "ABCDEF", lesson()))
            assert in_loop(store.run(exports.as_json, "ABCDEF"))["questions"][0]["part"] is None
    new, old = tables(), sqlite3.connect(path)
    columns = "SELECT m.name, c.* FROM sqlite_master m, pragma_table_info(m.name) c ORDER BY 1, 2"
    assert [*map(tuple, old.execute(columns))] == [*map(tuple, new.execute(columns))]
    assert old.execute("PRAGMA user_version").fetchone()[0] == VERSION
    old.close()


def test_a_file_of_another_version_is_refused(path: Path) -> None:
    with opened(path):
        pass
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreError, match="version 99"):
        Store(path, lambda _: None)


def test_a_damaged_page_is_told_without_its_folder_and_the_log_has_it(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def damaged(_: sqlite3.Connection) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    with opened(path) as store, pytest.raises(StoreError, match=r"malformed.*delete it") as refused:
        in_loop(store.run(damaged))
    assert str(path.parent) not in str(refused.value)
    assert str(path) in caplog.text


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no such folders")
def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="name another file in VAE_CLASSES"):
        Store(tmp_path / "file" / "classes.sqlite", lambda _: None)


def test_each_start_skips_numbers_so_that_lost_events_are_never_taken_for_known_ones(path: Path) -> None:
    with opened(path) as store:
        made = in_loop(store.run(classes.create, "Physics", MODEL, NOW))
        before = in_loop(store.run(last_event))
    with opened(path) as store:
        assert in_loop(store.run(last_event, made.code)) == before
        in_loop(store.run(classes.set_mode, made.code, "explore"))
        assert in_loop(store.run(last_event)) == before + SKIPPED + 1

"""Uploads: written in pieces under a ticket, bounded, and removed when nobody needs them."""

import gc
from collections import namedtuple
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from vae.storage import uploads as module
from vae.storage.atomic import PREFIX
from vae.storage.uploads import MOST_UPLOADS, Announced, UploadError, Uploads

Usage = namedtuple("Usage", "total used free")
HERE = "10.0.0.1"


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    found = Uploads(tmp_path, 100)
    found.lease("ticket")
    return found


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> list[Timer]:
    """What is to happen later; it never happens by itself."""
    waiting: list[Timer] = []

    def start(timer: Timer) -> None:
        waiting.append(timer)

    monkeypatch.setattr(Timer, "start", start)
    return waiting


def announced(total: int = 10, upload: str = "a", **rest: Any) -> Announced:
    return Announced(**{"upload": upload, "total": total, "pictures": None, "name": "mine.zip", **rest})


def refused(status: int) -> Any:
    return pytest.raises(UploadError, check=lambda error: error.status == status)


def files(tmp_path: Path) -> list[Path]:
    return sorted(path for path in tmp_path.rglob("*") if path.is_file())


def test_pieces_make_the_file_which_is_found_once_it_is_whole(uploads: Uploads, tmp_path: Path) -> None:
    assert uploads.write("ticket", HERE, announced(), 0, b"01234") == 5
    assert uploads.finished("ticket") is None
    assert uploads.write("ticket", HERE, announced(), 5, b"56789") == 10
    found = uploads.finished("ticket")
    assert found is not None
    assert found.announced == announced()
    assert found.path.read_bytes() == b"0123456789"
    assert files(tmp_path) == [found.path]
    assert found.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("offset", "piece"), [(0, b"01234"), (0, b"0123456"), (3, b"345"), (3, b"34"), (5, b"")])
def test_a_piece_that_comes_again_changes_nothing(uploads: Uploads, offset: int, piece: bytes) -> None:
    uploads.write("ticket", HERE, announced(), 0, b"01234")
    size = uploads.write("ticket", HERE, announced(), offset, piece)
    uploads.write("ticket", HERE, announced(), size, b"0123456789"[size:])
    found = uploads.finished("ticket")
    assert found is not None
    assert found.path.read_bytes() == b"0123456789"


@pytest.mark.parametrize(
    ("about", "offset", "status"),
    [
        (announced(), 6, 409),  # a piece is missing
        (announced(upload="b"), 5, 409),  # another upload, from its middle
        (announced(total=11), 5, 409),  # announced differently
        (announced(), 5, 422),  # longer than announced
    ],
)
def test_what_does_not_continue_an_upload_is_refused_and_changes_nothing(
    uploads: Uploads, about: Announced, offset: int, status: int
) -> None:
    uploads.write("ticket", HERE, announced(), 0, b"01234")
    with refused(status):
        uploads.write("ticket", HERE, about, offset, b"567890")
    assert uploads.write("ticket", HERE, announced(), 5, b"56789") == 10


def test_an_unknown_ticket_writes_nothing(uploads: Uploads, tmp_path: Path) -> None:
    with refused(404):
        uploads.write("guess", HERE, announced(), 0, b"0123456789")
    assert files(tmp_path) == []


def test_a_ticket_finds_its_own_upload_alone(uploads: Uploads) -> None:
    uploads.lease("other")
    uploads.write("ticket", HERE, announced(), 0, b"0123456789")
    assert uploads.finished("other") is None
    uploads.discard("other")
    uploads.write("other", HERE, announced(), 0, b"9876543210")
    mine, others = uploads.finished("ticket"), uploads.finished("other")
    assert mine is not None
    assert others is not None
    assert (mine.path.read_bytes(), others.path.read_bytes()) == (b"0123456789", b"9876543210")


def test_a_new_upload_replaces_the_ticket_s_earlier_one_under_another_path(uploads: Uploads, tmp_path: Path) -> None:
    uploads.write("ticket", HERE, announced(), 0, b"0123456789")
    first = uploads.finished("ticket")
    uploads.write("ticket", HERE, announced(3, "b"), 0, b"abc")
    second = uploads.finished("ticket")
    assert first is not None
    assert second is not None
    assert first.path != second.path
    assert files(tmp_path) == [second.path]
    uploads.discard("ticket")
    assert uploads.finished("ticket") is None
    assert files(tmp_path) == []


def test_an_upload_that_is_announced_too_large_is_refused_before_it_is_sent(uploads: Uploads, tmp_path: Path) -> None:
    with refused(422):
        uploads.check("ticket", announced(101))
    with refused(422):
        uploads.write("ticket", HERE, announced(101), 0, b"")
    uploads.check("ticket", announced(100))
    assert files(tmp_path) == []


def test_one_address_may_take_half_of_the_room_and_all_together_no_more_than_there_is(uploads: Uploads) -> None:
    half = MOST_UPLOADS // 2
    for i in range(MOST_UPLOADS + 1):
        uploads.lease(f"{i}")
    for i in range(half):
        uploads.write(f"{i}", HERE, announced(100), 0, b"0")
    with refused(503) as mine:
        uploads.write(f"{half}", HERE, announced(1), 0, b"0")
    assert "Your network" in str(mine.value)
    for i in range(half, MOST_UPLOADS):
        uploads.write(f"{i}", "10.0.0.2", announced(100), 0, b"0")
    with refused(503) as all_of_them:
        uploads.write(f"{MOST_UPLOADS}", "10.0.0.3", announced(1), 0, b"0")
    assert "The server" in str(all_of_them.value)
    uploads.write("0", HERE, announced(100, "b"), 0, b"0")  # in place of its own


def test_a_disk_without_room_is_said_before_anything_is_sent(
    uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(0, 0, module.SPARE_BYTES + 9))
    with refused(507):
        uploads.write("ticket", HERE, announced(10), 0, b"0")
    assert files(tmp_path) == []
    assert uploads.write("ticket", HERE, announced(9), 0, b"0") == 1


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    uploads = Uploads(tmp_path / "file", 100)
    uploads.lease("ticket")
    with refused(507):
        uploads.write("ticket", HERE, announced(), 0, b"0")


def test_an_upload_goes_on_after_the_disk_was_full(uploads: Uploads, monkeypatch: pytest.MonkeyPatch) -> None:
    uploads.write("ticket", HERE, announced(), 0, b"01234")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        with refused(507):
            uploads.write("ticket", HERE, announced(), 5, b"56789")
    assert uploads.write("ticket", HERE, announced(), 5, b"56789") == 10


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_uploads_that_nobody_continues_or_uses_are_removed(
    uploads: Uploads, tmp_path: Path, clock: list[float]
) -> None:
    for ticket in ("whole", "half"):
        uploads.lease(ticket)
        uploads.write(ticket, HERE, announced(), 0, b"01234")
    uploads.write("whole", HERE, announced(), 5, b"56789")
    clock[0] += module.UNFINISHED_SECONDS + 1
    uploads.lease("new")
    whole = uploads.finished("whole")
    assert whole is not None
    assert files(tmp_path) == [whole.path]
    clock[0] += module.FINISHED_SECONDS - 1
    assert uploads.finished("whole") is not None  # and so it is used
    clock[0] += module.FINISHED_SECONDS - 1
    uploads.lease("new")
    assert uploads.finished("whole") is not None
    clock[0] += module.FINISHED_SECONDS + 1
    uploads.lease("new")
    assert files(tmp_path) == []


def test_an_upload_ends_with_its_session_unless_that_comes_back(
    uploads: Uploads, tmp_path: Path, timers: list[Any]
) -> None:
    uploads.write("ticket", HERE, announced(), 0, b"0123456789")
    uploads.release("ticket")
    uploads.lease("ticket")
    timers[0].function(*timers[0].args)
    assert uploads.finished("ticket") is not None
    uploads.release("ticket")
    assert uploads.finished("ticket") is not None
    assert timers[1].interval == module.GRACE_SECONDS
    timers[1].function(*timers[1].args)
    assert files(tmp_path) == []
    with refused(404):
        uploads.write("ticket", HERE, announced(), 0, b"0123456789")


def test_a_session_without_an_upload_leaves_nothing_to_wait_for(uploads: Uploads, timers: list[Any]) -> None:
    uploads.release("ticket")
    assert timers == []
    with refused(404):
        uploads.check("ticket", announced())


def test_the_folder_goes_with_its_process_and_is_not_made_before_it_is_needed(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, 100)
    uploads.lease("ticket")
    assert list(tmp_path.iterdir()) == []
    uploads.write("ticket", HERE, announced(), 0, b"0")
    assert [path.name.startswith(PREFIX) for path in tmp_path.iterdir()] == [True]
    uploads.close()
    assert list(tmp_path.iterdir()) == []
    uploads.write("ticket", HERE, announced(), 0, b"0")
    del uploads
    gc.collect()
    assert list(tmp_path.iterdir()) == []

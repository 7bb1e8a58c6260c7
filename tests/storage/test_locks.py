"""The self-test of a shared folder's locks."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from vae.jobs.launchers import LocalLauncher
from vae.jobs.run import RunError
from vae.jobs.runs import Runs
from vae.storage import locks
from vae.storage.locks import lock_problem

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    lock_problem.cache_clear()


def test_a_folder_that_locks_has_no_problem_and_nothing_is_left_in_it(tmp_path: Path) -> None:
    assert lock_problem(tmp_path) == ""
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_which_two_processes_hold_one_lock_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vae.storage.locks.fcntl.flock", lambda *_: None)
    sentence = f"{tmp_path} does not lock its files, as two processes can hold a lock: share it by NFSv4 or CephFS"
    assert lock_problem(tmp_path).startswith(sentence)


def test_a_folder_without_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(*_: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("vae.storage.locks.fcntl.flock", flock)
    assert "does not lock its files ([Errno 38] Function not implemented)" in lock_problem(tmp_path)


def test_a_process_that_hangs_on_a_lock_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: Any, **__: Any) -> None:
        raise subprocess.TimeoutExpired("python", 30)

    hanging = SimpleNamespace(run=run, TimeoutExpired=subprocess.TimeoutExpired)
    monkeypatch.setattr(locks, "subprocess", hanging)
    assert "does not lock its files (Command 'python' timed out" in lock_problem(tmp_path)


@pytest.mark.parametrize(
    ("mount", "fine"),
    [
        ("rw - nfs4 server:/x rw,vers=4.2,local_lock=none,addr=10.0.0.1", True),
        ("rw - nfs server:/x rw,vers=3,nolock,addr=10.0.0.1", False),
        ("rw - nfs server:/x rw,vers=3,local_lock=flock", False),
        ("rw - nfs server:/x rw,vers=3,local_lock=all", False),
        ("rw - ceph 10.0.0.1:/ rw,acl", True),
        ("rw - fuse.sshfs me@there:/ rw", False),
        ("rw - cifs //there/x rw,nobrl", False),
        ("rw - ext4 /dev/vda rw", True),
    ],
)
def test_how_a_folder_is_mounted_says_whether_its_locks_hold_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mount: str, fine: bool
) -> None:
    folder = tmp_path / "two words"
    folder.mkdir()
    mounts = tmp_path / "mountinfo"
    point = str(folder.resolve()).replace(" ", "\\040")
    mounts.write_text(f"21 1 0:1 / / rw - ext4 /dev/vda rw\n22 21 0:2 / {point} {mount}\n")
    monkeypatch.setattr(locks, "MOUNTS", mounts)
    assert (lock_problem(folder) == "") == fine
    mounts.unlink()
    lock_problem.cache_clear()
    assert lock_problem(folder) == ""


def test_no_run_starts_in_a_shared_folder_that_does_not_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vae.storage.locks.fcntl.flock", lambda *_: None)
    runs = Runs(tmp_path / "checkpoints", LocalLauncher(), shared=True)
    assert "does not lock its files" in runs.obstacle()
    with pytest.raises(RunError, match="does not lock its files"):
        runs.start("first", {})
    assert Runs(tmp_path / "checkpoints").obstacle() == ""

"""Staging folders, in which files and folders are made before they get their name, so that they appear whole or not at
all; and removal of the staging folders that killed processes have left.

A process holds a lock on each staging folder that it uses; an unlocked one is stale and is removed. So removal depends
neither on the clock nor on process ids, and several processes may share a folder. Where there are no such locks, on
Windows and on some network disks, nothing is removed.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PREFIX = ".part-"


@contextmanager
def staging_folder(root: Path) -> Iterator[Path]:
    """An empty folder in root, which is made if missing. Removed after the block with all that is still in it.

    Raises OSError if it cannot be made.
    """
    root.mkdir(parents=True, exist_ok=True)
    remove_stale(root)
    folder, lock = _locked_folder(root)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def remove_stale(root: Path) -> None:
    """Removes the unlocked staging folders in root. Those that cannot be read or changed are left."""
    if fcntl is None:
        return
    with suppress(OSError):
        for folder in root.iterdir():
            if folder.name.startswith(PREFIX):
                _remove_unless_locked(folder)


def _locked_folder(root: Path) -> tuple[Path, int | None]:
    """A new staging folder and its lock, which the system releases when this process ends."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
        if fcntl is None:
            return folder, None
        try:
            lock = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:  # another process has removed it before it was locked
            continue
        with suppress(OSError):  # a disk without locks, where nothing is removed either
            fcntl.flock(lock, fcntl.LOCK_SH)
        if folder.is_dir():
            return folder, lock
        os.close(lock)


def _remove_unless_locked(folder: Path) -> None:
    """Follows no link: a staging folder is never one."""
    with suppress(OSError):
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)

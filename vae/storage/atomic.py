"""Folders in which something is being made, and what a process that was killed has left of them.

What is to be there whole or not at all is made in such a folder beside its place, and moved out of it under its own
name. Whoever works in one holds its lock; one that nobody holds belongs to nobody and is swept up. So neither the clock
nor any process's number need be trusted, and several processes may share a folder. Where there are no such locks, on
Windows and on some network disks, nothing is swept up.
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
    """An empty folder in root, made where it is missing; gone after the block with all that was not moved out of it.

    Raises OSError where it cannot be made.
    """
    root.mkdir(parents=True, exist_ok=True)
    remove_stale(root)
    folder, lock = _held(root)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def remove_stale(root: Path) -> None:
    """Removes the parts in this folder that nobody works in. A folder that cannot be read or changed is left alone."""
    if fcntl is None:
        return
    with suppress(OSError):
        for folder in root.iterdir():
            if folder.name.startswith(PREFIX):
                _remove_unless_held(folder)


def _held(root: Path) -> tuple[Path, int | None]:
    """A new part and its lock, which ends with this process at the latest."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
        if fcntl is None:
            return folder, None
        try:
            lock = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:  # somebody has swept it up before it was held
            continue
        with suppress(OSError):  # a disk without locks, where nobody sweeps either
            fcntl.flock(lock, fcntl.LOCK_SH)
        if folder.is_dir():
            return folder, lock
        os.close(lock)


def _remove_unless_held(folder: Path) -> None:
    """Follows no link: a part is a folder of ours."""
    with suppress(OSError):
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)

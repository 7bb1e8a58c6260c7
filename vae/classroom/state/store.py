"""The thread with the only connection to a file of classes.

Every operation runs in a savepoint; all that wait at one moment are one transaction, so that four hundred votes cost a
few commits. Nobody is told anything before its COMMIT. The file is in write-ahead mode: a process killed at any moment
loses nothing that was committed.

A file that several computers share has three more rules. Its index of the write-ahead file is in this process's memory
(locking_mode EXCLUSIVE), as network disks share no memory. Each COMMIT is on the disk before anyone is told
(synchronous FULL), as the next holder may be another computer. And each holder begins with a copy, which takes the
file's name: what a holder that was cut off for long, and has lost the lock, still writes goes into a file without one.
"""

import asyncio
import logging
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Coroutine
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Concatenate, ParamSpec, TypeVar

from filelock import FileLock, Timeout

from vae.classroom.codes import ClassError
from vae.classroom.state.schema import Change, events_after, last_event, prepare

MOST_TOGETHER = 256  # operations in one transaction
_log = logging.getLogger(__name__)
CLOSED = "The app is closing; the page comes back by itself."
ALONE = ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "secure_delete = ON")
SHARED = ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL", *ALONE[2:])

P = ParamSpec("P")
T = TypeVar("T")


class StoreError(ClassError):
    """The file of all classes cannot be used; one sentence with the remedy."""

    status = 503


class AwayError(StoreError):
    """The file is not this app's now, or no longer: the same request is answered in a moment."""


@dataclass(frozen=True)
class _Task:
    """An operation that waits, and the future of who waits for it."""

    operation: Callable[[sqlite3.Connection], Any]
    future: "asyncio.Future[Any]"


@dataclass
class _Result:
    """What became of a task: a value or an error."""

    task: _Task
    value: Any = None
    error: BaseException | None = None


class Store:
    """The classes of a file. on_change: called in the event loop with the events of a transaction, after its COMMIT.

    shared: the lock of a file that other computers may open after this one, from hold(); it is released at the end.
    Raises StoreError if another app holds the file, or it cannot be opened.
    """

    def __init__(
        self, path: Path, on_change: Callable[[list[Change]], None], *, shared: FileLock | None = None
    ) -> None:
        self.path, self._on_change = path, on_change
        self._lock = shared or _own(path)
        try:
            if shared is not None:
                _take_over(path)
            self._db = _open(path, SHARED if shared is not None else ALONE)
            self._inode = _inode_of(path) if shared is not None else None
        except BaseException:
            self._lock.release()
            raise
        self.is_lost = False  # another holder has the file, or the disk has gone: this store is to be closed
        self._last = last_event(self._db)
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="classes", daemon=True)
        self._thread.start()

    def run(
        self, operation: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Coroutine[Any, Any, T]:
        """operation(db, *args, **kwargs) in a transaction; its value after the COMMIT.

        Raises what the operation raises, after its changes are undone: ClassError for a caller's mistake. Raises
        StoreError if the file cannot be written.
        """
        return self._run(lambda db: operation(db, *args, **kwargs))

    async def _run(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        if self._closed:
            raise AwayError(CLOSED)
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._tasks.put(_Task(operation, future))
        return await future

    def close(self) -> None:
        """Ends the thread, after what waits is done, and lets another app have the file."""
        if self._closed:
            return
        self._closed = True
        self._tasks.put(None)
        self._thread.join()
        self._lock.release()

    def _work(self) -> None:
        """The thread."""
        closing = False
        while not closing:
            tasks, closing = self._waiting()
            if tasks:
                results = self._transaction(tasks)
                self._deliver(results)
        self._db.close()

    def _waiting(self) -> tuple[list[_Task], bool]:
        """The next task, with all that wait behind it, and whether the store is to be closed after them."""
        found: list[_Task] = []
        task = self._tasks.get()
        while task is not None:
            found.append(task)
            if len(found) == MOST_TOGETHER:
                return found, False
            try:
                task = self._tasks.get_nowait()
            except Empty:
                return found, False
        return found, True

    def _transaction(self, tasks: list[_Task]) -> tuple[list[_Result], list[Change]]:
        """Runs the tasks as one transaction. Gives what became of each, and the events."""
        try:
            self._db.execute("BEGIN")
            results = [self._attempt(task) for task in tasks]
            changes = events_after(self._db, self._last)
            self._db.execute("COMMIT")
            self._check_name()
        except Exception as error:  # whatever it is, who waits is told, and the thread goes on
            with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
                self._db.execute("ROLLBACK")
            if len(tasks) > 1:
                return self._one_by_one(tasks)
            refused = error if isinstance(error, AwayError) else _refused(self.path, error)
            self.is_lost |= self._inode is not None and (isinstance(error, AwayError) or "I/O" in str(error))
            return [_Result(task, error=refused) for task in tasks], []
        self._last = changes[-1].seq if changes else self._last
        if any(change.section == "deleted" for change in changes):
            self._erase()
        return results, changes

    def _check_name(self) -> None:
        """Raises AwayError where another holder has begun: what was written here, nobody will find."""
        if self._inode is not None and self._inode != _inode_of(self.path):
            raise AwayError(CLOSED)

    def _one_by_one(self, tasks: list[_Task]) -> tuple[list[_Result], list[Change]]:
        """The same in a transaction each, so that one that fails does not take the others with it."""
        outcomes = [self._transaction([task]) for task in tasks]
        return [result for results, _ in outcomes for result in results], [
            change for _, changes in outcomes for change in changes
        ]

    def _attempt(self, task: _Task) -> _Result:
        """Runs one task in a savepoint. Raises sqlite3.Error where the whole transaction has failed."""
        self._db.execute("SAVEPOINT task")
        result = _Result(task)
        try:
            result.value = task.operation(self._db)
        except Exception as error:
            if type(error) in (sqlite3.OperationalError, sqlite3.DatabaseError):  # a full disk, say: not its fault
                raise
            self._db.execute("ROLLBACK TO task")
            result.error = error
        self._db.execute("RELEASE task")
        return result

    def _erase(self) -> None:
        """Empties the write-ahead file, in which deleted classes would still be found."""
        with suppress(sqlite3.Error):  # it is emptied with the next one
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _deliver(self, outcome: tuple[list[_Result], list[Change]]) -> None:
        """Has the event loop publish the events, then tell all who wait."""
        results, changes = outcome
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            results[0].task.future.get_loop().call_soon_threadsafe(partial(self._tell, results, changes))

    def _tell(self, results: list[_Result], changes: list[Change]) -> None:
        try:
            if changes:
                self._on_change(changes)
        finally:
            for result in results:
                future = result.task.future
                if not future.done():  # it is done where its task was cancelled
                    if result.error is not None:
                        future.set_exception(result.error)
                    else:
                        future.set_result(result.value)


def _inode_of(path: Path) -> int:
    """Which file has this name; 0 for none."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def _refused(path: Path, error: Exception) -> StoreError:
    """Why the file cannot be read or written. Anyone in a class may read this: the log alone has the folder."""
    _log_once(f"The classes' file {path} cannot be used: {error}")
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    full = isinstance(error, sqlite3.OperationalError) and ("full" in reason or "I/O" in reason)
    remedy = "free space on its disk" if full else "delete it, or name another in VAE_CLASSES"
    return StoreError(f"The classes' file {path.name} cannot be used ({reason}); {remedy}.")


@lru_cache(maxsize=64)
def _log_once(text: str) -> None:
    """Every request may come to the same end, and a log grows on the disk, too."""
    _log.error(text)


def _own(path: Path) -> FileLock:
    """The lock of the file, held as long as this process lives."""
    lock = hold(path, ".lock")
    if lock is None:
        raise StoreError(
            f"Another app has the classes of {path.name}; open the class there, or start this app with another file in "
            "VAE_CLASSES."
        )
    return lock


def hold(path: Path, suffix: str, seconds: float = 0.0) -> FileLock | None:
    """A lock beside the file, held until it is released or this process ends; None if another has it for so long.

    Raises StoreError where there can be none.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(path.with_name(f"{path.name}{suffix}"), thread_local=False, preserve_lock_file=True)
        lock.acquire(timeout=seconds)
    except Timeout:
        return None
    except (OSError, NotImplementedError) as error:  # the latter where the disk has no locks
        _log_once(f"Classes cannot be kept in {path}: {error}")
        reason = error.strerror if isinstance(error, OSError) else error
        raise StoreError(
            f"Classes cannot be kept in {path.name} ({reason}); name another file in VAE_CLASSES."
        ) from error
    return lock


def _take_over(path: Path) -> None:
    """Gives the file's name to a copy of it, with all that was committed. Raises StoreError."""
    if not path.exists():
        return
    copy = path.with_name(f"{path.name}.copy")
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:  # its end removes the write-ahead file
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if path.with_name(f"{path.name}-wal").exists():
            raise sqlite3.OperationalError("its write-ahead file could not be emptied")
        copy.touch(0o600)
        with path.open("rb") as source, copy.open("wb") as made:
            shutil.copyfileobj(source, made)
            made.flush()
            os.fsync(made.fileno())
        copy.replace(path)
    except (OSError, sqlite3.Error) as error:
        raise _refused(path, error) from error


def _open(path: Path, pragmas: tuple[str, ...] = ALONE) -> sqlite3.Connection:
    """The connection, to be used by one thread at a time. Only the file's owner may read it."""
    db: sqlite3.Connection | None = None
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        db.row_factory = sqlite3.Row
        for pragma in pragmas:
            db.execute(f"PRAGMA {pragma}")
        prepare(db)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # a killed app may have left deleted classes in it
    except (OSError, sqlite3.Error, ValueError) as error:
        if db is not None:
            db.close()
        raise _refused(path, error) from error
    return db

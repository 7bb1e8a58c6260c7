"""Which files of classes this app has, where several apps, its replicas, share their work.

Alone, an app has one file. Of n replicas each is the home of the classes whose codes begin with its letters, and each
home has a file of its own in a folder that all share. Two locks lie beside it. The home's own replica holds `.home` for
as long as it lives; who has the file open holds `.lock`. So where a home is gone, the first replica that is asked for
one of its classes takes its file, and looks every second whether `.home` is held again: then it gives the file back.
Locks are the system's: they end with the process that had them, however it ends.
"""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from filelock import FileLock

from vae.classroom.codes import ALPHABET, ClassError
from vae.classroom.state import classes, seats
from vae.classroom.state.schema import Change
from vae.classroom.state.store import CLOSED, AwayError, Store, hold

AGAIN_SECONDS = 1.0  # after which a file that another replica has is asked for again
RETURN_SECONDS = 5.0  # in which a home that comes back waits for its file
AWAY = "The class is moving to another server; the page comes back by itself."
TAKEN = "Another app is replica {0.number} of {0.count} already; give each a number of its own in VAE_REPLICA."


@dataclass(frozen=True)
class Replica:
    """An app's number among the replicas, from 1; alone it is 1 of 1."""

    number: int = 1
    count: int = 1

    @property
    def letters(self) -> str:
        """With which the codes of its classes begin."""
        return ALPHABET[self.number - 1 :: self.count]

    def home(self, code: str) -> int:
        """The number of the replica that is the home of the class with this code."""
        return ALPHABET.index(code[0]) % self.count + 1

    def file(self, path: Path, home: int) -> Path:
        """The file of a home: beside path, and path itself where the app is alone."""
        return path if self.count == 1 else path.with_stem(f"{path.stem}-{home}")


def read_replica(text: str) -> Replica:
    """The replica of a text like 2/3, the second of three; alone for an empty one. Raises ValueError."""
    if not text.strip():
        return Replica()
    found = re.fullmatch(r"([1-9]\d?)/([1-9]\d?)", text.strip())
    if found is None or not int(found[1]) <= int(found[2]) <= len(ALPHABET):
        raise ValueError(
            f"VAE_REPLICA is {text[:20]!r}; it is this replica's number and how many there are, as in 2/3, "
            f"{len(ALPHABET)} at most."
        )
    return Replica(int(found[1]), int(found[2]))


class Homes:
    """The files of classes that this app has. path: of the file, or beside those of the homes.

    on_change: as for Store. on_leave: called in the event loop when a home's file is no longer here.
    """

    def __init__(
        self,
        path: Path,
        replica: Replica,
        on_change: Callable[[list[Change]], None],
        on_leave: Callable[[int], None],
    ) -> None:
        self.path, self.replica = path, replica
        self._on_change, self._on_leave = on_change, on_leave
        self._here: FileLock | None = None  # this replica lives
        self._stores: dict[int, Store] = {}
        self._opening: dict[int, asyncio.Task[Store]] = {}
        self._again_at: dict[int, float] = {}
        self._closed = False

    def has(self, home: int) -> bool:
        """Whether this app has the file of a home open."""
        return home in self._stores

    async def store(self, home: int) -> Store:
        """The file of a home, opened where it is not yet. Raises AwayError while another replica has it, StoreError."""
        if (found := self._stores.get(home)) is not None:
            return found
        if self._closed:
            raise AwayError(CLOSED)
        if monotonic() < self._again_at.get(home, 0.0):
            raise AwayError(AWAY)
        if home not in self._opening or self._opening[home].done():
            self._opening[home] = asyncio.create_task(self._open(home))
        return await asyncio.shield(self._opening[home])  # one who leaves does not end it for the others

    async def _open(self, home: int) -> Store:
        try:
            store = await asyncio.to_thread(self._take, home)
        except AwayError:
            self._again_at[home] = monotonic() + AGAIN_SECONDS
            raise
        try:
            await store.run(seats.remove_simulated)
            await store.run(classes.expire, time.time())
        except BaseException:  # a full disk, say: the next who asks tries again
            await asyncio.to_thread(store.close)
            raise
        self._stores[home] = store
        return store

    def _take(self, home: int) -> Store:
        """Opens the file of a home that nobody has. Raises AwayError, StoreError."""
        path = self.replica.file(self.path, home)
        if self.replica.count == 1:
            return Store(path, self._on_change)
        is_own = home == self.replica.number
        if is_own and self._here is None:
            self._here = hold(path, ".home", RETURN_SECONDS)
            if self._here is None:
                raise AwayError(TAKEN.format(self.replica))
        lock = hold(path, ".lock", RETURN_SECONDS if is_own else 0.0)
        if lock is None:
            raise AwayError(AWAY)
        if not is_own and self._lives(home):
            lock.release()
            raise AwayError(AWAY)
        return Store(path, self._on_change, shared=lock)

    def _lives(self, home: int) -> bool:
        """Whether the replica of this home lives. Only who has the home's `.lock` looks: two would see each other."""
        found = hold(self.replica.file(self.path, home), ".home")
        if found is not None:
            found.release()
        return found is None

    async def tend(self) -> None:
        """Gives files back whose homes live again, and those that are lost; takes this app's own. Once a second."""
        if self.replica.count == 1:
            return
        for home, store in list(self._stores.items()):
            is_foreign = home != self.replica.number
            if store.is_lost or (is_foreign and await asyncio.to_thread(self._lives, home)):
                await self._leave(home)
        with suppress(ClassError):
            await self.store(self.replica.number)

    async def expire(self, now: float) -> None:
        """Deletes the classes that were opened a day ago. now: in seconds since 1970.

        Also in the files beside that nobody has, as after a change of how many replicas there are.
        """
        for store in list(self._stores.values()):
            with suppress(ClassError):
                await store.run(classes.expire, now)
        for path in self._others():
            with suppress(ClassError):
                await self._expire_other(path, now)

    def _others(self) -> list[Path]:
        """The files of other homes, and of other numbers of replicas."""
        files = [self.path, *(self.path.with_stem(f"{self.path.stem}-{home}") for home in range(1, len(ALPHABET) + 1))]
        own = {store.path for store in self._stores.values()}
        return [file for file in files if file not in own and file.exists()]

    async def _expire_other(self, path: Path, now: float) -> None:
        lock = await asyncio.to_thread(hold, path, ".lock")
        if lock is not None:
            store = await asyncio.to_thread(Store, path, self._on_change, shared=lock)
            try:
                await store.run(classes.expire, now)
            finally:
                await asyncio.to_thread(store.close)

    async def _leave(self, home: int) -> None:
        """Closes a home's file, after what waits for it is done."""
        self._again_at[home] = monotonic() + AGAIN_SECONDS
        store = self._stores.pop(home)
        self._on_leave(home)
        await asyncio.to_thread(store.close)

    async def close(self) -> None:
        """Closes all, and lets other replicas have them."""
        self._closed = True
        await asyncio.gather(*self._opening.values(), return_exceptions=True)
        for home in list(self._stores):
            await asyncio.to_thread(self._stores.pop(home).close)
        if self._here is not None:
            self._here.release()

"""Files that users upload in pieces: each is kept for one session, and found by a ticket.

A ticket is a secret of one session and its page: who has it can write one upload at a time, and replace it. Names come
from the session and from chance alone, never from the browser. The files lie in a folder of this process, which it
removes when it ends; if it is killed, the next one does.
"""

import secrets
import shutil
import weakref
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Timer
from time import monotonic

from vae.storage.atomic import staging_folder

MAX_PIECE_BYTES = 2**19  # nginx, unless it is told otherwise, lets requests of 1 MiB pass
MOST_UPLOADS = 64  # of the largest size, at once; half as many of one address, which may be a whole class
SPARE_BYTES = 2**30  # of the disk that no upload may take: runs and checkpoints need it
GRACE_SECONDS = 120.0  # in which a session that has lost its connection may return
UNFINISHED_SECONDS = 600.0  # after the last piece
FINISHED_SECONDS = 43_200.0  # after the last use


class UploadError(Exception):
    """An upload is refused: one sentence with the remedy. status: of the HTTP response."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Announced:
    """What the browser says of an upload: its number, size, count of pictures and name. Nobody vouches for any of it.

    pictures: None for a zip that the user packed.
    """

    upload: str
    total: int
    pictures: int | None
    name: str


@dataclass(frozen=True)
class Upload:
    """A finished upload."""

    path: Path
    announced: Announced


@dataclass
class _File:
    """A file as it arrives. size: bytes so far."""

    path: Path
    announced: Announced
    address: str
    size: int = 0
    used: float = field(default_factory=monotonic)

    @property
    def finished(self) -> bool:
        return self.size == self.announced.total

    @property
    def stale(self) -> bool:
        return monotonic() - self.used > (FINISHED_SECONDS if self.finished else UNFINISHED_SECONDS)


class Uploads:
    """All uploads of this process, at most one for each ticket. max_bytes: of one. Safe to use from any thread."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._root = root
        self._folder: Path | None = None
        self._exits = ExitStack()
        weakref.finalize(self, self._exits.close)
        self._lock = Lock()
        self._known: set[str] = set()
        self._leased: set[str] = set()
        self._files: dict[str, _File] = {}

    def lease(self, ticket: str) -> None:
        """Lets the ticket be used until it is released."""
        with self._lock:
            self._known.add(ticket)
            self._leased.add(ticket)
            self._remove_stale()

    def release(self, ticket: str) -> None:
        """Its session has ended or lost its connection: unless it returns, its upload is removed."""
        with self._lock:
            self._leased.discard(ticket)
            if ticket not in self._files:
                self._known.discard(ticket)
                return
        timer = Timer(GRACE_SECONDS, self._end, [ticket])
        timer.daemon = True
        timer.start()

    def _end(self, ticket: str) -> None:
        with self._lock:
            if ticket not in self._leased:
                self._known.discard(ticket)
                self._remove(ticket)

    def check(self, ticket: str, announced: Announced) -> None:
        """Refuses what is refused whatever its bytes are, before they are read. Raises UploadError."""
        with self._lock:
            if ticket not in self._known:
                raise UploadError("The app does not know this upload any more; reload the page.", 404)
        if announced.total > self.max_bytes:
            raise UploadError(
                f"{announced.total:,} bytes are too many: at most {self.max_bytes:,} may be uploaded here.", 422
            )

    def write(self, ticket: str, address: str, announced: Announced, offset: int, content: bytes) -> int:
        """Adds a piece; the upload's first one replaces an earlier upload of the ticket. Returns the size so far.

        A piece that comes again is good. Raises UploadError.
        """
        self.check(ticket, announced)
        with self._lock:
            file = self._files.get(ticket)
            if (file is None or file.announced != announced) and offset == 0:
                file = self._begin(ticket, address, announced)
            if file is None or file.announced != announced or offset > file.size:
                raise UploadError("A piece of this upload is missing; choose the pictures again.", 409)
            if offset + len(content) > announced.total:
                raise UploadError("The upload is longer than announced; choose the pictures again.", 422)
            _append(file, content[file.size - offset :])
            return file.size

    def finished(self, ticket: str) -> Upload | None:
        """The ticket's upload, once all its bytes are here."""
        with self._lock:
            file = self._files.get(ticket)
            if file is None or not file.finished:
                return None
            file.used = monotonic()
            return Upload(file.path, file.announced)

    def discard(self, ticket: str) -> None:
        """Removes the ticket's upload, if it has one."""
        with self._lock:
            self._remove(ticket)

    def close(self) -> None:
        """Removes all uploads."""
        with self._lock:
            self._files.clear()
            self._folder = None
            self._exits.close()

    def _begin(self, ticket: str, address: str, announced: Announced) -> _File:
        self._remove(ticket)
        self._remove_stale()
        held = [(file.address, file.announced.total) for file in self._files.values()]
        most = MOST_UPLOADS * self.max_bytes
        if sum(total for _, total in held) + announced.total > most:
            raise UploadError("The server holds as many uploads as it may; try again later.", 503)
        if sum(total for other, total in held if other == address) + announced.total > most // 2:
            raise UploadError("Your network has as many uploads here as one address may; try again later.", 503)
        try:
            path = self._new_path(announced.total)
        except OSError as error:
            raise UploadError(f"The server cannot keep an upload: {error}.", 507) from error
        self._files[ticket] = file = _File(path, announced, address)
        return file

    def _new_path(self, size: int) -> Path:
        """An empty file, where there is room for this many bytes. Raises OSError, UploadError."""
        if self._folder is None:
            self._folder = self._exits.enter_context(staging_folder(self._root))
        if shutil.disk_usage(self._folder).free < size + SPARE_BYTES:
            raise UploadError("The server's disk is too full for this upload; free some space there.", 507)
        path = self._folder / f"{secrets.token_hex(16)}.zip"
        path.touch(0o600, exist_ok=False)
        return path

    def _remove_stale(self) -> None:
        for ticket in [ticket for ticket, file in self._files.items() if file.stale]:
            self._remove(ticket)

    def _remove(self, ticket: str) -> None:
        if (file := self._files.pop(ticket, None)) is not None:
            file.path.unlink(missing_ok=True)


def _append(file: _File, content: bytes) -> None:
    """Raises UploadError; the file can then still be continued."""
    try:
        with file.path.open("r+b") as out:
            out.seek(file.size)  # what a failed write has left is overwritten
            out.write(content)
    except OSError as error:
        raise UploadError(f"The server cannot keep the upload: {error}.", 507) from error
    file.size += len(content)
    file.used = monotonic()

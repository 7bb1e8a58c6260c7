"""Pictures in folders and zips, found without trust in any name.

Nothing is unpacked to disk, and no link is followed out of its folder.
"""

import os
import stat
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PureWindowsPath
from typing import IO

from vae.datasets import pictures
from vae.datasets.pictures import MAX_NAME, MAX_PATH, PICTURE_SUFFIXES, DataError, open_file
from vae.datasets.user_images.layout import count_files, some
from vae.datasets.user_images.names import UNKNOWN, decode_names, zip_names

JUNK = {"__macosx", "thumbs.db", "desktop.ini", "$recycle.bin"}  # what systems put into folders by themselves
ACCEPTED = f"Accepted are {', '.join(PICTURE_SUFFIXES)}."


@dataclass
class Found:
    """openers: posix path of a picture -> opens it for reading, in the order of the paths. others: no pictures.

    names_known: whether the encoding of all names is known.
    """

    openers: dict[str, Callable[[], IO[bytes]]] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    names_known: bool = True

    def add(self, name: str, opener: Callable[[], IO[bytes]]) -> None:
        """Takes a file by its ending; the hidden files of macOS and others do not count at all."""
        parts = name.split("/")
        if any(part.startswith(".") or part.lower() in JUNK for part in parts):
            return
        if name.lower().endswith(PICTURE_SUFFIXES):
            self.openers[name] = opener
        else:
            self.others.append(name)

    def warnings(self) -> list[str]:
        """Sentences about names that cannot be read, and files that are no pictures by their endings."""
        unknown = [] if self.names_known else [UNKNOWN]
        if not self.others:
            return unknown
        endings = Counter(PureWindowsPath(name).suffix.lower()[:20] or "no ending" for name in self.others)
        kinds = ", ".join(f"{count:,} {ending}" for ending, count in endings.most_common(5))
        files = count_files(len(self.others))
        return [
            *unknown,
            f"{files} skipped that cannot be read as pictures ({kinds}): {some(sorted(self.others))}. {ACCEPTED}",
        ]


@contextmanager
def open_pictures(path: Path, title: str, encoding: str | None = None) -> Iterator[Found]:
    """The pictures at `path`, to be opened within the `with` block. title: how messages call it.

    encoding: of names that are not in UTF-8. Raises: DataError for what cannot be read or must not be trusted.
    """
    if path.is_dir():
        yield _in_order(_in_folder(path, encoding))
        return
    if not path.is_file():
        raise DataError(f"{title}: there is no such folder or file; give the path of a folder of pictures or a .zip")
    try:
        archive = zipfile.ZipFile(path)
    except Exception as error:  # damaged archives raise many kinds
        raise DataError(f"{title}: is not a zip archive that can be read ({error!s:.200}); pack it again") from error
    with archive:
        yield _in_order(_in_zip(archive, title, encoding))


def _in_order(found: Found) -> Found:
    return replace(found, openers=dict(sorted(found.openers.items())))


def _in_folder(folder: Path, encoding: str | None) -> Found:
    """Links are followed only to files inside the folder."""
    inside = folder.resolve()
    files = sorted(Path(parent) / name for parent, _, names in os.walk(folder) for name in names)
    names, known = decode_names([os.fsencode(file.relative_to(folder).as_posix()) for file in files], encoding)
    found = Found(names_known=known)
    for file, name in zip(files, names, strict=True):
        if file.is_file() and file.resolve().is_relative_to(inside):
            found.add(name, partial(open_file, file))
    return found


def _in_zip(archive: zipfile.ZipFile, title: str, encoding: str | None) -> Found:
    """Nothing is unpacked to disk, but an archive with a name that would be unsafe there is refused."""
    members = archive.infolist()
    most, most_bytes = pictures.MAX_FILES, pictures.MAX_UNPACKED_BYTES
    if len(members) > most or sum(member.file_size for member in members) > most_bytes:
        raise DataError(f"{title}: is too large; pack at most {most:,} files, {most_bytes:,} bytes unpacked")
    names, known = zip_names(members, encoding)
    found = Found(names_known=known)
    for member, name in zip(members, names, strict=True):
        windows = PureWindowsPath(name)  # splits at / and \, and knows drive letters
        if len(name) > MAX_PATH or max(map(len, windows.parts), default=0) > MAX_NAME:
            raise DataError(f"{title}: {name[:40]!r}… is too long; shorten it to {MAX_NAME} characters")
        if windows.anchor or ".." in windows.parts:
            raise DataError(f"{title}: {name!r} leads out of the archive; pack the folder again")
        if stat.S_ISLNK(member.external_attr >> 16) or member.flag_bits & 1:
            raise DataError(f"{title}: {name!r} is a link or encrypted; pack the plain pictures")
        if windows.name and not name.endswith(("/", "\\")):
            found.add(windows.as_posix(), partial(archive.open, member))
    return found

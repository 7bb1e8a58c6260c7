"""Untrusted picture files, in folders and zips, as uint8 arrays: every size is checked before memory is allocated.

Nothing is unpacked to disk, no link is followed out of its folder, and only well-known picture formats are decoded.
"""

import io
import math
import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PureWindowsPath
from typing import IO, TYPE_CHECKING, Literal
from warnings import catch_warnings

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

MAX_FILES = 200_000
MAX_NAME, MAX_PATH = 255, 1024  # characters of a file's or folder's name, and of a path; a zip allows 65,535
MAX_PIXELS = 50_000_000  # in one picture, checked before it is decoded
MAX_ARCHIVE_PIXELS = 10_000_000_000  # in all pictures of a zip: 200 of the largest; takes minutes
MAX_PICTURE_BYTES = 2**28  # 256 MiB, one file
MAX_UNPACKED_BYTES = 2**31  # 2 GiB: of all that is read from one zip, and of the resulting array
# What a picture may contain beside its pixels. Without these limits a file of some 100 kB can take days, or gigabytes.
MAX_HEAD_BYTES = 2**21  # profiles, previews and tags: each number in a tag costs at least a microsecond
MAX_READS = 100_000  # plus one for each KiB: Pillow reads the blocks, runs or values of some formats one by one
MAX_SCANS = 50  # of a JPEG: encoders make about ten, and decoding each visits every pixel
MAX_TEXT_BYTES = 2**22  # of a PPM whose values are written as text
PICTURE_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm")
TOO_MUCH = "it has too much data beside its pixels: save it again, as a plain PNG or JPEG"
Progress = Callable[[float, str], object]  # (fraction done in 0..1, what is being done)
Openers = dict[str, Callable[[], IO[bytes]]]  # posix path of a picture -> opens it for reading


class DataError(ValueError):
    """A data set cannot be loaded: one sentence that names the file or the setting, and the remedy."""


@contextmanager
def open_pictures(path: Path) -> Iterator[Openers]:
    """The pictures at `path` in the order of their names, to be opened within the `with` block."""
    if path.is_dir():
        yield _folder_openers(path)
        return
    if not path.is_file():
        raise DataError(f"{path}: there is no such folder or file; give the path of a folder of pictures or a .zip")
    try:
        archive = zipfile.ZipFile(path)
    except Exception as error:  # damaged archives raise many kinds
        raise DataError(f"{path}: is not a zip archive that can be read ({error!s:.200}); pack it again") from error
    with archive:
        yield _zip_openers(archive, path)


def _is_picture(name: str) -> bool:
    """By its ending; the hidden files that macOS and others put into folders and archives do not count."""
    parts = name.split("/")
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return not hidden and name.lower().endswith(PICTURE_SUFFIXES)


def _folder_openers(folder: Path) -> Openers:
    """Links are followed only to files inside the folder."""
    inside = folder.resolve()
    found: Openers = {}
    for file in sorted(Path(parent) / name for parent, _, names in os.walk(folder) for name in names):
        name = file.relative_to(folder).as_posix()
        if (readable := name.encode("utf-8", "backslashreplace").decode()) != name:
            raise DataError(f"{folder}: the name {readable} is not UTF-8; rename it")
        if _is_picture(name) and file.is_file() and file.resolve().is_relative_to(inside):
            found[name] = partial(open_file, file)
    return dict(sorted(found.items()))


def _zip_openers(archive: zipfile.ZipFile, path: Path) -> Openers:
    """Nothing is unpacked to disk, but an archive with a name that would be unsafe there is refused."""
    members = archive.infolist()
    found: Openers = {}
    if len(members) > MAX_FILES or sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
        raise DataError(
            f"{path}: is too large; pack at most {MAX_FILES:,} files, {MAX_UNPACKED_BYTES:,} bytes unpacked"
        )
    for member in members:
        windows = PureWindowsPath(member.filename)  # splits at / and \, and knows drive letters
        if len(member.filename) > MAX_PATH or max(map(len, windows.parts), default=0) > MAX_NAME:
            raise DataError(f"{path}: {member.filename[:40]!r}… is too long; shorten it to {MAX_NAME} characters")
        if windows.anchor or ".." in windows.parts:
            raise DataError(f"{path}: {member.filename!r} leads out of the archive; pack the folder again")
        if stat.S_ISLNK(member.external_attr >> 16) or member.flag_bits & 1:
            raise DataError(f"{path}: {member.filename!r} is a link or encrypted; pack the plain pictures")
        if _is_picture(windows.as_posix()) and not member.is_dir():
            found[windows.as_posix()] = partial(archive.open, member)
    return dict(sorted(found.items()))


def read_pictures(openers: Openers, path: Path, size: int, color: bool, report: Progress) -> NDArray[np.uint8]:
    """Every picture, (n, 3 or 1, size, size)."""
    shape = (len(openers), 3 if color else 1, size, size)
    if math.prod(shape) > MAX_UNPACKED_BYTES:
        raise DataError(f"{path}: {len(openers):,} pictures of {size} pixels are too many; choose a smaller image_size")
    images = np.empty(shape, np.uint8)
    packed = not path.is_dir()
    budget = MAX_UNPACKED_BYTES if packed else math.inf  # bytes actually read from a zip: its headers may be false
    pixels = MAX_ARCHIVE_PIXELS if packed else math.inf
    for i, (name, opener) in enumerate(openers.items()):
        where = f"{path}: {name}"
        data = read_bytes(opener, where, min(budget, MAX_PICTURE_BYTES))
        budget -= len(data)
        pixels -= count_pixels(data, where)
        if pixels < 0:
            raise DataError(
                f"{path}: has more than {MAX_ARCHIVE_PIXELS:,} pixels; scale the pictures down or pack fewer"
            )
        images[i] = decode_picture(data, where, size, color)
        if i % 100 == 0:
            report(i / len(openers), f"{path.name}: picture {i:,} of {len(openers):,}")
    return images


def open_file(path: Path) -> IO[bytes]:
    """The file, opened for reading bytes."""
    return path.open("rb")


def read_bytes(opener: Callable[[], IO[bytes]], where: str, limit: float) -> bytes:
    """All bytes of one file. Raises: DataError with `where` if it cannot be read or has more bytes than the limit."""
    try:
        with opener() as file:
            data = file.read(int(limit) + 1)
    except Exception as error:  # damaged archives raise many kinds
        raise DataError(f"{where}: cannot be read ({error!s:.200}); replace it or take it out") from error
    if len(data) > limit:
        raise DataError(f"{where}: has more than the {int(limit):,} bytes allowed here; take it out or scale it down")
    return data


class _Metered(io.BytesIO):
    """A picture's bytes, with limits on how often and how much a decoder reads. Raises: ValueError beyond them."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.in_head = True  # no pixels have been read yet
        self._reads_left = MAX_READS + len(data) // 1024
        self._head_left = MAX_HEAD_BYTES

    def read(self, size: int | None = -1, /) -> bytes:
        """As of any file."""
        found = super().read(size)
        self._reads_left -= 1
        if self.in_head and size is not None and size > 0:  # WebP is read in one piece, pixels included
            self._head_left -= len(found)
        if min(self._reads_left, self._head_left) < 0:
            raise ValueError(TOO_MUCH)
        return found


@contextmanager
def _opened(data: bytes, where: str) -> Iterator["Image.Image"]:
    """The picture before its pixels are decoded. Any error within the `with` block becomes a DataError."""
    from PIL import Image

    try:
        if data[:2] in (b"P1", b"P2", b"P3") and len(data) > MAX_TEXT_BYTES:
            raise ValueError("its values are written as text: save it as a PNG")
        file = _Metered(data)
        # Pillow warns of sizes that the next lines refuse, and of irregular files that it can read all the same.
        with catch_warnings(action="ignore"), Image.open(file, formats=PICTURE_FORMATS) as picture:
            file.in_head = False
            if picture.width * picture.height > MAX_PIXELS:
                raise ValueError(f"{picture.width}×{picture.height} pixels are more than {MAX_PIXELS:,}")
            if data[:2] == b"\xff\xd8" and data.count(b"\xff\xda") > MAX_SCANS:
                raise ValueError(f"it is stored in more than {MAX_SCANS} layers: save it again")
            yield picture
    except Exception as error:  # damaged pictures raise many kinds
        raise DataError(
            f"{where}: is not a picture that can be used ({error!s:.200}); replace it or take it out"
        ) from error


def count_pixels(data: bytes, where: str) -> int:
    """Number of pixels by the picture's header. Raises: DataError as decode_picture."""
    with _opened(data, where) as picture:
        return picture.width * picture.height


def decode_picture(data: bytes, where: str, size: int, color: bool, crop: int | None = None) -> NDArray[np.uint8]:
    """The picture's centre square, upright and scaled: (3 or 1, size, size).

    crop: side of that square in pixels, None for the largest. The EXIF orientation is applied, transparency becomes
    white, 16-bit grey keeps its upper 8 bits, an animation its first frame.
    Raises: DataError with `where` if it is too large, damaged or of another format.
    """
    from PIL import Image

    with _opened(data, where) as picture:
        picture.draft(None, (2 * size, 2 * size))  # JPEG: decode fewer pixels; 18 times as fast at 12 megapixels
        plain = _flatten(_upright(picture), "RGB" if color else "L")
        side = crop or min(plain.size)
        left, top = (plain.width - side) // 2, (plain.height - side) // 2
        if min(left, top) < 0:
            raise ValueError(f"{plain.width}×{plain.height} pixels, expected at least {side}×{side}")
        square = plain.crop((left, top, left + side, top + side)).resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(square).reshape(size, size, -1).transpose(2, 0, 1)


def _upright(picture: "Image.Image") -> "Image.Image":
    """The picture in its EXIF orientation.

    Not by Pillow's own function, which writes all EXIF data again: 20 MB of them took 16 s and 2 GB.
    """
    from PIL import ExifTags, Image

    if picture.format == "TIFF":
        tile = [picture.getexif().get(tag, 0) for tag in (ExifTags.Base.TileWidth, ExifTags.Base.TileLength)]
        if math.prod(tile) > MAX_PIXELS:
            raise ValueError(f"it is stored in pieces of {tile[0]}×{tile[1]} pixels: save it again")
    picture.load()  # in a PNG they may follow the pixels
    if len(picture.info.get("exif", b"")) > MAX_HEAD_BYTES:
        raise ValueError(TOO_MUCH)
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }  # fmt: skip
    turn = turns.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    return picture if turn is None else picture.transpose(turn)


def _flatten(picture: "Image.Image", mode: Literal["RGB", "L"]) -> "Image.Image":
    """The picture in 8 bits, on a white background."""
    from PIL import Image

    if picture.mode == "F":
        raise ValueError("its brightness is in floating point: save it with 8 or 16 bits")
    if picture.mode.startswith("I"):
        levels = np.asarray(picture)
        if levels.min() < 0 or levels.max() > 65_535:
            raise ValueError("its brightness is not in 16 bits")
        picture = Image.fromarray((levels >> 8).astype(np.uint8))
    if picture.has_transparency_data:
        front = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", front.size, "white"), front)
    return picture.convert(mode)

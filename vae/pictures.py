"""Picture files of strangers, in folders and zips, as uint8 arrays: every size is checked before memory is spent on it.

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
MAX_NAME, MAX_PATH = 255, 1024  # characters of a file's or folder's name, and of all together; a zip could have 65,535
MAX_PIXELS = 50_000_000  # in one picture, checked before it is decoded
MAX_PICTURE_BYTES = 2**28  # 256 MiB, one file
MAX_UNPACKED_BYTES = 2**31  # 2 GiB: all that is read from one zip, and the array that comes of it
PICTURE_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm")
Progress = Callable[[float, str], object]  # (fraction done in 0..1, what is being done)
Openers = dict[str, Callable[[], IO[bytes]]]  # posix path of a picture -> opens it for reading


class DataError(ValueError):
    """A data set cannot be had: one sentence that names the file or the setting, and the remedy."""


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
    """By its ending; what macOS and others hide in folders and archives is left out."""
    parts = name.split("/")
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return not hidden and name.lower().endswith(PICTURE_SUFFIXES)


def _folder_openers(folder: Path) -> Openers:
    """Links are followed only to files that are inside the folder, too."""
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
    """Nothing is unpacked to disk; still, an archive with a name that would be unsafe there is refused."""
    members = archive.infolist()
    found: Openers = {}
    if len(members) > MAX_FILES or sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
        raise DataError(
            f"{path}: is too large; pack at most {MAX_FILES:,} files, {MAX_UNPACKED_BYTES:,} bytes unpacked"
        )
    for member in members:
        windows = PureWindowsPath(member.filename)  # both / and \ separate, and it knows drive letters
        if len(member.filename) > MAX_PATH or max(map(len, windows.parts), default=0) > MAX_NAME:
            raise DataError(
                f"{path}: {member.filename[:40]!r}… is too long a name; shorten it to {MAX_NAME} characters"
            )
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
    budget = math.inf if path.is_dir() else MAX_UNPACKED_BYTES  # of a zip, whatever its headers claim
    for i, (name, opener) in enumerate(openers.items()):
        where = f"{path}: {name}"
        data = read_bytes(opener, where, min(budget, MAX_PICTURE_BYTES))
        budget -= len(data)
        images[i] = decode_picture(data, where, size, color)
        if i % 100 == 0:
            report(i / len(openers), f"{path.name}: picture {i:,} of {len(openers):,}")
    return images


def open_file(path: Path) -> IO[bytes]:
    """The file, to be read as bytes."""
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


def decode_picture(data: bytes, where: str, size: int, color: bool, crop: int | None = None) -> NDArray[np.uint8]:
    """The picture's centre square as it is meant to be seen, scaled: (3 or 1, size, size).

    crop: side of that square in pixels, None for the largest. A phone's rotation mark is obeyed, transparency becomes
    white, 16-bit grey keeps its upper 8 bits, of an animation the first frame counts.
    Raises: DataError with `where` if it is too large, damaged or of another format.
    """
    from PIL import Image, ImageOps

    try:
        # Pillow warns of sizes that the next lines refuse, and of oddities in files it can read.
        with catch_warnings(action="ignore"), Image.open(io.BytesIO(data), formats=PICTURE_FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ValueError(f"{picture.width}×{picture.height} pixels are more than {MAX_PIXELS:,}")
            picture.draft(None, (2 * size, 2 * size))  # JPEG: decode fewer pixels; 18 times as fast at 12 megapixels
            plain = _flatten(ImageOps.exif_transpose(picture), "RGB" if color else "L")
            side = crop or min(plain.size)
            left, top = (plain.width - side) // 2, (plain.height - side) // 2
            if min(left, top) < 0:
                raise ValueError(f"{plain.width}×{plain.height} pixels, expected at least {side}×{side}")
            square = plain.crop((left, top, left + side, top + side)).resize((size, size), Image.Resampling.BICUBIC)
    except Exception as error:  # damaged pictures raise many kinds
        raise DataError(
            f"{where}: is not a picture that can be used ({error!s:.200}); replace it or take it out"
        ) from error
    return np.asarray(square).reshape(size, size, -1).transpose(2, 0, 1)


def _flatten(picture: "Image.Image", mode: Literal["RGB", "L"]) -> "Image.Image":
    """The picture in 8 bits, on white."""
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

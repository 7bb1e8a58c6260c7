"""Untrusted picture files as uint8 arrays: every size is checked before memory is allocated.

Only well-known picture formats are decoded.
"""
# PIL and pillow_heif are imported where they are used: they cost start-up time.

import io
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple
from warnings import catch_warnings

import numpy as np
from numpy.typing import NDArray

from vae.validation import is_number, is_whole, require

if TYPE_CHECKING:
    from PIL import Image, ImageFile

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
PICTURE_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM", "AVIF")
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1")  # bytes 8 to 11 of a HEIC or HEIF file
PICTURE_SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".jfif", ".jpe", ".bmp", ".gif", ".webp", ".avif", ".heic", ".heif", ".tif", ".tiff",
    ".ppm", ".pgm", ".pbm",
)  # fmt: skip
LEAST_KEPT = 0.1  # of the side of a picture
MAX_LEVEL = 1e30  # of brightness in floating point: interpolation between larger numbers may overflow
TOO_MUCH = "it has too much data beside its pixels: save it again, as a plain PNG or JPEG"
Progress = Callable[[float, str], object]  # (fraction done in 0..1, what is being done)


class DataError(ValueError):
    """A data set cannot be loaded: one sentence that names the file or the setting, and the remedy."""


class PictureError(DataError):
    """One file cannot be used. reason: what is wrong with it, without its name."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}; replace it or take it out")
        self.reason = reason


def open_file(path: Path) -> IO[bytes]:
    """The file, opened for reading bytes."""
    return path.open("rb")


def read_bytes(opener: Callable[[], IO[bytes]], where: str, limit: float) -> bytes:
    """All bytes of one file. Raises: PictureError with `where` if it cannot be read or has more than the limit."""
    try:
        with opener() as file:
            data = file.read(int(limit) + 1)
    except Exception as error:  # damaged archives raise many kinds
        raise PictureError(where, f"cannot be read ({error!s:.200})") from error
    if len(data) > limit:
        raise PictureError(where, f"has more than the {int(limit):,} bytes allowed here")
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
def _opened(data: bytes, where: str) -> Iterator["ImageFile.ImageFile"]:
    """The picture before its pixels are decoded. Any error within the `with` block becomes a PictureError."""
    from PIL import Image, UnidentifiedImageError

    try:
        if data[:2] in (b"P1", b"P2", b"P3") and len(data) > MAX_TEXT_BYTES:
            raise ValueError("its values are written as text: save it as a PNG")
        file = _Metered(data)
        # Pillow warns of sizes that the next lines refuse, and of irregular files that it can read all the same.
        with catch_warnings(action="ignore"), Image.open(file, formats=_formats(data)) as picture:
            file.in_head = False
            if picture.width * picture.height > MAX_PIXELS:
                raise ValueError(f"{picture.width}×{picture.height} pixels are more than {MAX_PIXELS:,}")
            if data[:2] == b"\xff\xd8" and data.count(b"\xff\xda") > MAX_SCANS:
                raise ValueError(f"it is stored in more than {MAX_SCANS} layers: save it again")
            yield picture
    except UnidentifiedImageError as error:  # its text is an address in memory
        raise PictureError(where, "is damaged or no picture of a known format") from error
    except Image.DecompressionBombError as error:  # by Pillow's own limit, before ours
        raise PictureError(where, f"has more than {MAX_PIXELS:,} pixels") from error
    except Exception as error:  # damaged pictures raise many kinds
        raise PictureError(where, f"is not a picture that can be used ({' '.join(str(error).split()):.200})") from error


def _formats(data: bytes) -> tuple[str, ...]:
    """The formats that this file may have; HEIF's reader is loaded only for a file that says it is one."""
    if data[4:8] != b"ftyp" or data[8:12] not in HEIF_BRANDS:
        return PICTURE_FORMATS
    from pillow_heif import register_heif_opener

    register_heif_opener(thumbnails=False)
    return ("HEIF",)


def count_pixels(data: bytes, where: str) -> int:
    """Number of pixels by the picture's header. Raises: PictureError as decode_picture."""
    with _opened(data, where) as picture:
        return picture.width * picture.height


class Square(NamedTuple):
    """The centre of a picture, before it is known what the other pictures of its set are like.

    Shapes: levels (size, size, 3 or 1), uint8, or float32 where the file has more than 8 bits; alpha (size, size)
    uint8, None for a picture without transparent places. Deep colour keeps 8 bits of its 16, as Pillow reads it.
    """

    levels: NDArray[np.uint8 | np.float32]
    alpha: NDArray[np.uint8] | None


@dataclass(frozen=True)
class Framing:
    """What of a picture is kept, once it is upright.

    turn: quarters, clockwise. whole: all of it, with margins that make it square, else its largest centre square.
    keep: the side of the square that is cut out of the middle of that, as a share of it. Raises ValueError.
    """

    turn: int = 0
    whole: bool = False
    keep: float = 1.0

    def __post_init__(self) -> None:
        require(is_whole(self.turn, 0, 3), "turn", self.turn, "0 to 3 quarters")
        require(isinstance(self.whole, bool), "whole", self.whole, "True or False")
        require(is_number(self.keep, LEAST_KEPT, 1), "keep", self.keep, f"{LEAST_KEPT} to 1")


def decode_square(
    data: bytes,
    where: str,
    size: int,
    color: bool,
    *,
    crop: int | None = None,
    framing: Framing = Framing(),
) -> Square:
    """A square of the picture, upright and scaled to `size` pixels: as framing says, or of a side of `crop` pixels.

    Margins are transparent, of pictures of more than 8 bits as dark as their darkest place. The EXIF orientation is
    applied; of an animation the first frame is read.
    Raises: PictureError with `where` if it is too large, damaged or of another format.
    """
    with _opened(data, where) as picture:
        enough = round(2 * size / framing.keep)
        picture.draft(None, (enough, enough))  # JPEG: decode fewer pixels; 18 times as fast at 12 megapixels
        deep_color = any(";16" in str(tile) for tile in picture.tile) and not picture.mode.startswith("I")
        plain = _turned(_plain(_upright(picture), color), framing.turn)
        if framing.whole:
            plain = _with_margins(plain)
        side = crop or max(1, round(framing.keep * min(plain.size)))
        left, top = (plain.width - side) // 2, (plain.height - side) // 2
        if min(left, top) < 0:
            raise ValueError(f"{plain.width}×{plain.height} pixels, expected at least {side}×{side}")
        return _scaled(plain.crop((left, top, left + side, top + side)), size, deep_color)


def _turned(picture: "Image.Image", quarters: int) -> "Image.Image":
    from PIL import Image

    if not quarters:
        return picture
    return picture.transpose(
        (Image.Transpose.ROTATE_270, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_90)[quarters - 1]
    )


def _with_margins(picture: "Image.Image") -> "Image.Image":
    """In the middle of a square."""
    from PIL import Image

    if picture.width == picture.height:
        return picture
    deep = picture.mode == "F"
    side, plain = max(picture.size), picture if deep else picture.convert("RGBA")
    square = Image.new(plain.mode, (side, side), float(np.asarray(plain).min()) if deep else (0, 0, 0, 0))
    square.paste(plain, ((side - plain.width) // 2, (side - plain.height) // 2))
    return square


def _plain(picture: "Image.Image", color: bool) -> "Image.Image":
    """In mode F for levels of more than 8 bits, RGBA where something is transparent, else RGB or L."""
    from PIL import Image

    if picture.width * picture.height > MAX_PIXELS:  # a HEIF may have another size than its header says
        raise ValueError(f"{picture.width}×{picture.height} pixels are more than {MAX_PIXELS:,}")
    if picture.mode.startswith(("I", "F")):
        levels = np.asarray(picture).astype(np.float32)
        if not (np.abs(levels) < MAX_LEVEL).all():
            raise ValueError("its brightness is no number in places: save it with 8 or 16 bits")
        return Image.fromarray(levels)
    if picture.has_transparency_data:
        front = picture.convert("RGBA")
        if front.getchannel("A").histogram()[255] < front.width * front.height:
            return front
    return picture.convert("RGB" if color else "L")


def _scaled(square: "Image.Image", size: int, deep_color: bool) -> Square:
    from PIL import Image

    found = np.asarray(square.resize((size, size), Image.Resampling.BICUBIC)).reshape(size, size, -1)
    if square.mode == "F":  # bicubic interpolation leaves the range at edges
        whole = np.asarray(square)
        return Square(found.clip(whole.min(), whole.max()), None)
    levels, alpha = (found[:, :, :3], found[:, :, 3]) if square.mode == "RGBA" else (found, None)
    return Square(levels.astype(np.float32) * np.float32(257) if deep_color else levels, alpha)


def to_bytes(levels: NDArray[np.uint8 | np.float32], low: float, high: float) -> NDArray[np.uint8]:
    """Brightness from `low`, black, to `high`, white, in 8 bits; the shape is kept."""
    return np.rint((levels.astype(np.float64) - low) * (255 / (high - low))).clip(0, 255).astype(np.uint8)


def flatten(square: Square, background: int, color: bool) -> NDArray[np.uint8]:
    """A square whose levels are in 8 bits, on a background of this brightness: (3 or 1, size, size) uint8."""
    levels = square.levels.astype(np.uint8, copy=False)
    if square.alpha is not None:
        front = square.alpha[:, :, None].astype(np.float32) / 255
        levels = np.rint(levels * front + background * (1 - front)).astype(np.uint8)
    if not color and levels.shape[2] == 3:  # ITU-R 601, as Pillow
        levels = np.rint(levels @ np.array([[0.299], [0.587], [0.114]])).astype(np.uint8)
    return (levels if levels.shape[2] == 3 or not color else levels.repeat(3, 2)).transpose(2, 0, 1)


def full_range(highest: float) -> float:
    """The largest level of a file whose brightest pixel has this one: 255, 65,535, or itself."""
    return next((top for top in (255.0, 65_535.0) if highest <= top), highest)


def decode_picture(data: bytes, where: str, size: int, color: bool, crop: int | None = None) -> NDArray[np.uint8]:
    """One picture by itself, (3 or 1, size, size): as decode_square, on white, 16 bits scaled to 8.

    Raises: PictureError with `where` if it is too large, damaged or of another format.
    """
    square = decode_square(data, where, size, color, crop=crop)
    if square.levels.dtype == np.float32:
        low = min(0.0, float(square.levels.min()))
        square = square._replace(levels=to_bytes(square.levels, low, full_range(float(square.levels.max()))))
    return flatten(square, 255, color)


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
    if len(picture.info.get("exif") or b"") > MAX_HEAD_BYTES:
        raise ValueError(TOO_MUCH)
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }  # fmt: skip
    turn = turns.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    return picture if turn is None else picture.transpose(turn)

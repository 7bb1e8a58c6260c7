"""JSON, arrays and image sheets of a checkpoint, read without trusting them: sizes and types are checked first."""

import json
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from math import prod
from pathlib import Path
from stat import S_ISREG
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

SHEET_COLUMNS = 25
MOST_STEPS = 2**15 - 1  # of a saved projection, from the middle
MAX_JSON_BYTES = 2**20
MAX_ARRAYS_BYTES = 2**32  # 4 GiB per file; a sparse file may claim any size
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
MAX_REASON = 300  # characters of an error that a page shows
DTYPE_BYTES = {"F32": 4, "F16": 2, "I64": 8, "I16": 2, "U8": 1}

Json = dict[str, Any]
Shapes = dict[str, tuple[str, tuple[int, ...]]]


class CheckpointError(Exception):
    """A checkpoint that cannot be read or written: one sentence that names the file and the remedy."""


def broken(path: Path, what: str) -> CheckpointError:
    """The error for a file that is missing or damaged."""
    if _is_lfs_pointer(path):
        return CheckpointError(f"{path}: this is a Git LFS pointer, not the file; run `git lfs pull` in its clone.")
    reason = what if len(what) <= MAX_REASON else f"{what[:MAX_REASON]}…"
    return CheckpointError(f"{path}: {reason}; restore the file or train the checkpoint again.")


def _is_lfs_pointer(path: Path) -> bool:
    """Whether Git has left a text of three lines in the file's place (Git LFS specification, version 1)."""
    try:
        if not S_ISREG(path.lstat().st_mode):  # a pipe would make this wait, a link may lead out of the checkpoint
            return False
        with path.open("rb") as file:
            return file.read(len(LFS_POINTER)) == LFS_POINTER
    except OSError:
        return False


@contextmanager
def naming_file(path: Path) -> Iterator[None]:
    """Turns whatever a parser raises on a bad file into a CheckpointError that names the file."""
    try:
        yield
    except CheckpointError:
        raise
    except Exception as error:
        raise broken(path, f"cannot be read ({type(error).__name__}: {error})") from error


def read_text(path: Path, most: int = MAX_JSON_BYTES) -> str:
    """The text of a file of at most this many bytes. Raises CheckpointError."""
    if path.stat().st_size > most:
        raise broken(path, f"it is larger than {most} bytes")
    with naming_file(path):
        return path.read_text("utf-8")


def read_json(path: Path) -> Json:
    """The JSON object in a file. Raises CheckpointError."""
    with naming_file(path):
        return dict(parse_json(read_text(path)))


def parse_json(text: str) -> Any:
    """The JSON's value. Raises ValueError also for unpaired surrogates, which cannot be sent to a page."""
    value = json.loads(text)
    if "\\u" in text:
        json.dumps(value, ensure_ascii=False).encode()
    return value


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a file, links followed, is inside this folder."""
    try:
        real = path.resolve()
    except (OSError, RuntimeError):  # a link to itself, which Python 3.13 and later leave as it is
        return False
    return real.is_relative_to(folder.resolve()) and not (real.is_symlink() or real.parent.is_symlink())


def read_arrays(path: Path, required: Shapes, optional: Shapes | None = None) -> dict[str, NDArray[Any]]:
    """The arrays of a safetensors file that must hold exactly these names, types and shapes, all values finite.

    Those that are optional may be missing; a type may be one of several, "I64|U8". The header is compared with what is
    expected and with the file's size before anything is allocated. Raises CheckpointError for any difference.
    """
    expected = _check_header(path, required, optional or {})
    with naming_file(path), safe_open(path, framework="numpy") as file:
        arrays = {name: file.get_tensor(name) for name in expected}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise broken(path, f"{name} has values that are not finite")
    return arrays


def _check_header(path: Path, required: Shapes, optional: Shapes) -> Shapes:
    """The arrays that are there."""
    with naming_file(path), path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        (length,) = struct.unpack("<Q", file.read(8))
        if length > min(size - 8, MAX_JSON_BYTES):
            raise ValueError("its header is longer than the file, or than any model's")
        if size > MAX_ARRAYS_BYTES:
            raise ValueError(f"{size} bytes are more than {MAX_ARRAYS_BYTES}")
        header = parse_json(file.read(length).decode())
        found = {key: (entry["dtype"], tuple(entry["shape"])) for key, entry in header.items() if key != "__metadata__"}
    expected = {**required, **{name: shape for name, shape in optional.items() if name in found}}
    if missing := expected.keys() - found.keys():
        raise broken(path, f"{min(missing)} is missing")
    if unknown := found.keys() - expected.keys():
        raise broken(path, f"{min(unknown)} does not belong to this model")
    for name, (types, shape) in expected.items():
        if found[name][0] not in types.split("|") or found[name][1] != shape:
            raise broken(path, f"{name} is {found[name]} where {types, shape} was expected")
    sizes = (DTYPE_BYTES[found[name][0]] * prod(shape) for name, (_, shape) in expected.items())
    bytes_expected = 8 + length + sum(sizes)
    if size != bytes_expected:
        raise broken(path, f"it has {size} bytes where {bytes_expected} were expected")
    return expected


def write_points(path: Path, points: NDArray[np.floating[Any]]) -> None:
    """Saves points of a projection as whole steps of their largest coordinate / 32,767: half the size of float32.

    Shape: (n, dims). The largest error, half a step, is about a thirtieth of a pixel on a map 2,000 pixels wide.
    """
    scale = np.float32(np.abs(points).max(initial=0) / MOST_STEPS) or np.float32(1)
    steps = np.round(np.asarray(points, np.float64) / scale).astype("<i2")
    save_file({"steps": np.ascontiguousarray(steps), "scale": np.array([scale])}, path)


def read_points(path: Path, shape: tuple[int, int]) -> NDArray[np.float32]:
    """The points that write_points has saved, or an earlier version as float32. Raises CheckpointError."""
    kinds: Shapes = {"points": ("F32", shape), "steps": ("I16", shape), "scale": ("F32", (1,))}
    arrays = read_arrays(path, {}, kinds)
    if set(arrays) == {"points"}:
        return np.asarray(arrays["points"], np.float32)
    if set(arrays) != {"steps", "scale"}:
        raise broken(path, f"it has {', '.join(sorted(arrays)) or 'nothing'} where steps and scale were expected")
    scale = float(arrays["scale"][0])
    if not 0 < scale * (MOST_STEPS + 1) < float(np.finfo(np.float32).max):
        raise broken(path, f"the scale of its points is {scale}")
    return arrays["steps"] * np.float32(scale)


def write_sheet(path: Path, images: NDArray[np.uint8]) -> None:
    """Saves images as one PNG, 25 in a row, in the shorter of two encodings. Shape: (n, c, h, w)."""
    from PIL import Image

    n, c, h, w = images.shape
    rows = -(-n // SHEET_COLUMNS)
    padded = np.zeros((rows * SHEET_COLUMNS, c, h, w), np.uint8)
    padded[:n] = images
    sheet = (
        padded.reshape(rows, SHEET_COLUMNS, c, h, w).transpose(0, 3, 1, 4, 2).reshape(rows * h, SHEET_COLUMNS * w, c)
    )
    filtered = BytesIO()
    Image.fromarray(sheet.squeeze(2) if c == 1 else sheet).save(filtered, "PNG", optimize=True)
    path.write_bytes(min(filtered.getvalue(), _unfiltered_png(sheet), key=len))


def _unfiltered_png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG whose rows are compressed as they are, which suits drawings. Shape: (height, width, 1 or 3)."""
    height, width, channels = pixels.shape
    rows = np.zeros((height, 1 + width * channels), np.uint8)  # the first byte of a row: which filter it has, none
    rows[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 0 if channels == 1 else 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def read_sheet(path: Path, count: int, image_shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """The first `count` images of a sheet. Shape: (count, *image_shape). Raises CheckpointError."""
    from PIL import Image

    c, h, w = image_shape
    rows = -(-count // SHEET_COLUMNS)
    with naming_file(path), Image.open(path, formats=["PNG"]) as sheet:  # reads only the header
        if sheet.size != (SHEET_COLUMNS * w, rows * h) or sheet.mode != ("L" if c == 1 else "RGB"):
            raise ValueError(
                f"a {sheet.mode} picture of {sheet.size} pixels does not hold {count} images of {image_shape}"
            )
        pixels = np.asarray(sheet)
    cells = pixels.reshape(rows, h, SHEET_COLUMNS, w, c).transpose(0, 2, 4, 1, 3).reshape(-1, c, h, w)
    return cells[:count].copy()

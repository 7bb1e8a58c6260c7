"""Picture files -> arrays. What cannot be read is skipped; how to convert the others is chosen for the whole set."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO

import numpy as np
from numpy.typing import NDArray

from vae.datasets import pictures
from vae.datasets.pictures import DataError, Framing, PictureError, Progress, Square
from vae.datasets.user_images.layout import count_files, count_pictures, some

MOST_REASONS = 3  # for skipping files, that are told apart


@dataclass
class Images:
    """Pictures that could be read: pixels (n, 3 or 1, size, size), and which they are among those asked for.

    notes, warnings: sentences that say how they were converted, and what was skipped or looks wrong.
    """

    pixels: NDArray[np.uint8]
    rows: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class _Budget:
    """What reading may cost: all bytes of a zip, whose headers may be false, and all pixels of its pictures."""

    def __init__(self, title: str, limited: bool) -> None:
        self._title = title
        self._bytes = pictures.MAX_UNPACKED_BYTES if limited else math.inf
        self._pixels = pictures.MAX_ARCHIVE_PIXELS if limited else math.inf
        self._waiting = pictures.MAX_UNPACKED_BYTES

    def read(self, opener: Callable[[], IO[bytes]], name: str) -> bytes:
        """The file. Raises: PictureError for one that cannot be used, DataError for a zip that has too much."""
        most = min(self._bytes, pictures.MAX_PICTURE_BYTES)
        try:
            data = pictures.read_bytes(opener, name, most)
        except PictureError as error:
            if error.__cause__ is None and most == self._bytes:
                raise DataError(f"{self._title}: {error}") from error
            raise
        self._bytes -= len(data)
        self._pixels -= pictures.count_pixels(data, name)
        if self._pixels < 0:
            most = pictures.MAX_ARCHIVE_PIXELS
            raise DataError(f"{self._title}: has more than {most:,} pixels; scale the pictures down or pack fewer")
        return data

    def keep(self, square: Square) -> None:
        """Counts what is kept until all pictures are known. Raises DataError."""
        self._waiting -= square.levels.nbytes
        if self._waiting < 0:
            raise DataError(
                f"{self._title}: has too many pictures of 16 bits or with transparency; choose a smaller image_size"
            )


def read_images(
    openers: Mapping[str, Callable[[], IO[bytes]]],
    title: str,
    *,
    size: int,
    color: bool | None,
    report: Progress,
    limited: bool = True,
    framing: Framing = Framing(),  # noqa: B008 (frozen)
) -> Images:
    """The pictures by their names, what framing keeps of each scaled to `size` pixels.

    color: None for grey if all of them are.
    Brightness of more than 8 bits is scaled by the range of the whole set. Transparent places get one background for
    the whole set, white or black, whichever differs more from what is in front. limited: by what a zip may cost.
    Raises: DataError for a set that is too large.
    """
    shape = (len(openers), 1 if color is False else 3, size, size)
    if math.prod(shape) > pictures.MAX_UNPACKED_BYTES:
        raise DataError(
            f"{title}: {len(openers):,} pictures of {size} pixels are too many; choose a smaller image_size"
        )
    found, budget = Images(np.empty(shape, np.uint8)), _Budget(title, limited)
    waiting: dict[int, Square] = {}  # until all pictures are known
    skipped: dict[str, list[str]] = defaultdict(list)  # reason -> names
    for i, (name, opener) in enumerate(openers.items()):
        if i % 100 == 0:
            report(i / len(openers), f"{title}: picture {i:,} of {len(openers):,}")
        try:
            square = pictures.decode_square(budget.read(opener, name), name, size, color is not False, framing=framing)
        except PictureError as error:
            skipped[error.reason.removeprefix("is ")].append(name)
            continue
        if square.alpha is None and square.levels.dtype == np.uint8:
            found.pixels[len(found.rows)] = pictures.flatten(square, 255, color is not False)
        else:
            budget.keep(square)
            waiting[len(found.rows)] = square
        found.rows.append(i)
    found.pixels = found.pixels[: len(found.rows)]
    found.warnings += _about_skipped(skipped)
    _convert(
        found, waiting, color is not False, "margins or transparent places" if framing.whole else "transparent places"
    )
    _check_levels(found, list(openers), color)
    return found


def _about_skipped(skipped: Mapping[str, list[str]]) -> list[str]:
    """A sentence for each of the most frequent reasons, and one for the others."""
    by_number = sorted(skipped.items(), key=lambda item: -len(item[1]))
    rest = [name for _, names in by_number[MOST_REASONS:] for name in names]
    shown = [*by_number[:MOST_REASONS], *([("other reasons", rest)] if rest else [])]
    return [f"{count_files(len(names))} skipped, {reason}: {some(names)}." for reason, names in shown]


def _convert(found: Images, waiting: Mapping[int, Square], color: bool, holes: str) -> None:
    """Writes the pictures that depend on the whole set into `found`. holes: what may show the background."""
    deep = [square for square in waiting.values() if square.levels.dtype == np.float32]
    low, high = _range(deep)
    if deep:
        count = count_pictures(len(deep))
        found.notes.append(
            f"{count} with more than 8 bits: levels {_level(low)} to {_level(high)} become black to white."
        )
    plain = {row: _in_bytes(square, low, high) for row, square in waiting.items()}
    clear = [square for square in plain.values() if square.alpha is not None]
    background = _background(clear)
    if clear:
        name = "white" if background else "black"
        found.notes.append(f"{count_pictures(len(clear))} with {holes}, shown on {name}.")
    for row, square in plain.items():
        found.pixels[row] = pictures.flatten(square, background, color)


def _level(value: float) -> str:
    return f"{value:,.0f}" if value.is_integer() else f"{value:.4g}"


def _range(deep: list[Square]) -> tuple[float, float]:
    """The lowest and the highest level that can be seen in these; from 0 where all are the same."""
    seen = [square.levels if square.alpha is None else square.levels[square.alpha > 0] for square in deep]
    low = min((float(levels.min()) for levels in seen if levels.size), default=0.0)
    high = max((float(levels.max()) for levels in seen if levels.size), default=255.0)
    return (low, high) if low < high else (min(0.0, low), max(pictures.full_range(high), low + 1))


def _in_bytes(square: Square, low: float, high: float) -> Square:
    if square.levels.dtype == np.uint8:
        return square
    return square._replace(levels=pictures.to_bytes(square.levels, low, high))


def _background(clear: list[Square]) -> int:
    """White, 255, or black, 0, if what is in front is on the whole brighter than medium grey."""
    weight = brightness = 0.0
    for levels, alpha in clear:
        front = (alpha if alpha is not None else np.zeros(levels.shape[:2])).astype(np.float64)
        weight += front.sum()
        brightness += (levels.mean(2) * front).sum()
    return 0 if brightness > 127.5 * weight else 255


def _check_levels(found: Images, names: list[str], color: bool | None) -> None:
    """One channel for grey pictures unless colour was asked for; a warning about pictures of one colour."""
    flat = (found.pixels.min((2, 3)) == found.pixels.max((2, 3))).all(1)
    if flat.any():
        which = [names[found.rows[row]] for row in np.flatnonzero(flat)]
        found.warnings.append(f"{count_pictures(len(which))} of one colour everywhere: {some(which)}.")
    if color is None and all((image[0] == image[1]).all() and (image[0] == image[2]).all() for image in found.pixels):
        found.pixels = np.ascontiguousarray(found.pixels[:, :1])
        found.notes.append("All pictures are grey: they have one channel.")

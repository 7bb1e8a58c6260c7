"""Made data sets on disk: saved whole or not at all, loaded as a memory map. No file is trusted."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from vae.datasets.pictures import DataError
from vae.datasets.splits import Dataset, Split
from vae.validation import is_whole

ARRAYS = ("images", "labels", "factors")
ABOUT = "about.json"
MAX_ABOUT_BYTES = 2**22  # 4 MiB; a thousand sources have 0.2
MAX_SIDE = 256  # pixels


class Source(NamedTuple):
    """What a data set was made from: a package, its version, its licence, and where it is published."""

    name: str
    version: str
    licence: str
    address: str


@dataclass(frozen=True, eq=False)
class Made:
    """Images with labels and factors, training images first, then those for validation, then test.

    Shapes: images (n, 3 or 1, h, w) uint8; labels (n,) int64, indices into class_names; factors (n, n_factors) int64,
    each column indices into its names in factor_values. counts: of images for training, validation and test.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    factors: NDArray[np.int64]
    counts: tuple[int, int, int]
    class_names: tuple[str, ...]
    factor_names: tuple[str, ...]
    factor_values: tuple[tuple[str, ...], ...]
    sources: tuple[Source, ...]


def order_by_split(
    groups: NDArray[np.int64], validation: float, test: float, seed: int = 0
) -> tuple[NDArray[np.int64], tuple[int, int, int]]:
    """Rows in random order, those for training first, then validation, then test; and how many each split has.

    Rows of one group come into one split: give each row a group of its own to split by image.
    groups: (n,), any numbers. validation, test: their shares of the groups, 0 to 1; each gets one group at least.
    """
    rng = np.random.default_rng(seed)
    names = rng.permutation(np.unique(groups))
    sizes = [max(1, round(share * len(names))) for share in (test, validation)]
    parts = np.split(names, [len(names) - sum(sizes), len(names) - sizes[0]])
    rows = [rng.permutation(np.flatnonzero(np.isin(groups, part))) for part in parts]
    train, held_out, tested = map(len, rows)
    return np.concatenate(rows), (train, held_out, tested)


def save(root: Path, name: str, made: Made) -> Path:
    """Writes the data set to the folder `name` in root, whole or not at all, over an older one; returns the folder.

    Raises: ValueError where the arrays do not fit each other, OSError.
    """
    arrays = {key: getattr(made, key) for key in ARRAYS}
    about = {key: getattr(made, key) for key in Made.__dataclass_fields__ if key not in ARRAYS}
    if problem := _problem(arrays, about):
        raise ValueError(f"{name}: {problem}")
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=root) as folder:
        staging = Path(folder)
        fresh = staging / name
        fresh.mkdir()
        for key, array in arrays.items():
            np.save(fresh / f"{key}.npy", np.ascontiguousarray(array), allow_pickle=False)
        (fresh / ABOUT).write_text(json.dumps(about, ensure_ascii=False, indent=1), "utf-8")
        if (root / name).exists():
            (root / name).replace(staging / "old")
        fresh.replace(root / name)
    return root / name


def is_made(root: Path, name: str) -> bool:
    """Whether the files of this data set are there; only checks that they exist, which is cheap."""
    return all((root / name / file).is_file() for file in (*(f"{key}.npy" for key in ARRAYS), ABOUT))


def load(root: Path, name: str) -> Dataset:
    """The data set in the folder `name` in root; its images are a memory map. Raises: DataError if it is damaged."""
    folder = root / name
    try:
        arrays = {key: _array(folder / f"{key}.npy", mapped=key == "images") for key in ARRAYS}
        about = read_about(folder)
        if problem := _problem(arrays, about):
            raise ValueError(problem)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{folder}: {error}; run `python -m vae data {name}` to make it anew") from error
    bounds = accumulate(about["counts"], initial=0)
    train, validation, test = (Split(*(arrays[key][start:stop] for key in ARRAYS)) for start, stop in pairwise(bounds))
    return Dataset(name, train, validation, test, tuple(about["class_names"]), tuple(about["factor_names"]))


def read_about(folder: Path) -> dict[str, Any]:
    """What about.json says of a made data set: Made without its arrays. Raises: OSError, ValueError."""
    with (folder / ABOUT).open("rb") as file:
        text = file.read(MAX_ABOUT_BYTES + 1)
    if len(text) > MAX_ABOUT_BYTES:
        raise ValueError(f"{ABOUT} has more than {MAX_ABOUT_BYTES:,} bytes")
    try:
        about = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{ABOUT} is no JSON ({error})") from error
    if not isinstance(about, dict):
        raise ValueError(f"{ABOUT} holds no object")
    return about


def _array(path: Path, *, mapped: bool) -> NDArray[Any]:
    """An array of a .npy file that is as long as its header says. Raises: ValueError, OSError."""
    try:
        array = np.lib.format.open_memmap(path, "c")
    except OSError:
        raise
    except Exception as error:  # damaged headers raise many kinds
        raise ValueError(f"{path.name} is not a complete array ({error})") from error
    if (found := path.stat().st_size) != (expected := array.offset + array.nbytes):
        raise ValueError(f"{path.name} has {found:,} bytes where its header says {expected:,}")
    return array if mapped else np.array(array)


def _problem(arrays: dict[str, NDArray[Any]], about: dict[str, Any]) -> str:
    """What does not fit, as part of a sentence; empty where all of it does."""
    images, labels, factors = (arrays[key] for key in ARRAYS)
    return next(_problems(images, labels, factors, about), "")


def _problems(
    images: NDArray[Any], labels: NDArray[Any], factors: NDArray[Any], about: dict[str, Any]
) -> Iterator[str]:
    """All that does not fit. Only the first is asked for: each check relies on those before it."""
    keys = ("class_names", "factor_names", "factor_values", "counts")
    classes, names, values, counts = map(cast(Any, about.get), keys)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1] not in (1, 3):
        yield f"images are {images.dtype} {images.shape}, expected uint8 (n, 1 or 3, height, width)"
    if not 1 <= min(images.shape[2:]) <= max(images.shape[2:]) <= MAX_SIDE:
        yield f"images of {images.shape[2:]} pixels, expected sides up to {MAX_SIDE}"
    if not (_are_names(classes) and _are_names(names)):
        yield "class_names and factor_names must be lists of texts"
    if not (_is_list(values) and len(values) == len(names) and all(map(_are_names, values))):
        yield "factor_values must be a list of names for each factor"
    if not (_is_list(counts) and len(counts) == 3 and all(is_whole(count, 1) for count in counts)):
        yield f"counts must be three whole numbers above 0, not {counts!r:.100}"
    if not sum(counts) == len(images) == len(labels) == len(factors):
        yield f"{len(images)} images, {len(labels)} labels, {len(factors)} rows of factors, {sum(counts)} in splits"
    if labels.shape != (len(images),) or not _are_indices(labels, len(classes)):
        yield f"labels must be whole numbers below {len(classes)}, one for each image"
    if factors.shape != (len(images), len(names)):
        yield f"factors have shape {factors.shape}, expected {(len(images), len(names))}"
    for column, (name, known) in enumerate(zip(names, values, strict=True)):
        if not _are_indices(factors[:, column], len(known)):
            yield f"the factor {name} must have whole numbers below {len(known)}"


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _are_names(value: Any) -> bool:
    return _is_list(value) and all(isinstance(name, str) for name in value)


def _are_indices(column: NDArray[Any], count: int) -> bool:
    return column.dtype == np.int64 and bool(len(column)) and int(column.min()) >= 0 and int(column.max()) < count


def licences(sources: Sequence[Source]) -> dict[str, list[str]]:
    """The sources' names with their versions, by licence."""
    found: dict[str, list[str]] = {}
    for source in sources:
        found.setdefault(source.licence, []).append(f"{source.name} {source.version}")
    return found

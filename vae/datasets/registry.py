"""Named data sets, and the user's own pictures, as uint8 arrays in train, validation and test splits.

Layout everywhere: images (n, channels, height, width) uint8 in 0..255, labels (n,) int64, factors (n, n_factors).
Files lie where torchvision puts them below the data directory; what is missing is downloaded, whole or not at all.
"""
# Slow or optional imports (torchvision, sklearn, PIL, scipy) live in the functions that use them.

import gzip
import hashlib
import math
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from http.client import HTTPException
from itertools import pairwise
from pathlib import Path
from typing import Literal, TypeVar, get_args
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from warnings import catch_warnings

import numpy as np
from numpy.typing import NDArray

from vae.datasets.pictures import (
    MAX_FILES,
    MAX_PICTURE_BYTES,
    DataError,
    Progress,
    decode_picture,
    open_file,
    open_pictures,
    read_bytes,
    read_pictures,
)

DATASETS: tuple[str, ...] = ("digits", "sprites", "mnist", "fashion-mnist", "kmnist", "cifar10", "svhn", "celeba")
EMBEDDED: tuple[str, ...] = ("digits", "sprites")  # need neither files nor a connection

VALIDATION_SIZE = 5_000  # cut from an official training set, or a tenth of it where that is smaller
IMAGE_SIZES = (8, 256)  # pixels per side that the user's own pictures may be scaled to
MIN_PICTURES = 10

Binarisation = Literal["none", "static", "dynamic"]
Factors = NDArray[np.float32] | NDArray[np.int64]
T = TypeVar("T", bound=np.generic)

_TIMEOUT_S = 30.0
_CHUNK_BYTES = 2**18
_CIFAR_URL = "cifar-10-binary.tar.gz"  # the version without pickles, beside the one that torchvision reads
_CIFAR_MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
_CIFAR_RECORDS = 10_000  # per file; a record is 1 label byte, then 3072 of image, (3, 32, 32)
_CELEBA_SIZE = 64
_CELEBA_CROP = 148  # side of the centre square of the aligned 178×218 pictures: the face, as in most VAE papers
_CELEBA_CACHE = f"celeba/centre-{_CELEBA_CROP}-to-{_CELEBA_SIZE}.npy"

# Paths below the data directory, training files first; the IDX folders are also torchvision's class names.
_IDX_FOLDERS = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST"}
_IDX_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
_CIFAR_FILES = (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin")
_CELEBA_FILES = ("list_attr_celeba.txt", "list_eval_partition.txt", "img_align_celeba")
_FILES: dict[str, tuple[str, ...]] = {
    **{name: tuple(f"{folder}/raw/{file}" for file in _IDX_FILES) for name, folder in _IDX_FOLDERS.items()},
    "cifar10": tuple(f"cifar-10-batches-bin/{file}" for file in _CIFAR_FILES),
    "svhn": ("train_32x32.mat", "test_32x32.mat"),
    "celeba": tuple(f"celeba/{file}" for file in _CELEBA_FILES),
}
_DIGITS = tuple("0123456789")
_CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
_THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_KANA = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
_CLASS_NAMES = {"mnist": _DIGITS, "fashion-mnist": _CLOTHES, "kmnist": _KANA, "cifar10": _THINGS, "svhn": _DIGITS}
_PARTS = {"train": 0, "val": 1, "valid": 1, "validation": 1, "test": 2}  # folder name -> which split


@dataclass(frozen=True, eq=False)
class Split:
    """Images with their labels; shared between pages and threads, so nobody writes into the arrays.

    Shapes: images (n, channels, height, width) uint8; labels (n,) int64, indices into Dataset.class_names;
    factors (n, n_factors), one column per name in Dataset.factor_names, None where there are none.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    factors: Factors | None = None

    def __post_init__(self) -> None:
        for array in (self.images, self.labels, self.factors):
            if array is not None and len(array) != len(self.images):
                raise ValueError(f"one row per image expected: {len(self.images)}, not {len(array)}")

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Three disjoint splits, and what their labels and factors mean (names are empty where unknown)."""

    name: str
    train: Split
    validation: Split
    test: Split
    class_names: tuple[str, ...]
    factor_names: tuple[str, ...] = ()

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of every image."""
        channels, height, width = self.train.images.shape[1:]
        return channels, height, width

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 (hex) over the images and labels of all splits; reads a few MB at a time, also from a memory map."""
        digest, step = hashlib.sha256(), 1 + 2**22 // math.prod(self.image_shape)
        for split in (self.train, self.validation, self.test):
            digest.update(repr(split.images.shape).encode())
            for start in range(0, len(split), step):
                digest.update(split.images[start : start + step].tobytes())
            digest.update(split.labels.tobytes())
        return digest.hexdigest()


def binarise(images: NDArray[np.uint8], how: Binarisation, seed: int = 0) -> NDArray[np.uint8]:
    """Black and white images, 0 or 255, from grey ones: by threshold at one half (static), or drawn with the grey level
    as the probability (dynamic), the same for the same seed. Shape kept; "none" returns the images themselves.

    Source: Salakhutdinov & Murray 2008 for drawing; training draws anew at every step, evaluation once.
    """
    if how not in get_args(Binarisation):
        raise ValueError(f"binarisation must be {', '.join(get_args(Binarisation))}, not {how!r}.")
    if how == "none":
        return images
    if how == "static":
        return np.where(images > 127, np.uint8(255), np.uint8(0))
    rng = np.random.default_rng(seed)
    drawn = np.empty_like(images)
    for row, image in enumerate(images):  # one at a time: the first images do not depend on how many there are
        drawn[row] = rng.random(image.shape, np.float32) * 255 < image
    return drawn * np.uint8(255)


def data_directory(data_dir: str | Path | None = None) -> Path:
    """Where the files lie: `data_dir`, else the environment's VAE_DATA_DIR, else ./data."""
    return Path(data_dir or os.environ.get("VAE_DATA_DIR") or "data").expanduser()


def is_available(name: str, data_dir: str | Path | None = None) -> bool:
    """Whether `name` loads without a download; looks only whether its files exist, so it is cheap."""
    if name in EMBEDDED:
        return True
    if _is_path(name):
        return Path(name).expanduser().exists()
    files = _FILES.get(name.partition(":")[0], ())
    return bool(files) and all((data_directory(data_dir) / file).exists() for file in files)


def load_dataset(
    name: str,
    data_dir: str | Path | None = None,
    *,
    image_size: int = 32,
    color: bool = True,
    seed: int = 0,
    progress: Progress | None = None,
) -> Dataset:
    """The data set called `name`, or the pictures in the folder or .zip whose path `name` is.

    A path is told from a name by a path separator, a leading "." or the ending ".zip". "celeba" is labelled by the
    attribute Smiling, "celeba:Male" by another. `image_size` (pixels per side) and `color` apply to the user's own
    pictures only. `seed` decides which images go into which split, where that is not official.

    Raises: DataError for an unknown name, damaged files, a failed download or unusable pictures.
    """
    report = progress or (lambda fraction, text: None)
    if _is_path(name):
        return _own_pictures(name, image_size, color, seed, report)
    base, colon, _ = name.partition(":")
    if base not in DATASETS or (colon and base != "celeba"):
        known = ", ".join(DATASETS)
        raise DataError(f'unknown data set "{name}": use one of {known}, or a path such as ./pictures or pictures.zip')
    if base in EMBEDDED:
        return _digits(seed) if base == "digits" else _sprites(seed)
    root = data_directory(data_dir)
    if not is_available(base, root):
        _download(base, root, report)
    try:
        return _celeba(name, root, report) if base == "celeba" else _official(base, root, seed)
    except OSError as error:
        raise DataError(f"{base}: {error}; see to it that its files can be read, and {root} be written to") from error


def _is_path(name: str) -> bool:
    return name.startswith(".") or name.lower().endswith(".zip") or "/" in name or os.sep in name


# ---- splits ----------------------------------------------------------------------------------------------------------


def _take(split: Split, rows: NDArray[np.int64]) -> Split:
    """Those rows, in that order."""
    return Split(split.images[rows], split.labels[rows], None if split.factors is None else split.factors[rows])


def _cut(split: Split, count: int, seed: int) -> tuple[Split, Split]:
    """(the rest, `count` images drawn at random): disjoint, and the same again for the same seed."""
    order = np.random.default_rng(seed).permutation(len(split))
    return _take(split, order[count:]), _take(split, order[:count])


def _cut_validation(train: Split, seed: int) -> tuple[Split, Split]:
    return _cut(train, min(VALIDATION_SIZE, max(1, len(train) // 10)), seed)


def _cut_all(whole: Split, validation: int, test: int, seed: int) -> tuple[Split, Split, Split]:
    rest, held_out = _cut(whole, validation + test, seed)
    return rest, *_cut(held_out, test, seed)


# ---- data sets that need no files ------------------------------------------------------------------------------------


def _digits(seed: int) -> Dataset:
    """scikit-learn's 1,797 handwritten digits, (1, 8, 8); its grey levels 0..16 become round(level * 255 / 16)."""
    from sklearn.datasets import load_digits

    levels, labels = load_digits(return_X_y=True)
    images = np.rint(levels * (255 / 16)).astype(np.uint8).reshape(-1, 1, 8, 8)
    return Dataset("digits", *_cut_all(Split(images, labels.astype(np.int64)), 200, 300, seed), _DIGITS)


SPRITE_SHAPES = ("square", "ellipse", "heart")
_SPRITE_RADII = (8.0, 10.0, 12.0, 14.0)  # pixels, of the circle around the shape: one per scale
_SPRITE_CENTRES = range(15, 49, 3)  # 12 positions, so far inside 0..63 that no shape reaches the border
_SPRITE_ANGLES = 10  # over a full turn, clockwise


def _sprite(shape: str, radius: float, angle: float) -> NDArray[np.bool_]:
    """One centred shape as a (29, 29) mask; `radius` in pixels, `angle` in radians.

    Square and ellipse would look the same after a quarter or half turn. A round hole ahead of the centre tells their
    orientations apart, so that every combination of factors has a picture of its own.
    """
    y, x = np.mgrid[-14:15, -14:15] / radius
    u, v = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    if shape == "heart":
        u, v = 1.32 * u, 0.15 - 1.32 * v  # centres the heart, and fits it into the radius
        heart: NDArray[np.bool_] = (u**2 + v**2 - 1) ** 3 <= u**2 * v**3
        return heart
    outline = np.maximum(abs(u), abs(v)) <= 0.7 if shape == "square" else u**2 + (v / 0.55) ** 2 <= 1
    hole = (u - 0.35) ** 2 + v**2 <= 0.2**2
    masked: NDArray[np.bool_] = outline & ~hole
    return masked


@lru_cache(maxsize=1)
def _sprites(seed: int) -> Dataset:
    """17,280 binary (0 or 255) pictures, (1, 64, 64): every combination of five factors once, after dSprites.

    factors: int64 indices, not physical values: shape 0..2, scale 0..3 (radius 8, 10, 12, 14 pixels), orientation
    0..9 (steps of 36° clockwise), x and y 0..11 (centre at pixel 15 + 3 * index from the left, from the top).
    labels: the shape. Source: Matthey et al. 2017, dSprites, with fewer values per factor.
    """
    angles = [2 * math.pi * step / _SPRITE_ANGLES for step in range(_SPRITE_ANGLES)]
    masks = np.array([[[_sprite(s, r, a) for a in angles] for r in _SPRITE_RADII] for s in SPRITE_SHAPES])
    grid = (*masks.shape[:3], len(_SPRITE_CENTRES), len(_SPRITE_CENTRES))
    images = np.zeros((*grid, 64, 64), np.uint8)
    for i, x in enumerate(_SPRITE_CENTRES):
        for j, y in enumerate(_SPRITE_CENTRES):
            images[:, :, :, i, j, y - 14 : y + 15, x - 14 : x + 15] = masks * np.uint8(255)
    factors = np.indices(grid, dtype=np.int64).reshape(len(grid), -1).T
    whole = Split(images.reshape(-1, 1, 64, 64), factors[:, 0], factors)
    tenth = len(whole) // 10
    names = ("shape", "scale", "orientation", "x", "y")
    return Dataset("sprites", *_cut_all(whole, tenth, tenth, seed), SPRITE_SHAPES, names)


# ---- official files --------------------------------------------------------------------------------------------------


def _damaged(path: Path, problem: str) -> DataError:
    return DataError(f"{path}: {problem}; delete it, so that it is downloaded again")


def _labelled(images: NDArray[np.uint8], labels: NDArray[np.int64], classes: int, path: Path) -> Split:
    """The two as a Split, once `labels`, read from `path`, are known to fit."""
    if len(labels) != len(images):
        raise _damaged(path, f"has {len(labels)} labels for {len(images)} images")
    if len(labels) < 2 or labels.min() < 0 or labels.max() >= classes:
        raise _damaged(path, f"expected at least 2 labels, all in 0..{classes - 1}")
    return Split(images, labels)


def _official(name: str, root: Path, seed: int) -> Dataset:
    """A data set with an official test split, read from its files; validation is cut from the training set."""
    read = {"cifar10": _read_cifar, "svhn": _read_svhn}.get(name, _read_idx_pair)
    names, files = _CLASS_NAMES[name], [root / file for file in _FILES[name]]
    first = {"cifar10": 5, "svhn": 1}.get(name, 2)  # test file
    train, test = read(files[:first], len(names)), read(files[first:], len(names))
    if train.images.shape[1:] != test.images.shape[1:]:
        raise _damaged(files[first], f"has images {test.images.shape[1:]}, for training {train.images.shape[1:]}")
    return Dataset(name, *_cut_validation(train, seed), test, names)


def _read_idx_pair(files: Sequence[Path], classes: int) -> Split:
    images, labels = _read_idx(files[0], 3), _read_idx(files[1], 1)
    return _labelled(images[:, None], labels.astype(np.int64), classes, files[1])


def _read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """The bytes of an IDX file, in its shape; the header must match the file's size before anything is allocated."""
    with path.open("rb") as file:
        header = file.read(4 + 4 * dimensions)
        if header[:4] != bytes((0, 0, 8, dimensions)) or len(header) < 4 + 4 * dimensions:
            raise _damaged(path, f"is not an unpacked IDX file of bytes in {dimensions} dimensions")
        shape = [int(size) for size in np.frombuffer(header, ">u4", offset=4)]
        expected, found = len(header) + math.prod(shape), path.stat().st_size
        if found != expected:
            raise _damaged(path, f"has {found} bytes where its header promises {expected}")
        if 0 in shape:
            raise _damaged(path, "holds nothing")
        return np.fromfile(file, np.uint8).reshape(shape)


def _read_cifar(files: Sequence[Path], classes: int) -> Split:
    for path in files:
        if (found := path.stat().st_size) != (expected := _CIFAR_RECORDS * 3073):
            raise _damaged(path, f"has {found} bytes, expected {expected}")
    records = np.concatenate([np.fromfile(path, np.uint8) for path in files]).reshape(-1, 3073)
    images = np.ascontiguousarray(records[:, 1:]).reshape(-1, 3, 32, 32)
    return _labelled(images, records[:, 0].astype(np.int64), classes, files[0].parent)


def _read_svhn(files: Sequence[Path], classes: int) -> Split:
    """torchvision checks the file's md5 first, and turns the label 10 into the digit 0."""
    from torchvision.datasets import SVHN

    part = files[0].name.partition("_")[0]
    try:
        svhn = SVHN(files[0].parent, part)
    except (RuntimeError, ValueError) as error:
        raise _damaged(files[0], "is not the published file") from error
    return _labelled(np.ascontiguousarray(svhn.data), svhn.labels, classes, files[0])


def _celeba(name: str, root: Path, report: Progress) -> Dataset:
    """CelebA's aligned faces, centre 148×148 scaled to (3, 64, 64), in the official partition; a memory map.

    factors: the 40 attributes, 0 or 1. labels: the attribute after the colon in `name`, Smiling without one.
    """
    attributes, partition, _ = (root / file for file in _FILES["celeba"])
    attribute = name.partition(":")[2] or "Smiling"
    with attributes.open(encoding="utf-8", errors="replace") as file:
        known = tuple((file.readline(), file.readline())[1].split())
    if not known:
        raise _damaged(attributes, "has no names of attributes in its second line")
    if attribute not in known:
        raise DataError(f'celeba has no attribute "{attribute}": use one of {", ".join(known)}')
    values = (_read_columns(attributes, 2, range(1, len(known) + 1), np.int64) > 0).astype(np.int64)
    files = _read_columns(partition, 0, (0, 1), np.str_)
    if len(values) != len(files):
        raise _damaged(attributes, f"has {len(values)} rows, {partition.name} {len(files)}")
    if sorted(set(files[:, 1])) != ["0", "1", "2"]:
        raise _damaged(partition, "does not assign every picture to split 0, 1 or 2")
    order = np.argsort(files[:, 1], kind="stable")  # so that each split is one contiguous piece of the memory map
    images, values, parts = _celeba_images(root, files[order, 0], report), values[order], files[order, 1]
    bounds = np.searchsorted(parts, ["0", "1", "2", "3"])
    splits = [slice(start, stop) for start, stop in pairwise(bounds)]
    label = known.index(attribute)
    train, validation, test = (Split(images[s], values[s, label], values[s]) for s in splits)
    return Dataset(name, train, validation, test, (f"not {attribute}", attribute), known)


def _read_columns(path: Path, skip: int, columns: Sequence[int], dtype: type[T]) -> NDArray[T]:
    """Columns of a table separated by spaces, after `skip` lines; numpy's warning of an empty one is not passed on."""
    try:
        with catch_warnings(action="ignore"):
            table: NDArray[T] = np.loadtxt(path, dtype, skiprows=skip, usecols=columns, ndmin=2)
    except ValueError as error:
        raise _damaged(path, f"is not the published table ({error})") from error
    return table


def _celeba_images(root: Path, files: Sequence[str], report: Progress) -> NDArray[np.uint8]:
    """The cropped pictures in the order of `files`, decoded once into a .npy that appears only when complete."""
    cache, shape = root / _CELEBA_CACHE, (len(files), 3, _CELEBA_SIZE, _CELEBA_SIZE)
    if not cache.exists():
        with tempfile.TemporaryDirectory(prefix=".decode-", dir=cache.parent) as staging:
            unfinished = Path(staging) / cache.name
            pixels = np.lib.format.open_memmap(unfinished, "w+", np.uint8, shape)
            for i, file in enumerate(files):
                if file in ("", "..") or Path(file).name != file:
                    raise _damaged(root / _FILES["celeba"][1], f"names {file!r}, which is no picture's name")
                path = root / _FILES["celeba"][2] / file
                data = read_bytes(partial(open_file, path), str(path), MAX_PICTURE_BYTES)
                pixels[i] = decode_picture(data, str(path), _CELEBA_SIZE, color=True, crop=_CELEBA_CROP)
                if i % 500 == 0:
                    report(i / len(files), f"celeba: picture {i:,} of {len(files):,}")
            pixels.flush()
            unfinished.replace(cache)
    try:
        images: NDArray[np.uint8] = np.load(cache, mmap_mode="c", allow_pickle=False)
    except Exception as error:  # damaged headers raise many kinds
        raise _damaged(cache, f"is not a whole array ({error})") from error
    if images.shape != shape or images.dtype != np.uint8:
        raise _damaged(cache, f"holds {images.dtype} {images.shape}, expected uint8 {shape}")
    return images


# ---- download --------------------------------------------------------------------------------------------------------


def _download(name: str, root: Path, report: Progress) -> None:
    """Put the files of `name` below `root`, after they have been fetched and read without error next door.

    An interrupted download leaves at most a `.download-` folder, which nothing reads. Raises: DataError.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".download-", dir=root) as folder:
            staging = Path(folder)
            files = _fetch_celeba(root, staging, report) if name == "celeba" else _fetch(name, staging, report)
            for file in files:
                (root / file).parent.mkdir(parents=True, exist_ok=True)
                (staging / file).replace(root / file)
    except (OSError, EOFError, HTTPException, zlib.error, tarfile.TarError, DataError) as error:
        needed = ", ".join(_FILES[name])
        raise DataError(
            f"{name}: could not download ({error}); check the internet connection or put into {root}: {needed}"
        ) from error


def _fetch(name: str, staging: Path, report: Progress) -> tuple[str, ...]:
    """Fetch and unpack what torchvision lists, try whether it loads, and name the files that are wanted of it."""
    from torchvision import datasets

    if name in _IDX_FOLDERS:
        source = getattr(datasets, _IDX_FOLDERS[name])
        raw = staging / _IDX_FOLDERS[name] / "raw"
        wanted = [([mirror + file for mirror in source.mirrors], md5, raw / file) for file, md5 in source.resources]
    elif name == "cifar10":
        folder = datasets.CIFAR10.url.rpartition("/")[0]
        wanted = [([f"{folder}/{_CIFAR_URL}"], _CIFAR_MD5, staging / _CIFAR_URL)]
    else:
        parts = (datasets.SVHN.split_list[part] for part in ("train", "test"))
        wanted = [([url], md5, staging / file) for url, file, md5 in parts]
    for i, (urls, md5, target) in enumerate(wanted):
        target.parent.mkdir(parents=True, exist_ok=True)
        _stream_any(urls, md5, target, _share(report, name, i, len(wanted)))
        _unpack(target)
    _official(name, staging, seed=0)
    return _FILES[name]


def _fetch_celeba(root: Path, staging: Path, report: Progress) -> tuple[str, ...]:
    """As _fetch, with torchvision's own downloader, for Google Drive; its gdown prints a bar of its own."""
    from torchvision.datasets import CelebA

    if (pictures := root / _FILES["celeba"][2]).exists():
        raise OSError(f"{pictures} is there already, but not the tables beside it")
    report(0.0, "celeba: 1.4 GB from Google Drive")
    try:
        CelebA(staging, download=True)
    except Exception as error:  # gdown, which may be missing, has its own kinds
        raise OSError(error) from error
    _celeba("celeba", staging, report)
    return *_FILES["celeba"], _CELEBA_CACHE


def _share(report: Progress, name: str, index: int, count: int) -> Progress:
    return lambda fraction, text: report((index + fraction) / count, f"{name}: {text}")


def _stream_any(urls: Sequence[str], md5: str, target: Path, report: Progress) -> None:
    """Write to `target` what the first url that works sends. Raises: OSError with every url's reason."""
    reasons = []
    for url in urls:
        try:
            return _stream(url, md5, target, report)
        except (OSError, HTTPException, ValueError) as error:
            reasons.append(f"{url}: {error}")
            if isinstance(error, HTTPError):  # which holds the connection
                error.close()
    raise OSError("; ".join(reasons))


def _stream(url: str, md5: str, target: Path, report: Progress) -> None:
    digest, done = hashlib.md5(usedforsecurity=False), 0
    request = Request(url, headers={"User-Agent": "latent-lab"})
    with urlopen(request, timeout=_TIMEOUT_S) as response, target.open("wb") as file:
        total = int(response.headers.get("Content-Length") or 0)
        while chunk := response.read(_CHUNK_BYTES):
            file.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            size = f"{done / 1e6:.1f} of {total / 1e6:.1f} MB" if total else f"{done / 1e6:.1f} MB"
            report(min(1.0, done / total) if total else 0.0, f"{target.name}, {size}")
    if done < total:
        raise OSError(f"the connection ended after {done} of {total} bytes")
    if digest.hexdigest() != md5:
        raise OSError(f"the {done} bytes received do not have the published md5 {md5}")


def _unpack(path: Path) -> None:
    if path.name.endswith(".tar.gz"):
        # By name, and not with extractall's filter, which Python 3.11.2, Debian 12's, does not have.
        with tarfile.open(path) as archive:
            for member in archive:
                if member.name in _FILES["cifar10"] and member.isfile() and (content := archive.extractfile(member)):
                    target = path.parent / member.name
                    target.parent.mkdir(exist_ok=True)
                    with content, target.open("wb") as file:
                        shutil.copyfileobj(content, file)
    elif path.suffix == ".gz":
        with gzip.open(path) as packed, path.with_suffix("").open("wb") as file:
            shutil.copyfileobj(packed, file)


# ---- the user's own pictures -----------------------------------------------------------------------------------------


def _own_pictures(name: str, image_size: int, color: bool, seed: int, report: Progress) -> Dataset:
    """The pictures of a folder or zip, each one's centre square scaled to (3 or 1, image_size, image_size).

    The sub-folder is the label, "images" for pictures in none. Folders train and test (and validation) at the top are
    the splits; otherwise 80 % / 10 % / 10 % at random. Raises: DataError naming the file that is not fit.
    """
    if not IMAGE_SIZES[0] <= image_size <= IMAGE_SIZES[1]:
        raise DataError(f"image_size is {image_size}: use {IMAGE_SIZES[0]} to {IMAGE_SIZES[1]} pixels")
    path = Path(name).expanduser()
    with open_pictures(path) as openers:
        if not MIN_PICTURES <= len(openers) <= MAX_FILES:
            raise DataError(f"{path}: has {len(openers):,} pictures, use {MIN_PICTURES} to {MAX_FILES:,}")
        images = read_pictures(openers, path, image_size, color, report)
    part, labels, class_names = _layout(list(openers), strip=path.is_file())
    return Dataset(name, *_own_splits(Split(images, labels), part, path, seed), class_names)


def _own_splits(whole: Split, part: NDArray[np.int64], path: Path, seed: int) -> tuple[Split, Split, Split]:
    """`part` is each picture's split, 0 to 2; -1 where the folders don't say."""
    if part[0] < 0:
        return _cut_all(whole, len(whole) // 10, len(whole) // 10, seed)
    train, validation, test = (_take(whole, np.flatnonzero(part == i)) for i in range(3))
    if len(train) < 2:
        raise DataError(f"{path}: has {len(train)} picture in train/, put at least 2 there")
    if not len(validation):
        train, validation = _cut_validation(train, seed)
    return train, validation, test


def _layout(names: Sequence[str], strip: bool) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[str, ...]]:
    """(split of each picture or -1, its label, class names), from its path; `strip`: ignore one folder around all."""
    paths = [name.split("/") for name in names]
    if strip and all(len(path) > 1 and path[0] == paths[0][0] for path in paths):
        paths = [path[1:] for path in paths]
    part = np.full(len(paths), -1, np.int64)
    tops = {path[0] if len(path) > 1 else "" for path in paths}
    if {"train", "test"} <= tops <= set(_PARTS):
        part = np.array([_PARTS[path[0]] for path in paths], np.int64)
        paths = [path[1:] for path in paths]
    class_names, labels = np.unique([path[0] if len(path) > 1 else "images" for path in paths], return_inverse=True)
    return part, labels.astype(np.int64), tuple(class_names.tolist())

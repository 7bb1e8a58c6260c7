"""Published data sets read from their files, which lie where torchvision puts them. No file is trusted."""
# torchvision and PIL are imported where they are used: they cost start-up time.

import gzip
import io
import math
import tempfile
import zlib
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, TypeVar
from warnings import catch_warnings

import numpy as np
from numpy.typing import NDArray

from vae.datasets.pictures import MAX_PICTURE_BYTES, DataError, Progress, decode_picture, open_file, read_bytes
from vae.datasets.splits import Dataset, Split, cut_validation

T = TypeVar("T", bound=np.generic)

CIFAR_RECORDS = 10_000  # per file; a record is 1 label byte, then 3072 of image, (3, 32, 32)
_CELEBA_SIZE = 64
_CELEBA_CROP = 148  # side of the centre square of the aligned 178×218 pictures: the face, as in most VAE papers
CELEBA_CACHE = f"celeba/centre-{_CELEBA_CROP}-to-{_CELEBA_SIZE}.npy"

# Paths below the data directory, training files first; the IDX folders are also torchvision's class names.
IDX_FOLDERS = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST"}
PACKAGED = {"fashion-mnist": Path("/usr/share/datasets/fashion-mnist")}  # Debian's dataset-fashion-mnist: .gz files
MAX_IDX_BYTES = 2**28  # of an unpacked .gz: 256 MiB; MNIST's largest file has 47 MB
IDX_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
CIFAR_FILES = (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin")
CELEBA_FILES = ("list_attr_celeba.txt", "list_eval_partition.txt", "img_align_celeba")
FILES: dict[str, tuple[str, ...]] = {
    **{name: tuple(f"{folder}/raw/{file}" for file in IDX_FILES) for name, folder in IDX_FOLDERS.items()},
    "cifar10": tuple(f"cifar-10-batches-bin/{file}" for file in CIFAR_FILES),
    "svhn": ("train_32x32.mat", "test_32x32.mat"),
    "celeba": tuple(f"celeba/{file}" for file in CELEBA_FILES),
}
_DIGITS = tuple("0123456789")
_CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
_THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_KANA = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
CLASS_NAMES = {"mnist": _DIGITS, "fashion-mnist": _CLOTHES, "kmnist": _KANA, "cifar10": _THINGS, "svhn": _DIGITS}


def find_files(name: str, root: Path) -> tuple[Path, ...]:
    """The files of a published data set, training files first; empty if one is missing.

    IDX files may be packed (.gz), and may also be those of a system package.
    """
    if name not in IDX_FOLDERS:
        files = tuple(root / file for file in FILES.get(name, ()))
        return files if all(path.exists() for path in files) else ()
    folders = [root / IDX_FOLDERS[name] / "raw", *([PACKAGED[name]] if name in PACKAGED else [])]
    for folder in folders:
        plain_or_packed = ((folder / file, folder / f"{file}.gz") for file in IDX_FILES)
        found = [plain if plain.exists() else packed for plain, packed in plain_or_packed]
        if all(path.suffix != ".gz" or _is_complete(path) for path in found):
            return tuple(found)
    return ()


def _is_complete(packed: Path) -> bool:
    """Whether an IDX file's .gz ends with the size that its header says: not so if a download was interrupted."""
    try:
        with gzip.open(packed) as file:
            header = file.read(4)
            header += file.read(4 * sum(header[3:]))
        with packed.open("rb") as file:
            file.seek(-4, io.SEEK_END)
            size = int.from_bytes(file.read(), "little")
    except (OSError, EOFError, zlib.error):
        return False
    sides = [int.from_bytes(header[at : at + 4]) for at in range(4, len(header), 4)]
    return len(header) > 4 and size == (len(header) + math.prod(sides)) % 2**32


def _damaged(path: Path, problem: str) -> DataError:
    return DataError(f"{path}: {problem}; delete it, so that it is downloaded again")


def _labelled(images: NDArray[np.uint8], labels: NDArray[np.int64], classes: int, path: Path) -> Split:
    """Images and labels as a Split. Raises DataError if the labels, read from `path`, do not fit."""
    if len(labels) != len(images):
        raise _damaged(path, f"has {len(labels)} labels for {len(images)} images")
    if len(labels) < 2 or labels.min() < 0 or labels.max() >= classes:
        raise _damaged(path, f"expected at least 2 labels, all in 0..{classes - 1}")
    return Split(images, labels)


def load_official(name: str, root: Path, seed: int) -> Dataset:
    """A data set with an official test split, read from its files; validation is cut from the training set.

    Raises: DataError for damaged files.
    """
    read = {"cifar10": _read_cifar, "svhn": _read_svhn}.get(name, _read_idx_pair)
    names, files = CLASS_NAMES[name], find_files(name, root) or [root / file for file in FILES[name]]
    first = {"cifar10": 5, "svhn": 1}.get(name, 2)  # test file
    train, test = read(files[:first], len(names)), read(files[first:], len(names))
    if train.images.shape[1:] != test.images.shape[1:]:
        raise _damaged(files[first], f"has images {test.images.shape[1:]}, for training {train.images.shape[1:]}")
    return Dataset(name, *cut_validation(train, seed), test, names)


def _read_idx_pair(files: Sequence[Path], classes: int) -> Split:
    images, labels = _read_idx(files[0], 3), _read_idx(files[1], 1)
    return _labelled(images[:, None], labels.astype(np.int64), classes, files[1])


def _read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """The bytes of an IDX file, in its shape; the header must match the file's size before anything is allocated."""
    with _open_idx(path) as file:
        header = file.read(4 + 4 * dimensions)
        if header[:4] != bytes((0, 0, 8, dimensions)) or len(header) < 4 + 4 * dimensions:
            raise _damaged(path, f"is not an IDX file of bytes in {dimensions} dimensions")
        shape = [int(size) for size in np.frombuffer(header, ">u4", offset=4)]
        expected, found = len(header) + math.prod(shape), file.seek(0, io.SEEK_END)
        if found != expected:
            raise _damaged(path, f"has {found} bytes where its header says {expected}")
        if 0 in shape:
            raise _damaged(path, "is empty")
        file.seek(len(header))
        return np.frombuffer(bytearray(file.read()), np.uint8).reshape(shape)  # a bytearray: PyTorch wants it writable


def _open_idx(path: Path) -> BinaryIO:
    """The file; a .gz is unpacked into memory."""
    if path.suffix != ".gz":
        return path.open("rb")
    try:
        with gzip.open(path) as packed:
            content = io.BytesIO()
            while (piece := packed.read(2**20)) and content.tell() <= MAX_IDX_BYTES:
                content.write(piece)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(path, f"cannot be unpacked ({error})") from error
    if content.tell() > MAX_IDX_BYTES:
        raise _damaged(path, f"unpacks to more than {MAX_IDX_BYTES:,} bytes")
    content.seek(0)
    return content


def _read_cifar(files: Sequence[Path], classes: int) -> Split:
    for path in files:
        if (found := path.stat().st_size) != (expected := CIFAR_RECORDS * 3073):
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


def load_celeba(name: str, root: Path, report: Progress) -> Dataset:
    """CelebA's aligned faces, centre 148×148 scaled to (3, 64, 64), in the official partition; a memory map.

    factors: the 40 attributes, 0 or 1. labels: the attribute after the colon in `name`, Smiling without one.
    """
    attributes, partition, _ = (root / file for file in FILES["celeba"])
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
    """Columns of a table separated by spaces, after `skip` lines. numpy would only warn of an empty table."""
    try:
        with catch_warnings(action="ignore"):
            table: NDArray[T] = np.loadtxt(path, dtype, skiprows=skip, usecols=columns, ndmin=2)
    except ValueError as error:
        raise _damaged(path, f"is not the published table ({error})") from error
    return table


def _celeba_images(root: Path, files: Sequence[str], report: Progress) -> NDArray[np.uint8]:
    """The cropped pictures in the order of `files`, decoded once into a .npy that gets its name when it is complete."""
    cache, shape = root / CELEBA_CACHE, (len(files), 3, _CELEBA_SIZE, _CELEBA_SIZE)
    if not cache.exists():
        with tempfile.TemporaryDirectory(prefix=".decode-", dir=cache.parent) as staging:
            unfinished = Path(staging) / cache.name
            pixels = np.lib.format.open_memmap(unfinished, "w+", np.uint8, shape)
            for i, file in enumerate(files):
                if file in ("", "..") or Path(file).name != file:
                    raise _damaged(root / FILES["celeba"][1], f"names {file!r}, which is not a file name")
                path = root / FILES["celeba"][2] / file
                data = read_bytes(partial(open_file, path), str(path), MAX_PICTURE_BYTES)
                pixels[i] = decode_picture(data, str(path), _CELEBA_SIZE, color=True, crop=_CELEBA_CROP)
                if i % 500 == 0:
                    report(i / len(files), f"celeba: picture {i:,} of {len(files):,}")
            pixels.flush()
            unfinished.replace(cache)
    try:
        images: NDArray[np.uint8] = np.load(cache, mmap_mode="c", allow_pickle=False)
    except Exception as error:  # damaged headers raise many kinds
        raise _damaged(cache, f"is not a complete array ({error})") from error
    if images.shape != shape or images.dtype != np.uint8:
        raise _damaged(cache, f"holds {images.dtype} {images.shape}, expected uint8 {shape}")
    return images

"""Data sets by name, and the user's own pictures by path, as uint8 arrays in train, validation and test splits.

Layout everywhere: images (n, channels, height, width) uint8 in 0..255, labels (n,) int64, factors (n, n_factors).
Files lie where torchvision puts them below the data directory; what is missing is downloaded, whole or not at all.
Made data sets are not: `python -m vae data NAME` puts them there.
"""

import os
from pathlib import Path

from vae.datasets.downloads import download
from vae.datasets.embedded import EMBEDDED, load_digits, load_sprites
from vae.datasets.made.recipes import MADE
from vae.datasets.made.storage import is_made, load
from vae.datasets.official import find_files, load_celeba, load_official
from vae.datasets.pictures import DataError, Framing, Progress
from vae.datasets.splits import Dataset
from vae.datasets.user_images.reader import load_user_images

DATASETS: tuple[str, ...] = (*EMBEDDED, *MADE, "mnist", "fashion-mnist", "kmnist", "cifar10", "svhn", "celeba")


def data_directory(data_dir: str | Path | None = None) -> Path:
    """Where the files lie: `data_dir`, else the environment's VAE_DATA_DIR, else ./data."""
    return Path(data_dir or os.environ.get("VAE_DATA_DIR") or "data").expanduser()


def is_available(name: str, data_dir: str | Path | None = None) -> bool:
    """Whether `name` loads without a download; only checks that its files exist, which is cheap."""
    if name in EMBEDDED:
        return True
    if is_path(name):
        return Path(name).expanduser().exists()
    if name in MADE:
        return is_made(data_directory(data_dir), name)
    return bool(find_files(name.partition(":")[0], data_directory(data_dir)))


def load_dataset(
    name: str,
    data_dir: str | Path | None = None,
    *,
    image_size: int = 32,
    color: bool | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    title: str | None = None,
    encoding: str | None = None,
    framing: Framing = Framing(),  # noqa: B008 (frozen)
) -> Dataset:
    """The data set called `name`, or the pictures in the folder or .zip whose path `name` is.

    What has a path separator, a leading "." or the ending ".zip" is a path. "celeba" is labelled by the attribute
    Smiling, "celeba:Male" by another. `seed` decides which images go into which split, where that is not official.
    For the user's own pictures alone: `image_size`, pixels per side; `color`, None for grey if all of them are;
    `title`, what the data set and messages about it are called, else `name`; `encoding`, of file names beside UTF-8;
    `framing`, what is kept of each.

    Raises: DataError for an unknown name, damaged files, a failed download, unusable pictures, or a made data set that
    is not there yet.
    """
    report = progress or (lambda fraction, text: None)
    if is_path(name):
        path = Path(name).expanduser()
        return load_user_images(
            path, title or name, image_size=image_size, color=color, seed=seed, report=report, encoding=encoding,
            framing=framing,
        )  # fmt: skip
    base, colon, _ = name.partition(":")
    if base not in DATASETS or (colon and base != "celeba"):
        known = ", ".join(DATASETS)
        raise DataError(f'unknown data set "{name}": use one of {known}, or a path such as ./pictures or pictures.zip')
    if base in EMBEDDED:
        return load_digits(seed) if base == "digits" else load_sprites(seed)
    root = data_directory(data_dir)
    if base in MADE:
        return load_made(base, root)
    if not is_available(base, root):
        download(base, root, report)
    try:
        return load_celeba(name, root, report) if base == "celeba" else load_official(base, root, seed)
    except OSError as error:
        raise DataError(
            f"{base}: {error}; make sure that its files can be read and {root} can be written to"
        ) from error


def load_made(name: str, root: Path) -> Dataset:
    """The made data set of this name. Raises: DataError where it is missing, with what makes it, or damaged."""
    if not is_made(root, name):
        raise DataError(how_to_make(name, root))
    return load(root, name)


def how_to_make(name: str, root: Path) -> str:
    """What to do where a made data set is missing, in a sentence."""
    return f"{name} is not in {root} yet: run `python -m vae data {name}`, which takes about a minute"


def is_path(name: str) -> bool:
    """Whether this is the path of a folder or zip, and no data set's name."""
    return name.startswith(".") or name.lower().endswith(".zip") or "/" in name or os.sep in name

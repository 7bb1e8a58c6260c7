"""Downloads of published data sets: checked, unpacked and read once before they are moved to their place."""
# torchvision is imported where it is used: it costs start-up time.

import gzip
import hashlib
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from vae.datasets.official import CELEBA_CACHE, FILES, IDX_FOLDERS, load_celeba, load_official
from vae.datasets.pictures import DataError, Progress

TIMEOUT_SECONDS = 30.0
CHUNK_BYTES = 2**18
CIFAR_URL = "cifar-10-binary.tar.gz"  # without pickles, unlike the archive that torchvision reads
CIFAR_MD5 = "c32a1d4ab5d03f1284b67883e8d87530"


def download(name: str, root: Path, report: Progress) -> None:
    """Fetches the files of `name` into a temporary folder, reads them once, and only then moves them below `root`.

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
        needed = ", ".join(FILES[name])
        raise DataError(
            f"{name}: could not download ({error}); check the internet connection or put into {root}: {needed}"
        ) from error


def _fetch(name: str, staging: Path, report: Progress) -> tuple[str, ...]:
    """Fetches and unpacks the files that torchvision lists, and loads them once; returns those to keep."""
    from torchvision import datasets

    if name in IDX_FOLDERS:
        source = getattr(datasets, IDX_FOLDERS[name])
        raw = staging / IDX_FOLDERS[name] / "raw"
        wanted = [([mirror + file for mirror in source.mirrors], md5, raw / file) for file, md5 in source.resources]
    elif name == "cifar10":
        folder = datasets.CIFAR10.url.rpartition("/")[0]
        wanted = [([f"{folder}/{CIFAR_URL}"], CIFAR_MD5, staging / CIFAR_URL)]
    else:
        parts = (datasets.SVHN.split_list[part] for part in ("train", "test"))
        wanted = [([url], md5, staging / file) for url, file, md5 in parts]
    for i, (urls, md5, target) in enumerate(wanted):
        target.parent.mkdir(parents=True, exist_ok=True)
        _stream_any(urls, md5, target, _part_of(report, name, i, len(wanted)))
        _unpack(target)
    load_official(name, staging, seed=0)
    return FILES[name]


def _fetch_celeba(root: Path, staging: Path, report: Progress) -> tuple[str, ...]:
    """As _fetch, by torchvision's own downloader, which knows Google Drive; its gdown prints its own progress bar."""
    from torchvision.datasets import CelebA

    if (pictures := root / FILES["celeba"][2]).exists():
        raise OSError(f"{pictures} exists already, but not the tables beside it")
    report(0.0, "celeba: 1.4 GB from Google Drive")
    try:
        CelebA(staging, download=True)
    except Exception as error:  # gdown, which may be missing, raises its own kinds
        raise OSError(error) from error
    load_celeba("celeba", staging, report)
    return *FILES["celeba"], CELEBA_CACHE


def _part_of(report: Progress, name: str, index: int, count: int) -> Progress:
    """Reports the progress of file `index` of `count` as that of all files."""
    return lambda fraction, text: report((index + fraction) / count, f"{name}: {text}")


def _stream_any(urls: Sequence[str], md5: str, target: Path, report: Progress) -> None:
    """Writes to `target` what the first working url sends. Raises: OSError with the reason of every url."""
    reasons = []
    for url in urls:
        try:
            return _stream(url, md5, target, report)
        except (OSError, HTTPException, ValueError) as error:
            reasons.append(f"{url}: {error}")
            if isinstance(error, HTTPError):  # it keeps the connection open
                error.close()
    raise OSError("; ".join(reasons))


def _stream(url: str, md5: str, target: Path, report: Progress) -> None:
    digest, done = hashlib.md5(usedforsecurity=False), 0
    request = Request(url, headers={"User-Agent": "latent-lab"})
    with urlopen(request, timeout=TIMEOUT_SECONDS) as response, target.open("wb") as file:
        total = int(response.headers.get("Content-Length") or 0)
        while chunk := response.read(CHUNK_BYTES):
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
        # By name: the Python 3.11.2 of Debian 12 has no filter for extractall.
        with tarfile.open(path) as archive:
            for member in archive:
                if member.name in FILES["cifar10"] and member.isfile() and (content := archive.extractfile(member)):
                    target = path.parent / member.name
                    target.parent.mkdir(exist_ok=True)
                    with content, target.open("wb") as file:
                        shutil.copyfileobj(content, file)
    elif path.suffix == ".gz":
        with gzip.open(path) as packed, path.with_suffix("").open("wb") as file:
            shutil.copyfileobj(packed, file)

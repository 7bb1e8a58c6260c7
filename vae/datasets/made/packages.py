"""Packages of npm's registry as files in memory: checked, limited in size, nothing in them is run."""

import base64
import hashlib
import io
import os
import tarfile
import tempfile
import zlib
from http.client import HTTPException
from pathlib import Path
from urllib.request import Request, urlopen

from vae.datasets.pictures import MAX_FILES, DataError, Progress

REGISTRY = "https://registry.npmjs.org"
TIMEOUT_SECONDS = 30.0
CHUNK_BYTES = 2**18
MAX_PACKAGE_BYTES = 2**27  # 128 MiB, as it is sent
MAX_UNPACKED_BYTES = 2**29  # 512 MiB, all files of one package


def fetch_package(package: str, version: str, integrity: str, root: Path, report: Progress) -> dict[str, bytes]:
    """The files of a package by their path within it, as "dist/a.json". Kept packed in `root`/packages.

    It comes from the registry named in NPM_CONFIG_REGISTRY, else npm's own, unless it is kept already.
    integrity: as npm publishes it, "sha512-" and base64. root: the data directory.
    Raises: DataError if it cannot be had, has another hash, or is too large.
    """
    kept = root / "packages" / f"{package.replace('/', '+')}-{version}.tgz"
    try:
        if not kept.exists() or _integrity(kept.read_bytes()) != integrity:
            _download(package, version, integrity, kept, report)
        return _unpacked(kept.read_bytes())
    except (OSError, EOFError, HTTPException, zlib.error, tarfile.TarError, ValueError) as error:
        raise DataError(
            f"{package} {version}: cannot be used ({error}); check the internet connection, or that {kept.parent} can "
            "be written to, and run the command again"
        ) from error


def _integrity(packed: bytes) -> str:
    return f"sha512-{base64.b64encode(hashlib.sha512(packed).digest()).decode()}"


def _download(package: str, version: str, integrity: str, kept: Path, report: Progress) -> None:
    """Writes the package to `kept`, once its hash is right. Raises: OSError, HTTPException."""
    registry = os.environ.get("NPM_CONFIG_REGISTRY") or REGISTRY
    if not registry.startswith(("https://", "http://")):
        raise OSError(f"NPM_CONFIG_REGISTRY is {registry}, expected an address that begins with https://")
    url = f"{registry.rstrip('/')}/{package}/-/{package.rpartition('/')[2]}-{version}.tgz"
    received, title = io.BytesIO(), f"{package} {version}"
    with urlopen(Request(url, headers={"User-Agent": "latent-lab"}), timeout=TIMEOUT_SECONDS) as response:
        total = int(response.headers.get("Content-Length") or 0)
        while chunk := response.read(CHUNK_BYTES):
            received.write(chunk)
            if received.tell() > MAX_PACKAGE_BYTES:
                raise OSError(f"it has more than {MAX_PACKAGE_BYTES:,} bytes")
            report(min(1.0, received.tell() / total) if total else 0.0, title)
    packed = received.getvalue()
    if _integrity(packed) != integrity:
        raise OSError(f"the {len(packed):,} bytes received do not have the published hash {integrity:.24}…")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".download-", dir=kept.parent) as staging:
        unfinished = Path(staging) / kept.name
        unfinished.write_bytes(packed)
        unfinished.replace(kept)


def _unpacked(packed: bytes) -> dict[str, bytes]:
    """The regular files of a .tgz, without the folder that all of them are in. Raises: OSError, TarError."""
    files: dict[str, bytes] = {}
    left = MAX_UNPACKED_BYTES
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r|gz") as archive:
        for count, member in enumerate(archive):
            left -= member.size
            if left < 0 or count >= MAX_FILES:
                raise OSError(f"it unpacks to more than {MAX_UNPACKED_BYTES:,} bytes or {MAX_FILES:,} files")
            if member.isfile() and (content := archive.extractfile(member)):
                files[member.name.partition("/")[2]] = content.read()
    return files

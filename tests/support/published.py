"""Small files of the exact layout of CIFAR-10, SVHN and CelebA."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.mnist import RNG
from tests.support.pictures import encoded, write_folder
from vae.datasets import official


def cifar_files(records: int = 4) -> dict[str, bytes]:
    """The six files of cifar-10-batches-bin, with this many random images each."""

    def batch() -> bytes:
        labels = RNG.integers(0, 10, (records, 1))
        return np.concatenate([labels, RNG.integers(0, 256, (records, 3072))], axis=1).astype(np.uint8).tobytes()

    return {name: batch() for name in official.CIFAR_FILES}


def svhn_files() -> dict[str, bytes]:
    """Both .mat files: 20 random images for training, 11 for testing; labels 1 to 10 in turn."""
    from scipy.io import savemat

    files = {}
    for part, n in (("train", 20), ("test", 11)):
        buffer = io.BytesIO()
        images = RNG.integers(0, 256, (32, 32, 3, n)).astype(np.uint8)
        savemat(buffer, {"X": images, "y": (np.arange(n) % 10 + 1)[:, None]})
        files[f"{part}_32x32.mat"] = buffer.getvalue()
    return files


def celeba_files() -> dict[str, bytes]:
    """Nine faces, white in the centre 148×148 and black around; one is Smiling in each split, all but one Male."""
    names = [f"{i:06d}.jpg" for i in range(1, 10)]
    face = Image.new("L", (178, 218))
    face.paste(255, (15, 35, 163, 183))
    rows = [f"{name} {1 if i % 3 == 0 else -1:2d} {-1 if i == 4 else 1:2d} " for i, name in enumerate(names)]
    files = {f"img_align_celeba/{name}": encoded(face.convert("RGB"), "JPEG", quality=95) for name in names}
    files["list_attr_celeba.txt"] = "\n".join(["9", "Smiling Male ", *rows, ""]).encode()
    files["list_eval_partition.txt"] = "".join(f"{name} {(i + 2) % 3}\n" for i, name in enumerate(names)).encode()
    return files


def use_small_files(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """SVHN's files; until the test ends, CIFAR-10 has 4 images a file, and torchvision knows these files' md5."""
    from torchvision.datasets import SVHN

    files, listed = svhn_files(), {}
    for name, content in files.items():
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        listed[name.partition("_")[0]] = [f"/{name}", name, digest]
    monkeypatch.setattr(SVHN, "split_list", listed)
    monkeypatch.setattr(official, "CIFAR_RECORDS", 4)
    return files


def write_small_files(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All three data sets in the data directory `root`, read as such until the test ends."""
    write_folder(root, use_small_files(monkeypatch))
    write_folder(root / "cifar-10-batches-bin", cifar_files())
    write_folder(root / "celeba", celeba_files())

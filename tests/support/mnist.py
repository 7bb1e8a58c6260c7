"""MNIST's files, made small."""

from pathlib import Path

import numpy as np

RNG = np.random.default_rng(0)


def idx(array: np.ndarray) -> bytes:
    return bytes((0, 0, 8, array.ndim)) + np.array(array.shape, ">u4").tobytes() + array.astype(np.uint8).tobytes()


def idx_files(train: int = 30, test: int = 12) -> dict[str, bytes]:
    files = {}
    for part, n in (("train", train), ("t10k", test)):
        files[f"{part}-images-idx3-ubyte"] = idx(RNG.integers(0, 256, (n, 28, 28)))
        files[f"{part}-labels-idx1-ubyte"] = idx(np.arange(n) % 10)
    return files


def write_mnist(root: Path, **changes: bytes) -> Path:
    """A small MNIST; a change is keyed by the file's first two words: train_images=…"""
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in idx_files().items():
        (raw / name).write_bytes(changes.get("_".join(name.split("-")[:2]), content))
    return raw

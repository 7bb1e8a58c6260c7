"""The latent map's data as bytes: encoded test set, test images, noise. The format is in vae.server.latent_map."""

import json
import struct
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae.model.latents import EncodedSet, posterior_noise
from vae.projection.config import ProjectionConfig
from vae.projection.methods import FloatArray, Pca, Quality, fit_pca
from vae.server.wire import Json

VERSION = 1
ALIGNMENT = 8
ROWS_BYTES = 2**20
NOISES = 4  # sets of noise that are cached


@dataclass(frozen=True)
class MapSource:
    """What there is to draw of one model.

    version: differs where anything else does. images: the first k <= n test images, (k, c, h, w). saved: the layout
    that was shipped for a config, or None.
    """

    name: str
    version: str
    encoded: EncodedSet
    class_names: tuple[str, ...]
    image_shape: tuple[int, int, int]
    images: NDArray[np.uint8]
    saved: Callable[[ProjectionConfig], FloatArray | None]


# Called in a thread, at each request: cache what is slow, and do not trust the name.
Source = Callable[[str], MapSource]


def encoded_body(source: MapSource, pca: Pca | None = None) -> bytes:
    """The body of GET …/encoded. pca: of the latent means; None for that of these."""
    encoded = source.encoded
    n, latent_dim = encoded.mean.shape
    pca = pca or fit_pca(encoded.mean, min(3, latent_dim))
    arrays = {name: np.ascontiguousarray(getattr(encoded, name), "<f4") for name in ("mean", "logvar")}
    arrays["labels"] = np.ascontiguousarray(encoded.labels, "<u2")
    per_image = ("reconstruction", "kl") if encoded.entropy is None else ("reconstruction", "kl", "entropy")
    arrays |= {name: np.ascontiguousarray(getattr(encoded, name), "<f4") for name in per_image}
    header = {
        "version": VERSION,
        "model": source.name,
        "n": n,
        "latent_dim": latent_dim,
        "classes": source.class_names,
        "image_shape": source.image_shape,
        "images": len(source.images),
        "pca": {key: value.tolist() for key, value in asdict(pca).items()},
    }
    return _packed(header, arrays)


def projection_body(name: str, config: ProjectionConfig, n: int, layout: FloatArray | None, measured: Quality) -> bytes:
    """The body of GET …/projections. layout: None for a linear projection, of n points."""
    header = {
        "version": VERSION,
        "state": "done",
        "model": name,
        "method": config.method,
        "dims": config.dims,
        "lowering": config.lowering(n),
        "seconds": 0,
        "source": "shipped with the checkpoint",
        "quality": asdict(measured),
    }
    return _packed(header, {} if layout is None else {"layout": np.ascontiguousarray(layout, "<f4")})


@lru_cache(maxsize=NOISES)
def noise(n: int, latent_dim: int) -> FloatArray:
    """The noise of all n test images. Shape: (n, latent_dim)."""
    return posterior_noise(n, latent_dim)


def some_rows(rows: NDArray[Any], start: str | None, count: str | None) -> bytes:
    """The bytes of rows of the test set. Raises ValueError for a bad request, LookupError if there are no such rows."""
    most = max(1, ROWS_BYTES // rows[0].nbytes)
    first, number = _count(start, "start", 0, 10**9), _count(count, "count", 1, most)
    if first + number > len(rows):
        raise LookupError(f"The server has only the first {len(rows)} test images of this model.")
    return rows[first : first + number].tobytes()


def _packed(header: Json, arrays: dict[str, NDArray[Any]]) -> bytes:
    """Header and arrays as one body. The offsets are part of the header: it is padded until they hold."""
    length = 0
    while True:
        offset, places, parts = _aligned(4 + length), [], []
        for name, array in arrays.items():
            places.append({"name": name, "dtype": array.dtype.str, "shape": array.shape, "offset": offset})
            parts.append(array.tobytes().ljust(_aligned(array.nbytes), b"\0"))
            offset += _aligned(array.nbytes)
        text = json.dumps({**header, "arrays": places}).encode()
        if len(text) <= length:
            text = text.ljust(length)  # spaces after JSON mean nothing
            return b"".join([struct.pack("<I", length), text, bytes(_aligned(4 + length) - 4 - length), *parts])
        length = len(text)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _count(text: str | None, name: str, low: int, high: int) -> int:
    value = int(text) if text and text.isascii() and text.isdigit() and len(text) <= 10 else -1
    if not low <= value <= high:
        raise ValueError(f"{name} must be a whole number from {low} to {high}, not {text!r}.")
    return value

"""How long a picture is when it is compressed, in nats, as the picture that a model's likelihood is about."""

from functools import lru_cache
from math import log, prod

import numpy as np
from numpy.typing import NDArray

from vae.model.latents import FloatArray
from vae.model.networks import Likelihood

Images = NDArray[np.uint8]

GIF_BITS = 8  # of a symbol where all 256 levels occur
MOST_CODES = 4096
DENSITIES: tuple[Likelihood, ...] = ("continuous-bernoulli", "gaussian", "gaussian-learned", "gaussian-optimal")


def complexity(images: Images, likelihood: Likelihood) -> FloatArray:
    """Length of each picture in nats when LZW, the compressor of GIF and TIFF, compresses it alone.

    Shapes: images (n, c, h, w) -> (n,). A Bernoulli likelihood is about black and white pixels, whose probability of
    white is the grey level: there the picture is dithered with the same pattern as all others and compressed with one
    bit a pixel. Every other likelihood is about grey levels: they are compressed as differences from their left
    neighbours, as TIFF does. The same as complexity in vae/frontend/reconstruction/complexity.js, bit for bit, which no
    two versions of zlib or PNG are. Source: Welch 1984; GIF89a; TIFF 6.0, section 14.
    """
    rows = images.reshape(len(images), -1)
    if likelihood == "bernoulli":
        symbols, bits = (rows > dither(rows.shape[1])).astype(np.uint8), 2  # GIF's smallest
    else:
        left = np.zeros_like(images)
        left[..., 1:] = images[..., :-1]
        symbols, bits = (images - left).reshape(rows.shape), GIF_BITS  # modulo 256
    return np.array([log(2) * lzw_bits(row.tobytes(), bits) for row in symbols], np.float32)


def density_offset(likelihood: Likelihood, image_shape: tuple[int, int, int]) -> float:
    """What turns -log p of a picture into that of its 8-bit levels, in nats: of a density over 0..1, ln 255 a value."""
    return prod(image_shape) * log(255) if likelihood in DENSITIES else 0.0


@lru_cache(maxsize=16)
def dither(size: int) -> Images:
    """The pattern of thresholds, 0 to 254: a pixel that exceeds its own becomes white. Shape: (size,).

    Source of the constants: Press et al., "Numerical Recipes", section 7.1, a generator for quick use.
    """
    state, thresholds = 0, np.empty(size, np.uint8)
    for i in range(size):
        state = (1664525 * state + 1013904223) % 2**32
        thresholds[i] = state * 255 >> 32
    return thresholds


def lzw_bits(symbols: bytes, symbol_bits: int) -> int:
    """How many bits GIF's LZW needs for these symbols, each below 2 ** symbol_bits, with its codes of clear and end."""
    clear = 1 << symbol_bits
    table: dict[int, int] = {}  # code of a known string, by its prefix's code and its last symbol
    size, next_code = symbol_bits + 1, clear + 2
    bits, code = size, symbols[0]
    for symbol in symbols[1:]:
        place = code << 8 | symbol
        known = table.get(place)
        if known is not None:
            code = known
            continue
        bits += size
        code = symbol
        if next_code == MOST_CODES:  # full: it is emptied
            bits += size
            size, next_code, table = symbol_bits + 1, clear + 2, {}
            continue
        table[place] = next_code
        next_code += 1
        if next_code > 1 << size and size < 12:
            size += 1
    bits += size
    return bits + size + int(next_code == 1 << size and size < 12)  # the decoder makes an entry of the last code, too

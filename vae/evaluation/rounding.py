"""What weights of 16 bits change in a decoder's pictures: half the bytes to send, where nobody sees it."""

import numpy as np
import torch
from numpy.typing import NDArray

from vae.model.cost import decode_flops
from vae.model.latents import EncodedSet, code, sample
from vae.model.networks import VAE

MOST_CODES = 1000  # means of test images, and as many samples of the prior
MOST_FLOPS = 4e10  # of all pictures, seconds on a processor's core: large models are measured on fewer
CHUNK = 50  # pictures at once
# In levels of 255. Below 1, no pixel moves by more than one level; the margin is for another order of sums.
CLOSE_LEVELS = 0.95

Codes = NDArray[np.float32]


def float16_is_close(levels: object) -> bool:
    """Whether float16 weights may take the place of float32, by what float16_levels has measured; not if unmeasured."""
    return isinstance(levels, int | float) and 0 <= levels <= CLOSE_LEVELS


def round_to_float16(model: VAE) -> None:
    """Changes all weights to the nearest values that float16 can hold; running means of batch normalisation stay.

    Raises ValueError, and changes nothing, where one is too large for float16.
    """
    halves = {name: weights.detach().half().float() for name, weights in model.named_parameters()}
    if not all(bool(weights.isfinite().all()) for weights in halves.values()):
        raise ValueError("A weight is too large for float16; train with float32 weights.")
    model.load_state_dict(halves, strict=False)


def float16_levels(model: VAE, encoded: EncodedSet) -> float | None:
    """The largest difference of any pixel when the decoder's weights are rounded to float16, in levels of 255.

    Over the pictures of the first means of the encoded set and of as many samples of the prior, 1,000 each for small
    models. A conditional model's samples take the classes in turn. None if a weight is too large for float16.
    """
    rounded = _rounded(model)
    if rounded is None:
        return None
    z, labels = _codes(model, encoded)
    worst = 0.0
    with torch.inference_mode():
        for start in range(0, len(z), CHUNK):
            part = slice(start, start + CHUNK)
            codes = code(model, z[part], None if labels is None else labels[part])
            difference = (model.decode(codes) - rounded.decode(codes)).abs().max()
            worst = max(worst, 255 * float(difference))
    return round(worst, 4)


def _rounded(model: VAE) -> VAE | None:
    """The same model with the decoder's weights rounded; None if one becomes infinite."""
    with torch.device("meta"):
        copy = VAE(model.config)
    state = model.state_dict()
    halves = {name: tensor.half().float() for name, tensor in state.items() if _is_weight_of_decoder(name, tensor)}
    if not all(bool(tensor.isfinite().all()) for tensor in halves.values()):
        return None
    copy.load_state_dict(state | halves, assign=True)
    return copy.eval()


def _is_weight_of_decoder(name: str, tensor: torch.Tensor) -> bool:
    return name.startswith("decoder.") and tensor.is_floating_point()


def _codes(model: VAE, encoded: EncodedSet) -> tuple[Codes, NDArray[np.int64] | None]:
    """Latent vectors to decode, and their labels for a conditional model."""
    count = max(CHUNK, min(MOST_CODES, int(MOST_FLOPS / 4 / decode_flops(model.config))))
    means = encoded.mean[:count]
    z = np.concatenate((means, sample(count, model.config.latent_dim, seed=0)))
    if not model.config.classes:
        return z, None
    return z, np.concatenate((encoded.labels[:count], np.arange(count) % model.config.classes))

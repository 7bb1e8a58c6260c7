"""What a model costs to run, from its config alone."""

from itertools import pairwise

from vae.model.networks import ModelConfig


def decode_flops(config: ModelConfig) -> int:
    """Floating-point operations of one decode: two for each multiplication by a weight, padding included."""
    height, width = (-(-side >> len(config.channels)) for side in config.image_shape[1:])
    features = (config.channels or config.image_shape[:1])[-1] * height * width
    products = sum(a * b for a, b in pairwise((config.code_dim, *reversed(config.hidden), features)))
    taps = 9 if config.architecture == "subpixel" else 4  # a pixel takes 3 x 3 pixels, or 2 x 2 of the kernel's 4 x 4
    for n_in, n_out in pairwise((*reversed(config.channels), config.image_shape[0])):
        if config.channels:
            height, width = 2 * height, 2 * width
            products += height * width * taps * n_in * n_out
    return 2 * products

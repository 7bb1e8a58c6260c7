"""A small model's map."""

from typing import Any

import numpy as np

from vae.model.latents import EncodedSet
from vae.projection.config import ProjectionConfig
from vae.server.latent_map.data import MapSource
from vae.server.live.inference import UnknownModelError

N, LATENT_DIM, SHAPE = 450, 4, (3, 5, 4)


RNG = np.random.default_rng(0)


ENCODED = EncodedSet(
    mean=RNG.normal(size=(N, LATENT_DIM)).astype(np.float32),
    logvar=RNG.normal(size=(N, LATENT_DIM)).astype(np.float32),
    labels=RNG.integers(0, 300, N),
    reconstruction=RNG.random(N).astype(np.float32),
    kl=RNG.random(N).astype(np.float32),
)


IMAGES = RNG.integers(0, 256, (30, *SHAPE), np.uint8)


SHIPPED = RNG.normal(size=(N, 2)).astype(np.float32)


def saved(config: ProjectionConfig) -> Any:
    return SHIPPED if config.used == ProjectionConfig("tsne") else None


SOURCE = MapSource("small", "1", ENCODED, tuple(f"class {i}" for i in range(300)), SHAPE, IMAGES, saved)


def source(name: str) -> MapSource:
    if name == "broken":
        raise RuntimeError("a secret path")
    if name != "small":
        raise UnknownModelError(f"There is no checkpoint called {name!r}.")
    return SOURCE

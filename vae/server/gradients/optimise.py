"""The best q(z|x) of one image, sought step by step, and where its nats go, over the network.

`routes` returns the route, whose form vae.server.gradients.streams describes; vae.evaluation.gaps has the protocol.

POST <base>/live/optimise: {"image": base64 of its c h w bytes, "label": null}
    label: the class of a conditional model, null for others. A line for every EVERY-th step, the first of the encoder's
    own q; nats with the same draws of z for all.
        {"step": 0, "steps": 200, "reconstruction": 78.0, "kl": 17.8, "mean": [latent_dim numbers], "logvar": […]}
    At last, from other draws, the parts of -ELBO = amortisation + approximation + nll, in nats:
        {"parts": {"negative_elbo": 95.9, "amortisation": 1.9, "approximation": 0.9, "nll": 93.1}, "draws": 2000,
         "effective_draws": 346}
"""

import base64
import binascii
from collections.abc import Iterator
from math import prod

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from torch import Tensor

from vae.evaluation.gaps import ESTIMATE, STEPS, Images, Posterior, Target, optimise, parts_in_steps, watched_nats
from vae.model.networks import ModelConfig
from vae.server.gradients.geometry import class_label
from vae.server.gradients.streams import Streams
from vae.server.live.inference import LiveModel
from vae.server.wire import Json, live_path

EVERY = 2


def routes(streams: Streams, *, base_path: str = "") -> list[BaseRoute]:
    """The route <base_path>/live/optimise."""

    async def optimised(request: Request) -> Response:
        return await streams.lines(request, optimise_lines)

    return [Route(f"{live_path(base_path)}/optimise", optimised, methods=["POST"])]


def optimise_lines(live: LiveModel, fields: Json) -> Iterator[Json]:
    """The lines of a request. Raises ValueError for a field that is no such, or a plain autoencoder."""
    config = live.model.config
    label = class_label(fields, config)
    image = _image(fields.get("image"), config)
    return _lines(Target.of(live.model, image, np.array([label or 0])))


def _lines(target: Target) -> Iterator[Json]:
    """An empty line after each step between."""
    nats, encoded = watched_nats(target), target.encoded()
    best = encoded
    for step, best in enumerate(optimise(target, encoded)):
        yield {} if step % EVERY else _step(step, best, nats(best))
    for found in parts_in_steps(target, encoded, best):
        if found is None:
            yield {}
            continue
        values = {name: getattr(found, name) for name in ("negative_elbo", "amortisation", "approximation", "nll")}
        shown = {name: round(float(value[0]), 4) for name, value in values.items()}
        yield {"parts": shown, "draws": ESTIMATE, "effective_draws": round(float(found.effective_draws[0]), 1)}


def _step(step: int, q: Posterior, nats: tuple[Tensor, Tensor]) -> Json:
    reconstruction, kl = (round(float(value[0]), 4) for value in nats)
    mean, logvar = ([round(value, 5) for value in row[0].tolist()] for row in (q.mean, q.logvar))
    return {
        "step": step,
        "steps": STEPS,
        "reconstruction": reconstruction,
        "kl": kl,
        "mean": mean,
        "logvar": logvar,
    }


def _image(text: object, config: ModelConfig) -> Images:
    """Shape: (1, c, h, w). Raises ValueError."""
    expected = prod(config.image_shape)
    try:
        content = base64.b64decode(text if isinstance(text, str) else "", validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if len(content) != expected:
        raise ValueError(f"image must be base64 of the picture's {expected} bytes.")
    return np.frombuffer(content, np.uint8).reshape(1, *config.image_shape).copy()

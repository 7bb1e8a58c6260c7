"""The live decode service's wire format, version 1, from which a client in any language can be written.

The socket
    ws(s)://<host>/<base path>/live, on the port of the app. A browser's Origin header must name the same host and port
    as its Host header, or an origin that the server allows; otherwise the handshake is answered with 403. A browser
    hides this from its page, which may ask by a POST to the same address: 204, or 403 and the reason as plain text.
    Clients that send no Origin are accepted. A server that is full accepts the socket and closes it at once with code
    1013 and a sentence as the reason: try again later. All integers and floats are little-endian. Arrays are dense and
    in C order; images are n x c x h x w, channels first, one byte for each value, 0 to 255.

Text frames: JSON objects
    The client chooses a model, and may choose again on the same socket at any time; it gets the newest weights then:
        {"version": 1, "model": "mnist-z10"}
    The server greets it. d is the number of latent dimensions; k is the number of classes that a conditional model
    takes beside z, 0 for all others; kl is null for a plain autoencoder:
        {"version": 1, "model": "mnist-z10", "latent_dim": d, "classes": k, "image_shape": [c, h, w],
         "kl": [d numbers, in nats], "device": "cpu",
         "likelihood": "bernoulli" or another of vae.model.networks.Likelihood, "limits": {"vectors": 256,
         "requests_per_second": 240, "frame_bytes": 210952}}
    It greets again, unasked, when the model has moved to another device: if a GPU fails, the CPU takes over.
    Or it says what is wrong; the model chosen before, if any, stays chosen:
        {"version": 1, "error": "one sentence"}
    vectors is the largest n that a request may carry for this model, frame_bytes the longest binary frame.

Binary frames: requests
    offset  size  field
    0       1     version, 1
    1       1     operation: 1 decode, 2 encode, 3 reconstruct, 4 sample_posterior
    2       2     n, the number of vectors or images that follow: 1 to limits.vectors
    4       4     id, any number; the reply carries it too
    8             decode: n x (d + k) float32, each within -10000 to 10000: z, then the classes' weights, 1 for one
                  and 0 for the others; values between 0 and 1 mix classes
                  encode: n images
                  reconstruct: n images; if k is not 0, each followed by its label, 2 bytes
                  sample_posterior: as reconstruct, each image (and its label) followed by its noise, d float32, each
                  within -10000 to 10000

Binary frames: replies
    offset  size  field
    0       1     status: 0 ok, 1 error
    1       1     operation of the request; 0 if it could not be read
    2       2     n of the request; 0 if it could not be read
    4       4     id of the request; 0 if it could not be read
    8             decode: n images
                  encode: n x d float32 means of q(z|x), then n x d float32 log variances
                  reconstruct: n x d float32 means, n x d float32 log variances, n float32 reconstruction terms
                  -log p(x|z = mean) in nats, n float32 KL in nats, then n images decoded from the means
                  sample_posterior: as reconstruct, but both computed at z = mean + exp(log variance / 2) * noise; a
                  plain autoencoder samples nothing, there z = mean
                  error: one sentence in UTF-8

Rules
    Every frame gets exactly one reply, and replies come in the order of the frames. After an error the socket stays
    open. The pictures of decode do not depend on what else is decoded at the moment: the same z gets the same bytes
    from the same model on the same machine. The floats of encode, reconstruct and sample_posterior may differ in
    their last bits. The noise that `python -m vae evaluate` samples with is served beside the test images: see
    vae.server.latent_map.routes. At most 4 requests of a socket are processed at once; requests_per_second is what
    a socket can keep up (a request counts once for every 32 vectors it begins). A client that sends more is read
    more slowly, not refused: so keep one request in flight and let the newest z win. A client that does not read
    replies for 10 seconds is disconnected.
"""

import struct
from dataclasses import dataclass
from math import prod

import numpy as np

from vae.model.networks import ModelConfig
from vae.server.live.batching import Operation
from vae.server.live.inference import Array, InferenceEngine, LoadedModel
from vae.server.wire import Json, SocketLimits, read_text

VERSION = 1
HEADER = struct.Struct("<BBHI")  # version or status, operation, n, id
OK, ERROR = 0, 1
OPERATIONS: dict[int, Operation] = {1: "decode", 2: "encode", 3: "reconstruct", 4: "sample_posterior"}
CODES = {operation: code for code, operation in OPERATIONS.items()}
LARGEST_Z = 1e4  # far outside any prior, far inside what float32 layers take without overflow
VECTORS_PER_TOKEN = 32


@dataclass(frozen=True, kw_only=True)
class DecodeLimits(SocketLimits):
    """What clients may ask of the live service. Waiting is preferred to refusal wherever memory allows it.

    vectors: in one request. request_bytes: a request or its reply, which lowers vectors for large images. pending:
    unanswered requests of one socket. backlog_bytes: unanswered requests of all sockets, with their replies.
    unused_models, unused_seconds: how many models stay loaded that no socket uses, and for how long.
    """

    requests_per_second: float = 240.0
    burst: float = 120.0
    vectors: int = 256
    request_bytes: int = 2**24
    pending: int = 4
    backlog_bytes: int = 2**28
    unused_models: int = 4
    unused_seconds: float = 600.0


def vectors_limit(engine: InferenceEngine, limits: DecodeLimits) -> int:
    """The most vectors of one request, such that neither it nor its reply grows beyond request_bytes."""
    config = engine.config
    largest = max(prod(config.image_shape) + 4 * (2 * config.latent_dim + 2), 4 * config.code_dim)  # a reply, a request
    return max(1, min(limits.vectors, limits.request_bytes // largest))


def read_header(frame: bytes) -> tuple[Operation, int, int]:
    """Operation, n and id of a request. Raises ValueError with the sentence to reply."""
    if len(frame) < HEADER.size:
        raise ValueError(f"A request begins with a header of {HEADER.size} bytes; this frame has {len(frame)}.")
    version, code, n, identity = HEADER.unpack_from(frame)
    if version != VERSION:
        raise ValueError(f"This server speaks version {VERSION} of the live format, not {version}.")
    if code not in OPERATIONS:
        raise ValueError(f"Operation must be 1 decode, 2 encode, 3 reconstruct or 4 sample_posterior, not {code}.")
    return OPERATIONS[code], n, identity


def row_bytes(operation: Operation, config: ModelConfig) -> int:
    """Length of one vector or image of a request, with its label and noise."""
    if operation == "decode":
        return 4 * config.code_dim
    label = 2 if config.classes and operation != "encode" else 0
    noise = 4 * config.latent_dim if operation == "sample_posterior" else 0
    return prod(config.image_shape) + label + noise


def read_rows(frame: bytes, operation: Operation, n: int, engine: InferenceEngine) -> Array:
    """The n rows of a request, as a view of the frame. Raises ValueError with the sentence to reply.

    Shapes: (n, code_dim) float32 to decode, else (n, row_bytes) uint8.
    """
    config, pixels = engine.config, prod(engine.config.image_shape)
    size = row_bytes(operation, config)
    expected = HEADER.size + n * size
    if len(frame) != expected:
        raise ValueError(f"A frame to {operation} {n} has {expected} bytes for this model, not {len(frame)}.")
    rows: Array = np.frombuffer(frame, "u1", offset=HEADER.size).reshape(n, size)
    if operation == "decode":
        rows = rows.view("<f4")
        _check_reach(rows, "z")
    elif operation == "sample_posterior":
        _check_reach(rows[:, -4 * config.latent_dim :].copy().view("<f4"), "noise value")
    if operation in ("reconstruct", "sample_posterior") and config.classes:
        worst = int(rows[:, pixels : pixels + 2].copy().view("<u2").max())
        if worst >= config.classes:
            raise ValueError(f"Every label must be a number from 0 to {config.classes - 1}, not {worst}.")
    return rows


def read_choice(text: str) -> str:
    """The model's name in a text frame. Raises ValueError with the sentence to reply."""
    example = f'{{"version": {VERSION}, "model": "mnist-z10"}}'
    name = read_text(text, VERSION, "the live format", example).get("model")
    if not isinstance(name, str):
        raise ValueError(f"A text frame must be JSON such as {example}.")
    return name


def greeting(loaded: LoadedModel, limits: DecodeLimits) -> Json:
    """What a client is sent when it has chosen this model."""
    config = loaded.engine.config
    vectors = vectors_limit(loaded.engine, limits)
    return {
        "model": loaded.live.name,
        "latent_dim": config.latent_dim,
        "classes": config.classes,
        "image_shape": config.image_shape,
        "kl": loaded.live.kl,
        "device": loaded.engine.device_name,
        "likelihood": config.likelihood,
        "limits": {
            "vectors": vectors,
            "requests_per_second": limits.requests_per_second,
            "frame_bytes": HEADER.size + vectors * max(row_bytes(operation, config) for operation in CODES),
        },
    }


def _check_reach(values: Array, name: str) -> None:
    if not np.abs(values).max() <= LARGEST_Z:  # not true for NaN either
        raise ValueError(f"Every {name} must be a number from -{LARGEST_Z:g} to {LARGEST_Z:g}.")

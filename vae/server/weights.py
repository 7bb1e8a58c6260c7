"""Models' weights over the network, for browsers that decode by themselves.

`routes` returns the route, for the same origins as vae.server.live.decode's. An error is one sentence, as plain text.

GET <base>/live/weights?model=NAME&part=decoder&v=VERSION
    A safetensors file of the tensors under PyTorch's names, without the counters of batch normalisation. Its metadata
    are the model's "config", JSON with the fields of vae.model.networks.ModelConfig; "model", its name; "kl", JSON,
    nats per dimension, null for a plain autoencoder; "class_names", JSON.
    part: decoder has the decoder alone, in float16 where the checkpoint says that its pictures stay within a level of
    255, else in float32. whole has encoder and decoder in float32.
    v: the version that local_model gives. An answer to the current one may be kept for ever.
    404 for a model that is not there, cannot be used, or is too large for browsers.
"""

import asyncio
import gzip
import hashlib
import json
import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import lru_cache
from math import prod
from typing import Any, Literal, TypedDict, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from vae.evaluation.rounding import float16_is_close
from vae.model.cost import decode_flops
from vae.model.networks import VAE, ModelConfig
from vae.server.live.inference import UnknownModelError
from vae.server.wire import FOR_EVER, OriginPolicy, OriginRule, live_path, own_origin
from vae.storage.checkpoints import Checkpoint
from vae.storage.files import CheckpointError

Part = Literal["decoder", "whole"]

# What browsers decode. A phone has about a tenth of the 20 GFLOP/s that a laptop's core has in WebAssembly.
MOST_FLOPS = 2e8
MOST_BYTES = 2**24
KEPT_BYTES = 2**26  # of files that are ready to send

# The checkpoint of this name. Called in a thread; raises UnknownModelError.
Source = Callable[[str], Checkpoint]


class Local(TypedDict):
    """What a page needs to know to decode a model by itself. bytes: of the decoder's weights. flops: of one decode."""

    version: str
    bytes: int
    flops: int


def local_model(checkpoint: Checkpoint) -> Local | None:
    """What a page needs to know to decode this model by itself; None for one too large for browsers. Reads no file."""
    flops = decode_flops(checkpoint.model_config)
    size = _decoder_weights(checkpoint.model_config) * (2 if _in_float16(checkpoint) else 4)
    if flops > MOST_FLOPS or size > MOST_BYTES:
        return None
    return {"version": version_of(checkpoint), "bytes": size, "flops": flops}


def version_of(checkpoint: Checkpoint) -> str:
    """Differs between a checkpoint and a later one of the same name, which has other metrics."""
    return hashlib.sha256(repr((checkpoint.model_config, checkpoint.metrics)).encode()).hexdigest()[:12]


@lru_cache(maxsize=256)  # it takes milliseconds, and every page needs it
def _decoder_weights(config: ModelConfig) -> int:
    """How many numbers the decoder consists of."""
    with torch.device("meta"):
        tensors = _tensors(VAE(config), "decoder")
    return sum(prod(tensor.shape) for tensor in tensors.values())


def _in_float16(checkpoint: Checkpoint) -> bool:
    return float16_is_close(checkpoint.metrics.get("float16_levels"))


def _tensors(model: VAE, part: Part) -> dict[str, torch.Tensor]:
    """The floating-point tensors of a part, by name."""
    named = {name: tensor for name, tensor in model.state_dict().items() if tensor.is_floating_point()}
    return {name: tensor for name, tensor in named.items() if part == "whole" or name.startswith("decoder.")}


def weights_file(checkpoint: Checkpoint, part: Part) -> bytes:
    """The file that the module's docstring describes. Raises CheckpointError, FileNotFoundError."""
    about = {"model": checkpoint.name, "kl": checkpoint.kl_per_dimension, "class_names": checkpoint.class_names}
    float16 = part == "decoder" and _in_float16(checkpoint)
    return packed(checkpoint.load_model(), part, about, float16=float16)


def packed(model: VAE, part: Part, about: Mapping[str, object], *, float16: bool = False) -> bytes:
    """The file of a model on the CPU. about: model, kl and class_names, as the module's docstring describes them."""
    dtype = np.float16 if float16 else np.float32
    arrays = {name: tensor.contiguous().numpy().astype(dtype) for name, tensor in _tensors(model, part).items()}
    values = {"config": asdict(model.config), **about}
    metadata = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    return _safetensors(arrays, metadata)


def _safetensors(arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> bytes:
    """The arrays in their order. The library's own writer puts the metadata into another order each time."""
    header: dict[str, object] = {"__metadata__": metadata}
    at = 0
    for name, array in arrays.items():
        offsets = [at, at := at + array.nbytes]
        header[name] = {"dtype": f"F{8 * array.itemsize}", "shape": array.shape, "data_offsets": offsets}
    text = json.dumps(header).encode()
    text = text.ljust(-(-len(text) // 8) * 8)  # so that the arrays are aligned
    little = (array.astype(array.dtype.newbyteorder("<"), copy=False) for array in arrays.values())
    return b"".join([struct.pack("<Q", len(text)), text, *(array.tobytes() for array in little)])


def routes(source: Source, *, base_path: str = "", allows: OriginRule = own_origin) -> list[BaseRoute]:
    """The route <base_path>/live/weights; the options are as those of vae.server.live.decode.routes."""
    return [Route(f"{live_path(base_path)}/weights", WeightsService(source, allows).weights)]


class WeightsService:
    """Answers from memory where it can. One thread reads and compresses files: once, when a class opens a page."""

    def __init__(self, source: Source, allows: OriginRule) -> None:
        self._source = source
        self._origins = OriginPolicy(allows, "use the models' weights")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="weights")
        self._files: OrderedDict[tuple[str, str, Part, bool], bytes] = OrderedDict()

    async def weights(self, request: Request) -> Response:
        """The weights of the requested model."""
        if (refusal := self._origins.refusal(request)) is not None:
            return refusal
        query = request.query_params
        part = next((known for known in get_args(Part) if known == query.get("part")), None)
        if part is None:
            return self._origins.problem(request, f"part must be decoder or whole, not {query.get('part')!r}.", 400)
        compressed = "gzip" in request.headers.get("accept-encoding", "")
        run = asyncio.get_running_loop().run_in_executor
        try:
            version, body = await run(self._thread, self._file, query.get("model", ""), part, compressed)
        except UnknownModelError as error:
            return self._origins.problem(request, str(error), 404)
        own = self._origins.headers(request)
        headers = {**own, "Vary": f"{own['Vary']}, Accept-Encoding"}
        headers["Cache-Control"] = FOR_EVER if query.get("v") == version else "no-cache"
        if compressed:
            headers["Content-Encoding"] = "gzip"
        return Response(body, headers=headers, media_type="application/octet-stream")

    def _file(self, name: str, part: Part, compressed: bool) -> tuple[str, bytes]:
        """Version and file of a part. Raises UnknownModelError."""
        checkpoint = self._source(name)
        if local_model(checkpoint) is None:
            raise UnknownModelError(f"The checkpoint {name!r} is too large for browsers; the server decodes it.")
        version = version_of(checkpoint)
        key = name, version, part, compressed
        if key not in self._files:
            try:
                body = weights_file(checkpoint, part)
            except (CheckpointError, FileNotFoundError) as error:
                raise UnknownModelError(f"The checkpoint {name!r} cannot be used: {error}") from error
            self._files[key] = gzip.compress(body, 6) if compressed else body
            while sum(map(len, self._files.values())) > KEPT_BYTES and len(self._files) > 1:
                self._files.popitem(last=False)
        self._files.move_to_end(key)
        return version, self._files[key]

"""A live service in this process, and a raw client."""

import json
import re
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np
import torch
import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute, WebSocketRoute
from websockets.sync.client import ClientConnection, connect

from tests.support.patience import PATIENCE
from vae.model.networks import VAE, Likelihood, ModelConfig, to_uint8
from vae.server.live.decode import DecodeService, routes
from vae.server.live.decode_frames import HEADER, DecodeLimits
from vae.server.live.inference import LiveModel, Loader, UnknownModelError

GREY = ModelConfig((1, 9, 7), 3, "conv", (16,), (4, 8))


COLOR = ModelConfig((3, 6, 6), 5, "mlp", (16,), (), "gaussian", 0.2)


NORMED = replace(GREY, batch_norm=True)


CONDITIONAL = replace(GREY, classes=300)  # more than one byte of labels


POINT = replace(COLOR, posterior="point")


def random_model(config: ModelConfig, seed: int = 0) -> VAE:
    torch.manual_seed(seed)
    model = VAE(config)
    with torch.no_grad():
        for weights in model.parameters():
            weights.mul_(3)  # pictures with contrast
        if config.batch_norm:
            for _ in range(20):  # averages of its own
                model.decode(torch.randn(16, config.code_dim))
                model.encode(torch.rand(16, *config.image_shape))
    return model.eval()


MODELS = {
    "grey": LiveModel("grey", random_model(GREY), (0.5, 0.25, 0.0)),
    "color": LiveModel("color", random_model(COLOR), (1.0,) * 5),
    "normed": LiveModel("normed", random_model(NORMED), (1.0,) * 3),
    "conditional": LiveModel("conditional", random_model(CONDITIONAL), (1.0,) * 3),
    "point": LiveModel("point", random_model(POINT), None),
    **{
        name: LiveModel(name, random_model(replace(COLOR, likelihood=name)), (1.0,) * 5)
        for name in get_args(Likelihood)
    },
}


def load(name: str) -> LiveModel:
    if name == "broken":
        raise RuntimeError("a secret path")
    if name not in MODELS:
        raise UnknownModelError(f"There is no model {name!r}.")
    return MODELS[name]


@dataclass(frozen=True)
class Running:
    port: int
    service: DecodeService

    @contextmanager
    def connect(self, model: str | None = "grey", **options: Any) -> Iterator[ClientConnection]:
        uri = f"ws://127.0.0.1:{self.port}/live"
        with connect(uri, compression=None, max_size=None, open_timeout=PATIENCE, **options) as client:
            if model is not None:
                greeting = choose(client, model)
                assert "error" not in greeting, greeting
            yield client

    def metrics(self) -> dict[str, float]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/live/metrics", timeout=PATIENCE) as reply:
            assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
            lines = reply.read().decode().splitlines()
        samples = [line.rpartition(" ") for line in lines if not line.startswith("#")]
        return {name.removeprefix("latentlab_live_"): float(value) for name, _, value in samples}


def service_of(found: Sequence[BaseRoute]) -> DecodeService:
    """The service behind the routes."""
    route = found[0]
    assert isinstance(route, WebSocketRoute)
    assert isinstance(route.endpoint, DecodeService)
    return route.endpoint


@contextmanager
def serve(load: Loader = load, **options: Any) -> Iterator[Running]:
    limits = replace(DecodeLimits(requests_per_second=1e6, burst=1e6), **options.pop("limits", {}))
    ping = dict.fromkeys(("ws_ping_interval", "ws_ping_timeout"), options.pop("ping", PATIENCE))
    found = routes(load, limits=limits, **options)
    service, app = service_of(found), Starlette(routes=found)
    settings: Any = {"ws": "websockets-sansio", "ws_per_message_deflate": False, "log_level": "critical", **ping}
    config = uvicorn.Config(app, port=0, **settings)
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**16)  # soon full if a client does not read
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        until(lambda: server.started)
        yield Running(listening.getsockname()[1], service)
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listening.close()
        assert not thread.is_alive()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "this never happened"
        time.sleep(0.005)


def choose(client: ClientConnection, model: object, version: object = 1) -> dict[str, Any]:
    client.send(json.dumps({"version": version, "model": model}))
    greeting: dict[str, Any] = json.loads(client.recv(PATIENCE))
    return greeting


def request(operation: int, rows: np.ndarray[Any, Any], identity: int = 7, *, n: int | None = None) -> bytes:
    return HEADER.pack(1, operation, len(rows) if n is None else n, identity) + rows.tobytes()


def reply(client: ClientConnection) -> tuple[int, int, int, int, bytes]:
    frame = client.recv(PATIENCE)
    assert isinstance(frame, bytes)
    return (*HEADER.unpack_from(frame), frame[HEADER.size :])


def ask(client: ClientConnection, frame: bytes) -> bytes:
    """The payload of an ok reply."""
    client.send(frame)
    status, operation, n, identity, payload = reply(client)
    assert (status, operation, n, identity) == (0, *HEADER.unpack_from(frame)[1:]), payload
    return payload


def error(client: ClientConnection, frame: bytes) -> tuple[int, int, int, str]:
    """Operation, n, id and sentence of an error reply, after which the socket still works."""
    client.send(frame)
    status, operation, n, identity, payload = reply(client)
    assert status == 1
    sentence = payload.decode()
    assert re.fullmatch(r"[A-Z].+[.]", sentence), sentence
    return operation, n, identity, sentence


def zs(n: int, config: ModelConfig = GREY, seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).standard_normal((n, config.code_dim)).astype("<f4")


def decoded(z: np.ndarray[Any, Any], model: VAE = MODELS["grey"].model) -> np.ndarray[Any, Any]:
    with torch.inference_mode():
        return to_uint8(model.decode(torch.from_numpy(z.copy()))).numpy()


def same_pictures(payload: bytes, expected: np.ndarray[Any, Any]) -> bool:
    pictures = np.frombuffer(payload, np.uint8).reshape(expected.shape)
    return bool((np.abs(pictures.astype(int) - expected) <= 1).all())

"""The latent map's routes, over loopback, on the WebSocket implementation that Streamlit runs it on."""

import asyncio
import json
import re
import socket
import struct
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import wait
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from safetensors.numpy import load_file, save_file
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.support.maps import ENCODED, IMAGES, LATENT_DIM, RNG, SHAPE, SHIPPED, SOURCE, N, source
from tests.support.origins import own_and
from tests.support.patience import PATIENCE
from tests.support.projections import FAKE
from vae.datasets.splits import Dataset
from vae.model.latents import EncodedSet, posterior_noise
from vae.projection.config import ProjectionConfig
from vae.projection.methods import fit_pca, quality
from vae.projection.service import ProjectionService
from vae.server.latent_map import data as map_data
from vae.server.latent_map import routes as latent_map
from vae.server.latent_map.data import MapSource, Source, encoded_body
from vae.server.latent_map.routes import MapLimits, MapService, read_request, routes
from vae.server.live.inference import UnknownModelError
from vae.storage.checkpoints import Checkpoint
from vae.ui.pages.latent_map import source as map_source
from vae.ui.shared import loaders

QUICK = {"method": "umap", "neighbours": 2}
LONG = {"method": "umap", "neighbours": 400}


@dataclass
class Running:
    port: int
    folder: Path
    service: MapService
    projections: ProjectionService
    frames: list[np.ndarray] = field(default_factory=list)

    @property
    def computed(self) -> int:
        file = self.folder / "computed"
        return len(file.read_text().split()) if file.exists() else 0

    def get(self, path: str, **headers: str) -> tuple[int, bytes, Any]:
        url = f"http://127.0.0.1:{self.port}/live/{path}"
        request = urllib.request.Request(url, headers={k.replace("_", "-"): v for k, v in headers.items()})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
                return reply.status, reply.read(), reply.headers
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(), error.headers

    @contextmanager
    def connect(self, **options: Any) -> Iterator[ClientConnection]:
        uri = f"ws://127.0.0.1:{self.port}/live/projections"
        with connect(uri, compression=None, max_size=None, open_timeout=PATIENCE, **options) as client:
            yield client

    def cached(self) -> list[Path]:
        return list((self.folder / "cache").glob("*"))


@contextmanager
def serve(folder: Path, source: Source = source, limits: Any = None, **options: Any) -> Iterator[Running]:
    script = folder / "fake.py"
    script.write_text(FAKE)
    projections = ProjectionService(folder / "cache", command=(sys.executable, str(script)))
    limits = replace(MapLimits(requests_per_second=1e6, burst=1e6), **(limits or {}))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await projections.close()

    app = Starlette(routes=routes(source, projections, limits=limits, **options), lifespan=lifespan)
    config = uvicorn.Config(app, port=0, ws="websockets-sansio", ws_per_message_deflate=False, log_level="critical")
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        until(lambda: server.started)
        endpoint = next(route.endpoint for route in app.routes if isinstance(route, WebSocketRoute))
        service = getattr(endpoint, "__self__", None)
        assert isinstance(service, MapService)
        yield Running(listening.getsockname()[1], folder, service, projections)
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listening.close()
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serve(tmp_path_factory.mktemp("maps")) as running:
        yield running


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "this never happened"
        time.sleep(0.005)


def ask(client: ClientConnection, **fields: Any) -> None:
    client.send(json.dumps({"version": 1, "model": "small", **fields}))


def replies(client: ClientConnection) -> Iterator[dict[str, Any] | np.ndarray]:
    """Texts and layouts, up to a final state."""
    while True:
        frame = client.recv(PATIENCE)
        if isinstance(frame, bytes):
            (dims,) = struct.unpack_from("<I", frame)
            yield np.frombuffer(frame, "<f4", offset=4).reshape(-1, dims)
            continue
        message = json.loads(frame)
        assert message.pop("version") == 1
        yield message
        if message.get("state") not in ("queued", "running"):
            return


def last(client: ClientConnection) -> dict[str, Any]:
    message = list(replies(client))[-1]
    assert isinstance(message, dict)
    return message


def result(client: ClientConnection, **fields: Any) -> tuple[list[dict[str, Any]], list[np.ndarray]]:
    ask(client, **fields)
    seen = list(replies(client))
    assert isinstance(seen[0], dict)  # clients know by it that the layouts after it belong to this request
    texts = [item for item in seen if isinstance(item, dict)]
    return texts, [item for item in seen if not isinstance(item, dict)]


# ---- the encoded set -------------------------------------------------------------------------------------------------


def test_the_encoded_set_is_read_as_the_format_says(server: Running) -> None:
    status, body, headers = server.get("encoded?model=small")
    assert status == 200
    assert headers["content-type"] == "application/octet-stream"
    (length,) = struct.unpack_from("<I", body)
    header = json.loads(body[4 : 4 + length])
    assert (header["version"], header["model"], header["n"], header["latent_dim"]) == (1, "small", N, LATENT_DIM)
    assert header["classes"] == list(SOURCE.class_names)
    assert header["image_shape"] == list(SHAPE)
    assert header["images"] == len(IMAGES)
    assert [entry["name"] for entry in header["arrays"]] == ["mean", "logvar", "labels", "reconstruction", "kl"]
    end = 4 + length
    for entry in header["arrays"]:
        expected = getattr(ENCODED, entry["name"])
        assert entry["offset"] % 8 == 0
        assert 0 <= entry["offset"] - end < 8
        found = np.frombuffer(body, entry["dtype"], expected.size, entry["offset"]).reshape(entry["shape"])
        assert entry["dtype"] == ("<u2" if entry["name"] == "labels" else "<f4")
        assert np.array_equal(found, expected)
        end = entry["offset"] + found.nbytes
    assert 0 <= len(body) - end < 8
    pca = fit_pca(ENCODED.mean, 3)
    for name in ("mean", "components", "explained"):
        np.testing.assert_allclose(header["pca"][name], getattr(pca, name), rtol=1e-6)


def test_the_entropy_is_served_where_it_is_known() -> None:
    def names(body: bytes) -> list[str]:
        (length,) = struct.unpack_from("<I", body)
        return [entry["name"] for entry in json.loads(body[4 : 4 + length])["arrays"]]

    known = replace(ENCODED, entropy=ENCODED.kl)
    assert names(encoded_body(SOURCE)) == ["mean", "logvar", "labels", "reconstruction", "kl"]
    assert names(encoded_body(replace(SOURCE, encoded=known)))[-1] == "entropy"


@pytest.mark.parametrize("latent_dim", [1, 2, 7])
def test_there_are_no_more_components_than_dimensions(latent_dim: int) -> None:
    for n in (2, 3, 5):
        codes = RNG.normal(size=(n, latent_dim)).astype(np.float32)
        part = {name: getattr(ENCODED, name)[:n] for name in ("labels", "reconstruction", "kl")}
        body = encoded_body(replace(SOURCE, encoded=EncodedSet(codes, codes, **part)))
        (length,) = struct.unpack_from("<I", body)
        header = json.loads(body[4 : 4 + length])
        assert np.shape(header["pca"]["components"]) == (min(3, latent_dim), latent_dim)


def test_a_browser_that_has_the_set_is_not_sent_it_again(server: Running) -> None:
    _, _, headers = server.get("encoded?model=small")
    assert "no-cache" in headers["cache-control"]
    status, body, again = server.get("encoded?model=small", If_None_Match=headers["etag"])
    assert (status, body, again["etag"]) == (304, b"", headers["etag"])
    assert server.get("encoded?model=small", If_None_Match='"other"')[0] == 200


def test_a_changed_set_is_sent_again(tmp_path: Path) -> None:
    current = [SOURCE]
    with serve(tmp_path, lambda _: current[0]) as running:
        _, _, headers = running.get("encoded?model=small")
        current[0] = replace(SOURCE, version="2", images=IMAGES[:5])
        status, _, again = running.get("encoded?model=small", If_None_Match=headers["etag"])
    assert status == 200
    assert again["etag"] != headers["etag"]


@pytest.mark.parametrize("path", ["encoded?model=none", "encoded", "images?model=none&start=0&count=1"])
def test_an_unknown_model_is_not_found(server: Running, path: str) -> None:
    status, body, _ = server.get(path)
    assert status == 404
    assert re.fullmatch(r"There is no checkpoint called '.*'\.", body.decode())


# ---- images and noise ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("start", "count"), [(0, 1), (3, 7), (0, 30), (29, 1)])
def test_images_are_the_test_images(server: Running, start: int, count: int) -> None:
    status, body, _ = server.get(f"images?model=small&start={start}&count={count}")
    assert status == 200
    assert body == IMAGES[start : start + count].tobytes()


@pytest.mark.parametrize("query", ["start=30&count=1", "start=0&count=31", "start=999999999&count=1"])
def test_images_beyond_the_last_are_not_found(server: Running, query: str) -> None:
    status, body, _ = server.get(f"images?model=small&{query}")
    assert (status, body) == (404, b"The server has only the first 30 test images of this model.")


@pytest.mark.parametrize(
    "query",
    ["", "start=0", "count=1", "start=-1&count=1", "start=0&count=0", "start=a&count=1", "start=0&count=999999"],
)
@pytest.mark.parametrize("what", ["images", "noise"])
def test_other_numbers_are_refused_in_a_sentence(server: Running, what: str, query: str) -> None:
    status, body, _ = server.get(f"{what}?model=small&{query}")
    assert status == 400
    assert re.fullmatch(r"(start|count) must be a whole number from .*, not .*\.", body.decode())


def test_the_noise_is_that_of_the_evaluation(server: Running) -> None:
    status, body, headers = server.get("noise?model=small&start=3&count=400")
    assert status == 200
    assert body == posterior_noise(N, LATENT_DIM)[3:403].tobytes()
    assert headers["cache-control"] == "private, no-store"  # the next checkpoint of this name may be of another size
    assert server.get(f"noise?model=small&start={N}&count=1")[0] == 404


# ---- projections -----------------------------------------------------------------------------------------------------


def test_a_projection_is_reported_shown_and_measured(server: Running) -> None:
    with server.connect() as client:
        texts, frames = result(client, method="umap", neighbours=25, dims=3)
        *running, done = texts
        asked = {"model": "small", "method": "umap", "dims": 3}
        assert all(text.items() >= asked.items() for text in texts)
        assert {text["state"] for text in running} == {"running"}
        shares = [text["progress"] for text in running]
        assert shares == sorted(shares)
        assert len(frames) >= 2
        assert np.array_equal(frames[-1], 2 * ENCODED.mean[:, :3])
        assert done["state"] == "done"
        assert done["source"] == "computed here"
        assert done["seconds"] > 0.4
        assert done["quality"] == vars(quality(ENCODED.mean, frames[-1]))
        texts, (frame,) = result(client, method="umap", neighbours=25, dims=3)
        assert texts[-1] == done | {"source": "from the cache"}
        assert np.array_equal(frame, frames[-1])


@pytest.mark.slow
def test_every_state_says_which_parameter_was_lowered(server: Running) -> None:
    with server.connect() as client:
        for neighbours, lowering in ((25, ""), (500, f"neighbours lowered to {N - 1}: {N} pictures")):
            texts, _ = result(client, method="umap", neighbours=neighbours)
            assert {text["lowering"] for text in texts} == {lowering}


@pytest.mark.parametrize("dims", [2, 3])
def test_of_raw_and_pca_only_the_quality_is_sent(server: Running, dims: int) -> None:
    axes = [3, 1, 0][:dims]
    with server.connect() as client:
        texts, frames = result(client, method="raw", dims=dims, axes=axes)
        assert frames == []
        assert texts[-1]["quality"] == vars(quality(ENCODED.mean, ENCODED.mean[:, axes]))
        texts, frames = result(client, method="pca", dims=dims)
        assert frames == []
        assert texts[-1]["quality"] == vars(quality(ENCODED.mean, fit_pca(ENCODED.mean, dims).project(ENCODED.mean)))


def test_a_projection_that_was_shipped_is_not_computed(server: Running) -> None:
    before = server.computed
    with server.connect() as client:
        texts, frames = result(client, method="tsne")
    assert texts[-1]["source"] == "shipped with the checkpoint"
    assert np.array_equal(frames[-1], SHIPPED)
    assert server.computed == before


def test_a_shipped_projection_and_the_quality_of_a_plane_come_without_a_websocket(server: Running) -> None:
    before = server.computed
    status, body, _ = server.get("projections?model=small&method=tsne&dims=2")
    (length,) = struct.unpack_from("<I", body)
    header = json.loads(body[4 : 4 + length])
    (array,) = header["arrays"]
    layout = np.frombuffer(body, array["dtype"], 2 * N, array["offset"]).reshape(array["shape"])
    assert (status, server.computed, header["state"], header["source"]) == (
        200,
        before,
        "done",
        "shipped with the checkpoint",
    )
    np.testing.assert_array_equal(layout, SHIPPED)
    assert header["quality"]["trustworthiness"] == pytest.approx(quality(ENCODED.mean, SHIPPED).trustworthiness)
    status, body, _ = server.get("projections?model=small&method=raw&dims=2&axes=0,1")
    (length,) = struct.unpack_from("<I", body)
    header = json.loads(body[4 : 4 + length])
    assert (status, header["arrays"], header["method"]) == (200, [], "raw")


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("model=small&method=umap", 404, "This UMAP must be computed, for which this page needs a WebSocket."),
        ("model=b&method=pca", 404, "There is no checkpoint called"),
        ("model=small&method=tsne&dims=two", 400, "dims must be a number, not 'two'."),
        ("model=small&method=raw&axes=a", 400, "axes must be a number, not 'a'."),
        ("model=small&method=tsne&dims=4", 400, "dims must be 2 or 3"),
        ("model=small&speed=4", 400, "'speed' is no field of a request"),
    ],
)
def test_what_does_not_come_without_a_websocket_is_said_in_a_sentence(
    server: Running, query: str, status: int, sentence: str
) -> None:
    found, body, _ = server.get(f"projections?{query}")
    assert (found, body.decode()[: len(sentence)]) == (status, sentence)


def test_two_clients_with_the_same_request_cause_one_computation(server: Running) -> None:
    before = server.computed
    with server.connect() as one, server.connect() as other:
        for client in (one, other):
            ask(client, method="umap", neighbours=20, seed=5)
        assert last(one) == last(other)
    assert server.computed == before + 1


def test_a_request_replaces_the_one_before(server: Running) -> None:
    before = server.computed
    with server.connect() as client:
        ask(client, **LONG, seed=1)
        until(lambda: server.computed == before + 1)
        ask(client, **QUICK, seed=2)
        done = next(m for m in replies(client) if isinstance(m, dict) and m["state"] == "done")
        assert done["method"] == "umap"
    assert server.computed == before + 2


def test_repeating_a_request_does_not_start_it_again(server: Running) -> None:
    before = server.computed
    with server.connect() as client:
        for _ in range(3):
            ask(client, method="umap", neighbours=30, seed=6)
            until(lambda: server.computed == before + 1)
        assert last(client)["state"] == "done"
    assert server.computed == before + 1


def test_a_cancelled_projection_stops_and_is_not_cached(server: Running) -> None:
    before, kept = server.computed, len(server.cached())
    with server.connect() as client:
        ask(client, **LONG, seed=3)
        until(lambda: server.computed == before + 1)
        client.send(json.dumps({"version": 1, "cancel": True}))
        assert last(client) == {"state": "cancelled"}
        result(client, **QUICK, seed=4)
        client.send(json.dumps({"version": 1, "cancel": True}))  # with nothing to cancel
        assert last(client) == {"state": "cancelled"}
    assert len(server.cached()) == kept + 1


def test_a_client_that_leaves_cancels_only_what_no_other_waits_for(server: Running) -> None:
    before = server.computed
    with server.connect() as stays:
        with server.connect() as leaves:
            for client in (stays, leaves):
                ask(client, method="umap", neighbours=60, seed=8)
            until(lambda: server.computed == before + 1)
        assert last(stays)["state"] == "done"
    with server.connect() as leaves:
        ask(leaves, **LONG, seed=8)
        until(lambda: server.computed == before + 2)
    until(lambda: not server.projections._jobs)


def test_a_failure_is_a_state_with_a_sentence(server: Running) -> None:
    with server.connect() as client:
        texts, _ = result(client, method="umap", seed=13)
        assert texts[-1]["state"] == "failed"
        assert texts[-1]["error"] == "The projection failed (RuntimeError); other settings may work."
        assert result(client, **QUICK)[0][-1]["state"] == "done"


BAD = {
    "": "A text frame must be JSON such as",
    "{": "A text frame must be JSON such as",
    "[]": "A text frame must be JSON such as",
    '{"version": 2, "model": "small"}': "This server speaks version 1",
    '{"model": "small"}': "This server speaks version 1",
    '{"version": 1}': "model must be a checkpoint's name, not None",
    '{"version": 1, "model": 7}': "model must be a checkpoint's name, not 7",
    '{"version": 1, "model": "none"}': "There is no checkpoint called 'none'",
    '{"version": 1, "model": "../small"}': "There is no checkpoint called '../small'",
    '{"version": 1, "model": "small", "perplexty": 3}': "'perplexty' is no field of a request",
    '{"version": 1, "model": "small", "cancel": true}': "'cancel' is no field of a request",
    '{"version": 1, "model": "small", "method": "tnse"}': "method must be raw or pca or tsne or umap, not 'tnse'",
    '{"version": 1, "model": "small", "method": {}}': "method must be raw or pca or tsne or umap, not {}",
    '{"version": 1, "model": "small", "dims": 4}': "dims must be 2 or 3, not 4",
    '{"version": 1, "model": "small", "dims": [2]}': "dims must be 2 or 3, not [2]",
    '{"version": 1, "model": "small", "axes": [0, 0]}': "axes must be at most 2 different latent dimensions",
    '{"version": 1, "model": "small", "axes": [[0], {}]}': "axes must be at most 2 different latent dimensions",
    '{"version": 1, "model": "small", "axes": "01"}': "axes must be at most 2 different latent dimensions",
    '{"version": 1, "model": "small", "method": "raw", "axes": [0, 4]}': "axes must be below 4",
    '{"version": 1, "model": "small", "perplexity": NaN}': "perplexity must be from 2 to 500, not nan",
    '{"version": 1, "model": "small", "seed": 1.5}': "seed must be a whole number",
    '{"version": 1, "model": "broken"}': "The projection could not be started (RuntimeError)",
    "[" * 5000: "A text frame must be JSON such as",
    " " * 5000 + "{}": "A text frame must be JSON such as",
}


def test_a_bad_request_is_answered_in_a_sentence_and_the_socket_stays_open(server: Running) -> None:
    with server.connect() as client:
        for request, expected in BAD.items():
            client.send(request)
            message = last(client)
            assert message.keys() == {"error"}
            assert message["error"].startswith(expected), (request[:80], message)
            assert message["error"].endswith(".")
        client.send(b"\0\1")
        assert last(client)["error"].startswith("A text frame must be JSON")
        assert result(client, **QUICK)[0][-1]["state"] == "done"


def test_missing_fields_have_their_defaults() -> None:
    assert read_request('{"version": 1, "model": "a"}') == ("a", ProjectionConfig())
    assert read_request('{"version": 1, "cancel": true}') is None


# ---- many clients ----------------------------------------------------------------------------------------------------


def test_a_slow_reader_does_not_slow_the_others_and_is_dropped(tmp_path: Path) -> None:
    big = replace(ENCODED, mean=RNG.normal(size=(200_000, LATENT_DIM)).astype(np.float32))
    wide = replace(SOURCE, encoded=big, saved=lambda _: None)
    config = LONG | {"dims": 3}
    with serve(tmp_path, lambda _: wide, {"send_seconds": 2.0}) as running:
        raw = socket.create_connection(("127.0.0.1", running.port))
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        key = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
        raw.sendall(f"GET /live/projections HTTP/1.1\r\nHost: x\r\n{key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        text = json.dumps({"version": 1, "model": "small", **config}).encode()
        raw.sendall(bytes([0x81, 0x80 | 126]) + struct.pack(">H", len(text)) + bytes(4) + text)  # and stops reading
        with running.connect(close_timeout=0.1) as reader:
            ask(reader, **config)
            until(lambda: running.service.admission.count == 2)
            frames = 0
            for reply in replies(reader):
                frames += isinstance(reply, np.ndarray)
                if frames > 6:
                    break
            until(lambda: running.service.admission.count == 1)
        raw.close()


def test_the_event_loop_is_free_while_models_are_loaded_and_points_projected(tmp_path: Path) -> None:
    loading, loaded = threading.Event(), threading.Event()

    def slow(name: str) -> MapSource:
        loading.set()
        assert loaded.wait(PATIENCE)
        return SOURCE

    with serve(tmp_path, slow) as running, running.connect() as client:
        ask(client, method="pca")
        assert loading.wait(PATIENCE)
        for _ in range(5):
            assert running.get("nothing")[0] == 404  # answered while the model is still loading
        loaded.set()
        assert last(client)["state"] == "done"


def test_a_full_server_refuses_with_a_reason(tmp_path: Path) -> None:
    with (
        serve(tmp_path, limits={"clients_per_address": 2}) as running,
        running.connect() as one,
        running.connect(),
        running.connect() as third,
    ):
        with pytest.raises(ConnectionClosed) as closed:
            third.recv(PATIENCE)
        assert closed.value.rcvd
        assert closed.value.rcvd.code == 1013
        assert result(one, method="pca")[0][-1]["state"] == "done"


def test_requests_beyond_the_rate_are_read_later(tmp_path: Path) -> None:
    with serve(tmp_path, limits={"requests_per_second": 20.0, "burst": 1.0}) as running, running.connect() as client:
        started = time.monotonic()
        for _ in range(6):
            client.send("{")
        for _ in range(6):
            last(client)
        assert time.monotonic() - started > 0.15


# ---- origins ---------------------------------------------------------------------------------------------------------


def test_pages_of_other_origins_are_refused_unless_allowed(tmp_path: Path) -> None:
    with serve(tmp_path, allows=own_and("https://lab.example.org")) as running:
        own, stranger, friend = f"http://127.0.0.1:{running.port}", "https://evil.example", "https://lab.example.org"
        for path in ("encoded?model=small", "images?model=small&start=0&count=1", "noise?model=small&start=0&count=1"):
            assert running.get(path, Origin=own)[0] == 200
            assert running.get(path, Origin=stranger)[0] == 403
            status, _, headers = running.get(path, Origin=friend)
            assert (status, headers["access-control-allow-origin"]) == (200, friend)
        with pytest.raises(InvalidStatus) as refused, running.connect(origin=stranger):
            pass
        assert refused.value.response.status_code == 403
        for origin in (own, friend):
            with running.connect(origin=origin) as client:
                assert result(client, method="pca")[0][-1]["state"] == "done"


def test_the_base_path_is_prepended(tmp_path: Path) -> None:
    projections = ProjectionService(tmp_path)
    paths = [route.path for route in routes(source, projections, base_path="/lab/")]  # type: ignore[attr-defined]
    expected = ("encoded", "images", "noise", "projections", "projections", "projections")
    assert paths == [f"/lab/live/{what}" for what in expected]
    asyncio.run(projections.close())


def test_the_docstring_describes_the_wire_format() -> None:
    text = latent_map.__doc__ or ""
    assert f"version {map_data.VERSION}" in text
    for word in ("queued", "running", "done", "failed", "cancelled", "error", "cancel", "offset", "image_shape"):
        assert f'"{word}"' in text


# ---- what the app serves ---------------------------------------------------------------------------------------------


@pytest.fixture
def shelf(own_checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> Checkpoint:
    """The only checkpoint of the app."""
    monkeypatch.setattr(loaders, "CHECKPOINTS", own_checkpoint.path.parent)
    return own_checkpoint


def test_all_test_images_are_served_if_the_data_set_is_on_disk(shelf: Checkpoint, digits: Dataset) -> None:
    wait([map_source.images_on_disk(shelf, loaders.version_of(shelf))])
    found = map_source.map_source("digits")
    assert np.array_equal(found.images, digits.test.images)
    assert np.array_equal(found.encoded.labels, digits.test.labels)
    assert (found.name, found.class_names, found.image_shape) == ("digits", digits.class_names, digits.image_shape)
    assert map_source.map_source("digits").images is found.images


def test_an_older_checkpoint_s_entropy_is_computed_once_from_its_images(shelf: Checkpoint, digits: Dataset) -> None:
    stored = shelf.load_encoded()
    path = shelf.path / "encoded.safetensors"
    arrays = load_file(path)
    save_file({name: array for name, array in arrays.items() if name != "entropy"}, path)
    wait([map_source.images_on_disk(shelf, loaders.version_of(shelf))])
    found = map_source.map_source("digits").encoded
    assert stored.entropy is not None
    assert found.entropy is not None
    np.testing.assert_allclose(found.entropy, stored.entropy, rtol=1e-6)
    assert map_source.map_source("digits").encoded is found


@pytest.mark.parametrize("change", [{"dataset": "mnist"}, {"content_hash": "of other data"}, {"test_images": 7}])
def test_the_examples_are_served_if_it_is_not(
    own_checkpoint: Checkpoint, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path))
    assert map_source._read_test_images(replace(own_checkpoint, **change)) is None


def test_images_are_binarised_as_the_model_was_trained(own_checkpoint: Checkpoint) -> None:
    training = own_checkpoint.training | {"binarisation": "static"}
    images = map_source._read_test_images(replace(own_checkpoint, training=training))
    assert images is not None
    assert set(np.unique(images)) == {0, 255}


def test_a_projection_saved_in_the_checkpoint_is_used_only_for_the_default_parameters(shelf: Checkpoint) -> None:
    encoded = shelf.load_encoded()
    kept = RNG.normal(size=(shelf.test_images, 2)).astype(np.float32)
    shelf.save_projection(encoded, "tsne", 2, kept)
    saved = map_source.map_source("digits").saved
    for config in (ProjectionConfig("tsne"), ProjectionConfig("tsne", neighbours=3)):  # which t-SNE does not use
        found = saved(config)
        assert found is not None
        np.testing.assert_allclose(found, kept, atol=1e-4)
    others = ProjectionConfig("tsne", perplexity=5), ProjectionConfig("tsne", 3), ProjectionConfig("tsne", seed=1)
    assert all(saved(config) is None for config in (*others, ProjectionConfig("umap"), ProjectionConfig("raw")))
    (file,) = (shelf.path / "projections").iterdir()
    file.write_bytes(b"broken")
    assert saved(ProjectionConfig("tsne")) is None


@pytest.mark.parametrize("name", ["none", "", ".", "../digits", "digits/"])
def test_no_other_name_is_a_checkpoint(shelf: Checkpoint, name: str) -> None:
    with pytest.raises(UnknownModelError, match="There is no checkpoint called"):
        map_source.map_source(name)


@pytest.mark.parametrize("file", ["config.json", "encoded.safetensors"])
def test_a_broken_checkpoint_is_an_unknown_model(shelf: Checkpoint, file: str) -> None:
    (shelf.path / file).write_text("{}")
    with pytest.raises(UnknownModelError, match=f"cannot be used: .*{file}"):
        map_source.map_source("digits")

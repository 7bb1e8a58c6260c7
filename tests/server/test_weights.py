"""The weights' route, called in this process as a web server calls it, and the files that it serves."""

import asyncio
import gzip
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load
from starlette.applications import Starlette
from torch.utils.flop_counter import FlopCounterMode

from tests.support.checkpoints import CLASSES, GREY, save
from tests.support.origins import own_and
from vae.model.cost import decode_flops
from vae.model.networks import VAE, ModelConfig
from vae.server import weights
from vae.server.live.inference import UnknownModelError
from vae.server.weights import local_model, routes, version_of, weights_file
from vae.server.wire import FOR_EVER
from vae.storage.checkpoints import Checkpoint, read_checkpoint

NORMED = ModelConfig((3, 9, 7), 2, "conv", (8, 6), (4, 3), batch_norm=True, classes=3)
Reply = tuple[int, dict[str, str], bytes]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    save(tmp_path / "known", NORMED)
    return read_checkpoint(tmp_path / "known")


def with_levels(checkpoint: Checkpoint, levels: float | None) -> Checkpoint:
    checkpoint.save_metrics(checkpoint.metrics | {"float16_levels": levels})
    return read_checkpoint(checkpoint.path)


class App:
    """The route, and how often it has looked for a checkpoint."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.reads = 0
        self._app = Starlette(routes=routes(self.source, base_path="/lab", allows=own_and("https://friend.example")))

    def source(self, name: str) -> Checkpoint:
        if not name.isalnum() or not (self.root / name).is_dir():
            raise UnknownModelError(f"There is no checkpoint called {name!r}.")
        self.reads += 1
        return read_checkpoint(self.root / name)

    def get(self, headers: dict[str, str] | None = None, /, **query: str) -> Reply:
        """Status, headers and body."""
        sent_headers = {"host": "lab.example"} | (headers or {})
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/lab/live/weights",
            "query_string": urlencode(query).encode(),
            "headers": [(key.encode(), value.encode()) for key, value in sent_headers.items()],
        }
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            raise AssertionError("a GET has no body")

        asyncio.run(self._app(scope, receive, send))
        found = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
        return sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.fixture
def app(checkpoint: Checkpoint) -> App:
    return App(checkpoint.path.parent)


def metadata(body: bytes) -> dict[str, str]:
    length = int.from_bytes(body[:8], "little")
    about: dict[str, str] = json.loads(body[8 : 8 + length])["__metadata__"]
    return about


def test_the_whole_file_has_every_weight_in_float32_and_says_what_model_it_is(checkpoint: Checkpoint) -> None:
    body, model = weights_file(checkpoint, "whole"), checkpoint.load_model()
    expected = {name: tensor for name, tensor in model.state_dict().items() if "num_batches_tracked" not in name}
    found = load(body)
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert found[name].dtype == np.float32
        assert np.array_equal(found[name], tensor.numpy()), name
    about = metadata(body)
    assert ModelConfig(**{key: _tuple(value) for key, value in json.loads(about["config"]).items()}) == NORMED
    assert about["model"] == "known"
    assert json.loads(about["class_names"]) == CLASSES
    assert json.loads(about["kl"]) == list(checkpoint.kl_per_dimension or ())


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@pytest.mark.parametrize(("levels", "dtype"), [(0.3, np.float16), (1.2, np.float32), (None, np.float32)])
def test_the_decoder_comes_in_float16_where_the_checkpoint_says_that_nobody_sees_it(
    checkpoint: Checkpoint, levels: float | None, dtype: Any
) -> None:
    checkpoint = with_levels(checkpoint, levels)
    decoder, whole = load(weights_file(checkpoint, "decoder")), load(weights_file(checkpoint, "whole"))
    assert decoder.keys() == {name for name in whole if name.startswith("decoder.")}
    for name, array in decoder.items():
        assert array.dtype == dtype
        assert np.array_equal(array, whole[name].astype(dtype))
    local = local_model(checkpoint)
    assert local is not None
    assert local["bytes"] == sum(array.nbytes for array in decoder.values())
    assert all(array.dtype == np.float32 for array in whole.values())


def test_a_checkpoint_that_was_not_measured_sends_float32(checkpoint: Checkpoint) -> None:
    assert all(array.dtype == np.float32 for array in load(weights_file(checkpoint, "decoder")).values())


@pytest.mark.parametrize(
    "config",
    [
        GREY,
        NORMED,
        replace(GREY, hidden=(7, 5), classes=2),
        ModelConfig((1, 28, 28), 10, "conv", (128,), (32, 64, 64)),
        ModelConfig((3, 5, 33), 1, "conv", (3, 4), (2,)),
        ModelConfig((3, 5, 33), 1, "subpixel", (3, 4), (2, 5)),
    ],
)
def test_the_operations_of_a_decode_are_those_that_torch_counts(config: ModelConfig) -> None:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        VAE(config).eval().decoder(torch.zeros(1, config.code_dim))
    assert decode_flops(config) == counter.get_total_flops()


def test_a_model_too_large_for_browsers_is_none_and_refused(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = app.source("known")
    local = local_model(checkpoint)
    assert local is not None
    for limit, value in (("MOST_FLOPS", local["flops"] - 1), ("MOST_BYTES", local["bytes"] - 1)):
        with monkeypatch.context() as patch:
            patch.setattr(weights, limit, value)
            assert local_model(checkpoint) is None
            status, _, body = app.get(model="known", part="whole")
            assert (status, b"too large for browsers" in body) == (404, True)


def test_a_version_differs_from_that_of_another_checkpoint_of_the_name(checkpoint: Checkpoint) -> None:
    versions = {
        version_of(checkpoint),
        version_of(with_levels(checkpoint, 0.3)),
        version_of(with_levels(checkpoint, 2.0)),
    }
    assert len(versions) == 3


def test_the_answer_to_the_current_version_is_kept_for_ever_and_no_other(app: App, checkpoint: Checkpoint) -> None:
    status, headers, body = app.get(model="known", part="decoder", v=version_of(checkpoint))
    assert (status, headers["cache-control"]) == (200, FOR_EVER)
    assert body == weights_file(checkpoint, "decoder")
    for v in ("old", ""):
        assert app.get(model="known", part="decoder", v=v)[1]["cache-control"] == "no-cache"


def test_a_browser_that_takes_gzip_gets_it(app: App, checkpoint: Checkpoint) -> None:
    _, headers, body = app.get({"accept-encoding": "gzip, br"}, model="known", part="whole")
    assert headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in headers["vary"]
    assert gzip.decompress(body) == weights_file(checkpoint, "whole")
    assert "content-encoding" not in app.get(model="known", part="whole")[1]


def test_files_are_made_once_and_the_oldest_are_forgotten(
    app: App, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    real = weights.weights_file

    def counting(*arguments: Any) -> bytes:
        made.append(arguments[1])
        return real(*arguments)

    monkeypatch.setattr(weights, "weights_file", counting)
    for part in ("decoder", "whole", "decoder"):
        app.get(model="known", part=part)
    assert made == ["decoder", "whole"]
    monkeypatch.setattr(weights, "KEPT_BYTES", 1)
    with_levels(checkpoint, 0.5)
    for part in ("decoder", "decoder", "whole", "decoder"):
        app.get(model="known", part=part)
    assert made == ["decoder", "whole", "decoder", "whole", "decoder"]


def test_what_is_wrong_with_a_request_is_one_sentence(app: App, checkpoint: Checkpoint) -> None:
    assert app.get(model="../etc", part="whole")[::2] == (404, b"There is no checkpoint called '../etc'.")
    assert app.get(model="known", part="all")[::2] == (400, b"part must be decoder or whole, not 'all'.")
    assert app.get(model="known")[0] == 400
    (checkpoint.path / "model.safetensors").write_bytes(b"")
    status, _, body = app.get(model="known", part="whole")
    assert status == 404
    assert b"The checkpoint 'known' cannot be used: " in body


def test_a_page_of_another_site_is_refused_and_one_that_is_allowed_may_read_the_answer(app: App) -> None:
    status, _, body = app.get({"origin": "https://elsewhere.example"}, model="known", part="whole")
    assert (status, b"server.corsAllowedOrigins" in body) == (403, True)
    status, headers, _ = app.get({"origin": "https://friend.example"}, model="known", part="whole")
    assert (status, headers["access-control-allow-origin"]) == (200, "https://friend.example")
    assert headers["vary"] == "Origin, Accept-Encoding"


@given(key=st.sampled_from(["model", "part", "v", ""]), text=st.text())
def test_any_query_is_answered_with_a_sentence_or_a_file(key: str, text: str) -> None:
    status, _, body = App(Path("nowhere")).get({}, **{"model": "known", "part": "whole", key: text})
    assert status in (400, 404)
    assert body.endswith(b".")


def test_the_metadata_hold_a_config_with_every_field(checkpoint: Checkpoint) -> None:
    config = json.loads(metadata(weights_file(checkpoint, "decoder"))["config"])
    assert config == json.loads(json.dumps(asdict(NORMED)))

"""The live decode service, over loopback, on the WebSocket implementation that Streamlit runs it on."""

import asyncio
import json
import re
import socket
import struct
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from copy import deepcopy
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any, get_args
from unittest.mock import MagicMock, Mock, call
from urllib.error import HTTPError

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

from tests.support.live import (
    COLOR,
    CONDITIONAL,
    GREY,
    MODELS,
    PATIENCE,
    POINT,
    Running,
    ask,
    choose,
    decoded,
    error,
    load,
    random_model,
    reply,
    request,
    same_pictures,
    serve,
    service_of,
    until,
    zs,
)
from tests.support.origins import own_and
from vae.__main__ import parser
from vae.bench import live as bench
from vae.commands.measuring import run_evaluate
from vae.model.latents import encode, posterior_noise
from vae.model.losses import kl_divergence, reconstruction_nll
from vae.model.networks import VAE, Likelihood, ModelConfig, condition, to_unit
from vae.server.live import decode, decode_frames
from vae.server.live.batching import Job, JobQueue
from vae.server.live.decode import DecodeClient, DecodeService, routes
from vae.server.live.decode_frames import HEADER, DecodeLimits, greeting, vectors_limit
from vae.server.live.inference import InferenceEngine, LiveModel
from vae.server.wire import TokenBucket, own_origin
from vae.storage.checkpoints import Checkpoint, read_checkpoint

DECODE, ENCODE, RECONSTRUCT, SAMPLE_POSTERIOR = 1, 2, 3, 4
SHIPPED = Path(__file__).parents[2] / "checkpoints"


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with serve() as running:
        yield running


def images(n: int, config: ModelConfig = GREY) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).integers(0, 256, (n, *config.image_shape), dtype=np.uint8)


# -- what it serves --


def test_a_greeting_describes_the_model_and_the_limits(server: Running) -> None:
    with server.connect(None) as client:
        greeting = choose(client, "grey")
    assert greeting["version"] == 1
    assert greeting["model"] == "grey"
    assert greeting["latent_dim"] == 3
    assert greeting["classes"] == 0
    assert greeting["image_shape"] == [1, 9, 7]
    assert greeting["kl"] == [0.5, 0.25, 0.0]
    assert greeting["device"] == "cpu"
    assert greeting["likelihood"] == "bernoulli"
    assert greeting["limits"]["vectors"] == 256
    assert greeting["limits"]["frame_bytes"] == 8 + 256 * (63 + 4 * 3)  # images with their noise


@pytest.mark.parametrize("n", [1, 5, 16, 17, 256])
def test_decode_gives_the_models_own_pictures(server: Running, n: int) -> None:
    with server.connect() as client:
        assert same_pictures(ask(client, request(DECODE, zs(n))), decoded(zs(n)))


@pytest.mark.parametrize("name", ["grey", "color", "normed", *get_args(Likelihood)])
@pytest.mark.parametrize("n", [1, 40])
def test_encode_and_reconstruct_give_what_the_model_computes(server: Running, name: str, n: int) -> None:
    model, config = MODELS[name].model, MODELS[name].model.config
    x = to_unit(torch.from_numpy(images(n, config)))
    with torch.inference_mode():
        mean, logvar = model.encode(x)
        nll = reconstruction_nll(model.decoder(mean), x, config, model.log_scale)
        kl = kl_divergence(mean, logvar).sum(1)
    with server.connect(name) as client:
        codes = np.frombuffer(ask(client, request(ENCODE, images(n, config))), "<f4")
        payload = ask(client, request(RECONSTRUCT, images(n, config)))
    expected = torch.cat([mean.flatten(), logvar.flatten(), nll, kl]).numpy()
    np.testing.assert_allclose(codes, expected[: codes.size], rtol=1e-4, atol=1e-5)
    assert codes.size == 2 * n * config.latent_dim
    numbers = np.frombuffer(payload[: expected.nbytes], "<f4")
    np.testing.assert_allclose(numbers, expected, rtol=1e-4, atol=1e-4)
    assert same_pictures(payload[expected.nbytes :], decoded(mean.numpy(), model))


@pytest.mark.parametrize("name", ["normed", "conditional", "point", *get_args(Likelihood)])
def test_every_kind_of_model_is_decoded_as_the_model_itself_does(server: Running, name: str) -> None:
    model = MODELS[name].model
    with server.connect(name) as client:
        for n in (1, 40):
            z = zs(n, model.config)
            assert same_pictures(ask(client, request(DECODE, z)), decoded(z, model))


def test_the_greeting_of_a_conditional_model_says_how_many_classes_it_has(server: Running) -> None:
    with server.connect(None) as client:
        greeting = choose(client, "conditional")
        assert (greeting["latent_dim"], greeting["classes"]) == (3, 300)
        vectors, frame_bytes = greeting["limits"]["vectors"], greeting["limits"]["frame_bytes"]
        assert frame_bytes == 8 + vectors * 4 * 303  # longer than an image with its label and noise
        assert len(ask(client, request(DECODE, zs(vectors, CONDITIONAL)))) == vectors * 63
        assert "1 to" in error(client, request(DECODE, zs(vectors + 1, CONDITIONAL)))[3]


def labelled(pictures: np.ndarray[Any, Any], labels: Any) -> np.ndarray[Any, Any]:
    """Each image's bytes, then its label in two bytes, little-endian."""
    tails = [struct.pack("<H", label) for label in labels]
    rows = [picture.tobytes() + tail for picture, tail in zip(pictures, tails, strict=True)]
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(pictures), -1)


def noised(rows: np.ndarray[Any, Any], noise: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Each row's bytes, then its noise."""
    return np.concatenate([rows.reshape(len(rows), -1), noise.astype("<f4").view(np.uint8)], axis=1)


@pytest.mark.parametrize("n", [1, 40])
def test_a_conditional_model_reconstructs_each_image_under_its_own_label(server: Running, n: int) -> None:
    model, labels = MODELS["conditional"].model, np.arange(n) * 7 + 20  # below and above 255
    with server.connect("conditional") as client:
        payload = ask(client, request(RECONSTRUCT, labelled(images(n), labels)))
        codes = np.frombuffer(ask(client, request(ENCODE, images(n))), "<f4")  # the encoder needs no label
    x = to_unit(torch.from_numpy(images(n)))
    with torch.inference_mode():
        mean, logvar = model.encode(x)
        code = condition(mean, torch.from_numpy(labels), 300)
        nll = reconstruction_nll(model.decoder(code), x, CONDITIONAL, model.log_scale)
    expected = torch.cat([mean.flatten(), logvar.flatten(), nll, kl_divergence(mean, logvar).sum(1)]).numpy()
    np.testing.assert_allclose(np.frombuffer(payload[: expected.nbytes], "<f4"), expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(codes, expected[: 6 * n], rtol=1e-4, atol=1e-5)
    assert same_pictures(payload[expected.nbytes :], decoded(code.numpy(), model))


@pytest.mark.parametrize("name", ["normed", "conditional", "point", *get_args(Likelihood)])
@pytest.mark.parametrize("n", [1, 40])
def test_sample_posterior_gives_what_the_model_computes_for_the_same_noise(server: Running, name: str, n: int) -> None:
    model = MODELS[name].model
    config, labels = model.config, np.arange(n) * 7 + 20
    pictures, noise = images(n, config), posterior_noise(n, config.latent_dim)
    rows = labelled(pictures, labels) if config.classes else pictures
    with server.connect(name) as client:
        payload = ask(client, request(SAMPLE_POSTERIOR, noised(rows, noise)))
    encoded = encode(model, pictures, labels)
    expected = np.concatenate([encoded.mean, encoded.logvar, encoded.reconstruction, encoded.kl], axis=None)
    np.testing.assert_allclose(np.frombuffer(payload[: expected.nbytes], "<f4"), expected, rtol=1e-4, atol=1e-4)
    sigma = 0 if config.posterior == "point" else np.exp(encoded.logvar / 2)
    given = torch.from_numpy(labels) if config.classes else None
    code = condition(torch.from_numpy(encoded.mean + sigma * noise), given, config.classes)
    assert same_pictures(payload[expected.nbytes :], decoded(code.numpy(), model))


@pytest.mark.parametrize("name", ["grey", "point"])
def test_without_noise_sample_posterior_is_reconstruct(server: Running, name: str) -> None:
    config = MODELS[name].model.config
    with server.connect(name) as client:
        at_mean = ask(client, request(RECONSTRUCT, images(20, config)))
        assert ask(client, request(SAMPLE_POSTERIOR, noised(images(20, config), 0 * zs(20, config)))) == at_mean
        drawn = ask(client, request(SAMPLE_POSTERIOR, noised(images(20, config), zs(20, config))))
    assert (drawn == at_mean) == (name == "point")


def test_a_sample_does_not_depend_on_the_rest_of_the_batch() -> None:
    engine, rows = InferenceEngine(MODELS["grey"].model), noised(images(16), zs(16))
    together = engine.sample_posterior(rows)
    alone = zip(*(engine.sample_posterior(row[None]) for row in rows), strict=True)
    for a, b in zip(together, map(np.concatenate, alone), strict=True):
        np.testing.assert_allclose(a.astype(np.float32), b, rtol=1e-4, atol=1 if a.dtype == np.uint8 else 1e-4)


def live_losses(checkpoint: Checkpoint) -> np.ndarray[Any, Any]:
    """Reconstruction and KL in nats, (2, k), that the live service has for the example images, at the stored noise."""
    config, pictures = checkpoint.model_config, checkpoint.load_examples()
    k, labels = len(pictures), checkpoint.load_encoded().labels[: len(pictures)]
    rows = labelled(pictures, labels) if config.classes else pictures
    frame_rows = noised(rows, posterior_noise(checkpoint.test_images, config.latent_dim)[:k])
    shipped = LiveModel(checkpoint.name, checkpoint.load_model(), checkpoint.kl_per_dimension)
    losses = []
    with serve(lambda _: shipped) as running, running.connect(checkpoint.name) as client:
        for part in np.array_split(frame_rows, 5):
            reply = ask(client, request(SAMPLE_POSTERIOR, part))
            floats = np.frombuffer(reply, "<f4", 2 * len(part) * (config.latent_dim + 1))
            losses.append(floats[2 * len(part) * config.latent_dim :].reshape(2, -1))
    return np.concatenate(losses, axis=1)


@pytest.mark.parametrize("name", ["mnist-z10", "mnist-z10-cond", "mnist-z10-ae", "sprites-z6", "digits-z2"])
def test_the_live_elbo_of_a_test_image_is_the_stored_one_for_the_same_noise(name: str) -> None:
    checkpoint = read_checkpoint(SHIPPED / name)
    encoded, losses = checkpoint.load_encoded(), live_losses(checkpoint)
    k = losses.shape[1]
    stored = np.stack([encoded.reconstruction[:k], encoded.kl[:k]])
    np.testing.assert_allclose(losses, stored, rtol=0, atol=1e-3)
    np.testing.assert_allclose(losses.sum(0), stored.sum(0), rtol=0, atol=1e-3)


def test_the_live_elbos_have_the_mean_that_evaluate_prints(capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint = read_checkpoint(SHIPPED / "digits-z2")  # all its test images are among the examples
    evaluation = run_evaluate(parser().parse_args(["evaluate", str(checkpoint.path), "--device=cpu"]))
    mean = live_losses(checkpoint).sum(0).mean()
    assert mean == pytest.approx(evaluation["negative_elbo"], abs=1e-3)
    assert f"-ELBO {mean:.2f} nats per image" in capsys.readouterr().out


def test_another_label_gives_another_picture_and_weights_in_between_mix_them(server: Running) -> None:
    z = np.zeros((3, 303), "<f4")
    z[0, 3 + 299] = z[1, 3 + 4] = 1
    z[2, [3 + 299, 3 + 4]] = 0.5
    with server.connect("conditional") as client:
        pictures = np.frombuffer(ask(client, request(DECODE, z)), np.uint8).reshape(3, -1).astype(int)
    assert len(np.unique(pictures, axis=0)) == 3


CONDITIONAL_BAD_FRAMES = {
    "a label out of range": (
        request(RECONSTRUCT, labelled(images(2), [299, 300])),
        "label must be a number from 0 to 299",
    ),
    "the largest label": (request(RECONSTRUCT, labelled(images(1), [65_535])), "from 0 to 299, not 65535"),
    "images without labels": (request(RECONSTRUCT, images(2)), "138 bytes"),
    "a label out of range before noise": (
        request(SAMPLE_POSTERIOR, noised(labelled(images(2), [0, 300]), zs(2))),
        "label must be a number from 0 to 299, not 300",
    ),
    "noise without labels": (request(SAMPLE_POSTERIOR, noised(images(2), zs(2))), "162 bytes"),
    "labels to encode": (request(ENCODE, labelled(images(2), [0, 0])), "134 bytes"),
    "z alone": (request(DECODE, zs(2)), "2432 bytes"),
    "a class of infinite weight": (request(DECODE, np.full((1, 303), np.inf, "<f4")), "Every z"),
}


@pytest.mark.parametrize("name", CONDITIONAL_BAD_FRAMES)
def test_a_bad_frame_for_a_conditional_model_is_answered_with_an_error(server: Running, name: str) -> None:
    frame, words = CONDITIONAL_BAD_FRAMES[name]
    with server.connect("conditional") as client:
        assert words in error(client, frame)[3]
        ask(client, request(DECODE, zs(1, CONDITIONAL)))


def test_labels_are_refused_by_a_model_without_classes(server: Running) -> None:
    with server.connect() as client:
        assert "71 bytes" in error(client, request(RECONSTRUCT, labelled(images(1), [0])))[3]


def test_an_autoencoder_has_no_kl_in_its_greeting_nor_in_its_reconstructions(server: Running) -> None:
    model = MODELS["point"].model
    with server.connect(None) as client:
        assert choose(client, "point")["kl"] is None
        numbers = np.frombuffer(ask(client, request(RECONSTRUCT, images(6, POINT)))[: 4 * 6 * 12], "<f4")
    x = to_unit(torch.from_numpy(images(6, POINT)))
    with torch.inference_mode():
        mean, logvar = model.encode(x)
        nll = reconstruction_nll(model.decoder(mean), x, POINT, model.log_scale)
    expected = torch.cat([mean.flatten(), logvar.flatten(), nll, torch.zeros(6)]).numpy()
    np.testing.assert_allclose(numbers, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["conditional", "normed"])
def test_the_pixels_of_other_kinds_of_models_do_not_depend_on_the_batch_either(name: str) -> None:
    engine, vectors = InferenceEngine(MODELS[name].model), zs(16, MODELS[name].model.config)
    alone = np.concatenate([engine.decode(z[None])[0] for z in vectors])
    np.testing.assert_array_equal(engine.decode(vectors)[0], alone)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 64, 64), (3, 256, 256)], ids=str)
@pytest.mark.parametrize("classes", [0, 1, 10, 1000])
def test_the_longest_frame_of_the_greeting_holds_every_request(shape: tuple[int, int, int], classes: int) -> None:
    engine = Mock(config=ModelConfig(shape, 2, "mlp", (4,), classes=classes))
    limits = DecodeLimits()
    vectors = vectors_limit(engine, limits)
    sizes = [4 * (2 + classes), prod(shape) + (2 if classes else 0) + 4 * 2]
    assert greeting(Mock(engine=engine), limits)["limits"] == {
        "vectors": vectors,
        "requests_per_second": limits.requests_per_second,
        "frame_bytes": 8 + vectors * max(sizes),
    }
    assert vectors == 1 or vectors * max(*sizes, prod(shape) + 4 * 6) <= limits.request_bytes


@pytest.mark.parametrize(("classes", "largest"), [(0, 63 + 4 * (3 + 3 + 2)), (300, 4 * 303)], ids=["reply", "request"])
def test_the_bytes_of_a_request_and_of_its_reply_limit_its_vectors(classes: int, largest: int) -> None:
    engine = Mock(config=replace(GREY, classes=classes))
    for request_bytes, vectors in ((10 * largest, 10), (10 * largest - 1, 9), (1, 1), (2**24, 256)):
        assert vectors_limit(engine, DecodeLimits(request_bytes=request_bytes)) == vectors


def test_replies_come_in_the_order_of_the_requests_however_long_they_take(server: Running) -> None:
    sizes = [200, 1, 30, 1, 256, 2]
    with server.connect() as client:
        for identity, n in enumerate(sizes):
            client.send(request(DECODE, zs(n), identity))
        answers = [reply(client) for _ in sizes]
    assert [(n, identity) for _, _, n, identity, _ in answers] == [(n, i) for i, n in enumerate(sizes)]


def test_a_socket_can_change_its_model(server: Running) -> None:
    with server.connect("grey") as client:
        assert choose(client, "color")["latent_dim"] == 5
        assert same_pictures(ask(client, request(DECODE, zs(2, COLOR))), decoded(zs(2, COLOR), MODELS["color"].model))


def test_the_pixels_do_not_depend_on_the_rest_of_the_batch() -> None:
    engine = InferenceEngine(MODELS["grey"].model)
    alone = np.concatenate([engine.decode(z[None])[0] for z in zs(16)])
    for n in (2, 3, 7, 16):
        together = np.concatenate([engine.decode(zs(16)[i : i + n])[0] for i in range(0, 16, n)])
        np.testing.assert_array_equal(together, alone)


def test_the_engine_leaves_the_shared_model_as_it_was() -> None:
    model = random_model(GREY)
    before = {name: (weights.clone(), weights.stride()) for name, weights in model.state_dict().items()}
    InferenceEngine(model).decode(zs(1))
    for name, weights in model.state_dict().items():
        assert torch.equal(weights, before[name][0])
        assert weights.stride() == before[name][1]


# -- batches --

ENGINE = InferenceEngine(MODELS["grey"].model)


class Paused:
    """Stops the decode thread before its first batch, so that requests queue up."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.started, self.go = threading.Event(), threading.Event()
        decode = InferenceEngine.decode

        def wait(engine: InferenceEngine, z: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], ...]:
            self.started.set()
            assert self.go.wait(PATIENCE)
            return decode(engine, z)

        monkeypatch.setattr(InferenceEngine, "decode", wait)


def test_waiting_requests_are_decoded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    pause = Paused(monkeypatch)
    with serve() as running, ExitStack() as stack:
        clients = [stack.enter_context(running.connect()) for _ in range(20)]
        clients[0].send(request(DECODE, zs(1)))
        assert pause.started.wait(PATIENCE)
        for i, client in enumerate(clients[1:]):
            client.send(request(DECODE, zs(1, seed=i)))
        until(lambda: running.metrics()['requests_total{operation="decode"}'] == 20)
        pause.go.set()
        for i, client in enumerate(clients[1:]):
            reply(clients[0]) if i == 0 else None
            assert same_pictures(reply(client)[4], decoded(zs(1, seed=i)))
        counts = running.metrics()
    assert counts["batches_total"] == 3  # 1, 16 and 3
    assert counts["vectors_total"] == 20
    assert counts['batch_vectors_bucket{le="1"}'] == 1
    assert counts['batch_vectors_bucket{le="4"}'] == 2
    assert counts['batch_vectors_bucket{le="+Inf"}'] == 3


def test_a_large_request_lets_small_ones_pass() -> None:
    large, small = (Job(ENGINE, "decode", zs(n), lambda: None) for n in (256, 1))
    queue = JobQueue()
    queue.add(large)
    assert [(s.start, s.stop) for s in queue.take(16)] == [(0, 4), (4, 8), (8, 12), (12, 16)]
    queue.add(small)
    assert [(s.job is small, s.stop - s.start) for s in queue.take(16)] == [
        (False, 4),
        (True, 1),
        (False, 4),
        (False, 4),
        (False, 3),
    ]


@given(st.lists(st.integers(1, 256), min_size=1, max_size=40), st.integers(1, 64))
@settings(max_examples=50, deadline=None)
def test_every_row_is_taken_once_and_in_order(sizes: list[int], room: int) -> None:
    jobs = [Job(ENGINE, "decode", np.empty((n, 3), "<f4"), lambda: None) for n in sizes]
    queue = JobQueue()
    for job in jobs:
        queue.add(job)
    taken: dict[Job, list[int]] = {job: [] for job in jobs}
    while queue:
        slices = queue.take(room)
        assert 0 < sum(s.stop - s.start for s in slices) <= room
        for s in slices:
            taken[s.job].extend(range(s.start, s.stop))
    assert [taken[job] for job in jobs] == [list(range(n)) for n in sizes]


@pytest.mark.parametrize("room", [1, 4, 16])
@pytest.mark.parametrize(("size", "others"), [(1, 256), (256, 1), (256, 256)])
def test_no_job_starves_while_others_keep_coming(room: int, size: int, others: int) -> None:
    queue = JobQueue()
    patient = Job(ENGINE, "decode", zs(size), lambda: None)
    for _ in range(10):
        queue.add(Job(ENGINE, "decode", zs(others), lambda: None))
    queue.add(patient)
    for _ in range(6000):
        for s in queue.take(room):  # a client that is served asks again at once
            if s.job is patient and s.stop == size:
                return
            if s.stop == len(s.job.rows):
                queue.add(Job(ENGINE, "decode", s.job.rows, lambda: None))
    pytest.fail("starved")


def test_jobs_of_clients_that_left_are_not_decoded() -> None:
    queue = JobQueue()
    gone = Job(ENGINE, "decode", zs(5), lambda: None, abandoned=True)
    here = Job(ENGINE, "decode", zs(1), lambda: None)
    queue.add(gone)
    queue.add(here)
    assert [s.job for s in queue.take(16)] == [here]


def test_an_exception_in_torch_is_answered_and_the_next_request_works(monkeypatch: pytest.MonkeyPatch) -> None:
    decode = InferenceEngine.decode
    fail = threading.Event()

    def sometimes(engine: InferenceEngine, z: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], ...]:
        if fail.is_set():
            raise torch.cuda.OutOfMemoryError("out of memory")
        return decode(engine, z)

    monkeypatch.setattr(InferenceEngine, "decode", sometimes)
    with serve() as running, running.connect() as client:
        fail.set()
        operation, n, identity, sentence = error(client, request(DECODE, zs(40), 3))
        assert (operation, n, identity) == (DECODE, 40, 3)
        assert "OutOfMemoryError" in sentence
        error(client, request(DECODE, zs(1)))
        fail.clear()
        ask(client, request(DECODE, zs(40), 4))
        error(client, b"")
        choose(client, "nowhere")
        choose(client, "broken")
        choose(client, "grey")
        counts = running.metrics()
    assert counts["errors_total"] == 5
    assert counts["batches_failed_total"] == 2


@pytest.mark.parametrize(
    "failure",
    [torch.cuda.OutOfMemoryError("CUDA out of memory"), RuntimeError("CUDA error: the device is gone")],
    ids=str,
)
def test_the_cpu_takes_over_from_a_gpu_that_fails_and_the_client_is_informed(
    monkeypatch: pytest.MonkeyPatch, failure: RuntimeError
) -> None:
    shared, settle = MODELS["grey"].model, InferenceEngine._settle

    def fail(z: torch.Tensor) -> np.ndarray[Any, Any]:
        raise failure

    def settle_on_a_gpu(engine: InferenceEngine, model: VAE) -> None:
        """As on a machine with a GPU that takes larger batches, and that fails at the first of them."""
        settle(engine, model)
        if model is shared:
            engine.device, engine.batch, engine._decode = torch.device("cuda"), 64, fail

    monkeypatch.setattr(InferenceEngine, "_settle", settle_on_a_gpu)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda *_: "a GPU")
    loaded = LiveModel("grey", shared, MODELS["grey"].kl, lambda: deepcopy(shared))
    with serve(lambda _: loaded) as running, running.connect(None) as client:
        assert choose(client, "grey")["device"] == "a GPU"
        z = zs(40)
        assert same_pictures(ask(client, request(DECODE, z)), decoded(z))
        assert json.loads(client.recv(PATIENCE))["device"] == "cpu"
        assert same_pictures(ask(client, request(DECODE, z)), decoded(z))
        assert running.metrics()["batches_failed_total"] == 0


# -- errors --


def test_a_request_before_a_model_is_chosen_is_an_error(server: Running) -> None:
    with server.connect(None) as client:
        assert "model first" in error(client, request(DECODE, zs(1)))[3]
        choose(client, "grey")
        ask(client, request(DECODE, zs(1)))


BAD_FRAMES = {
    "unknown operation": (request(9, zs(1)), (9, 1, 7), "Operation"),
    "operation zero": (request(0, zs(1)), (0, 1, 7), "Operation"),
    "other version": (b"\x02" + request(DECODE, zs(1))[1:], (0, 0, 0), "version 1"),
    "no header": (b"\x01\x01", (0, 0, 0), "8 bytes"),
    "empty": (b"", (0, 0, 0), "8 bytes"),
    "nothing to decode": (request(DECODE, zs(0)), (1, 0, 7), "1 to 256"),
    "too many": (request(DECODE, zs(257)), (1, 257, 7), "1 to 256"),
    "too short": (request(DECODE, zs(1))[:-1], (1, 1, 7), "20 bytes"),
    "too long": (request(DECODE, zs(1)) + b"\0", (1, 1, 7), "20 bytes"),
    "far too long": (request(DECODE, zs(1)) + bytes(2**21), (1, 1, 7), "20 bytes"),
    "wrong n": (request(DECODE, zs(2), n=3), (1, 3, 7), "44 bytes"),
    "NaN": (request(DECODE, zs(2) * [1, np.nan, 1]), (1, 2, 7), "bytes"),
    "images of another size": (request(ENCODE, images(1)[:, :, :8]), (2, 1, 7), "71 bytes"),
    "images, cut": (request(RECONSTRUCT, images(2))[:-1], (3, 2, 7), "134 bytes"),
    "noise, cut": (request(SAMPLE_POSTERIOR, noised(images(2), zs(2)))[:-1], (4, 2, 7), "158 bytes"),
    "no noise": (request(SAMPLE_POSTERIOR, images(2)), (4, 2, 7), "158 bytes"),
    "noise alone": (request(SAMPLE_POSTERIOR, zs(2)), (4, 2, 7), "158 bytes"),
}


@pytest.mark.parametrize("name", BAD_FRAMES)
def test_a_bad_frame_is_answered_with_an_error_and_the_socket_stays_open(server: Running, name: str) -> None:
    frame, echoed, words = BAD_FRAMES[name]
    with server.connect() as client:
        *header, sentence = error(client, frame)
        assert tuple(header) == echoed
        assert words in sentence
        ask(client, request(DECODE, zs(1)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1.01e4, -3e38])
def test_a_z_out_of_range_is_refused(server: Running, value: float) -> None:
    z = zs(3)
    z[2, 1] = value
    with server.connect() as client:
        assert "Every z" in error(client, request(DECODE, z))[3]
        z[2, 1] = 1e4
        ask(client, request(DECODE, z))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1.01e4, -3e38])
@pytest.mark.parametrize("name", ["grey", "point"])
def test_noise_out_of_range_is_refused(server: Running, name: str, value: float) -> None:
    config = MODELS[name].model.config
    noise = zs(3, config)
    noise[2, 1] = value
    with server.connect(name) as client:
        assert "Every noise value" in error(client, request(SAMPLE_POSTERIOR, noised(images(3, config), noise)))[3]
        noise[2, 1] = 1e4
        payload = ask(client, request(SAMPLE_POSTERIOR, noised(images(3, config), noise)))
    assert np.isfinite(np.frombuffer(payload[: 4 * 3 * (2 * config.latent_dim + 2)], "<f4")).all()


BAD_TEXTS = ["", "nonsense", "[]", "{}", '{"version": 1}', '{"version": 1, "model": 5}', "[" * 4000, "x" * 10_000]


@pytest.mark.parametrize("text", BAD_TEXTS, ids=lambda text: text[:20])
def test_a_text_without_a_model_is_answered_with_an_error(server: Running, text: str) -> None:
    with server.connect() as client:
        client.send(text)
        answer = json.loads(client.recv(PATIENCE))
        assert answer == {"version": 1, "error": answer["error"]}
        ask(client, request(DECODE, zs(1)))  # with the model chosen before


def test_a_model_that_cannot_be_loaded_is_answered_with_an_error(server: Running) -> None:
    with server.connect() as client:
        assert choose(client, "nowhere") == {"version": 1, "error": "There is no model 'nowhere'."}
        assert choose(client, "broken") == {"version": 1, "error": "The model could not be loaded (RuntimeError)."}
        sentence = "This server speaks version 1 of the live format, not 2."
        assert choose(client, "grey", version=2) == {"version": 1, "error": sentence}
        ask(client, request(DECODE, zs(1)))


def test_a_text_may_have_4096_characters_and_not_one_more(server: Running) -> None:
    text = json.dumps({"version": 1, "model": "color"})
    with server.connect() as client:
        client.send(text + " " * (4097 - len(text)))
        assert "JSON" in json.loads(client.recv(PATIENCE))["error"]
        client.send(text + " " * (4096 - len(text)))
        assert json.loads(client.recv(PATIENCE))["model"] == "color"


def noise_request(noise: np.ndarray[Any, Any], n: int) -> bytes:
    return request(SAMPLE_POSTERIOR, noised(images(len(noise)), noise), n=n)


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=64),
            st.builds(
                lambda code, n, cut, junk: (HEADER.pack(1, code, n, 5) + zs(3).tobytes())[:cut] + junk,
                st.integers(0, 5),
                st.integers(0, 4),
                st.integers(0, 44),
                st.binary(max_size=16),
            ),
            st.builds(
                lambda noise, n, cut: noise_request(np.array(noise, np.float32), n)[:cut],
                st.lists(st.tuples(*[st.floats(width=32)] * 3), min_size=1, max_size=3),
                st.integers(1, 3),
                st.one_of(st.none(), st.integers(0, 240)),
            ),
        ),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_binary_frame_gets_exactly_one_reply(server: Running, frames: list[bytes]) -> None:
    with server.connect() as client:
        for frame in frames:
            client.send(frame)
        client.send(request(DECODE, zs(1), 4242))
        answers = [reply(client) for _ in range(len(frames) + 1)]
    assert answers[-1][0] == 0
    assert answers[-1][3] == 4242
    for frame, (status, *_, payload) in zip(frames, answers, strict=False):
        assert status in (0, 1), frame
        assert status == 0 or payload.decode()


# -- admission --


def test_a_foreign_page_is_refused_at_the_handshake() -> None:
    with serve(allows=own_and("https://school.example")) as running:
        with pytest.raises(InvalidStatus) as refused, running.connect(origin="https://evil.test"):
            pass
        assert refused.value.response.status_code == 403
        assert refused.value.response.body == (
            b"This page may not use the live decoder: add its address to server.corsAllowedOrigins, or let the proxy "
            b"forward the Host header."
        )
        forged = {"X-Forwarded-Host": "evil.test"}
        with pytest.raises(InvalidStatus), running.connect(origin="https://evil.test", additional_headers=forged):
            pass
        for origin in ("https://school.example", f"http://127.0.0.1:{running.port}"):
            with running.connect(origin=origin) as client:
                ask(client, request(DECODE, zs(1)))
        assert running.metrics()["refused_total"] == 2


def test_a_page_learns_by_a_post_why_its_socket_was_refused() -> None:
    with serve(allows=own_and("https://school.example")) as running:
        for origin, status in (("https://school.example", 204), (f"http://127.0.0.1:{running.port}", 204), (None, 204)):
            with posted(running, origin) as answer:
                assert answer.status == status
        with pytest.raises(HTTPError) as refused, posted(running, "https://evil.test"):
            pass
        with refused.value as answer:
            assert answer.status == 403
            assert answer.headers["content-type"].startswith("text/plain")
            assert "access-control-allow-origin" not in answer.headers
            assert b"server.corsAllowedOrigins" in answer.read()


def posted(running: Running, origin: str | None) -> Any:
    headers = {"Origin": origin} if origin else {}
    asked = urllib.request.Request(f"http://127.0.0.1:{running.port}/live", method="POST", headers=headers)
    return urllib.request.urlopen(asked, timeout=PATIENCE)


TOO_MANY = {
    "clients": "The server has as many live clients as it can serve; try again later.",
    "clients_per_address": "Your network has as many live clients as one address may have; try again later.",
}


@pytest.mark.parametrize("limit", TOO_MANY)
def test_one_client_too_many_gets_the_reason_and_may_connect_later(limit: str) -> None:
    with serve(limits={limit: 2}) as running:
        with running.connect() as first, running.connect() as second:
            for refused in (1, 2):
                with running.connect(None) as third, pytest.raises(ConnectionClosedError) as closed:
                    third.recv(PATIENCE)
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 1013
                assert closed.value.rcvd.reason == TOO_MANY[limit]
                assert running.metrics()["refused_total"] == refused
            ask(first, request(DECODE, zs(1)))
            ask(second, request(DECODE, zs(1)))
        until(lambda: running.metrics()["clients"] == 0)
        assert not running.service.admission._addresses  # those of clients that left are removed
        with running.connect() as first, running.connect() as second:
            ask(first, request(DECODE, zs(1)))
            ask(second, request(DECODE, zs(1)))


@pytest.mark.parametrize("limit", TOO_MANY)
def test_a_client_that_leaves_makes_room_for_one(limit: str) -> None:
    with serve(limits={limit: 2}) as running, running.connect():
        with running.connect():
            pass
        until(lambda: running.metrics()["clients"] == 1)
        with running.connect():
            with running.connect(None) as third, pytest.raises(ConnectionClosedError):
                third.recv(PATIENCE)
            assert running.metrics()["refused_total"] == 1


@pytest.mark.skipif(sys.platform != "linux", reason="has one loopback address alone")
def test_addresses_are_counted_separately() -> None:
    with serve(limits={"clients_per_address": 1}) as running, running.connect():
        with running.connect(source_address=("127.0.0.2", 0)) as other:
            ask(other, request(DECODE, zs(1)))
        assert running.metrics()["refused_total"] == 0


def test_the_rate_limit_slows_only_the_client_that_exceeds_it() -> None:
    limits = {"requests_per_second": 20.0, "burst": 5.0}
    with serve(limits=limits) as running, running.connect(close_timeout=0) as flooder, running.connect() as other:
        for i in range(200):
            flooder.send(request(DECODE, zs(1), i))
        for _ in range(4):
            ask(other, request(DECODE, zs(1)))
        until(lambda: running.metrics()['requests_total{operation="decode"}'] >= 8)
        assert running.metrics()['requests_total{operation="decode"}'] < 150
        assert [reply(flooder)[3] for _ in range(10)] == list(range(10))


def test_a_frame_costs_one_token_and_a_request_one_for_every_32_vectors_it_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prices: list[float] = []

    def charge(_: TokenBucket, tokens: float) -> float:
        prices.append(tokens)
        return 0.0

    monkeypatch.setattr(TokenBucket, "take", charge)
    with serve() as running, running.connect() as client:
        error(client, b"")
        for n in (1, 32, 33, 256):
            ask(client, request(DECODE, zs(n)))
    assert prices == [1, 1, 1, 1, 2, 8]


# -- clients that misbehave --


def raw_client(running: Running) -> socket.socket:
    """A client that has chosen a model and never reads again."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(PATIENCE)
    client.connect(("127.0.0.1", running.port))
    lines = ["GET /live HTTP/1.1", "Host: x", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
    client.sendall("\r\n".join([*lines, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""]).encode())
    assert client.recv(4096).startswith(b"HTTP/1.1 101")
    client.sendall(raw_frame(1, b'{"version": 1, "model": "grey"}'))
    return client


def raw_frame(opcode: int, payload: bytes) -> bytes:
    return bytes((0x80 | opcode, 0xFE)) + struct.pack(">H", len(payload)) + bytes(4) + payload


def test_a_client_that_stops_reading_is_dropped_without_slowing_the_others() -> None:
    with serve(limits={"send_seconds": 0.3}) as running, running.connect() as other:
        deaf = raw_client(running)
        deaf.settimeout(0.2)
        with pytest.raises(OSError, match=r"."):  # the server stops reading, then closes the connection
            deaf.sendall(raw_frame(2, request(DECODE, zs(256))) * 10_000)
        for _ in range(5):
            ask(other, request(DECODE, zs(1)))
        assert running.service.backlog <= 5 * 2 * 256 * 75
        until(lambda: running.metrics()["clients"] == 1 and running.service.backlog == 0)
        deaf.close()
        ask(other, request(DECODE, zs(1)))


def test_a_client_that_leaves_during_a_request_does_not_disturb_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pause = Paused(monkeypatch)
    with serve() as running, running.connect() as other:
        for abrupt in (False, True):
            client = raw_client(running)
            for i in range(4):
                client.sendall(raw_frame(2, request(DECODE, zs(256), i)))
            client.sendall(raw_frame(2, request(DECODE, zs(256)))[:50])
            assert pause.started.wait(PATIENCE)  # if it left earlier, its request might not have been read
            if abrupt:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        pause.go.set()
        ask(other, request(DECODE, zs(1)))
        until(lambda: running.metrics()["clients"] == 1 and running.service.backlog == 0)


def test_at_most_a_few_requests_of_a_socket_are_read_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    pause = Paused(monkeypatch)
    with serve() as running, running.connect() as client, running.connect() as other:
        for i in range(50):
            client.send(request(DECODE, zs(1), i))
        other.send(request(DECODE, zs(1)))
        until(lambda: running.metrics()['requests_total{operation="decode"}'] >= 5)
        assert running.metrics()['requests_total{operation="decode"}'] == 5
        pause.go.set()
        assert [reply(client)[3] for _ in range(50)] == list(range(50))
        reply(other)


def test_a_full_backlog_refuses_requests_rather_than_growing(monkeypatch: pytest.MonkeyPatch) -> None:
    pause = Paused(monkeypatch)
    with serve(limits={"backlog_bytes": 30_000}) as running, running.connect() as client, running.connect() as other:
        client.send(request(DECODE, zs(256)))
        assert pause.started.wait(PATIENCE)
        assert "waiting" in error(other, request(DECODE, zs(256)))[3]
        other.send(request(DECODE, zs(1)))
        pause.go.set()
        assert reply(client)[0] == reply(other)[0] == 0
        ask(other, request(DECODE, zs(256)))


# -- a service and clients without a server --


def lone_client(limits: DecodeLimits | None = None, *, device: str = "cpu", receive: Any = None) -> DecodeClient:
    """A client that has chosen a model."""
    service = DecodeService(load, own_origin, limits or DecodeLimits())
    service.models = Mock()
    client = DecodeClient(service, receive, Mock())
    client._model = Mock(engine=Mock(config=GREY, device_name=device), live=MODELS["grey"])
    return client


def talk(*frames: dict[str, Any], send: Any = None, **scope: Any) -> list[Any]:
    """What the service answers to a handshake and these messages, after which none follow."""
    incoming, sent = [{"type": "websocket.connect"}, *frames], []

    async def receive() -> Any:
        await asyncio.sleep(0 if incoming else PATIENCE)
        return incoming.pop(0)

    async def keep(message: Any) -> None:
        sent.append(message)
        if send and message["type"] == "websocket.send":
            await send()

    scope = {"type": "websocket", "path": "/live", "headers": [], **scope}
    asyncio.run(DecodeService(load, own_origin, DecodeLimits())(scope, receive, keep))
    return sent


TEXT = {"type": "websocket.receive", "text": json.dumps({"version": 1, "model": "grey"})}
LEAVES = {"type": "websocket.disconnect", "code": 1000}


def test_a_client_without_an_address_is_served_as_behind_a_unix_socket() -> None:
    assert talk(LEAVES, client=None)[0]["type"] == "websocket.accept"


@pytest.mark.parametrize("extensions", [{}, {"extensions": {}}], ids=str)
def test_a_foreign_page_is_also_refused_by_a_server_that_cannot_send_a_reason(extensions: dict[str, Any]) -> None:
    headers = [(b"origin", b"https://evil.test"), (b"host", b"lab.test")]
    assert [message["type"] for message in talk(headers=headers, **extensions)] == ["websocket.close"]


def test_a_socket_that_breaks_during_a_reply_is_not_an_error() -> None:
    async def breaks() -> None:
        raise ConnectionResetError

    assert [message["type"] for message in talk(TEXT, send=breaks)] == ["websocket.accept", "websocket.send"]


def test_a_bug_in_the_service_is_raised() -> None:
    async def mistake() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        talk(TEXT, send=mistake)


@pytest.mark.parametrize(("waited", "dropped"), [(10.0, False), (10.1, True)])
def test_a_client_that_leaves_a_reply_unread_for_longer_than_10_seconds_is_disconnected(
    monkeypatch: pytest.MonkeyPatch, waited: float, *, dropped: bool
) -> None:
    now, seen, transport = 1000.0, [], Mock(spec=asyncio.Transport)
    monkeypatch.setattr(decode, "monotonic", lambda: now)
    client = lone_client(receive=Mock(__self__=Mock(transport=transport)))
    client._tasks = (Mock(), Mock())

    def look_after() -> None:
        client.drop_if_stuck()
        seen.append(transport.abort.call_count)

    async def send(_: object) -> None:
        nonlocal now
        now += waited
        look_after()

    async def greet() -> None:
        client._greet()
        with suppress(TimeoutError):
            await asyncio.wait_for(client._write(), 0.01)

    client._send = send
    look_after()  # nothing has been sent yet
    asyncio.run(greet())
    now += 1000
    look_after()  # all has been sent, however long ago
    assert seen == [0, dropped, dropped]
    assert [task.cancel.call_count for task in client._tasks] == [dropped, dropped]


def test_a_client_is_greeted_again_once_for_each_change_of_its_model_s_device() -> None:
    client = lone_client(device="a GPU")
    client._greet()
    client.greet_if_moved()
    assert len(client._queue) == 1
    client._model = Mock(engine=Mock(config=GREY, device_name="cpu"), live=MODELS["grey"])
    client.greet_if_moved()
    client.greet_if_moved()
    assert [json.loads(text["text"])["device"] for text in client._queue if not isinstance(text, Job)] == [
        "a GPU",
        "cpu",
    ]
    client._model = None
    client.greet_if_moved()  # a client without a model is sent nothing
    assert len(client._queue) == 2


def test_a_client_that_leaves_releases_its_requests_and_model_once() -> None:
    client = lone_client()
    service, model, release = client._service, client._model, Mock()
    service.batcher = Mock()
    service.models = Mock(release=release)
    service.backlog = 1000
    for n in (1, 2):
        client._request(request(DECODE, zs(n)))
    jobs = [job for job in client._queue if isinstance(job, Job)]
    assert len(jobs) == 2
    assert service.backlog == 1000 + (8 + 12 + 63) + (8 + 24 + 126)
    client._tasks = (Mock(), Mock())
    for _ in range(2):
        client._leave()
        assert service.backlog == 1000
        assert [job.abandoned for job in jobs] == [True, True]
        assert not client._queue
        release.assert_called_once_with(model)
    assert all(task.cancel.called for task in client._tasks)


def test_a_request_that_just_fits_into_the_backlog_is_taken() -> None:
    frame, cost = request(DECODE, zs(1)), 8 + 12 + 63
    lone_client(DecodeLimits(backlog_bytes=cost))._job(frame)
    with pytest.raises(ValueError, match="waiting"):
        lone_client(DecodeLimits(backlog_bytes=cost - 1))._job(frame)


def test_a_client_is_read_while_it_has_at_most_a_sixteenth_of_the_backlog() -> None:
    client = lone_client(DecodeLimits(backlog_bytes=1615))
    client._held = 100
    assert not client._crowded()
    client._held = 101
    assert client._crowded()


@pytest.mark.parametrize(("clients", "models", "again"), [(1, 0, True), (0, 1, True), (0, 0, False)])
def test_the_service_checks_clients_and_models_once_a_second_while_there_are_any(
    clients: int, models: int, *, again: bool
) -> None:
    service = DecodeService(load, own_origin, DecodeLimits())
    service._loop, loaded = Mock(), MagicMock()
    loaded.__len__.return_value = models
    service.models = loaded
    watched = [Mock() for _ in range(clients)]
    service._clients = {*watched}
    for _ in range(2):
        service._schedule_tick()
    assert service._loop.call_later.call_args_list == [call(1.0, service._tick)]
    service._tick()
    assert service._loop.call_later.call_args_list == [call(1.0, service._tick)] * (1 + again)
    loaded.evict.assert_called_once_with()
    for client in watched:
        client.drop_if_stuck.assert_called_once_with()
        client.greet_if_moved.assert_called_once_with()


def test_replies_for_a_server_that_has_stopped_are_dropped() -> None:
    service = DecodeService(load, own_origin, DecodeLimits())
    service._deliver([])  # no client has connected yet
    service._loop = asyncio.new_event_loop()
    service._loop.close()
    service._deliver([])


# -- models and counters --


def test_choosing_again_picks_up_a_replaced_checkpoint() -> None:
    models = {"grey": MODELS["grey"]}
    with serve(lambda name: models[name]) as running, running.connect() as client, running.connect() as other:
        models["grey"] = LiveModel("grey", random_model(GREY, seed=1), (0.0,) * 3)
        choose(client, "grey")
        assert same_pictures(ask(client, request(DECODE, zs(2))), decoded(zs(2), models["grey"].model))
        assert same_pictures(ask(other, request(DECODE, zs(2))), decoded(zs(2)))
        assert len(running.service.models) == 1


def test_sockets_of_one_model_share_one_engine(server: Running) -> None:
    with server.connect(), server.connect():
        entries = list(server.service.models._models.values())
        assert len({id(entry.engine) for entry in entries if entry.live.name == "grey"}) == 1


@pytest.mark.parametrize(("limits", "left"), [({"unused_seconds": 0.0}, 0), ({"unused_models": 1}, 1)])
def test_unused_models_are_dropped(limits: dict[str, float], left: int) -> None:
    with serve(limits=limits) as running:
        with running.connect("grey") as client:
            with running.connect("color"):
                pass
            running.service.models.evict()
            choose(client, "color")
            choose(client, "grey")
        until(lambda: running.metrics()["clients"] == 0)
        until(lambda: len(running.service.models) == left)


def test_the_counters_are_valid_prometheus_text() -> None:
    sample = re.compile(r'latentlab_live_[a-z_]+(\{[a-z]+="[^"]+"\})? \d+(\.\d+)?(e-?\d+)?')
    with serve(base_path="/lab/") as running:
        uri = f"ws://127.0.0.1:{running.port}/lab/live"
        with connect(uri, compression=None) as client:
            choose(client, "grey")
            ask(client, request(DECODE, zs(3)))
            ask(client, request(ENCODE, images(2)))
            error(client, b"")
            with urllib.request.urlopen(uri.replace("ws", "http", 1) + "/metrics") as answer:
                text = answer.read().decode()
    assert text.endswith("\n")
    for line in text.splitlines():
        assert line.startswith(("# HELP ", "# TYPE ")) or sample.fullmatch(line), line
    assert "latentlab_live_clients 1\n" in text
    assert 'latentlab_live_requests_total{operation="encode"} 1\n' in text
    assert "latentlab_live_errors_total 1\n" in text
    assert "latentlab_live_vectors_total 5\n" in text
    assert 'latentlab_live_batch_seconds{quantile="0.95"} ' in text


def test_the_docstring_describes_the_wire_format() -> None:
    text = decode_frames.__doc__ or ""
    assert f"version {decode_frames.VERSION}" in text
    for code, operation in decode_frames.OPERATIONS.items():
        assert f"{code} {operation}" in text
    for name in ("latent_dim", "classes", "image_shape", "kl", "device", "likelihood", "vectors", "frame_bytes"):
        assert f'"{name}"' in text


def test_the_docstring_states_the_limits() -> None:
    text, limits = " ".join((decode_frames.__doc__ or "").split()), DecodeLimits()
    mnist = Mock(config=ModelConfig((1, 28, 28), 10, "mlp", (4,)))
    for key, value in greeting(Mock(engine=mnist), limits)["limits"].items():
        assert f'"{key}": {value:g}' in text
    assert f"At most {limits.pending} requests of a socket" in text
    assert f"once for every {decode_frames.VECTORS_PER_TOKEN} vectors" in text
    assert f"does not read replies for {limits.send_seconds:g} seconds" in text
    assert text.count(f"within -{decode_frames.LARGEST_Z:g} to {decode_frames.LARGEST_Z:g}") == 2


def test_a_service_has_the_default_limits() -> None:
    assert service_of(routes(load)).limits == DecodeLimits()


def test_the_benchmark_drives_raw_clients_and_reports_its_numbers(server: Running) -> None:
    url = f"http://127.0.0.1:{server.port}"
    args = parser().parse_args(["bench", "live", "--clients=3", "--seconds=0.3", "--model=grey", f"--url={url}"])
    numbers = bench.run(args)
    names = "clients rate p50_ms p95_ms p99_ms frames_per_second_mean frames_per_second_min"
    assert list(numbers) == [*names.split(), "server_cpu_percent", "server_rss_mb"]
    assert numbers["clients"] == 3
    assert numbers["frames_per_second_min"]

"""A model in a real browser: in a worker of its own, and on a graphics processor, here one in software."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route

from tests.support.browsing import CHROMIUM, HEALTH, new_page
from vae.bench.browser.chromium import chromium
from vae.bench.live import Server
from vae.server.live.inference import InferenceEngine
from vae.server.weights import weights_file
from vae.storage.checkpoints import Checkpoint, read_checkpoint

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
# Of Chromium, for its graphics processor in software, which it offers to no page by itself.
SOFTWARE_GPU = ("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader")
IMPORTS = """
const module = name => import(`${base}/live/frontend/any/lib/model/${name}.js`);
const load = async part => (await fetch(`${base}/live/weights?model=${name}&part=${part}`)).arrayBuffer();
"""
BY_CLIENT = f"""async ({{ base, name, vectors }}) => {{
  {IMPORTS}
  const {{ LocalClient }} = await module("local-client");
  const states = [];
  const client = new LocalClient({{ model: name, load }}, {{ onStatus: ({{ state }}) => states.push(state) }});
  const {{ pixels, n, imageShape }} = await client.decode(vectors);
  const {{ reconstruction }} = await client.reconstruct(n, pixels);
  const found = {{ pixels: Array.from(pixels), nats: Array.from(reconstruction), imageShape, states,
    inWorker: client.host instanceof Worker }};
  client.close();
  return found;
}}"""
ERROR = f"""async ({{ base, name }}) => {{
  {IMPORTS}
  const {{ LocalClient }} = await module("local-client");
  const sentence = new Promise(resolve => {{
    const onStatus = ({{ state, message }}) => state === "error" && resolve(message);
    globalThis.client = new LocalClient({{ model: name, load }}, {{ onStatus }});
  }});
  return [await sentence, client.host instanceof Worker];
}}"""
BY_GPU = f"""async ({{ base, name, vectors }}) => {{
  {IMPORTS}
  const [{{ GpuDecoder }}, {{ readWeights }}] = [await module("gpu"), await module("weights")];
  const gpu = await GpuDecoder.create(readWeights(await load("decoder")));
  const pixels = await gpu.decode(vectors.length, Float32Array.from(vectors.flat()));
  const alone = await gpu.decode(1, Float32Array.from(vectors[1]));
  gpu.close();
  return {{ pixels: Array.from(pixels), alone: Array.from(alone) }};
}}"""


def vectors_of(checkpoint: Checkpoint, n: int) -> np.ndarray:
    z = np.random.default_rng(0).standard_normal((n, checkpoint.model_config.code_dim), np.float32)
    z[:, checkpoint.model_config.latent_dim :] = 0.5
    return z


def evaluated(page: Page, app: Server, script: str, name: str, n: int) -> tuple[dict[str, Any], np.ndarray, Checkpoint]:
    """What the script finds, the latent vectors that it was given, and the checkpoint."""
    checkpoint = read_checkpoint(ROOT / "checkpoints" / name)
    z = vectors_of(checkpoint, n)
    page.goto(f"{app.url}{HEALTH}")
    found: dict[str, Any] = page.evaluate(script, {"base": app.url, "name": name, "vectors": z.tolist()})
    return found, z, checkpoint


def test_a_worker_decodes_and_reconstructs_with_what_the_app_serves(browser: Browser, app: Server) -> None:
    with new_page(browser) as page:
        found, z, checkpoint = evaluated(page, app, BY_CLIENT, "mnist-z10", 3)
    engine = InferenceEngine(checkpoint.load_model())
    (pictures,) = engine.decode(z)
    pixels = np.array(found["pixels"]).reshape(pictures.shape)
    assert np.abs(pixels - pictures).max() <= 1
    _, _, nats, _, _ = engine.reconstruct(pixels.reshape(3, -1).astype(np.uint8))
    np.testing.assert_allclose(found["nats"], nats, atol=1e-3)
    assert (found["inWorker"], found["states"]) == (True, ["connecting", "open"])
    assert found["imageShape"] == [1, 28, 28]


def answer(body: bytes, route: Route) -> None:
    """Answers a request in the server's place."""
    route.fulfill(body=body)


def test_weights_that_are_damaged_are_one_sentence_that_the_worker_has_found(browser: Browser, app: Server) -> None:
    whole = weights_file(read_checkpoint(ROOT / "checkpoints" / "digits-z2"), "whole")
    not_a_number = np.float32(np.nan).tobytes()
    bodies = {
        "is cut off": whole[:-1000],
        "no safetensors file": b"\xff" * 2**20,
        "no finite number": whole[: len(whole) // 2 // 8 * 8] + not_a_number + whole[len(whole) // 2 // 8 * 8 + 4 :],
        "which such a model has not": whole.replace(b"encoder.head.bias", b"encoder.head.base"),
        "no model whose latent_dim": whole.replace(b'\\"latent_dim\\": 2', b'\\"latent_dim\\": 0'),
    }
    with new_page(browser) as page:
        page.goto(f"{app.url}{HEALTH}")
        for words, body in bodies.items():
            page.route("**/live/weights?**", partial(answer, body))
            sentence, in_worker = page.evaluate(ERROR, {"base": app.url, "name": "digits-z2"})
            assert words in sentence
            assert sentence.endswith(".")
            assert in_worker
            page.unroute("**/live/weights?**")
            page.evaluate("client.close()")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mnist-z10-cond", "digits-z2"])
def test_a_graphics_processor_decodes_to_the_same_pictures_in_any_batch(app: Server, name: str) -> None:
    CHROMIUM.close()  # as this one needs other options
    with chromium(*SOFTWARE_GPU) as own:
        found, z, checkpoint = evaluated(own.new_page(), app, BY_GPU, name, 70)
    (pictures,) = zip(*(InferenceEngine(checkpoint.load_model()).decode(row[None]) for row in z), strict=True)
    pixels = np.array(found["pixels"]).reshape(70, -1)
    assert np.abs(pixels - np.concatenate(pictures).reshape(70, -1)).max() <= 1
    assert np.array_equal(found["alone"], pixels[1])

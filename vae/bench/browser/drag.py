"""Measures in a real Chromium from a user's input to pixels."""

import argparse
import time
from dataclasses import dataclass
from math import cos, sin
from typing import Any

import numpy as np

from vae.bench.browser.chromium import ROOT, chromium
from vae.bench.live import started
from vae.storage.checkpoints import Checkpoint, list_checkpoints
from vae.validation import require
from vae.views.shared.comparison import comparable

WARM_UP_SECONDS = 2.0
# Records each picture that a page draws during a drag: milliseconds since the input, and when. others: how many each
# model beside the page's own has drawn since.
LISTEN = f"""() => {{
    const root = {ROOT}, seen = window.seen = {{ms: [], at: []}};
    const frames = () => [...root.querySelectorAll("canvas.other")].map(canvas => Number(canvas.dataset.frame ?? 0));
    const before = frames();
    seen.others = () => frames().map((count, i) => count - before[i]);
    window.drawn?.abort();
    window.drawn = new AbortController();
    const note = event => {{ seen.ms.push(event.detail.ms); seen.at.push(performance.now()); }};
    root.addEventListener("live-frame", note, {{signal: window.drawn.signal}});
}}"""
# Moves a slider once per animation frame, as a user's drag does; window.dragged resolves at the end.
DRAG = f"""([seconds, selector, low, high]) => void (window.dragged = new Promise(done => {{
    const slider = {ROOT}.querySelector(selector), begin = performance.now();
    const step = now => {{
        slider.value = low + (high - low) * (1 + Math.sin((now - begin) / 400)) / 2;
        slider.dispatchEvent(new Event("input", {{bubbles: true}}));
        if (now - begin < 1000 * seconds) requestAnimationFrame(step);
        else setTimeout(done, 500);
    }};
    requestAnimationFrame(step);
}}))"""
SEEN = "() => ({...window.seen, others: window.seen.others()})"
FRAME_SECONDS = 1 / 60


@dataclass(frozen=True)
class Gesture:
    """What is dragged on a page: a slider between two values, or a pad in circles. button: clicked before."""

    path: str
    slider: str = ""
    limits: tuple[float, float] = (0.0, 1.0)
    pad: str = ""
    button: str = ""


GESTURES = {
    "explore": Gesture("Explore?", ".row input[type=range]", (-3.0, 3.0)),
    "sampling": Gesture("Sampling?view=one&", "input[aria-label=Temperature]", (0.0, 2.0)),
    "interpolation": Gesture("Interpolation?", "input[aria-label^='t: from A']"),
    "corners": Gesture("Interpolation?view=corners&", pad=".pad"),
    "drawing": Gesture("Reconstruction?", pad=".drawing-surface", button="Draw your own"),
}


@dataclass
class Sent:
    """How many HTTP requests and WebSocket messages pages have sent."""

    count: int = 0

    def watch(self, page: Any) -> None:
        """Counts what this page sends from now on."""
        page.on("request", self._add)
        page.on("websocket", lambda socket: socket.on("framesent", self._add))

    def _add(self, _: object) -> None:
        self.count += 1


def run(args: argparse.Namespace) -> dict[str, object]:
    """Input event to drawn pixels while something is dragged, in a browser beside the server.

    With args.local the browser decodes, otherwise the server. args.clients_local: so many pages that decode in the
    browser, dragged at once. args.compare: so many models beside each page's own; the slowest counts. sent: what the
    pages sent during the drag.
    """
    gesture, sent, beside = GESTURES[args.page], Sent(), _beside(args)
    with started(args.app) as server, chromium() as browser:
        address = f"{server.url}/{gesture.path}checkpoint={args.model}{beside}"
        pages = [_opened(browser, address, args, sent) for _ in range(max(1, args.clients_local))]
        for page in pages if gesture.button else ():
            page.get_by_role("button", name=gesture.button).click()
        for seconds in (WARM_UP_SECONDS, args.seconds):
            before = sent.count
            for page in pages:
                page.evaluate(LISTEN)
            _drag(pages, gesture, seconds)
        seen = [page.evaluate(SEEN) for page in pages]
    p50, p95, p99 = np.percentile(np.concatenate([each["ms"] for each in seen]), (50, 95, 99)).round(2).tolist()
    rates = [
        (drawn - 1) / (each["at"][-1] - each["at"][0]) * 1000
        for each in seen
        for drawn in (len(each["at"]), *each["others"])
    ]
    times = {"p50_ms": p50, "p95_ms": p95, "p99_ms": p99, "frames_per_second": round(min(rates), 1)}
    told = {"decoded_by": _decoder(args), "pages": len(pages), "models": 1 + len(seen[0]["others"])}
    return told | times | {"sent": sent.count - before}


def _beside(args: argparse.Namespace) -> str:
    """The link's parameter for models to compare, of the same latent dimension; "" for none.

    Raises ValueError where there are too few.
    """
    if not args.compare:
        return ""
    found = {each.name: each for each in list_checkpoints(args.app.resolve().parent / "checkpoints")}
    first = found.get(args.model)
    if not isinstance(first, Checkpoint):
        raise ValueError(
            f"There is no usable checkpoint {args.model!r} beside the app; `python -m vae list` shows them."
        )
    latent_dim = first.model_config.latent_dim
    names = [other.name for other in comparable(first, found.values()) if other.model_config.latent_dim == latent_dim]
    require(len(names) >= args.compare, "--compare", args.compare, f"at most {len(names)} for this model")
    return f"&compare={','.join(names[: args.compare])}"


def _decoder(args: argparse.Namespace) -> str:
    return "browser" if args.local or args.clients_local else "server"


def _opened(browser: Any, address: str, args: argparse.Namespace, sent: Sent) -> Any:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    sent.watch(page)
    page.add_init_script(f"localStorage.setItem('vae-decode-on', '{_decoder(args)}')")
    page.goto(address)
    page.wait_for_selector("canvas[data-frame]")
    page.wait_for_timeout(2000)
    return page


def _drag(pages: list[Any], gesture: Gesture, seconds: float) -> None:
    """Several pages are dragged by their sliders only: there is one mouse."""
    if gesture.slider:
        for page in pages:
            page.evaluate(DRAG, [seconds, gesture.slider, *gesture.limits])
        for page in pages:
            page.evaluate("() => window.dragged")
        return
    (page,) = pages
    box = page.locator(gesture.pad).bounding_box()
    at = begin = time.perf_counter()
    while at - begin < seconds:
        turn = 5 * (at - begin)
        x = box["x"] + box["width"] * (0.5 + 0.3 * cos(turn))
        page.mouse.move(x, box["y"] + box["height"] * (0.5 + 0.3 * sin(turn)))
        if at == begin:
            page.mouse.down()
        time.sleep(max(0.0, at + FRAME_SECONDS - time.perf_counter()))
        at = time.perf_counter()
    page.mouse.up()
    page.wait_for_timeout(500)

"""Measures in a real Chromium from a user's input to pixels."""

import argparse
import time
from dataclasses import dataclass
from math import cos, sin
from typing import Any

import numpy as np

from vae.bench.browser.chromium import ROOT, chromium
from vae.bench.live import started

WARM_UP_SECONDS = 2.0
# Records each picture that a page draws during a drag: milliseconds since the input, and when.
LISTEN = f"""() => {{
    const root = {ROOT}, seen = window.seen = {{ms: [], at: []}};
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
    browser, dragged at once. sent: what the pages sent during the drag.
    """
    gesture, sent = GESTURES[args.page], Sent()
    with started(args.app) as server, chromium() as browser:
        address = f"{server.url}/{gesture.path}checkpoint={args.model}"
        pages = [_opened(browser, address, args, sent) for _ in range(max(1, args.clients_local))]
        for page in pages if gesture.button else ():
            page.get_by_role("button", name=gesture.button).click()
        for seconds in (WARM_UP_SECONDS, args.seconds):
            before = sent.count
            for page in pages:
                page.evaluate(LISTEN)
            _drag(pages, gesture, seconds)
        seen = [page.evaluate("window.seen") for page in pages]
    p50, p95, p99 = np.percentile(np.concatenate([each["ms"] for each in seen]), (50, 95, 99)).round(2).tolist()
    rates = [(len(each["at"]) - 1) / (each["at"][-1] - each["at"][0]) * 1000 for each in seen]
    times = {"p50_ms": p50, "p95_ms": p95, "p99_ms": p99, "frames_per_second": round(min(rates), 1)}
    return {"decoded_by": _decoder(args), "pages": len(pages), **times, "sent": sent.count - before}


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

"""Measures the light page and a student's page in a class beside Streamlit's: bytes and seconds to the first decoded
picture on a slow network, and a crowd that opens the light page cold.
"""

import argparse
import asyncio
import json
import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import numpy as np

from vae.bench.browser.chromium import DRAWN, chromium
from vae.bench.live import Server, started

# What the goals of the light page name.
BYTES_PER_SECOND = 4_000_000 / 8
LATENCY_MS = 100
# When the first picture was decoded, in ms since the navigation.
WATCH = "addEventListener('live-frame', () => { window.firstFrame ??= performance.now(); }, {capture: true});"


def run(args: argparse.Namespace) -> dict[str, object]:
    """The numbers by name. Seconds and bytes are medians of cold visits at 4 Mbit/s and 100 ms.

    openings: so many clients fetch what the light page fetches up to its first picture, spread over args.within
    seconds, without throttling.
    """
    with _own_classes(), started(args.app) as server:
        light = f"{server.url}/lab/?checkpoint={args.model}"
        pages = {"light": light, "student": f"{server.url}/c/{_open_class(server, args.model)}"}
        pages["streamlit"] = f"{server.url}/Explore?checkpoint={args.model}"
        visits: dict[str, list[tuple[float, int]]] = {name: [] for name in pages}
        fetched: list[str] = []
        with chromium() as browser:  # while Playwright runs, no other event loop can
            for _ in range(args.runs):
                for name, address in pages.items():
                    visits[name].append(_visit(browser, address, fetched if name == "light" else []))
        paths = [address for address in dict.fromkeys(fetched) if address.startswith(server.url)]  # no blobs
        seconds = asyncio.run(_crowd(server, paths, args.openings, args.within))
    return {
        "runs": args.runs,
        **{f"{name}_first_picture_seconds": round(median(s for s, _ in rows), 2) for name, rows in visits.items()},
        **{f"{name}_kilobytes": round(median(size for _, size in rows) / 1000) for name, rows in visits.items()},
        "requests": len(paths),
        "openings": args.openings,
        "failed": sum(second is None for second in seconds),
        "opening_p95_seconds": round(float(np.percentile([s for s in seconds if s is not None] or [np.nan], 95)), 2),
    }


@contextmanager
def _own_classes() -> Iterator[None]:
    """Classes are kept in a file of their own."""
    with TemporaryDirectory() as folder, patch.dict(os.environ, {"VAE_CLASSES": f"{folder}/classes.sqlite"}):
        yield


def _open_class(server: Server, model: str) -> str:
    """A new class's code."""
    fields = json.dumps({"name": "Benchmark", "model": model}).encode()
    with urlopen(Request(f"{server.url}/c/classes", fields, method="POST")) as answer:
        return str(json.load(answer)["code"])


def _visit(browser: Any, address: str, fetched: list[str]) -> tuple[float, int]:
    """Seconds and bytes to the first picture, with nothing in the cache. fetched receives what was asked for."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.add_init_script(WATCH)
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    slow = {"latency": LATENCY_MS, "downloadThroughput": BYTES_PER_SECOND, "uploadThroughput": BYTES_PER_SECOND}
    network.send("Network.emulateNetworkConditions", {"offline": False, **slow})
    sizes: list[int] = []
    network.on("Network.dataReceived", lambda event: sizes.append(event["encodedDataLength"]))
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(address, wait_until="commit")
    page.wait_for_selector(DRAWN)
    seconds, size, asked = page.evaluate("window.firstFrame") / 1000, sum(sizes), len(fetched)
    context.close()
    del fetched[asked:]
    return seconds, size


async def _crowd(server: Server, paths: Sequence[str], openings: int, within: float) -> list[float | None]:
    """Seconds of each opening; None for one that failed."""
    moments = sorted(random.Random(0).uniform(0, within) for _ in range(openings))
    begin = time.perf_counter()

    async def open_at(moment: float) -> float | None:
        await asyncio.sleep(max(0.0, begin + moment - time.perf_counter()))
        started_at = time.perf_counter()
        try:
            first, *rest = paths
            await _get(server, first)
            await asyncio.gather(*(_get(server, path) for path in rest))
        except OSError:
            return None
        return time.perf_counter() - started_at

    return await asyncio.gather(*map(open_at, moments))


async def _get(server: Server, address: str) -> None:
    """Raises OSError where the answer is not 200 or not whole."""
    host, port, _ = server.address
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(host, port)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        lines = [f"GET {target} HTTP/1.1", f"Host: {host}:{port}", "Accept-Encoding: gzip", "Connection: close", "", ""]
        writer.write("\r\n".join(lines).encode())
        answer = await reader.read(-1)
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise ConnectionError(f"{address}: {head[:40]!r}")
    length = next((line for line in head.lower().splitlines() if line.startswith(b"content-length:")), b"")
    if length and len(body) < int(length.partition(b":")[2]):
        raise ConnectionError(f"{address}: {len(body)} bytes of {length!r}")

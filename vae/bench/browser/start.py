"""Measures in a real Chromium from the start of the server to the first picture."""

import argparse
import time
from statistics import median
from typing import Any

from vae.bench.browser.chromium import DRAWN, chromium
from vae.bench.live import Server, started


def run(args: argparse.Namespace) -> dict[str, object]:
    """Seconds from `streamlit run` to a first decoded picture on Explore; the browser is already running."""
    rows = []
    with chromium() as browser:
        for _ in range(args.runs):
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            begin = time.perf_counter()
            with started(args.app) as server:
                answers = time.perf_counter() - begin
                _first_picture(page, server, args.model)
                rows.append((answers, time.perf_counter() - begin))
            page.close()
    answers, picture = (round(median(column), 2) for column in zip(*rows, strict=True))
    return {"runs": args.runs, "server_answers_seconds": answers, "first_picture_seconds": picture}


def _first_picture(page: Any, server: Server, model: str) -> None:
    page.goto(f"{server.url}/Explore?checkpoint={model}")
    page.wait_for_selector(DRAWN)

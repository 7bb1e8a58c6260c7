"""The benchmarks in a real Chromium: something is dragged, and the pictures that come are counted."""

import json
import shutil
import sys
from contextlib import nullcontext
from typing import Any

import pytest

from vae.__main__ import main
from vae.bench.browser import drag, page, start
from vae.bench.browser import map as latent_map
from vae.bench.live import Server

pytestmark = pytest.mark.browser
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def running(app: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app runs already."""
    for module in (drag, page, start, latent_map):
        monkeypatch.setattr(module, "started", lambda _: nullcontext(app))
    monkeypatch.setattr(drag, "WARM_UP_SECONDS", 0.1)


def bench(capsys: Captured, *arguments: str) -> Any:
    assert main(["bench", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("page_name", ["explore", "drawing"])  # a slider, and a pad behind a button
def test_pictures_follow_the_pointer(capsys: Captured, page_name: str) -> None:
    numbers = bench(capsys, "live", "--browser", "--page", page_name, "--seconds", "0.5")
    assert numbers["decoded_by"] == "server"
    assert numbers["sent"] > 0
    assert 0 < numbers["p50_ms"] <= numbers["p95_ms"] <= numbers["p99_ms"]
    assert numbers["frames_per_second"] > 0


@pytest.mark.slow
def test_the_pictures_of_all_models_side_by_side_are_counted(capsys: Captured) -> None:
    numbers = bench(capsys, "live", "--local", "--compare", "2", "--seconds", "0.5")
    assert (numbers["models"], numbers["pages"]) == (3, 1)
    assert numbers["frames_per_second"] > 0


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--compare", "4"), "--compare must be a whole number from 0 to 3, not 4"),
        (("--compare", "1", "--model", "digits-z2"), "--compare must be at most 0 for this model, not 1"),
        (("--compare", "1", "--model", "none"), "There is no usable checkpoint 'none' beside the app"),
    ],
)
def test_too_many_models_are_one_sentence(capsys: Captured, arguments: tuple[str, ...], problem: str) -> None:
    assert main(["bench", "live", *arguments]) == 1
    assert problem in capsys.readouterr().err


@pytest.mark.slow
def test_pages_that_decode_by_themselves_send_nothing_while_they_are_dragged(capsys: Captured) -> None:
    numbers = bench(capsys, "live", "--clients-local", "2", "--seconds", "0.5")
    assert (numbers["decoded_by"], numbers["pages"], numbers["sent"]) == ("browser", 2, 0)
    assert numbers["frames_per_second"] > 0


@pytest.mark.slow
def test_the_start_lasts_until_the_first_picture(capsys: Captured) -> None:
    numbers = bench(capsys, "start", "--model", "digits-z2", "--runs", "1")
    assert numbers["runs"] == 1
    assert 0 <= numbers["server_answers_seconds"] < numbers["first_picture_seconds"]


@pytest.mark.slow
def test_the_light_page_is_opened_cold_and_by_a_crowd(capsys: Captured) -> None:
    numbers = bench(capsys, "page", "--model", "digits-z2", "--runs", "1", "--openings", "3", "--within", "0.5")
    assert numbers["light_first_picture_seconds"] > 0
    assert 0 < numbers["light_kilobytes"] < numbers["streamlit_kilobytes"]
    assert numbers["student_first_picture_seconds"] > 0
    assert 0 < numbers["student_kilobytes"] < numbers["streamlit_kilobytes"]
    assert (numbers["openings"], numbers["failed"]) == (3, 0)


@pytest.mark.slow
def test_the_map_is_panned_zoomed_and_decoded(capsys: Captured) -> None:
    numbers = bench(capsys, "map", "--model", "digits-z2", "--visits", "2", "--seconds", "0.5")
    assert numbers["points"] > 0
    assert min(numbers["pan_frames_per_second"], numbers["zoom_frames_per_second"]) > 0
    assert 0 < numbers["decode_p50_ms"] <= numbers["decode_p95_ms"]


def test_a_machine_without_a_chromium_is_one_sentence(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert main(["bench", "start"]) == 1
    assert capsys.readouterr().err == (
        "vae bench: There is no Chromium on this machine; on Debian: apt-get install chromium-headless-shell.\n"
    )


def test_an_installation_without_playwright_is_one_sentence(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    assert main(["bench", "start"]) == 1
    assert capsys.readouterr().err == "vae bench: Playwright is missing; run `make test` once, which installs it.\n"

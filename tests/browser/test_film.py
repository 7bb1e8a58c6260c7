"""Films of training runs in a real browser: one moment everywhere, two films on one scrubber, a GIF, broken files."""

import json
import re
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browsing import PIXELS, box_of, opened, pixels, rest, until
from vae.bench.live import Server
from vae.datasets.registry import load_dataset
from vae.model.losses import Objective
from vae.model.networks import default_config
from vae.storage.checkpoints import read_checkpoint
from vae.training.checkpoint import train_checkpoint
from vae.training.config import TrainingConfig
from vae.training.film import PREFIX, read_film

pytestmark = pytest.mark.browser
NAME = "<b>nine</b>"
MOVING = ("canvas.points", "canvas.pairs", "canvas.samples")


@pytest.fixture(scope="module", autouse=True)
def films(app_checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Two runs of the digits with their films, and copies of the first with films that strangers have touched."""
    digits, folder = load_dataset("digits"), tmp_path_factory.mktemp("films")
    for name, beta, epochs in (("film-b1", 1.0, 4), ("film-b10", 10.0, 2)):
        config = TrainingConfig(epochs=epochs, device="cpu", objective=Objective(beta=beta))
        model_config = default_config(digits.image_shape, 2)
        list(train_checkpoint(digits, model_config, config, app_checkpoints / name, film=folder / name))
    film = (folder / "film-b1").read_bytes()
    head = next(read_film(folder / "film-b1"))
    half = film[: len(film) // 2]
    hostile = {
        "film-torn": half[:-5] + bytes(200) + film[len(half) :],
        "film-short": half,
        "film-huge": record(head.fields | {"points": 10**9}, head.body) + film[head.end :],
        "film-names": record(head.fields | {"class_names": [NAME] * 10, "dataset": NAME}, head.body) + film[head.end :],
        "film-none": b"",
    }
    for name, content in hostile.items():
        shutil.copytree(app_checkpoints / "film-b1", app_checkpoints / name)
        (app_checkpoints / name / "film.bin").write_bytes(content)


def record(fields: dict[str, Any], body: bytes) -> bytes:
    """A record that checks, whatever it says."""
    text = json.dumps(fields).encode()
    return PREFIX.pack(len(text), len(body), zlib.crc32(text + body)) + text + body


@contextmanager
def screening(
    browser: Browser, app: Server, name: str, beside: str = "", *, drawn: bool = True, **options: Any
) -> Iterator[Page]:
    """The Training page with the film of this checkpoint; drawn: its last picture, too."""
    query = f"checkpoint={name}&film={name}" + (f"&beside={beside}" if beside else "")
    with opened(browser, f"{app.url}/Training?{query}", **options) as page:
        page.wait_for_selector(".training .film")
        if drawn:
            page.wait_for_selector("canvas.pairs[data-epoch]")
        yield page


def scrubber(page: Page) -> Locator:
    return page.get_by_role("slider", name="Moment of the run")


def settle(page: Page) -> None:
    """Waits until no picture changes."""
    drawn = f"canvases => canvases.filter(({{ width, height }}) => width && height).map({PIXELS})"
    rest(page, lambda page: page.locator(".film canvas").evaluate_all(drawn))


def scrub(page: Page, place: float) -> None:
    """Moves the scrubber there, in one step, and waits until everything stands still."""
    move = "(slider, place) => { slider.value = place; slider.dispatchEvent(new Event('input')) }"
    scrubber(page).evaluate(move, place)
    settle(page)


def found(pattern: str, text: str) -> float:
    """The number that the pattern captures."""
    match = re.search(pattern, text)
    assert match, text
    return float(match[1])


def shown(page: Page, film: int = 0) -> dict[str, float]:
    """The epoch that each part of a film shows."""
    section = page.locator(".film").nth(film)
    numbers = section.locator(".numbers").inner_text()
    epochs = found(r" of (\d+) ·", numbers)
    marks = [float(str(mark.get_attribute("data-share"))) for mark in section.locator(".marker").all()]
    points = str(section.locator("canvas.points").get_attribute("aria-label"))
    return {
        "numbers": found(r"epoch ([\d.]+) of", numbers),
        "points": found(r"at epoch ([\d.]+);", points),
        "pictures": float(str(section.locator("canvas.pairs").get_attribute("data-epoch"))),
        "reconstruction": marks[0] * epochs,
        "kl": marks[1] * epochs,
    }


def test_scrubbing_moves_map_pictures_and_markers_together(app: Server, browser: Browser) -> None:
    with screening(browser, app, "film-b1") as page:
        before = None
        for place in (0.0, 0.4, 0.8, 1.0):
            scrub(page, place)
            epochs = list(shown(page).values())
            np.testing.assert_allclose(epochs, epochs[0], atol=0.051)
            assert abs(epochs[0] - 4 * place**2) < 0.2
            now = [pixels(page, canvas) for canvas in MOVING]
            assert before is None or all(a != b for a, b in zip(before, now, strict=True))
            before = now
        expect(scrubber(page)).to_have_attribute("aria-valuetext", "epoch 4.0 of 4")


@pytest.mark.slow
def test_the_newest_moment_wins_under_a_fast_pointer(app: Server, browser: Browser) -> None:
    with screening(browser, app, "film-b1") as page:
        scrub(page, 0.3)
        calm = [pixels(page, canvas) for canvas in MOVING]
        scrubber(page).evaluate("""async slider => {
            for (let i = 0; i <= 150; i++) {
                slider.value = i === 150 ? 0.3 : Math.abs(Math.sin(i));
                slider.dispatchEvent(new Event("input"));
                if (i % 4 === 0) await new Promise(requestAnimationFrame);
            }
        }""")
        settle(page)
        assert [pixels(page, canvas) for canvas in MOVING] == calm


@pytest.mark.slow
def test_keys_step_from_picture_to_picture(app: Server, browser: Browser) -> None:
    with screening(browser, app, "film-b1") as page:
        scrubber(page).focus()
        seen = []
        for key in ("Home", "ArrowRight", "ArrowRight", "PageUp", "ArrowLeft", "End"):
            page.keyboard.press(key)
            settle(page)
            seen.append(shown(page)["reconstruction"])
        assert seen[0] == 0
        assert seen[5] == 4
        assert seen[0] < seen[1] < seen[2] < seen[4] < seen[3] < seen[5]


@pytest.mark.slow
def test_the_film_plays_to_its_end_and_loops(app: Server, browser: Browser) -> None:
    with screening(browser, app, "film-b1") as page:
        page.get_by_role("combobox", name="Speed").select_option("4")
        play = page.get_by_role("button", name="Play or pause the film")
        play.click()
        seen = []
        while play.get_attribute("aria-pressed") == "true":
            seen.append(shown(page)["reconstruction"])
            page.wait_for_timeout(100)
        assert len(set(seen)) > 1
        assert all(a <= b for a, b in pairwise(seen))
        assert shown(page)["pictures"] == 4
        page.get_by_role("checkbox", name="loop").check()
        play.click()
        until(page, lambda: shown(page)["reconstruction"] < 2, "the film begins")
        until(page, lambda: shown(page)["reconstruction"] > 3, "it comes near its end")
        until(page, lambda: shown(page)["reconstruction"] < 2, "it begins again")
        assert play.get_attribute("aria-pressed") == "true"
        page.keyboard.press("Space")  # the button has the focus
        expect(play).to_have_attribute("aria-pressed", "false")


@pytest.mark.slow
def test_the_plane_is_shown_as_points_or_decoded(app: Server, browser: Browser) -> None:
    with screening(browser, app, "film-b1") as page:
        page.get_by_role("radio", name="decoded grid").check()
        expect(page.locator("canvas.points")).to_be_hidden()
        late = pixels(page, "canvas.manifold")
        scrub(page, 0)
        assert pixels(page, "canvas.manifold") != late
        page.get_by_role("radio", name="points").check()
        expect(page.locator("canvas.manifold")).to_be_hidden()


@pytest.mark.slow
def test_two_films_move_on_one_scrubber_and_one_scale(app: Server, browser: Browser) -> None:
    with screening(browser, app, "film-b1", "film-b10") as page:
        page.wait_for_selector("canvas.pairs[data-epoch] >> nth=1")
        expect(page.locator(".film .code")).to_have_text(["film-b1", "film-b10"])
        for place in (0.5, 0.9):
            scrub(page, place)
            for film, epochs in ((0, 4), (1, 2)):
                parts = list(shown(page, film).values())
                np.testing.assert_allclose(parts, parts[0], atol=0.051)
                assert abs(parts[0] - epochs * place**2) < 0.2
        for term in (0, 1):
            axes = [page.locator(f".film:nth-child({film}) .curve").nth(term) for film in (1, 2)]
            heights = [axis.locator("text[text-anchor=end]").all_inner_texts() for axis in axes]
            assert heights[0] == heights[1]


@pytest.mark.slow
def test_a_film_beside_is_chosen_on_the_page_which_says_what_cannot_be_compared(app: Server, browser: Browser) -> None:
    with screening(browser, app, "film-b1") as page:
        beside = page.get_by_role("combobox", name="Beside it")
        reason = page.locator(".panel .reason").first
        for name, words in (("film-b10", ""), ("mnist-z2", "Of two data sets, Digits and MNIST")):
            beside.select_option(name)
            page.wait_for_url(f"**beside={name}")
            expect(page.locator(".film .code")).to_have_text(["film-b1", name])
            page.wait_for_selector("canvas.pairs[data-epoch] >> nth=1")
            expect(reason).to_contain_text(words)
        beside.select_option("")
        expect(page.locator(".film .code")).to_have_text(["film-b1"])
        expect(reason).to_be_hidden()


@pytest.mark.slow
def test_a_model_without_a_film_shows_one_that_has_and_its_curves_on_request(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Training?checkpoint=mnist-z10") as page:
        page.wait_for_selector("canvas.pairs[data-epoch]")
        expect(page.locator(".film .code")).to_have_text("mnist-z2")
        expect(page.locator(".note")).to_contain_text("No film was kept of mnist-z10. This is the film of mnist-z2.")
        page.get_by_role("button", name="Curves of mnist-z10").click()
        expect(page.locator(".history .code")).to_have_text("mnist-z10")
        expect(page.locator(".film")).to_have_count(0)
        page.wait_for_url("**film=mnist-z10")
        curve = page.locator(".history .curve").first
        expect(curve).to_have_attribute("aria-label", re.compile("at epoch 20.0: training 76.52, validation 79.08"))
        assert box_of(curve)["height"] > 150
        expect(page.get_by_text("Choose a film first: curves alone have nothing beside them.")).to_be_visible()


@pytest.mark.slow
def test_the_same_is_trained_again_with_another_beta(app: Server, browser: Browser, app_checkpoints: Path) -> None:
    with screening(browser, app, "film-b1", allowed=("/live/film",)) as page:
        page.get_by_role("spinbutton", name="Another β").fill("1")
        page.get_by_role("button", name="Start it again with this β").click()
        expect(page.locator(".panel .notice")).to_have_text("β is 1 there already; choose another.")
        page.get_by_role("spinbutton", name="Another β").fill("2,5")
        page.keyboard.press("Enter")
        expect(page.get_by_text("film-b2.5 is trained")).to_be_visible()
        expect(page.locator(".film .code")).to_have_text("film-b2.5")
    made, before = (read_checkpoint(app_checkpoints / name) for name in ("film-b2.5", "film-b1"))
    assert made.objective == replace(before.objective, beta=2.5)
    assert (made.model_config, len(made.history)) == (before.model_config, 4)


@pytest.mark.slow
def test_the_gif_holds_the_film(app: Server, browser: Browser, tmp_path: Path) -> None:
    with screening(browser, app, "film-b1") as page:
        with page.expect_download() as download:
            page.get_by_role("button", name="Download the film as GIF").click()
        assert download.value.suggested_filename == "film-b1-film.gif"
        download.value.save_as(tmp_path / "film.gif")
    with Image.open(tmp_path / "film.gif") as animation:
        pictures = [np.asarray(frame.convert("RGB")).astype(int) for frame in ImageSequence.Iterator(animation)]
    assert len(pictures) >= 30
    frames = [pictures[0], pictures[len(pictures) // 2], pictures[-1]]
    assert all(np.abs(a - b).mean() > 1 for a, b in pairwise(frames))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "sentence", "drawn"),
    [
        ("film-torn", "This film is damaged after", True),
        ("film-short", "This film is damaged after", True),
        ("film-huge", "The head of this film is not what its format says", False),
        ("film-none", "This film has no pictures.", False),
    ],
)
def test_a_broken_film_is_a_sentence(app: Server, browser: Browser, name: str, sentence: str, drawn: bool) -> None:
    with screening(browser, app, name, drawn=drawn) as page:
        expect(page.locator(".film .notice")).to_contain_text(sentence)
        expect(page.locator("canvas.pairs")).to_be_visible(visible=drawn)


def test_names_are_text_whatever_they_say(app: Server, browser: Browser) -> None:
    with screening(browser, app, "film-names", "film-b1") as page:
        expect(page.locator(".legend .name").first).to_have_text(NAME)
        expect(page.locator(".panel .reason").first).to_contain_text(f"Of two data sets, {NAME} and Digits")
        assert page.locator(".training b", has_text=re.compile("^nine$")).count() == 0


@pytest.mark.slow
def test_a_lost_connection_is_said_and_heals(app: Server, browser: Browser) -> None:
    query = "checkpoint=film-b1&film=film-b1"
    with opened(browser, f"{app.url}/Training", allowed=("/live/film",)) as page:
        page.route("**/live/film?*", lambda route: route.abort())
        page.goto(f"{app.url}/Training?{query}")
        expect(page.locator(".film .notice")).to_contain_text("Connection lost")
        page.unroute("**/live/film?*")
        page.wait_for_selector("canvas.pairs[data-epoch]")
        expect(page.locator(".film .notice")).to_be_hidden()


@pytest.mark.slow
def test_all_of_it_fits_a_phone_and_a_projector(app: Server, browser: Browser) -> None:
    for width, height in ((390, 844), (1280, 720)):
        with screening(browser, app, "film-b1", viewport={"width": width, "height": height}) as page:
            main = page.get_by_test_id("stMain")
            assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
            box = box_of(page.locator(".box"))
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            if width > 1000:
                samples = box_of(page.locator("canvas.samples"))
                assert samples is not None
                assert samples["y"] + samples["height"] <= height

"""The Compare page in a real browser: the dial, the same drawing under all of a family, the rate–distortion plane."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import ROOT, attribute, box_of, opened, rest, until
from vae.bench.live import Server
from vae.lab.file import lab_file
from vae.lab.model_blocks import ModelFiles
from vae.storage.checkpoints import read_checkpoint

pytestmark = pytest.mark.browser
FAMILY = ("mnist-z10-ae", "mnist-z10-b0.5", "mnist-z10-b1", "mnist-z10-b4", "mnist-z10-b10")
OUTPUT = "canvas.output"


@contextmanager
def compare(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """The page at this address, the picture reconstructed by all of the family."""
    with opened(browser, url, **options) as page:
        expect(page.locator("[data-own]")).to_have_count(len(FAMILY))
        rest(page)
        yield page


def query(page: Page) -> dict[str, str]:
    parsed = urlparse(page.url)
    return {name: values[0] for name, values in parse_qs(parsed.query or parsed.fragment).items()}


def turn(page: Page, key: str) -> None:
    """Turns the dial with a key."""
    page.get_by_role("slider", name="β").press(key)


def own_points(page: Page) -> dict[str, tuple[str | None, str | None]]:
    """Where this image's points are on the plane."""
    return {
        attribute(each, "data-own"): (each.get_attribute("x"), each.get_attribute("y"))
        for each in page.locator("[data-own]").all()
    }


@pytest.mark.slow
def test_at_each_stop_of_the_dial_picture_and_nats_are_that_model_s(app: Server, browser: Browser) -> None:
    """Image 5's nats are those that each model's evaluation stored."""
    with compare(browser, f"{app.url}/Compare?checkpoint=mnist-z10-b1&image=5&beta=ae") as page:
        for name in FAMILY:
            expect(page.locator(OUTPUT)).to_have_attribute("data-model", name)
            encoded = read_checkpoint(ROOT / "checkpoints" / name).load_encoded()
            shown = [float(value) for value in attribute(page.locator(OUTPUT), "data-nats").split(",")]
            assert shown == pytest.approx([encoded.reconstruction[5], encoded.kl[5]], abs=0.02)
            turn(page, "ArrowRight")
        page.wait_for_url("**beta=10**")
        expect(page.locator(".test-numbers")).to_contain_text("active 5 of 10 dimensions")
        expect(page.locator(".diagnosis")).to_contain_text("5 of 10 dimensions have collapsed")
        page.reload()
        expect(page.locator(OUTPUT)).to_have_attribute("data-model", "mnist-z10-b10")
        assert query(page)["image"] == "5"


@pytest.mark.slow
def test_all_follows_the_dial_while_it_is_dragged_and_the_page_runs_when_it_is_released(
    app: Server, browser: Browser
) -> None:
    with compare(browser, f"{app.url}/Compare?checkpoint=mnist-z10-b1&beta=ae") as page:
        place = attribute(page.locator(".cloud canvas"), "data-at")
        box = box_of(page.get_by_role("slider", name="β"))
        page.mouse.move(box["x"] + 8, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 8, box["y"] + box["height"] / 2, steps=8)
        expect(page.locator(OUTPUT)).to_have_attribute("data-model", "mnist-z10-b10")
        expect(page.locator(".dial output")).to_have_text("β = 10")
        until(page, lambda: attribute(page.locator(".cloud canvas"), "data-at") != place)
        expect(page.locator(".numbers")).to_contain_text("KL 4.0 nats")
        assert query(page)["beta"] == "ae"
        page.mouse.up()
        page.wait_for_url("**beta=10**")


def test_while_one_draws_all_models_of_the_family_follow_in_one_screen(app: Server, browser: Browser) -> None:
    with compare(browser, f"{app.url}/Compare?checkpoint=mnist-z10-b1") as page:
        before = own_points(page)
        page.get_by_role("button", name="Draw your own").click()
        box = box_of(page.locator(".drawing-surface"))
        x, y, side = box["x"], box["y"], box["width"]
        page.mouse.move(x + 0.3 * side, y + 0.2 * side)
        page.mouse.down()
        page.mouse.move(x + 0.6 * side, y + 0.5 * side, steps=5)
        page.mouse.move(x + 0.4 * side, y + 0.8 * side, steps=5)
        until(page, lambda: all(place != before[name] for name, place in own_points(page).items()))
        page.mouse.up()
        expect(page.locator(".title")).to_have_text("Your drawing")
        plane = box_of(page.locator(".plane"))
        assert plane["y"] + plane["height"] <= 720
        page.get_by_role("button", name="β = 4", exact=True).click()
        page.wait_for_url("**beta=4**")
        expect(page.locator(OUTPUT)).to_have_attribute("data-model", "mnist-z10-b4")
        expect(page.locator(".title")).to_have_text("Your drawing")  # the answer of the page has not replaced it
        assert "image" not in query(page)
        page.get_by_role("link", name="Reconstruction", exact=True).first.click()
        expect(page.locator("h1")).to_have_text("Reconstruction")
        expect(page.locator(".title")).to_contain_text("rawing")  # the same one
        page.get_by_role("link", name="Compare", exact=True).first.click()
        expect(page.locator(".title")).to_have_text("Your drawing")
        expect(page.locator(OUTPUT)).to_have_attribute("data-model", "mnist-z10-b4")


@pytest.mark.slow
def test_a_point_of_the_plane_adds_its_model_to_those_that_are_compared(app: Server, browser: Browser) -> None:
    with compare(browser, f"{app.url}/Compare?checkpoint=mnist-z10-b1&beta=4") as page:
        point = page.locator(".point[data-name='mnist-z10-b10']")
        assert attribute(point, "data-nats").startswith("3.848")
        point.press("Enter")
        page.wait_for_url("**compare=mnist-z10-b10**")
        heads = page.locator(".dimensions thead")
        expect(heads).to_contain_text("in β = 10")
        expect(page.locator(".dimensions tbody")).to_contain_text("r = ")
        expect(point).to_have_attribute("aria-pressed", "true")
        explore = attribute(page.get_by_role("link", name="Open in Explore"), "href")
        assert explore.endswith("/Explore?checkpoint=mnist-z10-b4&compare=mnist-z10-b1,mnist-z10-b10")
        expect(point).to_be_focused()
        page.keyboard.press("Enter")
        expect(heads).not_to_contain_text("in β = 10")


@pytest.mark.slow
def test_the_light_page_has_dial_plane_and_table(app: Server, browser: Browser) -> None:
    with compare(browser, f"{app.url}/lab/?page=Compare&checkpoint=mnist-z10-b1&beta=4", bypass_csp=True) as page:
        expect(page.locator(OUTPUT)).to_have_attribute("data-model", "mnist-z10-b4")
        page.locator(".point[data-name='mnist-z10-b10']").press("Enter")
        expect(page.locator(".dimensions tbody")).to_contain_text("r = ")
        turn(page, "ArrowRight")
        until(page, lambda: {"beta": "10", "compare": "mnist-z10-b10"}.items() <= query(page).items())
        expect(page.locator(OUTPUT)).to_have_attribute("data-model", "mnist-z10-b10")


@pytest.mark.slow
def test_a_file_with_the_family_has_dial_plane_and_table(browser: Browser, tmp_path: Path) -> None:
    models = [ModelFiles(read_checkpoint(ROOT / "checkpoints" / name)) for name in FAMILY]
    file = tmp_path / "lab.html"
    file.write_bytes(lab_file(models, points=500, query="page=Compare&checkpoint=mnist-z10-b1"))
    with compare(browser, file.as_uri(), offline=True) as page:
        turn(page, "End")
        expect(page.locator(OUTPUT)).to_have_attribute("data-model", "mnist-z10-b10")
        page.locator(".point[data-name='mnist-z10-b4']").press("Enter")
        expect(page.locator(".dimensions tbody")).to_contain_text("r = ")
        until(page, lambda: {"beta": "10", "compare": "mnist-z10-b4"}.items() <= query(page).items())

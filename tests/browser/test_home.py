"""Every page in a real Chromium, as the first page visited, in light and dark, with the checkpoints that ship."""

import re
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import Request, urlopen

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import choose, go, opened, rest, shows_model
from tests.support.effort import first_in_make_test
from vae.bench.live import Server
from vae.ui.shared.page import ADDRESSES
from vae.views.shared.scripts import FRONTEND, script_url

pytestmark = pytest.mark.browser
PICTURES = (
    "canvas[data-frame]:visible, .js-plotly-plot .main-svg, [data-testid=stTable], .opening, .library[data-lesson]"
)


def show(page: Page) -> None:
    """Waits until the page has its picture, plot or table."""
    expect(page.locator(PICTURES).first).to_be_visible()
    rest(page)


def contrast(page: Page, path: Path) -> float:
    """Standard deviation of the grey levels of what the page's main column shows."""
    rest(page)
    page.locator(PICTURES).first.screenshot(path=path)
    with Image.open(path) as image:
        return float(np.asarray(image.convert("L"), np.float32).std())


@pytest.mark.parametrize(
    ("name", "scheme"), first_in_make_test([("", "light"), *((name, "dark") for name in ("", *ADDRESSES))])
)
def test_every_page_opens_first_and_shows_a_picture(
    app: Server, browser: Browser, tmp_path: Path, name: str, scheme: str
) -> None:
    with opened(browser, f"{app.url}/{name}?checkpoint=mnist-z10", color_scheme=scheme) as page:
        show(page)
        assert contrast(page, tmp_path / "shot.png") > 5
        background = page.get_by_test_id("stApp").evaluate("e => getComputedStyle(e).backgroundColor")
        assert (sum(int(part) for part in background[4:-1].split(",")) < 300) == (scheme == "dark")


@pytest.mark.slow
def test_the_choice_goes_along_to_the_next_page_and_stands_in_its_address(app: Server, browser: Browser) -> None:
    with opened(browser, app.url) as page:
        show(page)
        choose(page, "sprites-z6")
        page.wait_for_url("**checkpoint=sprites-z6**")
        go(page, "Sampling")
        shows_model(page, "sprites-z6")
        page.wait_for_url("**/Sampling?*checkpoint=sprites-z6**")


@pytest.mark.slow
def test_the_checkpoint_of_a_link_stays_chosen_over_several_pages(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Sampling?checkpoint=mnist-z2") as page:
        show(page)
        for name in ("Interpolation", "Training", "Sampling"):
            go(page, name)
            shows_model(page, "mnist-z2")
            page.wait_for_url(f"**/{name}?*checkpoint=mnist-z2**")


@pytest.mark.slow
def test_back_leads_to_the_model_and_the_page_before_one_by_one(app: Server, browser: Browser) -> None:
    def at(page: Page, title: str, checkpoint: str) -> None:
        expect(page.locator("h1")).to_have_text(title)
        shows_model(page, checkpoint)
        show(page)

    with opened(browser, app.url) as page:
        show(page)
        entries = page.evaluate("history.length")
        go(page, "Explore")
        at(page, "Explore", "mnist-z10")
        image = page.get_by_role("spinbutton", name="Start from test image")
        image.fill("5")
        image.press("Enter")
        expect(page.locator(".start-title")).to_contain_text("test image 5")
        show(page)
        page.locator(".row input[type=range]").first.press("0")
        page.wait_for_url("**z=**")
        choose(page, "mnist-z2")
        at(page, "Explore", "mnist-z2")
        go(page, "Sampling")
        at(page, "Sampling", "mnist-z2")
        assert page.evaluate("history.length") == entries + 3
        for title, checkpoint in (("Explore", "mnist-z2"), ("Explore", "mnist-z10"), ("Latent Lab", "mnist-z10")):
            page.go_back()
            at(page, title, checkpoint)
            page.wait_for_url(f"**checkpoint={checkpoint}**")
        page.go_forward()
        at(page, "Explore", "mnist-z10")
        expect(page.locator(".start-title")).to_contain_text("test image 5")
        expect(page.locator(".row input[type=range]").first).to_have_value("0")
        go(page, "Training")  # what the history showed stays chosen
        at(page, "Training", "mnist-z10")


@pytest.mark.slow
def test_streamlits_number_fields_take_a_decimal_comma_and_refuse_to_paste_what_is_no_number(
    app: Server, browser: Browser
) -> None:
    permissions = ["clipboard-read", "clipboard-write"]
    query = "checkpoint=digits-z2&method=t-SNE"
    with opened(browser, f"{app.url}/Latent_map?{query}", permissions=permissions) as page:
        show(page)
        page.get_by_role("button", name="Parameters").click()
        field = page.get_by_role("spinbutton", name="Perplexity")
        for number, shown in (("12,5", "12.50"), ("\N{FULLWIDTH DIGIT SEVEN}", "7.00")):
            field.press("Control+a")
            page.keyboard.type(number)
            field.press("Enter")
            expect(field).to_have_value(shown)
            page.wait_for_url(f"**perplexity={float(shown):g}**")
        for pasted, shown in (("\N{MINUS SIGN}1.234,5", "7.00"), ("20,25", "20.25")):
            page.evaluate("text => navigator.clipboard.writeText(text)", pasted)
            field.press("Control+a")
            field.press("Control+v")
            field.press("Enter")
            expect(field).to_have_value(shown)


def test_a_script_of_ours_comes_before_streamlits_at_every_address(app: Server) -> None:
    for name in ("", *ADDRESSES):
        with urlopen(f"{app.url}/{name}") as reply:
            page = reply.read().decode()
        first = re.search(r'<script type="module"[^>]* src="([^"]*)"', page)
        assert first
        assert first[1].endswith("/hosts/shell.js")
        with urlopen(urljoin(f"{app.url}/{name}", first[1])) as reply:
            assert "javascript" in reply.headers["Content-Type"]


@pytest.mark.slow
def test_a_broken_checkpoint_is_named_beside_the_others(app: Server, browser: Browser) -> None:
    with opened(browser, app.url) as page:
        show(page)
        page.get_by_role("button", name="Model: ").click()
        expect(page.get_by_text("Checkpoint “broken” cannot be used.")).to_be_visible()


def test_a_browser_keeps_the_scripts_of_now_and_asks_again_for_those_of_an_earlier_start(app: Server) -> None:
    now = script_url("map/map.js")
    shared, old = now.replace("map/map.js", "lib/live-client.js"), "live/frontend/old/map/map.js"
    for url, kept in ((now, True), (shared, True), (old, False)):
        with urlopen(f"{app.url}/{url}") as reply:
            assert ("immutable" in reply.headers["Cache-Control"]) == kept
            assert reply.read() == (FRONTEND / url.split("/", 3)[3]).read_bytes()
            tag = reply.headers["ETag"]
        with pytest.raises(HTTPError, match="304") as caught:
            urlopen(Request(f"{app.url}/{url}", headers={"If-None-Match": tag}))
        caught.value.close()

"""One test image on all pages, and the z of a picture on Explore: chosen on one page, shown on the others."""

from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import attribute, box_of, captured, opened, rest
from vae.bench.live import Server

pytestmark = pytest.mark.browser


def to(page: Page, name: str) -> None:
    """Clicks on the link to a page."""
    page.get_by_role("link", name=name, exact=True).first.click()
    expect(page.locator("h1")).to_have_text(name)


@pytest.mark.slow
def test_an_image_chosen_on_one_page_is_shown_on_all_and_back_shows_the_one_before(
    app: Server, browser: Browser
) -> None:
    with opened(browser, f"{app.url}/Reconstruction?checkpoint=mnist-z10&image=2") as page:
        page.get_by_role("button", name="Next test image").click()
        expect(page.locator(".title")).to_contain_text("Test image 3 ")
        page.wait_for_url("**image=3**")
        to(page, "Explore")
        expect(page.locator(".start-title")).to_contain_text("test image 3 ")
        image = page.get_by_role("spinbutton", name="Start from test image")
        image.fill("5")
        image.press("Enter")
        expect(page.locator(".start-title")).to_contain_text("test image 5 ")
        page.wait_for_url("**image=5**")
        to(page, "Interpolation")
        expect(page.locator(".end-title").first).to_contain_text("A test image 5 ")
        to(page, "Latent map")
        expect(page.locator(".pinned h2")).to_contain_text("Test image 5 ")
        to(page, "Sampling")
        page.get_by_label("A: where z comes from").select_option("image")
        expect(page.get_by_role("spinbutton", name="A: test image")).to_have_value("5")
        to(page, "Reconstruction")
        expect(page.locator(".title")).to_contain_text("Test image 5 ")
        for title in ("Sampling", "Latent map", "Interpolation", "Explore"):
            page.go_back()
            expect(page.locator("h1")).to_have_text(title)
            rest(page)
        page.go_back()
        expect(page.locator(".title")).to_contain_text("Test image 3 ")


@pytest.mark.slow
def test_the_picture_picked_in_sampling_is_where_explore_starts(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Sampling?checkpoint=mnist-z2") as page:
        grid = page.locator("canvas.grid").first
        page.wait_for_selector("canvas.grid[data-frame]")
        rest(page)
        box = box_of(grid)
        page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
        expect(page.locator(".card")).to_contain_text("Row 3, column 3")
        rest(page)
        to(page, "Explore")
        expect(page.locator(".start-title")).to_contain_text("picture of Sampling")
        (z,) = parse_qs(urlparse(page.url).query)["z"]
        sliders = page.locator(".row input[type=range]")
        named = {captured(r"z(\d)", attribute(slider, "aria-label")): slider.input_value() for slider in sliders.all()}
        assert [float(named["0"]), float(named["1"])] == pytest.approx([float(part) for part in z.split(",")], abs=0.02)

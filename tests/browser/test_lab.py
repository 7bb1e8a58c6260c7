"""The light page: the seven views in one page without Streamlit, their links, what goes from one to the others."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from urllib.parse import parse_qs, urlparse

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import box_of, changed, choose, new_page, opened, pixels, rest
from vae.bench.live import Server
from vae.views.shared.pages import VIEWS

pytestmark = pytest.mark.browser
FIRST_PICTURE = {
    "Explore": "canvas.hero[data-frame]",
    "Latent map": ".plot[data-points]",
    "Sampling": "canvas.grid[data-frame]",
    "Interpolation": "canvas[data-frame]",
    "Reconstruction": "canvas[data-frame]",
    "Compare": "canvas[data-frame]",
    "Training film": ":is(canvas.pairs[data-epoch], .history .curve)",
}
FINDINGS = """async () => (await axe.run({resultTypes: ["violations"]})).violations
    .filter(({impact}) => impact === "serious" || impact === "critical")
    .flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html}`))"""
SIDEWAYS = """() => [document.documentElement, document.querySelector("main")]
    .map(node => node.scrollWidth - node.clientWidth)"""
SMALL = """least => [...document.querySelectorAll("*")]
    .flatMap(node => [node, ...(node.shadowRoot?.querySelectorAll("*") ?? [])])
    .filter(node => node.matches(".st-key-pages a, .bar button, .lab-controls :is(input[type=text], select, button)"))
    .filter(node => node.checkVisibility() && node.getBoundingClientRect().height < least - 0.5)
    .map(node => node.outerHTML)"""


def query(page: Page) -> dict[str, str]:
    """The link's parameters."""
    return {name: values[0] for name, values in parse_qs(urlparse(page.url).query).items()}


@contextmanager
def lab(browser: Browser, app: Server, link: str = "", **options: Any) -> Iterator[Page]:
    """The light page at this link, its first picture drawn. It must not meet Streamlit.

    Its policy would keep Playwright from waiting for a function.
    """
    asked: list[str] = []
    with opened(browser, f"{app.url}/lab/?{link}", bypass_csp=True, **options) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        drawn(page)
        yield page
    assert not [url for url in asked if "_stcore/stream" in url]


def drawn(page: Page) -> None:
    """Waits until the view has its first picture."""
    expect(page.locator("h1")).not_to_be_empty()
    expect(page.locator(FIRST_PICTURE[page.locator("h1").inner_text()]).first).to_be_visible()
    rest(page)


def to(page: Page, title: str) -> None:
    """Goes to another view."""
    page.get_by_role("navigation", name="Pages").get_by_role("link", name=title, exact=True).click()
    expect(page.locator("h1")).to_have_text(title)
    drawn(page)


@pytest.mark.slow
def test_every_view_opens_by_its_link_in_the_bar_and_back_leads_to_the_one_before(
    app: Server, browser: Browser
) -> None:
    with lab(browser, app, "checkpoint=digits-z2") as page:
        for view in VIEWS[1:]:
            to(page, view.title)
            assert (query(page)["page"], query(page)["checkpoint"]) == (view.address, "digits-z2")
            expect(page.get_by_role("link", name=view.title, exact=True)).to_have_attribute("aria-current", "page")
        page.go_back()
        expect(page.locator("h1")).to_have_text(VIEWS[-2].title)


def test_its_policy_keeps_nothing_from_it_that_it_needs(app: Server, browser: Browser) -> None:
    """`opened` fails on any error in the console, and a policy's refusal is one."""
    with opened(browser, f"{app.url}/lab/?checkpoint=digits-z2") as page:
        for view in VIEWS:
            page.get_by_role("navigation", name="Pages").get_by_role("link", name=view.title, exact=True).click()
            expect(page.locator("h1")).to_have_text(view.title)
            expect(page.locator(FIRST_PICTURE[view.title]).first).to_be_visible()


def test_the_z_of_a_drag_is_in_the_link_which_opens_the_same_picture(app: Server, browser: Browser) -> None:
    with lab(browser, app, "checkpoint=mnist-z10&image=3") as page:
        before = pixels(page)
        box = box_of(page.get_by_role("slider", name="z").first)
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + 5, box["y"] + box["height"] / 2, steps=5)
        changed(page, pixels, before)
        page.mouse.up()
        page.wait_for_url("**z=*")
        rest(page)
        shown, link = pixels(page), query(page)
        assert link["image"] == "3"
        page.reload()
        drawn(page)
        assert (pixels(page), query(page)) == (shown, link)


@pytest.mark.slow
def test_models_are_compared_in_every_view_that_compares(app: Server, browser: Browser) -> None:
    with lab(browser, app, "checkpoint=mnist-z10-b1&image=3") as page:
        assert page.locator("canvas.other").count() == 0
        page.get_by_role("button", name="Compare with").click()
        for words in ("MNIST · 10-D · β = 10", "MNIST · 2-D · β = 1"):
            page.get_by_role("checkbox", name=words).check()
        page.wait_for_url("**compare=mnist-z10-b10,mnist-z2**")
        expect(page.locator("canvas.other[data-frame]")).to_have_count(2)
        expect(page.locator(".heroes figcaption b")).to_have_text(["10-D · β = 1", "β = 10", "2-D · β = 1"])
        page.get_by_role("combobox", name="Same input").select_option("percentile")
        page.wait_for_url("**input=percentile**")
        page.keyboard.press("Escape")
        for title in ("Sampling", "Interpolation", "Reconstruction"):
            to(page, title)
            assert query(page)["compare"] == "mnist-z10-b10,mnist-z2"
        to(page, "Explore")
        expect(page.locator("canvas.other[data-frame]")).to_have_count(2)
        rest(page)
        shown = pixels(page, "canvas.other")
        page.reload()
        expect(page.locator("canvas.other[data-frame]")).to_have_count(2)
        rest(page)
        assert pixels(page, "canvas.other") == shown


@pytest.mark.slow
def test_an_image_chosen_in_one_view_is_shown_in_all(app: Server, browser: Browser) -> None:
    with lab(browser, app, "page=Reconstruction&checkpoint=mnist-z10&image=2") as page:
        page.get_by_role("button", name="Next test image").click()
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


def test_a_link_in_a_component_leads_to_the_light_page_s_own_view(app: Server, browser: Browser) -> None:
    with lab(browser, app, "page=Reconstruction&checkpoint=mnist-z10&image=2") as page:
        page.get_by_role("link", name="Open μ in Explore").click()
        expect(page.locator("h1")).to_have_text("Explore")
        drawn(page)
        assert urlparse(page.url).path.endswith("/lab/")
        assert len(query(page)["z"].split(",")) == 10


@pytest.mark.slow
def test_another_model_is_shown_in_the_same_view_and_back_leads_to_the_one_before(
    app: Server, browser: Browser
) -> None:
    with lab(browser, app, "checkpoint=mnist-z10") as page:
        choose(page, "sprites-z6")
        page.wait_for_url("**checkpoint=sprites-z6**")
        drawn(page)
        expect(page.locator("canvas.hero")).to_have_js_property("width", 64)
        page.go_back()
        page.wait_for_url("**checkpoint=mnist-z10**")
        expect(page.locator("canvas.hero")).to_have_js_property("width", 28)


@pytest.mark.slow
def test_it_needs_no_websocket(app: Server, browser: Browser) -> None:
    with new_page(browser) as page:
        page.route_web_socket(re.compile("."), lambda socket: socket.close())
        page.goto(f"{app.url}/lab/?checkpoint=mnist-z10")
        for title, picture in FIRST_PICTURE.items():
            page.get_by_role("navigation", name="Pages").get_by_role("link", name=title, exact=True).click()
            expect(page.locator("h1")).to_have_text(title)
            expect(page.locator(picture).first).to_be_visible()


def test_the_link_to_the_full_app_opens_what_is_shown(app: Server, browser: Browser) -> None:
    with lab(browser, app, "page=Sampling&checkpoint=mnist-z2&view=one&side=4") as page:
        href = page.get_by_role("link", name="Full app").get_attribute("href") or ""
        assert urlparse(href).path.endswith("/Sampling")
        found = {name: values[0] for name, values in parse_qs(urlparse(href).query).items()}
        assert found == {"checkpoint": "mnist-z2", "view": "one", "side": "4", "seed": "0"}


SIZES: list[tuple[dict[str, int], Literal["light", "dark"]]] = [
    ({"width": 390, "height": 844}, "light"),
    ({"width": 1280, "height": 720}, "dark"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("size", "scheme"), SIZES)
def test_no_view_is_wider_than_the_window_or_has_a_serious_finding(
    app: Server, browser: Browser, size: dict[str, int], scheme: Literal["light", "dark"]
) -> None:
    narrow = size["width"] < 500
    options: dict[str, Any] = {"viewport": size, "color_scheme": scheme, "has_touch": narrow, "is_mobile": narrow}
    for view in VIEWS:
        with lab(browser, app, f"page={view.address}&checkpoint=mnist-z10-cond&method=UMAP", **options) as page:
            assert page.evaluate(SIDEWAYS) == [0, 0], view.name
            assert page.evaluate(SMALL, 44 if narrow else 36) == [], view.name
            page.evaluate(AXE_SCRIPT)
            assert page.evaluate(FINDINGS) == [], view.name


@pytest.mark.slow
def test_a_film_opens_at_its_link_s_frame_beside_another_one_and_keeps_what_is_scrubbed(
    app: Server, browser: Browser
) -> None:
    with lab(browser, app, "page=Training&film=mnist-z10-b1&compare=mnist-z10-b10&frame=12") as page:
        expect(page.locator(".film .stage")).to_have_count(2)
        slider = page.get_by_role("slider", name="Moment of the run")
        text = str(slider.get_attribute("aria-valuetext"))
        assert re.fullmatch(r"epoch [\d.]+ of 20", text)
        assert query(page) == {
            **{"page": "Training", "checkpoint": "mnist-z10-b1"},
            **{"compare": "mnist-z10-b10", "frame": "12"},
        }
        slider.press("ArrowRight")
        page.wait_for_url("**frame=13")
        page.reload()
        drawn(page)
        expect(slider).not_to_have_attribute("aria-valuetext", text)
        slider.press("End")
        page.wait_for_url(lambda url: "frame" not in url)


def test_a_model_without_a_film_says_so_and_which_there_are(app: Server, browser: Browser) -> None:
    with lab(browser, app, "page=Training&film=digits-z2") as page:
        expect(page.locator(".lab-notices")).to_contain_text("No film was kept of digits-z2. These are its curves.")
        page.get_by_role("combobox", name="Film of").select_option("mnist-z2")
        expect(page.locator("canvas.points[data-frame], canvas.points").first).to_be_visible()
        expect(page.locator(".lab-notices")).to_contain_text("This is the film of mnist-z2.")
        page.wait_for_url("**film=mnist-z2")

"""The frame around every page: bar, title line, model picker, share, present, theme, at four sizes of the screen."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import box_of, choose, go, opened, rest, shows_model, until
from tests.support.effort import first_in_make_test
from tests.support.looks import SIZES, faults, screen
from vae.bench.live import Server
from vae.ui.shared.page import PAGES

pytestmark = pytest.mark.browser
PICTURES = (
    "canvas[data-frame]:visible, .js-plotly-plot .main-svg, canvas.pairs[data-epoch], .opening, .library[data-lesson]"
)
MODEL = "mnist-z10"
SMALL_PROJECTOR = SIZES[1]
# Levels of all headings that are shown, in the order of the page and of the components in it.
LEVELS = """() => {
    const headings = root => [...root.querySelectorAll("*")].flatMap(e =>
        [...(/^H[1-6]$/.test(e.tagName) && e.checkVisibility() ? [Number(e.tagName[1])] : []),
         ...(e.shadowRoot ? headings(e.shadowRoot) : [])]);
    return headings(document);
}"""
LOADED = "image => image.complete && image.naturalWidth > 0"


def show(page: Page) -> None:
    expect(page.locator(PICTURES).first).to_be_visible()
    rest(page)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_on_every_page_nothing_is_too_small_cut_off_or_covered_and_one_title_leaves_room(
    app: Server, browser: Browser, size: list[int]
) -> None:
    with opened(browser, f"{app.url}/?checkpoint={MODEL}", **screen(size)) as page:
        show(page)
        for _, title, _ in PAGES:
            if size[0] < 500:
                page.get_by_role("button", name="Pages").click()
            go(page, title)
            show(page)
            assert (title, faults(page)) == (title, [])
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
            levels = page.evaluate(LEVELS)
            assert (levels[0], levels.count(1)) == (1, 1)
            assert all(after - before <= 1 for before, after in pairwise(levels))
            if size == SMALL_PROJECTOR:
                leaves_room(page)


def leaves_room(page: Page) -> None:
    """Most of a small projector's screen must be the page's own."""
    width, height = SMALL_PROJECTOR
    bar, head = box_of(page.locator(".st-key-bar")), box_of(page.locator(".st-key-head"))
    assert (bar["y"], bar["height"]) == (0, 48)
    assert head["height"] <= 56
    assert head["y"] >= 48
    top, wide = head["y"] + head["height"], box_of(page.get_by_test_id("stVerticalBlock").first)["width"]
    assert wide * (height - top) / (width * height) >= 0.8


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_text_grows_with_the_screen_and_nothing_of_the_frame_is_cut_off(
    app: Server, browser: Browser, size: list[int]
) -> None:
    with opened(browser, f"{app.url}/Explore?checkpoint={MODEL}", **screen(size)) as page:
        show(page)
        expected = min(34, max(14, 0.004 * size[0] + 0.009 * size[1]))
        text = page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
        assert text == pytest.approx(expected, abs=0.01)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        bar = page.locator(".bar")
        for button in bar.get_by_role("button").all():
            if button.is_visible():
                box = box_of(button)
                assert box["x"] >= 0
                assert box["x"] + box["width"] <= size[0]
                assert box["height"] >= (44 if size[0] < 500 else 36)
        assert box_of(page.locator("h1"))["x"] >= 0


@pytest.mark.slow
def test_a_long_name_of_a_model_leaves_the_links_to_the_pages_their_room(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Training?checkpoint=mnist-z10-cond") as page:
        picker = page.get_by_role("button", name="Model: MNIST · 10-D · β = 1, conditional on the class")
        last = box_of(page.locator(".st-key-pages a").last)
        assert last["x"] + last["width"] <= box_of(picker)["x"]
        expect(page.locator("html")).to_have_attribute("data-bar", "wide")


def test_the_list_of_pages_on_a_phone_opens_and_closes_when_a_page_is_chosen(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Explore?checkpoint={MODEL}", **screen((390, 844))) as page:
        show(page)
        pages, menu = page.get_by_role("navigation", name="Pages"), page.get_by_role("button", name="Pages")
        expect(pages).to_be_hidden()
        menu.click()
        expect(menu).to_have_attribute("aria-expanded", "true")
        for link in pages.get_by_role("link").all():
            assert box_of(link)["height"] >= 44
        page.keyboard.press("Escape")
        expect(pages).to_be_hidden()
        menu.click()
        go(page, "Sampling")
        expect(pages).to_be_hidden()


def test_the_current_page_is_marked_and_after_a_change_its_title_has_the_focus(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Explore?checkpoint={MODEL}") as page:
        show(page)
        assert page.evaluate("document.activeElement.tagName") != "H1"
        current = page.locator(".st-key-pages a[aria-current=page]")
        expect(current).to_have_text("Explore")
        go(page, "Sampling")
        expect(current).to_have_text("Sampling")
        expect(page.locator("h1")).to_be_focused()


@pytest.mark.slow
def test_the_picker_lists_models_in_words_by_data_and_takes_keys(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Explore?checkpoint=mnist-z10-b4") as page:
        show(page)
        picker = page.get_by_role("button", name="Model: MNIST · 10-D · β = 4")
        picker.press("Enter")
        listed = page.get_by_role("listbox", name="Models")
        expect(listed).to_be_visible()
        expect(page.get_by_role("option", selected=True)).to_be_focused()
        names = listed.get_by_role("option").evaluate_all("all => all.map(({dataset}) => dataset.name)")
        at = names.index("mnist-z10-b0.5")
        assert names[at : at + 4] == ["mnist-z10-b0.5", "mnist-z10-b1", "mnist-z10-b4", "mnist-z10-b10"]
        expect(listed.get_by_role("group", name="MNIST", exact=True).get_by_role("option")).to_have_count(8)
        pictures = listed.locator("img")
        pictures.last.scroll_into_view_if_needed()
        drawn = "all => all.every(({complete, naturalWidth}) => complete && naturalWidth > 0)"
        until(page, lambda: pictures.evaluate_all(drawn), "every model in the list has its picture")
        page.get_by_role("option", selected=True).press("ArrowDown")
        page.keyboard.press("Enter")
        shows_model(page, "mnist-z10-b10")
        page.wait_for_url("**checkpoint=mnist-z10-b10**")
        expect(listed).to_be_hidden()
        picker = page.get_by_role("button", name="Model: ")
        picker.press("Enter")
        page.keyboard.press("Escape")
        expect(listed).to_be_hidden()


@pytest.mark.slow
def test_the_same_model_can_be_chosen_again_after_another_page_took_another(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Explore?checkpoint={MODEL}") as page:
        show(page)
        for name in ("digits-z2", "mnist-z2", "digits-z2"):
            choose(page, name)
            page.wait_for_url(f"**checkpoint={name}**")
        page.go_back()
        shows_model(page, "mnist-z2")
        choose(page, "digits-z2")
        page.wait_for_url("**checkpoint=digits-z2**")


@pytest.mark.parametrize("size", first_in_make_test(SIZES[:2]))
def test_the_link_is_copied_and_shown_as_a_qr_code_without_a_secure_context(
    app: Server, browser: Browser, size: list[int]
) -> None:
    with opened(browser, f"{app.url}/Explore?checkpoint={MODEL}", **screen(size)) as page:
        show(page)
        page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        page.get_by_role("button", name="Share").click()
        panel = page.get_by_role("dialog", name="Share")
        link = panel.get_by_label("Link to this page")
        expect(link).to_have_value(page.url)
        panel.get_by_role("checkbox", name="As a light page").check()
        expect(link).to_have_value(f"{app.url}/lab/?page=Explore&checkpoint={MODEL}")
        expect(panel.get_by_text("works on this computer only")).to_be_visible()
        page.wait_for_function(LOADED, arg=panel.locator("img").element_handle())
        panel.get_by_role("button", name="Copy link").click()
        expect(panel.get_by_role("status")).to_have_text("Copied.")
        box = box_of(panel)
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0]
        assert box["y"] + box["height"] <= size[1]


@pytest.mark.slow
def test_more_gives_decoding_to_the_server_on_all_pages_and_back(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Explore?checkpoint={MODEL}") as page:
        show(page)
        decoded_by = page.locator(".status .meter")
        expect(decoded_by).to_contain_text("this browser")
        for checked, device in ((False, "cpu"), (True, "this browser")):
            page.get_by_role("button", name="More").click()
            page.get_by_role("checkbox", name="Decode in this browser").set_checked(checked)
            expect(decoded_by).to_contain_text(device)
            page.keyboard.press("Escape")
            page.reload()
            expect(decoded_by).to_contain_text(device)


def test_present_leaves_the_page_alone_on_the_screen_until_escape(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Explore?checkpoint={MODEL}") as page:
        show(page)
        before = box_of(page.locator("canvas.hero"))
        page.get_by_role("button", name="Present", exact=True).click()
        expect(page.get_by_role("navigation", name="Pages")).to_be_hidden()
        leave = page.get_by_role("button", name="Leave the presentation")
        expect(leave).to_be_visible()
        rest(page)
        now = box_of(page.locator("canvas.hero"))
        assert now["y"] < before["y"]
        assert now["height"] >= before["height"]
        leave.click()
        expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
        page.get_by_role("button", name="Present", exact=True).click()
        expect(leave).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("navigation", name="Pages")).to_be_visible()


@pytest.mark.slow
def test_the_theme_changes_at_once_and_stays_on_other_pages_and_visits(app: Server, browser: Browser) -> None:
    def background(page: Page) -> int:
        colour = page.get_by_test_id("stApp").evaluate("e => getComputedStyle(e).backgroundColor")
        return sum(int(part) for part in re.findall(r"\d+", colour)[:3])

    with opened(browser, f"{app.url}/Explore?checkpoint={MODEL}", color_scheme="light") as page:
        show(page)
        assert background(page) > 600
        page.evaluate("window.loadedOnce = true")
        page.get_by_role("button", name="Switch between light and dark").click()
        until(page, lambda: background(page) < 200)
        go(page, "Sampling")
        show(page)
        assert background(page) < 200
        assert page.evaluate("window.loadedOnce")
        page.reload()
        show(page)
        assert background(page) < 200
        page.get_by_role("button", name="Switch between light and dark").click()
        until(page, lambda: background(page) > 600)

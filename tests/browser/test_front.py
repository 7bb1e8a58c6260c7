"""The home page in a real browser: the film and its live decoder, the stories and where they lead, all models."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.support.browsing import (
    PIXELS,
    attribute,
    box_of,
    changed,
    moving,
    new_page,
    opened,
    pixels,
    rest,
    shows_model,
    swing,
    until,
)
from tests.support.effort import first_in_make_test
from tests.support.looks import SIZES, faults, screen
from vae.bench.live import Server

pytestmark = pytest.mark.browser
FILM = "canvas[data-epoch]"
LIVE = "canvas.live"
# Our elements that are shown and reach beyond the window, or whose text is cut off.
CUT_OFF = """() => {
    const {shadowRoot} = document.querySelector(".st-key-home [data-testid=stBidiComponentIsolated]");
    return [...shadowRoot.querySelectorAll(".home *:not(.marker)")].filter(e => e.checkVisibility()).filter(e => {
        const {left, right} = e.getBoundingClientRect();
        const hides = getComputedStyle(e).overflow !== "visible" && e.scrollWidth > e.clientWidth + 1;
        return left < -1 || right > innerWidth + 1 || hides;
    }).map(e => `${e.tagName} ${e.className} ${e.textContent.slice(0, 40)}`);
}"""
LOADED = "image => image.complete && image.naturalWidth > 0"


@contextmanager
def front(browser: Browser, app: Server, query: str = "", **options: Any) -> Iterator[Page]:
    """The home page, with a picture of its film."""
    with opened(browser, f"{app.url}/{query}", **options) as page:
        page.wait_for_selector(FILM)
        yield page


def pad(page: Page) -> Locator:
    return page.get_by_role("application", name="Latent plane")


def epoch(page: Page) -> float:
    return float(attribute(page.locator(FILM), "data-epoch"))


def point(page: Page, across: float, down: float) -> None:
    """Moves the pointer to this place of the plane, 0 to 1 each."""
    box = box_of(pad(page))
    page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])


@pytest.mark.slow
def test_the_film_plays_and_pauses(app: Server, browser: Browser) -> None:
    with front(browser, app) as page:
        first = changed(page, epoch, 0.0)
        changed(page, epoch, first)
        changed(page, lambda page: pixels(page, FILM), pixels(page, FILM))
        expect(page.locator(".epoch")).to_contain_text("of 20")
        page.get_by_role("button", name="Play or pause the film").click()
        rest(page, epoch)
        before = pixels(page, FILM)
        rest(page)
        assert pixels(page, FILM) == before


def test_a_drag_decodes_at_once_and_the_film_rests_at_its_end_until_it_is_played(app: Server, browser: Browser) -> None:
    with front(browser, app) as page:
        point(page, 0.3, 0.3)
        page.mouse.down()
        expect(page.locator(".beside output")).to_have_text("(−0.52, 0.52)")
        expect(page.locator(f"{LIVE}[data-frame]")).to_be_visible()
        until(page, lambda: epoch(page) == 20, "the film is at its end")
        moving(page, lambda step: point(page, 0.2 + 0.6 * swing(step), 0.6), lambda page: pixels(page, LIVE), 8)
        page.mouse.up()
        assert epoch(page) == 20
        page.get_by_role("button", name="Play or pause the film").click()
        expect(page.locator(LIVE)).to_be_hidden()
        until(page, lambda: epoch(page) < 20, "the film plays again")


@pytest.mark.slow
def test_arrow_keys_move_the_place(app: Server, browser: Browser) -> None:
    with front(browser, app) as page:
        pad(page).focus()
        page.keyboard.press("ArrowRight")
        expect(page.locator(".beside output")).to_have_text("(0.05, 0.00)")
        before = changed(page, lambda page: page.locator(LIVE).get_attribute("data-frame"), None)
        page.keyboard.press("Shift+ArrowUp")
        expect(page.locator(".beside output")).to_have_text("(0.05, 0.25)")
        changed(page, lambda page: page.locator(LIVE).get_attribute("data-frame"), before)
        expect(pad(page)).to_have_attribute("aria-label", "Latent plane, z₀ across, z₁ up. "
                                            "Arrow keys move z and decode it; now 0.1, 0.3")  # fmt: skip


@pytest.mark.slow
def test_with_reduced_motion_the_last_picture_stands_until_the_film_is_played(app: Server, browser: Browser) -> None:
    with front(browser, app, reduced_motion="reduce") as page:
        until(page, lambda: epoch(page) == 20, "the whole film is there")
        rest(page)
        assert epoch(page) == 20
        button = page.get_by_role("button", name="Play or pause the film")
        expect(button).to_have_text("▶ Play")
        button.click()
        until(page, lambda: epoch(page) < 20, "the film plays")


def test_on_a_phone_a_tap_decodes_and_nothing_is_cut_off(app: Server, browser: Browser) -> None:
    with front(browser, app, **screen((390, 844))) as page:
        rest(page)
        assert page.evaluate(CUT_OFF) == []
        heights = [box_of(page.locator(name))["height"] for name in (".hero", ".beside")]
        box = box_of(pad(page))
        pad(page).tap(position={"x": box["width"] / 4, "y": box["height"] / 4})
        expect(page.locator(f"{LIVE}[data-frame]")).to_be_visible()
        assert [box_of(page.locator(name))["height"] for name in (".hero", ".beside")] == heights
        assert page.evaluate(CUT_OFF) == []
        sentences, plane, start = (box_of(page.locator(name))["y"] for name in (".pitch", ".pad", ".actions"))
        assert sentences < plane < start


@pytest.mark.slow
def test_the_page_keeps_its_place_while_the_film_comes(app: Server, browser: Browser) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    with new_page(browser) as page:
        page.route("**/live/film?**", hold)
        page.goto(app.url)
        until(page, lambda: bool(held), "the film is asked for")
        expect(page.locator(".card").first).to_be_visible()
        before = [box_of(page.locator(name).first) for name in (".film", ".pad", ".card")]
        held.pop().continue_()
        page.wait_for_selector(FILM)
        rest(page)
        assert [box_of(page.locator(name).first) for name in (".film", ".pad", ".card")] == before


@pytest.mark.slow
def test_the_cards_get_their_pictures_and_the_page_stays_as_it_is(app: Server, browser: Browser) -> None:
    with front(browser, app, reduced_motion="reduce") as page:
        before = box_of(page.locator(".cards"))["height"]
        for card in page.locator(".card").all():
            card.scroll_into_view_if_needed()
            expect(card.locator("canvas[data-frame]")).to_have_count(2)
        rows = page.locator(".card canvas.row").all()
        assert len({row.evaluate(PIXELS) for row in rows}) == len(rows)  # no two are alike
        assert box_of(page.locator(".cards"))["height"] == before


@pytest.mark.slow
def test_the_gallery_has_a_film_of_each_model_that_follows_the_pointer_and_opens_its_model(
    app: Server, browser: Browser
) -> None:
    with front(browser, app, reduced_motion="reduce") as page:
        tiles = page.locator(".gallery .tile")
        for tile in tiles.all():
            tile.scroll_into_view_if_needed()
            expect(tile.locator("canvas[data-frame]")).to_have_count(1)
        tile = tiles.filter(has=page.locator("a[href*='checkpoint=rgb-z16']"))
        tile.scroll_into_view_if_needed()
        box = box_of(tile.locator("canvas"))
        page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 5)
        expect(tile.locator("canvas")).to_have_attribute("data-frame", "24")
        tile.get_by_role("link").click()
        shows_model(page, "rgb-z16")
        page.wait_for_selector("canvas.hero[data-frame]")


@pytest.mark.slow
def test_a_film_of_the_gallery_plays_when_it_comes_into_view(app: Server, browser: Browser) -> None:
    with front(browser, app) as page:
        tile = page.locator(".gallery .tile").first
        tile.scroll_into_view_if_needed()
        canvas = tile.locator("canvas[data-frame]")
        seen = changed(page, lambda _: attribute(canvas, "data-frame"), "12")
        changed(page, lambda _: attribute(canvas, "data-frame"), seen)


@pytest.mark.slow
def test_a_row_of_all_models_chooses_its_model_and_opens_explore(app: Server, browser: Browser) -> None:
    with front(browser, app, reduced_motion="reduce") as page:
        page.get_by_text("All models").click()
        row = page.locator(".models tbody tr", has_text="mnist-z10-b10")
        page.wait_for_function(LOADED, arg=row.locator("img").element_handle())
        row.locator("td").nth(1).click()
        page.wait_for_url("**/Explore?checkpoint=mnist-z10-b10**")
        shows_model(page, "mnist-z10-b10")
        page.wait_for_selector("canvas.hero[data-frame]")


@pytest.mark.parametrize("size", first_in_make_test(SIZES))
def test_nothing_is_too_small_cut_off_or_covered_on_any_screen(app: Server, browser: Browser, size: list[int]) -> None:
    with front(browser, app, reduced_motion="reduce", **screen(size)) as page:
        page.get_by_text("All models").click()
        rest(page)
        assert faults(page) == []
        assert page.evaluate(CUT_OFF) == []
        home = box_of(page.locator(".home"))
        assert home["width"] > 0.9 * size[0]
        assert box_of(page.locator(".cards"))["width"] > 0.98 * home["width"]


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_more_films_of_one_kind_than_fit_into_a_row_go_on_in_the_next(
    app: Server, app_checkpoints: Path, browser: Browser, width: int
) -> None:
    for number in range(12):
        shutil.copytree(app_checkpoints / "digits-z2", app_checkpoints / f"more-{number}", dirs_exist_ok=True)
    with front(browser, app, reduced_motion="reduce", **screen((width, 720))) as page:
        expect(page.locator(".gallery a[href*='checkpoint=more-']")).to_have_count(12)
        assert page.evaluate(CUT_OFF) == []


@pytest.mark.slow
def test_a_card_plays_its_lesson_and_leads_to_where_it_is_read(app: Server, browser: Browser) -> None:
    with front(browser, app, reduced_motion="reduce") as page:
        page.get_by_role("link", name="Read “Is more β better?”, or open a class with it").click()
        page.wait_for_selector(".library[data-lesson=more-beta]")
        page.go_back()
        page.wait_for_selector(FILM)
        page.get_by_role("link", name="Is more β better?", exact=True).click()
        page.wait_for_url("**/lab/?lesson=more-beta**")
        expect(page.get_by_role("heading", name="Is more β better?")).to_be_visible()


@pytest.mark.slow
def test_the_first_button_starts_the_first_lesson_and_the_second_explores_the_chosen_model(
    app: Server, browser: Browser
) -> None:
    with front(browser, app, "?checkpoint=mnist-z2", reduced_motion="reduce") as page:
        start = page.get_by_role("link", name="Start a lesson of")
        assert attribute(start, "href").endswith("/lab/?lesson=two-numbers")
        page.locator(".actions").get_by_role("link", name="Explore").click()
        page.wait_for_url("**/Explore?checkpoint=mnist-z2**")
        page.wait_for_selector("canvas.hero[data-frame]")

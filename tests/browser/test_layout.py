"""Nothing moves while a page loads: its picture has its place before it is there, and notices lie over the page."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, FloatRect, Page, WebSocketRoute, expect

from tests.support.browsing import box_of, new_page, prefer_server, rest, rewrite
from tests.support.effort import first_in_make_test
from tests.support.looks import screen
from vae.bench.live import Server

pytestmark = pytest.mark.browser

# The large picture of each page, and what lies beneath or beside it.
PLACES = {
    "Explore": ("canvas.hero", ".sliders .row:nth-child(3)", ".comparison"),
    "Reconstruction": ("canvas.output", ".drawing-surface", ".strip", ".tiles"),
    "Compare": ("canvas.output", ".drawing-surface", ".plane", ".dimensions"),
    "Interpolation": ("canvas.hero", ".strip >> nth=2"),
    "Sampling": ("canvas.grid >> nth=0", ".beneath >> nth=1"),
}

# A page turns to its own model where the server says nothing for 3 s.
PATIENT = {"QUIET_MS = 3000": "QUIET_MS = 1e9", "SILENCE_MS = 15_000": "SILENCE_MS = 1e9"}


class LiveSocket:
    """The live service's socket of a page, whose answers are held until `release`."""

    def __init__(self, page: Page) -> None:
        self._held: list[Callable[[], None]] = []
        self._holds = True
        self.routes: list[WebSocketRoute] = []
        page.route_web_socket("**/live", self._open)
        rewrite(page, "lib/live-client.js", PATIENT)

    def _open(self, route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        self.routes.append(route)

        def answer(message: str | bytes) -> None:
            if self._holds:
                self._held.append(lambda: route.send(message))
            else:
                route.send(message)

        server.on_message(answer)

    def release(self) -> None:
        self._holds = False
        for send in self._held:
            send()

    def refuse(self) -> None:
        """Closes the socket as the service does that has too many users."""
        for route in self.routes:
            route.close(code=1013, reason="Too many users. Try again later.")


def boxes(page: Page, name: str) -> list[FloatRect]:
    """Where the page's picture is, and what is around it."""
    return [box_of(page.locator(place)) for place in PLACES[name]]


@pytest.mark.parametrize(
    ("name", "size"),
    first_in_make_test(
        [("Explore", (1280, 720)), *((name, size) for size in ((1280, 720), (390, 844)) for name in PLACES)]
    ),
)
def test_nothing_moves_when_the_first_picture_comes_nor_under_a_notice(
    app: Server, browser: Browser, name: str, size: tuple[int, int]
) -> None:
    with new_page(browser, **screen(size)) as page:
        prefer_server(page, app.url)
        live = LiveSocket(page)
        page.goto(f"{app.url}/{name}?checkpoint=mnist-z10")
        hero = page.locator(PLACES[name][0])
        expect(hero).to_be_visible()
        page.evaluate("document.fonts.ready")
        before = [pytest.approx(box, abs=1 / 16) for box in boxes(page, name)]  # pixels; layout rounds to 64ths
        assert hero.get_attribute("data-frame") is None
        live.release()
        expect(hero).to_have_attribute("data-frame", re.compile(r"\d"))  # a slow page may have asked twice by then
        rest(page)
        assert boxes(page, name) == before
        live.refuse()
        expect(page.locator(".notice")).to_be_visible()
        assert boxes(page, name) == before

"""Faults as a person in front of a real browser meets them: a bad network, a killed app."""

import asyncio
import os
import random
import signal
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import APP, explore, frames, new_page, pixels, prefer_server, rewrite, settle
from tests.support.patience import PATIENCE
from vae.bench.live import Server, free_port, started

pytestmark = pytest.mark.browser
EXPLORE = "Explore?checkpoint=digits-z2"
NOTE = 'function note(job) { if (job.slot === "main") (window.drawn ??= []).push(job.asked); }\n\n'
# live-client.js with its patience shortened once the page is open: before, a page whose server is slow turns to its own
# model. It notes for each picture that is drawn the number of the request for it.
HURRIED = {
    "waited > QUIET_MS": "waited > (window.hurried ? 300 : QUIET_MS)",
    "waited > SILENCE_MS": "waited > (window.hurried ? 1500 : SILENCE_MS)",
    "WATCH_MS = 500": "WATCH_MS = 50",
    "done: 0, parts: []": "done: 0, parts: [], asked: (window.asked = (window.asked ?? 0) + 1)",
    "else job.resolve(readReply(": "else if (note(job), true) job.resolve(readReply(",
    "function readReply(": NOTE + "function readReply(",
}


class Network:
    """A port that leads to the app, and what becomes of the bytes of live sockets on their way; of others, nothing.

    mode: "good", "held": nothing arrives until the mode changes, "bad": half of all that comes is held back for up to
    a quarter of a second, and now and then a connection is cut, "cut": every connection is, and none is accepted.
    """

    def __init__(self, server: Server) -> None:
        self._to, self.mode, self.port = server.address[:2], "good", 0
        self.held = self.cuts = self.passed = 0
        self._chance = random.Random(0)
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Network":
        self._thread.start()
        assert self._ready.wait(PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._over, self._links = asyncio.Event(), set[asyncio.Task[None]]()
        self._writers = set[asyncio.StreamWriter]()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()
        self.mode = "cut"
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.gather(*self._links)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        writers, ways = {writer}, []
        self._writers |= writers
        try:
            first = await reader.read(65536)
            there, away = await asyncio.open_connection(*self._to)
            writers.add(away)
            self._writers |= writers
            live = first.startswith(b"GET /live HTTP")
            both = self._carry(live, reader, away, first), self._carry(live, there, writer, b"")
            ways = [asyncio.create_task(way) for way in both]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass
        finally:
            for one in writers:
                one.transport.abort()
            await asyncio.gather(*ways)
            self._links.discard(task)
            self._writers -= writers

    async def _carry(self, live: bool, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes) -> None:
        """One direction, until it ends or is cut."""
        try:
            while data := data or await reader.read(65536):
                if live and not await self._let_through():
                    return
                writer.write(data)
                await writer.drain()
                data = b""
        except OSError:
            return

    async def _let_through(self) -> bool:
        if self.mode == "bad":
            if self._chance.random() < 0.1:
                self.cuts += 1
                return False
            if self._chance.random() < 0.5:
                self.held += 1
                await asyncio.sleep(self._chance.uniform(0, 0.25))
            else:
                self.passed += 1
        while self.mode == "held":
            await asyncio.sleep(0.01)
        return self.mode != "cut"


def numbers(page: Page) -> list[str]:
    """z, as its fields show it."""
    return [field.input_value() for field in page.locator(".row [role=spinbutton]").all()]


def drag(page: Page, steps: int) -> None:
    """Moves a slider by its keys, to and fro."""
    first = page.locator(".row input[type=range]").first
    first.focus()
    for step in range(steps):
        page.keyboard.press("ArrowLeft" if step % 40 < 20 else "ArrowRight")
        page.wait_for_timeout(25)


@pytest.mark.slow
def test_on_a_network_that_holds_back_half_and_cuts_the_picture_is_never_old_and_the_page_says_how_it_is(
    app: Server, browser: Browser
) -> None:
    with Network(app) as network, new_page(browser) as page:
        rewrite(page, "lib/live-client.js", HURRIED)
        prefer_server(page, f"http://127.0.0.1:{network.port}")
        page.goto(f"http://127.0.0.1:{network.port}/{EXPLORE}")
        page.wait_for_selector("canvas.hero[data-frame]")
        settle(page)
        expect(page.locator(".meter")).not_to_contain_text("this browser")
        page.evaluate("window.hurried = true")
        notice, connection = page.locator(".notice"), page.locator("[data-connection]")

        network.mode = "held"
        drag(page, 3)
        expect(notice).to_contain_text("No answer yet – trying again in")
        expect(connection).to_have_attribute("data-connection", "lost")
        before = frames(page)
        network.mode = "good"
        expect(connection).to_have_attribute("data-connection", "open")
        expect(notice).to_be_hidden()
        settle(page)
        assert frames(page) > before
        check_newest(page, app, browser)

        network.mode = "bad"
        while network.cuts < 4 or network.held < 10 or network.passed < 10:
            drag(page, 20)
        network.mode = "good"
        drag(page, 1)
        expect(connection).to_have_attribute("data-connection", "open")
        expect(notice).to_be_hidden()
        settle(page)
        check_newest(page, app, browser)

        network.mode = "cut"
        drag(page, 3)
        expect(notice).to_contain_text("Connection lost – trying again in")
        network.mode = "good"
        drag(page, 1)
        expect(connection).to_have_attribute("data-connection", "open")
        settle(page)
        check_newest(page, app, browser)
        assert page.get_by_test_id("stException").count() == 0


def check_newest(page: Page, app: Server, browser: Browser) -> None:
    """The picture is that of the numbers beside it, and none was drawn after a newer one."""
    drawn = page.evaluate("window.drawn")
    assert drawn == sorted(set(drawn))
    page.wait_for_url("**z=**")
    with explore(browser, app.url + "/" + page.url.split("/", 3)[3], server=True) as other:
        assert numbers(other) == numbers(page)
        assert pixels(other) == pixels(page)


@pytest.mark.slow
def test_an_app_killed_under_an_open_page_is_waited_for_and_goes_on(app_checkpoints: Path, browser: Browser) -> None:
    port = free_port()
    with ExitStack() as running:
        own = running.enter_context(started(APP, port))
        lost = ("ERR_CONNECTION", "/static/js/index.")  # the second: Streamlit's own words on the same
        with explore(browser, f"{own.url}/{EXPLORE}", lost, server=True) as page:
            os.kill(own.pid, signal.SIGKILL)
            running.close()
            expect(page.locator(".notice")).to_contain_text("Connection lost")
            drag(page, 5)
            count, z = frames(page), numbers(page)
            running.enter_context(started(APP, port))
            expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "open")
            settle(page)
            assert frames(page) > count
            assert numbers(page) == z

"""Two replicas behind haproxy: who is served where, and what a lost replica takes with it."""

import re
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.client import HTTPException
from itertools import count, cycle

import pytest
from playwright.sync_api import Browser, Page, expect
from websockets.exceptions import WebSocketException

from tests.support.browsing import ROOT, frames, new_page, prefer_server, settle, until
from tests.support.classes import Visits
from tests.support.patience import PATIENCE
from tests.support.replicas import Site, needs_haproxy, replicated
from tests.support.replicas import until as until_now
from tests.support.training_page import start
from vae.jobs.run import Run
from vae.jobs.runs import Runs

pytestmark = needs_haproxy
ALIVE = re.compile("shared: (queued|starting|running)")
AGAIN_SECONDS = 0.5  # after which a student comes back, as the page does


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Each test leaves both replicas running."""
    folder = tmp_path_factory.mktemp("site")
    for name in ("digits-z2", "mnist-z2"):
        shutil.copytree(ROOT / "checkpoints" / name, folder / "checkpoints" / name)
    with replicated(folder, folder / "checkpoints") as found:
        yield found


@contextmanager
def visited(browser: Browser, site: Site, number: int, path: str) -> Iterator[Page]:
    """A page of a visitor of this replica, whose pictures the server decodes; no page may show an exception."""
    with new_page(browser) as page:
        prefer_server(page, site.url)
        page.context.add_cookies([{"name": "replica", "value": f"r{number}", "url": site.url}])
        page.goto(f"{site.url}/{path}")
        expect(page.locator("h1")).to_be_visible()
        yield page
        assert page.get_by_test_id("stException").count() == 0


def served_by(page: Page) -> str:
    """The replica whose visitor the browser is."""
    return next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "replica")


def restart(site: Site, number: int) -> None:
    """Starts a replica again, and waits until visitors may come."""
    site.start(number)
    until_now(lambda: site.up("pages") == {"r1", "r2"}, "the replica is back")


@pytest.mark.slow
@pytest.mark.browser
def test_a_drag_goes_on_at_another_replica_when_its_own_is_killed(site: Site, browser: Browser) -> None:
    with visited(browser, site, 1, "Explore?checkpoint=digits-z2") as page:
        page.wait_for_selector("canvas.hero[data-frame]")
        settle(page)
        slider, steps = page.locator(".row input[type=range]").first, count()
        slider.focus()

        def drag(pictures: int) -> None:
            aim = frames(page) + pictures

            def moved() -> bool:
                page.keyboard.press("ArrowLeft" if next(steps) % 40 < 20 else "ArrowRight")
                return frames(page) >= aim

            until(page, moved, "the drag is drawn")

        drag(10)
        site.kill(1)
        drag(3)
        expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "open")
        expect(page.locator(".notice")).to_be_hidden()
        z = slider.input_value()
        settle(page)
        assert slider.input_value() == z
        until(page, lambda: served_by(page) == "r2", "the browser is a visitor of the other replica")
    restart(site, 1)


@pytest.mark.slow
@pytest.mark.browser
def test_both_replicas_share_the_runs_and_a_run_outlives_the_replica_that_started_it(
    site: Site, browser: Browser
) -> None:
    with visited(browser, site, 1, "Training?checkpoint=digits-z2") as page:
        start(page, "shared", 600)
        expect(page.get_by_text("shared: running")).to_be_visible()
    with visited(browser, site, 2, "Training?checkpoint=digits-z2") as page:
        expect(page.get_by_text("shared: running")).to_be_visible()
        epoch = run_of(site).status().epoch
        site.kill(1)
        until(page, lambda: run_of(site).status().epoch > epoch, "the run goes on")
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.get_by_text("shared: paused")).to_be_visible()
        restart(site, 1)
        with visited(browser, site, 1, "Training?checkpoint=digits-z2") as other:
            other.get_by_role("button", name="Resume").click()
            expect(other.get_by_text("shared: running")).to_be_visible()
        expect(page.get_by_text("shared: running")).to_be_visible()
        assert served_by(page) == "r2"
        Runs(site.checkpoints).send_command(run_of(site), "discard")
        expect(page.get_by_text("shared: ")).to_have_count(0)


def run_of(site: Site) -> Run:
    """The only run."""
    ((run, _),) = Runs(site.checkpoints).all()
    return run


# ---- a class ---------------------------------------------------------------------------------------------------------


class Voters(threading.Thread):
    """Students who come one after the other and vote; who is not answered tries again until it is.

    votes: those of which a student was told that they count.
    """

    def __init__(self, visits: Visits, code: str) -> None:
        super().__init__()
        self.votes: list[int] = []
        self.losses = 0
        self.ended = threading.Event()
        self._visits, self._code = visits, code

    def run(self) -> None:
        """Students vote until the test ends."""
        for choice in cycle(range(3)):
            seat = self._again(self._join)
            if not seat or not self._again(partial(self._vote, seat, choice)):
                return
            self.votes.append(choice)
            if self.ended.wait(AGAIN_SECONDS):
                return

    def _again(self, attempt: Callable[[], str]) -> str:
        """What the attempt that succeeds returns; "" where the test ends before."""
        while True:
            with suppress(OSError, WebSocketException, HTTPException, AssertionError):  # the last: a refusal
                return attempt()
            self.losses += 1
            if self.ended.wait(AGAIN_SECONDS):
                return ""

    def _join(self) -> str:
        return str(self._visits.seat(self._code)["seat"])

    def _vote(self, seat: str, choice: int) -> str:
        with self._visits.connect(self._code, "student", seat=seat) as student:
            return str(student.do("vote", question=1, round=1, choice=choice))


@pytest.mark.slow
def test_a_class_goes_on_at_another_replica_and_no_vote_that_was_answered_is_lost(site: Site) -> None:
    visits = Visits(site.port)
    until_now(lambda: (site.up("home_1"), site.up("home_2")) == ({"r1"}, {"r2"}), "each home is served by its replica")
    made = visits.ask("POST", "classes", {"name": "Physics", "model": "mnist-z2"}, headers={"Cookie": "replica=r1"})
    code, secret = made.json["code"], made.json["secret"]
    with visits.connect(code, "teacher", secret=secret) as teacher:
        teacher.do("ask", text="Why?", options=["a", "b", "c"])
    voters = [Voters(visits, code) for _ in range(3)]

    def vote_on() -> None:
        aims = [len(each.votes) + 3 for each in voters]
        until_now(lambda: all(len(v.votes) >= aim for v, aim in zip(voters, aims, strict=True)), "all vote on")

    for each in voters:
        each.start()
    try:
        vote_on()
        site.kill(1)
        vote_on()
        assert site.up("home_1") == {"r2"}
        restart(site, 1)
        until_now(lambda: site.up("home_1") == {"r1"}, "the home is back")
        vote_on()
    finally:
        for each in voters:
            each.ended.set()
        for each in voters:
            each.join(PATIENCE)
    assert sum(each.losses for each in voters) > 0
    with visits.connect(code, "teacher", secret=secret) as teacher:
        votes = Counter(choice for each in voters for choice in each.votes)
        teacher.until(lambda state: state["tally"]["counts"][0] == [votes[choice] for choice in range(3)])
        teacher.send("delete")

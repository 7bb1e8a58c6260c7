"""A whole lesson in real browsers: a teacher, the projector and three students, also where networks and apps fail."""

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browsing import APP, box_of, opened, until
from tests.support.networks import Network, network
from vae.bench.live import Server, free_port, started

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
LAPTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 720}}
QUESTION = "What does the model draw from ten points of a cloud?"
SAME, SLIGHTLY, OTHER = "The same picture ten times", "Slightly different pictures", "Other digits"
FIRST, SECOND = (SAME, SLIGHTLY, OTHER), (SLIGHTLY, SLIGHTLY, OTHER)
# What a browser writes into the console where the app is not reached; the last is Streamlit's own sentence.
LOST = ("ERR_", "403", "WebSocket", "/static/js/index.")


class Lesson:
    """The windows of a class. frames: what the first phone's sockets have brought."""

    def __init__(self, teacher: Page, projector: Page, phones: list[Page]) -> None:
        self.teacher, self.projector, self.phones = teacher, projector, phones

    @property
    def step(self) -> Locator:
        """What the teacher does next."""
        return self.teacher.get_by_role("region", name="What to do next")

    def do(self, name: str) -> None:
        """The teacher's next step."""
        self.step.get_by_role("button", name=name).click()

    def all_here(self) -> None:
        """Everybody is connected, and seen to be."""
        for phone in self.phones:
            expect(seat(phone)).to_be_visible()
        expect(self.projector.locator(".people")).to_have_text("3 here")
        expect(self.teacher.locator(".people")).to_contain_text("3 here")

    def show(self) -> None:
        """The teacher shows another page, and comes back."""
        here = self.teacher.url
        self.teacher.goto(here.replace("/Class", "/Explore"))
        for phone in self.phones:
            expect(phone.get_by_text("Your teacher is showing: follow along.")).to_be_visible()
        self.teacher.goto(here)
        expect(self.teacher.locator(".class-view[data-ready=true]")).to_be_visible()

    def ask(self) -> None:
        """A question of the teacher's own."""
        self.teacher.get_by_role("tab", name="Question").click()
        self.teacher.get_by_role("textbox", name="Question").fill(QUESTION)
        for letter, option in zip("ABC", (SAME, SLIGHTLY, OTHER), strict=True):
            self.teacher.get_by_role("textbox", name=f"Option {letter}").fill(option)
        self.teacher.get_by_role("radio", name="Option B is right").check()
        self.teacher.get_by_role("button", name="Ask the class").click()

    def vote(self, choices: tuple[str, str, str]) -> None:
        """Each phone commits its choice; nobody sees the result."""
        for phone, choice in zip(self.phones, choices, strict=True):
            commit(phone, choice)
            expect(phone.get_by_text("is in and locked")).to_be_visible()
        self.all_counted()

    def all_counted(self) -> None:
        """The projector says that all have voted, and not what."""
        expect(self.projector.get_by_text("3 of 3 answered")).to_be_visible()
        for page in (self.projector, *self.phones):
            expect(page.locator(".histogram .bars:visible")).to_have_count(0)

    def vote_again(self) -> None:
        """The second round, after a discussion."""
        self.do("End the vote")
        self.do("Vote again")
        for phone in self.phones:
            expect(phone.get_by_text("Your first answer was")).to_be_visible()

    def reveal(self) -> None:
        """Result and right answer on every screen."""
        self.do("End the second vote")
        self.do("Show the result")
        for page in (self.projector, *self.phones):
            expect(page.get_by_text("1 of 3 changed: A → B 1.")).to_be_visible()
        self.do("Reveal the right one")
        for page in (self.projector, *self.phones):
            expect(page.get_by_text("✓ correct").first).to_be_visible()
        self.do("End the question")

    def draw(self) -> None:
        """Each phone hands in a digit; the teacher approves them; they are on one map."""
        for number, phone in enumerate(self.phones):
            hand_in(phone, f"{number}")
            expect(phone.get_by_text("Handed in.")).to_be_visible()
        self.approve()

    def approve(self) -> None:
        """The drawings come onto the map of every screen."""
        expect(self.step).to_contain_text("3 drawings wait for you.")
        self.do("Look at them")
        self.teacher.get_by_role("button", name="Approve all").click()
        expect(self.projector.locator(".map-pad canvas")).to_have_attribute("data-drawings", "3")
        for phone in self.phones:
            phone.get_by_role("button", name="Class map · 3").click()
            expect(phone.get_by_role("application", name="Shared map with 3 drawings")).to_be_visible()

    def names(self) -> list[str]:
        """The phones' nicknames."""
        return [seat(phone).inner_text() for phone in self.phones]


def seat(phone: Page) -> Locator:
    """The button of the own seat, once it is connected."""
    return phone.locator(".strip-seat[data-connected=true]")


def commit(phone: Page, choice: str) -> None:
    phone.get_by_role("radio", name=choice).check()
    phone.get_by_role("button", name="Commit my answer").click()


def hand_in(phone: Page, label: str) -> None:
    """Draws a stroke and hands it in."""
    phone.get_by_role("button", name="Draw and hand in").click()
    box = box_of(phone.get_by_role("application", name="Your drawing"))
    phone.mouse.move(box["x"] + 40, box["y"] + 40)
    phone.mouse.down()
    phone.mouse.move(box["x"] + box["width"] - 40, box["y"] + box["height"] - 40, steps=4)
    phone.mouse.up()
    phone.get_by_label("What is it?", exact=True).select_option(label)
    phone.get_by_role("button", name="Hand in", exact=True).click()


@contextmanager
def lesson(
    browser: Browser,
    app: Server,
    url: str = "",
    allowed: tuple[str, ...] = (),
    *,
    ready: str = "",
    screens: tuple[dict[str, Any], ...] = (PHONE, PHONE, PHONE),
) -> Iterator[Lesson]:
    """A class that three have joined, on these screens. url: the app's address for them and for the projector.

    ready: the name of the lesson with which it is opened.
    """
    url = url or app.url
    with ExitStack() as windows:
        teacher = windows.enter_context(opened(browser, f"{app.url}/Class?checkpoint=mnist-z10", allowed))
        if ready:
            teacher.get_by_label("Lesson", exact=True).select_option(ready)
        teacher.get_by_role("button", name="Open the class").click()
        expect(teacher.locator(".class-view[data-ready=true]")).to_be_visible()
        code = teacher.locator(".class-head .code").inner_text()
        projector = windows.enter_context(opened(browser, f"{url}/c/{code}/projector", allowed))
        phones = [windows.enter_context(opened(browser, f"{url}/c/{code}", allowed, **each)) for each in screens]
        found = Lesson(teacher, projector, phones)
        found.all_here()
        yield found
        for name in found.names():
            assert name not in projector.content()


def test_a_class_joins_predicts_discusses_votes_again_and_draws_on_one_map(app: Server, browser: Browser) -> None:
    with lesson(browser, app) as one:
        told: list[str] = []
        phone = one.phones[0]
        phone.on("websocket", lambda socket: socket.on("framereceived", lambda text: told.append(str(text))))
        phone.reload()
        one.all_here()
        one.ask()
        one.vote(FIRST)
        one.vote_again()
        one.vote(SECOND)
        questions = [found for text in told if (found := json.loads(text).get("set", {}).get("question"))]
        assert {question["round"] for question in questions} == {1, 2}
        assert {(question["counts"], question["moved"], question["correct"]) for question in questions} == {(None,) * 3}
        one.reveal()
        one.draw()


STEP_1, STEP_3 = "draw a 1, then a 0", "after two numbers and after ten"
SEEN, WHY = "but not your 1 and your 0", "The model has two parts."


@pytest.mark.parametrize("screens", [(PHONE, PHONE, PHONE), (LAPTOP, LAPTOP, LAPTOP)], ids=["phones", "laptops"])
def test_a_class_of_three_plays_a_lesson_to_its_end(
    app: Server, browser: Browser, screens: tuple[dict[str, Any], ...]
) -> None:
    with lesson(browser, app, ready="two-numbers", screens=screens) as one:
        told: list[str] = []
        students, everybody = one.phones, (one.projector, *one.phones)
        students[0].on("websocket", lambda socket: socket.on("framereceived", lambda text: told.append(str(text))))
        students[0].reload()
        one.all_here()
        one.do("Ask it now")
        copy, garbage, digit = "An exact copy of your digit", "Garbage", "A typical digit of the same kind"
        one.vote((copy, garbage, digit))
        one.vote_again()
        one.vote((copy, digit, digit))
        one.do("End the second vote")
        one.do("Show the result")
        for page in everybody:
            expect(page.get_by_text("1 of 3 changed: B → C 1.")).to_be_visible()

        one.do("Open step 1")
        for page in everybody:
            expect(page.get_by_text(STEP_1).last).to_be_visible()
        for student in students:
            expect(student.get_by_role("heading", name="Reconstruction")).to_be_visible()
            expect(student.get_by_role("button", name="Show me")).to_have_count(0)
        assert not any(text in frame for frame in told for text in (SEEN, WHY, "because"))
        one.do("Show what there is to see")
        for page in everybody:
            expect(page.get_by_text(SEEN).last).to_be_visible()

        one.teacher.get_by_role("radio", name="Explore").check(force=True)
        one.do("Open step 2")
        one.teacher.get_by_role("tab", name="Lesson").click()
        one.teacher.get_by_role("button", name="Step 3", exact=True).click()
        for student in students:
            expect(student.get_by_text(STEP_3).last).to_be_visible()
            student.get_by_role("button", name="Show me").click()
            expect(student).to_have_url(re.compile("page=Reconstruction.*compare=mnist-z10"))
        one.do("Show what there is to see")
        one.do("Explain it")
        for student in students:
            expect(student.get_by_role("heading", name="You predicted")).to_be_visible()
            expect(student.get_by_role("heading", name="What happened")).to_be_visible()
        expect(students[0].locator(".lesson-card").first).to_contain_text(copy)
        expect(one.projector.locator(".predictions .happened")).to_have_text(f"C{digit}2")

        one.do("Ask one more question")
        one.vote(("Something like a digit",) * 3)
        one.do("End the vote")
        one.do("Show the result")
        one.do("Reveal the right one")
        one.do("End the lesson")
        for student in students:
            expect(student.get_by_text("The answer is B: Something like a digit")).to_be_visible()
        expect(one.step).to_contain_text("is over.")


@pytest.mark.parametrize(
    ("sockets", "streams", "way"),
    [
        ("refused", "open", "server-sent events"),
        ("cut", "open", "server-sent events"),
        ("refused", "held", "polling"),
    ],
)
def test_where_sockets_are_refused_or_cut_and_streams_held_the_lesson_is_the_same(
    app: Server, browser: Browser, sockets: Any, streams: Any, way: str
) -> None:
    with network(app) as school:
        school.sockets, school.streams = sockets, streams
        with lesson(browser, app, school.url, LOST) as one:
            for phone in one.phones:
                expect(seat(phone)).to_have_attribute("aria-label", re.compile(f"Connected by {way}"))
            one.all_here()
            one.ask()
            one.vote(FIRST)
            one.vote_again()
            one.vote(SECOND)
            one.reveal()
            one.draw()
            assert (school.refusals if sockets == "refused" else school.cuts) >= 4


def test_an_app_killed_in_the_middle_and_started_again_goes_on_with_every_seat_vote_and_drawing(
    app_checkpoints: Path, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, path in (("VAE_CHECKPOINTS", app_checkpoints), ("VAE_CACHE", tmp_path)):
        monkeypatch.setenv(name, str(path))
    port = free_port()
    with ExitStack() as running:
        own = running.enter_context(started(APP, port))
        with lesson(browser, own, allowed=LOST) as one:
            names = one.names()
            hand_in(one.phones[2], "2")
            expect(one.phones[2].get_by_text("Handed in.")).to_be_visible()
            one.ask()
            for phone, choice in zip(one.phones[:2], FIRST, strict=False):
                commit(phone, choice)
                expect(phone.get_by_text("is in and locked")).to_be_visible()
            os.kill(own.pid, signal.SIGKILL)
            running.close()
            for phone in one.phones:
                expect(phone.get_by_text("No connection: all is kept.")).to_be_visible()
            commit(one.phones[2], FIRST[2])
            expect(one.phones[2].get_by_text("is kept and goes out with the connection.")).to_be_visible()
            running.enter_context(started(APP, port))
            one.all_here()
            assert one.names() == names
            expect(one.phones[2].get_by_text("is in and locked")).to_be_visible()
            one.all_counted()
            one.vote_again()
            one.vote(SECOND)
            one.reveal()
            for number, phone in enumerate(one.phones[:2]):
                hand_in(phone, f"{number}")
                expect(phone.get_by_text("Handed in.")).to_be_visible()
            one.approve()


def test_a_phone_without_a_network_for_long_explores_on_its_own_and_its_vote_and_drawing_arrive_later(
    app: Server, browser: Browser
) -> None:
    with network(app) as school, lesson(browser, app, school.url, LOST) as one:
        for phone in one.phones:
            phone.clock.install()
            phone.reload()
        one.all_here()
        for phone in one.phones:
            with phone.expect_response(re.compile("view=compare")):  # for the pad
                phone.clock.fast_forward(10_000)
        one.show()
        one.ask()
        for phone in one.phones:
            expect(phone.get_by_role("radio", name=SAME)).to_be_visible()
            expect(phone.locator(".lab-stage")).to_have_attribute("inert", "")
        without(one, school)
        school.rise()
        for phone in one.phones:
            phone.context.set_offline(False)
        one.all_here()
        for phone in one.phones:
            phone.get_by_role("button", name="Question").click()
            expect(phone.get_by_text("is in and locked")).to_be_visible()
        one.all_counted()
        one.vote_again()
        one.vote(SECOND)
        one.reveal()
        one.approve()


def without(one: Lesson, school: Network) -> None:
    """All phones vote, draw and explore while nothing gets through."""
    school.fall()
    for phone in one.phones:
        phone.context.set_offline(True)
    expect(one.teacher.locator(".people")).to_contain_text("3 away")
    for number, (phone, choice) in enumerate(zip(one.phones, FIRST, strict=True)):
        expect(phone.get_by_text("No connection: all is kept.")).to_be_visible()
        commit(phone, choice)
        expect(phone.get_by_text("is kept and goes out with the connection.")).to_be_visible()
        hand_in(phone, f"{number}")
        expect(phone.get_by_text("waits for the connection")).to_be_visible()
        phone.keyboard.press("Escape")
        phone.clock.fast_forward(60_000)
        expect(phone.locator(".lab-stage")).not_to_have_attribute("inert", "")
        hero = phone.locator("canvas.hero")
        before = hero.get_attribute("data-frame")
        phone.get_by_role("button", name="Randomise").click()
        until(phone, lambda hero=hero, before=before: hero.get_attribute("data-frame") != before)  # type: ignore[misc]

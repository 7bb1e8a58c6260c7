"""The teacher's page in a real browser: two clicks to a class, every screen, the keyboard alone, a second teacher."""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import attribute, box_of, go, new_page, opened, rest
from tests.support.looks import SIZES, faults, screen
from vae.bench.live import Server

pytestmark = pytest.mark.browser
STUDENTS = 40
OPEN_PANEL = ".help-note:popover-open"
TABS = ("Now", "Lesson", "Question", "Students", "Drawings", "Room")


def post(server: Server, path: str, body: object, **headers: str) -> Any:
    """What the server answers to this JSON."""
    asked = Request(
        f"{server.url}/c/{path}", json.dumps(body).encode(), {"Content-Type": "application/json", **headers}
    )
    with urlopen(asked) as reply:
        return json.loads(reply.read() or b"null")


def join(server: Server, code: str) -> str:
    """A new student's token."""
    return str(post(server, f"{code}/join", {"seat": None, "name": None})["seat"])


def tell(server: Server, code: str, token: str, name: str, **fields: Any) -> None:
    """A student's command."""
    command = {"version": 1, "id": "1", "do": name, **fields}
    reply = post(server, f"{code}/commands?role=student", command, Authorization=f"Bearer {token}")
    assert "error" not in reply, reply


def code_of(page: Page) -> str:
    """The code of the class that the page shows."""
    expect(page.locator(".class-view[data-ready=true]")).to_be_visible()
    return page.locator(".class-head .code").inner_text()


@contextmanager
def class_page(browser: Browser, server: Server, students: int = 0, **options: Any) -> Iterator[tuple[Page, str]]:
    """The page of a new class in which so many students have a seat, and its code."""
    with opened(browser, f"{server.url}/Class?checkpoint=mnist-z10", **options) as page:
        page.get_by_role("button", name="Open the class").click()
        code = code_of(page)
        for _ in range(students):
            join(server, code)
        if students:
            expect(page.locator(".people")).to_contain_text(f"{students} away")
        yield page, code


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_role("tabpanel", name=name)).to_be_visible()


def ask(page: Page, question: str) -> None:
    """Asks a question of the teacher's own, by keys alone; C is right."""
    page.get_by_role("textbox", name="Question").fill(question)
    for letter in "ABC":
        page.get_by_role("textbox", name=f"Option {letter}").fill(f"answer {letter}")
    page.get_by_role("radio", name="Option C is right").press("Space")
    page.get_by_role("button", name="Ask the class").press("Enter")


def test_two_clicks_open_a_class_and_the_projector_is_what_comes_next(app: Server, browser: Browser) -> None:
    with opened(browser, app.url) as page:
        go(page, "Class")
        page.get_by_role("button", name="Open the class").click()
        code = code_of(page)
        step = page.get_by_role("region", name="What to do next")
        projector = step.get_by_role("link", name="Open the projector")
        assert attribute(projector, "href").startswith(f"{app.url}/c/{code}/projector")
        here = page.get_by_role("link", name="A student's page on this computer")
        expect(here).to_have_attribute("href", f"{app.url}/c/{code}")  # phones do not reach this server
        join(app, code)
        expect(step.get_by_role("button", name="Ask a question")).to_be_visible()
        page.reload()
        assert code_of(page) == code


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_nothing_of_a_class_is_too_small_cut_off_or_covered(app: Server, browser: Browser, size: list[int]) -> None:
    with class_page(browser, app, STUDENTS, **screen(size)) as (page, _):
        for name in TABS:
            tab(page, name)
            rest(page)
            assert faults(page) == [], name
        tab(page, "Question")
        ask(page, "What does the model draw from ten samples?")
        expect(page.get_by_role("heading", name="What does the model draw")).to_be_visible()
        page.get_by_text("More", exact=True).click()
        rest(page)
        assert faults(page) == []


@pytest.mark.slow
def test_the_share_of_right_votes_has_the_class_s_numbers(browser: Browser, app: Server) -> None:
    with class_page(browser, app, 1) as (page, code):
        tab(page, "Question")
        ask(page, "Why?")
        expect(page.locator(".next")).to_have_attribute("data-step", "voting")
        for choice in (2, 2, 0):
            tell(app, code, join(app, code), "vote", question=1, round=1, choice=choice)
        page.locator(".next").get_by_role("button", name="End the vote").click()
        page.locator(".next").get_by_role("button", name="What is the share of right votes?").click()
        expect(page.locator(f"{OPEN_PANEL} .measured")).to_have_text("Here: 67 % = 2 / 3")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="What is the share of the votes?").click()
        expect(page.locator(f"{OPEN_PANEL} .measured")).to_have_text("Here: C: 67 % = 2 / 3")
        page.locator(f"{OPEN_PANEL} summary").click()
        expect(page.locator(f"{OPEN_PANEL} figcaption")).to_contain_text("vae/frontend/classroom/histogram.js, line ")


@pytest.mark.slow
def test_on_a_phone_the_tabs_are_one_row_and_the_open_one_is_in_it(app: Server, browser: Browser) -> None:
    phone = {"width": 390, "height": 844}
    with class_page(browser, app, 12, viewport=phone) as (page, _):
        tabs = page.get_by_role("tab")
        expect(tabs.filter(has_text="12 missing")).to_be_visible()
        assert len({box_of(each)["y"] for each in tabs.all()}) == 1
        for name in (TABS[-1], TABS[0]):
            tab(page, name)
            box = box_of(page.get_by_role("tab", name=name))
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= phone["width"]


def test_a_vote_is_led_by_keys_alone_from_one_next_step_to_the_other(app: Server, browser: Browser) -> None:
    with class_page(browser, app, 1) as (page, code):
        page.get_by_role("tab", name="Now").focus()
        for name in ("Lesson", "Question"):
            page.keyboard.press("ArrowRight")
            expect(page.get_by_role("tab", name=name)).to_be_focused()
        ask(page, "Why?")
        step = page.locator(".next")
        expect(step).to_have_attribute("data-step", "voting")
        tell(app, code, join(app, code), "vote", question=1, round=1, choice=2)
        expect(step).to_contain_text("1 of ")
        for name, now in (
            ("End the vote", "between"),  # all are right: no second round is proposed first
            ("Show the result", "reveal"),
            ("Reveal the right one", "try"),
            ("End the question", "ask"),
        ):
            step.get_by_role("button", name=name).press("Enter")
            expect(step).to_have_attribute("data-step", now)


@pytest.mark.slow
def test_many_drawings_keep_their_shape_and_come_onto_the_map_together(app: Server, browser: Browser) -> None:
    with class_page(browser, app) as (page, code):
        picture = {"picture": b64encode(bytes(range(196)) * 4).decode(), "shape": [1, 28, 28]}
        for number in range(STUDENTS):
            tell(app, code, join(app, code), "hand_in", key="first", label=f"{number % 10}", **picture)
        page.locator(".next").get_by_role("button", name="Look at them").click()
        thumbs = page.get_by_role("group", name="Drawings").get_by_role("button")
        expect(thumbs).to_have_count(STUDENTS)
        boxes = [box_of(thumb) for thumb in (thumbs.first, thumbs.last)]
        assert [box["height"] for box in boxes] == pytest.approx([box["width"] for box in boxes], abs=1)
        page.get_by_role("button", name="Approve all").click()
        expect(page.locator(f'.shared-map canvas[data-drawings="{STUDENTS}"]')).to_be_visible()
        expect(page.get_by_role("button", name="Train on our drawings")).to_be_enabled()


@pytest.mark.slow
def test_a_second_teacher_s_link_opens_the_class_and_leaves_no_secret_in_the_address(
    app: Server, browser: Browser
) -> None:
    with class_page(browser, app) as (page, code):
        tab(page, "Room")
        page.get_by_role("button", name="Link for a second teacher").click()
        link = page.get_by_role("textbox", name="Link for a second teacher").input_value()
        with new_page(browser) as other:
            other.goto(link.replace(link.split("/Class")[0], app.url))
            assert code_of(other) == code
            assert "#" not in other.url
            assert link.split(".")[-1] not in other.url
        page.get_by_role("button", name="Delete the class").click()
        delete = page.get_by_role("button", name="Delete everything")
        delete.hover()
        assert delete.evaluate("node => getComputedStyle(node).color") == "rgb(255, 255, 255)"
        delete.click()
        expect(page.get_by_text(f"Class {code} is deleted")).to_be_visible()

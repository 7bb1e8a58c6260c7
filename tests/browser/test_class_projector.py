"""The projector's page: what it shows of a class on every screen, and that it never shows a name."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import box_of, opened
from tests.support.classes import hand_in, taught
from tests.support.effort import first_in_make_test
from vae.bench.live import Server

pytestmark = pytest.mark.browser
NAME = "Amber Otter"
QUESTION = "What survives two numbers? You draw a digit, and the model keeps two numbers of it."
OPTIONS = ["An exact copy of what was drawn", "Garbage", "A typical digit of its class"]
SCREENS = ((1280, 720), (1920, 1080), (3840, 2160))
# In shares of the screen's height: what is read from the last row, and what explains the map for those in front.
SMALLEST, SMALLEST_CAPTION = 0.024, 0.02
FAULTS = """([least, caption]) => {
    const faults = [];
    const {scrollWidth, scrollHeight} = document.documentElement;
    if (scrollWidth > innerWidth || scrollHeight > innerHeight) faults.push("the page is larger than the screen");
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const node = texts.currentNode.parentElement;
        if (!texts.currentNode.textContent.trim() || !node.checkVisibility() || node.closest("script")) continue;
        const range = document.createRange();
        range.selectNodeContents(texts.currentNode);
        const {left, right, top, bottom} = range.getBoundingClientRect();
        const said = texts.currentNode.textContent.slice(0, 40);
        if (left < 0 || right > innerWidth + 1 || top < 0 || bottom > innerHeight + 1) faults.push(`outside: ${said}`);
        const smallest = innerHeight * (node.closest(".map-caption") ? caption : least);
        const size = parseFloat(getComputedStyle(node).fontSize);
        if (size < smallest - 0.5) faults.push(`${size} px: ${said}`);
    }
    return faults;
}"""
FINDINGS = """async () => (await axe.run({resultTypes: ["violations"]})).violations
    .filter(({impact}) => impact === "serious" || impact === "critical")
    .flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html}`))"""


@contextmanager
def projected(browser: Browser, app: Server, code: str, **options: Any) -> Iterator[Page]:
    """The projector's page of a class. Its policy would keep Playwright from waiting for a function."""
    with opened(browser, f"{app.url}/c/{code}/projector", bypass_csp=True, **options) as page:
        expect(page.locator("h1")).to_have_text("Physics 11b")
        yield page


def scene(page: Page) -> str | None:
    return page.locator(".projector").get_attribute("data-scene")


def test_it_shows_how_to_join_and_who_is_here_then_question_votes_and_drawings_but_no_name(
    app: Server, browser: Browser
) -> None:
    with taught(app.address[1]) as (running, code, teacher), projected(browser, app, code) as page:
        expect(page.locator(".code")).to_have_text(f"{code[:3]}{code[3:]}")
        assert page.locator(".qr").evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
        with running.student(code, NAME) as first, running.student(code, NAME) as second:
            expect(page.locator(".people")).to_have_text("2 here")
            question = teacher.do("ask", text=QUESTION, options=OPTIONS, correct=2)["question"]
            expect(page.locator("h2")).to_have_text(QUESTION)
            first.do("vote", question=question, round=1, choice=0)
            expect(page.get_by_text("1 of 2 answered")).to_be_visible()
            assert page.locator(".bar").count() == 0
            second.do("vote", question=question, round=1, choice=2)
            teacher.do("results", shown=True)
            expect(page.locator(".bar")).to_have_count(3)
            teacher.do("round")
            for student in (first, second):
                student.do("vote", question=question, round=2, choice=2)
            teacher.do("voting", open=False)
            teacher.do("results", shown=True)
            teacher.do("reveal")
            expect(page.get_by_text("1 of 2 changed: A → C 1.")).to_be_visible()
            expect(page.locator(".right")).to_contain_text("✓ correct")
            drawing = hand_in(app.address[1], first, 3, "a snowman")
            teacher.do("drop_question")
            expect(page.locator(".join .way")).to_be_visible()
            assert "a snowman" not in page.content()  # the teacher has not looked at it
            teacher.do("drawing", drawing=drawing, state="approved")
            expect(page.locator(".map-groups")).to_have_text("a snowman1")
            expect(page.locator(".map-pad canvas")).to_have_attribute("data-drawings", "1")
            teacher.do("present", pieces=[{"drawing": drawing}])
            expect(page.locator("figcaption:visible")).to_have_text("a snowman")
            assert NAME not in page.content()


@pytest.mark.slow
@pytest.mark.parametrize("size", SCREENS, ids=lambda size: f"{size[0]}")
def test_all_of_it_is_on_the_screen_and_readable_from_the_last_row(
    app: Server, browser: Browser, size: tuple[int, int]
) -> None:
    width, height = size
    options: Any = {"viewport": {"width": width, "height": height}}
    with taught(app.address[1]) as (running, code, teacher), projected(browser, app, code, **options) as page:
        assert page.evaluate(FAULTS, [SMALLEST, SMALLEST_CAPTION]) == []
        assert box_of(page.locator(".code"))["height"] > 0.2 * height
        assert box_of(page.locator(".qr"))["height"] > 0.6 * height
        with running.student(code) as student:
            question = teacher.do("ask", text=QUESTION, options=[*OPTIONS, "x" * 120], correct=2)["question"]
            expect(page.locator("h2")).to_be_visible()
            assert page.evaluate(FAULTS, [SMALLEST, SMALLEST_CAPTION]) == []
            assert box_of(page.locator(".code"))["height"] > 0.08 * height
            assert box_of(page.locator(".qr"))["height"] > 0.4 * height
            student.do("vote", question=question, round=1, choice=0)
            teacher.do("round")
            student.do("vote", question=question, round=2, choice=2)
            teacher.do("results", shown=True)
            expect(page.locator(".bar")).to_have_count(8)
            assert page.evaluate(FAULTS, [SMALLEST, SMALLEST_CAPTION]) == []
            teacher.do("drop_question")
            drawings = []
            for number in range(12):
                label = f"{number}" if number < 10 else "something else"
                drawings.append(hand_in(app.address[1], student, number, label))
                teacher.do("drawing", drawing=drawings[-1], state="approved")
            expect(page.locator(".map-pad canvas")).to_have_attribute("data-drawings", "12")
            assert scene(page) == "map"
            assert page.evaluate(FAULTS, [SMALLEST, SMALLEST_CAPTION]) == []
            teacher.do("present", pieces=[{"drawing": drawing} for drawing in drawings[-3:]])
            expect(page.locator("figcaption:visible")).to_have_text(["9", "something else", "something else"])
            assert page.evaluate(FAULTS, [SMALLEST, SMALLEST_CAPTION]) == []


@pytest.mark.parametrize("scheme", first_in_make_test(["light", "dark"]))
def test_axe_finds_nothing_serious_in_light_and_dark(
    app: Server, browser: Browser, scheme: Literal["light", "dark"]
) -> None:
    with taught(app.address[1]) as (running, code, teacher), projected(browser, app, code, color_scheme=scheme) as page:
        page.evaluate(AXE_SCRIPT)
        assert page.evaluate(FINDINGS) == []
        with running.student(code) as student:
            question = teacher.do("ask", text=QUESTION, options=OPTIONS)["question"]
            student.do("vote", question=question, round=1, choice=0)
            teacher.do("results", shown=True)
            expect(page.locator(".bar")).to_have_count(3)
            assert page.evaluate(FINDINGS) == []


def test_its_policy_keeps_nothing_from_it_and_a_code_in_any_form_leads_to_it(app: Server, browser: Browser) -> None:
    """`opened` fails on any error in the console, and a policy's refusal is one."""
    with taught(app.address[1]) as (_, code, teacher):
        teacher.do("mode", mode="follow")
        link = f"{app.url}/c/{code[:3].lower()}-{code[3:].lower()}/projector?address=http://10.0.0.7:8501"
        with opened(browser, link) as page:
            expect(page.locator(".way")).to_have_text("Join at 10.0.0.7:8501/c")
            expect(page.locator(".qr")).to_have_attribute("src", re.compile(rf"10\.0\.0\.7.*{code}"))

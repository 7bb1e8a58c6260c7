"""A student's page in a class: following, the vote, drawings, the nickname, on a phone and by the keyboard alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.browsing import box_of, opened, until
from tests.support.classes import Socket, Visits
from vae.bench.live import Server

pytestmark = pytest.mark.browser
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 640}, "has_touch": True}
ASKED = "What survives two numbers?"
OPTIONS = ["an exact copy", "garbage", "a typical digit"]
FINDINGS = """async () => (await axe.run({resultTypes: ["violations"]})).violations
    .filter(({impact}) => impact === "serious" || impact === "critical")
    .flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html}`))"""
SIDEWAYS = """() => [document.documentElement, document.querySelector("main"),
    document.querySelector(".lab-class > div").shadowRoot.querySelector(".class-panel")]
    .map(node => node.scrollWidth - node.clientWidth)"""
SMALL = """() => [...document.querySelector(".lab-class > div").shadowRoot
    .querySelectorAll("button, select, input[type=text], .vote-options label")]
    .filter(node => node.checkVisibility() && node.getBoundingClientRect().height < 43.5)
    .map(node => node.outerHTML)"""
CUT = """() => {
    const Kept = WebSocket;
    window.WebSocket = class extends Kept {
        constructor(url) {
            super(url.includes("/c/") ? url.replace("/socket", "/nowhere") : url);
        }
    };
}"""


class Class:
    """A class of the app, its teacher connected."""

    def __init__(self, app: Server, code: str, teacher: Socket) -> None:
        self.url, self.code, self.teacher = f"{app.url}/c/{code}", code, teacher

    def ask(self, *, correct: int | None = None) -> None:
        """Asks the question."""
        self.teacher.do("ask", text=ASKED, options=OPTIONS, correct=correct)

    def until(self, condition: Any) -> None:
        """Waits until the teacher sees this."""
        self.teacher.until(condition)


@contextmanager
def class_of(app: Server, model: str = "digits-z2") -> Iterator[Class]:
    """A new class that explores on its own."""
    visits = Visits(app.address[1])
    code, secret = visits.open("Physics 3b", model)
    with visits.connect(code, "teacher", secret=secret) as teacher:
        teacher.do("mode", mode="explore")
        yield Class(app, code, teacher)


@contextmanager
def student(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """A student's page with its first picture, connected. It must not meet Streamlit."""
    asked: list[str] = []
    with opened(browser, url, **{**PHONE, "bypass_csp": True, **options}) as page:
        page.on("websocket", lambda socket: asked.append(socket.url))
        expect(page.locator("canvas.hero[data-frame]")).to_be_visible()
        expect(seat(page)).to_be_visible()
        yield page
    assert not [url for url in asked if "_stcore" in url]


def seat(page: Page) -> Any:
    """The button of the own seat, once it is connected."""
    return page.locator(".strip-seat[data-connected=true]")


def mode(page: Page) -> Any:
    return page.locator(".strip-mode")


def vote(page: Page, option: str) -> None:
    """Chooses and commits."""
    page.get_by_role("radio", name=option).check()
    page.get_by_role("button", name="Commit my answer").click()


def test_a_phone_shows_the_class_s_model_at_once_also_while_joining_takes_its_time(
    app: Server, browser: Browser
) -> None:
    with class_of(app) as group, opened(browser, f"{app.url}/c/", **PHONE) as page:
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        page.route("**/join", hold)
        page.get_by_label("Code from the board").fill(f" {group.code[:3]}-{group.code[3:].lower()} ")
        page.get_by_role("button", name="Join").click()
        expect(page.locator("canvas.hero[data-frame]")).to_be_visible()
        expect(page.get_by_role("button", name="Model: ")).to_have_attribute("data-name", "digits-z2")
        expect(mode(page)).to_have_text("Joining the class…")
        until(page, lambda: bool(held), "it joins")
        held.pop().continue_()
        expect(mode(page)).to_have_text("Explore on your own.")
        group.until(lambda state: state["people"] == {"joined": 1, "connected": 1})


def test_a_code_of_no_class_is_told_and_another_can_be_typed(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/c/K7PM2X", ("404",), **PHONE) as page:
        expect(page.get_by_role("alert")).to_have_text(
            "There is no class with this code; check it, or ask your teacher."
        )
        page.get_by_label("Code from the board").fill("k7pm0x")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("“0” is in no code")


@pytest.mark.slow
def test_a_vote_is_committed_counted_and_shown_and_there_is_a_second_one(app: Server, browser: Browser) -> None:
    with class_of(app) as group, student(browser, group.url, **PHONE) as page:
        expect(page.get_by_role("button", name="No question")).to_be_disabled()
        group.ask(correct=2)
        expect(page.get_by_role("group", name=ASKED)).to_be_visible()
        vote(page, "garbage")
        expect(page.get_by_text("Your answer B is in and locked.")).to_be_visible()
        expect(page.get_by_text("1 of 1 answered")).to_be_visible()
        group.until(lambda state: state["tally"] and state["tally"]["counts"][0] == [0, 1, 0])
        group.teacher.do("reset")
        expect(page.get_by_role("button", name="Commit my answer")).to_be_disabled()
        vote(page, "garbage")
        expect(page.get_by_text("Your answer B is in and locked.")).to_be_visible()
        group.teacher.do("round")
        expect(page.get_by_text("Your first answer was B.")).to_be_visible()
        vote(page, "a typical digit")
        expect(page.get_by_text("Your answer C is in and locked.")).to_be_visible()
        assert page.locator(".bars").count() == 0
        group.teacher.do("voting", open=False)
        group.teacher.do("results", shown=True)
        expect(page.locator(".bars").first).to_be_visible()
        group.teacher.do("reveal")
        expect(page.get_by_text("✓ correct")).to_be_visible()
        page.reload()
        expect(seat(page)).to_be_visible()
        page.get_by_role("button", name="Question").click()
        expect(page.get_by_text("your vote, round 2")).to_be_visible()
        group.teacher.do("drop_question")
        expect(page.get_by_role("button", name="No question")).to_be_disabled()


@pytest.mark.slow
def test_following_shows_what_the_teacher_shows_and_frozen_stays(app: Server, browser: Browser) -> None:
    with class_of(app) as group, student(browser, group.url) as page:
        group.teacher.do("mode", mode="follow")
        expect(mode(page)).to_have_text("Look around until your teacher shows something.")
        assert page.locator(".lab-stage").get_attribute("inert") is None
        group.teacher.do("show", page="Sampling", params={"checkpoint": "mnist-z2"})
        expect(mode(page)).to_have_text("Your teacher is showing: follow along.")
        expect(page.locator("h1")).to_have_text("Sampling")
        expect(page.get_by_role("button", name="Model: ")).to_have_attribute("data-name", "mnist-z2")
        assert page.locator(".lab-stage").get_attribute("inert") is not None
        group.teacher.do("freeze", frozen=True)
        expect(mode(page)).to_have_text("Frozen: look at the front.")
        expect(page.get_by_role("button", name="Draw and hand in")).to_be_disabled()
        group.teacher.do("show", page="Explore", params={})
        group.teacher.do("mode", mode="explore")
        group.teacher.do("freeze", frozen=False)
        expect(mode(page)).to_have_text("Explore on your own.")
        expect(page.locator("h1")).to_have_text("Sampling")
        assert page.locator(".lab-stage").get_attribute("inert") is None
        group.teacher.do("show", page="Home", params={})
        group.teacher.do("mode", mode="follow")
        expect(mode(page)).to_have_text("Your teacher is on Home.")


@pytest.mark.slow
def test_nothing_that_a_student_had_chosen_is_in_what_the_teacher_shows(app: Server, browser: Browser) -> None:
    with class_of(app) as group, student(browser, f"{group.url}?page=Explore&checkpoint=digits-z2&image=5") as page:
        expect(page.get_by_label("Start from test image")).to_have_value("5")
        group.teacher.do("show", page="Interpolation", params={"checkpoint": "digits-z2"})
        group.teacher.do("mode", mode="follow")
        expect(page.locator("h1")).to_have_text("Interpolation")
        expect(page.get_by_text("test image 0").first).to_be_visible()
        assert "from=" not in page.url
        group.teacher.do("show", page="Explore", params={"checkpoint": "digits-z2"})
        expect(page.get_by_label("Start from test image")).to_have_value("0")


@pytest.mark.slow
def test_a_vote_that_opened_by_itself_gives_way_to_what_the_teacher_shows_next(app: Server, browser: Browser) -> None:
    with class_of(app) as group, student(browser, group.url) as page:
        panel = page.locator(".class-panel")
        group.teacher.do("mode", mode="follow")
        group.ask()
        expect(panel).to_be_visible()
        group.teacher.do("show", page="Sampling", params={})
        expect(page.locator("h1")).to_have_text("Sampling")
        expect(panel).to_be_visible()  # the vote goes on
        group.teacher.do("voting", open=False)
        expect(page.get_by_text("The vote is closed.")).to_be_visible()
        group.teacher.do("show", page="Explore", params={})
        expect(panel).to_be_hidden()
        page.get_by_role("button", name="Question").click()
        group.teacher.do("show", page="Sampling", params={})
        expect(page.locator("h1")).to_have_text("Sampling")
        expect(panel).to_be_visible()  # the student wants it


@pytest.mark.slow
def test_who_comes_late_begins_with_the_view_that_the_class_follows(app: Server, browser: Browser) -> None:
    with class_of(app) as group, opened(browser, f"{app.url}/c/", **PHONE) as page:
        group.teacher.do("mode", mode="follow")
        group.teacher.do("show", page="Sampling", params={"checkpoint": "mnist-z2", "seed": "4"})
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(group.url)
        expect(page.locator("canvas.grid[data-frame]").first).to_be_visible()
        expect(page.locator("h1")).to_have_text("Sampling")
        expect(mode(page)).to_have_text("Your teacher is showing: follow along.")
        expect(page.get_by_role("spinbutton", name="Seed").or_(page.get_by_label("Seed")).first).to_have_value("4")
        assert not [url for url in asked if "/lab/view" in url or "view=explore" in url]


@pytest.mark.slow
def test_a_drawing_is_handed_in_named_approved_seen_on_the_map_and_taken_back(app: Server, browser: Browser) -> None:
    with class_of(app) as group, student(browser, group.url) as page:
        page.get_by_role("button", name="Draw and hand in").click()
        surface = page.get_by_role("application", name="Your drawing")
        box = box_of(surface)
        page.mouse.move(box["x"] + 30, box["y"] + 30)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 30, box["y"] + box["height"] - 30, steps=4)
        page.mouse.up()
        page.get_by_label("What is it?", exact=True).select_option("something else …")
        page.get_by_label("What it is, in your own words").fill("a line")
        assert box_of(page.get_by_label("What it is, in your own words"))["width"] > 200
        page.get_by_role("button", name="Hand in", exact=True).click()
        expect(page.get_by_text("Handed in.")).to_be_in_viewport()
        expect(page.get_by_role("button", name="Hand in", exact=True)).to_be_in_viewport()
        row = page.get_by_role("listitem").filter(has_text="a line")
        expect(row).to_contain_text("waits for your teacher")
        group.until(lambda state: state.get("drawings"))
        (drawing,) = group.teacher.state["drawings"]
        group.teacher.do("drawing", drawing=int(drawing), state="approved")
        expect(row).to_contain_text("on the class map")
        page.get_by_role("button", name="Class map · 1").click()
        expect(page.get_by_role("application", name="Shared map with 1 drawing")).to_be_visible()
        page.get_by_role("button", name="Draw and hand in").click()
        row.get_by_role("button", name="Withdraw “a line”").click()
        expect(row).to_have_count(0)
        group.until(lambda state: not state["drawings"])


def test_a_nickname_is_proposed_and_can_be_changed_and_the_teacher_sees_both(app: Server, browser: Browser) -> None:
    with class_of(app) as group, student(browser, group.url) as page:
        group.until(lambda state: state.get("seats"))
        ((_, before),) = group.teacher.state["seats"].items()
        expect(seat(page)).to_have_text(before["name"])
        seat(page).click()
        page.get_by_label("Nickname").fill("<b>Ada</b>")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("A nickname has no <, >, &")).to_be_visible()
        page.get_by_label("Nickname").fill("Ada")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Saved.")).to_be_visible()
        group.until(lambda state: all(each["name"] != before["name"] for each in state["seats"].values()))
        ((_, after),) = group.teacher.state["seats"].items()
        expect(seat(page)).to_have_text(after["name"])
        expect(page.get_by_text("Connected.", exact=True)).to_be_visible()


def test_the_teacher_sees_small_what_a_student_sees(app: Server, browser: Browser) -> None:
    with class_of(app) as group, student(browser, group.url):
        group.until(lambda _: group.teacher.tiles)
        (tile,) = group.teacher.tiles.values()
        assert (tile["page"], tile["model"], tile["shape"]) == ("Explore", "digits-z2", [1, 8, 8])


def test_where_no_socket_gets_through_the_page_says_by_what_it_is_connected_and_votes_all_the_same(
    app: Server, browser: Browser
) -> None:
    with class_of(app) as group, opened(browser, f"{app.url}/c/", ("WebSocket", "404"), **PHONE) as page:
        page.add_init_script(f"({CUT})()")
        page.goto(group.url)
        seat(page).click()
        expect(page.get_by_text("Connected by server-sent events")).to_be_visible()
        group.ask()
        vote(page, "garbage")
        expect(page.get_by_text("Your answer B is in and locked.")).to_be_visible()
        group.until(lambda state: any(each["transport"] == "events" for each in state["seats"].values()))


def test_a_removed_seat_is_told_and_its_page_goes_on_without_the_class(app: Server, browser: Browser) -> None:
    with class_of(app) as group, student(browser, group.url, allowed=("403",)) as page:
        group.until(lambda state: state.get("seats"))
        (mine,) = group.teacher.state["seats"]
        group.teacher.do("freeze", frozen=True)
        expect(mode(page)).to_have_text("Frozen: look at the front.")
        group.teacher.do("remove_seat", seat=int(mine))
        expect(page.locator(".class-strip[data-kind=ended]")).to_be_visible()
        expect(page.get_by_role("button", name="Draw and hand in")).to_be_hidden()
        until(page, lambda: box_of(page.locator(".strip-words"))["y"] >= box_of(page.locator(".class-strip"))["y"])
        strip, main = box_of(page.locator(".class-strip")), box_of(page.locator("main"))
        assert strip["height"] > 60
        assert main["y"] == pytest.approx(strip["y"] + strip["height"], abs=0.5)
        assert main["y"] + main["height"] == pytest.approx(640, abs=0.5)
        assert page.locator(".lab-stage").get_attribute("inert") is None


@pytest.mark.slow
def test_the_keyboard_alone_votes_draws_and_leaves_the_panels(app: Server, browser: Browser) -> None:
    with class_of(app) as group, student(browser, group.url, viewport={"width": 1280, "height": 720}) as page:
        group.ask()
        page.get_by_role("button", name="Answer", exact=True).focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")  # it had opened by itself: closed, and open again
        expect(page.get_by_role("heading", name="Question")).to_be_focused()
        for key in ("Tab", "Tab", "Space", "ArrowDown", "Tab", "Enter"):  # past the button that closes
            page.keyboard.press(key)
        expect(page.get_by_text("Your answer B is in and locked.")).to_be_visible()
        expect(page.get_by_role("heading", name="Question")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Question")).to_be_focused()
        expect(page.locator(".class-panel")).to_be_hidden()
        page.get_by_role("button", name="Draw and hand in").focus()
        page.keyboard.press("Enter")
        page.get_by_role("application", name="Your drawing").focus()
        for key in ("Space", *["Shift+ArrowRight"] * 3, "Space"):
            page.keyboard.press(key)
        page.get_by_label("What is it?", exact=True).focus()
        page.keyboard.press("7")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Handed in.")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Draw and hand in")).to_be_focused()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_s_page_is_clean_within_the_window_and_wide_enough_for_a_finger(
    app: Server, browser: Browser, scheme: str
) -> None:
    looks = {"color_scheme": scheme, "is_mobile": True, "reduced_motion": "reduce"}
    with class_of(app, "mnist-z10") as group, student(browser, group.url, **looks) as page:
        page.evaluate(AXE_SCRIPT)

        def looks_good() -> None:
            assert page.evaluate(FINDINGS) == []
            assert max(page.evaluate(SIDEWAYS)) <= 0
            assert page.evaluate(SMALL) == []

        looks_good()
        group.ask()
        expect(page.get_by_role("radio").first).to_be_visible()
        expect(page.get_by_role("button", name="Answer", exact=True)).to_have_css("box-shadow", "none")  # filled whole
        looks_good()
        vote(page, "garbage")
        group.teacher.do("results", shown=True)
        expect(page.locator(".bars").first).to_be_visible()
        looks_good()
        for name in ("Draw and hand in", "Class map", "You: "):
            page.get_by_role("button", name=name).click()
            expect(page.locator(".class-bodies > *")).to_be_visible()
            looks_good()
        group.teacher.do("mode", mode="follow")
        expect(page.locator(".class-strip[data-kind=waiting]")).to_be_visible()
        looks_good()
        group.teacher.do("show", page="Explore", params={})
        expect(page.locator(".class-strip[data-kind=follow]")).to_be_visible()
        looks_good()
        group.teacher.do("freeze", frozen=True)
        expect(page.locator(".class-strip[data-kind=frozen]")).to_be_visible()
        looks_good()


@pytest.mark.slow
def test_phones_and_projector_go_on_in_the_class_s_new_language_by_themselves(app: Server, browser: Browser) -> None:
    with class_of(app) as group, student(browser, f"{group.url}?page=Explore&checkpoint=digits-z2&image=5") as page:
        name = seat(page).inner_text()
        with opened(browser, f"{group.url}/projector") as projector:
            expect(projector.locator(".people b")).to_have_text("1")
            group.teacher.do("lesson", language="de")
            expect(mode(page)).to_have_text("Erkunde selbst.")
            expect(seat(page)).to_have_text(name)
            assert "image=5" in page.url
            expect(projector.locator("html")).to_have_attribute("lang", "de")
        group.teacher.do("lesson", language="en")
        expect(mode(page)).to_have_text("Explore on your own.")

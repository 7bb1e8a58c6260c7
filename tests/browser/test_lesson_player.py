"""The lesson beside the real page, alone: to its end, resumed, by keyboard, on a laptop and on a phone, in the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import ROOT, box_of, opened, rest
from tests.support.effort import first_in_make_test
from tests.support.played_lesson import LESSON
from vae.bench.live import Server
from vae.lab.file import lab_file
from vae.lab.model_blocks import ModelFiles
from vae.storage.checkpoints import read_checkpoint

pytestmark = pytest.mark.browser
FINDINGS = """async () =>
    (await axe.run(document.querySelector(".lab-lesson"), {resultTypes: ["violations"]})).violations
    .flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html}`))"""
SMALL = """() => [...document.querySelector(".lab-lesson > div").shadowRoot.querySelectorAll("button, summary, label")]
    .filter((node) => node.checkVisibility() && node.getBoundingClientRect().height < 43.5)
    .map((node) => node.outerHTML)"""
SIDEWAYS = """() => [document.documentElement, document.querySelector("main"),
    document.querySelector(".lab-lesson > div").shadowRoot.querySelector(".lesson-body")]
    .map((node) => node.scrollWidth - node.clientWidth)"""
BROUGHT = """() => JSON.parse(document.querySelector('[data-name="settings"]').textContent).brought.lesson"""
NAMES = sorted(path.parent.name for path in (ROOT / "lessons").glob("*/lesson.md"))
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a lesson and one of the two models that it needs."""
    models = [ModelFiles(read_checkpoint(ROOT / "checkpoints" / "mnist-z10"))]
    path = tmp_path_factory.mktemp("home") / "lesson.html"
    path.write_bytes(lab_file(models, points=500, query="lesson=two-numbers", lesson=LESSON))
    return path


@contextmanager
def taken(browser: Browser, file: Path, **options: Any) -> Iterator[Page]:
    """The file, opened; the console shows no error."""
    with opened(browser, file.as_uri(), offline=True, bypass_csp=True, **options) as page:
        expect(page.get_by_role("heading", name="Predict")).to_be_visible()
        rest(page)
        yield page


@contextmanager
def played(browser: Browser, app: Server, link: str, **options: Any) -> Iterator[Page]:
    """The light page with a lesson beside it; the console shows no error."""
    with opened(browser, f"{app.url}/lab/?{link}", bypass_csp=True, **options) as page:
        expect(page.locator(".lesson-body h3")).not_to_be_empty()
        rest(page)
        yield page


def query(page: Page) -> dict[str, str]:
    """The link's parameters."""
    return {name: values[0] for name, values in parse_qs(urlparse(page.url).query).items()}


def kept(page: Page) -> dict[str, Any]:
    """What the browser keeps of all lessons."""
    return dict(page.evaluate("JSON.parse(localStorage.getItem('latent-lab lessons') ?? '{}')"))


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def predict(page: Page, option: int) -> None:
    page.locator(".lesson-options input").nth(option).check()
    press(page, "Commit my prediction")


def place(page: Page) -> str:
    """What the lesson's heading says."""
    return page.locator(".lesson-body h3").inner_text()


@pytest.mark.slow
def test_the_file_plays_its_lesson_and_says_which_step_it_cannot_show(browser: Browser, file: Path) -> None:
    with taken(browser, file) as page:
        stage = page.locator(".lab-stage")
        expect(stage).to_have_attribute("inert", "")
        expect(page.get_by_text("Not here: mnist-z2.")).to_be_visible()
        predict(page, 0)
        expect(stage).not_to_have_attribute("inert", "")
        press(page, "Next")
        expect(page.get_by_text("This step needs the model mnist-z2, which is not here.")).to_be_visible()
        expect(page.get_by_role("button", name="Show me")).to_be_hidden()
        press(page, "Next")
        press(page, "Show me")
        expect(page.locator("h1")).to_have_text("Reconstruction")
        rest(page)
        link = {name: values[0] for name, values in parse_qs(urlparse(page.url).fragment).items()}
        assert {"lesson": "two-numbers", "page": "Reconstruction", "checkpoint": "mnist-z10"}.items() <= link.items()
        page.reload()
        expect(page.get_by_role("heading", name="Experiment, step 2 of 3")).to_be_visible()
        press(page, "Next")
        press(page, "Next")
        expect(page.get_by_text("It happened otherwise than you predicted.")).to_be_visible()
        press(page, "Next")
        page.get_by_role("radio").nth(1).check()
        press(page, "Commit my answer")
        press(page, "Next")
        assert place(page) == "The end"
        expect(page.get_by_text("You predicted A; what happened was C.")).to_be_visible()


@pytest.mark.slow
def test_a_step_pins_its_image_on_the_map_that_the_step_before_has_opened(browser: Browser, tmp_path: Path) -> None:
    where = {"page": "Latent_map", "checkpoint": "digits-z2"}
    links = ["Latent_map?checkpoint=digits-z2", "Latent_map?checkpoint=digits-z2&image=7"]
    steps = [{**LESSON["steps"][0], **where, "link": link} for link in links]
    file = tmp_path / "lesson.html"
    models = [ModelFiles(read_checkpoint(ROOT / "checkpoints" / "digits-z2"))]
    lesson = LESSON | {"steps": steps, "missing": []}
    file.write_bytes(lab_file(models, points=100, query="lesson=two-numbers", lesson=lesson))
    with taken(browser, file) as page:
        predict(page, 0)
        press(page, "Next")
        press(page, "Show me")
        expect(page.locator(".plot[data-points]")).to_be_visible()
        rest(page)
        press(page, "Next")
        expect(page.get_by_text("Test image 7")).to_be_hidden()
        press(page, "Show me")
        expect(page.get_by_text("Test image 7")).to_be_visible()


STEPS = """() => {
    const root = document.querySelector(".lab-stage > div").shadowRoot;
    const values = [...root.querySelectorAll("input")].map(({ type, value, checked }) => `${type} ${value} ${checked}`);
    return [location.hash, ...values];
}"""


PICTURE = "canvas:is(.hero, .output)[data-frame]"


def show_me(page: Page) -> None:
    """Opens the step, and waits for its picture: while the file unpacks the images, the page has nothing to do."""
    page.locator(".lab-stage > div").evaluate("stage => stage.dataset.before = ''")
    press(page, "Show me")
    expect(page.locator(".lab-stage > div:not([data-before])").locator(PICTURE)).to_be_visible()
    rest(page)


@pytest.mark.slow
def test_a_step_opens_as_on_a_new_page_whatever_was_done_before(browser: Browser, tmp_path: Path) -> None:
    queries = ["Explore?checkpoint=digits-z2", "Reconstruction?checkpoint=digits-z2"]
    links = [queries[0], queries[1] + "&image=7", *queries, queries[0]]
    where = {"page": "Explore", "checkpoint": "digits-z2"}
    lesson = LESSON | {"steps": [{**LESSON["steps"][0], **where, "link": link} for link in links], "missing": []}
    file = tmp_path / "lesson.html"
    models = [ModelFiles(read_checkpoint(ROOT / "checkpoints" / "digits-z2"))]
    file.write_bytes(lab_file(models, points=100, query="lesson=two-numbers", lesson=lesson))
    with taken(browser, file) as page:
        predict(page, 0)
        found = []
        for _ in links:
            press(page, "Next")
            show_me(page)
            found.append(page.evaluate(STEPS))
            slider = page.locator(".lab-stage input[type=range]:enabled").first
            slider.focus()
            slider.press("ArrowRight")
            rest(page)
            assert page.evaluate(STEPS) != found[-1]
            show_me(page)
            assert page.evaluate(STEPS) == found[-1]
        assert found[1] != found[3]
        assert found[0] == found[2] == found[4]


NARROW = """() => [...document.querySelector(".lab-stage > div").shadowRoot
    .querySelectorAll(".damage input[type=range]")]
    .map((node) => node.getBoundingClientRect().width).filter((width) => width < 90)"""


@pytest.mark.parametrize("language", first_in_make_test(["de", "en"]))
def test_a_page_beside_its_lesson_in_a_small_window_has_room_for_what_is_to_be_done(
    app: Server, browser: Browser, language: str
) -> None:
    size = {"width": 1000, "height": 720}
    with played(browser, app, f"lesson=two-numbers&lang={language}", viewport=size) as page:
        page.locator(".lesson-options input").first.check()
        page.locator(".lesson-question > button").click()
        rest(page)
        draw = box_of(page.locator(".picker > button").first)
        assert draw["y"] + draw["height"] < size["height"]
        assert page.evaluate(NARROW) == []
        assert page.evaluate(SIDEWAYS)[:2] == [0, 0]


def places(page: Page) -> Iterator[str]:
    """Plays the lesson from its prediction to its end: each place once there is nothing more to do at it."""
    while True:
        if page.locator(".lesson-question > button").is_visible():
            page.locator(".lesson-options input").first.check()
            page.locator(".lesson-question > button").click()
        if page.get_by_role("button", name="Show me").is_visible():
            press(page, "Show me")
            rest(page)
            page.locator(".lesson-see > summary").click()
        yield place(page)
        if not page.get_by_role("button", name="Next", exact=True).is_visible():
            return
        press(page, "Next")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("narrow", [False, True])
def test_each_place_of_a_lesson_can_be_read_and_touched(
    browser: Browser, file: Path, narrow: bool, scheme: str
) -> None:
    options = PHONE if narrow else {"viewport": {"width": 1280, "height": 720}}
    with taken(browser, file, color_scheme=scheme, **options) as page:
        page.evaluate(AXE_SCRIPT)
        seen = []
        for name in places(page):
            seen.append(name)
            assert page.evaluate(FINDINGS) == [], name
            assert page.evaluate(SIDEWAYS) == [0, 0, 0], name
            if narrow:
                assert page.evaluate(SMALL) == [], name
            lesson, main = box_of(page.locator(".lesson-panel")), box_of(page.locator("main"))
            if narrow:
                assert lesson["y"] + lesson["height"] <= main["y"] + 1, name
                assert main["height"] >= 100, name
            else:
                assert lesson["x"] + lesson["width"] <= main["x"] + 1, name
        assert len(seen) == len(LESSON["steps"]) + 4


def test_on_a_phone_the_lesson_folds_to_one_line(browser: Browser, file: Path) -> None:
    with taken(browser, file, **PHONE) as page:
        predict(page, 1)
        press(page, "Next")
        before = box_of(page.locator("main"))["height"]
        press(page, "Hide")
        expect(page.locator(".lesson-body")).to_be_hidden()
        rest(page)
        assert box_of(page.locator("main"))["height"] > max(before, 500)
        press(page, "Show")
        expect(page.get_by_role("heading", name="Experiment, step 1 of 3")).to_be_visible()


def test_a_lesson_is_played_by_the_keyboard_alone(browser: Browser, file: Path) -> None:
    def focused() -> str:
        return str(
            page.evaluate(
                """() => {
                  let active = document.activeElement;
                  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
                  return active.tagName === "INPUT" ? active.value : active.textContent;
                }"""
            )
        )

    def tab_to(words: str) -> None:
        for _ in range(30):
            page.keyboard.press("Tab")
            if focused() == words:
                return
        pytest.fail(f"The tabulator does not reach {words}")

    with taken(browser, file) as page:
        page.locator("h1").focus()
        page.keyboard.press("Shift+Tab")  # the view is idle: back to the lesson
        for _ in range(30):
            if focused() in {"0", "1", "2"}:
                break
            page.keyboard.press("Shift+Tab")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Space")
        tab_to("Commit my prediction")
        page.keyboard.press("Enter")
        assert "is committed and locked" in focused()
        for name in ("Experiment, step 1 of 3", "Experiment, step 2 of 3"):
            tab_to("Next")
            page.keyboard.press("Enter")
            assert focused() == name
        tab_to("Show me")
        page.keyboard.press("Enter")
        tab_to("What should I see?")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Ten numbers keep the slant, too: 78.5 nats.")).to_be_visible()
        page.keyboard.press("Shift+Tab")
        assert focused() == "Show me"
        tab_to("Back")
        page.keyboard.press("Enter")
        assert focused() == "Experiment, step 1 of 3"


@pytest.mark.slow
@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_each_lesson_is_played_to_its_end(app: Server, browser: Browser, name: str, narrow: bool) -> None:
    with played(browser, app, f"lesson={name}", **(PHONE if narrow else {})) as page:
        lesson = page.evaluate(BROUGHT)
        links = [urlparse(step["link"]) for step in lesson["steps"]]
        expect(page.locator(".lab-stage")).to_have_attribute("inert", "")
        seen = list(places(page))
        assert seen[-1] == "The end"
        assert len(seen) == len(links) + (4 if lesson["transfer"] else 3)
        last = {key: values[0] for key, values in parse_qs(links[-1].query).items()}
        model = query(page).get("film", query(page)["checkpoint"])
        assert (query(page)["lesson"], query(page)["page"]) == (name, links[-1].path)
        assert model == last.get("film", last.get("checkpoint"))
        assert kept(page)[name]["done"] is True
        expect(page.locator(".lab-notices p")).to_have_count(0)


@pytest.mark.slow
def test_a_lesson_resumes_after_a_reload_and_its_prediction_stays(app: Server, browser: Browser) -> None:
    with played(browser, app, "lesson=two-numbers") as page:
        assert (query(page)["page"], query(page)["checkpoint"]) == ("Reconstruction", "mnist-z2")
        predict(page, 1)
        steps = page.evaluate(BROUGHT)["steps"]
        for _ in steps:
            press(page, "Next")
        press(page, "Show me")
        page.wait_for_url(f"**checkpoint={steps[-1]['checkpoint']}**")
        rest(page)
        shown, heading = query(page), place(page)
        page.reload()
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        rest(page)
        assert query(page) == shown
        expect(page.locator(".lab-stage")).not_to_have_attribute("inert", "")
        for _ in steps:
            press(page, "Back")
        options = page.locator(".lesson-options input")
        expect(options.nth(1)).to_be_checked()
        assert all(each.is_disabled() for each in options.all())
        assert kept(page)["two-numbers"]["predicted"] == 1
        page.get_by_role("navigation", name="Pages").get_by_role("link", name="Sampling").click()
        expect(page.locator("h1")).to_have_text("Sampling")
        rest(page)
        assert query(page)["lesson"] == "two-numbers"
        page.go_back()
        expect(page.locator("h1")).to_have_text("Reconstruction")


@pytest.mark.slow
def test_a_lesson_of_one_s_own_is_played_from_the_browser_and_a_mistake_in_it_is_said(
    app: Server, browser: Browser
) -> None:
    text = (ROOT / "lessons" / "two-numbers" / "lesson.md").read_text("utf-8")
    with played(browser, app, "lesson=two-numbers") as page:
        page.evaluate(
            "text => localStorage.setItem('latent-lab own lesson', text)", text.replace("minutes:", "Minutes:")
        )
        page.goto(f"{app.url}/lab/?lesson=own")
        expect(page.get_by_role("heading", name="No lesson")).to_be_visible()
        expect(page.locator(".lesson-note")).to_contain_text("minutes")
        page.evaluate("text => localStorage.setItem('latent-lab own lesson', text)", text)
        page.goto(f"{app.url}/lab/?lesson=own")
        expect(page.get_by_role("heading", name="Predict")).to_be_visible()
        page.wait_for_url("**page=Reconstruction&checkpoint=mnist-z2**")
        predict(page, 0)
        rest(page)
        assert query(page)["lesson"] == "own"
        assert [name.split(":")[0] for name in kept(page)] == ["own"]


def test_an_unknown_lesson_is_said_and_the_page_works(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/lab/?lesson=none", bypass_csp=True) as page:
        expect(page.get_by_role("heading", name="No lesson")).to_be_visible()
        expect(page.get_by_text("There is no lesson 'none'")).to_be_visible()
        expect(page.locator(".lab-stage")).not_to_have_attribute("inert", "")

"""The Lessons page in a real browser: reading, languages, one's own lesson, and a class prepared in a few clicks."""

import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browsing import attribute, opened, rest
from tests.support.effort import first_in_make_test
from tests.support.looks import SIZES, faults, screen
from vae.bench.live import Server

pytestmark = pytest.mark.browser
SHOWN = ".library[data-lesson='{}']"
Role = Literal["button", "link", "tab"]
FIRST = "What survives two numbers?"


def is_read(page: Page, name: str = "two-numbers") -> None:
    """Waits until this lesson is shown."""
    page.wait_for_selector(SHOWN.format(name), state="attached")


def test_a_lesson_is_chosen_read_and_stands_in_the_address(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Lessons") as page:
        is_read(page)
        expect(page.get_by_role("button", name=FIRST)).to_have_attribute("aria-current", "true")
        page.get_by_role("button", name="Is more β better?").press("Enter")
        is_read(page, "more-beta")
        expect(page.get_by_role("heading", name="Is more β better?")).to_be_focused()
        page.wait_for_url("**lesson=more-beta**")
        expect(page.get_by_role("heading", name="Explanation")).to_be_hidden()
        page.get_by_text("All of it, with the answer").click()
        expect(page.get_by_role("heading", name="Explanation")).to_be_visible()
        assert attribute(page.get_by_role("link", name="Play it"), "href") == f"{app.url}/lab/?lesson=more-beta"
        page.reload()
        is_read(page, "more-beta")


@pytest.mark.slow
def test_a_level_and_a_language_narrow_the_list_and_translate_it(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Lessons") as page:
        is_read(page)
        page.get_by_role("radio", name="Measure").press("Space")
        expect(page.get_by_role("button", name=FIRST)).to_have_count(0)
        page.get_by_role("radio", name="All").press("Space")
        page.get_by_label("Language of the lessons").select_option("de")
        page.wait_for_url("**lang=de**")
        expect(page.get_by_role("button", name=FIRST)).to_have_count(0)
        expect(page.locator(".lesson")).not_to_have_count(0)


@pytest.mark.slow
def test_one_s_own_lesson_is_checked_while_it_is_written_and_its_mistake_selected(
    app: Server, browser: Browser, tmp_path: Path
) -> None:
    with opened(browser, f"{app.url}/Lessons") as page:
        is_read(page)
        page.get_by_role("button", name="Write your own").click()
        editor = page.get_by_role("region", name="Write your own")
        expect(page.locator(".editor[data-checked=right]")).to_be_visible()
        text = editor.get_by_label("Text of the lesson")
        whole = text.input_value()
        text.fill(whole.replace("minutes: 8", "minutes: long"))
        expect(page.locator(".editor[data-checked=wrong]")).to_be_visible()
        editor.get_by_role("button", name="Go to line").click()
        assert text.evaluate("t => t.value.slice(t.selectionStart, t.selectionEnd)") == "minutes: long"
        page.keyboard.type("minutes: 7")
        expect(page.get_by_role("article", name="Preview")).to_contain_text("7 minutes")
        with page.expect_download() as saved:
            editor.get_by_role("button", name="Save as a file").click()
        kept = tmp_path / saved.value.suggested_filename
        saved.value.save_as(kept)
        assert kept.suffix == ".md"
        assert kept.read_text("utf-8") == whole.replace("minutes: 8", "minutes: 7")
        page.reload()
        is_read(page)
        page.get_by_role("button", name="Write your own").click()
        expect(text).to_have_value(kept.read_text("utf-8"))  # this browser has kept it
        with page.expect_file_chooser() as chooser:
            editor.get_by_role("button", name="Open a file").click()
        kept.write_text(whole.replace("minutes: 8", "minutes: 6"), "utf-8")
        chooser.value.set_files(kept)
        expect(page.get_by_role("article", name="Preview")).to_contain_text("6 minutes")


@pytest.mark.parametrize("size", first_in_make_test(SIZES))
def test_nothing_is_too_small_cut_off_or_covered(app: Server, browser: Browser, size: list[int]) -> None:
    with opened(browser, f"{app.url}/Lessons", **screen(size)) as page:
        is_read(page)
        rest(page)
        assert faults(page) == []
        page.get_by_role("button", name=FIRST).click()
        page.get_by_text("All of it, with the answer").click()
        rest(page)
        assert faults(page) == []
        if page.get_by_role("button", name="All lessons").is_visible():
            page.get_by_role("button", name="All lessons").click()
            expect(page.get_by_role("button", name=FIRST)).to_be_focused()
        page.get_by_role("button", name="Write your own").click()
        expect(page.locator(".editor[data-checked=right]")).to_be_visible()
        rest(page)
        assert faults(page) == []


@pytest.mark.slow
def test_a_class_is_prepared_rehearsed_and_started_from_the_home_page_in_at_most_eight_clicks(
    app: Server, browser: Browser
) -> None:
    clicks = 0

    def click(place: Page | Locator, role: Role, name: str) -> None:
        nonlocal clicks
        place.get_by_role(role, name=name).click()
        clicks += 1

    with opened(browser, app.url) as page:
        click(page, "link", f"Read “{FIRST}”, or open a class with it")
        is_read(page)
        expect(page.get_by_role("article")).to_contain_text(re.compile(r"\d minutes"))
        click(page, "link", "Rehearse it")
        expect(page.get_by_label("Lesson", exact=True)).to_have_value("two-numbers")
        click(page, "button", "Open the class")
        step = page.get_by_role("region", name="What to do next")
        click(step, "button", "Ask it now")
        expect(step).to_contain_text(re.compile(r"[1-9]\d* of 30 have voted"))
        click(page, "tab", "Room")
        click(page, "button", "End the rehearsal")
        with page.expect_popup() as projector:
            click(step, "link", "Open the projector")
        expect(projector.value.locator("body")).to_contain_text(page.locator(".class-head .code").inner_text())
        projector.value.close()
        page.wait_for_url(lambda url: "lesson=" not in url)  # a reload comes back to this class
    assert clicks <= 8


@pytest.mark.slow
def test_one_s_own_lesson_is_played_and_taught(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Lessons") as page:
        is_read(page)
        page.get_by_role("button", name="Write your own").click()
        text = page.get_by_label("Text of the lesson")
        text.fill(text.input_value().replace(f"title: {FIRST}", "title: Mine alone"))
        expect(page.get_by_role("article", name="Preview")).to_contain_text("Mine alone")
        page.get_by_role("button", name="Play it").click()
        page.wait_for_url("**/lab/?lesson=own**")
        expect(page.get_by_role("heading", name="Mine alone")).to_be_visible()
        page.go_back()
        is_read(page)
        page.get_by_role("button", name="Write your own").click()
        page.get_by_role("button", name="Open a class with it").click()
        expect(page.get_by_label("Lesson", exact=True)).to_have_value("own")
        page.get_by_role("button", name="Open the class").click()
        page.get_by_role("tab", name="Lesson").click()
        expect(page.get_by_role("tabpanel", name="Lesson")).to_contain_text("Mine alone")

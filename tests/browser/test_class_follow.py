"""Following in real browsers: what the teacher's page shows, and what moves on it, is on a student's page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from tests.support.browsing import box_of, changed, go, moving, opened, pixels, rest, swing, until
from vae.bench.live import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SCREEN, PHONE = ViewportSize(width=1600, height=900), ViewportSize(width=390, height=844)


@contextmanager
def lesson(browser: Browser, app: Server, page: str, title: str = "") -> Iterator[tuple[Page, Page]]:
    """A page of the teacher, and a student's page that has joined the class and follows. title: there, if another."""
    with opened(browser, f"{app.url}/{page}", bypass_csp=True, viewport=SCREEN) as teacher:
        code = opened_class(teacher, app)
        with opened(browser, f"{app.url}/c/{code}", bypass_csp=True, viewport=PHONE) as student:
            expect(chip(teacher)).to_have_accessible_name(f"Class {code} · 1 here")
            expect(student.locator("h1")).to_have_text(title or teacher.locator("h1").inner_text())
            yield teacher, student


def opened_class(teacher: Page, app: Server) -> str:
    """The code of a new class, which the teacher's browser teaches."""
    fields = {"name": "Digits", "model": "mnist-z10"}
    answer = teacher.request.post(f"{app.url}/c/classes", data=fields, headers={"Origin": app.url})
    assert answer.status == 201, answer.text()
    code = str(answer.json()["code"])
    teacher.evaluate(
        """code => {
          localStorage.setItem("latent-lab.teaching", code);
          dispatchEvent(new Event("latent-lab-teaching"));
        }""",
        code,
    )
    return code


def chip(teacher: Page) -> Locator:
    """The class in the teacher's bar."""
    return teacher.locator(".class-chip")


def command(teacher: Page, name: str) -> None:
    """Does what the chip's panel offers."""
    chip(teacher).click()
    panel = teacher.get_by_role("dialog", name="Class")
    panel.locator("label, button").filter(has_text=name).click()
    teacher.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def follows(teacher: Page, student: Page, selector: str = "canvas.hero") -> None:
    """Waits until the student sees the teacher's picture."""
    until(student, lambda: pixels(student, selector) == pixels(teacher, selector), "the student sees the same picture")


def drag(teacher: Page, node: Locator, read: Callable[[Page], object], pictures: int = 4) -> None:
    """Drags along a slider of the teacher's until so many new pictures were seen, and leaves it held down."""
    box = box_of(node)
    left, width, y = box["x"] + 30, box["width"] - 60, box["y"] + box["height"] / 2
    teacher.mouse.move(left, y)
    teacher.mouse.down()
    moving(teacher, lambda step: teacher.mouse.move(left + width * swing(step), y), read, pictures)


def query(page: Page) -> dict[str, str]:
    """The link's parameters."""
    return {name: values[0] for name, values in parse_qs(urlparse(page.url).query).items()}


def test_a_student_s_picture_follows_while_the_slider_moves_and_the_link_when_it_is_released(
    app: Server, browser: Browser
) -> None:
    with lesson(browser, app, "Explore?checkpoint=mnist-z10") as (teacher, student):
        drag(teacher, teacher.locator(".row input[type=range]").first, lambda _: pixels(student))
        follows(teacher, student)
        assert ("z" in query(teacher), "z" in query(student)) == (False, False)
        teacher.mouse.up()
        until(student, lambda: "z" in query(student) and query(student)["z"] == query(teacher).get("z"))
        follows(teacher, student)


def test_a_student_explores_or_sees_a_frozen_screen_until_the_teacher_s_is_shown_again(
    app: Server, browser: Browser
) -> None:
    with lesson(browser, app, "lab/?page=Explore&checkpoint=mnist-z10") as (teacher, student):
        teacher.set_viewport_size(PHONE)  # where the bar has room for symbols alone
        follows(teacher, student)
        before = pixels(student)
        for away, back in (("Explore", "Follow me"), ("Freeze", "Release")):
            command(teacher, away)
            expect(chip(teacher)).to_have_attribute("data-state", {"Explore": "explore", "Freeze": "frozen"}[away])
            teacher.get_by_role("button", name="Randomise").click()
            changed(teacher, pixels, before)
            rest(teacher)
            assert pixels(student) == before
            command(teacher, back)
            follows(teacher, student)
            before = pixels(student)


def test_a_student_goes_with_the_teacher_from_page_to_page_and_learns_where_the_teacher_is(
    app: Server, browser: Browser
) -> None:
    with lesson(browser, app, "Explore?checkpoint=mnist-z2") as (teacher, student):
        entries = student.evaluate("history.length")
        go(teacher, "Latent map")
        expect(student.locator("h1")).to_have_text("Latent map")
        until(student, lambda: query(student).get("checkpoint") == "mnist-z2")
        go(teacher, "Training")
        expect(student.locator("h1")).to_have_text("Training film")
        teacher.get_by_role("navigation", name="Pages").get_by_role("link", name="Latent Lab").click()
        expect(student.get_by_text("Your teacher is on Home.")).to_be_visible()
        expect(student.locator("h1")).to_have_text("Training film")
        go(teacher, "Sampling")
        expect(student.locator("h1")).to_have_text("Sampling")
        expect(student.get_by_text("Your teacher is on Home.")).to_be_hidden()
        assert student.evaluate("history.length") == entries


@pytest.mark.parametrize(
    ("link", "slider", "canvas"),
    [
        ("page=Interpolation", ".scrubber", "canvas.hero"),
        ("page=Sampling&view=one", ".sampling .controls input[type=range] >> nth=0", "canvas.grid"),
        ("page=Compare", ".dial input[type=range]", "canvas.output"),
    ],
)
def test_what_moves_on_the_other_pages_moves_at_the_student_s(
    app: Server, browser: Browser, link: str, slider: str, canvas: str
) -> None:
    with lesson(browser, app, f"lab/?{link}&checkpoint=mnist-z10") as (teacher, student):
        follows(teacher, student, canvas)
        drag(teacher, teacher.locator(slider), lambda _: pixels(student, canvas), 2)
        follows(teacher, student, canvas)
        teacher.mouse.up()
        rest(teacher)
        follows(teacher, student, canvas)


@pytest.mark.parametrize("link", ["Training?checkpoint=mnist-z10", "lab/?page=Training&checkpoint=mnist-z10"])
def test_the_moment_of_a_film_follows_the_teacher_s_scrubber_also_where_the_model_has_no_film(
    app: Server, browser: Browser, link: str
) -> None:
    with lesson(browser, app, link, "Training film") as (teacher, student):
        for page in (teacher, student):
            expect(page.locator("canvas.pairs[data-epoch='20']")).to_be_visible()
        slider = teacher.get_by_role("slider", name="Moment of the run")
        drag(teacher, slider, lambda _: epoch(student), 3)
        until(student, lambda: epoch(student) == epoch(teacher))
        teacher.mouse.up()
        until(student, lambda: "frame" in query(student) and query(student)["frame"] == query(teacher).get("frame"))
        assert epoch(student) == epoch(teacher)
        teacher.get_by_role("radio", name="Decoded grid").check()
        expect(student.locator("canvas.manifold")).to_be_visible()


def epoch(page: Page) -> str | None:
    """The epoch of a film's pictures."""
    return page.locator("canvas.pairs").get_attribute("data-epoch")


def test_what_the_teacher_draws_appears_at_the_student_s(app: Server, browser: Browser) -> None:
    with lesson(browser, app, "lab/?page=Reconstruction&checkpoint=mnist-z10") as (teacher, student):
        follows(teacher, student, "canvas.output")
        drag(teacher, teacher.locator(".drawing-surface"), lambda _: pixels(student, "canvas.output"))
        follows(teacher, student, "canvas.output")
        teacher.mouse.up()
        follows(teacher, student, "canvas.output")


def test_where_the_teacher_points_on_the_map_the_student_sees_the_same_picture(app: Server, browser: Browser) -> None:
    with lesson(browser, app, "lab/?page=Latent_map&checkpoint=mnist-z2") as (teacher, student):
        plot = teacher.locator(".plot[data-points]")
        expect(plot).to_be_visible()
        expect(student.locator(".plot[data-points]")).to_be_visible()
        box = box_of(plot)
        middle = box["y"] + box["height"] / 2
        teacher.mouse.move(box["x"] + box["width"] / 2, middle)
        expect(student.locator("canvas.decoded")).to_be_visible()
        moving(
            teacher,
            lambda step: teacher.mouse.move(box["x"] + box["width"] * (0.3 + 0.4 * swing(step, 40)), middle),
            lambda _: pixels(student, "canvas.decoded"),
            4,
        )
        follows(teacher, student, "canvas.decoded")
        teacher.mouse.click(box["x"] + box["width"] / 2, middle)
        expect(student.get_by_role("region", name="Pinned place")).to_be_visible()

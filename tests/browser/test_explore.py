"""The Explore component in a real browser: it decodes during the drag, and Python hears of z on release."""

import urllib.request
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from PIL import Image
from playwright.sync_api import Browser, CDPSession, Locator, Page, WebSocketRoute, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.support.browsing import (
    APP,
    attribute,
    box_of,
    changed,
    choose,
    explore,
    frames,
    go,
    moving,
    new_page,
    pixels,
    settle,
    swing,
    until,
)
from tests.support.downloads import downloaded
from tests.support.effort import first_in_make_test
from vae.bench.live import Server, free_port, started

pytestmark = pytest.mark.browser
Z10 = "Explore?checkpoint=mnist-z10"


def linked_z(page: Page) -> list[float]:
    """The z that Python has put into the address."""
    return [float(value) for value in parse_qs(urlparse(page.url).query).get("z", [""])[0].split(",") if value]


def numbers(page: Page) -> list[float]:
    """The number fields, strongest dimension first."""
    return [float(field.input_value()) for field in page.locator(".row [role=spinbutton]").all()]


def slider(page: Page, k: int = 0) -> Locator:
    """The slider of the k-th strongest dimension."""
    return page.locator(".row input[type=range]").nth(k)


def follow(page: Page, name: str) -> None:
    """Chooses a checkpoint and waits until its picture is drawn."""
    choose(page, name)
    expect(page.locator(".meter")).to_contain_text(name)
    settle(page)


def clients(app: Server) -> str:
    """How many sockets the server counts."""
    text = urllib.request.urlopen(f"{app.url}/live/metrics").read().decode()
    return next(line for line in text.splitlines() if line.startswith("latentlab_live_clients "))


def test_the_picture_changes_during_the_drag_and_python_hears_of_the_release(app: Server, browser: Browser) -> None:
    with explore(browser, f"{app.url}/{Z10}") as page:
        assert linked_z(page) == []
        box = box_of(slider(page))
        y = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + 30, y)
        page.mouse.down()
        moving(page, lambda step: page.mouse.move(box["x"] + 30 + 162 * swing(step), y), pixels, 8)
        settle(page)
        assert linked_z(page) == []
        settled = pixels(page), frames(page)
        page.mouse.up()
        page.wait_for_url("**z=**")
        settle(page)
        assert numbers(page)[0] in linked_z(page)
        assert (pixels(page), frames(page)) == settled  # the rerun on release disturbs nothing


@pytest.mark.slow
def test_the_strongest_dimensions_come_first_and_the_rest_on_demand(app: Server, browser: Browser) -> None:
    with explore(browser, f"{app.url}/{Z10}") as page:
        kl = [float(text) for text in page.locator(".row .kl").all_inner_texts()]
        assert len(kl) == 8
        assert kl == sorted(kl, reverse=True)
        page.get_by_text("more (2)").click()
        expect(page.locator(".row")).to_have_count(10)
        for control in page.locator(".explore input, .explore button").all():
            assert control.get_attribute("aria-label") or control.inner_text(), control.evaluate("c => c.outerHTML")


@pytest.mark.parametrize(
    ("name", "latent_dim", "unused"),
    first_in_make_test(
        [("mnist-z10-b10", 10, 5), ("sprites-z6-tc", 6, 3), ("mnist-z10-b4", 10, 1), ("mnist-z10", 10, 0)]
    ),
)
def test_what_the_model_makes_no_use_of_is_faded_and_has_no_strip(
    app: Server, browser: Browser, name: str, latent_dim: int, unused: int
) -> None:
    with explore(browser, f"{app.url}/Explore?checkpoint={name}") as page:
        if page.get_by_text("more (").count():
            page.get_by_text("more (").click()
        expect(page.locator(".row")).to_have_count(latent_dim)
        rows = page.locator(".row").all()
        faded = ["dead" in attribute(row, "class").split() for row in rows]
        shown = [float(row.locator(".kl").inner_text()) for row in rows]
        assert sum(faded) == unused
        assert faded == [kl <= 0.01 for kl in shown]
        strips = [row.locator(".strip").count() for row in rows[:8]]
        assert strips == [int(not one) for one in faded[:8]]
        heading = page.get_by_role("heading", name="unused")
        if not unused:
            expect(heading).to_have_count(0)
            return
        expect(heading).to_have_text(f"{unused} of {latent_dim} unused: posterior collapse")
        assert box_of(heading)["y"] < box_of(rows[faded.index(True)])["y"]


def test_keys_move_a_slider_and_undo_and_redo(app: Server, browser: Browser) -> None:
    with explore(browser, f"{app.url}/{Z10}") as page:
        before, start = pixels(page), numbers(page)
        slider(page, 1).focus()
        for _ in range(4):
            page.keyboard.press("ArrowLeft")
        settle(page)
        assert numbers(page)[1] == pytest.approx(start[1] - 0.2)
        assert pixels(page) != before
        assert numbers(page)[1] in linked_z(page)
        page.keyboard.press("Control+z")
        page.keyboard.press("Control+z")
        page.keyboard.press("Control+z")
        page.keyboard.press("Control+z")
        settle(page)
        assert (pixels(page), numbers(page)) == (before, start)
        page.keyboard.press("Control+Shift+z")
        settle(page)
        assert numbers(page)[1] == pytest.approx(start[1] - 0.05)
        page.keyboard.press("0")
        assert numbers(page)[1] == 0
        page.keyboard.press("End")
        assert numbers(page)[1] == 3


@pytest.mark.slow
def test_reruns_that_arrive_late_and_together_leave_the_page_as_it_is(app: Server, browser: Browser) -> None:
    """A user who is quicker than the network: with Streamlit's cache of messages a page would lose one, and hang."""
    sockets: list[WebSocketRoute] = []
    late: list[str | bytes] = []
    hold = Event()

    def finished() -> int:
        return sum(
            ForwardMsg.FromString(message).HasField("script_finished") for message in late if isinstance(message, bytes)
        )

    def carry(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        server = socket.connect_to_server()
        server.on_message(lambda message: late.append(message) if hold.is_set() else socket.send(message))

    with new_page(browser) as page:
        page.route_web_socket("**/_stcore/stream", carry)
        page.goto(f"{app.url}/{Z10}")
        page.wait_for_selector("canvas.hero[data-frame]")
        settle(page)
        start = numbers(page)
        slider(page).focus()
        for _ in range(2):
            page.keyboard.press("ArrowLeft")
            settle(page)
        hold.set()
        for key in ("ArrowLeft",) * 2 + ("Control+z",) * 4:  # back to what the browser has been sent before
            count = finished()
            page.keyboard.press(key)
            until(page, lambda before=count: finished() > before)  # type: ignore[misc]
        hold.clear()
        for message in late:
            sockets[-1].send(message)
        settle(page)
        assert numbers(page) == start
        assert set(start) < set(linked_z(page))
        expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.slow
def test_a_number_field_follows_again_after_a_change_that_was_taken_back(app: Server, browser: Browser) -> None:
    with explore(browser, f"{app.url}/{Z10}") as page:
        field = page.locator(".row [role=spinbutton]").first
        before = field.input_value()
        field.press("End")
        field.press("5")
        field.press("Backspace")
        expect(field).to_have_value(before)
        slider(page).focus()
        page.keyboard.press("0")
        expect(field).to_have_value("0")


@pytest.mark.slow
def test_a_vertical_swipe_on_a_slider_scrolls_the_page_and_a_horizontal_one_moves_z(
    app: Server, browser: Browser
) -> None:
    phone: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with explore(browser, f"{app.url}/{Z10}", **phone) as page:
        scrolled = lambda: page.get_by_test_id("stMain").evaluate("main => main.scrollTop")  # noqa: E731
        session, start, z = page.context.new_cdp_session(page), scrolled(), numbers(page)

        def swipe(right: int, down: int) -> None:
            box = box_of(slider(page))
            x, y = box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2
            for step in range(11):
                kind, share = "touchMove" if step else "touchStart", step / 10
                points = [{"x": x + share * right, "y": y + share * down}]
                session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
            session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
            settle(page)

        swipe(0, -120)
        until(page, lambda: scrolled() > start)
        assert numbers(page) == z
        seen = frames(page)
        swipe(-100, 0)
        assert numbers(page)[0] < -0.5
        assert numbers(page)[1:] == z[1:]
        assert frames(page) > seen
        swipe(0, 0)
        assert numbers(page)[0] == pytest.approx(2.0, abs=0.2)  # where the finger was lifted


@pytest.mark.slow
def test_a_decimal_comma_is_read_and_what_is_no_number_is_marked(app: Server, browser: Browser) -> None:
    with explore(browser, f"{app.url}/{Z10}") as page:
        field = page.locator(".row [role=spinbutton]").first
        field.press("Control+a")
        page.keyboard.type("1,25")
        field.press("Enter")
        settle(page)
        assert 1.25 in linked_z(page)
        field.fill("1.234,5")
        field.press("Enter")
        settle(page)
        expect(field).to_have_value("1.234,5")
        expect(field).to_have_attribute("aria-invalid", "true")
        assert slider(page).input_value() == "1.25"


@pytest.mark.slow
def test_a_component_stays_until_its_place_on_the_page_is_gone(app: Server, browser: Browser) -> None:
    """However fast data follows data: Streamlit cleans a call up when newer data is only on its way."""
    with explore(browser, f"{app.url}/{Z10}") as page:
        made, seen, closed = page.evaluate(
            """async () => {
                const scripts = performance.getEntriesByType("resource").map(({ name }) => name);
                const explore = scripts.find((name) => name.endsWith("/explore.js"));
                const { default: mount } = await import(explore.replace("explore/explore.js", "hosts/streamlit.js"));
                const source = `export default class {
                    constructor(parent) { parent.log.made++; this.log = parent.log; }
                    update(data) { this.log.seen.push(data.n); }
                    close() { this.log.closed++; }
                }`;
                const script = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
                const parentElement = document.createElement("div");
                document.body.append(parentElement);
                const log = (parentElement.log = { made: 0, seen: [], closed: 0 });
                const soon = () => new Promise((done) => setTimeout(done, 300));
                const call = (n) => mount({ data: { script, n }, parentElement, setStateValue() {} });
                call(1)();
                const last = call(2);
                await soon();
                call(3)();
                await soon();
                const { made, closed } = log;
                parentElement.remove();
                last();
                last();
                return [made, log.seen, [closed, log.closed]];
            }"""
        )
        assert (made, seen, closed) == (1, [2, 3], [0, 1])


@pytest.mark.slow
def test_buttons_double_click_number_field_and_range(app: Server, browser: Browser) -> None:
    with explore(browser, f"{app.url}/{Z10}") as page:
        before, start = pixels(page), numbers(page)
        page.get_by_role("button", name="Randomise").click()
        settle(page)
        assert numbers(page) != start
        page.get_by_role("button", name="Zero all").click()
        settle(page)
        assert set(numbers(page)) == {0}
        page.get_by_role("button", name="Undo").click()
        assert set(numbers(page)) != {0}
        page.get_by_role("button", name="Reset to start").click()
        settle(page)
        assert (pixels(page), numbers(page)) == (before, start)
        slider(page).dblclick(position={"x": 200, "y": 10})
        assert numbers(page)[0] == 0
        field = page.locator(".row [role=spinbutton]").first
        field.fill("4.12345")
        field.press("Enter")
        settle(page)
        assert field.input_value() == "4.1235"
        assert 4.1235 in linked_z(page)
        page.get_by_label("Range of the sliders").fill("6")
        assert float(attribute(slider(page), "max")) == 6
        assert float(slider(page).input_value()) == 4.12


@pytest.mark.slow
def test_a_thumbnail_shows_and_reaches_its_z(app: Server, browser: Browser) -> None:
    with explore(browser, f"{app.url}/{Z10}") as page:
        strip = pixels(page, ".strip canvas")
        page.locator(".strip").first.locator("button").nth(5).click()
        settle(page)
        assert numbers(page)[0] == 2
        picture = page.evaluate(
            """() => {
                const root = document.querySelector(".st-key-explore [data-testid=stBidiComponentIsolated]").shadowRoot;
                const strip = root.querySelector(".strip canvas"), hero = root.querySelector(".hero");
                const of = (canvas, x) => canvas.getContext("2d").getImageData(x, 0, hero.width, hero.height).data;
                return of(strip, 5 * hero.width).every((v, i) => Math.abs(v - of(hero, 0)[i]) <= 1);
            }"""
        )
        assert picture
        assert pixels(page, ".strip canvas") == strip  # the strip is taken along the dimension that moved
        page.locator(".strip").first.locator("button").nth(0).focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        assert numbers(page)[0] == -2


@pytest.mark.slow
def test_touch_drags_a_slider_and_the_map(app: Server, browser: Browser) -> None:
    with explore(
        browser, f"{app.url}/{Z10}", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    ) as page:
        hero = box_of(page.locator("canvas.hero"))
        assert hero["x"] >= 0
        assert hero["x"] + hero["width"] <= 390
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        for target, read in ((slider(page, 2), numbers), (page.locator(".pad"), numbers)):
            target.scroll_into_view_if_needed()
            box = box_of(target)
            before = read(page)
            touch = page.context.new_cdp_session(page)
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})

            def move(step: int, touch: CDPSession = touch, x: float = x, y: float = y) -> None:
                point = {"x": x + 24 + 42 * swing(step, 7), "y": y}  # up to about 20 pixels may still become a tap
                touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})

            moving(page, move, frames, 4)
            touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
            settle(page)
            assert read(page) != before


@pytest.mark.slow
def test_the_map_marker_is_exact_and_the_pad_of_a_2d_model_moves_z(app: Server, browser: Browser) -> None:
    with explore(browser, f"{app.url}/{Z10}") as page:
        follow(page, "mnist-z2")
        pad = page.locator(".pad")
        box = box_of(pad)
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        across = lambda share: page.mouse.move(  # noqa: E731
            box["x"] + box["width"] * (0.5 + share / 4), box["y"] + box["height"] / 2
        )
        moving(page, lambda step: across(swing(step)), frames, 6)
        across(1)
        page.mouse.up()
        settle(page)
        z = dict(zip(page.locator(".row .name").all_inner_texts(), numbers(page), strict=True))
        assert z["z₀"] == pytest.approx(1.5, abs=0.03)
        assert z["z₁"] == pytest.approx(0, abs=0.03)
        pad.focus()
        page.keyboard.press("ArrowUp")
        z2 = dict(zip(page.locator(".row .name").all_inner_texts(), numbers(page), strict=True))
        assert z2["z₁"] == pytest.approx(z["z₁"] + 0.05)
        page.get_by_role("button", name="Zero all").click()
        marker = attribute(page.locator(".pad"), "data-at")
        assert [float(part) for part in marker.split(",")] == [0, 0]


@pytest.mark.slow
def test_the_component_follows_a_change_of_checkpoint_and_of_start(app: Server, browser: Browser) -> None:
    with explore(browser, f"{app.url}/{Z10}") as page:
        first = pixels(page)
        field = page.get_by_role("spinbutton", name="Start from test image")
        field.fill("5")
        field.press("Enter")
        expect(page.locator(".start-title")).to_contain_text("test image 5")
        settle(page)
        assert pixels(page) != first
        assert pixels(page, "figure canvas") == pixels(page)
        follow(page, "rgb-z16")
        assert page.locator("canvas.hero").get_attribute("width") == "64"
        expect(page.locator(".row")).to_have_count(8)
        follow(page, "z1")
        expect(page.locator(".row")).to_have_count(1)
        follow(page, "mnist-z10")
        expect(page.locator(".row")).to_have_count(8)


def test_the_link_reproduces_the_picture_bit_by_bit(app: Server, browser: Browser) -> None:
    with explore(browser, f"{app.url}/{Z10}") as page:
        page.get_by_role("button", name="Randomise").click()
        page.wait_for_url("**z=**")
        settle(page)
        picture, z = pixels(page), numbers(page)
        with explore(browser, page.url) as other:
            assert numbers(other) == z
            assert pixels(other) == picture


@pytest.mark.slow
def test_the_png_is_eight_times_the_picture(app: Server, browser: Browser, tmp_path: Path) -> None:

    with explore(browser, f"{app.url}/{Z10}") as page:
        download = downloaded(page, "PNG")
        assert download.suggested_filename == "mnist-z10.png"
        download.save_as(tmp_path / "z.png")
        image = Image.open(tmp_path / "z.png").convert("RGBA")
        assert image.size == (224, 224)
        small = image.resize((28, 28), Image.Resampling.NEAREST)
        assert ",".join(map(str, small.tobytes())) == pixels(page)


@pytest.mark.slow
def test_two_browsers_do_not_disturb_each_other(app: Server, browser: Browser) -> None:
    with explore(browser, f"{app.url}/{Z10}") as one, explore(browser, f"{app.url}/{Z10}") as two:
        still = pixels(two), frames(two)
        one.get_by_role("button", name="Zero all").click()
        settle(one)
        assert (pixels(two), frames(two)) == still


@pytest.mark.slow
def test_names_are_text_and_never_markup(app: Server, browser: Browser) -> None:
    with explore(browser, f"{app.url}/Explore?checkpoint=rgb-z16") as page:
        expect(page.locator(".legend")).to_contain_text("<b>nine</b>")
        assert page.locator(".legend b").count() == 0


def test_dark_theme_and_hero_above_the_fold(app: Server, browser: Browser) -> None:
    with explore(browser, f"{app.url}/{Z10}", color_scheme="dark") as page:
        box = box_of(page.locator("canvas.hero"))
        assert box["y"] + box["height"] <= 720
        assert box["width"] % 28 == 0
        colour = page.locator(".explore").evaluate("e => getComputedStyle(e).color")
        assert int(colour.split("(")[1].split(",")[0]) > 200


@pytest.mark.slow
def test_a_change_of_theme_keeps_z_and_leaving_the_page_closes_the_socket(app: Server, browser: Browser) -> None:
    with explore(browser, f"{app.url}/{Z10}", server=True, color_scheme="light") as page:
        page.get_by_role("button", name="Randomise").click()
        settle(page)
        state = numbers(page), pixels(page), clients(app)
        colour = page.locator(".explore").evaluate("e => getComputedStyle(e).color")
        page.emulate_media(color_scheme="dark")
        expect(page.locator(".explore")).not_to_have_css("color", colour)
        settle(page)
        assert (numbers(page), pixels(page), clients(app)) == state
        go(page, "Training")  # a page without a socket of its own
        expect(page.locator(".explore")).to_have_count(0)
        changed(page, lambda _: clients(app), state[2])


@pytest.mark.slow
def test_a_lost_connection_is_said_and_recovers_without_a_reload(app: Server, browser: Browser) -> None:
    port, running = free_port(), ExitStack()
    own = running.enter_context(started(APP, port))
    lost = ("ERR_CONNECTION", "/static/js/index.")  # the second: Streamlit's own words on the same
    with running, explore(browser, f"{own.url}/{Z10}", lost, server=True) as page:
        running.close()
        notice = page.locator(".notice")
        expect(notice).to_contain_text("Connection lost – trying again in")
        assert notice.get_attribute("role") == "status"
        slider(page).focus()
        page.keyboard.press("Home")  # what is asked for until then is drawn when the server is back
        count = frames(page)
        running.enter_context(started(APP, port))
        expect(notice).to_be_hidden()
        settle(page)
        assert frames(page) > count
        assert numbers(page)[0] == -3


def test_a_link_whose_z_does_not_fit_the_model_is_refused(app: Server, browser: Browser) -> None:
    with explore(browser, f"{app.url}/{Z10}&z=1,2,3") as page:
        expect(page.get_by_text("This link's z is not 10 numbers")).to_be_visible()

"""The room's check on a phone: what gets through, in words, and told to the teacher."""

from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import changed, opened
from tests.support.classes import taught
from tests.support.effort import first_in_make_test
from vae.bench.live import Server

pytestmark = pytest.mark.browser
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
REPORTS = 13  # from 0 to 60 s
FINDINGS = """async () => (await axe.run({resultTypes: ["violations"]})).violations
    .filter(({impact}) => impact === "serious" || impact === "critical")
    .flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html}`))"""


def answers(page: Page) -> int:
    """How many of its reports have been answered."""
    return int(page.locator(".check").get_attribute("data-answers") or 0)


@pytest.mark.parametrize("scheme", first_in_make_test(["light", "dark"]))
def test_a_socket_that_holds_a_minute_is_told_on_the_phone_and_to_the_teacher(
    app: Server, browser: Browser, scheme: Any
) -> None:
    with (
        taught(app.address[1]) as (_, code, teacher),
        opened(browser, f"{app.url}/lab/", color_scheme=scheme, **PHONE) as page,
    ):
        page.clock.install(time=0)
        page.clock.pause_at(1)
        page.goto(f"{app.url}/c/{code}/check")
        seen = 0
        for _ in range(1, REPORTS):  # `expect` waits for ever while the clock stands still
            seen = changed(page, answers, seen)
            assert "Keep this page open for a minute" in page.locator(".check").inner_text()
            page.clock.run_for(5000)
        assert changed(page, answers, seen) == REPORTS
        page.clock.resume()
        expect(page.get_by_role("status")).to_have_text("Ready: all works from this phone.")
        teacher.until(lambda state: any(each["socket_seconds"] == 60 for each in state.get("check", {}).values()))
        expect(page.get_by_role("button", name="Check again")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.evaluate(AXE_SCRIPT)
        assert page.evaluate(FINDINGS) == []


def test_where_no_socket_gets_through_another_way_tells_so_and_reports(app: Server, browser: Browser) -> None:
    with taught(app.address[1]) as (_, code, teacher), opened(browser, f"{app.url}/lab/", **PHONE) as page:
        page.route_web_socket("**/socket", lambda socket: socket.close())
        page.goto(f"{app.url}/c/{code}/check")
        expect(page.get_by_role("status")).to_contain_text("lets no WebSocket through. Students lose nothing by that")
        teacher.until(lambda state: any(each["socket_seconds"] == 0 for each in state.get("check", {}).values()))
        page.get_by_role("button", name="Check again").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".check")).to_have_attribute("data-done", "true")

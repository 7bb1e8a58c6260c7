"""The app where it is not at the root of an address: behind proxies, under a path, in a page of another site."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import attribute, new_page, rest
from tests.support.proxies import PREFIX, app_with, has_nginx, nginx, served, stripping_proxy
from vae.bench.live import Server
from vae.ui.shared.page import PAGES

pytestmark = pytest.mark.browser

BASE = "/course/ml/"
NAMES = [Path(path).stem.partition("_")[2] for path, _, _ in PAGES]
PICTURE = "canvas:is([data-frame], [data-epoch]):visible"
# In place of a picture.
BEGUN = {"Class": "button:text-is('Open the class'):enabled", "Lessons": ".library[data-lesson]"}
MISSING = "nginx or openssl is not installed (Debian: nginx-light, openssl)"
needs_nginx = pytest.mark.skipif(not has_nginx(), reason=MISSING)


@contextmanager
def watched(browser: Browser, url: str) -> Iterator[tuple[Page, set[str]]]:
    """A page, and what it asks for outside of the app's address but for Streamlit's own probes."""
    strays: set[str] = set()

    def note(asked: str) -> None:
        address = asked.replace("ws", "http", 1) if asked.startswith("ws") else asked
        if not address.startswith((f"{url}/", "blob:", "data:")):
            strays.add(asked)

    with new_page(browser, ignore_https_errors=True) as page:
        page.on("request", lambda request: note(request.url))
        page.on("websocket", lambda socket: note(socket.url))
        yield page, strays


def walk(browser: Browser, url: str) -> None:
    """From Interpolation, opened first, by its link to Explore, and on by the sidebar to the map: all show pictures."""
    with watched(browser, url) as (page, strays):
        page.goto(f"{url}/Interpolation?checkpoint=mnist-z2")
        expect(page.locator(PICTURE).first).to_be_visible()
        link = page.get_by_role("link", name="Open in Explore")
        assert attribute(link, "href").startswith(f"{url}/Explore?checkpoint=mnist-z2&")
        link.click()
        expect(page.locator("canvas.hero[data-frame]")).to_be_visible()
        assert page.url.startswith(f"{url}/Explore?")
        page.get_by_role("navigation", name="Pages").get_by_role("link", name="Latent map").click()
        expect(page.locator(".plot[data-state=done] canvas[data-frame]").first).to_be_visible()
        expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
        assert page.url.startswith(f"{url}/Latent_map?")
        rest(page)
        assert strays == set()


def walk_light(browser: Browser, url: str) -> None:
    """The same walk on the light page, which stays one page."""
    with watched(browser, url) as (page, strays):
        page.goto(f"{url}/lab/?page=Interpolation&checkpoint=mnist-z2")
        expect(page.locator(PICTURE).first).to_be_visible()
        page.get_by_role("link", name="Open in Explore").click()
        expect(page.locator("h1")).to_have_text("Explore")
        expect(page.locator("canvas.hero[data-frame]")).to_be_visible()
        assert page.url.startswith(f"{url}/lab/?page=Explore&")
        page.get_by_role("navigation", name="Pages").get_by_role("link", name="Latent map").click()
        expect(page.locator(".plot[data-state=done] canvas[data-frame]").first).to_be_visible()
        assert attribute(page.get_by_role("link", name="Full app"), "href").startswith(f"{url}/Latent_map?")
        assert strays == set()


@pytest.mark.slow
def test_a_proxy_that_strips_a_prefix_and_changes_the_host_hinders_nothing(app: Server, browser: Browser) -> None:
    with stripping_proxy(app.url) as url:
        walk(browser, url)
        walk_light(browser, url)


@pytest.mark.slow
@needs_nginx
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_nginx_may_strip_a_prefix(app: Server, browser: Browser, tmp_path: Path, *, tls: bool) -> None:
    with nginx(tmp_path, app.url, PREFIX, tls=tls) as url:
        walk(browser, url)
        for name in NAMES:
            with watched(browser, url) as (page, strays):
                page.goto(f"{url}/{name}?checkpoint=mnist-z2&film=mnist-z2")
                expect(page.locator(BEGUN.get(name, PICTURE)).first).to_be_visible()
                rest(page)
                assert strays == set(), name


@pytest.mark.slow
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_the_app_may_have_a_base_path_and_an_address_of_version_six(
    browser: Browser, tmp_path: Path, host: str
) -> None:
    with app_with(BASE, host) as url:
        walk(browser, url)
        walk_light(browser, url)
        if has_nginx():
            with nginx(tmp_path, url.removesuffix(BASE.rstrip("/")), PREFIX, BASE.rstrip("/"), host=host) as outer:
                walk(browser, outer)


@pytest.mark.slow
@needs_nginx
def test_a_page_of_another_site_may_frame_the_app(app: Server, browser: Browser, tmp_path: Path) -> None:
    with (
        nginx(tmp_path, app.url, "", tls=True) as url,
        served(f'<iframe src="{url}/Explore" width="1200" height="700"></iframe>') as outer,
        watched(browser, url) as (page, strays),
    ):
        page.goto(outer)
        frame = page.frame_locator("iframe")
        expect(frame.locator("canvas.hero[data-frame]")).to_be_visible()
        frame.get_by_role("navigation", name="Pages").get_by_role("link", name="Latent map").click()
        expect(frame.locator(".plot[data-state=done]")).to_be_visible()
        assert all(stray.startswith(outer) for stray in strays)


@pytest.mark.slow
def test_a_page_that_streamlit_refuses_shows_which_option_to_set(browser: Browser) -> None:
    with app_with("", "127.0.0.1", "--server.allowedHosts=lab.example") as url, new_page(browser) as page:
        page.goto(f"{url}/Explore")
        expect(page.get_by_role("dialog")).to_contain_text("server.allowedHosts")

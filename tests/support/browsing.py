"""Fixtures for tests in a real browser: the running app, a Chromium, pages that fail on any error in the console."""

import re
import shutil
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, FloatRect, Locator, Page, Route, expect
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PatienceLostError

from tests.support.patience import PATIENCE
from vae.bench.browser.chromium import chromium
from vae.bench.live import Server, started
from vae.datasets.splits import Dataset, Split
from vae.model.networks import default_config
from vae.training.checkpoint import train_checkpoint
from vae.training.config import TrainingConfig
from vae.views.shared.scripts import FRONTEND

Seen = TypeVar("Seen")

ROOT = Path(__file__).parents[2]
APP = ROOT / "app.py"
# Streamlit asks for these two beneath the page's own path first, and then where they are.
HEALTH = "/_stcore/health"
MOST_CONTEXTS = 4
HARMLESS = ("/_stcore/health", "/_stcore/host-config")
expect.set_options(timeout=1000 * PATIENCE)
IDLE_SCRIPT = Path(__file__).with_name("idle.js")
RESTS = count()
PIXELS = "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).join()"


@pytest.fixture(scope="session")
def app_checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped checkpoints, two odd ones (colour with a hostile class name; one dimension) and a broken one."""
    root = tmp_path_factory.mktemp("app") / "checkpoints"
    shutil.copytree(ROOT / "checkpoints", root)
    for name, latent_dim, shape in (("rgb-z16", 16, (3, 64, 64)), ("z1", 1, (1, 28, 28))):
        model_config = default_config(shape, latent_dim, "conv")
        list(train_checkpoint(_noise(shape), model_config, TrainingConfig(epochs=1, device="cpu"), root / name))
    (root / "broken").mkdir()
    return root


def _noise(shape: tuple[int, int, int]) -> Dataset:
    rng = np.random.default_rng(0)
    train, validation, test = (
        Split(rng.integers(0, 256, (64, *shape), np.uint8), rng.integers(0, 2, 64)) for _ in range(3)
    )
    return Dataset("noise", train, validation, test, ("plain", "<b>nine</b>"))


@pytest.fixture(scope="session")
def app(app_checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The running app, shared by all browser tests that leave it running."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAE_CHECKPOINTS", str(app_checkpoints))
        patch.setenv("VAE_CACHE", str(tmp_path_factory.mktemp("cache")))
        with started(APP) as server:
            yield server


@pytest.fixture(scope="module")
def browser() -> Browser:
    """One Chromium for all tests that follow each other and need one; conftest.py closes it before any other test."""
    return CHROMIUM.running()


class SharedChromium:
    """A Chromium that stays open from test to test, with a few browser sessions whose caches are warm.

    It must be closed before other tests: as long as Playwright runs, nothing else can run an event loop in this thread.
    """

    def __init__(self) -> None:
        self._exits = ExitStack()
        self._browser: Browser | None = None
        self._contexts: OrderedDict[str, BrowserContext] = OrderedDict()

    def running(self) -> Browser:
        """The browser, started where it is not running."""
        if self._browser is None:
            self._browser = self._exits.enter_context(chromium("--process-per-site"))
        return self._browser

    def close(self) -> None:
        """Ends it, if it runs."""
        self._contexts.clear()
        self._browser = None
        self._exits.close()

    @contextmanager
    def context(self, options: dict[str, Any]) -> Iterator[BrowserContext]:
        """A browser session with these options that no test uses now, without cookies; made where there is none."""
        key = repr(sorted(options.items()))
        context = self._contexts.pop(key, None) or self._new_context(options)
        try:
            yield context
        finally:
            context.clear_cookies()
            if key in self._contexts or not context.pages:
                context.close()
            else:
                self._contexts[key] = context
                while len(self._contexts) > MOST_CONTEXTS:
                    self._contexts.popitem(last=False)[1].close()

    def _new_context(self, options: dict[str, Any]) -> BrowserContext:
        context = self.running().new_context(**options)
        context.set_default_timeout(1000 * PATIENCE)
        context.add_init_script(path=IDLE_SCRIPT)
        return context


CHROMIUM = SharedChromium()


@contextmanager
def new_page(_: Browser, **options: Any) -> Iterator[Page]:
    """An empty page in a browser session that no other open page shares."""
    with CHROMIUM.context({"viewport": {"width": 1280, "height": 720}} | options) as context:
        page = context.new_page()
        try:
            yield page
        finally:
            retire(page)


def retire(page: Page) -> None:
    """Closes the page; the first of a session remains on an empty address of the server.

    Its process then remains, too, and the next page of the same site need not compile Streamlit's scripts again.
    """
    first = len(page.context.pages) == 1
    try:
        page.evaluate("localStorage.clear()")
        assert first
        page.goto("/".join(page.url.split("/")[:3]) + HEALTH)
    except (AssertionError, PlaywrightError):
        page.close()


@contextmanager
def opened(
    browser: Browser, url: str, allowed: tuple[str, ...] = (), *, server: bool = False, **options: Any
) -> Iterator[Page]:
    """The page at this address. Fails if the page showed an exception or the console an error.

    server: the server decodes, as a user may choose, not the browser.
    """
    errors: list[str] = []
    with new_page(browser, **options) as page:
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(_report(message)) if message.type == "error" else None)
        if server:
            prefer_server(page, url)
        page.goto(url)
        expect(page.locator("h1")).to_be_visible()
        yield page
        exceptions = page.get_by_test_id("stException").all_inner_texts()
    errors = [error for error in errors if not error.endswith(HARMLESS)]
    errors = [error for error in errors if not any(part in error for part in allowed)]
    assert (exceptions, errors) == ([], []), f"{exceptions} {errors}"


def prefer_server(page: Page, url: str) -> None:
    """From now on the server decodes on the pages of this address, as a user may choose."""
    page.goto("/".join(url.split("/")[:3]) + HEALTH)
    page.evaluate("localStorage.setItem('vae-decode-on', 'server')")


def rewrite(page: Page, script: str, changes: Mapping[str, str]) -> None:
    """Serves a script of vae/frontend/ to this page with parts of it replaced, each of which occurs once."""

    def changed_script(route: Route) -> None:
        source = (FRONTEND / script).read_text()
        for old, new in changes.items():
            assert source.count(old) == 1, old
            source = source.replace(old, new)
        route.fulfill(body=source, content_type="text/javascript")

    page.route(f"**/{script}", changed_script)


def _report(message: Any) -> str:
    return f"{message.text} {message.location.get('url', '')}"


def frames(page: Page) -> int:
    """How many pictures the hero of Explore has drawn."""
    return int(page.locator("canvas.hero").get_attribute("data-frame") or 0)


def pixels(page: Page, selector: str = "canvas.hero") -> str:
    """The pixels of the first canvas that the selector finds."""
    return str(page.locator(selector).first.evaluate(PIXELS))


def box_of(locator: Locator) -> FloatRect:
    """Where on the page it is shown. Unit: CSS pixels."""
    box = locator.bounding_box()
    assert box is not None, f"{locator} is not shown"
    return box


def attribute(locator: Locator, name: str) -> str:
    """An attribute that the element must have."""
    value = locator.get_attribute(name)
    assert value is not None, f"{locator} has no {name}"
    return value


def captured(pattern: str, text: str) -> str:
    """What the first group of a pattern finds in a text that must have it."""
    match = re.search(pattern, text)
    assert match is not None, f"{pattern} is not in {text}"
    return str(match[1])


def rest(page: Page, drawn: Callable[[Page], object] = lambda _: None) -> None:
    """Waits until the page is idle (`idle.js`) and what `drawn` counts is the same before and after.

    A live socket whose server does not answer is not idle.
    """
    before: object = page  # nothing that `drawn` returns
    while before != (before := drawn(page)):
        try:
            page.wait_for_function("number => hasRested(number)", arg=next(RESTS))
        except PatienceLostError as error:
            pytest.fail(f"{error}: {seen_now(page)}")


def until(page: Page, happened: Callable[[], bool], what: str = "it happens") -> None:
    """Waits until it has happened; what, in words."""
    begun = monotonic()
    while not happened():
        assert monotonic() < begun + PATIENCE, f"waited {PATIENCE} s in vain until {what}: {seen_now(page)}"
        page.wait_for_timeout(20)


def seen_now(page: Page) -> str:
    """What a failed wait reports: what the page waits for, where the focus is, the fields' values, the text."""
    state = page.evaluate(
        """() => {
          let active = document.activeElement;
          while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
          const values = [...(active?.getRootNode() ?? document).querySelectorAll("input, select")];
          return {
            pending: window.whatIsPending?.() ?? null,
            focus: active?.outerHTML.slice(0, 300) ?? null,
            fields: values.map((field) => [field.ariaLabel ?? field.name, field.value, field.disabled]),
          };
        }"""
    )
    return f"{page.url} {state} {page.locator('body').inner_text()}"


def changed(page: Page, read: Callable[[Page], Seen], before: Seen) -> Seen:
    """What `read` sees once that is something else than before."""
    seen = before

    def differs() -> bool:
        nonlocal seen
        seen = read(page)
        return seen != before

    until(page, differs)
    return seen


def moving(page: Page, move: Callable[[int], object], read: Callable[[Page], object], pictures: int) -> None:
    """Moves on, step by step, until that many new pictures have been seen: until then the pointer never rests."""
    seen, step = {read(page)}, count()

    def moved() -> bool:
        move(next(step))
        page.wait_for_timeout(20)
        seen.add(read(page))
        return len(seen) > pictures

    until(page, moved, f"{pictures} pictures have come during a movement")


def swing(step: int, steps: int = 12) -> float:
    """Where a pointer is that goes from 0 to 1 in so many steps, and back, and so on."""
    return 1 - abs(step % (2 * steps) / steps - 1)


def settle(page: Page) -> None:
    """Waits until no new picture comes."""
    rest(page, frames)


@contextmanager
def explore(browser: Browser, url: str, allowed: tuple[str, ...] = (), **options: Any) -> Iterator[Page]:
    """The Explore page at this address, its first picture drawn."""
    with opened(browser, url, allowed, **options) as page:
        page.wait_for_selector("canvas.hero[data-frame]")
        settle(page)
        yield page


def choose(page: Page, name: str) -> None:
    """Chooses a model in the bar."""
    picker = page.get_by_role("button", name="Model: ")
    picker.click()
    page.locator(f'[role=option][data-name="{name}"]').click()
    expect(picker).to_have_attribute("data-name", name)


def go(page: Page, title: str) -> None:
    """Goes to another page by the bar's link."""
    page.get_by_role("navigation", name="Pages").get_by_role("link", name=title, exact=True).click()
    expect(page.locator("h1")).to_have_text(title)


def shows_model(page: Page, name: str) -> None:
    """Waits until the bar shows this model."""
    expect(page.get_by_role("button", name="Model: ")).to_have_attribute("data-name", name)

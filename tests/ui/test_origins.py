"""Which host names and pages Streamlit's options allow: the same for our routes as for Streamlit's."""

import asyncio
import json
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send
from streamlit import config, net_util
from streamlit.web.server.starlette.starlette_websocket import _is_origin_allowed

from vae.ui.shared import origins
from vae.ui.shared.origins import REFUSED_HOST, REFUSED_ORIGIN, UNKNOWN_HOST, Guard, origin_allowed

SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"server.enableCORS": False},
    {"server.corsAllowedOrigins": ["https://lab.example"]},
    {"server.corsAllowedOrigins": ["lab.example", " https://other.example:8443 "]},
    {"server.corsAllowedOrigins": ["https://lab.example/"], "server.allowedHosts": ["lab.example"]},
    {"server.allowedHosts": ["lab.example", "*.school.example"]},
    {"server.allowedHosts": ["*"], "server.enableCORS": False},
    {"browser.serverAddress": "lab.example"},
    {"server.enableXsrfProtection": False},
)
ORIGINS = (
    None,
    "http://localhost:8501",
    "http://localhost:9999",
    "http://127.0.0.1",
    "http://0.0.0.0:8501",
    "http://[::1]:8501",
    "https://lab.example",
    "https://lab.example:8443",
    "http://lab.example",
    "https://Lab.Example",
    "https://lab.example.evil.test",
    "https://lab.example@evil.test",
    "https://a.school.example",
    "https://other.example",
    "http://192.0.2.1:8501",
    "http://198.51.100.1",
    "https://evil.test",
    "null",
    "https://",
)
HOSTS = (
    "localhost:8501",
    "[::1]:8501",
    "lab.example",
    "lab.example:443",
    "LAB.example",
    "a.school.example",
    "evil.test",
    "127.0.0.1:8520",
    "lab.example@evil.test",
    "",
    None,
)


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Sets Streamlit's options, as a command line does, until the test ends."""
    monkeypatch.setattr(net_util, "_internal_ip", "192.0.2.1")
    monkeypatch.setattr(net_util, "_external_ip", "198.51.100.1")
    origins._warn_once.cache_clear()
    before = {name: config.get_options_for_section(name) for name in ("server", "browser")}
    changed: set[str] = set()

    def choose(chosen: dict[str, Any]) -> None:
        for name in changed:
            section, _, key = name.partition(".")
            config._set_option(name, before[section][key], "<default>")
        for name, value in chosen.items():
            config._set_option(name, value, "command-line argument or environment variable")
        changed.update(chosen)

    yield choose
    choose({})


@pytest.mark.parametrize("chosen", SETTINGS, ids=str)
def test_the_same_options_mean_the_same_as_for_streamlits_own_socket(
    options: Callable[[dict[str, Any]], None], chosen: dict[str, Any]
) -> None:
    options(chosen)
    for origin, host in product(ORIGINS, HOSTS):
        assert origin_allowed(origin, host) is _is_origin_allowed(origin, host), (origin, host)


PARTS = st.sampled_from(
    [*"http", "://", ":", "@", "/", "[", "]", "::1", "localhost", "lab.example", ".", "8501", " ", "\n"]
)
TEXTS = st.lists(PARTS | st.text(max_size=3), max_size=8).map("".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(origin=TEXTS, host=TEXTS)
@example(origin="localhost", host="h")  # without a scheme, which no browser sends
@example(origin="[", host="")
def test_any_text_means_the_same_as_for_streamlits_own_socket_unless_that_fails(
    options: Callable[[dict[str, Any]], None], origin: str, host: str
) -> None:
    options({"server.corsAllowedOrigins": ["lab.example"]})
    try:
        expected = _is_origin_allowed(origin, host)
    except ValueError:
        expected = False
    assert origin_allowed(origin, host) is expected


def test_the_table_of_cases_has_pages_that_each_option_lets_in(options: Callable[[dict[str, Any]], None]) -> None:
    foreign = ("https://lab.example", "127.0.0.1:8520")
    for chosen in SETTINGS:
        options(chosen)
        names = {"server.corsAllowedOrigins", "browser.serverAddress"} & chosen.keys()
        opens = (names or not chosen.get("server.enableCORS", True)) and chosen.get("server.allowedHosts") in (
            None,
            ["*"],
        )
        assert origin_allowed(*foreign) is bool(opens), chosen


def test_an_origin_that_is_no_address_is_refused(options: Callable[[dict[str, Any]], None]) -> None:
    options({})
    assert not origin_allowed("http://[bad", "lab.example")


def test_no_page_makes_the_server_ask_the_network(
    options: Callable[[dict[str, Any]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streamlit's own function would, on the event loop, for two seconds where there is no answer."""
    options({"server.corsAllowedOrigins": ["https://lab.example"]})
    monkeypatch.setattr(net_util, "_external_ip", None)
    monkeypatch.setattr(net_util, "_make_blocking_http_get", lambda *_, **__: pytest.fail("the network was asked"))
    assert origin_allowed("https://lab.example", "127.0.0.1:8520")
    assert not origin_allowed("https://evil.test", "127.0.0.1:8520")


# ---- the guard -------------------------------------------------------------------------------------------------------


def ask(
    host: str | None, origin: str | None = None, kind: str = "http", path: str = "/", referer: str | None = None
) -> tuple[int, str]:
    """Status and body of the guarded app's answer: its own is 200, or 403 as Streamlit answers a refused socket."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        allowed = kind == "http" or origin_allowed(origin, host)
        await PlainTextResponse("the app", 200 if allowed else 403)(scope, receive, send)

    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": f"{kind}.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    named = {"host": host, "origin": origin, "referer": referer}
    headers = [(name.encode(), value.encode()) for name, value in named.items() if value is not None]
    guard = Guard(app, any_host={"/healthz"}, any_address={"/metrics"})
    asyncio.run(guard({"type": kind, "method": "GET", "path": path, "headers": headers}, receive, send))
    start, body = sent
    return start["status"], body["body"].decode()


@pytest.mark.parametrize(
    ("address", "hosts", "host", "passes"),
    [
        ("127.0.0.1", [], "localhost:8501", True),
        ("127.0.0.1", [], "LOCALHOST", True),
        ("127.0.0.1", [], "127.0.0.1:8501", True),
        ("::1", [], "[::1]:8501", True),
        ("127.0.0.1", [], "[::1]", True),
        ("127.0.0.1", [], "lab.example", False),
        ("127.0.0.1", [], "localhost.evil.test", False),
        ("127.0.0.1", [], "localhost@evil.test", False),
        ("127.0.0.1", [], "[bad", False),
        ("127.0.0.1", [], "", False),
        ("127.0.0.1", [], None, False),
        ("127.0.0.1", ["lab.example"], "lab.example:443", True),
        ("127.0.0.1", ["lab.example"], "localhost:8501", True),
        ("127.0.0.1", ["*.school.example"], "a.school.example", True),
        ("127.0.0.1", ["lab.example"], "evil.test", False),
        ("127.0.0.1", ["*"], "evil.test", True),
        ("0.0.0.0", [], "evil.test", True),
        ("0.0.0.0", [], None, True),
        ("0.0.0.0", ["lab.example"], "evil.test", False),
        ("0.0.0.0", ["lab.example"], "lab.example", True),
        (None, [], "lab.example", True),
    ],
)
def test_the_app_answers_to_its_own_names_and_those_of_allowed_hosts(
    options: Callable[[dict[str, Any]], None],
    caplog: pytest.LogCaptureFixture,
    address: str | None,
    hosts: list[str],
    host: str | None,
    *,
    passes: bool,
) -> None:
    options({"server.address": address, "server.allowedHosts": hosts})
    for _ in range(2):
        assert ask(host) == ((200, "the app") if passes else (400, UNKNOWN_HOST))
    assert caplog.messages == ([] if passes else [UNKNOWN_HOST])  # once


@pytest.mark.parametrize(
    ("path", "host", "passes"),
    [
        ("/healthz", "10.1.2.3:8501", True),
        ("/healthz", "lab-0.lab", True),
        ("/healthz", None, True),
        ("/healthz/", "evil.test", False),
        ("/metrics", "10.1.2.3:8501", True),
        ("/metrics", "[fd00::1]:8501", True),
        ("/metrics", "evil.test", False),
        ("/metrics", None, False),
        ("/live/metrics", "10.1.2.3:8501", False),
    ],
)
def test_health_is_told_under_any_name_and_metrics_under_any_address(
    options: Callable[[dict[str, Any]], None], path: str, host: str | None, *, passes: bool
) -> None:
    options({"server.address": "127.0.0.1", "server.allowedHosts": []})
    assert ask(host, path=path)[0] == (200 if passes else 400)


def test_the_refusals_name_the_option_to_set() -> None:
    assert "Invalid host header" in UNKNOWN_HOST
    assert "--server.allowedHosts" in UNKNOWN_HOST
    assert "server.allowedHosts" in REFUSED_HOST
    assert "server.corsAllowedOrigins" in REFUSED_ORIGIN


def test_a_refused_socket_is_logged_once_with_the_option_and_without_the_visitor(
    options: Callable[[dict[str, Any]], None], caplog: pytest.LogCaptureFixture
) -> None:
    options({"server.address": "0.0.0.0"})
    for page in ("https://secret.example", "https://other.example"):
        assert ask("127.0.0.1:8520", page, "websocket")[0] == 403
    assert caplog.messages == [REFUSED_ORIGIN]
    options({"server.address": "0.0.0.0", "server.allowedHosts": ["lab.example"]})
    assert ask("localhost:8520", "http://localhost:8520", "websocket")[0] == 403
    assert caplog.messages == [REFUSED_ORIGIN, REFUSED_HOST]
    assert ask("lab.example", "https://lab.example", "websocket")[0] == 200
    assert len(caplog.messages) == 2


@pytest.mark.parametrize(
    ("chosen", "host", "page", "answer"),
    [
        ({}, "localhost:8520", "https://lab.example/Explore", REFUSED_ORIGIN),
        ({}, "localhost:8520", "http://localhost:8080/lab/Explore", ""),
        ({}, "lab.example", "https://lab.example/Explore?z=1", ""),
        ({}, "localhost:8520", None, ""),
        ({}, "localhost:8520", "no address", ""),
        ({}, "localhost:8520", "http://[bad", ""),
        ({}, "localhost:8520", "http://203.0.113.7/", ""),  # perhaps this computer's public address
        ({"server.corsAllowedOrigins": ["lab.example"]}, "localhost:8520", "https://lab.example/Explore", ""),
        ({"server.enableCORS": False}, "localhost:8520", "https://lab.example/Explore", ""),
        ({"server.allowedHosts": ["lab.example"]}, "localhost:8520", "http://localhost:8520/", REFUSED_HOST),
        ({"server.allowedHosts": ["lab.example"]}, "127.0.0.1:8520", "http://127.0.0.1:8520/", REFUSED_HOST),
    ],
)
def test_a_page_that_will_be_refused_learns_why_before_it_connects(
    options: Callable[[dict[str, Any]], None], chosen: dict[str, Any], host: str, page: str | None, answer: str
) -> None:
    options({"server.address": "0.0.0.0", **chosen})
    for path in ("/_stcore/health", "/lab/Explore/_stcore/health"):
        status, body = ask(host, path=path, referer=page)
        if answer:
            assert (status, json.loads(body).split()) == (400, answer.split())
        else:
            assert (status, body) == (200, "the app")
    assert ask(host, path="/live/runs", referer=page) == (200, "the app")

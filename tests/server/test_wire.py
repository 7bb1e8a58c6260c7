"""What all routes share: base path, origins, rate, text frames."""

import json
from typing import Any
from unittest.mock import Mock

import pytest

from vae.server import wire
from vae.server.wire import LONGEST_TEXT, SocketLimits, TokenBucket, abort, live_path, own_origin, read_text


@pytest.mark.parametrize("base", ["", "/", "lab", "/lab/", "a/b"])
def test_all_routes_are_under_the_base_path(base: str) -> None:
    assert live_path(base) == f"/{base.strip('/')}/live".replace("//", "/")


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        (None, "lab.test", True),
        ("http://lab.test", "lab.test", True),
        ("https://lab.test", "lab.test", True),
        ("HTTPS://Lab.Test", "lab.test:443", True),
        ("https://lab.test", "Lab.Test", True),
        ("https://lab.test:443", "lab.test", True),
        ("http://lab.test", "lab.test:80", True),
        ("http://lab.test:80", "lab.test", True),
        ("http://localhost:8501", "localhost:8501", True),
        ("http://[::1]:8501", "[::1]:8501", True),
        ("http://localhost:8502", "localhost:8501", False),
        ("http://evil.test", "lab.test", False),
        ("http://lab.test.evil.test", "lab.test", False),
        ("http://lab.test@evil.test", "lab.test", False),
        ("https://lab.test:80", "lab.test", False),
        ("null", "null", False),
        ("file://lab.test", "lab.test", False),
        ("http://", "", False),
        ("", "", False),
        ("http://[bad", "lab.test", False),
        ("http://:80", "", False),
        ("http://lab.test", None, False),
    ],
)
def test_an_origin_must_be_the_hosts_own(origin: str | None, host: str | None, *, allowed: bool) -> None:
    assert own_origin(origin, host) is allowed


def test_a_bucket_lets_a_burst_pass_and_then_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 100.0, 100.0, 101.0, 200.0, 200.0])
    monkeypatch.setattr(wire, "monotonic", lambda: next(clock))
    bucket = TokenBucket(SocketLimits(requests_per_second=10.0, burst=5.0))
    assert bucket.take(5) == 0
    assert bucket.take(8) == 0.8
    assert bucket.take(4) == 0.2  # of the 10 new tokens, 8 were owed
    assert bucket.take(5) == 0  # however long the wait, a burst is not larger
    assert bucket.take(1) == 0.1


@pytest.mark.parametrize("receive", [lambda: None, Mock(__self__=None), Mock(__self__=Mock(transport=Mock(spec=[])))])
def test_abort_does_nothing_under_another_server_than_uvicorn(receive: Any) -> None:
    abort(receive)


@pytest.mark.parametrize("text", [None, "", "{", "[]", "1", "[" * LONGEST_TEXT, " " * LONGEST_TEXT + "{}"])
def test_a_text_that_is_no_short_json_object_is_refused(text: str | None) -> None:
    with pytest.raises(ValueError, match=r"^A text frame must be JSON such as an example\.$"):
        read_text(text, 1, "the format", "an example")


@pytest.mark.parametrize("spoken", [None, 2, "1"])
def test_another_version_is_refused(spoken: object) -> None:
    with pytest.raises(ValueError, match=r"^This server speaks version 1 of the format, not .*\.$"):
        read_text(json.dumps({"version": spoken}), 1, "the format", "an example")


def test_a_text_gives_its_fields_without_the_version() -> None:
    assert read_text('{"version": 1, "model": "a"}', 1, "the format", "an example") == {"model": "a"}

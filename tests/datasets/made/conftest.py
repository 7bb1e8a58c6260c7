"""A registry on this machine for all tests of made data sets."""

from collections.abc import Iterator

import pytest

from tests.support.npm import Registry


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    server = Registry()
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", f"{server.url}/")
    yield server
    server.close()

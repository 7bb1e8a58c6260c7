"""The addresses that a class is told: none that no phone can reach."""

import socket
import sys

import pytest

from vae.classroom import addresses


def with_network(
    monkeypatch: pytest.MonkeyPatch, routes: dict[str, str], interfaces: dict[str, str], platform: str = "linux"
) -> list[str]:
    """The addresses of a computer with these routes (destination: source) and these interfaces (name: address)."""
    monkeypatch.setattr(addresses, "_source", routes.get)
    monkeypatch.setattr(addresses, "_address_of", interfaces.get)
    monkeypatch.setattr(sys, "platform", platform)
    named = list(enumerate([*interfaces, "without-address"], 1))
    monkeypatch.setattr(socket, "if_nameindex", lambda: named)
    return addresses.own_addresses()


def test_the_default_route_s_address_is_first_and_each_comes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    routes = {"192.0.2.1": "192.168.1.20", "10.255.255.254": "192.168.1.20", "224.0.0.1": "10.42.0.1"}
    interfaces = {"eth0": "10.1.2.3", "wlan0": "192.168.1.20"}
    assert with_network(monkeypatch, routes, interfaces) == ["192.168.1.20", "10.42.0.1", "10.1.2.3"]


def test_addresses_that_no_phone_reaches_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    routes = {"192.0.2.1": "192.168.1.20", "172.31.255.254": "172.17.0.1", "10.255.255.254": "0.0.0.0"}
    interfaces = {"lo": "127.0.0.1", "docker0": "172.17.0.1", "veth12": "10.88.0.1", "wlan0": "192.168.1.20"}
    assert with_network(monkeypatch, routes, interfaces) == ["192.168.1.20"]


def test_elsewhere_than_on_linux_the_routes_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    found = with_network(monkeypatch, {"192.0.2.1": "192.168.137.1"}, {"eth0": "10.1.2.3"}, platform="win32")
    assert found == ["192.168.137.1"]


def test_without_a_network_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert with_network(monkeypatch, {}, {"lo": "127.0.0.1"}) == []


def test_this_computer_s_addresses_are_its_own() -> None:
    for address in addresses.own_addresses():
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
            server.bind((address, 0))
    assert addresses._source("127.0.0.1") == "127.0.0.1"
    assert addresses._source("255.255.255.255") is None  # to all: refused


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux's interfaces")
def test_loopback_has_its_address_and_an_unknown_interface_none() -> None:
    assert addresses._address_of("lo") in ("127.0.0.1", None)
    assert addresses._address_of("no-such-one") is None

"""The network addresses of this computer under which phones may reach the app."""

import socket
import struct
import sys
from ipaddress import IPv4Address

# Where a packet would go to; none is sent. Each network that the computer is in answers with its own address there.
SOMEWHERE = ("192.0.2.1", "192.168.255.254", "10.255.255.254", "172.31.255.254", "169.254.255.254", "224.0.0.1")
SIOCGIFADDR = 0x8915  # Linux: the IPv4 address of an interface
# Interfaces to programs of this computer, which no phone reaches.
INNER = ("lo", "docker", "br-", "veth", "virbr", "cni", "flannel", "podman", "vmnet", "lxc")


def own_addresses() -> list[str]:
    """IPv4 addresses of this computer, that of the default route first, without loopback; empty without a network."""
    found = [*_routed(), *_of_interfaces()]
    return [address for address in dict.fromkeys(found) if is_reachable(address)]


def is_reachable(address: str) -> bool:
    """Whether another device may reach this address: not loopback, not unspecified, no group."""
    parsed = IPv4Address(address)
    return not (parsed.is_loopback or parsed.is_unspecified or parsed.is_multicast)


def _routed() -> list[str]:
    inner = set(_of_interfaces(inner=True))
    return [address for address in map(_source, SOMEWHERE) if address is not None and address not in inner]


def _source(destination: str) -> str | None:
    """The address from which a packet to there would be sent; None where there is no way."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((destination, 9))
            address: str = probe.getsockname()[0]
        except OSError:
            return None
    return address


def _of_interfaces(*, inner: bool = False) -> list[str]:
    """On Linux, the first address of each interface; inner: of those to programs of this computer alone."""
    if not sys.platform.startswith("linux"):
        return []
    names = [name for _, name in socket.if_nameindex() if name.startswith(INNER) == inner]
    return [address for address in map(_address_of, names) if address is not None]


def _address_of(interface: str) -> str | None:
    import fcntl  # Windows has none

    name = struct.pack("256s", interface.encode()[:15])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        try:
            return socket.inet_ntoa(fcntl.ioctl(any_socket.fileno(), SIOCGIFADDR, name)[20:24])
        except OSError:
            return None  # it has no IPv4 address

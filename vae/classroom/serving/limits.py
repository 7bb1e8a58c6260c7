"""How much one seat or one address may ask of the classes."""

from collections import OrderedDict
from dataclasses import dataclass, field
from ipaddress import IPv4Address, ip_address
from time import monotonic

from vae.classroom.codes import MOST_FAILURES
from vae.classroom.messages.protocol import Role
from vae.server.wire import SocketLimits

MOST_KEYS = 10_000  # that are remembered; the longest unused is forgotten first


def network_of(address: str) -> str:
    """Whom a limit counts as one: an address, of IPv6 the 64 bits that a household has of them."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv4Address) or found.ipv4_mapped:
        return address.rpartition(":")[2]
    return found.packed[:8].hex()


@dataclass(frozen=True)
class Rate:
    """So many at once, and so many a second from then on."""

    burst: float
    per_second: float


COMMANDS: dict[Role, Rate] = {
    "student": Rate(40, 10),
    "teacher": Rate(100, 50),
    "presenter": Rate(100, 50),
    "projector": Rate(20, 2),
    "check": Rate(40, 10),
}

CONNECTIONS = SocketLimits(
    requests_per_second=100, burst=100, clients=4096, clients_per_address=2048, send_seconds=20.0
)


@dataclass(frozen=True, kw_only=True)
class ClassLimits:
    """What clients may ask for; a class behind one router is one address.

    failures: codes that no class has. seats, classes: new ones. connections: open at once, socket, events or poll.
    """

    failures: Rate = Rate(MOST_FAILURES, MOST_FAILURES / 60)
    seats: Rate = Rate(600, 10)
    classes: Rate = Rate(60, 1 / 60)
    commands: dict[Role, Rate] = field(default_factory=lambda: dict(COMMANDS))
    connections: SocketLimits = CONNECTIONS


class Rates:
    """Counts what each of many asks for. refused: how often it was more than the rate allows."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._held: OrderedDict[object, tuple[float, float]] = OrderedDict()
        self.refused = 0

    def wait(self, key: object) -> float:
        """Seconds until this one may ask; 0 for now."""
        return max(0.0, 1 - self._left(key)) / self._rate.per_second

    def take(self, key: object) -> float:
        """Counts one, and gives the seconds until it is within the rate."""
        left = self._left(key) - 1
        self._held[key] = left, monotonic()
        self._held.move_to_end(key)
        if len(self._held) > MOST_KEYS:
            self._held.popitem(last=False)
        return max(0.0, -left) / self._rate.per_second

    def give_back(self, key: object) -> None:
        """Counts one less: it was none of those that are limited."""
        self._held[key] = min(self._rate.burst, self._left(key) + 1), monotonic()

    def allows(self, key: object) -> bool:
        """Counts one if it may ask now."""
        if self.wait(key) > 0:
            self.refused += 1
            return False
        self.take(key)
        return True

    def _left(self, key: object) -> float:
        left, at = self._held.get(key, (self._rate.burst, monotonic()))
        return min(self._rate.burst, left + (monotonic() - at) * self._rate.per_second)

"""Who of a class is connected right now, and who has become silent."""

from collections.abc import Callable
from time import monotonic
from typing import NamedTuple

from vae.classroom.messages.protocol import ABSENT_SECONDS, SILENT_SECONDS, Transport
from vae.classroom.rooms.clients import Client

CONNECTIONS_OF_A_SEAT = 8  # tabs; the oldest ends
TOO_MANY = "You have this class open in too many tabs; close some of them."


class Presence(NamedTuple):
    """How a seat is connected. silent: nothing was heard from it for a while."""

    connected: bool = False
    transport: Transport | None = None
    silent: bool = False


ABSENT = Presence()


class _Seat:
    """A seat's connections. heard_at: when it last said something; polled_at: when its last poll ended."""

    __slots__ = ("clients", "heard_at", "polled_at", "told")

    def __init__(self) -> None:
        self.clients: list[Client] = []
        self.heard_at = monotonic()
        self.polled_at: float | None = None
        self.told = ABSENT

    def now(self) -> Presence:
        """How it is connected at this moment."""
        if not self.clients and (self.polled_at is None or monotonic() - self.polled_at > ABSENT_SECONDS):
            return ABSENT
        transport: Transport | None = self.clients[-1].transport if self.clients else "poll"
        silent = transport is not None and monotonic() - self.heard_at > SILENT_SECONDS
        return Presence(True, transport, silent)


class Attendance:
    """Who is there. on_change: called with a seat whose presence is another than before."""

    def __init__(self, on_change: Callable[[int], None]) -> None:
        self._seats: dict[int, _Seat] = {}
        self._on_change = on_change

    def __getitem__(self, seat: int) -> Presence:
        found = self._seats.get(seat)
        return found.told if found else ABSENT

    def clients(self, seat: int) -> list[Client]:
        """A seat's connections."""
        found = self._seats.get(seat)
        return found.clients if found else []

    def seats(self) -> frozenset[int]:
        """The seats that are connected, silent ones too."""
        return frozenset(seat for seat, found in self._seats.items() if found.told.connected)

    def connected(self) -> int:
        """How many are connected and not silent."""
        return sum(each.told.connected and not each.told.silent for each in self._seats.values())

    def enter(self, seat: int, client: Client) -> None:
        """A seat has one more connection. Too many end the oldest."""
        found = self._seats.setdefault(seat, _Seat())
        found.clients.append(client)
        for old in found.clients[:-CONNECTIONS_OF_A_SEAT]:
            old.end(TOO_MANY)
        self.heard(seat)

    def leave(self, seat: int, client: Client) -> None:
        """A connection of a seat has ended. After a poll the next one is expected."""
        found = self._seats[seat]
        found.clients.remove(client)
        if client.transport == "poll":
            found.polled_at = monotonic()
        self._look(seat, found)

    def heard(self, seat: int) -> None:
        """A seat has said something."""
        if (found := self._seats.get(seat)) is not None:
            found.heard_at = monotonic()
            self._look(seat, found)

    def forget(self, seat: int, sentence: str) -> None:
        """The seat is gone: its connections end."""
        for client in self.clients(seat):
            client.end(sentence)

    def sweep(self) -> None:
        """Looks who has become silent or has not come back."""
        for seat, found in list(self._seats.items()):
            self._look(seat, found)
            if found.told == ABSENT and not found.clients:
                del self._seats[seat]

    def _look(self, seat: int, found: _Seat) -> None:
        if (now := found.now()) != found.told:
            found.told = now
            self._on_change(seat)

"""What an audience of a class knows, and messages whose text is made once for many."""

from dataclasses import dataclass, field
from typing import Any

from vae.classroom.messages.protocol import Json, State, dumped

Items = dict[str, dict[str, Any]]


class Shared:
    """A message for many, who know the same but for a few sections of their own. Its text is made once."""

    def __init__(self, set_: Json, items: Items, *, full: bool = False) -> None:
        self.is_empty = not set_ and not items and not full
        head = '"full":true,' if full else ""
        listed = f'"items":{dumped(items)},' if items else ""
        self._text = f'{head}{listed}"set":{{{dumped(set_)[1:-1]}'
        self._comma = "," if set_ else ""

    def text(self, seq: int, own: Json | None = None) -> str:
        """The message. own: sections of one client, which the others do not have."""
        mine = f"{self._comma}{dumped(own)[1:-1]}" if own else ""
        return f'{{"seq":{seq},{self._text}{mine}}}}}'


@dataclass
class Fresh:
    """What only memory has and nobody was told yet. mark: of the newest of it.

    seats: whose presence has changed. sections: other parts that have.
    """

    mark: int
    seats: set[int] = field(default_factory=set)
    sections: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.seats or self.sections)

    def __ior__(self, other: "Fresh") -> "Fresh":
        self.seats |= other.seats
        self.sections |= other.sections
        return self


class Board:
    """All that an audience knows, as it was last told. seq: of the newest event in it. mark: of the rest."""

    def __init__(self, state: State) -> None:
        self.seq = self.mark = 0
        self.set: Json = {}
        self.items: Items = {}
        self._shared: Shared | None = None
        self.apply(state)

    def apply(self, state: State) -> None:
        """Takes what has changed."""
        if state.get("full"):
            self.set, self.items = {}, {}
        self.seq = state["seq"]
        self.set |= state.get("set", {})
        for section, changed in state.get("items", {}).items():
            held = self.items.get(section, {}) | changed
            self.items[section] = {key: value for key, value in held.items() if value is not None}
        self._shared = None

    def text(self, seq: int, own: Json | None = None) -> str:
        """The message with everything. seq: of the newest event that its reader knows of then. own: of one client."""
        if self._shared is None:
            self._shared = Shared(self.set, self.items, full=True)
        return self._shared.text(seq, own)

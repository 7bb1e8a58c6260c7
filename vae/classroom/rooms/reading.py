"""What a room asks of the tables of its class."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

from vae.classroom.messages.protocol import Json, Role, State


@dataclass(frozen=True)
class News:
    """What has changed, all read at the same moment. own: the section "me" of some seats; None for one that is gone."""

    public: State
    teacher: State | None = None
    own: dict[int, Json | None] = field(default_factory=dict)


class Reader(Protocol):
    """Reads what is kept of a class. Raises ClassError where there is no such class any more."""

    async def news(self, code: str, since: int | None, teacher_since: int | None, seats: Collection[int]) -> News:
        """What everybody may know since an event, None for all; the same for teachers, for whom None is nothing."""
        ...

    async def after(self, code: str, role: Role, seat: int | None, number: int | None) -> State:
        """All that one client may know since an event, None for all."""
        ...

    async def me(self, code: str, seat: int) -> Json | None:
        """A student's own section."""
        ...

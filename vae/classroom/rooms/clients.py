"""One connection to a class, and what waits for it.

Nothing queues for a client that reads slowly: of what moves it gets the newest, and of what is kept one message with
all that it has missed, which is asked for once it reads again.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from vae.classroom.messages.protocol import Role, Transport

MOST_WAITING = 4  # messages about what is kept, before they become one
MOST_REPLIES = 32  # that a client does not read, before its commands wait

# Of a client: the number of the newest event in what it has missed, the mark of the rest of it, and all of it as text,
# None for nothing.
CatchUp = Callable[["Client"], Awaitable[tuple[int, int, str | None]]]


class EndedError(Exception):
    """A connection ends; the message is the sentence to say last. final: coming back is of no use."""

    def __init__(self, sentence: str, *, final: bool) -> None:
        super().__init__(sentence)
        self.final = final


class Client:
    """A connection. seat: a student's. transport: None for a simulated student. key: a teacher's secret.

    seq: of the newest event it knows of; mark: of the newest that is no event; tile: of the newest tile. What waits for
    it does not count.
    """

    __slots__ = (
        "_catch_up", "_catching", "_ended", "_live", "_newest_tile", "_offered", "_ready", "_states", "_tiles",
        "drained", "key", "mark", "replies", "role", "seat", "seq", "stale", "tile", "transport",
    )  # fmt: skip

    def __init__(
        self,
        role: Role,
        seat: int | None = None,
        transport: Transport | None = None,
        after: int | None = None,
        *,
        key: str = "",
        mark: int | None = None,
        tile: int | None = None,
    ) -> None:
        self.role, self.seat, self.transport, self.key = role, seat, transport, key
        self.seq, self.mark, self.tile = after, mark, tile
        self.stale = True  # it has missed something, at first everything
        self.replies: deque[str] = deque()
        self.drained = asyncio.Event()
        self._catch_up: CatchUp | None = None
        self._catching = False
        self._states: list[str] = []
        self._offered = after, mark  # seq and mark once it has taken the states
        self._live: str | None = None
        self._tiles: dict[int, str] = {}
        self._newest_tile = tile
        self._ended: EndedError | None = None
        self._ready = asyncio.Event()

    def enter(self, catch_up: CatchUp) -> None:
        """The client has joined a room, which tells it what it has missed."""
        self._catch_up = catch_up
        self._ready.set()

    async def take(self) -> list[str]:
        """What waits, as soon as there is something. Raises EndedError in place of what would come after the end."""
        while True:
            await self._ready.wait()
            self._ready.clear()
            self.check()
            missed = await self._missed() if self.stale else None
            if found := self._waiting(missed):
                return found

    def more(self) -> list[str]:
        """What waits already, without what is missed."""
        return [] if self.stale or self._ended is not None else self._waiting(None)

    def _waiting(self, missed: str | None) -> list[str]:
        found = [*self.replies, *([missed] if missed else ()), *self._states]
        self.replies.clear()
        self.drained.set()
        self._states.clear()
        self.seq, self.mark = self._offered
        if self._tiles:
            found.append(f'{{"tiles":{{{",".join(self._tiles.values())}}}}}')
            self._tiles, self.tile = {}, self._newest_tile
        if self._live is not None:
            found.append(self._live)
            self._live = None
        return found

    async def _missed(self) -> str | None:
        assert self._catch_up is not None, "a client that has joined no room is told nothing"
        self.stale, self._catching = False, True
        self._states.clear()
        try:
            seq, mark, text = await self._catch_up(self)
            self._offered = seq, mark
        except BaseException:
            self.stale = True
            self._ready.set()
            raise
        finally:
            self._catching = False
        if self.stale:
            self._ready.set()
        return text

    @property
    def is_crowded(self) -> bool:
        """Whether its commands must wait until it reads its replies."""
        return len(self.replies) >= MOST_REPLIES

    def reply(self, text: str) -> None:
        """A reply waits."""
        self.replies.append(text)
        self.drained.clear()
        self._ready.set()

    def offer(self, since: int, seq: int, mark: int, text: str | None) -> None:
        """A message about all events between two numbers, and all else up to a mark; None where it is nothing to it."""
        if self.stale:
            return
        known, _ = self._offered
        if self._catching or known is None or known < since or len(self._states) >= MOST_WAITING:
            self.stale = True
        else:
            self._offered = seq, mark
            if text is None:
                return
            self._states.append(text)
        self._ready.set()

    def offer_live(self, text: str) -> None:
        """What the teacher moves, in place of what was not sent yet."""
        self._live = text
        self._ready.set()

    def offer_tile(self, seat: int, text: str, number: int) -> None:
        """A seat's tile, in place of the one before; it is sent with what comes next, or when the client is woken.

        number: of the newest tile that it has been offered then.
        """
        self._tiles[seat], self._newest_tile = f'"{seat}":{text}', number

    @property
    def has_ended(self) -> bool:
        """Whether the connection is to end."""
        return self._ended is not None

    def check(self) -> None:
        """Raises EndedError once the connection is to end."""
        if self._ended is not None:
            self._ready.set()
            raise self._ended

    def wake(self) -> None:
        """Sends what waits."""
        self._ready.set()

    def end(self, sentence: str, *, final: bool = True) -> None:
        """Ends the connection; the sentence is the last that it says."""
        if self._ended is None:
            self._ended = EndedError(sentence, final=final)
        self._ready.set()

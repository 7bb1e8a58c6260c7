"""A mistake in a lesson's file: its line, and one sentence that says what to change."""

from dataclasses import dataclass, field

MOST = 100  # of a file: nobody reads more


@dataclass(frozen=True, order=True)
class Mistake:
    """A mistake. line: counted from 1."""

    line: int
    sentence: str


class LessonError(ValueError):
    """A lesson's first mistake. where: the name of its file."""

    def __init__(self, where: str, mistake: Mistake) -> None:
        super().__init__(f"{where}, line {mistake.line}: {mistake.sentence}")
        self.where, self.mistake = where, mistake


@dataclass
class Mistakes:
    """The mistakes that were found in a file, in no order."""

    found: list[Mistake] = field(default_factory=list)

    def add(self, line: int, sentence: str) -> None:
        """Notes a mistake, unless there are MOST already."""
        if len(self.found) < MOST:
            self.found.append(Mistake(line, sentence))

"""A lesson as JSON, its facts filled in and its checks tried."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from vae.lessons.format.facts import PLACEHOLDER, Check, Fact, parse_fact
from vae.lessons.format.rich import Rich, replaced
from vae.lessons.measured.values import Values
from vae.lessons.reading import LessonFile, Option, Question, Step
from vae.storage.checkpoints import Checkpoint
from vae.storage.files import CheckpointError

UNKNOWN = "?"  # in a text in the place of a number that this machine does not have


class LessonOption(TypedDict):
    """A prediction. because: why somebody would choose it, or ""."""

    text: str
    because: str


class LessonQuestion(TypedDict):
    """A question. answer: the number of the right option from 0; None where it is open."""

    question: str
    options: list[LessonOption]
    answer: int | None


class LessonCheck(TypedDict):
    """An assertion as the lesson writes it, the value that this machine measures, and whether it holds."""

    text: str
    measured: str
    unit: str
    holds: bool


class LessonStep(TypedDict):
    """What to do and to see. link: beneath the app's address; page, checkpoint: its parts, "" where it names none."""

    do: Rich
    link: str
    page: str
    checkpoint: str
    see: Rich
    checks: list[LessonCheck]


class LessonReference(TypedDict):
    """What to read. link: an address in the web, or ""."""

    text: str
    link: str


class Lesson(LessonQuestion):
    """A lesson. language: of its texts; languages: in which there are texts; missing: checkpoints that are not here."""

    name: str
    language: str
    languages: list[str]
    title: str
    minutes: int
    level: str
    steps: list[LessonStep]
    explanation: Rich
    terms: list[str]
    transfer: LessonQuestion | None
    references: list[LessonReference]
    missing: list[str]


class LessonSummary(TypedDict):
    """A lesson in a list. own: not shipped with the app; problem: why it, or its translation, cannot be used."""

    name: str
    language: str
    languages: list[str]
    title: str
    minutes: int
    level: str
    question: str
    options: list[str]
    missing: list[str]
    own: bool
    problem: str | None


@dataclass(frozen=True)
class Names:
    """What a lesson's folder says: its name and languages."""

    name: str
    language: str
    languages: tuple[str, ...]


class Teller:
    """Puts measured values into texts, with the checkpoints that there are when it is made."""

    def __init__(self, values: Values) -> None:
        self._values, self.checkpoints = values, values.checkpoints()

    def text(self, text: str) -> str:
        """The text with its facts' values."""
        return PLACEHOLDER.sub(lambda found: self._told(parse_fact(found[1])), text)

    def rich(self, tree: Rich) -> Rich:
        """The tree with its facts' values."""
        return replaced(tree, self.text)

    def question(self, question: Question) -> LessonQuestion:
        """A question as JSON."""
        options = [self._option(option) for option in question.options]
        return LessonQuestion(question=self.text(question.text), options=options, answer=question.answer)

    def step(self, step: Step) -> LessonStep:
        """A step as JSON."""
        return LessonStep(
            do=self.rich(step.do),
            link=step.link.text,
            page=step.link.page,
            checkpoint=step.link.checkpoint,
            see=self.rich(step.see),
            checks=[self._check(check) for check in step.checks],
        )

    def _option(self, option: Option) -> LessonOption:
        return LessonOption(text=self.text(option.text), because=self.text(option.because))

    def _check(self, check: Check) -> LessonCheck:
        value = self._value(check.fact)
        other = self._value(check.other) if isinstance(check.other, Fact) else check.other
        measured = UNKNOWN if value is None else check.fact.written(value)
        holds = value is not None and other is not None and check.holds(value, other)
        return LessonCheck(text=check.text, measured=measured, unit=check.fact.unit, holds=holds)

    def _told(self, fact: Fact) -> str:
        value = self._value(fact)
        return UNKNOWN if value is None else fact.told(value)

    def _value(self, fact: Fact) -> float | None:
        try:
            return self._values.of(fact, self.checkpoints)
        except (LookupError, ValueError, CheckpointError, FileNotFoundError):
            return None


def lesson_json(lesson: LessonFile, names: Names, teller: Teller) -> Lesson:
    """The lesson, with each number that this machine can measure."""
    return Lesson(
        name=names.name,
        language=names.language,
        languages=list(names.languages),
        title=lesson.title,
        minutes=lesson.minutes,
        level=lesson.level,
        **teller.question(lesson.question),
        steps=[teller.step(step) for step in lesson.steps],
        explanation=teller.rich(lesson.explanation),
        terms=list(lesson.terms),
        transfer=None if lesson.transfer is None else teller.question(lesson.transfer),
        references=[LessonReference(text=each.text, link=each.link) for each in lesson.references],
        missing=missing(lesson, teller.checkpoints),
    )


def summary(lesson: LessonFile, names: Names, teller: Teller, *, own: bool) -> LessonSummary:
    """The lesson in a list. Measures nothing unless a question or an option names a fact."""
    question = teller.question(lesson.question)
    return LessonSummary(
        name=names.name,
        language=names.language,
        languages=list(names.languages),
        title=lesson.title,
        minutes=lesson.minutes,
        level=lesson.level,
        question=question["question"],
        options=[option["text"] for option in question["options"]],
        missing=missing(lesson, teller.checkpoints),
        own=own,
        problem=None,
    )


def missing(lesson: LessonFile, checkpoints: Mapping[str, Checkpoint]) -> list[str]:
    """The checkpoints that the lesson names and that are not among these."""
    named = [step.link.checkpoint for step in lesson.steps] + [fact.checkpoint for fact, _ in lesson.facts]
    return [name for name in dict.fromkeys(named) if name and name not in checkpoints]

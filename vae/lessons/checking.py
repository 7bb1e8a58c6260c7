"""Whether a lesson tells the truth on this machine: each number that it names, each assertion, each link."""

from collections.abc import Iterable, Iterator, Mapping

from vae.lessons.format import parameters
from vae.lessons.format.facts import Check, Fact
from vae.lessons.format.mistakes import Mistake
from vae.lessons.measured.values import Values
from vae.lessons.reading import LessonFile, Step
from vae.storage.checkpoints import Checkpoint
from vae.storage.files import CheckpointError


def untruths(lesson: LessonFile, values: Values) -> list[Mistake]:
    """What is not so, by line."""
    checkpoints = values.checkpoints()
    found = [*_links(lesson.steps, checkpoints), *_facts(lesson, values, checkpoints)]
    for step in lesson.steps:
        for check in step.checks:
            found += _check(check, values, checkpoints)
    return sorted(set(found))


def misfits(lesson: LessonFile, values: Values) -> list[Mistake]:
    """What the checkpoints of this machine do not have, such as dimension 12 of 10; of others nothing is said."""
    checkpoints = values.checkpoints()
    steps = [step for step in lesson.steps if step.link.checkpoint in (*checkpoints, "")]
    found = [*_links(steps, checkpoints)]
    for fact, line in lesson.facts:
        if fact.checkpoint in checkpoints:
            found += _problem(fact, line, values, checkpoints)
    return sorted(set(found))


def _links(steps: Iterable[Step], checkpoints: Mapping[str, Checkpoint]) -> Iterator[Mistake]:
    for step in steps:
        for sentence in parameters.problems(step.link, checkpoints):
            yield Mistake(step.line, sentence)


def _facts(lesson: LessonFile, values: Values, checkpoints: Mapping[str, Checkpoint]) -> Iterator[Mistake]:
    for fact, line in lesson.facts:
        yield from _problem(fact, line, values, checkpoints)


def _problem(fact: Fact, line: int, values: Values, checkpoints: Mapping[str, Checkpoint]) -> Iterator[Mistake]:
    try:
        values.of(fact, checkpoints)
    except LookupError as error:
        yield Mistake(line, str(error.args[0]))
    except (ValueError, CheckpointError, FileNotFoundError) as error:
        yield Mistake(line, str(error))


def _check(check: Check, values: Values, checkpoints: Mapping[str, Checkpoint]) -> Iterator[Mistake]:
    try:
        value = values.of(check.fact, checkpoints)
        other = values.of(check.other, checkpoints) if isinstance(check.other, Fact) else check.other
    except (LookupError, ValueError, CheckpointError, FileNotFoundError):
        return  # _facts has said it
    if not check.holds(value, other):
        right = f", the other {check.other.written(other)}" if isinstance(check.other, Fact) else ""
        measured = f"it is {check.fact.written(value)}{right}"
        yield Mistake(check.line, f"“{check.text}” is not so: {measured}; change the text or the assertion.")

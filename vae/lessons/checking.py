"""Whether a lesson tells the truth on this machine: each number that it names, each assertion, each link."""

from collections.abc import Iterator, Mapping

from vae.lessons.format.facts import Check, Fact
from vae.lessons.format.mistakes import Mistake
from vae.lessons.measured.values import Values
from vae.lessons.reading import LessonFile
from vae.storage.checkpoints import Checkpoint
from vae.storage.files import CheckpointError


def untruths(lesson: LessonFile, values: Values) -> list[Mistake]:
    """What is not so, by line."""
    checkpoints = values.checkpoints()
    found = [*_links(lesson, checkpoints), *_facts(lesson, values, checkpoints)]
    for step in lesson.steps:
        for check in step.checks:
            found += _check(check, values, checkpoints)
    return sorted(set(found))


def unmeasurable(lesson: LessonFile, values: Values) -> list[Mistake]:
    """Facts that checkpoints of this machine do not have, such as dimension 12 of 10; of others nothing is said."""
    checkpoints = values.checkpoints()
    known = [(fact, line) for fact, line in lesson.facts if fact.checkpoint in checkpoints]
    return sorted({mistake for fact, line in known for mistake in _problem(fact, line, values, checkpoints)})


def _links(lesson: LessonFile, checkpoints: Mapping[str, Checkpoint]) -> Iterator[Mistake]:
    for step in lesson.steps:
        if step.link.checkpoint and step.link.checkpoint not in checkpoints:
            yield Mistake(
                step.line, f"The step's link names {step.link.checkpoint!r}, and there is no such checkpoint."
            )


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

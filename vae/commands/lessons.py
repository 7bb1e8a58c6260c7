"""Commands on lessons: check that they tell the truth, measure how hard they are to read, keep what takes long."""
# vae.lessons.library is imported where it is used: it needs the web server's packages, which training does without.

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from vae.commands.options import Commands, Result, add_command, checkpoints_folder
from vae.storage.checkpoints import list_checkpoints

if TYPE_CHECKING:
    from vae.lessons.library import Library


class _Place(NamedTuple):
    """A line of a file."""

    path: Path
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{_short(self.path)}, line {self.line}: {self.sentence}"


def add_commands(commands: Commands) -> None:
    """Adds lessons with check, read and keep."""
    lessons = commands.add_parser("lessons", help="check the lessons").add_subparsers(dest="lessons", required=True)
    for name, run, about in _COMMANDS:
        command = add_command(lessons, name, run, about)
        command.add_argument("folder", type=Path, nargs="?", help="of lessons; without one, the app's and $VAE_LESSONS")


def run_check(args: argparse.Namespace) -> Result:
    """Prints every mistake and every assertion that does not hold. Raises ValueError where there are any."""
    library = library_of(args.folder)
    wrong = [_Place(path, mistake.line, mistake.sentence) for path, mistake in library.mistakes()]
    for place in wrong:
        print(place)
    if wrong:
        raise ValueError(f"{len(wrong)} mistakes in the lessons; each is above with its line.")
    files = library.lessons()
    lessons = {name: lesson for name, _, _, lesson in files}  # each translation has the same assertions
    checks = sum(len(step.checks) for lesson in lessons.values() for step in lesson.steps)
    print(f"{len(lessons)} lessons in {len(files)} files: no mistake, and all {checks} assertions hold")
    return {"lessons": len(lessons), "files": len(files), "assertions": checks}


def run_read(args: argparse.Namespace) -> Result:
    """Prints how hard each file is to read. Raises ValueError where one is too hard."""
    from vae.lessons.readability import measure

    found, hard = [], 0
    for name, language, path, lesson in library_of(args.folder).lessons():
        reading = measure(lesson, language)
        words = f"{reading.words:4} words, {reading.before:3} before the first do"
        print(f"{_short(path):<44} ease {reading.ease:5.1f}  {words}")
        for problem in reading.problems:
            print(f"  {problem}")
        hard += bool(reading.problems)
        found.append({"lesson": name, "language": language, "ease": round(reading.ease, 1), "before": reading.before})
    if hard:
        raise ValueError(f"{hard} files are too hard to read; the reasons are above.")
    return {"files": found}


def run_keep(args: argparse.Namespace) -> Result:
    """Computes the numbers that take seconds and keeps each in its checkpoint's folder."""
    from vae.lessons.measured.values import SLOW, keep

    library = library_of(args.folder)
    checkpoints = library.values.checkpoints()
    facts = [fact for _, _, _, lesson in library.lessons() for fact, _ in lesson.facts if fact.kind in SLOW]
    kept = {}
    for fact in dict.fromkeys(facts):
        if fact.checkpoint not in checkpoints:
            raise ValueError(f"There is no checkpoint {fact.checkpoint!r} here; name one that is in the folder.")
        value = keep(fact, checkpoints[fact.checkpoint])
        kept[f"{fact.name} of {fact.checkpoint}"] = value
        print(f"{fact.name} of {fact.checkpoint}: {fact.written(value)} {fact.unit}".rstrip())
    return {"kept": kept}


_COMMANDS: tuple[tuple[str, Callable[[argparse.Namespace], Result], str], ...] = (
    ("check", run_check, "find every mistake and every assertion that does not hold"),
    ("read", run_read, "measure how hard each is to read"),
    ("keep", run_keep, "keep in the checkpoints what takes seconds to compute"),
)


def library_of(folder: Path | None = None) -> "Library":
    """The lessons of a folder, or of the app, with the numbers of the checkpoints in $VAE_CHECKPOINTS."""
    from vae.lessons.library import Library, own_folder, shipped_folder
    from vae.lessons.measured.values import Values

    values = Values(lambda: list_checkpoints(checkpoints_folder()))
    if folder is None:
        return Library(values, shipped_folder(), own_folder())
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; name one that holds a folder for each lesson.")
    return Library(values, None, folder)


def _short(path: Path) -> str:
    """The path from here, where it is beneath this folder."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)

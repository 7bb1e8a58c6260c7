"""The folders of lessons: those that ship with the app, and a teacher's own in the folder $VAE_LESSONS.

A lesson is a folder with lesson.md and translations beside it, lesson.de.md; its name is the folder's. One of a
teacher's own may also be a single file, named after it: my-lesson.md. A text is parsed once.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from stat import S_ISREG

from vae.lessons.answers import Lesson, LessonSummary, Names, Teller, lesson_json, summary
from vae.lessons.checking import untruths
from vae.lessons.format.mistakes import Mistake
from vae.lessons.measured.values import Values
from vae.lessons.reading import MOST_BYTES, LessonFile, examine
from vae.lessons.translating import translate

ORIGINAL = "lesson.md"
ENGLISH = "en"
MOST_LESSONS = 200  # in a folder
KEPT = 256  # parsed texts
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_TRANSLATION = re.compile(r"lesson\.([a-z]{2})\.md")


def shipped_folder() -> Path:
    """The lessons that come with the app: beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).parents[1]
    packaged = package / "_app" / "lessons"
    return packaged if packaged.is_dir() else package.parent / "lessons"


def own_folder() -> Path | None:
    """The folder of a teacher's own lessons, which $VAE_LESSONS names; None without it."""
    named = os.environ.get("VAE_LESSONS", "").strip()
    return Path(named).expanduser() if named else None


@dataclass(frozen=True)
class _Place:
    """Where a lesson lies. folder: of its translations; None for a single file."""

    name: str
    file: Path
    folder: Path | None
    own: bool

    def files(self) -> dict[str, Path]:
        """Its files by their languages, English first."""
        found = sorted(self.folder.iterdir()) if self.folder is not None and self.folder.is_dir() else []
        matches = ((_TRANSLATION.fullmatch(path.name), path) for path in found)
        others = {match[1]: path for match, path in matches if match is not None and match[1] != ENGLISH}
        return {ENGLISH: self.file, **others}


@dataclass(frozen=True)
class _Read:
    """A file that was read: its lesson, or None and its mistakes."""

    lesson: LessonFile | None
    mistakes: tuple[Mistake, ...]


class Library:
    """The lessons of some folders. May be used by several threads."""

    def __init__(self, values: Values, shipped: Path | None = None, own: Path | None = None) -> None:
        """shipped: of the app's lessons; own: of a teacher's. None for no such folder."""
        self.values = values
        self._shipped, self._own = shipped, own

    def summaries(self, language: str = ENGLISH) -> list[LessonSummary]:
        """Every lesson: the shipped ones in their order, then own ones by title. One with mistakes says the first."""
        teller = Teller(self.values)
        found = [(self._order(place), self._summary(place, language, teller)) for place in self._places()]
        return [each for _, each in sorted(found, key=lambda pair: (pair[1]["own"], pair[0], pair[1]["title"]))]

    def load(self, name: str, language: str = ENGLISH) -> Lesson:
        """A lesson, in English where it is not translated. Raises LookupError with a sentence."""
        place = self._place(name)
        files = place.files()
        spoken, read = self._in(files, language)
        if read.lesson is None:
            raise LookupError(f"The lesson {name!r} cannot be used: {_located(files[ENGLISH], read.mistakes[0])}")
        return lesson_json(read.lesson, _names(name, spoken, files, read.lesson), Teller(self.values))

    def source(self, name: str, language: str = ENGLISH) -> str:
        """The text of a lesson's file, in English where it is not translated. Raises LookupError with a sentence."""
        files = self._place(name).files()
        text = _text_of(files.get(language, files[ENGLISH]))
        if isinstance(text, Mistake):
            raise LookupError(f"The lesson {name!r} cannot be used: {text.sentence}")
        return text

    def mistakes(self) -> Iterator[tuple[Path, Mistake]]:
        """Every mistake in every file, and everything that is not so on this machine."""
        for place in self._places():
            files = place.files()
            original = self._read(files[ENGLISH])
            found = original.mistakes or tuple(untruths(_certain(original), self.values))
            yield from ((files[ENGLISH], mistake) for mistake in found)
            if original.lesson is not None:
                for path in list(files.values())[1:]:
                    yield from ((path, mistake) for mistake in self._read(files[ENGLISH], path).mistakes)

    def lessons(self) -> list[tuple[str, str, Path, LessonFile]]:
        """Name, language, file and lesson of every file without mistakes."""
        found = []
        for place in self._places():
            files = place.files()
            for language, path in files.items():
                read = self._read(*dict.fromkeys((files[ENGLISH], path)))
                if read.lesson is not None:
                    spoken = _names(place.name, language, files, read.lesson).language
                    found.append((place.name, spoken, path, read.lesson))
        return found

    def _order(self, place: _Place) -> int:
        lesson = self._read(place.file).lesson
        return 1000 if lesson is None or lesson.order is None or place.own else lesson.order

    def _summary(self, place: _Place, language: str, teller: Teller) -> LessonSummary:
        files = place.files()
        spoken, read = self._in(files, language)
        if read.lesson is None:
            names = Names(place.name, spoken, tuple(files))
            return _unusable(names, _located(files[ENGLISH], read.mistakes[0]), own=place.own)
        found = summary(read.lesson, _names(place.name, spoken, files, read.lesson), teller, own=place.own)
        if language in files and spoken != language:
            broken = self._read(files[ENGLISH], files[language])
            found["problem"] = _located(files[language], broken.mistakes[0])
        return found

    def _in(self, files: dict[str, Path], language: str) -> tuple[str, _Read]:
        """The lesson in this language where it has that without mistakes, else in English."""
        if language in files and language != ENGLISH:
            read = self._read(files[ENGLISH], files[language])
            if read.lesson is not None:
                return language, read
        return ENGLISH, self._read(files[ENGLISH])

    def _place(self, name: str) -> _Place:
        found = next((place for place in self._places() if place.name == name), None)
        if found is None:
            raise LookupError(f"There is no lesson {name!r:.80}; choose one on the Lessons page.")
        return found

    def _places(self) -> list[_Place]:
        shipped, own = (
            [] if folder is None else list(_places_in(folder, own=is_own))
            for folder, is_own in ((self._shipped, False), (self._own, True))
        )
        names = {place.name for place in shipped}
        return shipped + [place for place in own if place.name not in names]

    def _read(self, *paths: Path) -> _Read:
        """A lesson's file, or it and a translation."""
        texts = [_text_of(path) for path in paths]
        if (mistake := next((text for text in texts if isinstance(text, Mistake)), None)) is not None:
            return _Read(None, (mistake,))
        return _parsed(*(text for text in texts if isinstance(text, str)))


def _names(name: str, spoken: str, files: dict[str, Path], lesson: LessonFile) -> Names:
    """With the language of the original, which the file may say, in the place of English."""
    original = lesson.language or ENGLISH
    languages = [original, *(language for language in files if language not in (ENGLISH, original))]
    return Names(name, original if spoken == ENGLISH else spoken, tuple(languages))


def _certain(read: _Read) -> LessonFile:
    assert read.lesson is not None, "a file has mistakes or is a lesson"
    return read.lesson


def _places_in(folder: Path, *, own: bool) -> Iterator[_Place]:
    """The lessons of a folder; what is named otherwise is none."""
    try:
        entries = sorted(folder.iterdir())[:MOST_LESSONS]
    except OSError:
        return
    for entry in entries:
        name = entry.name.removesuffix(".md")
        if not NAME.fullmatch(name):
            continue
        if (entry / ORIGINAL).is_file():
            yield _Place(name, entry / ORIGINAL, entry, own)
        elif own and entry.suffix == ".md" and entry.is_file():
            yield _Place(name, entry, None, own)


@lru_cache(maxsize=KEPT)
def _parsed(original: str, translation: str | None = None) -> _Read:
    """By the texts themselves, so that no change of a file is missed; reading one takes far less than parsing it."""
    lesson, mistakes = examine(original)
    if lesson is not None and translation is not None:
        lesson, mistakes = translate(lesson, translation)
    return _Read(lesson, tuple(mistakes))


def _text_of(path: Path) -> str | Mistake:
    """The text of a file; a mistake where it cannot be read or is longer than any lesson."""
    try:
        if not S_ISREG(path.stat().st_mode):
            return Mistake(1, "This is no file; put the lesson's text there.")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        return Mistake(1, f"The file cannot be read ({error.strerror}); make it readable.")
    if len(data) > MOST_BYTES:
        return Mistake(1, f"A lesson may have {MOST_BYTES // 1024} KiB; shorten it.")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Mistake(line, "The file is not UTF-8; save it as UTF-8.")


def _located(path: Path, mistake: Mistake) -> str:
    """A mistake with its place: lesson.de.md, line 3: …"""
    return f"{path.name}, line {mistake.line}: {mistake.sentence}"


def _unusable(names: Names, problem: str, *, own: bool) -> LessonSummary:
    return LessonSummary(
        name=names.name,
        language=names.language,
        languages=list(names.languages),
        title=names.name,
        minutes=0,
        level="see",
        question="",
        options=[],
        missing=[],
        own=own,
        problem=problem,
    )

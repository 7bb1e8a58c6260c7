"""The folders of lessons: which are listed, in which language, and when a file is read again."""

import os
from pathlib import Path

import pytest

from tests.support.lessons import GERMAN, LESSON, library_of, write
from vae.lessons import library as module
from vae.lessons.format.mistakes import Mistake
from vae.lessons.library import own_folder, shipped_folder
from vae.lessons.reading import LessonFile, examine


def ordered(number: int, title: str) -> str:
    return LESSON.replace("title: What is kept?", f"title: {title}\norder: {number}")


def test_shipped_lessons_come_in_their_order_then_own_ones_by_title(tmp_path: Path) -> None:
    write(tmp_path / "lessons", "a-second", ordered(2, "Aa"))
    write(tmp_path / "lessons", "b-first", ordered(1, "Zz"))
    write(tmp_path / "own", "mine", LESSON.replace("What is kept?", "B of mine"))
    (tmp_path / "own" / "also-mine.md").write_text(ordered(1, "A of mine"), "utf-8")
    found = library_of(tmp_path).summaries()
    assert [(each["name"], each["own"]) for each in found] == [
        ("b-first", False),
        ("a-second", False),
        ("also-mine", True),
        ("mine", True),
    ]
    assert found[0]["options"] == ["A copy", "A typical digit"]


def test_a_lesson_is_in_the_language_that_is_asked_for_or_else_in_english(tmp_path: Path) -> None:
    write(tmp_path / "lessons", "kept", de=GERMAN)
    library = library_of(tmp_path)
    german, spanish = library.load("kept", "de"), library.load("kept", "es")
    assert (german["language"], german["title"], german["languages"]) == ("de", "Was bleibt?", ["en", "de"])
    assert german["steps"][0]["see"] == ["Es hat 2 Dimensionen."]
    assert german["steps"][0]["link"] == "Reconstruction?checkpoint=small&image=3"
    assert german["answer"] == 1
    assert german["references"] == [{"text": "A paper", "link": "https://example.org/paper"}]
    assert (spanish["language"], spanish["title"]) == ("en", "What is kept?")
    assert library.summaries("de")[0]["title"] == "Was bleibt?"
    assert library.source("kept", "de") == GERMAN


def test_an_own_lesson_may_say_its_language(tmp_path: Path) -> None:
    write(tmp_path / "own", "mine", LESSON.replace("minutes: 8", "minutes: 8\nlanguage: fr"), de=GERMAN)
    library = library_of(tmp_path)
    french = library.load("mine")
    assert (french["language"], french["languages"]) == ("fr", ["fr", "de"])
    assert library.load("mine", "de")["language"] == "de"
    assert library.summaries("es")[0]["language"] == "fr"


def test_numbers_and_assertions_are_those_of_this_machine_s_checkpoints(tmp_path: Path) -> None:
    write(tmp_path / "lessons", "kept", LESSON.replace("dimensions of small = 2", "dimensions of small > 2"))
    (step,) = library_of(tmp_path).load("kept")["steps"]
    assert step["see"] == ["It has 2 dimensions."]
    assert step["checks"] == [{"text": "dimensions of small > 2", "measured": "2", "unit": "", "holds": False}]


def test_a_checkpoint_that_is_not_here_is_said_to_be_missing(tmp_path: Path) -> None:
    write(tmp_path / "lessons", "kept", LESSON.replace("small", "large"))
    library = library_of(tmp_path)
    lesson = library.load("kept")
    assert lesson["missing"] == library.summaries()[0]["missing"] == ["large"]
    assert lesson["steps"][0]["see"] == ["It has ? dimensions."]
    assert not lesson["steps"][0]["checks"][0]["holds"]


def test_a_file_with_a_mistake_is_listed_with_it_and_cannot_be_played(tmp_path: Path) -> None:
    write(tmp_path / "own", "broken", LESSON.replace("minutes: 8", "minutes: many"))
    library = library_of(tmp_path)
    (found,) = library.summaries()
    assert (
        found["problem"] == "lesson.md, line 3: minutes of the lesson must be a whole number from 1 to 60, not 'many'."
    )
    with pytest.raises(LookupError, match=r"The lesson 'broken' cannot be used: lesson\.md, line 3: minutes"):
        library.load("broken")


def test_a_translation_with_a_mistake_says_so_and_the_lesson_is_in_english(tmp_path: Path) -> None:
    write(tmp_path / "own", "kept", de=GERMAN.replace("Und mit zehn?", "Und {KL of small}?"))
    library = library_of(tmp_path)
    (found,) = library.summaries("de")
    assert (found["language"], found["title"]) == ("en", "What is kept?")
    assert found["problem"] is not None
    assert found["problem"].startswith("lesson.de.md, line 13: This names KL of small")
    assert library.load("kept", "de")["language"] == "en"
    assert library.summaries("en")[0]["problem"] is None


def test_a_lesson_of_no_such_name_is_refused_without_looking_at_other_files(tmp_path: Path) -> None:
    write(tmp_path / "lessons", "kept")
    (tmp_path / "lessons" / "README.md").write_text(LESSON, "utf-8")
    write(tmp_path, "outside")
    library = library_of(tmp_path)
    for name in ("", "lost", "README", "../outside", "kept/lesson.md", "/etc/passwd"):
        with pytest.raises(LookupError, match="There is no lesson"):
            library.load(name)


def test_an_own_lesson_does_not_replace_a_shipped_one(tmp_path: Path) -> None:
    write(tmp_path / "lessons", "kept")
    write(tmp_path / "own", "kept", LESSON.replace("What is kept?", "Mine"))
    assert [each["title"] for each in library_of(tmp_path).summaries()] == ["What is kept?"]


def test_a_text_is_parsed_once_and_every_change_of_a_file_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one within a tick of the file system's clock."""
    file = write(tmp_path / "lessons", "kept", LESSON.replace("minutes: 8", "minutes: 58")) / "lesson.md"
    library, read = library_of(tmp_path), list[str]()

    def counted(text: str) -> tuple[LessonFile | None, list[Mistake]]:
        read.append(text)
        return examine(text)

    monkeypatch.setattr(module, "examine", counted)
    for _ in range(3):
        assert library.summaries()[0]["minutes"] == 58
    assert len(read) == 1
    state = file.stat()
    file.write_text(LESSON.replace("minutes: 8", "minutes: 57"), "utf-8")
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert library.summaries()[0]["minutes"] == 57
    assert len(read) == 2


@pytest.mark.parametrize("data", [b"\xff\xfe", b"---\ntitle: \xc3\x28\n---\nx", b"x" * 100_000, b""])
def test_a_file_that_is_no_text_has_a_problem_in_one_sentence(tmp_path: Path, data: bytes) -> None:
    write(tmp_path / "own", "odd")
    (tmp_path / "own" / "odd" / "lesson.md").write_bytes(data)
    (found,) = library_of(tmp_path).summaries()
    assert found["problem"] is not None
    assert found["problem"].startswith("lesson.md, line ")


def test_the_shipped_folder_is_beside_the_package_and_the_own_one_is_named_by_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (shipped_folder() / "two-numbers" / "lesson.md").is_file()
    monkeypatch.delenv("VAE_LESSONS", raising=False)
    assert own_folder() is None
    monkeypatch.setenv("VAE_LESSONS", "/somewhere/lessons")
    assert own_folder() == Path("/somewhere/lessons")


def test_every_mistake_and_every_untruth_is_found_with_its_file(tmp_path: Path) -> None:
    wrong = LESSON.replace("dimensions of small = 2", "dimensions of small = 3").replace("=small&image", "=large&image")
    write(tmp_path / "lessons", "false", wrong, de=GERMAN.replace("question", "frage", 1))
    found = [(path.name, mistake.line, mistake.sentence) for path, mistake in library_of(tmp_path).mistakes()]
    assert found == [
        ("lesson.md", 14, "The link names 'large', and there is no such checkpoint here."),
        ("lesson.md", 17, "“dimensions of small = 3” is not so: it is 2; change the text or the assertion."),
        ("lesson.de.md", 2, "The lesson has no question; add “question: …”."),
        (
            "lesson.de.md",
            3,
            "There is no 'frage' in the lesson; its keys are title, question, options, steps, transfer, references.",
        ),
    ]

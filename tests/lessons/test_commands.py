"""python -m vae lessons: what it prints, and how it ends."""

from pathlib import Path

import pytest

from tests.support.checkpoints import save
from tests.support.lessons import GERMAN, LESSON, write
from vae.__main__ import main

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one lesson in two languages, beside one checkpoint."""
    save(tmp_path / "checkpoints" / "small")
    monkeypatch.setenv("VAE_CHECKPOINTS", str(tmp_path / "checkpoints"))
    write(tmp_path / "lessons", "kept", de=GERMAN)
    return tmp_path / "lessons"


def test_check_says_that_all_is_so(folder: Path, capsys: Captured) -> None:
    assert main(["lessons", "check", str(folder)]) == 0
    assert capsys.readouterr().out == "1 lessons in 2 files: no mistake, and all 1 assertions hold\n"


def test_check_prints_every_mistake_with_its_line_and_fails(folder: Path, capsys: Captured) -> None:
    write(folder, "false", LESSON.replace("small = 2", "small > 2"))
    write(folder, "typed", LESSON.replace("level: see", "level: look"))
    assert main(["lessons", "check", str(folder)]) == 1
    out, error = capsys.readouterr()
    assert out == (
        f"{folder}/false/lesson.md, line 17: “dimensions of small > 2” is not so: it is 2; change the text or the "
        f"assertion.\n{folder}/typed/lesson.md, line 4: level of the lesson must be see, measure or mathematics, not "
        "'look'.\n"
    )
    assert error == "vae lessons: 2 mistakes in the lessons; each is above with its line.\n"


def test_read_prints_each_file_s_measure(folder: Path, capsys: Captured) -> None:
    assert main(["lessons", "read", str(folder)]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "lesson.md" in first
    assert "lesson.de.md" in second
    write(folder, "hard", LESSON.replace("Only", "Multidimensional reconstructional considerations, " * 40))
    assert main(["lessons", "read", str(folder)]) == 1
    assert "The reading ease is" in capsys.readouterr().out


def test_keep_computes_what_takes_seconds(folder: Path, capsys: Captured) -> None:
    write(folder, "slow", LESSON.replace("- one", "- {neighbours kept by PCA of small}"))
    assert main(["lessons", "keep", str(folder)]) == 0
    assert capsys.readouterr().out == "neighbours kept PCA of small: 100 %\n"
    assert list((folder.parent / "checkpoints" / "small").glob("measured-*.json"))


def test_a_folder_that_is_none_is_refused(tmp_path: Path, capsys: Captured) -> None:
    assert main(["lessons", "check", str(tmp_path / "lost")]) == 1
    assert "is no folder; name one that holds a folder for each lesson." in capsys.readouterr().err

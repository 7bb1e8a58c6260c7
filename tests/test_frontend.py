"""The folders of vae/frontend: who imports whom, and that every script is used."""

import re
from pathlib import Path

from vae.views.shared.scripts import CLASS_SCRIPT, FRONTEND

UPLOADER = FRONTEND / "training" / "uploader.js"  # a component of its own, in the form of a new run
SIGNS = FRONTEND / "training" / "signs.js"  # of the form
BOOTSTRAP = FRONTEND / "hosts" / "lab" / "bootstrap.js"  # of a packed page, in its text
LIGHT_PAGE = FRONTEND / "hosts" / "lab" / "light.js"
FILES = {FRONTEND / "hosts" / "lab" / name for name in ("file.js", "lesson-file.js")}  # the latter with lesson.js
LIBRARY = FRONTEND / "lessons" / "library" / "library.js"
SWEEP = FRONTEND / "training" / "sweep.js"  # a component of its own, beneath the runs
NO_FILM = FRONTEND / "training" / "no-film.js"  # in a file that has no films
CLASS = {  # what Python names of a class's pages
    FRONTEND / CLASS_SCRIPT,
    FRONTEND / "hosts" / "lab" / "student.js",
    FRONTEND / "classroom" / "entry" / "entry.js",
    FRONTEND / "classroom" / "projector" / "projector.js",
    FRONTEND / "classroom" / "check" / "check.js",
    FRONTEND / "classroom" / "teacher" / "teacher.js",
}
# Folders whose scripts a folder may import besides lib's.
BESIDE_LIB = {"hosts": {"classroom", "lessons"}, "classroom": {"lessons"}}
PAGES = ("bar", "compare", "explore", "home", "interpolation", "map", "reconstruction", "sampling", "training")
IMPORT = re.compile(r"""(?:\bfrom|\bimport|\bimport\(|\bnew URL\()\s*"(\.[^"]+)\"""")  # a worker's script is a URL


def imports(script: Path) -> list[Path]:
    """The scripts that this one names, whether they are there or not."""
    return [(script.parent / name).resolve() for name in IMPORT.findall(script.read_text("utf-8"))]


def folder(script: Path) -> str:
    return script.relative_to(FRONTEND).parts[0]


ARROWS = {script: imports(script) for script in sorted(FRONTEND.rglob("*.js"))}


def test_there_is_a_folder_for_each_page_and_the_bar_and_for_what_they_share_hosts_a_class_lessons_and_words() -> None:
    folders = {path.name for path in FRONTEND.iterdir()}
    assert folders == {*PAGES, "lib", "hosts", "classroom", "lessons", "words"}
    for page in PAGES:
        assert (FRONTEND / page / f"{page}.js").is_file()
        assert (FRONTEND / page / f"{page}.css").is_file()


def test_the_pattern_finds_every_way_to_name_a_script() -> None:
    text = """import { a, b } from "./a.js"; import "./b.js"; await import("../lib/c.js");
new Worker(new URL("./d.js", import.meta.url));
import {
  long,
} from "./e.js";"""
    assert IMPORT.findall(text) == ["./a.js", "./b.js", "../lib/c.js", "./d.js", "./e.js"]


def test_every_import_names_a_script_that_exists() -> None:
    assert not {(script, target) for script, targets in ARROWS.items() for target in targets if target not in ARROWS}


def test_a_script_imports_from_its_own_folder_and_lib_hosts_from_class_mode_too_and_both_from_lessons() -> None:
    for script, targets in ARROWS.items():
        allowed = {folder(script), "lib"} | BESIDE_LIB.get(folder(script), set())
        assert {folder(target) for target in targets} <= allowed, script


def test_every_script_is_used() -> None:
    """Python names a page's main script, the uploader, the signs and the hosts; other scripts name the rest."""
    entries = {FRONTEND / page / f"{page}.js" for page in PAGES} | {UPLOADER, BOOTSTRAP, LIGHT_PAGE, NO_FILM}
    entries |= {LIBRARY, SIGNS, SWEEP} | CLASS | FILES | set((FRONTEND / "hosts").glob("*.js"))
    named = {target for targets in ARROWS.values() for target in targets}
    assert set(ARROWS) - named == entries


def test_every_slider_and_number_field_is_one_of_lib() -> None:
    """A browser's own moves under a swipe, and makes 125 of "1,25"."""
    made = {path.name for path in ARROWS if re.search(r"""type: ["'](number|range)["']""", path.read_text("utf-8"))}
    assert made == {"fields.js"}


def test_no_script_imports_itself_by_a_circle() -> None:
    left = {script: set(targets) for script, targets in ARROWS.items()}
    while free := {script for script, targets in left.items() if not targets & left.keys()}:
        for script in free:
            del left[script]
    assert not left

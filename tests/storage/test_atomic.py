"""Staging folders are removed when they are no longer in use, and never before."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from vae.storage import atomic
from vae.storage.atomic import PREFIX, remove_stale, staging_folder

ROOT = Path(__file__).parents[2]


def names(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir())


def test_what_is_moved_out_stays_and_the_rest_is_gone(tmp_path: Path) -> None:
    root = tmp_path / "new" / "root"
    with staging_folder(root) as folder:
        (folder / "made").mkdir()
        (folder / "waste").write_text("x")
        (folder / "made").rename(root / "made")
    assert names(root) == ["made"]
    with suppress(ZeroDivisionError), staging_folder(root) as folder:
        (folder / "made").mkdir()
        raise ZeroDivisionError
    assert names(root) == ["made"]


def test_the_staging_folder_of_a_killed_process_is_removed_and_not_before(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from vae.storage.atomic import staging_folder\n"
        "with staging_folder(Path(sys.argv[1])) as folder:\n"
        "    (folder / 'half').mkdir(); print('made', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (left,) = tmp_path.iterdir()
        remove_stale(tmp_path)
        with staging_folder(tmp_path):
            assert left.exists()
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert (left / "half").exists()
    remove_stale(tmp_path)
    assert names(tmp_path) == []


def test_threads_that_make_and_remove_staging_folders_do_not_disturb_each_other(tmp_path: Path) -> None:
    def make(number: int) -> None:
        with staging_folder(tmp_path) as folder:
            (folder / "made").write_text("x")
            remove_stale(tmp_path)
            (folder / "made").rename(tmp_path / str(number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make, range(200)))
    assert names(tmp_path) == sorted(map(str, range(200)))


def test_only_staging_folders_are_removed_and_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept").write_text("x")
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / f"{PREFIX}file").write_text("x")
    (tmp_path / ".git").mkdir()
    before = names(tmp_path)
    remove_stale(tmp_path)
    remove_stale(tmp_path / "missing")
    remove_stale(tmp_path / f"{PREFIX}file")
    assert names(tmp_path) == before
    assert (tmp_path / "elsewhere" / "kept").exists()


def test_without_locks_nothing_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic, "fcntl", None)
    (tmp_path / f"{PREFIX}left").mkdir()
    with staging_folder(tmp_path) as folder:
        assert folder.is_dir()
    assert names(tmp_path) == [f"{PREFIX}left"]

"""The installed command: where its checkpoints and data sets lie."""

import os
import runpy
import sys
from pathlib import Path

import pytest

from vae.console import main, use_folder_of_user

ROOT = Path(__file__).parents[1]


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """A folder of checkpoints as a wheel has it, read-only."""
    folder = tmp_path / "site-packages" / "checkpoints"
    (folder / "digits-z2").mkdir(parents=True)
    (folder / "digits-z2" / "config.json").write_text("{}")
    (folder / "digits-z2" / "config.json").chmod(0o444)
    (folder / "digits-z2").chmod(0o555)
    return folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's data folder, where the environment names nothing else."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    for name in ("VAE_CHECKPOINTS", "VAE_DATA_DIR"):
        monkeypatch.setenv(name, "")  # so that monkeypatch takes back what the command sets
        monkeypatch.delenv(name)
    return tmp_path / "home" / "latent-lab"


def test_the_first_start_copies_the_shipped_checkpoints_and_the_user_may_write_to_them(
    shipped: Path, home: Path
) -> None:
    use_folder_of_user(shipped)
    assert os.environ["VAE_CHECKPOINTS"] == str(home / "checkpoints")
    assert os.environ["VAE_DATA_DIR"] == str(home / "data")
    copy = home / "checkpoints" / "digits-z2" / "config.json"
    assert copy.read_text() == "{}"
    assert copy.stat().st_mode & 0o200
    assert copy.parent.stat().st_mode & 0o200
    assert sorted(path.name for path in home.iterdir()) == ["checkpoints"]


def test_a_later_start_brings_back_nothing_that_the_user_deleted(shipped: Path, home: Path) -> None:
    (home / "checkpoints" / "own").mkdir(parents=True)
    use_folder_of_user(shipped)
    assert [path.name for path in (home / "checkpoints").iterdir()] == ["own"]


def test_folders_that_the_environment_names_are_kept(
    shipped: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_CHECKPOINTS", "/elsewhere")
    monkeypatch.setenv("VAE_DATA_DIR", "/data")
    use_folder_of_user(shipped)
    assert (os.environ["VAE_CHECKPOINTS"], os.environ["VAE_DATA_DIR"]) == ("/elsewhere", "/data")
    assert not home.exists()


def test_where_the_user_has_no_folder_the_shipped_checkpoints_are_read_where_they_are(
    shipped: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.parent.write_text("a file where the folder would be")
    use_folder_of_user(shipped)
    assert os.environ["VAE_CHECKPOINTS"] == str(shipped)
    assert f"cannot be copied to {home / 'checkpoints'}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "module", "passed"),
    [
        ([], "streamlit", ["run", str(ROOT / "app.py")]),
        (["--server.port", "8502"], "streamlit", ["run", str(ROOT / "app.py"), "--server.port", "8502"]),
        (["train", "--help"], "vae", ["train", "--help"]),
    ],
)
def test_options_go_to_the_app_and_commands_to_the_command_line(
    arguments: list[str], module: str, passed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(runpy, "run_module", lambda name, **_: ran.append((name, sys.argv[1:])))
    monkeypatch.setattr(sys, "argv", ["latent-lab", *arguments])
    main()
    assert ran == [(module, passed)]


def test_a_checkout_keeps_its_own_checkpoints(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runpy, "run_module", lambda *_, **__: None)
    monkeypatch.setattr(sys, "argv", ["latent-lab"])
    main()
    assert "VAE_CHECKPOINTS" not in os.environ
    assert not home.exists()


def test_help_names_both_uses(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["latent-lab", "--help"])
    main()
    assert "STREAMLIT OPTION" in (usage := capsys.readouterr().out)
    assert "COMMAND" in usage

"""The wheel: what is in it, and that what is installed from it works in another folder."""

import os
import subprocess
import sys
import sysconfig
import tomllib
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

import pytest

from vae.bench.live import free_port

ROOT = Path(__file__).parents[1]
BESIDE = ("app.py", "pages", ".streamlit", "checkpoints", "lessons")  # the package in a checkout, in it in the wheel
OPENS_EVERY_PAGE = """
from pathlib import Path
from streamlit.testing.v1 import AppTest
import vae

root = Path(vae.__file__).parent / "_app"
app = AppTest.from_file(str(root / "app.py"), default_timeout=600)
pages = sorted(path.relative_to(root).as_posix() for path in (root / "pages").glob("*.py"))
for page in (None, *pages):
    (app.switch_page(page) if page else app).run()
    assert not app.exception, (page, app.exception)
print(len(pages))
"""


def pins(name: str) -> list[str]:
    """The requirements of a file of them."""
    return [line for line in (ROOT / name).read_text().splitlines() if "==" in line]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--wheel-dir", folder, ROOT], check=True)
    (found,) = folder.iterdir()
    return found


def shipped() -> Iterator[tuple[Path, str]]:
    """Every file that belongs into the wheel, and its name there."""
    for top in ("vae", *BESIDE):
        for path in (ROOT / top, *(ROOT / top).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if path.is_file() and "__pycache__" not in path.parts and ".runs" not in path.parts:
                yield path, name if top == "vae" else f"vae/_app/{name}"


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_in_it_app_pages_settings_checkpoints_and_lessons(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        held = {name: archive.getinfo(name).file_size for name in archive.namelist() if ".dist-info/" not in name}
    assert held == {name: path.stat().st_size for path, name in shipped()}


@pytest.mark.slow
def test_the_wheel_asks_for_what_requirements_txt_pins(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(archive.read(name))
    assert sorted(metadata.get_all("Requires-Dist", [])) == sorted(map(str.lower, pins("requirements.txt")))


def test_what_builds_the_wheel_is_pinned_for_its_test_too() -> None:
    build_system = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]
    assert set(build_system["requires"]) <= set(pins("requirements-dev.txt"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts' folder of a new environment: the wheel, and the other packages from that of the tests."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, symlinks=os.name != "nt")
    paths = {"base": str(home), "platbase": str(home)}
    packages, scripts = (Path(sysconfig.get_path(key, "venv", paths)) for key in ("purelib", "scripts"))
    others = (path for path in sys.path if path.endswith("site-packages"))
    (packages / "tests.pth").write_text("\n".join(others))
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(scripts / "python"),
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*pip, str(wheel)], check=True)
    return scripts


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory of a user who has set nothing."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("VAE_CHECKPOINTS", "VAE_DATA_DIR", "VAE_CACHE", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


@contextmanager
def started(command: Path, folder: Path) -> Iterator[str]:
    """The app as the installed command starts it; gives its address once it has said that it serves."""
    address = f"http://127.0.0.1:{free_port()}"
    options = ["--server.port", address.rpartition(":")[2]]
    with subprocess.Popen([command, *options], cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert any(address in line for line in process.stdout)
            yield address
        finally:
            process.terminate()


@pytest.mark.slow
def test_the_installed_command_starts_the_app_with_its_settings(installed: Path, elsewhere: Path) -> None:
    with started(installed / "latent-lab", elsewhere) as address:
        for path in ("/_stcore/health", "/Explore"):
            assert urllib.request.urlopen(address + path).status == 200
    assert list(elsewhere.iterdir()) == []


@pytest.mark.slow
def test_the_installed_command_lists_the_shipped_checkpoints(installed: Path, elsewhere: Path) -> None:
    listed = subprocess.run(
        [installed / "latent-lab", "list"], cwd=elsewhere, capture_output=True, text=True, check=True
    )
    assert listed.stdout.count("whole") == len(list((ROOT / "checkpoints").glob("*/config.json")))


@pytest.mark.slow
def test_every_page_opens_where_the_wheel_is_installed(installed: Path, elsewhere: Path) -> None:
    opened = subprocess.run(
        [installed / "python", "-c", OPENS_EVERY_PAGE], cwd=elsewhere, check=False, capture_output=True, text=True
    )
    assert opened.returncode == 0, opened.stderr
    assert int(opened.stdout) == len(list((ROOT / "pages").glob("*.py")))

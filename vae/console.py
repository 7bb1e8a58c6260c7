"""The installed command: latent-lab starts the app; latent-lab train | evaluate | … is the command line."""

import os
import runpy
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

PACKAGED = (
    Path(__file__).parent / "_app"
)  # app.py, pages, checkpoints and lessons in a wheel; does not exist in a checkout
USAGE = """\
usage: latent-lab [STREAMLIT OPTION …]     start the app, for example with --server.port 8502
       latent-lab COMMAND [ARGUMENT …]     train, evaluate, project, list, lessons or bench; each has --help
"""


def main() -> None:
    """Runs the app or one command of `python -m vae`; exits with its status."""
    arguments = sys.argv[1:]
    if arguments[:1] in (["-h"], ["--help"]):
        print(USAGE, end="")
        return
    if PACKAGED.is_dir():
        use_folder_of_user(PACKAGED / "checkpoints")
    if arguments and not arguments[0].startswith("-"):
        _run("vae", arguments)
    else:
        root = PACKAGED if PACKAGED.is_dir() else Path(__file__).parents[1]
        _run("streamlit", ["run", str(root / "app.py"), *arguments])


def use_folder_of_user(shipped: Path) -> None:
    """Sets the folders of an installed app, as the package's own may be read-only and is removed with it.

    VAE_CHECKPOINTS becomes the user's folder, into which the shipped checkpoints are copied when it is made, and
    VAE_DATA_DIR the folder beside it. A variable that is already set is kept. If the user's folder cannot be made, the
    app reads the shipped one, and its Training page says why no run can be started.
    """
    home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "latent-lab"
    os.environ.setdefault("VAE_DATA_DIR", str(home / "data"))
    if "VAE_CHECKPOINTS" in os.environ:
        return
    own = home / "checkpoints"
    try:
        if not own.is_dir():
            _copy_whole(shipped, own)
        os.environ["VAE_CHECKPOINTS"] = str(own)
    except OSError as error:
        print(f"The checkpoints stay in {shipped}, as they cannot be copied to {own}: {error}", file=sys.stderr)
        os.environ["VAE_CHECKPOINTS"] = str(shipped)


def _copy_whole(source: Path, target: Path) -> None:
    """Copies a folder so that `target` is complete or does not exist, also when two processes copy at once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        copy = Path(folder) / target.name
        for file in (path for path in source.rglob("*") if path.is_file()):
            place = copy / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)  # without its mode: what is installed may be read-only
        try:
            copy.rename(target)
        except OSError:
            if not target.is_dir():
                raise


def _run(module: str, arguments: Sequence[str]) -> None:
    """Does what `python -m module arguments…` does, in this process."""
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)

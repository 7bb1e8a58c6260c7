"""Commands about checkpoints as files: bundle, list."""

import argparse
from pathlib import Path
from urllib.parse import urlencode

from vae.commands.lessons import library_of
from vae.commands.options import (
    CHECKPOINT_HELP,
    Commands,
    Result,
    add_command,
    checkpoint_path,
    checkpoints_folder,
    score,
)
from vae.storage.checkpoints import BrokenCheckpoint, Checkpoint, check_free, list_checkpoints, read_checkpoint
from vae.storage.files import CheckpointError
from vae.validation import require


def add_commands(commands: Commands) -> None:
    """Adds bundle and list."""
    bundle = add_command(commands, "bundle", run_bundle, "write models into one HTML file that works without the app")
    models_help = f"{CHECKPOINT_HELP}; with a lesson, without any: those that its steps show"
    bundle.add_argument("checkpoints", type=checkpoint_path, nargs="*", metavar="checkpoint", help=models_help)
    bundle.add_argument("--lesson", help="a lesson with which the page begins: its name, or the path of its text file")
    bundle.add_argument("--language", default="en", help="of the page and its lesson: en, de or es")
    bundle.add_argument("--out", type=Path, required=True, help="the HTML file to write")
    bundle.add_argument(
        "--points", type=int, help="encoded test images of each model; default: as many as fit 2 MB with one model"
    )

    listing = add_command(commands, "list", run_list, "list the checkpoints and whether they are whole")
    listing.add_argument("--checkpoints", type=Path, default=checkpoints_folder(), help="the folder they are in")


def run_bundle(args: argparse.Namespace) -> Result:
    """Writes a file with these models, to be opened from any folder without a network."""
    # They need the app's packages, which a machine that only trains may lack.
    from vae.lab.file import lab_file, lesson_file, save_page
    from vae.lab.model_blocks import ModelFiles
    from vae.views.shared.words import LANGUAGES

    check_free(args.out)
    require(args.language in LANGUAGES, "language", args.language, f"one of {', '.join(LANGUAGES)}")
    lesson = _lesson(args.lesson, args.language) if args.lesson else None
    models = [ModelFiles(read_checkpoint(path)) for path in args.checkpoints or _shown_by(lesson)]
    if lesson:
        page = lesson_file(lesson, models, args.language, points=args.points)
    else:
        page = lab_file(models, points=args.points, query=urlencode({"lang": args.language}))
    save_page(args.out, page)
    names = [model.checkpoint.name for model in models]
    print(f"{len(page):,} bytes with {', '.join(names)}; saved as {args.out}")
    return {"checkpoints": names, "bytes": len(page), "file": str(args.out)}


def _lesson(named: str, language: str) -> Result:
    """A lesson by its name, or by the path of its text. Raises ValueError with what is wrong with it."""
    from vae.lab.routes import OWN_LESSON
    from vae.lessons.routes import written_lesson

    library, path = library_of(), Path(named)
    if not path.is_file():
        try:
            return {**library.load(named, language)}
        except LookupError as error:
            raise ValueError(f"{error.args[0]} A lesson of your own is named by the path of its file.") from error
    try:
        return {**written_lesson(library, path.read_text("utf-8"), language), "name": OWN_LESSON}
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8; save it as UTF-8.") from error


def _shown_by(lesson: Result | None) -> list[Path]:
    """The checkpoints that a lesson's steps show, as far as they are there. Raises ValueError for none."""
    from vae.lab.file import lesson_models

    if lesson is None:
        raise ValueError("a file needs a model: name checkpoints, or a lesson with --lesson.")
    needed = lesson_models(lesson)
    found = [path for name in needed if (path := checkpoint_path(name)).is_dir()]
    if not found:
        raise ValueError(f"the lesson's models are not here: {', '.join(needed)}; name the checkpoints to take.")
    return found


def run_list(args: argparse.Namespace) -> Result:
    """Lists the checkpoints; loads each in full, so that "whole" means usable."""
    rows = [describe(found) for found in list_checkpoints(args.checkpoints)]
    for row in rows:
        known = (
            f"{row['dataset']:<14} z {row['latent_dim']:<4} {score(row, row['classes']):<21}"
            if "dataset" in row
            else ""
        )
        print(f"{row['checkpoint']:<20} {known:<42} {row['state']}")
    return {"checkpoints": rows}


def describe(found: Checkpoint | BrokenCheckpoint) -> Result:
    """One row of the list: the checkpoint's data, and its state: "whole", or what is wrong with it."""
    if isinstance(found, BrokenCheckpoint):
        return {"checkpoint": found.name, "state": found.error}
    known = {"checkpoint": found.name, "dataset": found.dataset, "latent_dim": found.model_config.latent_dim}
    known["classes"] = found.model_config.classes
    known |= {key: found.metrics[key] for key in ("negative_elbo", "reconstruction")}
    try:
        found.load_model()
        found.load_encoded()
        found.load_examples()
    except CheckpointError as error:
        return known | {"state": str(error)}
    return known | {"state": "whole"}

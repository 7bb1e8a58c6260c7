"""Commands about checkpoints as files: bundle, list."""

import argparse
from pathlib import Path

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


def add_commands(commands: Commands) -> None:
    """Adds bundle and list."""
    bundle = add_command(commands, "bundle", run_bundle, "write models into one HTML file that works without the app")
    bundle.add_argument("checkpoints", type=checkpoint_path, nargs="+", metavar="checkpoint", help=CHECKPOINT_HELP)
    bundle.add_argument("--out", type=Path, required=True, help="the HTML file to write")
    bundle.add_argument(
        "--points", type=int, help="encoded test images of each model; default: as many as fit 2 MB with one model"
    )

    listing = add_command(commands, "list", run_list, "list the checkpoints and whether they are whole")
    listing.add_argument("--checkpoints", type=Path, default=checkpoints_folder(), help="the folder they are in")


def run_bundle(args: argparse.Namespace) -> Result:
    """Writes a file with these models, to be opened from any folder without a network."""
    from vae.lab.file import (
        lab_file,
        save_page,
    )  # it needs the app's packages, which a machine that only trains may lack
    from vae.lab.model_blocks import ModelFiles

    check_free(args.out)
    models = [ModelFiles(read_checkpoint(path)) for path in args.checkpoints]
    page = lab_file(models, points=args.points)
    save_page(args.out, page)
    names = [model.checkpoint.name for model in models]
    print(f"{len(page):,} bytes with {', '.join(names)}; saved as {args.out}")
    return {"checkpoints": names, "bytes": len(page), "file": str(args.out)}


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

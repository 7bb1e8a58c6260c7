"""The command that makes a data set: data."""

import argparse
from time import monotonic

from vae.commands.options import Commands, ProgressBar, Result, add_command, add_data_dir
from vae.datasets.made.recipes import MADE, RECIPES
from vae.datasets.made.storage import licences, load, save
from vae.datasets.pictures import DataError
from vae.datasets.registry import data_directory


def add_commands(commands: Commands) -> None:
    """Adds data."""
    about = "make a data set from openly licensed packages, which are downloaded once"
    data = add_command(commands, "data", run_data, about)
    data.add_argument("dataset", choices=MADE)
    add_data_dir(data)


def run_data(args: argparse.Namespace) -> Result:
    """Makes and saves the data set; says what it was made from, and whether it is what the project's models learned."""
    root, started = data_directory(args.data_dir), monotonic()
    recipe = RECIPES[args.dataset]
    with ProgressBar(args.dataset) as bar:
        made = recipe.make(root, bar.show)
    try:
        folder = save(root, args.dataset, made)
    except OSError as error:
        raise DataError(f"{args.dataset}: {error}; make sure that {root} can be written to") from error
    dataset, seconds = load(root, args.dataset), monotonic() - started
    same = dataset.content_hash == recipe.content
    parts = (dataset.train, dataset.validation, dataset.test)
    train, validation, test = counts = tuple(map(len, parts))
    print(
        f"{train:,} training, {validation:,} validation, {test:,} test images {dataset.image_shape} in {seconds:.0f} s"
    )
    for licence, names in sorted(licences(made.sources).items()):
        print(f"{licence}: {', '.join(names)}")
    known = "the same as" if same else "NOT what"
    print(f"SHA-256 {dataset.content_hash}: {known} the project's models were trained on")
    print(f"saved as {folder}")
    return {
        "dataset": args.dataset, "images": counts, "seconds": seconds, "sha256": dataset.content_hash,
        "as_trained_on": same, "licences": licences(made.sources), "folder": str(folder),
    }  # fmt: skip

"""What several commands use: folders of checkpoints, data sets, a progress bar, numbers on the terminal."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from vae.datasets.splits import Dataset
from vae.storage.checkpoints import Checkpoint
from vae.training.request import DatasetRequest
from vae.validation import require

Result = dict[str, Any]


Commands = Any  # add_subparsers' result, whose class argparse does not export


CHECKPOINT_HELP = "a checkpoint's folder, or its name in $VAE_CHECKPOINTS or checkpoints/"


def checkpoints_folder() -> Path:
    """Where checkpoints are looked for by name: $VAE_CHECKPOINTS, else checkpoints/."""
    return Path(os.environ.get("VAE_CHECKPOINTS", "checkpoints"))


def checkpoint_path(text: str) -> Path:
    """The folder of this path, or else of this name among the checkpoints."""
    path = Path(text)
    return path if path.exists() or path.name != text else checkpoints_folder() / text


def add_command(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], Result | list[Result]],
    about: str,
) -> argparse.ArgumentParser:
    """A command of this name, which `run` carries out. about: what it does, for the help."""
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=about, description=about, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    command.add_argument("--json", action="store_true", help="make the last line of standard output one JSON object")
    command.set_defaults(command=run)
    return command


def add_data_dir(command: argparse.ArgumentParser) -> None:
    """Adds the option for the data sets' folder."""
    command.add_argument("--data-dir", type=Path, help="where data sets are; default: $VAE_DATA_DIR, else data/")


def load(request: DatasetRequest, args: argparse.Namespace) -> Dataset:
    """The data set, with a progress bar on standard error while it is downloaded."""
    with ProgressBar("loading") as bar:
        return request.load(data_dir=args.data_dir, progress=bar.show)


def dataset_of(checkpoint: Checkpoint, args: argparse.Namespace) -> Dataset:
    """The data set of a checkpoint; prints a note when it is not that of the training run."""
    shape = checkpoint.model_config.image_shape
    dataset = load(DatasetRequest(checkpoint.dataset, shape[1], shape[0] == 3), args)
    require(dataset.image_shape == shape, "image shape", dataset.image_shape, f"the checkpoint's {shape}")
    if dataset.content_hash != checkpoint.content_hash:
        print(f"note: this {dataset.name} is not the data that {checkpoint.name} was trained on", file=sys.stderr)
    return dataset


def score(metrics: Mapping[str, Any], classes: int) -> str:
    """The -ELBO, of a model with classes that of an image given its class; the reconstruction where there is none."""
    if metrics["negative_elbo"] is None:
        return f"reconstruction {metrics['reconstruction']:.2f}"
    return f"-ELBO {metrics['negative_elbo']:.2f}{' | class' if classes else ''}"


def shown(result: Result) -> Result:
    """Prints a benchmark's numbers and the machine, and returns the numbers."""
    from vae.bench import machine

    print(machine.report(result))
    return result


class ProgressBar:
    """A one-line bar on standard error. Where that is not a terminal, only its notes; nothing unless shown."""

    def __init__(self, title: str, shown: bool = True) -> None:
        self.title = title
        self.shown = shown
        self.live = shown and sys.stderr.isatty()

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(self, *_: object) -> None:
        self._line("")

    def show(self, progress: float, text: str = "") -> None:
        """Draws the bar at this progress, 0 to 1."""
        done = round(30 * progress)
        self._line(f"{text or self.title} [{'#' * done}{'.' * (30 - done)}] {progress:4.0%}")

    def note(self, text: str) -> None:
        """Prints a line that stays."""
        self._line("")
        if self.shown:
            print(text, file=sys.stderr, flush=True)

    def _line(self, text: str) -> None:
        if self.live:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

"""The command line: python -m vae train | evaluate | project | list | bench."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import get_args

from vae.checkpoints import BrokenCheckpoint, Checkpoint, CheckpointError, list_checkpoints, read_checkpoint
from vae.data import Dataset, load_dataset
from vae.latents import encode
from vae.metrics import evaluate
from vae.models import Architecture, Likelihood, choose_device, default_config, require
from vae.pictures import DataError
from vae.projections import METHODS, project
from vae.training import TrainingConfig, train_checkpoint

Result = dict[str, object]


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit status: 0, or 1 after one sentence on standard error."""
    args = parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], Result] = args.command
    try:
        result = command(args)
    except (CheckpointError, DataError, ValueError, FloatingPointError, ConnectionError) as error:
        print(f"vae {args.name}: {error}", file=sys.stderr)
        return 1
    if args.json:
        print(json.dumps(result))
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line's grammar, with every default taken from the configs themselves."""
    top = argparse.ArgumentParser(prog="python -m vae", description="Train and measure variational autoencoders.")
    commands = top.add_subparsers(dest="name", required=True)

    train = _command(commands, "train", run_train, "train a model and save it as a checkpoint folder")
    train.add_argument("--dataset", required=True, help="a data set's name, or a folder or zip of images")
    train.add_argument("--out", type=Path, required=True, help="the checkpoint folder to write")
    train.add_argument("--arch", choices=get_args(Architecture), default="mlp")
    train.add_argument("--likelihood", choices=get_args(Likelihood), default="bernoulli")
    train.add_argument("--latent-dim", type=int, default=10)
    train.add_argument("--beta", type=float, default=TrainingConfig.beta)
    train.add_argument("--epochs", type=int, default=TrainingConfig.epochs)
    train.add_argument("--batch-size", type=int, default=TrainingConfig.batch_size)
    train.add_argument("--learning-rate", type=float, default=TrainingConfig.learning_rate)
    train.add_argument("--seed", type=int, default=TrainingConfig.seed)
    train.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default=TrainingConfig.device)
    train.add_argument("--image-size", type=int, default=32, help="side of your own images, in pixels")
    train.add_argument("--grey", action="store_true", help="turn your own images grey")
    _add_data_dir(train)

    evaluation = _command(commands, "evaluate", run_evaluate, "measure a checkpoint on its data set's test images")
    evaluation.add_argument("checkpoint", type=Path)
    evaluation.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    _add_data_dir(evaluation)

    projection = _command(commands, "project", run_project, "project a checkpoint's encoded test set and keep it there")
    projection.add_argument("checkpoint", type=Path)
    projection.add_argument("--method", choices=METHODS, required=True)
    projection.add_argument("--dims", type=int, choices=(2, 3), default=2)

    listing = _command(commands, "list", run_list, "list the checkpoints and whether they are whole")
    listing.add_argument("--checkpoints", type=Path, default=Path("checkpoints"), help="the folder they are in")

    bench = commands.add_parser("bench", help="measure the running app").add_subparsers(dest="bench", required=True)
    live = _command(bench, "live", run_bench_live, "latency and frames per second of the live pictures")
    live.add_argument("--clients", type=int, default=1, help="sockets, each dragging one slider")
    live.add_argument("--rate", type=float, default=30.0, help="updates per second and client")
    live.add_argument("--seconds", type=float, default=10.0, help="how long to measure")
    live.add_argument("--sessions", type=int, default=0, help="besides, people who open another page every 2 s")
    live.add_argument("--training", action="store_true", help="besides, a training run of the command line")
    live.add_argument("--browser", action="store_true", help="drag one slider in a real Chromium instead")
    live.add_argument("--idle", action="store_true", help="measure memory per idle client instead")
    live.add_argument("--churn", type=int, default=0, metavar="N", help="measure growth over N connects instead")
    live.add_argument("--url", default="", help="measure a running server, such as http://localhost:8501, instead")
    live.add_argument("--pid", type=int, default=0, help="that server's process, for processor time and memory")
    start = _command(bench, "start", run_bench_start, "seconds from `streamlit run` to the first decoded picture")
    start.add_argument("--runs", type=int, default=5, help="how often; medians are printed")
    for command in (live, start):
        command.add_argument("--model", default="mnist-z10", help="checkpoint to decode with")
        command.add_argument("--app", type=Path, default=Path("app.py"), help="the app to start")
    return top


def run_train(args: argparse.Namespace) -> Result:
    """Trains and saves; the result's numbers are those of the test set."""
    dataset = load(args.dataset, args, args.image_size, color=not args.grey)
    model_config = default_config(dataset.image_shape, args.latent_dim, args.arch, args.likelihood)
    keys = ("epochs", "batch_size", "learning_rate", "beta", "seed", "device")
    config = TrainingConfig(**{key: getattr(args, key) for key in keys})
    with ProgressBar("training") as bar:
        for epoch in train_checkpoint(dataset, model_config, config, args.out, bar.show):
            loss = epoch.validation_reconstruction + epoch.validation_kl
            bar.note(f"epoch {epoch.epoch:3d}  {epoch.seconds:6.1f} s  validation -ELBO {loss:8.2f} nats per image")
    metrics = read_checkpoint(args.out).metrics
    print(f"test -ELBO {metrics['negative_elbo']:.2f} nats per image; saved as {args.out}")
    numbers = {key: metrics[key] for key in ("negative_elbo", "reconstruction", "kl", "seconds")}
    return numbers | {"epochs": config.epochs, "checkpoint": str(args.out)}


def run_evaluate(args: argparse.Namespace) -> Result:
    """Encodes the test images anew and measures; says so when they are not those of the training run."""
    checkpoint = read_checkpoint(args.checkpoint)
    color, side, _ = checkpoint.model_config.image_shape
    dataset = load(checkpoint.dataset, args, side, color=color == 3)
    shape = checkpoint.model_config.image_shape
    require(dataset.image_shape == shape, "image shape", dataset.image_shape, f"the checkpoint's {shape}")
    same = dataset.content_hash == checkpoint.content_hash
    if not same:
        print(f"note: this {dataset.name} is not the data that {checkpoint.name} was trained on", file=sys.stderr)
    model = checkpoint.load_model(choose_device(args.device))
    evaluation = evaluate(encode(model, dataset.test.images, dataset.test.labels))
    print(f"{checkpoint.name}, {len(dataset.test.images)} test images, one z per image, grey levels as they are")
    print(
        f"-ELBO {evaluation.negative_elbo:.2f} = {evaluation.reconstruction:.2f} + {evaluation.kl:.2f} nats per image"
    )
    print(f"active units {evaluation.active_units} of {checkpoint.model_config.latent_dim}")
    return asdict(evaluation) | {"same_data": same}


def run_project(args: argparse.Namespace) -> Result:
    """Projects and saves the projection in the checkpoint folder, where the map page finds it."""
    checkpoint = read_checkpoint(args.checkpoint)
    encoded = checkpoint.load_encoded()
    started = time.perf_counter()
    points = project(encoded.mean, args.method, args.dims)
    seconds = time.perf_counter() - started
    path = checkpoint.save_projection(encoded, args.method, args.dims, points)
    print(f"{len(points)} test images projected in {seconds:.1f} s; saved as {path}")
    return {"method": args.method, "dims": args.dims, "n": len(points), "seconds": seconds, "projection": str(path)}


def run_bench_live(args: argparse.Namespace) -> Result:
    """Starts the real app and drives it with raw clients, or with one browser."""
    from vae.bench import browser, live  # the app's packages, which a machine that only trains may lack

    for name in ("clients", "rate", "seconds"):
        require(getattr(args, name) > 0, f"--{name}", getattr(args, name), "above 0")
    result = browser.run_drag(args) if args.browser else live.run(args)
    print(live.report(result))
    return result


def run_bench_start(args: argparse.Namespace) -> Result:
    """Starts the real app several times and waits for its first picture in a browser."""
    from vae.bench import browser, live

    require(args.runs > 0, "--runs", args.runs, "above 0")
    result = browser.run_start(args)
    print(live.report(result))
    return result


def run_list(args: argparse.Namespace) -> Result:
    """Loads every checkpoint in full, so that "whole" means usable."""
    rows = [describe(found) for found in list_checkpoints(args.checkpoints)]
    for row in rows:
        known = (
            f"{row['dataset']:<14} z {row['latent_dim']:<4} -ELBO {row['negative_elbo']:8.2f}"
            if "dataset" in row
            else ""
        )
        print(f"{row['checkpoint']:<20} {known:<38} {row['state']}")
    return {"checkpoints": rows}


def describe(found: Checkpoint | BrokenCheckpoint) -> Result:
    """One row of the list: what is known of the checkpoint, and its state: "whole", or the reason why not."""
    if isinstance(found, BrokenCheckpoint):
        return {"checkpoint": found.name, "state": found.error}
    known = {"checkpoint": found.name, "dataset": found.dataset, "latent_dim": found.model_config.latent_dim}
    known["negative_elbo"] = found.metrics["negative_elbo"]
    try:
        found.load_model()
        found.load_encoded()
        found.load_examples()
    except CheckpointError as error:
        return known | {"state": str(error)}
    return known | {"state": "whole"}


def load(name: str, args: argparse.Namespace, image_size: int, *, color: bool) -> Dataset:
    """The data set, with a bar on standard error while it is downloaded."""
    with ProgressBar("loading") as bar:
        return load_dataset(name, args.data_dir, image_size=image_size, color=color, progress=bar.show)


class ProgressBar:
    """A one-line bar on standard error; silent where that is not a terminal, except for its notes."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.live = sys.stderr.isatty()

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(self, *_: object) -> None:
        self._line("")

    def show(self, share: float, text: str = "") -> None:
        """Draws the bar at this share of the work, 0 to 1."""
        done = round(30 * share)
        self._line(f"{text or self.title} [{'#' * done}{'.' * (30 - done)}] {share:4.0%}")

    def note(self, text: str) -> None:
        """Prints a line that stays."""
        self._line("")
        print(text, file=sys.stderr, flush=True)

    def _line(self, text: str) -> None:
        if self.live:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace], Result],
    about: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name, help=about, description=about, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    command.add_argument("--json", action="store_true", help="make the last line of standard output one JSON object")
    command.set_defaults(command=run)
    return command


def _add_data_dir(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data-dir", type=Path, help="where data sets are; default: $VAE_DATA_DIR, else data/")


if __name__ == "__main__":
    if sys.argv[1:2] == ["train"] and hasattr(os, "nice"):
        os.nice(10)  # gives way to the app, where a class may be exploring meanwhile; costs nothing where nobody is
    sys.exit(main())

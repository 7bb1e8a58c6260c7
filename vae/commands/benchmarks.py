"""Commands that measure the running app: bench live, start, project, …"""

import argparse
from pathlib import Path
from typing import get_args

from vae.commands.options import CHECKPOINT_HELP, Commands, Result, add_command, add_data_dir, checkpoint_path, shown
from vae.model.networks import Architecture
from vae.training.config import TrainingConfig
from vae.training.request import ModelRequest
from vae.validation import require


def add_commands(commands: Commands) -> None:
    """Adds bench and what it measures."""
    bench = commands.add_parser("bench", help="measure the running app").add_subparsers(dest="bench", required=True)
    live = add_command(bench, "live", run_bench_live, "latency and frames per second of the live pictures")
    live.add_argument("--clients", type=int, default=1, help="sockets, each dragging one slider")
    live.add_argument("--rate", type=float, default=30.0, help="updates per second and client")
    live.add_argument("--seconds", type=float, default=10.0, help="how long to measure")
    live.add_argument("--sessions", type=int, default=0, help="also people who open another page every 2 s")
    live.add_argument("--training", action="store_true", help="also a training run")
    live.add_argument("--browser", action="store_true", help="drag in a real Chromium instead")
    live.add_argument("--local", action="store_true", help="the same, decoded by that browser")
    many = "so many pages that decode in one browser, dragged at once; implies --browser and --local"
    live.add_argument("--clients-local", type=int, default=0, metavar="N", help=many)
    beside = "the page compares so many other models of the same pictures, at most 3; implies --browser"
    live.add_argument("--compare", type=int, default=0, metavar="N", help=beside)
    live.add_argument(
        "--page", choices=("explore", "sampling", "interpolation", "corners", "drawing"), default="explore"
    )
    live.add_argument("--idle", action="store_true", help="measure memory per idle client instead")
    live.add_argument("--churn", type=int, default=0, metavar="N", help="measure growth over N connects instead")
    start = add_command(bench, "start", run_bench_start, "seconds from `streamlit run` to the first decoded picture")
    start.add_argument("--runs", type=int, default=5, help="how often; medians are printed")
    projecting = add_command(bench, "project", run_bench_project, "seconds per projection, beside the libraries alone")
    projecting.add_argument("--checkpoint", type=checkpoint_path, default="mnist-z10", help=CHECKPOINT_HELP)
    training = add_command(bench, "train", run_bench_train, "training speed on MNIST, beside the usual tutorial loop")
    running = add_command(bench, "run", run_bench_run, "a run as the page starts it, beside the same training here")
    _drawings_options(bench)
    memory = add_command(bench, "memory", run_bench_memory, "peak memory of training on as many images as CelebA has")
    for command, epochs, batch_size, rate in ((training, 16, 2048, 0.03), (running, 10, 512, 0.01)):
        command.add_argument("--epochs", type=int, default=epochs)
        command.add_argument("--batch-size", type=int, default=batch_size)
        command.add_argument("--learning-rate", type=float, default=rate)
    for command in (training, running, memory):
        command.add_argument("--seed", type=int, default=TrainingConfig.seed)
    for command in (training, memory):
        command.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
        add_data_dir(command)
    latent_map = add_command(bench, "map", run_bench_map, "how soon and how fast the latent map is, in a real Chromium")
    latent_map.add_argument("--seconds", type=float, default=5.0, help="how long to pan, to zoom and to decode")
    latent_map.add_argument("--visits", type=int, default=6, help="how often the page is opened")
    page = add_command(bench, "page", run_bench_page, "the light page, also in a class, on a slow network")
    page.add_argument("--runs", type=int, default=5, help="cold visits; medians are printed")
    page.add_argument("--openings", type=int, default=400, help="of the crowd")
    page.add_argument("--within", type=float, default=30.0, help="seconds in which the crowd opens it")
    classroom = add_command(
        bench, "classroom", run_bench_classroom, "a full classroom: pages, drags, a run, a projection"
    )
    classroom.add_argument("--students", type=int, default=60)
    classroom.add_argument("--seconds", type=float, default=600.0, help="how long the lesson is")
    together = add_command(bench, "class", run_bench_class, "a class that follows, votes, draws and reloads")
    together.add_argument("--students", type=int, default=30)
    together.add_argument("--minutes", type=float, default=2.0, help="how long the lesson is")
    for command in (live, together):
        command.add_argument(
            "--url", default="", help="measure a running server, such as http://localhost:8501, instead"
        )
        command.add_argument("--pid", type=int, default=0, help="that server's process, for processor time and memory")
    for command in (live, start, latent_map, page, together):
        command.add_argument("--model", default="mnist-z10", help="checkpoint to decode with")
    for command in (live, start, latent_map, page, running, classroom, together):
        command.add_argument("--app", type=Path, default=Path("app.py"), help="the app to start")


def _drawings_options(bench: Commands) -> None:
    drawings = add_command(
        bench, "drawings", run_bench_drawings, "a run on drawings as a class starts it, and what it knows"
    )
    drawings.add_argument("--drawings", type=int, default=200, help="digits of the test set that stand for drawings")
    drawings.add_argument("--seconds", type=float, default=60.0, help="time budget of the run")
    drawings.add_argument("--arch", choices=get_args(Architecture), default=ModelRequest.architecture)
    add_data_dir(drawings)


def run_bench_live(args: argparse.Namespace) -> Result:
    """Starts the app and measures it with WebSocket clients, or with one browser."""
    from vae.bench import live  # they need the app's packages, which a machine that only trains may lack
    from vae.bench.browser import drag

    for name in ("clients", "rate", "seconds"):
        require(getattr(args, name) > 0, f"--{name}", getattr(args, name), "above 0")
    require(args.clients_local >= 0, "--clients-local", args.clients_local, "0 or more")
    require(args.compare in range(4), "--compare", args.compare, "a whole number from 0 to 3")
    in_browser = args.browser or args.local or args.clients_local or args.compare
    return shown(drag.run(args) if in_browser else live.run(args))


def run_bench_start(args: argparse.Namespace) -> Result:
    """Starts the app several times and waits for its first picture in a browser."""
    from vae.bench.browser import start

    require(args.runs > 0, "--runs", args.runs, "above 0")
    return shown(start.run(args))


def run_bench_page(args: argparse.Namespace) -> Result:
    """Starts the app, opens its light page cold on a slow network, and by a crowd."""
    from vae.bench.browser import page

    for name in ("runs", "openings", "within"):
        require(getattr(args, name) > 0, f"--{name}", getattr(args, name), "above 0")
    return shown(page.run(args))


def run_bench_map(args: argparse.Namespace) -> Result:
    """Starts the app and pans, zooms and decodes on its latent map."""
    from vae.bench.browser import map as latent_map

    require(args.seconds > 0, "--seconds", args.seconds, "above 0")
    require(args.visits > 1, "--visits", args.visits, "at least 2")
    return shown(latent_map.run(args))


def run_bench_project(args: argparse.Namespace) -> list[Result]:
    """Projects a checkpoint's codes by every method, cold and warm."""
    from vae.bench import machine
    from vae.bench import project as projecting

    rows = projecting.run(args)
    print(machine.machine(), projecting.report(rows), sep="\n")
    return rows


def run_bench_train(args: argparse.Namespace) -> Result:
    """Trains on MNIST, then runs one epoch of the usual tutorial loop."""
    from vae.bench import train

    return shown(train.run(args))


def run_bench_run(args: argparse.Namespace) -> Result:
    """Trains on MNIST in this process, as a run, and as a run beside the app."""
    from vae.bench import run

    return shown(run.run(args))


def run_bench_drawings(args: argparse.Namespace) -> Result:
    """Trains a plane on a few digits as a class trains one on its drawings."""
    from vae.bench import run

    require(10 <= args.drawings <= 2000, "--drawings", args.drawings, "10 to 2000")
    return shown(run.drawings(args))


def run_bench_classroom(args: argparse.Namespace) -> Result:
    """Simulates a lesson with args.students students."""
    from vae.bench import classroom

    for name in ("students", "seconds"):
        require(getattr(args, name) > 0, f"--{name}", getattr(args, name), "above 0")
    return shown(classroom.run(args))


def run_bench_class(args: argparse.Namespace) -> Result:
    """Holds a lesson with args.students students who join, follow, vote, draw and reload."""
    from vae.bench.classes import lesson

    for name in ("students", "minutes"):
        require(getattr(args, name) > 0, f"--{name}", getattr(args, name), "above 0")
    return shown(lesson.run(args))


def run_bench_memory(args: argparse.Namespace) -> Result:
    """Trains on generated images for one epoch and measures the memory."""
    from vae.bench import train

    return shown(train.run_memory(args))

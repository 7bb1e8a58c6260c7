"""The command sweep: a family of models, trained by runs, with its table and its rate–distortion plane."""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import Timeout

from vae.commands.options import Commands, ProgressBar, Result, add_command, checkpoints_folder, load, score
from vae.commands.training import interrupt_by_signals, train_options, training_request
from vae.datasets.registry import is_path
from vae.jobs.environment import runs_of
from vae.jobs.run import MEMBER_NAME
from vae.jobs.sweeps.family import family_plan, is_trained
from vae.jobs.sweeps.feeding import follow
from vae.jobs.sweeps.plan import Plan
from vae.jobs.sweeps.sweep import Sweep, SweepState
from vae.jobs.sweeps.table import Row, printed
from vae.storage.checkpoints import check_free
from vae.training.trainer import TrainingError
from vae.validation import require

LOCK_SECONDS = 2.0  # another process may look at the lock
LEAST_PROGRESS = 0.02  # before it is said how much time is left


def add_commands(commands: Commands) -> None:
    """Adds sweep."""
    about = "train a family of models by runs, with its table and its rate–distortion plane"
    sweeping = add_command(commands, "sweep", run_sweep, about)
    sweeping.description = f"{about}; started again, it trains what is missing"
    train_options(sweeping, family=True)
    whole = sweeping.add_argument_group("the sweep").add_mutually_exclusive_group()
    sweeping.add_argument("--ray", metavar="URL", help="train on the Ray cluster at this address; default: $VAE_RAY")
    whole.add_argument("--dry-run", action="store_true", help="list the models and train none")
    whole.add_argument("--pause", action="store_true", help="pause the sweep that another process trains in --out")


def run_sweep(args: argparse.Namespace) -> Result:
    """Trains what is missing of the family; the table and the plane grow with each model."""
    interrupt_by_signals()
    if args.ray:
        os.environ["VAE_RAY"] = args.ray
    sweep = sweep_of(args.out)
    if args.pause:
        sweep.plan()
        sweep.pause()
        print(f"{args.out} is paused; the same command without --pause goes on")
        return {"paused": str(args.out)}
    if args.data_dir is not None:
        os.environ["VAE_DATA_DIR"] = str(args.data_dir.resolve())  # the runs look there, too
    one = vars(args) | {"latent_dim": args.latent_dim[0], "beta": args.beta[0]}
    base = training_request(argparse.Namespace(**one))
    plan = family_plan(base, args.beta, args.latent_dim, args.seeds)
    if is_path(base.dataset.name):  # the runs' processes may have another working directory
        plan = Plan(plan.request | {"images": str(Path(base.dataset.name).expanduser().resolve())}, plan.members)
    dataset = load(base.dataset, args)
    missing = [member.name for member in plan.members if not is_trained(plan, member, dataset, args.out)]
    if args.dry_run:
        states = {member.name: "to be trained" if member.name in missing else "trained" for member in plan.members}
        print("\n".join(f"{name:<24} {state}" for name, state in states.items()))
        return {"models": states}
    if missing:
        check_free(args.out / missing[0])
    _take_plan(sweep, plan)
    del dataset
    return _result(sweep, _watch(sweep), missing)


def sweep_of(out: Path) -> Sweep:
    """The sweep in this folder: in the queue of the app's checkpoints where these are around it, else in its own.

    Raises ValueError.
    """
    around = checkpoints_folder()
    inside = out.resolve().parent == around.resolve()
    named = not inside or MEMBER_NAME.fullmatch(out.name) is not None
    require(named, "--out", str(out), f"a name of letters, digits, dots, dashes and underscores in {around}")
    return Sweep(out, runs_of(out.parent if inside else out))


def _take_plan(sweep: Sweep, plan: Plan) -> None:
    """Makes this the sweep's plan. Raises ValueError where that would mix it with another one."""
    if sweep.exists() and sweep.plan() == plan:
        sweep.unpause()
        return
    try:
        with sweep.lock().acquire(timeout=LOCK_SECONDS):
            sweep.check_runs(plan)
            sweep.write_plan(plan)
    except Timeout as error:
        raise ValueError(
            f"Another process trains a sweep with other settings in {sweep.folder}; wait or choose another --out."
        ) from error


def _watch(sweep: Sweep) -> SweepState:
    """Follows the sweep to its end, with a bar and a line for each model; returns how far it is then."""
    state, clock = sweep.state(), Clock()
    seen: frozenset[str] | None = None
    known: dict[str, Row] = {}
    classes = int(state.plan.request["model"]["conditional"])
    with ProgressBar(sweep.name) as bar, _said_what_goes_on(sweep):
        for state in follow(sweep):
            before = state.trained if seen is None else seen
            rows = sweep.rows(state, known) if state.trained - before else []
            new = (row for row in rows if row["checkpoint"] not in before)
            for number, row in enumerate(new, start=len(before) + 1):
                bar.note(f"{number} of {len(state.plan.members)}: {row['checkpoint']} {score(row, classes)}")
            seen = state.trained
            bar.show(state.progress, f"{_doing(state)}{clock.left(state.progress)}")
    return state


class Clock:
    """How long it will take, from how fast it went since the beginning of this process."""

    def __init__(self) -> None:
        self._began: tuple[float, float] | None = None

    def left(self, progress: float) -> str:
        """ ", about 5 min left", or "" while it is too early to tell."""
        now = time.monotonic()
        self._began = self._began or (now, progress)
        seconds, done = now - self._began[0], progress - self._began[1]
        if done < LEAST_PROGRESS or progress >= 1:
            return ""
        left = seconds / done * (1 - progress)
        return f", about {left:.0f} s left" if left < 120 else f", about {left / 60:.0f} min left"


def _doing(state: SweepState) -> str:
    training = ", ".join(f"{name} {status.progress:.0%}" for name, status in state.training.items())
    waiting = len(state.alive) - len(state.training)
    parts = [f"{len(state.trained)} of {len(state.plan.members)}", training, f"{waiting} waiting" if waiting else ""]
    return ", ".join(filter(None, parts))


@contextmanager
def _said_what_goes_on(sweep: Sweep) -> Iterator[None]:
    """Where this process is interrupted, says what goes on without it."""
    try:
        yield
    except KeyboardInterrupt:
        state = sweep.state()
        alive, left = len(state.alive), len(state.missing) - len(state.alive)
        runs = (
            f"{alive} run{'s go' if alive != 1 else ' goes'} on without this command" if alive else "nothing trains now"
        )
        what = f"{len(state.trained)} of {len(state.plan.members)} models are trained; {runs}"
        rest = f"; {left} {'are' if left != 1 else 'is'} not begun" if left else ""
        print(f"{what}{rest}. The same command goes on with all; with --pause it pauses the runs.")
        raise


def _result(sweep: Sweep, state: SweepState, before: list[str]) -> Result:
    """Prints the table and says what is missing. Raises TrainingError where models have failed."""
    state = sweep.state()
    rows: list[Row] = sweep.rows(state, {})
    trained = [name for name in before if name in state.trained]
    if rows:
        paths = sweep.write_results(rows)
        print(printed(rows))
        print(f"nats per test image; saved as {', '.join(map(str, paths))}")
    if state.failed:
        name, status = next(iter(state.failed.items()))
        raise TrainingError(
            f"{len(state.failed)} of {len(state.plan.members)} models failed, as {name}: {status.sentence} The same "
            "command tries them again."
        )
    if state.missing:
        print(f"{len(state.missing)} models are missing, as the sweep was paused; the same command goes on")
    table = {"table": str(sweep.folder / "sweep.csv"), "plane": str(sweep.folder / "sweep.svg")}
    return {"models": rows, "trained": trained, "missing": [member.name for member in state.missing], **table}

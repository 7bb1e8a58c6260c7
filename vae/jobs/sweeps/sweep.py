"""A sweep as a folder: its plan, how far it is, and what users want of the whole.

The sweep's folder holds the checkpoints of its models, the table and the drawing, and in .sweep:

plan.json  its models: a vae.jobs.sweeps.plan.Plan
lock       held by the process that feeds it, so that there is one
paused     there while a user wants the whole to pause
log.txt    what a feeding process printed that the page has started

Its runs are in the queue of a folder of checkpoints. That is the folder around it, so that an app with these
checkpoints shows the sweep and trains it in turn with its own runs; or else the sweep's folder itself. In the first
case the app's lists of models do not show the models of the sweep, which can be many; each can be copied into them.
"""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from vae.jobs.run import SWEEP, Command, Json, Run, RunError, Status, is_held
from vae.jobs.runs import Runs
from vae.jobs.sweeps.plan import Member, Plan
from vae.jobs.sweeps.plot import plane_svg
from vae.jobs.sweeps.table import Row, csv_text, json_text, table_row
from vae.storage.atomic import staging_folder
from vae.storage.names import SWEEP_FOLDER

ENDING_SECONDS = 5.0  # that a feeding process may take to notice that it is to pause
RESULTS = ("sweep.csv", "sweep.json", "sweep.svg")
LONGEST_PREFIX, DIGITS = 22, 8  # of a run's name, where the sweep's name and the model's label are too long for it
OF_THE_RUN = (SWEEP, "order", "epochs_planned")  # what a request says of its run alone


@dataclass(frozen=True)
class SweepState:
    """How far a sweep is. trained: names of models; runs: those that are not trained yet, by their names.

    fed: whether a process feeds the queue with it; paused: whether a user wants it to pause.
    """

    plan: Plan
    trained: frozenset[str]
    runs: Mapping[str, tuple[Run, Status]]
    fed: bool
    paused: bool

    @property
    def missing(self) -> list[Member]:
        """The models that are not trained yet."""
        return [member for member in self.plan.members if member.name not in self.trained]

    @property
    def alive(self) -> dict[str, Status]:
        """Those that a process trains, or that wait for their turn."""
        return {name: status for name, (_, status) in self.runs.items() if status.alive}

    @property
    def training(self) -> dict[str, Status]:
        """Those that a process trains."""
        return {name: status for name, status in self.alive.items() if status.state != "queued"}

    @property
    def failed(self) -> dict[str, Status]:
        """Those whose run has failed or was killed."""
        return {name: status for name, (_, status) in self.runs.items() if status.state in ("failed", "killed")}

    @property
    def progress(self) -> float:
        """0 to 1."""
        begun = sum(status.progress for _, status in self.runs.values())
        return min(1.0, (len(self.trained) + begun) / len(self.plan.members))


class Sweep:
    """A sweep's folder, and the queue in which its runs are: that of this folder or of the one around it."""

    def __init__(self, folder: Path, runs: Runs) -> None:
        self.folder, self.runs = folder, runs
        self.inside = folder != runs.root.parent
        self._own = folder / SWEEP_FOLDER

    @property
    def name(self) -> str:
        """Its folder's name."""
        return self.folder.name

    def lock(self) -> FileLock:
        """Held by the process that feeds it."""
        self._own.mkdir(parents=True, exist_ok=True)
        return FileLock(self._own / "lock", thread_local=False, preserve_lock_file=True)

    def log(self) -> Path:
        """What a feeding process prints without a terminal."""
        return self._own / "log.txt"

    def exists(self) -> bool:
        """Whether there is a plan."""
        return (self._own / "plan.json").is_file()

    def plan(self) -> Plan:
        """Its models. Raises RunError where there is no plan, or one that cannot be read."""
        path = self._own / "plan.json"
        try:
            return Plan.from_json(json.loads(path.read_text("utf-8")))
        except (OSError, ValueError, RecursionError) as error:
            raise RunError(f"{path} cannot be read ({error}); start the same sweep again by its command.") from error

    def write_plan(self, plan: Plan) -> None:
        """Replaces the plan, whole or not at all; nothing is paused then. Raises OSError."""
        with staging_folder(self._own) as staging:
            made = staging / "plan.json"
            made.write_text(json.dumps(plan.to_json(), indent=1), "utf-8")
            made.replace(self._own / made.name)
        self.unpause()

    def check_runs(self, plan: Plan) -> None:
        """Raises ValueError where a run trains a model of the plan with other settings."""
        runs = self._runs()
        for member in plan.members:
            if member.name not in runs:
                continue
            run, _ = runs[member.name]
            found = {key: value for key, value in run.request().items() if key not in OF_THE_RUN}
            if found != plan.request_of(member):
                raise ValueError(f"{run.path} trains {member.name} with other settings; discard it or choose another "
                                 "--out.")  # fmt: skip

    def state(self) -> SweepState:
        """How far it is. Raises RunError without a plan."""
        plan = self.plan()
        runs = self._runs()  # before the checkpoints: a run that ends in between has become one of them
        there = {path.parent.name for path in self.folder.glob("*/config.json")}
        trained = frozenset(member.name for member in plan.members if member.name in there)
        left = {name: found for name, found in runs.items() if name not in trained}
        return SweepState(plan, trained, left, is_held(self._own / "lock"), (self._own / "paused").exists())

    def _runs(self) -> dict[str, tuple[Run, Status]]:
        """Its runs, by the names of the models that they become."""
        place = self.name if self.inside else ""
        found = {}
        for run, status in self.runs.all():
            if (membership := run.membership()) is not None and membership[0] == place:
                found[membership[1]] = (run, status)
        return found

    def start_run(self, plan: Plan, member: Member) -> Run:
        """Starts a run that becomes this model. Raises RunError."""
        membership: Json = {"folder": self.name if self.inside else "", "member": member.name}
        return self.runs.start(run_name(self.name, member), plan.request_of(member) | {SWEEP: membership})

    def pause(self) -> None:
        """Pauses what is trained or waits, and lets the feeding process end. Raises RunError, OSError."""
        (self._own / "paused").touch()
        self.send_all("pause")

    def unpause(self) -> None:
        """Forgets that it was to pause: a feeding process goes on with it. Raises OSError."""
        (self._own / "paused").unlink(missing_ok=True)

    def send_all(self, command: Command) -> None:
        """Sends a command to its runs: pause to those with a process, discard to all. Raises RunError."""
        for run, status in self._runs().values():
            if status.state != "saving" and (status.alive or command == "discard"):
                try:
                    self.runs.send_command(run, command)
                except RunError:  # unless it has ended since it was listed
                    if run.path.is_dir() and (command == "discard" or self.runs.status(run).alive):
                        raise

    def discard(self) -> None:
        """Deletes it with its models; where these are among the app's own, they stay. Raises RunError, OSError."""
        saving = [name for name, (_, status) in self._runs().items() if status.state == "saving"]
        if saving:
            raise RunError(f"{saving[0]} is being saved; discard {self.name} in a moment.")
        (self._own / "paused").touch()
        try:
            with self.lock().acquire(timeout=ENDING_SECONDS):  # nothing feeds it any more
                gone = self.folder if self.inside else self._own
                with staging_folder(gone.parent) as staging:
                    gone.rename(staging / gone.name)
        except Timeout as error:
            raise RunError(f"{self.name} is still being fed; discard it in a moment.") from error
        self.send_all("discard")

    def rows(self, state: SweepState, known: dict[str, Row]) -> list[Row]:
        """The table so far. known: the lines that were read before, by the models' names; it is added to.

        Raises CheckpointError for a checkpoint that cannot be read.
        """
        known |= {
            member.name: table_row(member, state.plan, self.folder)
            for member in state.plan.members
            if member.name in state.trained and member.name not in known
        }
        return [known[member.name] for member in state.plan.members if member.name in state.trained]

    def write_results(self, rows: list[Row]) -> list[Path]:
        """Writes the table and the drawing so far, each whole or not at all; their paths. Raises OSError."""
        texts = (csv_text(rows), json_text(rows), plane_svg(rows, self.name))
        with staging_folder(self._own) as staging:
            for name, text in zip(RESULTS, texts, strict=True):
                (staging / name).write_text(text, "utf-8", newline="")
                (staging / name).replace(self.folder / name)
        return [self.folder / name for name in RESULTS]

    def keep(self, name: str) -> Path:
        """Copies this model to the checkpoints around the sweep, where every page offers it; its path.

        Raises RunError, OSError.
        """
        target = self.folder.parent / name
        if name not in self.state().trained:
            raise RunError(f"There is no trained model {name} in {self.name}; choose one of its table.")
        if target.exists():
            raise RunError(f"There is a checkpoint called {name} already; every page offers it.")
        with staging_folder(target.parent) as staging:
            shutil.copytree(self.folder / name, staging / name)
            (staging / name).rename(target)
        return target


def run_name(sweep: str, member: Member) -> str:
    """The name of the run that trains this model: "betas.z10-b4-s1", where that is short enough for a run's name."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", sweep).lstrip("._-") or "sweep"
    if len(name := f"{plain}.{member.label}") <= 40 and plain == sweep:
        return name
    return f"{plain[:LONGEST_PREFIX]}.{sha256(f'{sweep}/{member.name}'.encode()).hexdigest()[:DIGITS]}"


def find_sweeps(runs: Runs) -> list[Sweep]:
    """The sweeps whose runs are in this queue, by name."""
    checkpoints = runs.root.parent
    folders = sorted(path.parents[1] for path in checkpoints.glob(f"*/{SWEEP_FOLDER}/plan.json"))
    found = [Sweep(folder, runs) for folder in folders if not folder.name.startswith(".")]
    own = Sweep(checkpoints, runs)
    return [own, *found] if own.exists() else found

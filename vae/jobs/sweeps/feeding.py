"""Gives the queue of runs a sweep's models, a few at a time, until all are trained.

python -m vae.jobs.sweeps.feeding CHECKPOINTS FOLDER is the process that does it where no terminal does. It imports no
torch, and ends with the sweep.
"""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path

from filelock import FileLock, Timeout

from vae.jobs.environment import runs_of
from vae.jobs.launchers import LocalLauncher
from vae.jobs.run import RunError
from vae.jobs.runs import MOST_RUNS, Runs
from vae.jobs.sweeps.plan import Member
from vae.jobs.sweeps.sweep import Sweep, SweepState
from vae.jobs.sweeps.table import Row
from vae.storage.files import CheckpointError

LOOK_SECONDS = 0.5
KEPT_FREE = 4  # of MOST_RUNS, for other users
TRIES = 3  # at a run whose process was killed
MOST_REFUSALS, REFUSED_SECONDS = 10, 2.0  # times that no run can be started, and the pause after each
LOCK_SECONDS = 10.0  # in which another feeding process may end
FEEDER = sys.executable, "-m", "vae.jobs.sweeps.feeding"


class Feeder:
    """Feeds a sweep whose lock the caller holds.

    again: whether runs that failed or were paused before are tried again, once.
    """

    def __init__(self, sweep: Sweep, *, again: bool) -> None:
        self.sweep = sweep
        self.ended = False  # nothing is left to do, or nothing can be done
        self.known: dict[str, Row] = {}
        self._written: frozenset[str] | None = None
        found = sweep.state()
        self._again = {name for name, (_, status) in found.runs.items() if not status.alive} if again else set()
        self._tries: Counter[str] = Counter()
        self._refusals, self._not_before = 0, 0.0

    def step(self) -> SweepState:
        """Looks once, starts what there is room for, writes table and drawing; returns what it saw.

        Raises RunError where runs cannot be started, or the sweep was discarded; CheckpointError, OSError.
        """
        state = self.sweep.state()
        if state.trained != self._written:
            self.sweep.write_results(self.sweep.rows(state, self.known))
            self._written = state.trained
        if state.paused:
            self.sweep.send_all("pause")  # one may have been started since a user paused the others
            self.ended = True
            return state
        todo = [member for member in state.missing if self._may_start(state, member.name)]
        self.ended = not todo and not state.alive
        if self.sweep.runs.obstacle():
            raise RunError(self.sweep.runs.obstacle())
        if time.monotonic() >= self._not_before:
            for member in todo[: room(self.sweep.runs, state)]:
                if not self._start(state, member):
                    break
        return state

    def _may_start(self, state: SweepState, name: str) -> bool:
        """Whether its run is to be started, or to go on."""
        if name not in state.runs:
            return True
        status = state.runs[name][1]
        if status.alive:
            return False
        return name in self._again or (status.state == "killed" and self._tries[name] < TRIES)

    def _start(self, state: SweepState, member: Member) -> bool:
        """Starts its run, or lets it go on; False where that was refused, as when another user was faster."""
        run, _ = state.runs.get(member.name, (None, None))
        try:
            if run is None:
                self.sweep.start_run(state.plan, member)
            else:
                self.sweep.runs.resume(run)
        except RunError:
            self._refusals += 1
            self._not_before = time.monotonic() + REFUSED_SECONDS
            if self._refusals > MOST_REFUSALS:
                raise
            return False
        self._again.discard(member.name)
        self._tries[member.name] += run is not None
        self._refusals = 0
        return True


def room(runs: Runs, state: SweepState) -> int:
    """How many runs may be started: one waits where runs wait for a turn here, and other users have room for theirs."""
    launcher = runs.launcher
    most = launcher.slots + 1 if isinstance(launcher, LocalLauncher) else MOST_RUNS - KEPT_FREE
    others = sum(status.alive for _, status in runs.all()) - len(state.alive)
    return max(0, min(most, MOST_RUNS - KEPT_FREE - others) - len(state.alive))


def follow(sweep: Sweep) -> Generator[SweepState, None, None]:
    """Feeds the sweep while no other process does; yields how far it is until it is trained, paused or cannot go on.

    Raises as Feeder.step.
    """
    lock, feeder, first = sweep.lock(), None, True
    try:
        while True:
            if feeder is None and _is_acquired(lock):
                feeder = Feeder(sweep, again=first)
            first = False
            state = sweep.state() if feeder is None else feeder.step()
            yield state
            if (feeder is not None and feeder.ended) or state.paused or not state.missing:
                return
            time.sleep(LOOK_SECONDS)
    finally:
        lock.release()


def _is_acquired(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True


def start_feeder(sweep: Sweep) -> None:
    """Starts a process that feeds it and does not end with this one. Raises OSError."""
    path = os.pathsep.join(filter(None, (str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH"))))
    folders = [str(folder.resolve()) for folder in (sweep.runs.root.parent, sweep.folder)]
    with sweep.log().open("ab") as log:
        process = subprocess.Popen(
            [*FEEDER, *folders],
            env=os.environ | {"PYTHONPATH": path}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
    threading.Thread(target=process.wait, daemon=True).start()  # or it would stay as a zombie


def main(checkpoints: Path, folder: Path) -> None:
    """Feeds the sweep in this folder, once no other process does; what goes wrong is the last line of its log."""
    try:
        sweep = Sweep(folder, runs_of(checkpoints))
        with sweep.lock().acquire(timeout=LOCK_SECONDS):
            pass
        for _ in follow(sweep):
            pass
    except (RunError, CheckpointError, ValueError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

"""Starts the processes of runs as the jobs of a Ray cluster.

A job's command is that of vae.jobs.worker, so the nodes have this package, and the folder of checkpoints at the same
path, on a file system that locks across machines. The file `job` in a run's folder names the job that may carry the
run out. A job whose node was lost is submitted again under a new name, and goes on from the run's state; where the
lost node's process still lives, it reads that name and ends.

The cluster is asked in a thread, so that nothing that a page waits for waits for the cluster; `launch` alone does, for
SUBMIT_SECONDS at most.
"""

import os
import re
import secrets
import shlex
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from vae.jobs.launchers import SPIN_COUNT, Launcher, LocalLauncher, Placement
from vae.jobs.ray.head import NO_JOB, Head, HeadError, Job
from vae.jobs.run import Run, RunError

SUBMIT_SECONDS = 10.0
LOOK_SECONDS = 2.0
IDLE_SECONDS = 60.0  # where nobody has asked for that long, the cluster is asked no more
RESUBMISSIONS = 5
LOST_NODE = frozenset({"JOB_SUPERVISOR_ACTOR_DIED", "JOB_SUPERVISOR_ACTOR_UNKNOWN_FAILURE", NO_JOB})
WAITED_TOO_LONG = "JOB_SUPERVISOR_ACTOR_START_TIMEOUT"  # Ray gives up after 15 minutes in its queue
GOES_ON = "Its node was lost; it goes on elsewhere."


@dataclass(frozen=True)
class Cluster:
    """A cluster, and what a run asks of it. address: of Ray's dashboard. python: how its nodes start Python."""

    address: str
    cpus: float = 1.0
    gpus: float = 0.0
    python: str = "python"
    token: str = field(default="", repr=False)


def app_launcher(slots: int) -> Launcher:
    """What VAE_RAY names: the cluster at that address, or without it this machine, with so many at once.

    Raises ValueError.
    """
    address = os.environ.get("VAE_RAY", "")
    return launcher(cluster_at(address)) if address else LocalLauncher(slots)


def cluster_at(address: str) -> Cluster:
    """The cluster at this address, the rest by VAE_RAY_CPUS, _GPUS, _PYTHON and _TOKEN_FILE. Raises ValueError."""
    file = os.environ.get("VAE_RAY_TOKEN_FILE", "")
    try:
        token = Path(file).read_text("ascii").strip() if file else ""
    except (OSError, ValueError) as error:
        raise ValueError(f"VAE_RAY_TOKEN_FILE: {file} cannot be read ({error}); name the file of the token.") from error
    cpus, gpus = _amount("VAE_RAY_CPUS", "1"), _amount("VAE_RAY_GPUS", "0")
    return Cluster(address, cpus, gpus, os.environ.get("VAE_RAY_PYTHON", "python"), token)


def _amount(name: str, usual: str) -> float:
    text = os.environ.get(name, usual)
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4})?", text) or (name == "VAE_RAY_CPUS" and not float(text)):
        raise ValueError(f"{name} is {text!r}; set it to how many a run gets, such as 1 or 0.5.")
    return float(text)


@cache
def launcher(cluster: Cluster) -> "RayLauncher":
    """The launcher of this cluster: one for all who look, so that they share its answers. Raises ValueError."""
    return RayLauncher(cluster)


class RayLauncher:
    """Starts runs as jobs of a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        """Raises ValueError for an address that is none."""
        self._cluster = cluster
        self._head = Head(cluster.address, cluster.token)
        self._changing = threading.Lock()  # what follows
        self._asked: dict[Run, float] = {}  # when somebody last asked for it, in time.monotonic()'s seconds
        self._seen: dict[str, Job] = {}
        self._silence = ""  # why the head's last answer is missing
        self._looks = False

    def launch(self, run: Run) -> None:
        """Submits the run as a job, which waits in the cluster's queue. Raises RunError, OSError."""
        self._submit(run, 0)

    def state(self, run: Run) -> Placement:
        """Where its process is, by the cluster's last answer."""
        if not (name := run.job()):
            return Placement()
        with self._changing:
            self._asked[run] = time.monotonic()
            if not self._looks:
                self._looks = True
                threading.Thread(target=self._look, name="ray-jobs", daemon=True).start()
            return self._placement(name)

    def stop(self, run: Run) -> None:
        """Asks its process to pause; one that has not started yet ends as soon as it does. Raises OSError."""
        if run.has_process():
            run.write_command("pause")
            return
        name = run.job()
        run.write_job("")
        if name:
            threading.Thread(target=self._head.stop, args=(name,), name="ray-stop", daemon=True).start()

    def _submit(self, run: Run, number: int) -> None:
        """Submits the run for the number-th time after a lost node. Raises RunError, OSError."""
        before, name = run.job(), f"{run.name}-{secrets.token_hex(4)}-{number}"
        request = _job(run, name, self._cluster)
        run.write_job(name)
        try:
            self._head.submit(request, SUBMIT_SECONDS)
        except HeadError as error:
            run.write_job(before)  # if the job was accepted nevertheless, its process reads this and ends
            raise RunError(str(error)) from error
        with self._changing:
            self._seen[name] = Job("PENDING")

    def _placement(self, name: str) -> Placement:
        job = self._seen.get(name)
        if job is None:
            return Placement(waiting=self._silence or "Waiting for the cluster's answer.")
        if job.status == "PENDING":
            return Placement(waiting=self._silence or f"Waiting in the cluster's queue for {_wanted(self._cluster)}.")
        if job.status == "RUNNING":
            return Placement(where=job.where or "the cluster")
        if _next_number(name, job) is not None:
            return Placement(waiting=self._silence or GOES_ON)
        return Placement(where=job.where, lost=_lost(job))

    def _look(self) -> None:
        """Asks for all runs that somebody has asked for lately, one after the other."""
        while True:
            with self._changing:
                last = time.monotonic() - IDLE_SECONDS
                self._asked = {run: at for run, at in self._asked.items() if at > last}
                runs, self._looks = list(self._asked), bool(self._asked)
            if not runs:
                return
            for run in runs:
                self._look_at(run)
            time.sleep(LOOK_SECONDS)

    def _look_at(self, run: Run) -> None:
        name = run.job()
        known = self._seen.get(name)
        if not name or (known is not None and known.ended and _next_number(name, known) is None):
            return
        silence = ""
        try:
            job = self._head.job(name)
        except HeadError as error:
            silence = str(error)
        with self._changing:
            self._silence = silence
            if not silence:
                self._seen[name] = job
        if not silence and (number := _next_number(name, job)) is not None:
            self._submit_again(run, name, number)

    def _submit_again(self, run: Run, name: str, number: int) -> None:
        """Submits the run under a new name, unless it has ended or another process has done so.

        Asks the head once more: a process that submits writes the job's name before the head knows the job.
        """
        with suppress(OSError, RunError, HeadError), run.launching():  # else at the next look
            written = run.written_status()
            if not written.alive or run.job() != name or run.checkpoint_path.exists():
                return
            if _next_number(name, self._head.job(name)) == number:
                self._submit(run, number)
                run.write_status(replace(written, state="queued", sentence=GOES_ON))


def _job(run: Run, name: str, cluster: Cluster) -> Mapping[str, object]:
    """What Ray is asked for. Raises RunError."""
    training = run.request().get("training")
    device = training.get("device") if isinstance(training, dict) else None
    gpus = {"cpu": 0.0, "cuda": cluster.gpus or 1.0}.get(str(device), cluster.gpus)
    command = ["-m", "vae.jobs.worker", str(run.path.resolve()), "0", name]
    threads = {"OMP_NUM_THREADS": str(max(1, int(cluster.cpus))), "GOMP_SPINCOUNT": str(SPIN_COUNT)}
    return {
        "entrypoint": f"exec {cluster.python} {shlex.join(command)}",
        "submission_id": name,
        "entrypoint_num_cpus": cluster.cpus,
        "entrypoint_num_gpus": gpus,
        "runtime_env": {"env_vars": threads},
        "metadata": {"run": run.name},
    }


def _next_number(name: str, job: Job) -> int | None:
    """The number of the submission that follows this job; None where none does."""
    number = int(re.sub(r"^.*-", "", name) or 0) if re.search(r"-[0-9]$", name) else RESUBMISSIONS
    if job.status != "FAILED" or (job.error in LOST_NODE and number >= RESUBMISSIONS):
        return None
    return number if job.error == WAITED_TOO_LONG else number + 1 if job.error in LOST_NODE else None


def _lost(job: Job) -> str:
    """Why a run is no more whose process has left no word itself."""
    if job.error in LOST_NODE:
        return f"Its node was lost, for the {RESUBMISSIONS + 1}th time; resume the run when the cluster is well."
    host = f" on {job.where}" if job.where else ""
    return f"Its process{host} ended without a message: {job.message or job.status.lower()}"


def _wanted(cluster: Cluster) -> str:
    parts = [f"{cluster.cpus:g} CPU"] + ([f"{cluster.gpus:g} GPU"] if cluster.gpus else [])
    return " and ".join(parts)

"""Runs on a Ray cluster, of which a server of the tests plays the head."""

import json
import shlex
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.jobs_server import TOKEN, JobsServer, jobs_server
from tests.support.runs import request, until
from vae.jobs import worker
from vae.jobs.launchers import LocalLauncher, Placement
from vae.jobs.ray import head as head_module
from vae.jobs.ray import launcher as launcher_module
from vae.jobs.ray.head import NO_JOB, Head, HeadError, Job
from vae.jobs.ray.launcher import GOES_ON, RESUBMISSIONS, WAITED_TOO_LONG, Cluster, RayLauncher, app_launcher
from vae.jobs.run import Run, RunError, Status
from vae.jobs.runs import UNLOCKED, Runs
from vae.storage.checkpoints import read_checkpoint

DIED = "JOB_SUPERVISOR_ACTOR_DIED"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[JobsServer]:
    monkeypatch.setattr(launcher_module, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(launcher_module, "IDLE_SECONDS", 2.0)
    with jobs_server() as found:
        yield found


@pytest.fixture
def runs(tmp_path: Path, server: JobsServer) -> Runs:
    return Runs(tmp_path / "checkpoints", RayLauncher(Cluster(server.address, python=sys.executable, token=TOKEN)))


def sees(runs: Runs, run: Run, sentence: str) -> Status:
    """Its status, once that has this sentence."""
    until(lambda: sentence in runs.status(run).sentence, f"it says {sentence}; {runs.status(run)}", run)
    return runs.status(run)


def test_a_run_is_submitted_as_a_job_that_asks_for_what_it_needs(tmp_path: Path, server: JobsServer) -> None:
    launcher = RayLauncher(Cluster(server.address, 2.0, 0.5, "/opt/bin/python"))
    runs = Runs(tmp_path / "check points", launcher)
    run = runs.start("first", request())
    (job,) = server.jobs.values()
    assert shlex.split(job["entrypoint"]) == [
        "exec", "/opt/bin/python", "-m", "vae.jobs.worker", str(run.path.resolve()), "0", run.job(),
    ]  # fmt: skip
    assert (job["submission_id"], job["entrypoint_num_cpus"], job["entrypoint_num_gpus"]) == (run.job(), 2, 0)
    assert job["runtime_env"]["env_vars"]["OMP_NUM_THREADS"] == "2"
    runs.start("on-a-gpu", request(device="cuda"))
    runs.start("either", request(device="auto"))
    assert [job["entrypoint_num_gpus"] for job in server.jobs.values()] == [0, 0.5, 0.5]


def test_a_job_that_waits_in_the_clusters_queue_is_no_killed_run(runs: Runs, server: JobsServer) -> None:
    run = runs.start("first", request())
    assert run.status().state == "killed"  # by its locks alone
    assert sees(runs, run, "Waiting in the cluster's queue for 1 CPU.").state == "queued"
    with pytest.raises(RunError, match="waiting already"):
        runs.resume(run)
    server.starts(run.job())
    assert sees(runs, run, "Its process is starting.").host == "10.0.0.7"
    with run.lock():
        run.write_status(Status("running", "Training.", host="node-3"))
        assert runs.status(run) == Status("running", "Training.", host="10.0.0.7")
    assert sees(runs, run, UNLOCKED).state == "running"


def test_another_app_that_has_just_started_waits_for_the_clusters_word(runs: Runs, server: JobsServer) -> None:
    run = runs.start("first", request())
    other = Runs(runs.root.parent, RayLauncher(Cluster(server.address)))
    assert other.status(run).state == "queued"
    assert sees(other, run, "Waiting in the cluster's queue").state == "queued"


@pytest.mark.slow
def test_a_process_that_a_cluster_has_started_trains_its_run_and_fills_its_log(runs: Runs, server: JobsServer) -> None:
    run = runs.start("first", request(3))
    assert server.carries_out(run.job()).wait() == 0
    assert len(read_checkpoint(run.checkpoint_path).history) == 3
    assert runs.all() == []


@pytest.mark.slow
def test_what_the_process_prints_goes_into_the_log(runs: Runs, server: JobsServer, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(b"PK no zip")
    run = runs.start("first", request(dataset={"name": "mine", "image_size": 32, "color": False}), damaged)
    assert server.carries_out(run.job()).wait() == 0
    status = runs.status(run)
    assert (status.state, status.host) == ("failed", socket.gethostname())
    assert "Traceback" in (run.path / "log.txt").read_text()


def test_a_node_without_the_folder_says_what_to_mount(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"has no .*: mount the folder of checkpoints at the same path\."):
        worker.on_node(tmp_path / "checkpoints" / ".runs" / "first", "first-0")
    (tmp_path / ".runs").mkdir()
    worker.on_node(tmp_path / ".runs" / "discarded", "first-0")
    assert list((tmp_path / ".runs").iterdir()) == []


# ---- lost nodes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [DIED, "JOB_SUPERVISOR_ACTOR_UNKNOWN_FAILURE", NO_JOB])
def test_a_run_whose_node_was_lost_is_submitted_again_under_a_new_name(
    runs: Runs, server: JobsServer, error: str
) -> None:
    run = runs.start("first", request())
    first = run.job()
    run.write_status(Status("running", progress=0.5, epoch=1.5))
    if error == NO_JOB:
        del server.jobs[first]
    else:
        server.fails(first, error)
    until(lambda: runs.all() and run.written_status().sentence == GOES_ON, "it is submitted again", run)
    status = runs.status(run)
    assert (status.state, status.progress, status.epoch) == ("queued", 0.5, 1.5)
    assert run.job() != first
    assert server.jobs[run.job()]["entrypoint"].endswith(run.job())
    assert run.job().endswith("-1")


def test_a_run_is_submitted_again_also_while_the_lost_nodes_process_lives(runs: Runs, server: JobsServer) -> None:
    run = runs.start("first", request())
    first = run.job()
    with run.lock():
        run.write_status(Status("running"))
        server.fails(first, DIED)
        until(lambda: runs.all() and run.job() != first, "it is submitted again", run)


def test_a_run_whose_node_was_lost_after_its_checkpoint_was_saved_is_over(runs: Runs, server: JobsServer) -> None:
    run = runs.start("first", request())
    run.write_status(Status("saving"))
    run.checkpoint_path.mkdir()
    (run.checkpoint_path / "config.json").write_text("{}")
    server.fails(run.job(), DIED)
    with run.lock():
        sees(runs, run, "")
        until(lambda: runs.all() and ("GET", f"/api/jobs/{run.job()}") in server.asked, "the cluster is asked", run)
        assert [status.state for _, status in runs.all()] == ["saving"]
    assert runs.all() == []
    assert len(server.jobs) == 1


@pytest.mark.parametrize("name", ["../x", "a b", "é", "x" * 200, "a\n", "?x", ""])
def test_a_name_of_a_job_that_somebody_has_edited_is_none(runs: Runs, name: str) -> None:
    run = runs.start("first", request())
    (run.path / "job").write_text(name)
    assert run.job() == ""
    assert runs.status(run).state == "killed"


def test_two_apps_submit_a_lost_run_once(runs: Runs, server: JobsServer) -> None:
    run = runs.start("first", request())
    others = [runs, *(Runs(runs.root.parent, RayLauncher(Cluster(server.address))) for _ in range(3))]
    for other in others:
        sees(other, run, "Waiting in the cluster's queue")
    server.fails(run.job(), DIED)
    until(lambda: [other.all() for other in others] and len(server.jobs) > 1, "it is submitted again", run)
    for other in others:
        sees(other, run, "Waiting in the cluster's queue")
    assert len(server.jobs) == 2


def test_a_job_that_another_app_is_submitting_is_not_lost(
    runs: Runs, server: JobsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.start("first", request())
    name, launching = run.job(), Run.launching
    job = server.jobs.pop(name)  # as before the head has taken it

    @contextmanager
    def submitted(self: Run) -> Iterator[None]:
        with launching(self):
            server.jobs[name] = job
            yield

    monkeypatch.setattr(Run, "launching", submitted)
    until(lambda: runs.all() and name in server.jobs, "its loss is noticed", run)
    sees(runs, run, "Waiting in the cluster's queue")
    assert list(server.jobs) == [name]


def test_a_run_whose_nodes_are_lost_again_and_again_ends_with_a_sentence(runs: Runs, server: JobsServer) -> None:
    run = runs.start("first", request())
    for number in range(RESUBMISSIONS + 1):
        until(lambda number=number: runs.all() and server.has(run.job(), number), "it is submitted again", run)  # type: ignore[misc]
        server.fails(run.job(), DIED)
    status = sees(runs, run, "Its node was lost, for the 6th time; resume the run when the cluster is well.")
    assert status.state == "killed"
    runs.resume(run)
    assert run.job().endswith("-0")


def test_a_job_that_waited_longer_than_ray_waits_waits_on(runs: Runs, server: JobsServer) -> None:
    run = runs.start("first", request())
    first = run.job()
    server.fails(first, WAITED_TOO_LONG)
    until(lambda: runs.all() and run.job() != first, "it is submitted again", run)
    assert run.job().endswith("-0")


def test_a_process_that_ended_without_a_word_is_not_started_again(runs: Runs, server: JobsServer) -> None:
    run = runs.start("first", request())
    server.starts(run.job())
    server.fails(run.job(), "JOB_ENTRYPOINT_COMMAND_ERROR", "Job entrypoint command failed\nexec: python: not found")
    status = sees(runs, run, "Its process on 10.0.0.7 ended without a message: exec: python: not found")
    assert status.state == "killed"
    assert len(server.jobs) == 1


def test_a_run_that_is_paused_or_over_is_not_asked_for(runs: Runs, server: JobsServer) -> None:
    run = runs.start("first", request())
    run.write_status(Status("paused"))
    server.asked.clear()
    assert runs.status(run).state == "paused"
    assert server.asked == []


@pytest.mark.parametrize("looks", [1, 2, 4])
def test_the_process_of_a_lost_node_ends_and_leaves_the_files_alone(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    run, seen = runs.start("first", request(10_000)), []

    def command(_: Run) -> None:
        """No command; but at so many looks for one, another job has taken over."""
        seen.append(run.job())
        if len(seen) == looks:
            run.write_job("first-0-1")

    monkeypatch.setattr(worker, "STATUS_SECONDS", 0.0)
    monkeypatch.setattr(worker, "lower_priority", lambda: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(Run, "command", command)
    worker.main(run.path, 0, run.job())
    assert len(seen) == looks
    assert not run.is_locked()
    assert run.written_status().state in {"queued", "starting", "running"}
    assert not run.paused_file.exists()


def test_two_processes_never_carry_out_one_run(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    run = runs.start("first", request())
    before = (run.path / "status.json").read_bytes()
    monkeypatch.setattr(worker, "ORPHAN_SECONDS", 0.1)
    with run.lock():
        worker.main(run.path, 0, run.job())
    assert (run.path / "status.json").read_bytes() == before
    assert not run.checkpoint_path.exists()


# ---- commands --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["pause", "stop"])
def test_a_waiting_job_is_paused_at_once_and_ends_if_it_starts_nevertheless(
    runs: Runs, server: JobsServer, command: Any
) -> None:
    run = runs.start("first", request())
    name = run.job()
    runs.send_command(run, command)
    assert runs.status(run).state == "paused"
    until(lambda: ("POST", f"/api/jobs/{name}/stop") in server.asked, "the cluster is told", run)
    worker.main(run.path, 0, name)
    assert runs.status(run).state == "paused"
    runs.resume(run)
    assert run.job() not in {"", name}


def test_a_waiting_job_is_discarded_also_while_the_head_is_silent(runs: Runs, server: JobsServer) -> None:
    run = runs.start("first", request())
    server.silent = True
    runs.send_command(run, "discard")
    assert not run.path.exists()
    assert runs.all() == []


def test_a_process_that_trains_gets_its_commands_by_the_folder(runs: Runs, server: JobsServer) -> None:
    run = runs.start("first", request())
    with run.lock():
        runs.send_command(run, "stop")
        assert run.command() == "stop"
        runs.launcher.stop(run)
        assert run.command() == "pause"
    assert [path for method, path in server.asked if path.endswith("/stop")] == []


def test_a_run_of_a_cluster_that_is_resumed_here_is_no_longer_the_clusters(runs: Runs, tmp_path: Path) -> None:
    run = runs.start("first", request())
    runs.send_command(run, "pause")
    run.write_job("first-0-0")
    launched: list[str] = []

    class Here(LocalLauncher):
        def launch(self, run: Run) -> None:
            launched.append(run.job())

    Runs(runs.root.parent, Here()).resume(run)
    assert launched == [""]
    assert LocalLauncher().state(run) == Placement()
    with run.lock():
        LocalLauncher().stop(run)
    assert run.command() == "pause"


# ---- a head that answers badly, or not at all ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((500, "Traceback\n  more\nNo available agent"), r"refuses \(status 500: No available agent\)\."),
        ((500, ""), r"refuses \(status 500: it says nothing\)\."),
        ((404, "no such page"), r"refuses \(status 404: no such page\)\."),
        ((302, ""), r"refuses \(status 302: it says nothing\)\."),
        ((401, "Unauthorized"), r"refuses this token; set VAE_RAY_TOKEN_FILE to the file of its token\."),
        ((200, "<html>"), r"is no Ray head; set VAE_RAY to the address of its dashboard, such as http://head:8265\."),
        ((200, "[1]"), r"is no Ray head; .*"),
        ((200, "[" * 100_000), r"is no Ray head; .*"),
        ((200, " " * 2**20 + "{}"), r"is no Ray head; .*"),
    ],
    ids=lambda value: ascii(value)[:16],
)
def test_a_head_that_refuses_starts_no_run_and_says_why(
    runs: Runs, server: JobsServer, answer: tuple[int, str], sentence: str
) -> None:
    server.answer = answer
    with pytest.raises(RunError, match=rf"^The run could not be started: [^\n]*{sentence}$"):
        runs.start("first", request())
    assert runs.all() == []


def test_a_head_that_is_not_there_starts_no_run_and_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    runs = Runs(tmp_path, RayLauncher(Cluster(address)))
    with pytest.raises(RunError, match=r"does not answer \(.*refused\); check VAE_RAY, and that the cluster runs\.$"):
        runs.start("first", request())


@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 200 OK\r\n", b"SSH-2.0\r\n", b"HTTP/1.1 200 OK\r\n\r\n{"])
def test_a_head_that_stops_in_the_middle_of_an_answer_is_waited_for_no_longer_than_said(words: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(words)
                connection.recv(1)
                done.wait(30)

        done = threading.Event()
        thread = threading.Thread(target=answer)
        thread.start()
        try:
            head = Head(f"http://127.0.0.1:{listening.getsockname()[1]}")
            with pytest.raises(HeadError, match=r"does not answer|no Ray head"):
                head.submit({}, 0.3)
        finally:
            done.set()
            thread.join()


def test_nobody_who_looks_waits_for_a_silent_head(
    runs: Runs, server: JobsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head_module, "ASK_SECONDS", 0.2)
    run = runs.start("first", request())
    sees(runs, run, "Waiting in the cluster's queue")
    server.silent = True
    asking = [thread for thread in threading.enumerate() if thread.name == "ray-jobs"]
    for _ in range(200):
        assert runs.status(run).state == "queued"
    assert asking
    status = sees(runs, run, f"The Ray head at {server.address} does not answer")
    assert status.state == "queued"
    server.silent = False
    server.released.set()
    sees(runs, run, "Waiting in the cluster's queue")


@pytest.mark.parametrize(
    "answer",
    [{}, {"status": "LOST"}, {"status": "RUNNING", "driver_agent_http_address": 7, "message": ["x"]}, {"status": []}],
    ids=ascii,
)
def test_an_answer_of_another_form_is_no_state(server: JobsServer, answer: Any) -> None:
    server.answer = 200, json.dumps(answer)
    if answer.get("status") == "RUNNING":
        assert Head(server.address).job("x") == Job("RUNNING")
    else:
        with pytest.raises(HeadError, match="no Ray head"):
            Head(server.address).job("x")


@pytest.mark.parametrize(
    "address",
    [
        "head:8265",
        "ray://head:10001",
        "http://",
        "http://head:x",
        "http://head:99999",
        "http://u:p@head",
        "http://h?x",
        "",
    ],
)
def test_an_address_that_is_none_is_refused_with_one_that_is(address: str) -> None:
    with pytest.raises(ValueError, match=r"^The address of the Ray head is .*; it looks like http://head:8265\.$"):
        Head(address)


def test_a_head_behind_a_path_is_asked_there(server: JobsServer) -> None:
    Head(f"{server.address}/ray/").stop("first")
    assert server.asked == [("POST", "/ray/api/jobs/first/stop")]


# ---- settings --------------------------------------------------------------------------------------------------------


def test_the_launcher_is_this_machine_unless_vae_ray_names_a_cluster(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert isinstance(app_launcher(3), LocalLauncher)
    (tmp_path / "token").write_text("secret\n")
    for name, value in {
        "": "http://head:8265",
        "_CPUS": "4",
        "_GPUS": "0.5",
        "_TOKEN_FILE": str(tmp_path / "token"),
    }.items():
        monkeypatch.setenv(f"VAE_RAY{name}", value)
    ours = app_launcher(1)
    assert isinstance(ours, RayLauncher)
    assert ours is app_launcher(1)
    assert ours._cluster == Cluster("http://head:8265", 4.0, 0.5, "python", "secret")
    assert "secret" not in repr(ours._cluster)


@pytest.mark.parametrize(
    ("name", "value"),
    [("_CPUS", "0"), ("_CPUS", "many"), ("_GPUS", "-1"), ("_CPUS", "nan"), ("_TOKEN_FILE", "/nowhere"), ("", "head")],
)
def test_a_setting_that_is_none_is_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("VAE_RAY", "http://head:8265")
    monkeypatch.setenv(f"VAE_RAY{name}", value)
    with pytest.raises(ValueError, match=r"set it to how many a run gets|name the file of the token|looks like"):
        app_launcher(1)

"""Faults of the machine around the app: killed processes, folders and disks that take nothing, clocks, lost requests.

FAULT_ROUNDS=100 tries them as often: `make test` tries them once.
"""

import ast
import asyncio
import ctypes
import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect as connect_later
from websockets.exceptions import ConnectionClosed, InvalidMessage
from websockets.sync.client import connect

from tests.support.browsing import APP, ROOT
from tests.support.effort import THOROUGH
from tests.support.live import ask, decoded, same_pictures, serve, zs
from tests.support.live import request as live_request
from tests.support.live import until as until_now
from tests.support.pages import open_page
from tests.support.patience import PATIENCE
from tests.support.projections import QUICK, Lab, events, points
from tests.support.projections import run as with_layouts
from tests.support.runs import IDLER, request, until
from vae.__main__ import main
from vae.bench import live as bench
from vae.bench.live import Server, connect_drag, started
from vae.bench.sessions import MAX_MESSAGE_BYTES, PAGES, Clicks, click_through
from vae.jobs.run import Status
from vae.jobs.runs import Runs
from vae.projection.config import Method, ProjectionConfig
from vae.projection.service import Done, Event, Failed, ProjectionService
from vae.storage.atomic import PREFIX, staging_folder
from vae.storage.checkpoints import BrokenCheckpoint, Checkpoint, list_checkpoints, read_checkpoint
from vae.ui.shared import loaders
from vae.ui.shared import page as anatomy

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "2" if THOROUGH else "1"))
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, PR_CAPBSET_DROP = 1, 2, 24


# ---- the app is killed -----------------------------------------------------------------------------------------------


class Lesson:
    """A folder of checkpoints with a run under way, a cache, and a place for temporary files: all of one app."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.checkpoints, self.cache, self.temporary = (folder / name for name in ("checkpoints", "cache", "temporary"))
        for name in ("digits-z2", "mnist-z2"):
            shutil.copytree(ROOT / "checkpoints" / name, self.checkpoints / name)
        self.temporary.mkdir()
        patch.setenv("VAE_CHECKPOINTS", str(self.checkpoints))
        patch.setenv("VAE_CACHE", str(self.cache))
        patch.setenv("TMPDIR", str(self.temporary))
        self.runs = Runs(self.checkpoints)
        self.perplexities = iter(range(5, 500))

    def processes(self) -> list[str]:
        """The projection processes of the app, by the temporary folder that each is given."""
        lines = subprocess.run(["ps", "-A", "-ww", "-o", "args"], capture_output=True, text=True, check=True).stdout
        return [line for line in lines.splitlines() if f"{self.temporary}/latent-lab-" in line]

    def parts(self) -> list[Path]:
        """What is half-written."""
        return [path for root in (self.checkpoints, self.cache) for path in root.rglob(f"{PREFIX}*")]

    def check_whole(self) -> None:
        """Asserts that whatever is there under its own name is whole."""
        assert not [found for found in list_checkpoints(self.checkpoints) if isinstance(found, BrokenCheckpoint)]
        for path in self.cache.rglob("*"):
            if path.is_file() and PREFIX not in str(path):
                with safe_open(path, framework="numpy") as file:
                    assert np.isfinite(file.get_tensor("layout")).all(), path
                    assert json.loads(file.metadata()["about"])["quality"], path


async def project(server: Server, model: str, **asked: object) -> dict[str, Any]:
    """How a projection ends."""
    address = server.url.replace("http", "ws", 1) + "/live/projections"
    async with connect_later(address, max_size=MAX_MESSAGE_BYTES, compression=None) as client:
        await client.send(json.dumps({"version": 1, "model": model, **asked}))
        async for message in client:
            state: dict[str, Any] = json.loads(message) if isinstance(message, str) else {}
            if "error" in state or state.get("state") == "done":
                return state
    raise ConnectionError("The socket was closed before the projection was done.")


async def kill_under_load(server: Server, lesson: Lesson, chance: random.Random) -> Clicks:
    """Clients that drag, users who click, projections long and short; then, at any moment, kill -9."""
    clicks = Clicks()

    async def keep_projecting(model: str) -> None:
        while True:
            asked = {"method": "tsne", "perplexity": next(lesson.perplexities)}
            assert (await project(server, model, **asked)).get("state") == "done"

    drags = [await connect_drag(server, name) for name in ("digits-z2", "mnist-z2") * 2]
    for drag in drags:
        drag.drag(1 / 60, chance.random() / 60)
    work = [click_through(server.url, 0.3, clicks, chance.randrange(10**6)) for _ in range(3)]
    work += [keep_projecting(name) for name in ("digits-z2", "digits-z2", "mnist-z2")]
    tasks = [asyncio.create_task(one) for one in work]
    await asyncio.sleep(chance.uniform(0.2, 3))
    os.kill(server.pid, signal.SIGKILL)
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    for drag in drags:
        drag.close()
    assert all(isinstance(end, (ConnectionClosed, InvalidMessage, OSError)) for end in ends), ends
    return clicks


@pytest.mark.slow
def test_an_app_killed_under_load_leaves_nothing_behind_and_serves_everything_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson, chance = Lesson(tmp_path, monkeypatch), random.Random(ROUNDS)
    run = lesson.runs.start("beside", request(10_000))
    try:
        before = b""
        for number in range(ROUNDS + 1):
            with started(APP) as server:
                assert lesson.parts() == []
                lesson.check_whole()
                picture = decode_one(server, "digits-z2")
                assert before in (b"", picture)
                before = picture
                for page in PAGES if number == ROUNDS else ():
                    assert visit(server, page).exceptions == []
                if number == ROUNDS:
                    answer = asyncio.run(project(server, "digits-z2", method="tsne", perplexity=4))
                    assert answer["state"] == "done"
                    break
                assert asyncio.run(kill_under_load(server, lesson, chance)).exceptions == 0
            until(lambda: not lesson.processes(), "no process of the killed app is left")
            until(lambda: not list(lesson.temporary.glob("latent-lab-*")), "their temporary folders are gone")
            lesson.check_whole()
            assert run.status().alive
    finally:
        lesson.runs.send_command(run, "discard")
        until(lambda: not run.path.exists(), "the run is discarded", run)
    until(lambda: not lesson.parts(), "nothing half-removed is left either")


def decode_one(server: Server, model: str) -> bytes:
    """The picture of one z, by a client of its own."""
    with connect(server.url.replace("http", "ws", 1) + "/live", compression=None) as client:
        client.send(json.dumps({"version": 1, "model": model}))
        greeting = json.loads(client.recv(PATIENCE))
        assert "error" not in greeting, greeting
        client.send(live_request(1, np.ones((1, greeting["latent_dim"]), np.float32)))
        reply = client.recv(PATIENCE)
    assert isinstance(reply, bytes)
    assert reply[0] == 0, reply
    return reply


class Visit(SimpleNamespace):
    """What a page has shown: its exceptions, and the sentences of its errors, warnings and hints."""

    exceptions: list[str]
    alerts: list[str]


def visit(server: Server, page: str, query: str = "") -> Visit:
    """Opens a page in a session of its own, until its script has run."""
    seen = Visit(exceptions=[], alerts=[])
    address = server.url.replace("http", "ws", 1) + "/_stcore/stream"
    with connect(address, subprotocols=["streamlit"], max_size=MAX_MESSAGE_BYTES, compression=None) as client:  # type: ignore[list-item]
        message = BackMsg()
        message.rerun_script.page_name, message.rerun_script.query_string = page, query
        client.send(message.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(client.recv(PATIENCE, decode=False))
            element = answer.delta.new_element
            if element.WhichOneof("type") == "exception":
                seen.exceptions.append(element.exception.message)
            if element.WhichOneof("type") == "alert":
                seen.alerts.append(element.alert.body)
            if answer.HasField("script_finished"):
                return seen


# ---- the projection process is killed --------------------------------------------------------------------------------


@pytest.mark.scaled
def test_every_client_gets_an_answer_when_projection_processes_are_killed(tmp_path: Path) -> None:
    chance = random.Random(ROUNDS)

    async def body(lab: Lab) -> None:
        killed: list[int] = []
        lanes = (lab.service._projecting, lab.service._measuring)

        async def torment(stop: asyncio.Event) -> None:
            while not stop.is_set():
                await asyncio.sleep(chance.uniform(0, 0.7))
                for lane in lanes:
                    if (pid := lane.projector.pid) is not None and chance.random() < 0.7:
                        with suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                            killed.append(pid)

        async def one(number: int) -> Event:
            method: Method = chance.choice(("umap", "umap", "pca"))
            config = ProjectionConfig(method, neighbours=chance.choice((2, 20)))
            return (await events(await lab.service.subscribe(points(seed=number // 2), config)))[-1]

        for number in range(ROUNDS):
            stop = asyncio.Event()
            killed.clear()
            killer = asyncio.create_task(torment(stop))
            ends = await asyncio.gather(*(one(100 * number + i) for i in range(12)))
            stop.set()
            await killer
            while any(lane.projector.pid in killed for lane in lanes):  # death takes a moment
                await asyncio.sleep(0.01)
            sentence = "The process that computes projections was ended from outside; try again."
            assert {end.sentence for end in ends if isinstance(end, Failed)} <= {sentence}
            assert all(isinstance(end, (Done, Failed)) for end in ends)
            later = await lab.result(points=points(seed=10**6 + number))
            assert isinstance(later, Done), later
            assert np.array_equal(later.layout, 2 * points(seed=10**6 + number)[:, :2])
            kills.append(len(killed))
        for path in lab.cache.iterdir():
            assert path.suffix == ".safetensors"

    kills: list[int] = []
    with_layouts(tmp_path, body)
    assert sum(kills) > 0


# ---- folders and disks that take nothing -----------------------------------------------------------------------------


def obey_mode_bits() -> None:
    """Makes the program that is started next obey the mode bits of files even as root; for other users it does."""
    if os.geteuid() == 0:
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


@pytest.fixture(scope="module")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of checkpoints, a run among them, that programs started with obey_mode_bits can read but not change."""
    root = tmp_path_factory.mktemp("read-only") / "checkpoints"
    for name in ("digits-z2", "mnist-z2"):
        shutil.copytree(ROOT / "checkpoints" / name, root / name)
    shutil.copytree(root / "digits-z2", root / "mine")
    config = json.loads((root / "mine" / "config.json").read_text())
    config["training"]["origin"] = "page"
    (root / "mine" / "config.json").write_text(json.dumps(config))
    made = [root, *(path for path in root.rglob("*") if path.is_dir())]
    for folder in made:
        folder.chmod(0o555)
    try:
        probe = [sys.executable, "-c", f"open({str(root / 'probe')!r}, 'w')"]
        if subprocess.run(probe, preexec_fn=obey_mode_bits, capture_output=True, check=False).returncode == 0:
            pytest.skip("programs started here write to folders that are read-only")
        yield root
    finally:
        for folder in made:
            folder.chmod(0o755)


@pytest.fixture(scope="module")
def bound_app(read_only: Path) -> Iterator[Server]:
    """The app over that folder; its cache is a folder in there that is missing and cannot be made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAE_CHECKPOINTS", str(read_only))
        patch.setenv("VAE_CACHE", str(read_only / "digits-z2" / "cache"))

        def popen(command: list[str], **options: Any) -> "subprocess.Popen[bytes]":
            return subprocess.Popen(command, preexec_fn=obey_mode_bits, **options)  # noqa: PLW1509

        names = {name: getattr(subprocess, name) for name in ("DEVNULL", "TimeoutExpired")}
        patch.setattr(bench, "subprocess", SimpleNamespace(Popen=popen, **names))
        with started(APP) as server:
            yield server


def everything(root: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in root.rglob("*")}


@pytest.mark.slow
def test_on_a_read_only_folder_all_pages_work_and_training_says_why_no_run_can_be_started(
    bound_app: Server, read_only: Path
) -> None:
    before, told = everything(read_only), dict[str, list[str]]()
    for page in PAGES:
        seen = visit(bound_app, page, "checkpoint=mine")
        assert seen.exceptions == [], page
        told[page] = [sentence for sentence in seen.alerts if "No run can be started" in sentence]
    assert [page for page, reasons in told.items() if reasons] == ["Training"]
    assert told["Training"][0].startswith(f"No run can be started, as {read_only} cannot be written to: ")
    assert decode_one(bound_app, "mnist-z2")
    assert everything(read_only) == before


@pytest.mark.slow
def test_projections_work_without_a_cache(bound_app: Server, read_only: Path) -> None:
    for method in ("tsne", "pca"):
        for _ in range(2):
            asked = {"method": method, "dims": 3, "perplexity": 6}
            answer = asyncio.run(project(bound_app, "digits-z2", **asked))
            assert (answer["state"], answer["source"] == "from the cache") == ("done", False)
    assert not (read_only / "digits-z2" / "cache").exists()


def test_a_training_whose_folder_cannot_be_written_is_refused_before_its_data_are_read(read_only: Path) -> None:
    out = read_only / "digits-z2" / "deep" / "new"
    command = [sys.executable, "-m", "vae", "train", "--dataset", "no such data", "--out", str(out)]
    done = subprocess.run(command, preexec_fn=obey_mode_bits, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"vae train: {out}: cannot be written ([Errno 13] Permission denied: ")
    assert done.stderr.endswith("); choose a folder that can.\n")
    assert done.stderr.count("\n") == 1


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own on which not a byte is free; its file "ballast" can be removed."""
    disk = tmp_path / "disk"
    disk.mkdir()
    options = ["-t", "tmpfs", "-o", "size=1m", "none", str(disk)]
    mount = shutil.which("mount")
    if mount is None or subprocess.run([mount, *options], capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system is not permitted here")
    with (disk / "ballast").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_costs_the_cache_and_not_the_projection(full_disk: Path, tmp_path: Path) -> None:
    async def body(lab: Lab) -> None:
        for count in (1, 2):
            assert isinstance(await lab.result(), Done)
            assert len(lab.computed) == count
        assert names(full_disk) in ([], ["cache"])
        (full_disk / "ballast").unlink()
        assert isinstance(await lab.result(), Done)
        again = await lab.result()
        assert isinstance(again, Done)
        assert again.source == "from the cache"

    with_layouts(tmp_path, body, cache=full_disk / "cache")


def names(disk: Path) -> list[str]:
    """All that is on the disk beside the ballast, at any depth."""
    return sorted(str(path.relative_to(disk)) for path in disk.rglob("*") if path.name != "ballast")


@pytest.mark.parametrize("options", [[], ["--film"]], ids=["plain", "with a film"])
def test_a_checkpoint_for_which_the_disk_has_no_room_is_one_sentence_and_nothing_half_written(
    full_disk: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    arguments = ["train", "--dataset", "digits", "--epochs", "1", "--hidden", "16", "--device", "cpu", *options]
    out = full_disk / "new"
    assert main([*arguments, "--out", str(out)]) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("epoch")]
    (sentence,) = lines
    assert re.fullmatch(
        rf"vae train: {re.escape(str(out))}: could not be written \(.*No space left.*\); nothing was kept\.", sentence
    )
    assert names(full_disk) == []
    (full_disk / "ballast").unlink()
    assert main([*arguments, "--out", str(out)]) == 0
    assert read_checkpoint(out).load_model()


def test_a_projection_for_which_the_disk_has_no_room_is_one_sentence_and_nothing_half_written(
    full_disk: Path, digits_checkpoint: Checkpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    (full_disk / "ballast").unlink()
    own = shutil.copytree(digits_checkpoint.path, full_disk / "digits")
    with (full_disk / "ballast").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    before = names(full_disk)
    assert main(["project", str(own), "--method", "pca"]) == 1
    assert re.fullmatch(
        r"vae project: .*: could not be written \(.*No space left.*\); nothing was kept\.\n", capsys.readouterr().err
    )
    assert [name for name in names(full_disk) if name != "digits/projections"] == before


# ---- clocks ----------------------------------------------------------------------------------------------------------


def test_nothing_reads_a_clock_that_can_be_set_but_what_is_listed_here() -> None:
    """The order of the cache, which no clock can spoil, the state of files, which is only compared, and a class's age.

    Scripts read one for the name that is proposed for a class, and for the minutes of its lesson.
    """
    allowed = {("service.py", "_make_youngest"), ("service.py", "_trim"), ("loaders.py", "version_of")}
    allowed |= {("checkpoints.py", "_state"), ("film.py", "film_version")}
    allowed |= {("service.py", name) for name in ("_do_chores", "create", "seat")} | {("homes.py", "_open")}
    allowed |= {("work.py", "_hand_in"), ("work.py", "_ask"), ("work.py", "_set_phase"), ("rehearsals.py", "_arrive")}
    dated = {"time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime", "time.strftime"}
    found = set()
    for path in [*ROOT.glob("*.py"), *ROOT.glob("pages/*.py"), *ROOT.glob("vae/**/*.py")]:
        tree = ast.parse(path.read_text())
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
            for node in ast.walk(function):
                words = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
                if words in dated or words.endswith((".st_mtime", ".st_mtime_ns", ".st_ctime", ".getmtime")):
                    found.add((path.name, function.name))
        imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
        assert not imported & {"time_ns", "datetime"}, path
        assert "from time import time" not in path.read_text().splitlines(), path
    assert found == allowed
    dated_scripts = [
        path for path in (ROOT / "vae" / "frontend").rglob("*.js") if re.search(r"\bDate\b", path.read_text())
    ]
    assert {path.name for path in dated_scripts} == {"opening.js", "next-bar.js"}


# ---- two processes on one folder -------------------------------------------------------------------------------------

RACE = """
import json, sys
from pathlib import Path
from vae.jobs import launchers, runs

launchers.WORKER = (sys.executable, sys.argv[1])
found = runs.Runs(Path(sys.argv[2]))
for line in sys.stdin:
    call, name = line.split()
    try:
        if call == "start":
            found.start(name, json.loads(sys.argv[3]))
        elif call == "resume":
            found.resume(found.find(name))
        else:
            found.send_command(found.find(name), call)
        print("done", flush=True)
    except runs.RunError as error:
        print(error, flush=True)
"""


@contextmanager
def two_processes(folder: Path, number: int) -> Iterator[list["subprocess.Popen[str]"]]:
    """Two processes that start, resume and end runs of one folder, as two apps do; each line of input is a command."""
    (folder / "race.py").write_text(RACE)
    (folder / "idler.py").write_text(IDLER)
    paths = [str(folder / name) for name in ("race.py", "idler.py", "checkpoints")]
    command = [sys.executable, *paths, json.dumps(request(number))]
    pipes: dict[str, Any] = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "text": True,
        "env": {**os.environ, "PYTHONPATH": str(ROOT)},
    }
    with ExitStack() as stack:
        yield [stack.enter_context(subprocess.Popen(command, **pipes)) for _ in range(2)]


def at_once(processes: list["subprocess.Popen[str]"], line: str) -> list[str]:
    """What both answer to the same line."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
    return [process.stdout.readline().strip() for process in processes if process.stdout is not None]


@pytest.mark.slow
@pytest.mark.scaled
def test_of_two_processes_that_start_or_resume_one_run_at_once_one_carries_it_out(tmp_path: Path) -> None:
    runs = Runs(tmp_path / "checkpoints")
    with two_processes(tmp_path, 3) as both:
        for number in range(3 * ROUNDS):
            name = f"run-{number}"
            answers = at_once(both, f"start {name}")
            assert sorted(answers) == ["There is a run called " + name + " already; choose another name.", "done"]
            run = runs.find(name)
            assert run is not None
            at_once(both, f"pause {name}")
            until(lambda run=run: not run.has_process(), "it has ended", run)  # type: ignore[misc]
            run.write_status(Status("paused"))
            run.clear_command()
            at_once(both, f"resume {name}")
            until(lambda name=name: processes_of(name) == 1, "one process carries it out", run)  # type: ignore[misc]
            at_once(both, f"discard {name}")
            until(lambda name=name: processes_of(name) == 0, "it has ended", run)  # type: ignore[misc]
            run.remove()  # as the second to discard it has done where it came after the end


def processes_of(name: str) -> int:
    """How many processes carry out the run of this name."""
    lines = subprocess.run(["ps", "-A", "-ww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    return sum("idler.py" in line and f"/.runs/{name} " in line for line in lines.splitlines())


def test_two_processes_that_compute_one_projection_keep_one_good_file(tmp_path: Path) -> None:
    async def body(lab: Lab) -> None:
        other = ProjectionService(lab.cache, command=(sys.executable, str(lab.script)))
        try:
            first, second = await asyncio.gather(lab.result(), events(await other.subscribe(points(), QUICK)))
            assert isinstance(first, Done)
            assert isinstance(second[-1], Done)
            assert np.array_equal(first.layout, second[-1].layout)
            assert len(set(lab.computed)) == 2
            (kept,) = lab.cache.iterdir()
            assert kept.suffix == ".safetensors"
            again = await lab.result()
            assert isinstance(again, Done)
            assert again.source == "from the cache"
        finally:
            await other.close()

    with_layouts(tmp_path, body)


@pytest.mark.scaled
def test_a_list_made_while_another_process_adds_and_deletes_never_fails(
    digits_checkpoint: Checkpoint, tmp_path: Path
) -> None:
    root = tmp_path / "checkpoints"
    shutil.copytree(digits_checkpoint.path, root / "stays")
    over = threading.Event()

    def disturb() -> None:
        for _ in range(30 * ROUNDS):
            with staging_folder(root) as folder:
                shutil.copytree(digits_checkpoint.path, folder / "comes").rename(root / "comes")
            with staging_folder(root) as folder:
                (root / "comes").rename(folder / "goes")
        over.set()

    with ThreadPoolExecutor(1) as pool:
        disturbing = pool.submit(disturb)
        while not over.is_set():
            found = list_checkpoints(root)
            assert {entry.name for entry in found} <= {"stays", "comes"}
            assert all(isinstance(entry, Checkpoint) for entry in found if entry.name == "stays")
        disturbing.result(PATIENCE)


@pytest.mark.parametrize("page", ["app.py", *(path for path, _, _ in anatomy.PAGES)])
def test_a_checkpoint_deleted_at_any_moment_of_a_page_s_script_is_no_exception(
    page: str, digits_checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, version, moment = tmp_path / "checkpoints", loaders.version_of, 0
    looks: list[str] = []
    monkeypatch.setattr(loaders, "CHECKPOINTS", root)
    shutil.copytree(digits_checkpoint.path, root / "stays")
    while True:
        moment, looks = moment + 1, []
        shutil.copytree(digits_checkpoint.path, root / "goes", dirs_exist_ok=True)

        def look(checkpoint: Checkpoint, looks: list[str] = looks, moment: int = moment) -> tuple[str, int]:
            looks.append(checkpoint.name)
            if len(looks) == moment:
                shutil.rmtree(root / "goes")
            return version(checkpoint)

        monkeypatch.setattr(loaders, "version_of", look)
        app = open_page(page, checkpoint="goes")
        assert not app.exception, app.exception
        if len(looks) < moment:
            break
        said_what = [str(error.value) for error in app.error]
        assert all("goes" in sentence and sentence.endswith("Choose another in the bar.") for sentence in said_what)
    assert moment > 1 or page in ("app.py", "pages/0_Lessons.py", "pages/7_Training.py", "pages/8_Class.py")


# ---- requests that are lost half-way ---------------------------------------------------------------------------------


def test_requests_lost_half_way_and_silent_clients_cost_other_clients_nothing() -> None:
    frame = bench.frame(bench.BINARY, live_request(1, zs(50)))
    with serve(ping=1.0) as server:
        chance = random.Random(0)
        for _ in range(20):
            with server.connect() as client:
                client.socket.sendall(frame[: chance.randrange(1, len(frame))])
                cut(client)
        for _ in range(5):  # asked, and cut off before the reply
            with server.connect() as client:
                client.socket.sendall(frame)
                cut(client)
        until_now(lambda: server.metrics()["clients"] == 0)
        until_now(lambda: server.service.backlog == 0)
        silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(10)]
        handshake = (
            "GET /live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        for raw in silent:
            raw.sendall(handshake.encode() + frame[:7])
        until_now(lambda: server.metrics()["clients"] == 10)
        with server.connect() as client:
            assert same_pictures(ask(client, live_request(1, zs(50))), decoded(zs(50)))
        for raw in silent:  # as they answer no ping, the server hangs up
            raw.settimeout(PATIENCE)
            while raw.recv(4096):
                pass
            raw.close()
        until_now(lambda: server.metrics()["clients"] == 0)


def cut(client: Any) -> None:
    """Ends a connection as a pulled cable does, without a closing frame."""
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.socket.close()

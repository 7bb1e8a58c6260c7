"""The process that computes projections one after the other, and the handle by which the server uses it.

Requests and answers are lines of JSON over the standard streams, arrays are safetensors files in a temporary folder;
nothing is ever unpickled. The process leaves the server room: a lower priority, one processor left free, threads that
sleep while they wait. Between requests it imports and compiles the slow libraries. It ends, and removes its folder,
when the server ends.

To the process    {"id": 1, "points": PATH, "layout": PATH or null, "config": ProjectionConfig's, "folder": PATH}
                  {"cancel": 1}
From it           {"id": 1, "progress": 0.3, "frame": PATH or null}     as it iterates; the reader deletes the frame
                  {"id": 1, "layout": PATH, "seconds": 7.1}          the projection, if none was given
                  {"id": 1, "quality": {…}}                          the last message if all went well
                  {"id": 1, "error": SENTENCE or null}               the last message otherwise; null: it was cancelled
"""

import asyncio
import json
import logging
import os
import queue
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from vae.jobs.nice import lower_priority, niceness
from vae.projection.config import ProjectionConfig
from vae.projection.methods import Cancelled, FloatArray, OnFrame, Quality, project, quality

FRAME_SECONDS = 0.1
CANCEL_SECONDS = 5.0  # a process that has not answered a cancellation by then is killed
IDLE_SECONDS = 0.2
COMMAND = sys.executable, "-m", "vae.projection.worker"
WARM = "--warm"  # lets the process prepare t-SNE and UMAP while it is idle
GPU = "--gpu"  # sums t-SNE's forces there, by CUDA

Json = dict[str, Any]
Project = Callable[[FloatArray, ProjectionConfig, OnFrame], FloatArray]
OnProgress = Callable[[float, FloatArray | None], None]
Result = TypeVar("Result")

_log = logging.getLogger(__name__)


class ProjectorError(Exception):
    """A projection that failed; one sentence for the user who asked for it."""


# ---- the server's side -----------------------------------------------------------------------------------------------


class Projector:
    """The handle of one such process: started when needed, and again when it has died. For one request at a time."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()
        self._folder: Path | None = None
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="projector")  # files
        self._requests = 0

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def prepare(self) -> None:
        """Starts the process, unless it runs."""
        async with self._starting:
            if self.pid is not None:
                return
            await self._kill()
            self._folder = Path(await self._in_thread(partial(tempfile.mkdtemp, prefix="latent-lab-")))
            pipe = asyncio.subprocess.PIPE
            self._process = await asyncio.create_subprocess_exec(
                *self._command, str(self._folder), stdin=pipe, stdout=pipe, env=_environment(), start_new_session=True
            )

    async def compute(
        self, points: FloatArray, config: ProjectionConfig, layout: FloatArray | None, on_progress: OnProgress
    ) -> tuple[FloatArray, Quality, float]:
        """The layout, its quality and the seconds it took; if a layout is given, only its quality is computed.

        Raises ProjectorError. A cancelled call leaves nothing behind and the process free within CANCEL_SECONDS.
        """
        await self.prepare()
        assert self._folder
        self._requests += 1
        request, folder = self._requests, self._folder / str(self._requests)
        arrays = {"points": points} | ({} if layout is None else {"layout": layout})
        sent = False
        try:
            paths = await self._in_thread(_write_all, arrays, folder)
            given = {"points": paths["points"], "layout": paths.get("layout"), "config": config.to_json()}
            sent = True
            await self._write_line({"id": request, "folder": str(folder), **given})
            return await self._follow(request, layout, on_progress)
        except asyncio.CancelledError:
            if sent:
                await self._cancel(request)
            raise
        finally:
            self._threads.submit(shutil.rmtree, folder, ignore_errors=True)

    async def close(self) -> None:
        """Ends the process. The handle can be used again."""
        async with self._starting:
            await self._kill()

    async def _kill(self) -> None:
        process, self._process = self._process, None
        if process:
            if process.returncode is None:
                process.kill()
            await process.communicate()
        if self._folder:
            await self._in_thread(partial(shutil.rmtree, self._folder, ignore_errors=True))
            self._folder = None

    async def _write_line(self, message: Json) -> None:
        assert self._process
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            _log.debug("The projector has died")  # as _read_line will find

    async def _read_line(self, request: int) -> Json:
        assert self._process
        assert self._process.stdout
        while (line := await self._process.stdout.readline()).endswith(b"\n"):  # else it has died while writing
            message: Json = json.loads(line)
            if message["id"] == request:  # not the end of a request that was cancelled
                return message
        await self._process.wait()
        raise ProjectorError("The process that computes projections was ended from outside; try again.")

    async def _follow(
        self, request: int, layout: FloatArray | None, on_progress: OnProgress
    ) -> tuple[FloatArray, Quality, float]:
        seconds = 0.0
        while True:
            message = await self._read_line(request)
            if "quality" in message:
                assert layout is not None
                return layout, Quality(**message["quality"]), seconds
            if "error" in message:
                raise ProjectorError(message["error"] or "The projection was cancelled.")
            if "layout" in message:
                layout, seconds = await self._in_thread(_read, message["layout"]), message["seconds"]
                on_progress(1.0, layout)
            else:
                path = message["frame"]
                on_progress(message["progress"], None if path is None else await self._in_thread(_take, path))

    async def _cancel(self, request: int) -> None:
        try:
            # Not `asyncio.timeout`: before Python 3.11.3 it has no effect in a task that has been cancelled.
            await asyncio.wait_for(self._until_cancelled(request), CANCEL_SECONDS)
        except (TimeoutError, ProjectorError):
            await self.close()

    async def _until_cancelled(self, request: int) -> None:
        await self._write_line({"cancel": request})
        while not {"quality", "error"} & (await self._read_line(request)).keys():
            pass

    async def _in_thread(self, call: Callable[..., Result], *args: object) -> Result:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call, *args)
        except (OSError, SafetensorError) as error:
            raise ProjectorError(_no_room(error)) from error


def _no_room(error: Exception) -> str:
    reason = getattr(error, "strerror", None) or error
    return f"The folder for temporary files cannot be used ({reason}); make room there and try again."


def _environment() -> dict[str, str]:
    """Fewer threads than processors, which sleep while they wait; and a path to this package from any folder.

    Raises ValueError if VAE_NICENESS is invalid.
    """
    niceness()
    count = str(max(1, (os.cpu_count() or 1) - 1))
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), count)
    path = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH"))))
    return {**os.environ, **threads, "OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0", "PYTHONPATH": path}


# ---- the process's side ----------------------------------------------------------------------------------------------


def main(project: Project = project, warm_up: Sequence[Callable[[OnFrame], object]] = ()) -> None:
    """Answers requests until the server ends. The temporary folder is the last argument of the command line."""
    folder = Path(sys.argv[-1])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # so that nothing a library prints is taken for an answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server; when it ends, this process ends too
    signal.signal(signal.SIGTERM, lambda *_: _end(folder))
    lower_priority()

    def say(message: Json) -> None:
        try:
            answers.write(json.dumps(message) + "\n")
            answers.flush()
        except OSError:  # the server is gone
            _end(folder)

    _RequestLoop(project, folder, say).run(list(warm_up))


class _RequestLoop:
    def __init__(self, project: Project, folder: Path, say: Callable[[Json], None]) -> None:
        self._project = project
        self._folder = folder
        self._say = say
        self._requests: queue.SimpleQueue[Json] = queue.SimpleQueue()
        self._cancelled: set[int] = set()

    def run(self, warm_up: list[Callable[[OnFrame], object]]) -> None:
        threading.Thread(target=self._listen, daemon=True).start()
        while True:
            try:
                request = self._requests.get(timeout=IDLE_SECONDS if warm_up else None)
            except queue.Empty:
                self._warm(warm_up.pop(0))
                continue
            self._answer(request)

    def _listen(self) -> None:
        for line in sys.stdin:
            message = json.loads(line)
            if "cancel" in message:
                self._cancelled.add(message["cancel"])
            else:
                self._requests.put(message)
        _end(self._folder)  # the server is gone

    def _warm(self, step: Callable[[OnFrame], object]) -> None:
        def stop_when_requested(_: float, __: FloatArray) -> None:
            if not self._requests.empty():
                raise Cancelled

        try:
            step(stop_when_requested)
        except Cancelled:
            pass
        except Exception:
            _log.warning("A library for projections could not be prepared", exc_info=True)

    def _answer(self, request: Json) -> None:
        identity = request["id"]
        message: Json
        try:
            message = {"quality": asdict(self._compute(request))}
        except Cancelled:
            message = {"error": None}
        except ValueError as error:
            message = {"error": str(error)}
        except (OSError, SafetensorError) as error:
            message = {"error": _no_room(error)}
        except Exception as error:
            _log.exception("A projection failed")
            message = {"error": f"The projection failed ({type(error).__name__}); other settings may work."}
        self._say({"id": identity, **message})

    def _compute(self, request: Json) -> Quality:
        identity, points = request["id"], _read(request["points"])
        if request["layout"] is not None:
            return quality(points, _read(request["layout"]))
        config = ProjectionConfig.from_json(request["config"])
        started = time.perf_counter()
        layout = self._project(points, config, _Reporter(self, identity, Path(request["folder"])).show)
        seconds = time.perf_counter() - started
        path = _write(layout, Path(request["folder"]) / "result")
        self._say({"id": identity, "layout": path, "seconds": seconds})
        return quality(points, layout)

    def is_cancelled(self, identity: int) -> bool:
        return identity in self._cancelled

    def report(self, identity: int, progress: float, frame: str | None) -> None:
        self._say({"id": identity, "progress": progress, "frame": frame})


def _end(folder: Path) -> None:
    """Ends the process at once, without waiting for the computation, which may be writing into the folder."""
    gone = folder.with_name(f"{folder.name}-gone")  # where the computation does not write
    with suppress(OSError):  # the server has removed it
        folder.rename(gone)
    for left in (gone, folder):  # Windows renames no folder with an open file in it
        shutil.rmtree(left, ignore_errors=True)
    os._exit(0)


class _Reporter:
    """Shows the server some of the frames: at most ten a second, and none before it has read the last one."""

    def __init__(self, loop: _RequestLoop, identity: int, folder: Path) -> None:
        self._loop, self._identity, self._frame = loop, identity, folder / "frame"
        self._at = 0.0

    def show(self, progress: float, layout: FloatArray) -> None:
        if self._loop.is_cancelled(self._identity):
            raise Cancelled
        if (now := time.perf_counter()) - self._at < FRAME_SECONDS:
            return
        self._at = now
        read = not self._frame.exists()
        self._loop.report(self._identity, progress, _write(layout, self._frame) if read else None)


def _write_all(arrays: dict[str, FloatArray], folder: Path) -> dict[str, str]:
    folder.mkdir()
    return {name: _write(array, folder / name) for name, array in arrays.items()}


def _write(array: FloatArray, path: Path) -> str:
    save_file({"array": np.ascontiguousarray(array, np.float32)}, path)
    return str(path)


def _read(path: str) -> FloatArray:
    array: FloatArray = load_file(path)["array"]
    return array


def _take(path: str) -> FloatArray:
    array = _read(path)
    Path(path).unlink()
    return array


def _warm_up(project: Project) -> list[Callable[[OnFrame], object]]:
    """Each takes a second or two in a new process: imports and compilation."""
    points = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)

    def project_with(config: ProjectionConfig, on_frame: OnFrame) -> FloatArray:
        return project(points, config, on_frame)

    return [
        partial(project_with, ProjectionConfig("tsne", perplexity=5)),
        partial(project_with, ProjectionConfig("umap", neighbours=5)),
        partial(project_with, ProjectionConfig("tsne", dims=3, perplexity=5)),
    ]


if __name__ == "__main__":
    chosen = partial(project, gpu="cuda") if GPU in sys.argv else project
    main(chosen, _warm_up(chosen) if WARM in sys.argv else ())

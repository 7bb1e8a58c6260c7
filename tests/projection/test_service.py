"""Projections in their own process: shared, cancelled, killed, cached. Most with a fake that needs no libraries."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import save_file

from tests.support.projections import FAKE, PATIENCE, QUICK, Lab, events, points, run, until
from vae.projection import service as module
from vae.projection import worker
from vae.projection.config import ProjectionConfig
from vae.projection.methods import Quality, project, quality
from vae.projection.service import (
    BusyError,
    Cache,
    Done,
    Failed,
    Progress,
    ProjectionService,
    Queued,
    QueueLimits,
    Subscription,
)
from vae.projection.worker import Projector, ProjectorError
from vae.storage.atomic import PREFIX, staging_folder

QUALITY = Quality(0.9, 0.8, 0.7, 10, "by definition")
LONG = ProjectionConfig("umap", neighbours=400)


# ---- subscriptions ---------------------------------------------------------------------------------------------------


def test_a_projection_is_followed_from_the_first_frame_to_the_last_and_then_cached(tmp_path: Path) -> None:
    async def body(lab: Lab) -> None:
        config = ProjectionConfig("umap", neighbours=25)
        begun = time.monotonic()
        seen = await events(await lab.service.subscribe(points(), config))
        waited = time.monotonic() - begun
        *progress, done = seen
        assert all(isinstance(event, Progress) for event in progress)
        shares = [event.progress for event in progress if isinstance(event, Progress)]
        assert shares == sorted(shares)
        assert shares[-1] == 1
        frames = [event.layout for event in progress if isinstance(event, Progress) and event.layout is not None]
        assert len(frames) >= 2
        assert isinstance(done, Done)
        assert np.array_equal(done.layout, 2 * points()[:, :2])
        assert done.quality == quality(points(), done.layout)
        assert done.source == "computed here"
        assert 0.5 < done.seconds < waited  # the fake takes half a second
        (again,) = (
            event for event in await events(await lab.service.subscribe(points(), config)) if isinstance(event, Done)
        )
        assert np.array_equal(again.layout, done.layout)
        assert (again.quality, again.seconds, again.source) == (done.quality, done.seconds, "from the cache")
        assert len(lab.computed) == 1
        assert lab.computed[0] != os.getpid()
        await until(lambda: not lab.temporary_files())

    run(tmp_path, body)


def test_two_users_with_the_same_request_cause_one_computation(tmp_path: Path) -> None:
    async def body(lab: Lab) -> None:
        config = ProjectionConfig("umap", neighbours=20)
        first, same = await asyncio.gather(
            lab.service.subscribe(points(), config),
            lab.service.subscribe(points().copy(), ProjectionConfig("umap", neighbours=20)),
        )
        await lab.until_computing()
        late = await lab.service.subscribe(points(), config)
        ends = [watched[-1] for watched in await asyncio.gather(*map(events, (first, same, late)))]
        assert all(end is ends[0] for end in ends)
        assert isinstance(ends[0], Done)
        assert len(lab.computed) == 1

    run(tmp_path, body)


def test_a_late_subscription_starts_at_the_current_progress(tmp_path: Path) -> None:
    async def body(lab: Lab) -> None:
        first = await lab.service.subscribe(points(), LONG)
        async for event in first:
            if isinstance(event, Progress) and event.progress > 0.05:
                break
        late = await lab.service.subscribe(points(), LONG)
        event = await anext(late)
        assert isinstance(event, Progress)
        assert event.progress > 0
        assert event.layout is not None

    run(tmp_path, body)


def test_waiting_subscriptions_get_their_queue_position(tmp_path: Path) -> None:
    async def body(lab: Lab) -> None:
        first = await lab.service.subscribe(points(), LONG)
        await lab.until_computing()
        others = [await lab.service.subscribe(points(seed=1), QUICK)]
        await until(lambda: others[0]._next == Queued(2))
        others.append(await lab.service.subscribe(points(seed=2), QUICK))
        await until(lambda: others[1]._next == Queued(3))
        third = await lab.service.subscribe(points(seed=2), QUICK)
        assert await anext(third) == Queued(3)
        first.close()
        for watch in (*others, third):
            assert isinstance((await events(watch))[-1], Done)
        assert len(lab.computed) == 3

    run(tmp_path, body)


def test_a_slow_reader_gets_the_newest_event_and_misses_those_in_between(tmp_path: Path) -> None:
    async def body(lab: Lab) -> None:
        watch = await lab.service.subscribe(points(), ProjectionConfig("umap", neighbours=40))
        other = await lab.service.subscribe(points(), ProjectionConfig("umap", neighbours=40))
        done = (await events(other))[-1]
        assert [await anext(watch)] == [done]
        assert await events(watch) == []

    run(tmp_path, body)


def test_a_layout_not_read_yet_is_kept_when_progress_without_a_layout_follows() -> None:
    subscription = Subscription(Mock(), Mock())
    layout = points()
    subscription.offer(Progress(0.1, layout))
    subscription.offer(Progress(0.2))
    event = asyncio.run(subscription.__anext__())
    assert isinstance(event, Progress)
    assert event.progress == 0.2
    assert event.layout is layout


# ---- existing layouts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["raw", "pca"])
def test_linear_projections_do_not_wait_for_the_others(tmp_path: Path, method: Any) -> None:
    async def body(lab: Lab) -> None:
        long = await lab.service.subscribe(points(), LONG)
        await lab.until_computing()
        config = ProjectionConfig(method, 3)
        seen = await events(await lab.service.subscribe(points(), config))
        done = seen[-1]
        assert isinstance(done, Done)
        assert np.array_equal(done.layout, project(points(), config))
        assert done.quality == quality(points(), done.layout)
        assert done.source == "computed here"
        assert not any(isinstance(event, Queued) for event in seen)
        assert len(lab.computed) == 1
        long.close()

    run(tmp_path, body)


def test_a_layout_that_was_shipped_is_shown_at_once_and_measured(tmp_path: Path) -> None:
    async def body(lab: Lab) -> None:
        shipped = points(seed=9)[:, :2].copy()
        watch = await lab.service.subscribe(points(), LONG, shipped)
        done = (await events(watch))[-1]
        assert isinstance(done, Done)
        assert np.array_equal(done.layout, shipped)
        assert done.quality == quality(points(), shipped)
        assert (done.source, done.seconds) == ("shipped with the checkpoint", 0.0)
        again = await lab.result(LONG, saved=shipped)
        assert isinstance(again, Done)
        assert again.source == "shipped with the checkpoint"
        other = await lab.result(LONG, saved=shipped + 1)
        assert isinstance(other, Done)
        assert np.array_equal(other.layout, shipped + 1)
        assert lab.computed == []

    run(tmp_path, body)


# ---- cancellations and failures --------------------------------------------------------------------------------------


def test_the_last_to_leave_cancels_and_the_next_is_served(tmp_path: Path) -> None:
    async def body(lab: Lab) -> None:
        watches = [await lab.service.subscribe(points(), LONG) for _ in range(2)]
        await lab.until_computing()
        watches[0].close()
        await asyncio.sleep(0.1)
        assert len(lab.service._jobs) == 1
        watches[1].close()
        assert isinstance(await lab.result(), Done)
        assert lab.computed[0] == lab.computed[1]  # the process has not been killed for it
        await until(lambda: not lab.temporary_files())
        assert len(list(lab.cache.iterdir())) == 1
        assert not lab.service._jobs

    run(tmp_path, body)


def test_a_cancelled_projection_that_is_requested_again_is_computed_again(tmp_path: Path) -> None:
    async def body(lab: Lab) -> None:
        config = ProjectionConfig("umap", neighbours=30)
        with lab.held():
            watch = await lab.service.subscribe(points(), config)
            await lab.until_computing()
            watch.close()
        assert isinstance(await lab.result(config), Done)
        assert len(lab.computed) == 2

    run(tmp_path, body)


def test_a_queued_projection_can_be_cancelled(tmp_path: Path) -> None:
    async def body(lab: Lab) -> None:
        first = await lab.service.subscribe(points(), LONG)
        await lab.until_computing()
        waiting = await lab.service.subscribe(points(seed=1), QUICK)
        await asyncio.sleep(0.05)
        waiting.close()
        await until(lambda: len(lab.service._jobs) == 1)
        first.close()
        assert isinstance(await lab.result(), Done)
        assert len(lab.computed) == 2

    run(tmp_path, body)


def test_a_process_that_ignores_a_cancellation_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "CANCEL_SECONDS", 0.3)

    async def body(lab: Lab) -> None:
        deaf = "    time.sleep(60 if config.neighbours == 400 else 0)\n    for step"
        lab.script.write_text(FAKE.replace("    for step", deaf))
        watch = await lab.service.subscribe(points(), LONG)
        await lab.until_computing()
        watch.close()
        assert isinstance(await lab.result(), Done)
        assert lab.computed[0] != lab.computed[1]

    run(tmp_path, body)


def test_a_killed_process_fails_the_projection_and_the_next_one_works(tmp_path: Path) -> None:
    async def body(lab: Lab) -> None:
        watch = await lab.service.subscribe(points(), LONG)
        await lab.until_computing()
        left = lab.service._projecting.projector._folder
        os.kill(lab.computed[0], signal.SIGKILL)
        failed = (await events(watch))[-1]
        assert isinstance(failed, Failed)
        assert failed.sentence == "The process that computes projections was ended from outside; try again."
        assert isinstance(await lab.result(), Done)
        assert lab.computed[0] != lab.computed[1]
        assert left
        assert not left.exists()

    run(tmp_path, body)


def test_a_process_killed_while_writing_an_answer_is_reported_as_killed(tmp_path: Path) -> None:
    die = """answers = os.dup(1)
def fake(*_):
    os.write(answers, b'{"id": 1, "sha')
    os.kill(os.getpid(), 9)
"""

    async def body(lab: Lab) -> None:
        lab.script.write_text(FAKE.replace("worker.main(", f"{die}worker.main("))
        failed = await lab.result(LONG)
        assert failed == Failed("The process that computes projections was ended from outside; try again.")

    run(tmp_path, body)


@pytest.mark.parametrize("whose", ["the server's", "the process's"])
def test_a_full_temporary_folder_is_reported_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    def refuse(*_: object) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    there = """
def refuse(*_):
    raise worker.SafetensorError("I/O error: No space left on device (os error 28)")
worker.save_file = refuse
"""

    async def body(lab: Lab) -> None:
        if whose == "the server's":
            monkeypatch.setattr(worker, "save_file", refuse)
        else:
            lab.script.write_text(FAKE.replace("worker.main(", f"{there}worker.main("))
        failed = await lab.result(LONG)
        assert isinstance(failed, Failed)
        expected = "The folder for temporary files cannot be used (I/O error: No space left on device (os error 28)); "
        assert failed.sentence == expected + "make room there and try again."
        monkeypatch.undo()
        lab.script.write_text(FAKE)
        await lab.service.close()
        assert isinstance(await lab.result(), Done)

    run(tmp_path, body)


def test_an_end_in_the_middle_of_writing_leaves_nothing(tmp_path: Path) -> None:
    code = """
import itertools, sys, threading, time
from contextlib import suppress
from pathlib import Path
from vae.projection import worker

folder = Path(sys.argv[1])

def write():
    for i in itertools.count():
        with suppress(OSError):
            (folder / f"{i}").touch()

threading.Thread(target=write, daemon=True).start()
time.sleep(0.2)
worker._end(folder)
"""
    for number in range(3):
        (tmp_path / f"latent-lab-{number}").mkdir()
        command = [sys.executable, "-c", code, str(tmp_path / f"latent-lab-{number}")]
        subprocess.run(command, cwd=Path(__file__).parents[2], check=True)
        assert list(tmp_path.iterdir()) == []


def test_the_process_has_a_lower_priority_than_live_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_NICENESS", "9")

    async def body(lab: Lab) -> None:
        await lab.result()
        pid = lab.service._projecting.projector.pid
        assert pid
        assert os.getsid(pid) == pid
        assert os.getpriority(os.PRIO_PROCESS, pid) == min(19, os.nice(0) + 9)
        if (session := Path(f"/proc/{pid}/autogroup")).exists():
            assert session.read_text().strip().endswith("nice 9")

    run(tmp_path, body)


def test_an_invalid_niceness_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_NICENESS", "least")

    async def body(lab: Lab) -> None:
        sentence = "VAE_NICENESS is 'least'; set it to how far long computations give way, 0 to 19."
        assert await lab.result() == Failed(sentence)

    run(tmp_path, body)


def test_a_process_killed_while_idle_is_not_noticed(tmp_path: Path) -> None:
    async def body(lab: Lab) -> None:
        await lab.service.prepare()
        assert isinstance(await lab.result(), Done)
        os.kill(lab.computed[0], signal.SIGKILL)
        await until(lambda: lab.service._projecting.projector.pid is None)
        assert isinstance(await lab.result(points=points(seed=1)), Done)

    run(tmp_path, body)


def test_an_unforeseen_failure_is_one_sentence_without_secrets(tmp_path: Path) -> None:
    async def body(lab: Lab) -> None:
        failed = await lab.result(ProjectionConfig("umap", seed=13))
        assert failed == Failed("The projection failed (RuntimeError); other settings may work.")
        assert isinstance(await lab.result(), Done)
        assert len(list(lab.cache.iterdir())) == 1

    run(tmp_path, body)


def test_points_that_cannot_be_projected_are_refused_at_once(tmp_path: Path) -> None:
    async def body(lab: Lab) -> None:
        for bad, config, reason in (
            (np.full((450, 4), np.nan, np.float32), QUICK, "must be finite"),
            (points(1), QUICK, "UMAP needs at least 3 pictures, and there are 1"),
            (points(), ProjectionConfig("raw", axes=(0, 9)), "axes must be below 4"),
        ):
            with pytest.raises(ValueError, match=reason):
                await lab.service.subscribe(bad, config)
        assert lab.computed == []

    run(tmp_path, body)


def test_the_limits_bound_the_unfinished_projections(tmp_path: Path) -> None:
    async def body(lab: Lab) -> None:
        for seed in (0, 1):
            await lab.service.subscribe(points(seed=seed), LONG, owner="one")
        with pytest.raises(BusyError, match=r"^Your network has as many .*\.$"):
            await lab.service.subscribe(points(seed=2), LONG, owner="one")
        await lab.service.subscribe(points(seed=1), LONG, owner="one")  # a repeated request does not count
        watch = await lab.service.subscribe(points(seed=2), LONG, owner="other")
        with pytest.raises(BusyError, match=r"^The server has as many projections .*\.$"):
            await lab.service.subscribe(points(seed=3), LONG, owner="third")
        watch.close()
        await lab.service.subscribe(points(seed=3), LONG, owner="third")

    run(tmp_path, body, limits=QueueLimits(waiting=3, waiting_per_owner=2))


def test_closing_ends_unfinished_projections(tmp_path: Path) -> None:
    async def body(lab: Lab) -> None:
        watch = await lab.service.subscribe(points(), LONG)
        await lab.until_computing()
        await lab.service.close()
        assert isinstance((await events(watch))[-1], Failed)

    run(tmp_path, body)


# ---- the cache -------------------------------------------------------------------------------------------------------


def done(n: int = 10, value: float = 1.0) -> Done:
    return Done(np.full((n, 2), value, np.float32), QUALITY, 1.5, "computed here")


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "new" / "cache", 10**6)
    assert cache.read("key", (10, 2)) is None
    cache.write("key", done())
    found = cache.read("key", (10, 2))
    assert found
    assert np.array_equal(found.layout, done().layout)
    assert (found.quality, found.seconds, found.source) == (QUALITY, 1.5, "from the cache")
    assert cache.read("other", (10, 2)) is None
    assert [path.name for path in (tmp_path / "new" / "cache").iterdir()] == ["key.safetensors"]


def break_file(path: Path, how: str) -> None:
    about = {"about": json.dumps({"quality": vars(QUALITY), "seconds": 1})}
    layout = np.zeros((10, 2), np.float32)
    match how:
        case "empty":
            path.write_bytes(b"")
        case "cut off":
            path.write_bytes(path.read_bytes()[:-4])
        case "garbage":
            path.write_bytes(b"\xff" * 200)
        case "huge":
            path.write_bytes(path.read_bytes() + bytes(10**5))
        case "a folder":
            path.unlink()
            path.mkdir()
        case "other shape":
            save_file({"layout": layout[:9]}, path, about)
        case "other type":
            save_file({"layout": layout.astype(np.int32)}, path, about)
        case "not finite":
            save_file({"layout": layout * np.nan}, path, about)
        case "no layout":
            save_file({"points": layout}, path, about)
        case "no quality":
            save_file({"layout": layout}, path, {"about": "{}"})
        case "no words":
            save_file({"layout": layout}, path)


@pytest.mark.parametrize(
    "how",
    [
        *("empty", "cut off", "garbage", "huge", "other shape", "other type"),
        *("not finite", "no layout", "no quality", "no words", "a folder"),
    ],
)
def test_a_broken_file_is_ignored(tmp_path: Path, how: str) -> None:
    cache = Cache(tmp_path, 10**6)
    cache.write("key", done())
    break_file(tmp_path / "key.safetensors", how)
    assert cache.read("key", (10, 2)) is None
    if how != "a folder":
        cache.write("key", done())
        assert cache.read("key", (10, 2))


def test_a_broken_file_is_computed_again(tmp_path: Path) -> None:
    async def body(lab: Lab) -> None:
        assert isinstance(await lab.result(), Done)
        (file,) = lab.cache.iterdir()
        break_file(file, "cut off")
        again = await lab.result()
        assert isinstance(again, Done)
        assert again.source == "computed here"
        assert len(lab.computed) == 2
        last = await lab.result()
        assert isinstance(last, Done)
        assert last.source == "from the cache"

    run(tmp_path, body)


def test_the_cache_is_bounded_and_drops_the_least_recently_used(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 1200)  # of which each takes about 340
    size = 0
    for number in range(4):
        cache.write(str(number), done())
        path = tmp_path / f"{number}.safetensors"
        os.utime(path, (number + 1, number + 1))
        size = path.stat().st_size
    kept = sorted(path.stem for path in tmp_path.iterdir())
    assert kept == ["1", "2", "3"][-(1200 // size) :]
    assert cache.read(kept[0], (10, 2))  # which makes it the youngest
    cache.write("new", done())
    assert kept[0] in {path.stem for path in tmp_path.iterdir()}
    assert kept[1] not in {path.stem for path in tmp_path.iterdir()}
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1200


def test_leftovers_of_a_crash_are_removed_but_not_files_being_written(tmp_path: Path) -> None:
    left, other = tmp_path / f"{PREFIX}left", tmp_path / "other"
    for path in (left, other):
        path.mkdir()
        (path / "layout").write_bytes(b"x")
    with staging_folder(tmp_path) as held:
        Cache(tmp_path, 10**6).write("key", done())
        assert {path.name for path in tmp_path.iterdir()} == {"key.safetensors", other.name, held.name}
        left.mkdir()
        Cache(tmp_path, 10**6)  # as an app that starts
        assert not left.exists()


@pytest.mark.parametrize("jump", [-3600, 86_400])
def test_the_cache_drops_in_order_even_if_the_clock_jumps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump: int
) -> None:
    Cache(tmp_path, 10**6).write("used before", done())
    (file,) = tmp_path.iterdir()
    cache = Cache(tmp_path, 3 * file.stat().st_size)
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now + jump * 10**9)
    for name in ("first", "second", "third"):
        cache.write(name, done())
    assert cache.read("first", (10, 2))
    monkeypatch.setattr(time, "time_ns", lambda: now)
    cache.write("last", done())
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["first", "last", "third"]


def test_a_read_only_cache_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Cache(tmp_path, 10**6).write("key", done())

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "utime", refuse)
    assert Cache(tmp_path, 10**6).read("key", (10, 2))


def test_projections_work_without_a_writable_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    async def body(lab: Lab) -> None:
        for count in (1, 2):
            assert isinstance(await lab.result(), Done)
            assert len(lab.computed) == count

    run(tmp_path, body, cache=tmp_path / "file" / "cache")


def test_the_key_depends_on_all_inputs_of_the_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    def key(config: ProjectionConfig = QUICK, **other: np.ndarray) -> str:
        return module._checked_key(other.get("shown", points()), config, other.get("saved"))

    assert key() == key(shown=points().copy())
    assert key() == key(ProjectionConfig("umap", neighbours=2, perplexity=7, axes=(1, 0)))  # which UMAP does not use
    moved = points()
    moved[3, 2] += 1e-6
    others = [
        key(shown=moved),
        key(shown=points()[:, :3]),
        key(shown=points().reshape(900, 2)),
        key(ProjectionConfig("umap", neighbours=3)),
        key(ProjectionConfig("umap", neighbours=2, seed=1)),
        key(ProjectionConfig("umap", neighbours=2, min_dist=0.2)),
        key(ProjectionConfig("umap", 3, neighbours=2)),
        key(ProjectionConfig("tsne")),
        key(saved=points()[:, :2]),
    ]
    monkeypatch.setattr(module, "_versions", lambda _: ("umap-learn 9",))
    others.append(key())
    monkeypatch.setattr(module, "REVISION", 0)
    others.append(key())
    monkeypatch.undo()
    assert len({key(), *others}) == 1 + len(others)


# ---- the process itself ----------------------------------------------------------------------------------------------


def test_the_real_process_projects_as_this_one_does_and_can_be_cancelled(tmp_path: Path) -> None:
    config, many = ProjectionConfig("tsne", perplexity=5), points(4000)
    script = tmp_path / "real.py"
    script.write_text("from vae.projection import worker\nworker.main()\n")  # without preparing libraries

    async def body() -> None:
        service = ProjectionService(tmp_path / "cache", command=(sys.executable, str(script)))
        try:
            found = (await events(await service.subscribe(points(60), config)))[-1]
            assert isinstance(found, Done), found
            assert np.array_equal(found.layout, project(points(60), config))
            watch = await service.subscribe(many, config)
            async for event in watch:
                if isinstance(event, Progress) and event.progress > 0:
                    break
            watch.close()
            second = (await events(await service.subscribe(points(60), ProjectionConfig("tsne", perplexity=6))))[-1]
            assert isinstance(second, Done), second
            assert len(list((tmp_path / "cache").iterdir())) == 2  # the one in between was cancelled
        finally:
            await service.close()

    asyncio.run(body())


@pytest.mark.slow
def test_a_process_started_for_a_gpu_projects_with_and_without_one() -> None:
    config = ProjectionConfig("tsne", perplexity=5)

    async def body() -> None:
        handle = Projector((*worker.COMMAND, worker.GPU))
        try:
            found, _, _ = await handle.compute(points(60), config, None, lambda *_: None)
            assert np.array_equal(found, project(points(60), config, gpu="cuda"))
        finally:
            await handle.close()

    asyncio.run(body())


@pytest.mark.parametrize("gpu", [False, True])
def test_the_process_that_projects_is_started_for_the_gpu(tmp_path: Path, gpu: bool) -> None:
    service = ProjectionService(tmp_path, gpu=gpu)
    assert (worker.GPU in service._projecting.projector._command) == gpu


@pytest.mark.parametrize("how", ["the server dies", "the system stops"])
def test_the_process_ends_with_the_server_and_takes_its_folder_along(how: str) -> None:
    async def body() -> None:
        handle = Projector()
        found, _, _ = await handle.compute(points(), QUICK, points(), lambda *_: None)
        assert np.array_equal(found, points())
        process, folder = handle._process, handle._folder
        assert process
        assert process.stdin
        assert folder
        process.send_signal(signal.SIGINT)  # Ctrl-C reaches all processes of a terminal; this one ignores it
        await handle.compute(points(), QUICK, points(), lambda *_: None)
        assert folder.exists()
        if how == "the server dies":
            process.stdin.close()
        else:
            process.terminate()
        async with asyncio.timeout(PATIENCE):
            await process.wait()
        assert process.returncode == 0
        assert not folder.exists()
        await handle.close()

    asyncio.run(body())


def test_a_process_that_cannot_start_is_an_error_at_once() -> None:
    async def body() -> None:
        handle = Projector((sys.executable, "-c", "raise SystemExit(3)"))
        with pytest.raises(ProjectorError, match="ended from outside"):
            await handle.compute(points(), QUICK, None, lambda *_: None)
        await handle.close()

    asyncio.run(body())


def test_the_process_leaves_the_server_room() -> None:
    environment = worker._environment()
    count = max(1, (os.cpu_count() or 1) - 1)
    assert environment["OMP_NUM_THREADS"] == environment["NUMBA_NUM_THREADS"] == str(count)
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"

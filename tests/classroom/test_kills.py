"""kill -9 at any moment: all that a client was told is there when the app starts again, and nothing by halves."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.browsing import ROOT
from tests.support.classrooms import MODEL, NOW, in_loop, opened
from tests.support.effort import KILLS
from tests.support.patience import PATIENCE
from vae.classroom.state import classes, seats, sections
from vae.classroom.state.store import Store

Json = dict[str, Any]

# Students join, vote and draw, many at a time; what they are told is printed, one line each.
APP = """
import asyncio, json, sys
from pathlib import Path
from typing import Any
from tests.support.classrooms import MODEL, NOW, encoded
from vae.classroom.state import classes, drawings, seats, votes
from vae.classroom.state.store import Store

def tell(**what):
    print(json.dumps(what), flush=True)

async def student(store, code, number):
    seat = await store.run(seats.join, code, None, f"Student {number}", NOW)
    tell(joined=seat.id, token=seat.token)
    await store.run(votes.vote, code, seat.id, votes.Ballot(1, 1, number % 3))
    tell(voted=seat.id, choice=number % 3)
    for key in "abc":
        drawing = await store.run(drawings.hand_in, code, seat.id, encoded(), key=key, label="3", now=NOW)
        tell(drew=drawing, seat=seat.id)

async def lesson():
    store = Store(Path(sys.argv[1]), lambda changes: tell(seq=changes[-1].seq))
    made = await store.run(classes.create, "Physics", MODEL, NOW)
    tell(code=made.code, secret=made.secret)
    await store.run(votes.ask, made.code, "Why?", ["a", "b", "c"], 1)
    for start in range(0, 900, 30):
        await asyncio.gather(*(student(store, made.code, start + n) for n in range(30)))

asyncio.run(lesson())
"""


def told_until_killed(path: Path, lines: int) -> list[Json]:
    """What an app has told its clients when it is killed after so many lines; the last may be cut."""
    process = subprocess.Popen([sys.executable, "-c", APP, str(path)], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(lines)]
    process.kill()
    told += process.stdout.readlines()
    process.stdout.close()
    process.wait(PATIENCE)
    return [json.loads(line) for line in told if line.endswith(b"\n")]


@pytest.mark.parametrize("seed", range(KILLS))
def test_everything_that_was_acknowledged_survives_a_kill(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "classes.sqlite"
    told = told_until_killed(path, random.Random(seed).randrange(2, 400))
    code = str(next(line["code"] for line in told if "code" in line))
    with opened(path) as store:
        in_loop(same(store, code, told))


async def same(store: Store, code: str, told: list[Json]) -> None:
    """Compares what is kept with what was told."""
    secret = next(str(line["secret"]) for line in told if "secret" in line)
    assert await store.run(classes.teacher_of, code, secret) == "teacher"
    kept = await store.run(sections.full, code, "teacher")
    assert kept["seq"] >= max(line["seq"] for line in told if "seq" in line)
    for line in told:
        if "joined" in line:
            back = await store.run(seats.by_token, code, str(line["token"]))
            assert back is not None
            assert back.id == line["joined"]
        elif "voted" in line:
            assert kept["items"]["seats"][str(line["voted"])]["votes"] == [line["choice"], None]
        elif "drew" in line:
            assert kept["items"]["drawings"][str(line["drew"])]["seat"] == line["seat"]
    voters = sum(seat["votes"][0] is not None for seat in kept["items"]["seats"].values())
    assert sum(kept["set"]["tally"]["counts"][0]) == voters == kept["set"]["progress"]["answered"]
    first = next(line["seq"] for line in told if "seq" in line)
    rest = await store.run(sections.after, code, "check", None, first)
    assert "full" not in rest, "who was away gets what came after"
    assert (await store.run(seats.join, code, None, "Late", 0.0)).new


def test_after_a_power_cut_nobody_takes_new_events_for_lost_ones(tmp_path: Path) -> None:
    """The disk may then be as it was some transactions ago, which clients have seen."""
    path = tmp_path / "classes.sqlite"

    def mode(store: Store, code: str, value: str) -> Json:
        in_loop(store.run(classes.set_mode, code, value))
        return in_loop(store.run(sections.full, code, "projector"))

    with opened(path) as store:
        code = in_loop(store.run(classes.create, "Physics", MODEL, NOW)).code
        kept = mode(store, code, "explore")["seq"]
        on_disk = {file: file.read_bytes() for file in tmp_path.iterdir()}
        lost = [mode(store, code, value)["seq"] for value in ("follow", "explore", "follow")]
    for file, content in on_disk.items():
        file.write_bytes(content)
    with opened(path) as store:
        assert in_loop(store.run(classes.described, code))["mode"] == "explore"
        for _ in lost:
            mode(store, code, "follow")
        for number in lost:
            assert in_loop(store.run(sections.after, code, "projector", None, number))["full"] is True
        assert "full" not in in_loop(store.run(sections.after, code, "projector", None, kept))

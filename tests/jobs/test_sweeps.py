"""Sweeps: plan, table, plane; how one is fed to the queue, paused, discarded. Tests play the processes of its runs."""

import csv
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.support.launching import Stage, name_of, write_model
from vae.datasets.splits import Dataset, take
from vae.jobs.run import MEMBER_NAME, NAME, Run, RunError
from vae.jobs.runs import MOST_RUNS, Runs
from vae.jobs.sweeps import feeding
from vae.jobs.sweeps.family import family_plan, is_trained
from vae.jobs.sweeps.feeding import KEPT_FREE, TRIES, Feeder, follow, room
from vae.jobs.sweeps.plan import MOST_MODELS, Plan
from vae.jobs.sweeps.plot import COLOURS, MOST_LABELS, plane_svg
from vae.jobs.sweeps.sweep import RESULTS, Sweep, SweepState, find_sweeps, run_name
from vae.jobs.sweeps.table import Row, csv_text, json_text, table_row
from vae.model.losses import Objective
from vae.storage.checkpoints import list_checkpoints
from vae.storage.files import CheckpointError
from vae.training.checkpoint import train_checkpoint
from vae.training.config import TrainingConfig
from vae.training.request import DatasetRequest, ModelRequest, TrainingRequest
from vae.views.shared.palette import PALETTE

ROOT = Path(__file__).parents[2]
BASE = TrainingRequest(
    DatasetRequest("digits"),
    ModelRequest(2, hidden=(8,)),
    TrainingConfig(epochs=2, batch_size=256, device="cpu", seed=3),
)


@pytest.fixture
def few(digits: Dataset) -> Dataset:
    """Few of the digits, so that an epoch takes milliseconds."""
    return replace(digits, train=take(digits.train, np.arange(256)))


# ---- the plan --------------------------------------------------------------------------------------------------------


def test_every_combination_is_a_member_with_a_name_and_a_request_of_its_own() -> None:
    plan = family_plan(BASE, [0.25, 4], [2, 10], seeds=2)
    assert [member.name for member in plan.members] == [
        f"digits-z{z}-b{beta}-s{seed}" for z in (2, 10) for beta in (0.25, 4) for seed in (3, 4)
    ]
    first, *_, last = plan.members
    assert (last.beta, last.latent_dim, last.seed) == (4, 10, 4)
    expected = replace(BASE, training=replace(BASE.training, objective=replace(BASE.training.objective, beta=0.25)))
    assert TrainingRequest.from_json(plan.request_of(first)) == expected
    assert plan.request_of(last)["film"] is False


def test_a_plan_comes_back_from_its_file_and_another_file_is_none() -> None:
    plan = family_plan(BASE, [0.25, 4], [2, 10], seeds=2)
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
    whole: dict[str, Any] = plan.to_json()
    broken: Any
    for broken in (
        [],
        {},
        whole | {"members": []},
        whole | {"members": [{"name": "../up", "beta": 1, "latent_dim": 2, "seed": 0}]},
        whole | {"members": [{"name": "a", "beta": "1", "latent_dim": 2, "seed": 0}]},
        whole | {"members": whole["members"] * MOST_MODELS},
        whole | {"request": {}},
    ):
        with pytest.raises(ValueError, match=r"plan of a sweep|must be"):
            Plan.from_json(broken)


@pytest.mark.parametrize(
    ("dataset", "stem"), [("/home/me/my pets.zip", "my-pets"), ("./.hidden", "hidden"), ("./…", "pictures")]
)
def test_own_pictures_give_their_folder_s_name(dataset: str, stem: str) -> None:
    (member,) = family_plan(replace(BASE, dataset=DatasetRequest(dataset)), [1], [2], seeds=1).members
    assert member.name == f"{stem}-z2-b1-s3"
    assert MEMBER_NAME.fullmatch(member.name)


@pytest.mark.parametrize(
    ("betas", "latent_dims", "seeds", "sentence"),
    [
        ([1, 1], [2], 1, "beta must be different numbers, not '1,1'"),
        ([1], [2, 2], 1, "latent_dim must be different numbers"),
        ([1], [2], 0, "seeds must be 1 to 1000, not 0"),
        ([-1], [2], 1, "beta must be 0 to 1000"),
        (range(600), [2, 3], 1, "number of models must be at most 1000, not 1200"),
    ],
)
def test_a_number_out_of_range_is_one_sentence(
    betas: list[float], latent_dims: list[int], seeds: int, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        family_plan(BASE, betas, latent_dims, seeds)


def test_a_model_that_cannot_be_is_refused_before_any_is_trained(few: Dataset, tmp_path: Path) -> None:
    plan = family_plan(BASE, [1], [2, 0], seeds=1)
    with pytest.raises(ValueError, match="latent_dim must be a whole number from 1 to 512, not 0"):
        is_trained(plan, plan.members[-1], few, tmp_path)


def test_an_objective_without_beta_has_no_family() -> None:
    plain = replace(BASE, training=replace(BASE.training, objective=Objective("autoencoder")))
    with pytest.raises(ValueError, match="objective must be one with a β: vae or beta-tc, not 'autoencoder'"):
        family_plan(plain, [1], [2], 1)


def test_a_checkpoint_of_other_settings_or_data_is_not_taken_for_the_member(few: Dataset, tmp_path: Path) -> None:
    plan = family_plan(BASE, [1], [2], seeds=1)
    (member,) = plan.members
    assert not is_trained(plan, member, few, tmp_path)
    for _ in train_checkpoint(few, BASE.model_config(few), BASE.training, tmp_path / member.name):
        pass
    assert is_trained(plan, member, few, tmp_path)
    longer = replace(BASE, training=replace(BASE.training, epochs=3))
    wider = replace(BASE, model=replace(BASE.model, hidden=(9,)))
    for other in (longer, wider):
        with pytest.raises(ValueError, match="was trained with other settings, other data or not to the end"):
            is_trained(family_plan(other, [1], [2], 1), member, few, tmp_path)
    fewer = replace(few, test=take(few.test, np.arange(5)))
    with pytest.raises(ValueError, match="other data"):
        is_trained(plan, member, fewer, tmp_path)
    elsewhere = replace(BASE, training=replace(BASE.training, device="auto"))
    assert is_trained(family_plan(elsewhere, [1], [2], 1), member, few, tmp_path)


# ---- table and plane -------------------------------------------------------------------------------------------------


def rows(latent_dims: Sequence[int] = (2, 10), betas: Sequence[float] = (0.5, 1, 4), seeds: int = 2) -> list[Row]:
    return [
        {"checkpoint": f"digits-z{z}-b{beta}-s{seed}", "beta": beta, "latent_dim": z, "seed": seed, "epochs": 2}
        | {"kl": (z + seed / 10) / beta, "reconstruction": 90 + 3 * beta + seed, "active_units": z}
        | {"negative_elbo": (z + seed / 10) / beta + 90 + 3 * beta + seed}
        for z in latent_dims
        for beta in betas
        for seed in range(seeds)
    ]


def test_the_table_has_what_the_checkpoints_measured(tmp_path: Path) -> None:
    plan = family_plan(BASE, [0.5, 4], [2], seeds=1)
    for number, member in enumerate(plan.members):
        write_model(tmp_path / member.name, kl=3.0 + number)
    found = [table_row(member, plan, tmp_path) for member in plan.members]
    assert [(row["checkpoint"], row["beta"], row["kl"]) for row in found] == [
        ("digits-z2-b0.5-s3", 0.5, 3.0),
        ("digits-z2-b4-s3", 4, 4.0),
    ]
    assert json.loads(json_text(found)) == found
    assert list(csv.DictReader(csv_text(found).splitlines())) == [
        {name: str(value) for name, value in row.items()} for row in found
    ]
    assert csv_text([]) == ""
    (tmp_path / "digits-z2-b4-s3" / "metrics.json").write_text('{"kl": null}')
    with pytest.raises(CheckpointError, match="a metric is not a finite number"):
        table_row(plan.members[1], plan, tmp_path)


def drawn(of: Sequence[Row], title: str = "mine") -> ElementTree.Element:
    return ElementTree.fromstring(plane_svg(of, title))


def places(svg: ElementTree.Element) -> list[tuple[float, float]]:
    """Of the marks of models: where each path starts."""
    found = []
    for mark in svg.findall(".//{*}path"):
        if mark.get("class") == "mark" and mark.find("{*}title") is not None:
            x, y = re.findall(r"-?[\d.]+", str(mark.get("d")))[:2]
            found.append((float(x), float(y)))
    return found


def test_the_plane_has_a_mark_for_each_model_and_a_curve_for_each_number_of_dimensions() -> None:
    svg = drawn(rows(), "<mine> & yours")
    assert len(places(svg)) == 12
    assert [line.get("stroke") for line in svg.findall(".//{*}polyline")] == list(COLOURS[:2])
    texts = [text.text for text in svg.findall(".//{*}text")]
    assert {"2-D", "10-D", "β = 0.5", "β = 4", "rate: KL, nats on z", "reconstruction, nats"} <= set(texts)
    assert "<mine> & yours" in texts
    titles = [title.text for title in svg.findall(".//{*}title")]
    assert titles[0] == "digits-z2-b0.5-s0: KL 4.0, reconstruction 91.5, −ELBO 95.5 nats"
    assert "12 models" in str(svg.get("aria-label"))


def test_on_the_plane_more_rate_is_further_right_and_less_distortion_lower() -> None:
    found = rows(latent_dims=(2,), seeds=1)  # β = 0.5, 1, 4: less rate, more distortion
    (x1, y1), (x2, y2), (x3, y3) = places(drawn(found))
    assert x1 > x2 > x3
    assert y1 > y2 > y3
    assert all(0 < x < 640 and 0 < y < 420 for x, y in places(drawn(found)))


def test_no_name_on_the_plane_covers_another_or_a_number_of_a_line() -> None:
    numbers = ((8.3, 110.1), (6.2, 118.2), (5.9, 120.0), (3.0, 134.3))
    found = [
        row | {"kl": kl, "reconstruction": error}
        for row, (kl, error) in zip(rows((2,), (0.5, 1, 2, 4), 1), numbers, strict=True)
    ]
    names = [text for text in drawn(found).findall(".//{*}text") if text.get("class") in ("name", "faint")]
    assert sum(text.get("class") == "name" for text in names) == 4
    boxes = []
    for text in names:
        x, y, width = float(str(text.get("x"))), float(str(text.get("y"))), 6.0 * len(str(text.text))
        left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[str(text.get("text-anchor"))] * width
        boxes.append((left, y - 9, left + width, y))
    for i, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[:i]:
            assert left >= other[2] or right <= other[0] or top >= other[3] or bottom <= other[1]


def test_of_one_model_of_none_and_of_a_thousand_there_is_a_plane_too() -> None:
    assert plane_svg([], "mine") == ""
    assert len(places(drawn(rows((2,), (1,), 1)))) == 1
    negative = [row | {"reconstruction": -300.0, "kl": 0.0} for row in rows((2,), (1,), 1)]
    assert len(places(drawn(negative))) == 1
    many = drawn(rows(range(1, 26), [float(beta) for beta in range(40)][1:], 1))
    assert len(places(many)) == 25 * 39 > MOST_LABELS
    assert not any(str(text.text).startswith("β =") for text in many.findall(".//{*}text"))


def test_the_plane_s_colours_are_the_app_s() -> None:
    assert sorted(COLOURS) == sorted(PALETTE)


# ---- feeding ---------------------------------------------------------------------------------------------------------


class Scene:
    """A sweep in a folder of checkpoints, and the processes of its runs, which the test plays."""

    def __init__(
        self, checkpoints: Path, slots: int = 1, betas: Sequence[float] = (0.5, 1, 4), inside: bool = True
    ) -> None:
        self.stage = Stage(slots)
        self.runs = Runs(checkpoints, self.stage)
        self.sweep = Sweep(checkpoints / "mine" if inside else checkpoints, self.runs)
        self.plan = family_plan(BASE, betas, [2], seeds=1)
        self.sweep.write_plan(self.plan)

    def run(self, name: str) -> Run:
        return next(run for run, _ in self.runs.all() if name_of(run) == name)

    def states(self) -> dict[str, str]:
        return {name_of(run): status.state for run, status in self.runs.all()}


A, B, C = (f"digits-z2-b{beta}-s3" for beta in ("0.5", "1", "4"))


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "checkpoints")


def test_the_queue_gets_one_run_more_than_train_at_once_and_the_next_when_one_is_trained(scene: Scene) -> None:
    feeder = Feeder(scene.sweep, again=True)
    feeder.step()
    assert scene.states() == {A: "queued", B: "queued"}
    feeder.step()
    assert scene.stage.launched == [A, B]
    scene.stage.finish(scene.run(A), kl=7.0)
    state = feeder.step()
    assert state.trained == {A}
    assert list(scene.states()) == [B, C]
    assert [row["kl"] for row in json.loads((scene.sweep.folder / "sweep.json").read_text())] == [7.0]
    assert "<svg" in (scene.sweep.folder / "sweep.svg").read_text()
    for name in (B, C):
        scene.stage.finish(scene.run(name))
    state = feeder.step()
    assert feeder.ended
    assert not state.missing
    assert scene.stage.launched == [A, B, C]  # nothing twice
    assert {path.name for path in scene.sweep.folder.iterdir()} == {A, B, C, *RESULTS, ".sweep"}


def test_a_sweep_of_hundreds_leaves_room_in_the_queue_for_other_users(tmp_path: Path) -> None:
    scene = Scene(tmp_path, slots=50, betas=range(1, 200))
    Feeder(scene.sweep, again=True).step()
    assert len(scene.stage.launched) == MOST_RUNS - KEPT_FREE
    state = scene.sweep.state()
    assert room(scene.runs, state) == 0
    scene.runs.start("own", BASE.to_json())
    for run, _ in scene.runs.all()[:3]:
        scene.stage.finish(run)
    Feeder(scene.sweep, again=True).step()
    assert len(scene.runs.all()) == MOST_RUNS - KEPT_FREE  # with that of the other user


def test_the_runs_of_a_sweep_in_the_app_s_folder_are_its_models_there_and_not_the_app_s(scene: Scene) -> None:
    Feeder(scene.sweep, again=True).step()
    run = scene.run(A)
    assert run.name == "mine.z2-b0.5-s3"
    assert run.checkpoint_path == scene.sweep.folder / A
    assert run.request()["sweep"] == {"folder": "mine", "member": A}
    assert [found.folder for found in find_sweeps(scene.runs)] == [scene.sweep.folder]
    scene.stage.finish(run)
    assert list_checkpoints(scene.runs.root.parent) == []  # no broken one either


def test_elsewhere_a_sweep_has_a_queue_of_its_own(tmp_path: Path) -> None:
    scene = Scene(tmp_path, inside=False)
    Feeder(scene.sweep, again=True).step()
    assert scene.run(A).checkpoint_path == tmp_path / A
    assert [found.folder for found in find_sweeps(scene.runs)] == [tmp_path]
    scene.sweep.pause()
    for run, _ in scene.runs.all():
        scene.stage.obey(run)
    write_model(tmp_path / "other")
    scene.sweep.discard()
    assert scene.runs.all() == []
    assert (tmp_path / "other").is_dir()


def test_what_was_paused_or_failed_is_tried_once_by_each_command_and_what_was_killed_a_few_times(scene: Scene) -> None:
    feeder = Feeder(scene.sweep, again=True)
    feeder.step()
    scene.stage.fail(scene.run(A), "The disk is full.")
    for _ in range(TRIES + 2):
        if scene.states()[B] != "killed":
            scene.stage.kill(scene.run(B))
        feeder.step()
    assert scene.stage.launched.count(B) == 1 + TRIES
    assert scene.stage.launched.count(A) == 1
    scene.stage.finish(scene.run(C))
    state = feeder.step()
    assert feeder.ended
    assert set(state.failed) == {A, B}
    again = Feeder(scene.sweep, again=True)
    again.step()
    assert scene.states() == {A: "queued", B: "queued"}
    scene.stage.fail(scene.run(A), "The disk is full.")
    again.step()
    assert scene.stage.launched.count(A) == 2


def test_a_user_s_pause_ends_the_feeding_and_the_next_command_goes_on(scene: Scene) -> None:
    feeder = Feeder(scene.sweep, again=True)
    feeder.step()
    scene.sweep.pause()
    assert [run.command() for run, _ in scene.runs.all()] == ["pause", "pause"]
    late = scene.sweep.start_run(scene.plan, scene.plan.members[2])  # as if it had been started in that moment
    assert feeder.step().paused
    assert late.command() == "pause"
    assert feeder.ended
    for run, _ in scene.runs.all():
        scene.stage.obey(run)
    scene.sweep.unpause()
    Feeder(scene.sweep, again=True).step()
    assert sorted(scene.states().values()) == ["paused", "queued", "queued"]


def test_a_discarded_sweep_is_gone_with_its_runs_and_models(scene: Scene) -> None:
    feeder = Feeder(scene.sweep, again=True)
    feeder.step()
    scene.stage.finish(scene.run(A))
    alive = scene.run(B)
    scene.sweep.discard()
    assert not scene.sweep.folder.exists()
    assert alive.command() == "discard"
    assert alive.is_forsaken()
    with pytest.raises(RunError, match="start the same sweep again by its command"):
        feeder.step()
    scene.stage.obey(alive)
    assert scene.runs.all() == []


def test_a_sweep_is_not_discarded_while_a_process_feeds_it_or_a_model_is_saved(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vae.jobs.sweeps.sweep.ENDING_SECONDS", 0)
    with scene.sweep.lock(), pytest.raises(RunError, match="mine is still being fed; discard it in a moment"):
        scene.sweep.discard()
    assert scene.sweep.state().paused  # so that it ends
    scene.sweep.unpause()
    Feeder(scene.sweep, again=True).step()
    run = scene.run(A)
    run.write_status(replace(run.status(), state="saving"))
    with pytest.raises(RunError, match=f"{A} is being saved; discard mine in a moment"):
        scene.sweep.discard()
    assert scene.sweep.state().fed is False


def test_where_no_run_can_be_started_feeding_waits_and_gives_up_in_the_end(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "REFUSED_SECONDS", 0)
    monkeypatch.setattr(feeding, "MOST_REFUSALS", 2)
    scene.stage.refusal = "The cluster does not answer."
    feeder = Feeder(scene.sweep, again=True)
    feeder.step()
    assert scene.runs.all() == []
    scene.stage.refusal = ""
    feeder.step()
    scene.stage.finish(scene.run(A))
    scene.stage.refusal = "The cluster does not answer."
    for _ in range(2):
        feeder.step()
    with pytest.raises(RunError, match="The cluster does not answer"):
        feeder.step()


def test_two_commands_of_one_sweep_do_not_disturb_each_other_and_the_second_takes_over(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "LOOK_SECONDS", 0)
    first, second = follow(scene.sweep), follow(scene.sweep)
    next(first)
    assert next(second).fed
    assert scene.stage.launched == [A, B]
    first.close()  # as by Ctrl-C
    scene.stage.finish(scene.run(A))
    scene.stage.fail(scene.run(B), "The disk is full.")
    states: list[SweepState] = [next(second), next(second)]
    assert states[-1].trained == {A}
    assert scene.stage.launched == [A, B, C]  # B has had its try
    scene.stage.finish(scene.run(C))
    assert list(list(second)[-1].failed) == [B]
    assert not scene.sweep.state().fed


def test_a_run_that_has_just_become_its_model_is_counted_once(scene: Scene) -> None:
    Feeder(scene.sweep, again=True).step()
    write_model(scene.run(A).checkpoint_path)
    state = scene.sweep.state()
    assert (list(state.runs), [member.name for member in state.missing]) == ([B], [B, C])


def test_a_run_of_other_settings_is_not_taken_for_the_model(scene: Scene) -> None:
    Feeder(scene.sweep, again=True).step()
    scene.sweep.check_runs(scene.plan)
    longer = replace(BASE, training=replace(BASE.training, epochs=3))
    with pytest.raises(ValueError, match=f"trains {A} with other settings; discard it or choose another --out"):
        scene.sweep.check_runs(family_plan(longer, [0.5, 1, 4], [2], 1))


def test_a_model_of_the_sweep_is_kept_among_the_app_s_once(scene: Scene) -> None:
    write_model(scene.sweep.folder / A)
    assert scene.sweep.keep(A) == scene.runs.root.parent / A
    assert (scene.runs.root.parent / A / "metrics.json").is_file()
    with pytest.raises(RunError, match="There is a checkpoint called"):
        scene.sweep.keep(A)
    for name in (B, "../mine", ""):
        with pytest.raises(RunError, match="choose one of its table"):
            scene.sweep.keep(name)


def test_the_name_of_a_run_is_readable_where_it_is_short_and_never_another_sweep_s() -> None:
    plan = family_plan(BASE, [0.123456789], [512], seeds=1)
    (member,) = plan.members
    names = [run_name(sweep, member) for sweep in ("b", "a longer name", "a.longer.name", "a longer näme", "…")]
    assert names[0] == "b.z512-b0.123456789-s3"
    assert len({*names}) == 5
    assert all(NAME.fullmatch(name) for name in names)


@pytest.mark.parametrize(
    "found", [None, [], {"folder": ".."}, {"folder": "../up", "member": "a"}, {"folder": "a", "member": "../up"}]
)
def test_a_damaged_membership_is_none(tmp_path: Path, found: object) -> None:
    run = Run(tmp_path / ".runs" / "one")
    run.path.mkdir(parents=True)
    run.write_request({"sweep": found})
    assert run.checkpoint_path == tmp_path / "one"
    assert not run.is_forsaken()


def test_the_process_that_feeds_imports_no_torch() -> None:
    script = "import sys, vae.jobs.sweeps.feeding; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0

"""The sweeps on the Training page; the test is the process of each run."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.checkpoints import save
from tests.support.launching import Stage, name_of, write_model
from tests.support.pages import open_page, sent_data, usable_models
from vae.jobs import environment
from vae.jobs.run import Run, Status
from vae.jobs.runs import Runs
from vae.jobs.sweeps import feeding
from vae.jobs.sweeps.family import family_plan
from vae.jobs.sweeps.feeding import Feeder
from vae.jobs.sweeps.plan import Member, Plan
from vae.jobs.sweeps.sweep import Sweep, SweepState
from vae.training.config import TrainingConfig
from vae.training.request import DatasetRequest, ModelRequest, TrainingRequest
from vae.ui.pages.training import sweeps
from vae.ui.shared import loaders

PAGE = "pages/7_Training.py"
BASE = TrainingRequest(DatasetRequest("digits"), ModelRequest(2), TrainingConfig(epochs=2))
A, B, C = (f"digits-z2-b{beta}-s0" for beta in ("0.5", "1", "4"))


class Scene:
    """A folder of checkpoints with a sweep, mine, of three models."""

    def __init__(self, root: Path) -> None:
        self.stage, self.fed = Stage(), list[Path]()
        self.sweep = Sweep(root / "mine", Runs(root, self.stage))
        self.sweep.write_plan(family_plan(BASE, [0.5, 1, 4], [2], 1))

    def run(self, name: str) -> Run:
        return next(run for run, _ in self.sweep.runs.all() if name_of(run) == name)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    root = tmp_path / "checkpoints"
    save(root / "plain", dataset="digits")
    scene = Scene(root)
    monkeypatch.setattr(loaders, "CHECKPOINTS", root)
    monkeypatch.setattr(environment, "app_launcher", lambda slots: scene.stage)
    monkeypatch.setattr(sweeps, "start_feeder", lambda sweep: scene.fed.append(sweep.folder))
    sweeps._states.clear()
    yield scene
    sweeps._states.clear()


def opened() -> AppTest:
    sweeps._states.clear()
    app = open_page(PAGE, checkpoint="plain")
    assert not app.exception
    return app


def click(app: AppTest, label: str) -> AppTest:
    app = next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    return app


def words(app: AppTest) -> list[str]:
    return [text.value for text in app.markdown if text.value.startswith("**mine**")]


def results(app: AppTest) -> AppTest:
    """The page with table and plane."""
    return app.toggle(key="sweep-open-mine").set_value(True).run()


def component(app: AppTest) -> dict[str, Any]:
    """What is sent to the component of table and plane: it comes before that of the films."""
    return dict(json.loads(app.get("bidi_component")[-2].proto.json))


def test_a_sweep_is_one_entry_and_neither_its_runs_nor_its_models_are_in_the_lists(scene: Scene) -> None:
    Feeder(scene.sweep, again=True).step()
    scene.stage.train(scene.run(A), 0.43)
    app = opened()
    assert words(app) == [f"**mine**: sweep, 0 of 3 models trained; {A} 43%; 1 waiting"]
    assert sent_data(app)["selection"]["films"] == []
    assert usable_models(app) == ["plain"]
    scene.stage.finish(scene.run(A))
    app = opened()
    assert words(app) == ["**mine**: sweep, 1 of 3 models trained; 1 waiting"]
    assert usable_models(app) == ["plain"]


def test_its_buttons_are_for_the_whole(scene: Scene) -> None:
    Feeder(scene.sweep, again=True).step()
    click(opened(), "Pause")
    assert [run.command() for run, _ in scene.sweep.runs.all()] == ["pause", "pause"]
    for name in (A, B):
        scene.stage.obey(scene.run(name))
    app = opened()
    assert words(app) == ["**mine**: sweep, 0 of 3 models trained; paused"]
    click(app, "Resume")
    assert scene.fed == [scene.sweep.folder]
    assert not scene.sweep.state().paused
    assert words(click(opened(), "Discard it")) == []
    assert not scene.sweep.folder.exists()


def test_what_cannot_be_done_is_one_sentence(scene: Scene) -> None:
    Feeder(scene.sweep, again=True).step()
    run = scene.run(A)
    run.write_status(replace(run.status(), state="saving"))
    app = click(opened(), "Discard it")
    assert [error.value for error in app.error] == [f"{A} is being saved; discard mine in a moment."]


def test_a_sweep_without_a_readable_plan_says_what_to_do(scene: Scene) -> None:
    (scene.sweep.folder / ".sweep" / "plan.json").write_text("{")
    app = opened()
    assert "start the same sweep again by its command" in app.warning[0].value


def test_a_failed_model_is_named_with_its_reason(scene: Scene) -> None:
    Feeder(scene.sweep, again=True).step()
    scene.stage.fail(scene.run(A), "The disk is full.")
    scene.stage.fail(scene.run(B), "The disk is full.")
    app = opened()
    assert words(app) == ["**mine**: sweep, 0 of 3 models trained; 2 failed; nothing trains now"]
    assert f"{A}: failed. The disk is full." in [caption.value for caption in app.caption]


def test_table_and_plane_grow_with_each_model_and_any_can_be_offered(scene: Scene) -> None:
    write_model(scene.sweep.folder / A, kl=7.0)
    app = results(opened())
    data = component(app)
    assert [(row["checkpoint"], row["kl"]) for row in data["rows"]] == [(A, 7.0)]
    assert (data["name"], data["kept"], data["csv"].count("\n")) == ("mine", [], 2)
    assert data["plane"].count("<title>") == 1
    write_model(scene.sweep.folder / B)
    sweeps._states.clear()
    data = component(app.run())
    assert [row["checkpoint"] for row in data["rows"]] == [A, B]


@pytest.mark.parametrize("sent", [None, 3, {}, {"name": 3}, {"name": "../plain"}])
def test_the_browser_may_send_anything(scene: Scene, sent: object) -> None:
    sweeps._keep(scene.sweep, sent)
    folders = {path.name for path in scene.sweep.folder.parent.iterdir() if not path.name.startswith(".")}
    assert folders == {"mine", "plain"}


def test_an_offered_model_is_among_those_of_every_page(scene: Scene) -> None:
    save(scene.sweep.folder / A, dataset="digits")
    sweeps._keep(scene.sweep, {"name": A, "number": 1})
    app = results(opened())
    assert component(app)["kept"] == [A]
    assert usable_models(app) == [A, "plain"]


@pytest.mark.parametrize(
    ("trained", "status", "fed", "paused", "expected"),
    [
        (3, None, False, False, "sweep, all 3 models trained"),
        (1, None, True, False, "sweep, 1 of 3 models trained; about to go on"),
        (1, None, True, True, "sweep, 1 of 3 models trained; paused"),
        (1, Status("saving"), True, False, f"sweep, 1 of 3 models trained; {C} saving"),
    ],
)
def test_how_far_a_sweep_is_in_words(
    trained: int, status: Status | None, fed: bool, paused: bool, expected: str
) -> None:
    plan = Plan(BASE.to_json(), tuple(Member(name, 1, 2, 0) for name in (A, B, C)))
    runs = {} if status is None else {C: (Run(Path(C)), status)}
    state = SweepState(plan, frozenset((A, B, C)[:trained]), runs, fed, paused)
    assert sweeps.summary(state) == expected


def test_the_process_that_the_page_starts_feeds_the_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(tmp_path)
    called: list[Any] = []

    def popen(command: list[str], **options: Any) -> Ended:
        called.append((command, options))
        return Ended()

    monkeypatch.setattr("subprocess.Popen", popen)
    feeding.start_feeder(scene.sweep)
    ((command, options),) = called
    assert command[-3:] == ["vae.jobs.sweeps.feeding", str(tmp_path.resolve()), str((tmp_path / "mine").resolve())]
    assert options["start_new_session"]
    monkeypatch.setattr(environment, "app_launcher", lambda slots: scene.stage)
    monkeypatch.setattr(feeding, "LOOK_SECONDS", 0)
    for member in scene.sweep.plan().members:
        write_model(scene.sweep.folder / member.name)
    feeding.main(tmp_path, tmp_path / "mine")
    assert (tmp_path / "mine" / "sweep.svg").is_file()
    (tmp_path / "mine" / ".sweep" / "plan.json").unlink()
    with pytest.raises(SystemExit, match="start the same sweep again"):
        feeding.main(tmp_path, tmp_path / "mine")


class Ended:
    def wait(self) -> int:
        return 0

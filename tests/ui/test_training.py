"""The Training page: which film it opens on, and the runs that start at one click."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.checkpoints import save
from tests.support.effort import first_in_make_test
from tests.support.jobs_server import jobs_server
from tests.support.pages import choose, open_page, send, sent_data
from tests.support.patience import PATIENCE
from tests.support.published import write_small_files
from tests.support.runs import request
from vae.jobs.ray import launcher as launcher_module
from vae.jobs.run import Run, RunError, Status
from vae.jobs.runs import MOST_RUNS, TRAINING, Runs
from vae.storage.checkpoints import read_checkpoint
from vae.training.checkpoint import train_checkpoint
from vae.training.request import TrainingRequest
from vae.ui.pages.training import proposals
from vae.ui.pages.training.proposals import PRESETS, name_with_beta, proposed_name, repeat_of, start_again, start_preset
from vae.ui.pages.training.runs import app_runs
from vae.ui.shared import loaders

PAGE = "pages/7_Training.py"
Started = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The app's folder: films of mnist-z2 and of filmed, none of plain."""
    root = tmp_path / "checkpoints"
    for name in ("filmed", "mnist-z2", "plain"):
        save(root / name, dataset="digits")
    for name in ("filmed", "mnist-z2"):
        (root / name / "film.bin").write_bytes(b"film")
    monkeypatch.setattr(loaders, "CHECKPOINTS", root)
    return root


@pytest.fixture
def started(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> Started:
    """What was asked to train; nothing is trained, but the names are taken."""
    found: Started = []

    def start(runs: Runs, name: str, request: dict[str, Any], upload: Path | None = None) -> Run:
        (runs.root / name).mkdir(parents=True)
        found.append((name, request))
        return Run(runs.root / name)

    monkeypatch.setattr(Runs, "start", start)
    return found


def sent(app: AppTest) -> dict[str, Any]:
    """What the component is given."""
    assert not app.exception
    return sent_data(app)


def shown(app: AppTest) -> list[str]:
    """The names of the films on the page."""
    return [film["name"] for film in sent(app)["films"]]


# ---- which film ------------------------------------------------------------------------------------------------------


def test_a_model_with_a_film_opens_on_it(checkpoints: Path) -> None:
    app = open_page(PAGE, checkpoint="filmed")
    assert (shown(app), sent(app)["selection"]["note"]) == (["filmed"], "")
    assert "film" not in app.query_params


def test_a_model_without_a_film_opens_on_the_most_telling_one_and_the_page_says_so(checkpoints: Path) -> None:
    data = sent(open_page(PAGE, checkpoint="plain"))
    assert [film["name"] for film in data["films"]] == ["mnist-z2"]
    assert data["selection"]["note"] == "No film was kept of plain. This is the film of mnist-z2."
    assert (data["selection"]["curves"], data["history"]) == ("plain", None)


def test_a_link_to_a_model_without_a_film_shows_its_curves(checkpoints: Path) -> None:
    data = sent(open_page(PAGE, checkpoint="plain", film="plain"))
    assert data["films"] == []
    assert data["history"]["name"] == "plain"
    assert data["history"]["rows"] == [[1, 9.0, 1.0, 9.5, 1.5], [2, 9.0, 1.0, 9.5, 1.5]]
    assert len(data["history"]["kl"]) == 2
    assert data["selection"]["no_other"] == "Choose a film first: curves alone have nothing beside them."


def test_a_link_chooses_the_film_and_the_one_beside_it(checkpoints: Path) -> None:
    app = open_page(PAGE, checkpoint="plain", film="filmed", beside="mnist-z2")
    assert shown(app) == ["filmed", "mnist-z2"]
    assert (app.query_params["film"], app.query_params["beside"]) == ("filmed", "mnist-z2")


def test_a_link_of_the_light_page_chooses_the_film_beside_it_and_the_frame(checkpoints: Path) -> None:
    app = open_page(PAGE, checkpoint="filmed", compare="mnist-z2", frame="12")
    assert shown(app) == ["filmed", "mnist-z2"]
    assert sent(app)["frame"] == {"id": 0, "n": 12}
    assert (app.query_params["beside"], app.query_params["frame"]) == ("mnist-z2", "12")
    assert "compare" not in app.query_params


@pytest.mark.parametrize(("frame", "n"), [(7, 7), (None, None), (0, None), ("7", None), (10**9, None)])
def test_the_frame_at_which_the_user_rests_is_in_the_link(checkpoints: Path, frame: object, n: int | None) -> None:
    app = send(open_page(PAGE, checkpoint="filmed", frame="12"), frame={"id": 0, "n": frame})
    assert app.query_params.get("frame") == (None if n is None else str(n))


def test_another_film_opens_on_its_last_frame(checkpoints: Path) -> None:
    app = choose(open_page(PAGE, checkpoint="filmed", frame="12"), "mnist-z2")
    assert sent(app)["frame"] == {"id": 0, "n": None}
    assert "frame" not in app.query_params


@pytest.mark.parametrize("query", [{"film": "none"}, {"film": "../filmed"}, {"beside": "filmed"}, {"beside": "none"}])
def test_a_film_that_is_not_there_is_left_out_of_page_and_link(checkpoints: Path, query: dict[str, str]) -> None:
    app = open_page(PAGE, checkpoint="filmed", **query)
    assert shown(app) == ["filmed"]
    assert not {"film", "beside"} & set(app.query_params)


def test_another_model_shows_its_own_film_whatever_was_chosen_before(checkpoints: Path) -> None:
    app = open_page(PAGE, checkpoint="plain", film="mnist-z2")
    assert shown(choose(app, "filmed")) == ["filmed"]


def test_a_run_that_was_just_started_is_shown(checkpoints: Path, started: Started) -> None:
    app = open_page(PAGE, checkpoint="filmed")
    app.session_state["started"] = start_preset("Good sliders")
    assert shown(app.run()) == ["mnist-z10-90s"]


def test_the_page_says_why_there_is_nothing_beside_an_only_film(checkpoints: Path) -> None:
    (checkpoints / "mnist-z2" / "film.bin").unlink()
    assert sent(open_page(PAGE, checkpoint="filmed"))["selection"]["no_other"].startswith("There is no other film yet.")
    assert shown(open_page(PAGE, checkpoint="plain")) == ["filmed"]


def test_without_any_checkpoint_a_run_can_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders, "CHECKPOINTS", tmp_path)
    data = sent(open_page(PAGE))
    assert (data["films"], data["history"], data["repeat"]) == ([], None, None)
    assert [card["title"] for card in data["presets"]] == [title for title, preset in PRESETS.items() if preset.seconds]


# ---- presets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", first_in_make_test(PRESETS))
def test_a_card_starts_what_the_form_would(checkpoints: Path, started: Started, title: str) -> None:
    def page() -> None:
        from vae.ui.pages.training.form import start_form

        start_form()

    app = AppTest.from_function(page, default_timeout=PATIENCE).run()
    app = next(group for group in app.button_group if group.key == "preset").set_value(title).run()
    app.text_input(key="run_name").set_value("by-form").run()
    next(button for button in app.button if button.label == "Start training").click().run()
    start_preset(title)
    (_, form), (name, card) = started
    assert TrainingRequest.from_json(card) == TrainingRequest.from_json(form)
    assert name == PRESETS[title].name


@pytest.mark.parametrize("title", ["House numbers", "Small photographs", "Photographed faces"])
def test_a_preset_trains_on_small_files_of_the_exact_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, title: str
) -> None:
    write_small_files(tmp_path, monkeypatch)
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path))
    request = PRESETS[title].request()
    dataset = request.dataset.load(None)
    config = replace(request.training, epochs=1)
    (epoch,) = train_checkpoint(dataset, request.model_config(dataset), config, tmp_path / "trained")
    assert math.isfinite(epoch.validation_reconstruction)
    assert read_checkpoint(tmp_path / "trained").model_config.image_shape == dataset.image_shape


def test_a_proposed_name_is_the_first_free_one(checkpoints: Path, started: Started) -> None:
    assert [start_preset("2-D in 30 seconds") for _ in range(3)] == [
        "mnist-z2-30s",
        "mnist-z2-30s-2",
        "mnist-z2-30s-3",
    ]
    assert proposed_name("mnist-z2") == "mnist-z2-2"
    assert proposed_name("new") == "new"
    (checkpoints / ("x" * 40)).mkdir()
    assert proposed_name("x" * 40) == f"{'x' * 38}-2"


def test_a_name_that_someone_else_took_at_the_same_moment_is_passed_over(
    checkpoints: Path, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = iter([False, True, False])
    monkeypatch.setattr(proposals, "_taken", lambda name: next(taken))
    (checkpoints / ".runs" / "mnist-z2-30s").mkdir(parents=True)
    real = Runs.start

    def start(runs: Runs, name: str, request: dict[str, Any], upload: Path | None = None) -> Run:
        if (runs.root / name).exists():
            raise RunError("There is a run by this name.")
        return real(runs, name, request, upload)

    monkeypatch.setattr(Runs, "start", start)
    assert start_preset("2-D in 30 seconds") == "mnist-z2-30s-2"


@pytest.mark.parametrize("title", ["", "none", None, 3, ["Good sliders"]])
def test_an_unknown_preset_is_refused(started: Started, title: object) -> None:
    with pytest.raises(RunError, match="There is no such preset"):
        start_preset(title)
    assert started == []


# ---- again -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "beta", "expected"),
    [
        ("mnist-z10-b1", 4.0, "mnist-z10-b4"),
        ("mnist-z10-b10-2", 0.5, "mnist-z10-b0.5"),
        ("mnist-z2", 4.0, "mnist-z2-b4"),
        ("my model é", 1e-5, "my-model--b1e-05"),
        ("..", 1.0, "model-b1"),
        ("x" * 60, 1000.0, f"{'x' * 30}-b1000"),
    ],
)
def test_the_name_says_which_beta_it_is(name: str, beta: float, expected: str) -> None:
    assert name_with_beta(name, beta) == expected


def test_a_checkpoint_is_trained_again_with_another_beta(checkpoints: Path, started: Started) -> None:
    assert repeat_of("filmed").proposed == 1
    assert start_again("filmed", 1) == "filmed-b1"
    ((name, asked),) = started
    assert (name, asked["training"]["objective"]["beta"]) == ("filmed-b1", 1)
    assert (asked["dataset"]["name"], asked["model"]["hidden"]) == ("digits", (8,))


def test_a_run_is_trained_again_with_its_time_budget(checkpoints: Path, started: Started) -> None:
    run = Run(checkpoints / ".runs" / "first")
    run.path.mkdir(parents=True)
    run.write_request(request(seconds=30.0) | {"epochs_planned": True, "order": 3})
    assert repeat_of("first").beta == 1
    start_again("first", 8.0)
    ((name, asked),) = started
    assert (name, asked["seconds"], asked["training"]["objective"]["beta"]) == ("first-b8", 30.0, 8)
    assert "epochs_planned" not in asked


def spoil_dataset(root: Path) -> None:
    config = root / "filmed" / "config.json"
    config.write_text(config.read_text().replace('"name": "digits"', '"name": "my own images"'))


def spoil_objective(root: Path) -> None:
    config = root / "filmed" / "config.json"
    config.write_text(config.read_text().replace('"name": "beta-tc"', '"name": "free-bits"'))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (spoil_dataset, "The images of filmed are not kept here"),
        (spoil_objective, "filmed has no β: its objective is free-bits."),
        (lambda root: (root / "filmed" / "config.json").unlink(), "There is no checkpoint or run called filmed"),
    ],
)
def test_what_cannot_be_trained_again_says_why(
    checkpoints: Path, started: Started, spoil: Callable[[Path], None], words: str
) -> None:
    spoil(checkpoints)
    assert repeat_of("filmed").problem.startswith(words)
    with pytest.raises(RunError):
        start_again("filmed", 2.0)
    assert started == []


@pytest.mark.parametrize("beta", [4.0, -1, float("nan"), float("inf"), 1e9, "3", None, True, [1]])
def test_a_beta_that_is_no_other_or_none_is_refused(checkpoints: Path, started: Started, beta: object) -> None:
    with pytest.raises(RunError):
        start_again("filmed", beta)
    assert started == []


# ---- commands ------------------------------------------------------------------------------------------------------


def heard(command: object, **query: str) -> AppTest:
    """The page after the component has sent this."""
    app = send(open_page(PAGE, checkpoint="filmed", **query), command=command)
    assert not app.exception
    return app


def test_a_card_and_another_beta_start_a_run_and_show_it(checkpoints: Path, started: Started) -> None:
    app = heard({"do": "preset", "title": "Good sliders", "number": 7})
    assert (shown(app), sent(app)["answered"]) == (["mnist-z10-90s"], 7)
    app = heard({"do": "again", "name": "filmed", "beta": 10, "number": 8})
    assert (shown(app), sent(app)["answered"]) == (["filmed-b10"], 8)
    assert [name for name, _ in started] == ["mnist-z10-90s", "filmed-b10"]


def test_films_are_chosen_and_left_out_again(checkpoints: Path) -> None:
    app = heard({"do": "show", "film": "mnist-z2", "beside": "filmed", "number": 1})
    assert shown(app) == ["mnist-z2", "filmed"]
    app = send(app, command={"do": "show", "film": "filmed", "beside": None, "number": 2})
    assert shown(app) == ["filmed"]


def test_a_refusal_is_one_sentence_until_the_next_command(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RunError(f"{MOST_RUNS} runs are waiting or training already; wait until one has finished.")

    monkeypatch.setattr(Runs, "_check_room", refuse)
    app = heard({"do": "preset", "title": "Good sliders", "number": 1})
    assert sent(app)["problem"] == "20 runs are waiting or training already; wait until one has finished."
    assert sent(app.run())["problem"].startswith("20 runs")
    app = send(app, command={"do": "show", "film": "mnist-z2", "beside": None, "number": 2})
    assert sent(app)["problem"] == ""


@pytest.mark.parametrize(
    "command",
    [
        None,
        "preset",
        {},
        {"do": "none", "number": []},
        {"do": "preset", "title": {}},
        {"do": "again", "name": [], "beta": {}},
        {"do": "show", "film": 3, "beside": {}},
    ],
)
def test_any_other_command_starts_nothing(checkpoints: Path, started: Started, command: object) -> None:
    app = heard(command)
    assert (started, shown(app), sent(app)["answered"]) == ([], ["filmed"], 0)


# ---- where a run is --------------------------------------------------------------------------------------------------


def test_the_page_says_where_a_run_is_and_shows_the_end_of_its_log(checkpoints: Path) -> None:
    run = Run(Runs(checkpoints).root / "elsewhere")
    run.path.mkdir(parents=True)
    run.write_request(request())
    run.write_status(Status("running", TRAINING, host="node-7"))
    (run.path / "log.txt").write_text("".join(f"line {number}\n" for number in range(5000)))
    with run.lock():
        app = open_page(PAGE)
    assert not app.exception
    assert "**elsewhere**: running on node-7" in [text.value for text in app.markdown]
    (log,) = app.code
    assert log.value == "\n".join(f"line {number}" for number in range(4980, 5000))


def test_the_page_shows_the_clusters_queue_and_stays_while_its_head_is_silent(
    checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with jobs_server() as server:
        monkeypatch.setenv("VAE_RAY", server.address)
        monkeypatch.setattr(launcher_module, "LOOK_SECONDS", 0.02)
        monkeypatch.setattr(launcher_module, "IDLE_SECONDS", 2.0)
        app_runs().start("far", request())
        server.silent = True
        app = open_page(PAGE)
        assert "**far**: queued. Waiting in the cluster's queue for 1 CPU." in [text.value for text in app.markdown]
        app_runs().send_command(Run(Runs(checkpoints).root / "far"), "discard")


def test_an_address_of_a_cluster_that_is_none_is_refused_with_one_that_is(
    checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_RAY", "head:8265")
    with pytest.raises(ValueError, match=r"looks like http://head:8265\.$"):
        app_runs()

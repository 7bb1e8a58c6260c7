"""Every page, run by Streamlit's test runner with small checkpoints."""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.effort import first_in_make_test
from tests.support.pages import bar, choose, open_page, sent_data, usable_models
from tests.support.patience import PATIENCE
from tests.support.pictures import ten, write_zip
from vae.datasets.registry import load_dataset
from vae.datasets.user_images.augmentation import Augmentation
from vae.jobs.runs import Runs
from vae.model.losses import ObjectiveName
from vae.model.networks import default_config
from vae.server.live.inference import UnknownModelError
from vae.storage.checkpoints import read_checkpoint
from vae.storage.uploads import MAX_PIECE_BYTES, Announced
from vae.training.checkpoint import train_checkpoint
from vae.training.config import Optimizer, TrainingConfig
from vae.training.request import DatasetRequest, TrainingRequest
from vae.ui.pages.training import own_pictures, runs
from vae.ui.pages.training.proposals import PRESETS
from vae.ui.pages.training.runs import app_runs
from vae.ui.pages.training.uploader import app_uploads
from vae.ui.shared import loaders
from vae.ui.shared.page import PAGES

PATHS = [path for path, _, _ in PAGES]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two small checkpoints: ten latent dimensions, and two."""
    root = tmp_path_factory.mktemp("checkpoints")
    digits = load_dataset("digits")
    for name, latent_dim in (("ten", 10), ("two", 2)):
        config = default_config(digits.image_shape, latent_dim)
        list(train_checkpoint(digits, config, TrainingConfig(epochs=2, device="cpu"), root / name))
    return root


@pytest.fixture
def checkpoints(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The app's checkpoint folder for one test, which may damage it."""
    root = tmp_path / "checkpoints"
    shutil.copytree(trained, root)
    monkeypatch.setattr(loaders, "CHECKPOINTS", root)
    return root


def said(app: AppTest) -> str:
    """All errors, warnings and hints on the page."""
    return " ".join(str(element.value) for element in [*app.error, *app.warning, *app.info])


@pytest.mark.parametrize("path", ["app.py", *PATHS])
def test_every_page_opens_without_an_exception_and_asks_a_question(checkpoints: Path, path: str) -> None:
    app = open_page(path)
    assert not app.exception
    assert not app.error
    assert re.fullmatch(r"<h1 tabindex='-1'>[^<]+</h1><p>[^<]+[?]</p>", app.get("html")[0].proto.body)


@pytest.mark.parametrize("path", ["app.py", *PATHS])
def test_a_link_chooses_the_checkpoint_on_every_page(checkpoints: Path, path: str) -> None:
    app = open_page(path, checkpoint="two")
    assert bar(app)["chosen"] == "two"
    assert not app.exception


@pytest.mark.parametrize("path", PATHS)
def test_the_chosen_checkpoint_survives_a_change_of_page(checkpoints: Path, path: str) -> None:
    app = open_page()
    choose(app, "two")
    app.switch_page(path).run()
    assert bar(app)["chosen"] == "two"


def test_a_link_to_an_unknown_checkpoint_says_so_and_shows_another(checkpoints: Path) -> None:
    app = open_page("pages/1_Explore.py", checkpoint="../../etc")
    assert "../../etc" in said(app)
    assert bar(app)["chosen"] in ("ten", "two")


def test_a_checkpoint_that_was_deleted_under_a_page_is_said_to_be(checkpoints: Path) -> None:
    app = open_page("pages/1_Explore.py", checkpoint="two")
    shutil.rmtree(checkpoints / "two")
    app.run()
    assert "The checkpoint “two” was deleted; showing ten instead." in said(app)
    assert bar(app)["chosen"] == "ten"
    assert "deleted" not in said(app.run())


def test_a_run_that_has_ended_is_the_choice_and_what_the_browser_shows(
    checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("pages/7_Training.py", checkpoint="two")
    shutil.copytree(checkpoints / "ten", checkpoints / "made-here")
    monkeypatch.setattr(runs, "_trained_on_page", lambda checkpoint: checkpoint is not None)
    app.session_state["started"] = "made-here"
    app.run()
    assert bar(app)["chosen"] == "made-here"
    app.run()
    assert bar(app)["chosen"] == "made-here"


@pytest.mark.parametrize("path", ["app.py", *PATHS])
def test_a_broken_checkpoint_is_listed_with_its_error_and_causes_no_exception(checkpoints: Path, path: str) -> None:
    (checkpoints / "ten" / "config.json").write_text("{")
    app = open_page(path)
    assert not app.exception
    (broken,) = [model for model in bar(app)["models"] if "problem" in model]
    assert broken["name"] == "ten"
    assert "config.json" in broken["problem"]
    assert usable_models(app) == ["two"]


@pytest.mark.parametrize("path", ["pages/3_Sampling.py", "pages/4_Interpolation.py", "pages/5_Reconstruction.py"])
def test_broken_weights_end_the_page_with_the_file_and_the_remedy(checkpoints: Path, path: str) -> None:
    weights = checkpoints / "two" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])
    app = open_page(path, checkpoint="two")
    assert not app.exception
    assert "model.safetensors" in app.error[0].value


def test_without_any_checkpoint_the_app_says_what_to_do(checkpoints: Path) -> None:
    shutil.rmtree(checkpoints)
    app = open_page()
    assert not app.exception
    assert "Training page" in app.error[0].value


def open_form(**fields: Any) -> AppTest:
    """The form of a new run with these fields filled in, by key; Streamlit's test runner opens no dialog."""
    app = AppTest.from_function(form_page, default_timeout=PATIENCE).run()
    for key, value in fields.items():
        kinds = (app.text_input, app.number_input, app.selectbox, app.button_group, app.slider)
        field = next(field for kind in kinds for field in kind if field.key == key)
        app = field.set_value(value).run()
    return app


def form_page() -> None:
    from vae.ui.pages.training.form import start_form

    start_form()


def press(app: AppTest, label: str) -> AppTest:
    """Presses a visible button."""
    return next(button for button in app.button if button.label == label).click().run()


@contextmanager
def finished(app: AppTest) -> Iterator[None]:
    """Waits until no run is left in the app's folder."""
    deadline = time.monotonic() + 600
    while app_runs().all():
        assert time.monotonic() < deadline, app_runs().all()
        time.sleep(0.1)
    yield


@pytest.mark.slow
def test_a_run_started_in_the_page_becomes_a_checkpoint_that_every_page_can_choose(checkpoints: Path) -> None:
    app = press(open_form(run_name="made-here", epochs=2), "Start training")
    assert not app.exception
    assert not app.error
    with finished(app):
        app = open_page("pages/7_Training.py", film="made-here")
    assert [film["name"] for film in sent_data(app)["films"]] == ["made-here"]
    checkpoint = read_checkpoint(checkpoints / "made-here")
    assert len(checkpoint.history) == 2
    assert checkpoint.film is not None
    app.switch_page("pages/1_Explore.py").run()
    assert "made-here" in usable_models(app)


@pytest.mark.slow
def test_the_first_checkpoint_of_all_can_be_trained_in_the_page(checkpoints: Path) -> None:
    shutil.rmtree(checkpoints)
    app = press(open_form(run_name="first", epochs=1), "Start training")
    assert not app.exception
    with finished(app):
        assert usable_models(open_page("pages/1_Explore.py")) == ["first"]


@pytest.mark.parametrize("name", ["", "../escape", "a/b", ".hidden", "ten"])
def test_a_bad_or_taken_name_is_refused_before_training(checkpoints: Path, name: str) -> None:
    app = press(open_form(run_name=name), "Start training")
    assert not app.exception
    assert app.error
    assert {path.name for path in checkpoints.iterdir()} - {".runs"} == {"ten", "two"}
    assert app_runs().all() == []


def test_own_images_must_be_uploaded_before_a_run_starts(checkpoints: Path) -> None:
    app = press(open_form(run_name="mine", dataset=own_pictures.OWN), "Start training")
    assert "Upload the pictures first" in said(app)
    assert app_runs().all() == []


def test_a_data_set_that_a_command_makes_is_offered_with_the_command(checkpoints: Path, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAE_DATA_DIR", str(tmp_path / "nothing"))
        app = open_form(run_name="letters", dataset="glyphs")
        assert "Glyphs (made by a command)" in app.selectbox(key="dataset").options
        assert "python -m vae data glyphs" in app.info[0].value.replace("\\", "")
        app = press(app, "Start training")
        assert "python -m vae data glyphs" in app.error[0].value
    assert app_runs().all() == []


def upload(files: dict[str, bytes], folder: Path) -> AppTest:
    """The form with a zip of these files."""
    content = Path(write_zip(folder / "upload.zip", files)).read_bytes()
    return send(open_form(dataset=own_pictures.OWN), content)


def send(app: AppTest, content: bytes, number: str = "a1") -> AppTest:
    """The form after its uploader, which Streamlit's test runner cannot use, has sent this zip."""
    announced = Announced(number, len(content), None, "mine.zip")
    for offset in range(0, len(content), MAX_PIECE_BYTES):
        piece = content[offset : offset + MAX_PIECE_BYTES]
        app_uploads().write(app.session_state["upload_ticket"], "10.0.0.1", announced, offset, piece)
    app = app.run()
    assert not app.exception
    return app


def plain(*elements: Any) -> list[str]:
    return [element.value.replace("\\", "") for element in elements]


def test_the_form_shows_classes_splits_and_what_is_left_out_before_anything_starts(
    checkpoints: Path, tmp_path: Path
) -> None:
    files = ten("train/1:smile:/") | ten("train/*b*/") | ten("val/*b*/", 3) | ten("test/", 2) | {"train/*b*/x.png": b""}
    app = upload(files, tmp_path)
    assert not app.error
    (said,) = (line for line in plain(*app.caption) if "classes" in line)
    assert "2 classes: 1:smile: (10), *b* (13)." in said
    assert "18 training, 2 validation, 3 test" in said
    (warning,) = plain(*app.warning)
    assert warning.startswith("2 pictures left out, as test/ lacks the training images' class folders")
    assert "1 file skipped, damaged or no picture of a known format: train/*b*/x.png." in warning
    assert app_runs().all() == []


def test_too_few_pictures_are_refused_by_the_uploaded_names(checkpoints: Path, tmp_path: Path) -> None:
    app = upload(ten("cat/", 9) | {"cat/bad.png": b"", "cat/film.mov": b""}, tmp_path)
    (error,) = plain(*app.error)
    assert error.startswith("my own images: 9 pictures can be used, use 10 to 200,000. 1 file skipped that cannot be")
    assert "cat/film.mov" in error
    assert "of a known format: cat/bad.png." in error
    assert "tmp" not in error


def test_the_form_asks_for_the_encoding_of_names_that_it_cannot_read(checkpoints: Path, tmp_path: Path) -> None:
    name = write_zip(tmp_path / "a.zip", ten("12345678/"))
    content = Path(name).read_bytes().replace(b"12345678/", "ソフト表".encode("cp932") + b"/")
    app = open_form(dataset=own_pictures.OWN)
    assert not [box for box in app.selectbox if box.key == "encoding"]
    app = send(app, content)
    assert any("%83%5C%83t%83g%95%5C (10)" in line for line in plain(*app.caption))
    app = app.selectbox(key="encoding").select("Japanese").run()
    assert not app.exception
    assert any("1 class: ソフト表 (10)." in line for line in plain(*app.caption))
    assert app.run().selectbox(key="encoding").value == "Japanese"  # it stays while it is needed


def request_of_run(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> TrainingRequest:
    """What the form asks for when its button is pressed; nothing is trained."""
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(Runs, "start", lambda _, name, request, upload: asked.append(request))
    app.text_input(key="run_name").set_value("mine")
    press(app, "Start training")
    assert not app.exception
    return TrainingRequest.from_json(asked[0])


def test_few_own_pictures_are_proposed_versions_which_are_shown_and_asked_for(
    checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = upload(ten("cat/", 20), tmp_path)
    assert app.number_input(key="versions").value == 200
    assert "16 training pictures are few, so each has 200 versions: 3,200 images." in plain(*app.caption)
    app.number_input(key="versions").set_value(30)
    app.number_input(key="twist").set_value(90).run()
    assert len(app.get("image")) == 2  # pictures, versions
    asked = request_of_run(app, monkeypatch)
    assert asked.training.augmentation == Augmentation(30, 0.04, 90.0, 0.1)


def test_one_version_of_few_pictures_is_warned_of_and_asked_for(
    checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = upload(ten("cat/", 20), tmp_path)
    app.number_input(key="versions").set_value(1).run()
    assert any("16 training pictures are too few" in line for line in plain(*app.caption))
    assert not [field for field in app.number_input if field.key == "twist"]
    assert request_of_run(app, monkeypatch).training.augmentation == Augmentation()


def test_another_upload_is_proposed_versions_of_its_own(checkpoints: Path, tmp_path: Path) -> None:
    app = upload(ten("cat/", 20), tmp_path)
    app.number_input(key="versions").set_value(3).run()
    assert app.run().number_input(key="versions").value == 3
    content = Path(write_zip(tmp_path / "more.zip", ten("cat/", 25) | ten("dog/", 25))).read_bytes()
    assert send(app, content, "b2").number_input(key="versions").value == 150


def test_own_pictures_are_turned_and_cut_as_the_form_says(
    checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = upload(ten("cat/"), tmp_path)
    for key, value in (("turn", "90°"), ("cut", "whole picture"), ("colours", "grey")):
        app = next(group for group in app.button_group if group.key == key).set_value(value).run()
    app.slider(key="keep").set_value(40).run()
    asked = request_of_run(app, monkeypatch).dataset
    assert asked == DatasetRequest(own_pictures.OWN, color=False, turn=1, whole=True, keep=0.4)


@pytest.mark.parametrize("preset", first_in_make_test(PRESETS))
def test_a_preset_fills_in_the_form_with_what_can_be_trained(checkpoints: Path, preset: str) -> None:
    app = open_form(preset=preset)
    assert not app.exception
    assert not app.error
    chosen = PRESETS[preset]
    assert app.selectbox(key="dataset").value == chosen.dataset
    assert app.number_input(key="latent_dim").value == chosen.latent_dim
    limit = "seconds" if chosen.seconds else "epochs"
    assert app.number_input(key=limit).value == getattr(chosen, limit)
    assert app.selectbox(key="likelihood").value == chosen.likelihood
    assert app.toggle(key="batch_norm").value == chosen.batch_norm
    assert app.number_input(key="beta").value == chosen.beta
    assert app.selectbox(key="warmup").value == chosen.warmup
    shown = [slider.value for slider in app.slider if slider.key == "warmup_share"]
    assert shown == ([] if chosen.warmup == "none" else [chosen.warmup_share])


@pytest.mark.slow
@pytest.mark.parametrize(("warmup", "share"), [("linear", 0.5), ("none", 0.3), ("cooling", 0.7)])
def test_a_warm_up_has_a_field_for_its_share_of_the_run(checkpoints: Path, warmup: str, share: float) -> None:
    shown = {} if warmup == "none" else {"warmup_share": share}
    app = press(open_form(run_name="warm", epochs=1, beta=4.0, warmup=warmup, **shown), "Start training")
    assert not app.exception
    with finished(app):
        objective = read_checkpoint(checkpoints / "warm").training["objective"]
    assert (objective["name"], objective["beta"]) == ("vae", 4.0)
    assert (objective["warmup"], objective["warmup_share"]) == (warmup, share)


@pytest.mark.parametrize("objective", get_args(ObjectiveName))
@pytest.mark.parametrize("optimizer", first_in_make_test(get_args(Optimizer)))
def test_every_objective_and_optimiser_of_the_form_has_an_estimate(
    checkpoints: Path, objective: str, optimizer: str
) -> None:
    app = open_form(objective=objective, optimizer=optimizer)
    assert not app.exception
    assert not app.error
    assert any(line.value.startswith("About ") for line in app.caption)


@pytest.mark.parametrize("slots", ["", "0", "-1", "two", "1e3", "100"])
def test_an_invalid_number_of_runs_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch, slots: str) -> None:
    monkeypatch.setenv("VAE_RUNS", slots)
    with pytest.raises(ValueError, match="set it to how many runs"):
        app_runs()


@pytest.mark.parametrize("value", ["", "-1", "20", "1e1", "low"])
def test_an_invalid_niceness_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("VAE_NICENESS", value)
    with pytest.raises(ValueError, match=r"VAE_NICENESS is .*; set it to how far .*, 0 to 19"):
        app_runs()


def test_a_checkpoint_of_the_command_line_cannot_be_deleted_in_the_page(checkpoints: Path) -> None:
    assert not [button for button in open_page("pages/7_Training.py").button if "Delete" in button.label]


def test_a_checkpoint_trained_in_the_page_can_be_deleted_there(checkpoints: Path) -> None:
    config = checkpoints / "two" / "config.json"
    config.write_text(config.read_text().replace('"command line"', '"page"'))
    app = open_page("pages/7_Training.py", checkpoint="two")
    app = press(app, "Delete it")
    assert not app.exception
    assert [path.name for path in checkpoints.iterdir()] == ["ten"]


def test_the_live_service_gets_the_model_that_the_pages_use(checkpoints: Path) -> None:
    (checkpoints / "two").rename(checkpoints / "my two")  # a name that the Training page refuses
    live = loaders.live_model("my two")
    assert live.model is loaders.load_model(read_checkpoint(checkpoints / "my two"))
    assert live.kl is not None
    assert len(live.kl) == 2


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../checkpoints/ten", "/etc", "ten/", "nul\0", "x" * 10_000, "broken", "weightless"]
)
def test_the_live_service_refuses_other_names_and_broken_checkpoints(checkpoints: Path, name: str) -> None:
    (checkpoints / "broken").mkdir()
    shutil.copytree(checkpoints / "ten", checkpoints / "weightless")
    (checkpoints / "weightless" / "model.safetensors").write_bytes(b"")
    with pytest.raises(UnknownModelError, match="checkpoint"):
        loaders.live_model(name)


HOSTILE = ["nan", "", "-1", "1e999", "99999999999999999999", "<b>x</b>", "a,b", "None"]


@pytest.mark.parametrize("value", first_in_make_test(HOSTILE))
@pytest.mark.parametrize("path", PATHS)
def test_a_hostile_link_causes_no_exception(checkpoints: Path, path: str, value: str) -> None:
    keys = [
        "checkpoint",
        "z",
        "image",
        "method",
        "dims",
        "temperature",
        "side",
        "seed",
        "from",
        "to",
        "steps",
        "order",
        "film",
        "beside",
    ]
    app = open_page(path, **dict.fromkeys(keys, value))
    assert not app.exception

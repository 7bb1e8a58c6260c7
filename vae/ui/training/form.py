"""The Training page's end in Python: what can be trained, the runs and their buttons, whose film is shown."""

import io
import json
import os
import re
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from vae.datasets.embedded import EMBEDDED
from vae.datasets.pictures import MAX_PATH, PICTURE_SUFFIXES, DataError
from vae.datasets.registry import DATASETS, is_available, load_dataset
from vae.datasets.splits import Binarisation, Dataset
from vae.datasets.user_images import IMAGE_SIZES
from vae.jobs.runs import Run, RunError, Runs, Status, check_name
from vae.model.losses import Objective, ObjectiveName, Warmup
from vae.model.networks import Architecture, Likelihood, choose_device, default_config
from vae.storage.atomic import staging_folder
from vae.storage.checkpoints import Checkpoint, list_checkpoints
from vae.training.config import LEARNING_RATES, Optimizer, Schedule, TrainingConfig
from vae.training.trainer import seconds_per_epoch
from vae.ui.shared import loaders, scripts
from vae.ui.shared.figures import PALETTE, bars, learning_curves

OWN = "my own images"
NO_FILM = "none"
REFRESH_SECONDS = 2.0
PREVIEW, PREVIEW_SIDE = 24, 48  # images, and pixels that each is about enlarged to
# Nats per image: what a decoder reaches that always draws the mean digit, and one that draws each digit itself. Both
# computed from the grey MNIST test images.
MNIST_REFERENCES = (
    {"term": "reconstruction", "value": 205.83, "label": "always the mean digit"},
    {"term": "reconstruction", "value": 45.53, "label": "the image itself"},
)

Json = dict[str, Any]


@dataclass(frozen=True)
class Preset:
    """A choice of everything that a class may want at once."""

    help: str
    dataset: str
    architecture: Architecture
    latent_dim: int
    seconds: int | None = None
    epochs: int = TrainingConfig.epochs
    objective: ObjectiveName = "vae"
    beta: float = 1.0
    warmup: Warmup = "none"
    warmup_share: float = Objective.warmup_share


# Why the numbers have the limits they have.
REASONS = {
    "beta": "0 to 1000: long before that, nothing of the image is kept any more.",
    "seconds": "5 s, which a start takes, to a day.",
    "epochs": "1 to 10,000: with more, a film of the run would not stay below 10 MB.",
    "batch_size": "2, which batch normalisation needs, to 65,536, more than most data sets have.",
    "rate": "Up to 1: every optimiser here diverges long before.",
    "warmup": "A warm-up begins with less KL. Cooling begins with 200 times more: big differences are told first.",
    "image_size": "8 pixels, in which little can be seen, to 256; these models are too small for more.",
}
START = {
    "dataset": "digits",
    "architecture": "mlp",
    "latent_dim": 2,
    "objective": "vae",
    "beta": 1.0,
    "limit": "epochs",
    "seconds": 30,
    "epochs": 20,
    "batch_size": TrainingConfig.batch_size,
    "seed": TrainingConfig.seed,
    "warmup": Objective.warmup,
    "warmup_share": Objective.warmup_share,
    "image_size": 32,
    "upload_kind": "a zip",
}

PRESETS = {
    "2-D in 30 seconds": Preset("A plane of digits, learnt before the coffee is cold.", "mnist", "mlp", 2, seconds=30),
    "Good sliders": Preset("Ten dimensions of sharp digits, for Explore.", "mnist", "mlp", 10, seconds=90),
    "Disentangle the sprites": Preset(
        "β-TC and a cooled KL find one dimension each for up and down, left and right, and size.",
        "sprites", "mlp", 6, seconds=120, objective="beta-tc", beta=30.0, warmup="cooling", warmup_share=0.8,
    ),
}  # fmt: skip


def runs() -> Runs:
    """All runs of the app's checkpoint folder. VAE_RUNS: how many train at the same time."""
    slots = os.environ.get("VAE_RUNS", "1")
    if not re.fullmatch("[1-9][0-9]?", slots):
        raise ValueError(f"VAE_RUNS is {slots!r}; set it to how many runs may train at once, 1 to 99.")
    return Runs(loaders.CHECKPOINTS, int(slots))


def checkpoint_film(name: str) -> Path | None:
    """The film that the checkpoint of this name keeps; None without one."""
    checkpoint = _checkpoint(name)
    return checkpoint.film if checkpoint else None


# ---- what is shown ---------------------------------------------------------------------------------------------------


def screen(checkpoint: Checkpoint | None) -> None:
    """The film that was chosen, of a run under way or of a checkpoint, perhaps with another beside it."""
    going = {run.name: status.state for run, status in runs().all()}
    filmed = _filmed()
    films = [*reversed(going), *(name for name in filmed if name not in going)]
    own = [checkpoint.name] if checkpoint is not None and checkpoint.name not in films else []
    _follow_choice(checkpoint, films)
    if not films:
        new_run_button()
        _show_history(checkpoint)
        return
    left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
    with right:
        new_run_button()
    chosen = left.selectbox("Film of", own + films, key="film", bind="query-params")
    others = [NO_FILM, *(name for name in films if name != chosen)]
    beside = middle.selectbox("Beside it", others, key="beside", bind="query-params", help="On the same scrubber.")
    if chosen in own:
        _show_history(checkpoint)
        return
    shown = [chosen] if beside == NO_FILM else [chosen, beside]
    data = {
        "base": scripts.base_path(),
        "script": scripts.script_url("training/training.js"),
        "palette": list(PALETTE),
        "films": [
            {"kind": "run" if name in going else "checkpoint", "name": name, "state": going.get(name)} for name in shown
        ],
        "references": list(MNIST_REFERENCES) if all(_is_grey_mnist(name, filmed) for name in shown) else [],
    }
    _show_films(data)


@st.fragment
def _show_films(data: Json) -> None:
    """The films; they say at once when a run comes to another state."""
    component = scripts.component("training", "training/training.css")
    component(key="training", data=data, on_changed_change=_note_change)
    if st.session_state.pop("run_changed", False):
        _follow_runs()


def _note_change() -> None:
    st.session_state["run_changed"] = True


def _follow_runs() -> None:
    """Shows the whole page anew, now that a run has changed; but not under a hand that fills in the form."""
    if not st.session_state.get("form_open"):
        st.rerun()


def _follow_choice(checkpoint: Checkpoint | None, films: list[str]) -> None:
    """A run that was just started comes onto the screen, and so does a checkpoint that was just chosen."""
    state = st.session_state
    started, current = state.get("started"), checkpoint and checkpoint.name
    wanted = started if started != state.get("film_started") else current if current != state.get("film_of") else None
    first = "film_of" not in state
    state["film_started"], state["film_of"] = started, current
    if first and "film" in st.query_params:  # a link's own choice
        return
    if wanted is not None and wanted in {*films, current}:
        state["film"] = wanted


def _filmed() -> dict[str, Checkpoint]:
    """The checkpoints that have a film, by name."""
    found = list_checkpoints(loaders.CHECKPOINTS)
    return {
        checkpoint.name: checkpoint for checkpoint in found if isinstance(checkpoint, Checkpoint) and checkpoint.film
    }


def _is_grey_mnist(name: str, filmed: Mapping[str, Checkpoint]) -> bool:
    """Whether the reference numbers hold for the run or checkpoint of this name."""
    try:
        if (run := runs().find(name)) is not None:
            asked = run.request()
            kind = asked["dataset"]["name"], asked["model"]["likelihood"], asked["training"]["binarisation"]
        else:
            checkpoint = filmed[name]
            kind = checkpoint.dataset, checkpoint.model_config.likelihood, checkpoint.training["binarisation"]
    except (RunError, KeyError, TypeError):
        return False
    return kind == ("mnist", "bernoulli", "none")


def _show_history(checkpoint: Checkpoint | None) -> None:
    if checkpoint is None:
        st.info("Train a model, and watch it learn here.")
        return
    st.markdown(f"**{checkpoint.name}**, as it was trained; no film was kept of it")
    st.plotly_chart(learning_curves(checkpoint.history), key="curves")
    if checkpoint.kl_per_dimension is not None:
        st.plotly_chart(bars(checkpoint.kl_per_dimension, "KL", "nats"), key="kl")
        st.caption(f"KL to the prior per latent dimension, mean over the test images of {checkpoint.name}.")


# ---- the runs --------------------------------------------------------------------------------------------------------


def manage() -> None:
    """Every run with its buttons; what has just been trained here, and the way to it; why none can be started."""
    if sentence := runs().obstacle():
        st.info(sentence)
    st.session_state.pop("run_states", None)  # the whole page is being run already
    _show_runs()
    state, name = st.session_state, str(st.session_state.get("started", ""))
    if not name or runs().find(name) is not None or not _trained_here(_checkpoint(name)):
        return
    if state.get("finished") != name:  # the new model is the chosen one, once
        state["finished"] = state["chosen"] = name
        state.pop("checkpoint", None)
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{name}** is trained and can be chosen on every page.")
        st.page_link("pages/1_Explore.py", label="Explore it", icon=":material/arrow_forward:")


@st.fragment(run_every=REFRESH_SECONDS)
def _show_runs() -> None:
    """Looks again now and then, for others start and stop runs too; the whole page follows where something changed."""
    found = runs().all()
    states = {run.name: status.state for run, status in found}
    before, st.session_state["run_states"] = st.session_state.get("run_states", states), states
    if states != before:
        _follow_runs()
    for run, status in found:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            _show_run(run, status)
    if problem := st.session_state.pop("run_problem", None):
        st.error(problem)


def _show_run(run: Run, status: Status) -> None:
    st.markdown(f"**{run.name}**: {status.state}" + ("" if status.state == "running" else f". {status.sentence}"))
    if status.state in ("queued", "starting", "running"):
        st.button("Pause", key=f"pause-{run.name}", on_click=_ask, args=(run, "pause"))
    if status.state in ("starting", "running"):
        st.button("Stop and keep", key=f"stop-{run.name}", on_click=_ask, args=(run, "stop"))
    if status.state in ("paused", "failed", "killed"):
        st.button("Resume", key=f"resume-{run.name}", on_click=_resume, args=(run,))
    if status.state != "saving":
        with st.popover("Discard"):
            st.write(f"All that “{run.name}” has learnt will be gone.")
            st.button("Discard it", key=f"discard-{run.name}", on_click=_ask, args=(run, "discard"))


def _ask(run: Run, wish: Any) -> None:
    try:
        runs().want(run, wish)
    except (RunError, OSError) as error:
        st.session_state["run_problem"] = str(error)


def _resume(run: Run) -> None:
    try:
        runs().resume(run)
        st.session_state["started"] = run.name
    except RunError as error:
        st.session_state["run_problem"] = str(error)


def _checkpoint(name: str) -> Checkpoint | None:
    """The usable checkpoint of this name: compared with those that are there, never made into a path."""
    found = next((found for found in list_checkpoints(loaders.CHECKPOINTS) if found.name == name), None)
    return found if isinstance(found, Checkpoint) else None


def _trained_here(checkpoint: Checkpoint | None) -> bool:
    """Whether a run of this page has made it."""
    return checkpoint is not None and checkpoint.training.get("origin") == "page"


def delete_button(checkpoint: Checkpoint) -> None:
    """Deletes the chosen checkpoint after asking, if it was trained on this page: no other is this page's to delete."""
    if not _trained_here(checkpoint):
        return
    with st.popover(f"Delete {checkpoint.name}"):
        st.write(f"The checkpoint “{checkpoint.name}” will be gone for everybody.")
        if st.button("Delete it", key="delete"):
            try:
                with staging_folder(checkpoint.path.parent) as gone:
                    checkpoint.path.rename(gone / checkpoint.name)  # at once, or not at all
            except FileNotFoundError:
                pass  # somebody else has just deleted it
            except OSError as error:
                st.error(f"{checkpoint.path}: could not be deleted ({error}).")
                return
            st.rerun()


# ---- what is asked for -----------------------------------------------------------------------------------------------


def new_run_button() -> None:
    """Opens the form, where a run can be started. The whole page is not run while it is open: that would close it."""
    pressed = st.button("Train a model", width="stretch", disabled=bool(runs().obstacle()))
    st.session_state["form_open"] = pressed
    if pressed:
        st.dialog("Train a model", width="medium", on_dismiss="rerun")(start_form)()


def start_form() -> None:
    """Everything that can be chosen of a new run; the button starts it."""
    for key, value in START.items():  # not as the fields' own defaults, which a preset could not change
        st.session_state.setdefault(key, value)
    preset = st.segmented_control(
        "Preset", list(PRESETS), key="preset", on_change=_apply_preset, help="Fills in the fields below."
    )
    if preset:
        st.caption(PRESETS[preset].help)
    name = st.text_input("Name of the new checkpoint", key="run_name", max_chars=40, placeholder="my-model")
    dataset, upload = _choose_dataset()
    left, right = st.columns(2)
    architecture = left.selectbox(
        "Architecture",
        get_args(Architecture),
        key="architecture",
        help="An mlp begins with the mean of all pictures; a conv network has to learn it.",
    )
    latent_dim = right.number_input("Latent dimensions", 1, 512, key="latent_dim", help="More than 512 decode slowly.")
    name_of_objective = left.selectbox("Objective", get_args(ObjectiveName), key="objective")
    weighed = name_of_objective in ("vae", "beta-tc")
    beta = right.number_input(
        "β, weight of the KL", 0.0, 1000.0, key="beta", disabled=not weighed, help=REASONS["beta"]
    )
    limit = left.segmented_control("Train for", ["seconds", "epochs"], key="limit", required=True)
    if limit == "seconds":
        seconds, epochs = (
            float(right.number_input("Seconds, about", 5, 86_400, key="seconds", help=REASONS["seconds"])),
            1,
        )
    else:
        seconds, epochs = None, right.number_input("Epochs", 1, 10_000, key="epochs", help=REASONS["epochs"])
    model, options = _more_choices(name_of_objective, beta)
    model |= {"architecture": architecture, "latent_dim": latent_dim}
    try:
        config = TrainingConfig(epochs=epochs, **options)
        _estimate(dataset, model, config, seconds)
    except (ValueError, DataError) as error:
        st.error(str(error))
        return
    if st.button("Start training"):
        _start(name, {"dataset": dataset, "model": model, "training": asdict(config), "seconds": seconds}, upload)


def _apply_preset() -> None:
    """Fills the fields with the preset's values."""
    state = st.session_state
    preset = PRESETS.get(state["preset"])
    if preset is None:
        return
    given = {key: value for key, value in asdict(preset).items() if key != "help" and value is not None}
    state.update(given | {"limit": "seconds" if preset.seconds else "epochs"})


def _choose_dataset() -> tuple[Json, bytes | None]:
    """What a request says of the images, and the archive if they are one's own."""
    options = [*DATASETS, OWN]
    chosen = st.selectbox("Dataset", options, key="dataset", format_func=_describe_dataset)
    if chosen != OWN:
        _preview({"name": chosen}, None)
        return {"name": chosen}, None
    kind = st.segmented_control("Upload", ["a zip", "a folder"], key="upload_kind", required=True)
    if kind == "a zip":
        file = st.file_uploader("A zip of pictures", type="zip", help="Sub-folders become classes.")
        upload = None if file is None else file.getvalue()
    else:
        files = st.file_uploader(
            "A folder of pictures", accept_multiple_files="directory", help="Sub-folders: classes."
        )
        try:
            upload = _zipped(files) if files else None
        except DataError as error:
            st.error(str(error))
            upload = None
    left, right = st.columns(2)
    size = left.number_input("Side, in pixels", *IMAGE_SIZES, key="image_size", help=REASONS["image_size"])
    color = not right.toggle("Grey", key="grey")
    dataset = {"name": OWN, "image_size": size, "color": color}
    if upload is not None:
        _preview(dataset, upload)
    return dataset, upload or b""


def _describe_dataset(name: str) -> str:
    return name if name == OWN or name in EMBEDDED or is_available(name) else f"{name} (downloaded once)"


def _zipped(files: list[Any]) -> bytes:
    """The pictures of an uploaded folder, as the archive that the run reads. Raises DataError for a bad path."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        for file in files:
            if "\0" in file.name or len(file.name) > MAX_PATH:
                raise DataError(f"{file.name[:40]!r}… is a path that no disk would take; rename it")
            if file.name.lower().endswith(PICTURE_SUFFIXES):
                written.writestr(file.name, file.getvalue())
    return archive.getvalue()


def _preview(dataset: Json, upload: bytes | None) -> None:
    """Some of the images, where that costs no download; the reason, where they cannot be read."""
    if upload is None and not is_available(dataset["name"]):
        return
    try:
        described = json.dumps(dataset)
        images = _dataset(described, upload).train.images[:PREVIEW]
    except DataError as error:
        st.error(str(error))
        return
    caption = f"{len(_dataset(described, upload).train):,} training images; the first of them"
    st.image(_preview_sheet(images), caption=caption, alt=f"The first training images of {dataset['name']}")


def _preview_sheet(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The images side by side, each enlarged to some 48 pixels without blurring."""
    n, channels, height, width = images.shape
    columns = min(n, PREVIEW // 2)
    cells = images[: n - n % columns].reshape(-1, columns, channels, height, width).transpose(0, 3, 1, 4, 2)
    sheet = cells.reshape(-1, columns * width, channels)
    scale = max(1, round(PREVIEW_SIDE / height))
    large = sheet.repeat(scale, 0).repeat(scale, 1)
    return large if channels == 3 else large[:, :, 0]


@st.cache_resource(max_entries=3, show_spinner="Reading the images…")
def _dataset(description: str, upload: bytes | None) -> Dataset:
    options = json.loads(description)
    name = options.pop("name")
    if upload is None:
        return load_dataset(name)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "upload.zip"
        path.write_bytes(upload)
        return replace(load_dataset(str(path), **options), name=name)


def _more_choices(objective: ObjectiveName, beta: float) -> tuple[Json, Json]:
    """What few ask for: fields of the model's configuration, and of the training's."""
    with st.expander("More"):
        left, right = st.columns(2)
        model = {
            "likelihood": left.selectbox("Likelihood", get_args(Likelihood), key="likelihood"),
            "batch_norm": left.toggle("Batch normalisation", key="batch_norm"),
            "conditional": right.toggle("Tell the decoder the class", key="conditional"),
        }
        optimizer = right.selectbox("Optimiser", get_args(Optimizer), key="optimizer")
        rate = left.number_input(
            "Learning rate",
            1e-6,
            1.0,
            LEARNING_RATES[optimizer],
            format="%g",
            key=f"rate-{optimizer}",
            help=REASONS["rate"],
        )
        options = {
            "batch_size": right.number_input("Batch size", 2, 65_536, key="batch_size", help=REASONS["batch_size"]),
            "optimizer": optimizer,
            "learning_rate": rate,
            "schedule": left.selectbox("Schedule", get_args(Schedule), key="schedule"),
            "binarisation": right.selectbox("Binarisation", get_args(Binarisation), key="binarisation"),
            "seed": left.number_input("Seed", 0, 2**32 - 1, key="seed"),
        }
        terms: Json = {"name": objective}
        if objective in ("vae", "beta-tc"):
            terms["beta"] = beta
            terms["warmup"] = right.selectbox(
                "Warm-up of β, or cooling", get_args(Warmup), key="warmup", help=REASONS["warmup"]
            )
            if terms["warmup"] in ("linear", "cooling"):
                terms["warmup_share"] = left.slider(
                    "Its share of the run", 0.1, 1.0, format="percent", key="warmup_share"
                )
        if objective == "free-bits":
            terms["free_bits"] = right.number_input("Free bits, nats per dimension", 0.0, 10.0, 0.5, key="free_bits")
        if objective == "capacity":
            terms["capacity"] = right.number_input("Capacity at the end, nats", 0.1, 1000.0, 25.0, key="capacity")
        if objective == "iwae":
            terms["samples"] = right.number_input("Samples of z", 2, 100, 5, key="samples")
    return model, options | {"objective": Objective(**terms)}


def _estimate(dataset: Json, model: Json, config: TrainingConfig, seconds: float | None) -> None:
    """How long it will take here, where the images are at hand."""
    if dataset["name"] == OWN or not is_available(dataset["name"]):
        return
    per_epoch = _seconds_per_epoch(json.dumps(dataset), json.dumps(model), json.dumps(asdict(config) | {"epochs": 1}))
    device = choose_device(config.device).type
    if seconds is None:
        whole = per_epoch * config.epochs
        st.caption(f"About {_duration(whole)} on {device}: {config.epochs} epochs of {_duration(per_epoch)} each.")
    else:
        st.caption(f"On {device} an epoch takes about {_duration(per_epoch)}.")


@st.cache_data(max_entries=200, show_spinner="Measuring a few steps…")
def _seconds_per_epoch(dataset: str, model: str, training: str) -> float:
    chosen, options = _dataset(dataset, None), json.loads(model)
    config = TrainingConfig(**(asked := json.loads(training)) | {"objective": Objective(**asked["objective"])})
    classes = len(chosen.class_names) if options.pop("conditional") else 0
    model_config = default_config(chosen.image_shape, **options, classes=classes, posterior=config.objective.posterior)
    return seconds_per_epoch(chosen, model_config, config)


def _duration(seconds: float) -> str:
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    return (
        f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"
    )


def _start(name: str, request: Json, upload: bytes | None) -> None:
    try:
        check_name(name)
        if upload == b"":
            raise RunError("Upload the pictures first: a zip or a folder.")
        runs().start(name, request, upload)
    except RunError as error:
        st.error(str(error))
        return
    st.session_state["started"] = name
    st.rerun()

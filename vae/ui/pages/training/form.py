"""The form of a new run: the user's choices become a TrainingRequest."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from vae.datasets.made.recipes import MADE
from vae.datasets.pictures import DataError
from vae.datasets.registry import DATASETS, data_directory, how_to_make, is_available
from vae.datasets.splits import Binarisation
from vae.datasets.user_images.augmentation import Augmentation
from vae.jobs.run import RunError
from vae.jobs.runs import check_name
from vae.model.losses import Objective, ObjectiveName, Warmup
from vae.model.networks import MAX_LATENT_DIM, Architecture, Likelihood, choose_device
from vae.training.config import LEARNING_RATES, Optimizer, Schedule, TrainingConfig
from vae.training.request import MAX_SECONDS, WEIGHED, DatasetRequest, ModelRequest, TrainingRequest
from vae.training.trainer import seconds_per_epoch
from vae.ui.pages.training.explained import show_signs
from vae.ui.pages.training.own_pictures import (
    FIELDS,
    OWN,
    choose_own_pictures,
    choose_versions,
    load,
    plain,
    preview,
)
from vae.ui.pages.training.proposals import PRESETS
from vae.ui.pages.training.runs import app_runs
from vae.views.shared.models import DATASET_NAMES

ARCHITECTURES = {"mlp": "MLP", "conv": "Convolutional", "subpixel": "Convolutional, sub-pixel"}
OBJECTIVES = {
    "vae": "VAE",
    "autoencoder": "Plain autoencoder",
    "free-bits": "Free bits",
    "capacity": "Capacity",
    "beta-tc": "β-TC",
    "iwae": "IWAE",
}

Json = dict[str, Any]


# Why the limits of the numbers are what they are.
REASONS = {
    "beta": "0 to 1000: with a much smaller β already, z keeps nothing of the image.",
    "seconds": "5 s, the time of a start, to a day.",
    "epochs": "1 to 10,000: with more, a film of the run could exceed 10 MB.",
    "batch_size": "2, as batch normalisation needs, to 65,536, more images than most data sets have.",
    "rate": "Up to 1: every optimiser here diverges at much smaller rates.",
    "warmup": "A warm-up starts with a smaller weight of the KL. Cooling starts with 200 times the weight: the model "
    "learns large differences between images first.",
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
} | FIELDS


def show_form_if_asked() -> None:
    """Opens the form after want_form. The page does not rerun while it is open: that would close it."""
    asked = st.session_state.pop("form_asked", False)
    st.session_state["form_open"] = asked
    if asked:
        st.dialog("Train a model", width="large", on_dismiss="rerun")(start_form)()


def want_form() -> None:
    """Lets the page's next run open the form."""
    st.session_state["form_asked"] = True


def start_form() -> None:
    """The fields of a new run, and the button that starts it: above the less common choices, so that it is seen."""
    for key, value in START.items():  # not as the fields' own defaults: a preset could not change those
        st.session_state.setdefault(key, value)
    images, network = st.columns(2, gap="large")
    with images:
        preset = st.pills(
            "Preset", list(PRESETS), key="preset", on_change=_apply_preset, help="Fills in the fields of this form."
        )
        if preset:
            st.caption(PRESETS[preset].help)
        name = st.text_input("Name of the new checkpoint", key="run_name", max_chars=40, placeholder="my-model")
        dataset, upload, augmentation = _choose_dataset()
    with network:
        model, objective, beta = _choose_model()
        epochs, seconds = _choose_limit()
        first, end = st.container(), st.container()
        more, training, last = _more_choices(objective, beta)
    with end:
        try:
            config = TrainingConfig(epochs=epochs, augmentation=augmentation, **training)
            request = TrainingRequest(dataset, ModelRequest(**model, **more), config, seconds)
            show_signs(request, _pictures(request.dataset), first, last)
            _estimate(request)
        except (ValueError, DataError) as error:
            st.error(str(error))
            return
        if st.button("Start training", type="primary", width="stretch"):
            _start(name, request, upload)


def _choose_model() -> tuple[Json, ObjectiveName, float]:
    """Fields of ModelRequest; the objective and its β."""
    left, right = st.columns(2)
    architecture = left.selectbox(
        "Architecture",
        get_args(Architecture),
        format_func=ARCHITECTURES.__getitem__,
        key="architecture",
        help="An MLP starts with the mean of all images; a convolutional network has to learn it. For "
        "pictures in colour, try a sub-pixel decoder with batch normalisation.",
    )
    latent_dim = right.number_input(
        "Latent dimensions", 1, MAX_LATENT_DIM, key="latent_dim", help=f"More than {MAX_LATENT_DIM} decode slowly."
    )
    objective = left.selectbox(
        "Objective", get_args(ObjectiveName), format_func=OBJECTIVES.__getitem__, key="objective"
    )
    beta = right.number_input(
        "β, weight of the KL", 0.0, 1000.0, key="beta", disabled=objective not in WEIGHED, help=REASONS["beta"]
    )
    return {"architecture": architecture, "latent_dim": latent_dim}, objective, beta


def _choose_limit() -> tuple[int, float | None]:
    """Epochs, and seconds in their place or None."""
    left, right = st.columns(2)
    limit = left.segmented_control(
        "Train for", ["seconds", "epochs"], format_func=str.capitalize, key="limit", required=True
    )
    if limit == "epochs":
        return right.number_input("Epochs", 1, 10_000, key="epochs", help=REASONS["epochs"]), None
    seconds = right.number_input("Seconds, at most", 5, MAX_SECONDS, key="seconds", help=REASONS["seconds"])
    return TrainingConfig.epochs, float(seconds)


def _apply_preset() -> None:
    """Fills the fields with the preset's values."""
    state = st.session_state
    preset = PRESETS.get(state["preset"])
    if preset is None:
        return
    given = {key: value for key, value in asdict(preset).items() if key not in ("name", "help") and value is not None}
    state.update(given | {"limit": "seconds" if preset.seconds else "epochs"})


def _choose_dataset() -> tuple[DatasetRequest, Path | None, Augmentation]:
    """The chosen images; of the user's own also their zip, None before an upload, and how they are augmented."""
    options = [*DATASETS, OWN]
    chosen = st.selectbox("Dataset", options, key="dataset", format_func=_describe_dataset)
    if chosen != OWN:
        dataset = DatasetRequest(chosen)
        if chosen in MADE and not is_available(chosen):
            st.info(plain(how_to_make(chosen, data_directory())))
        preview(dataset, None)
        return dataset, None, Augmentation()
    request, upload = choose_own_pictures()
    return request, upload, choose_versions(request, upload)


def _describe_dataset(name: str) -> str:
    if name == OWN:
        return "My own images"
    known = DATASET_NAMES.get(name, name)
    if is_available(name):
        return known
    return f"{known} ({'made by a command' if name in MADE else 'downloads on first use'})"


def _more_choices(objective: ObjectiveName, beta: float) -> tuple[Json, Json, DeltaGenerator]:
    """The less common choices: fields of ModelRequest, and of TrainingConfig; the place beneath them."""
    with st.expander("More"):
        left, right = st.columns(2)
        model = {
            "likelihood": left.selectbox("Likelihood", get_args(Likelihood), key="likelihood"),
            "batch_norm": left.toggle("Batch normalisation", key="batch_norm"),
            "conditional": right.toggle("Conditional on the class", key="conditional"),
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
        training = {
            "batch_size": right.number_input("Batch size", 2, 65_536, key="batch_size", help=REASONS["batch_size"]),
            "optimizer": optimizer,
            "learning_rate": rate,
            "schedule": left.selectbox("Schedule", get_args(Schedule), key="schedule"),
            "binarisation": right.selectbox("Binarisation", get_args(Binarisation), key="binarisation"),
            "seed": left.number_input("Seed", 0, 2**32 - 1, key="seed"),
        }
        terms: Json = {"name": objective}
        if objective in WEIGHED:
            terms["beta"] = beta
            terms["warmup"] = right.selectbox(
                "Warm-up of β, or cooling", get_args(Warmup), key="warmup", help=REASONS["warmup"]
            )
            if terms["warmup"] in ("linear", "cooling"):
                terms["warmup_share"] = left.slider(
                    "Warm-up or cooling, share of the run", 0.1, 1.0, format="percent", key="warmup_share"
                )
        if objective == "free-bits":
            terms["free_bits"] = right.number_input("Free bits, nats per dimension", 0.0, 10.0, 0.5, key="free_bits")
        if objective == "capacity":
            terms["capacity"] = right.number_input("Capacity at the end, nats", 0.1, 1000.0, 25.0, key="capacity")
        if objective == "iwae":
            terms["samples"] = right.number_input("Samples of z", 2, 100, 5, key="samples")
        place = st.container()
    return model, training | {"objective": Objective(**terms)}, place


def _pictures(request: DatasetRequest) -> int | None:
    """How many pictures there are to train on; None before they are read."""
    known = request.name != OWN and is_available(request.name)
    return len(load(request, None).train) if known else None


def _estimate(request: TrainingRequest) -> None:
    """Shows how long the run will take on this machine, unless its images would have to be read first."""
    if request.dataset.name == OWN or not is_available(request.dataset.name):
        return
    config = request.training
    per_epoch = _seconds_per_epoch(replace(request, training=replace(config, epochs=1), seconds=None))
    device = choose_device(config.device).type
    if request.seconds is None:
        whole = per_epoch * config.epochs
        st.caption(f"About {_duration(whole)} on {device}: {config.epochs} epochs of {_duration(per_epoch)} each.")
    else:
        st.caption(f"On {device} an epoch takes about {_duration(per_epoch)}.")


@st.cache_data(max_entries=200, show_spinner="Measuring a few steps…")
def _seconds_per_epoch(request: TrainingRequest) -> float:
    dataset = load(request.dataset, None)
    return seconds_per_epoch(dataset, request.model_config(dataset), request.training)


def _duration(seconds: float) -> str:
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    return (
        f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"
    )


def _start(name: str, request: TrainingRequest, upload: Path | None) -> None:
    try:
        check_name(name)
        if request.dataset.name == OWN and upload is None:
            raise RunError("Upload the pictures first: a folder, a zip or files.")
        if request.dataset.name in MADE and not is_available(request.dataset.name):
            raise RunError(how_to_make(request.dataset.name, data_directory()))
        app_runs().start(name, request.to_json(), upload)
    except RunError as error:
        st.error(str(error))
        return
    st.session_state["started"] = name
    st.rerun()

"""The films on the Training page: of a run, of a checkpoint, or of two side by side."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from vae.jobs.runs import RunError
from vae.storage.checkpoints import Checkpoint, list_checkpoints
from vae.training.request import TrainingRequest
from vae.ui.shared import loaders, scripts
from vae.ui.shared.figures import PALETTE, bars, learning_curves
from vae.ui.training.form import new_run_button
from vae.ui.training.runs import app_runs, refresh_page, usable_checkpoint

NO_FILM = "none"
# Nats per image of the grey MNIST test images under two decoders. One always draws the mean of the training images, as
# after a full posterior collapse (the mean of the test images: 205.65), the other draws each image itself.
MNIST_REFERENCES = (
    {"term": "reconstruction", "value": 205.80, "label": "the mean training digit"},
    {"term": "reconstruction", "value": 45.53, "label": "the image itself"},
)


def checkpoint_film(name: str) -> Path | None:
    """The film that the checkpoint of this name keeps; None without one."""
    checkpoint = usable_checkpoint(name)
    return checkpoint.film if checkpoint else None


def show_films(checkpoint: Checkpoint | None) -> None:
    """The chosen film, of a run or of a checkpoint, perhaps with another beside it."""
    states = {run.name: status.state for run, status in app_runs().all()}
    filmed = _filmed()
    films = [*reversed(states), *(name for name in filmed if name not in states)]
    own = [checkpoint.name] if checkpoint is not None and checkpoint.name not in films else []
    _select_newest(checkpoint, films)
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
        "script": scripts.script_url("training/training.js"),
        "palette": list(PALETTE),
        "films": [
            {"kind": "run" if name in states else "checkpoint", "name": name, "state": states.get(name)}
            for name in shown
        ],
        "references": list(MNIST_REFERENCES) if all(_is_grey_mnist(name, filmed) for name in shown) else [],
    }
    _mount_films(data)


@st.fragment
def _mount_films(data: dict[str, Any]) -> None:
    """The component, which reports at once when the state of a run changes."""
    component = scripts.component("training", "training/training.css")
    component(key="training", data=data, on_changed_change=_note_change)
    if st.session_state.pop("run_changed", False):
        refresh_page()


def _note_change() -> None:
    st.session_state["run_changed"] = True


def _select_newest(checkpoint: Checkpoint | None, films: list[str]) -> None:
    """Selects the film of a run that was just started, or of a checkpoint that was just chosen."""
    state = st.session_state
    started, current = state.get("started"), checkpoint and checkpoint.name
    newest = started if started != state.get("film_started") else current if current != state.get("film_of") else None
    first = "film_of" not in state
    state["film_started"], state["film_of"] = started, current
    if first and "film" in st.query_params:  # the link chooses
        return
    if newest is not None and newest in {*films, current}:
        state["film"] = newest


def _filmed() -> dict[str, Checkpoint]:
    """The checkpoints that have a film, by name."""
    found = list_checkpoints(loaders.CHECKPOINTS)
    return {
        checkpoint.name: checkpoint for checkpoint in found if isinstance(checkpoint, Checkpoint) and checkpoint.film
    }


def _is_grey_mnist(name: str, filmed: Mapping[str, Checkpoint]) -> bool:
    """Whether MNIST_REFERENCES hold for the run or checkpoint of this name."""
    try:
        if (run := app_runs().find(name)) is not None:
            request = TrainingRequest.from_json(run.request())
            kind = request.dataset.name, request.model.likelihood, request.training.binarisation
        else:
            checkpoint = filmed[name]
            kind = checkpoint.dataset, checkpoint.model_config.likelihood, checkpoint.training["binarisation"]
    except (RunError, ValueError, KeyError):
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

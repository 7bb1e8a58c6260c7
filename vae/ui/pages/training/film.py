"""The films on the Training page: of a run, of a checkpoint, or of two side by side; beside them what starts a run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from vae.datasets.registry import is_available
from vae.jobs.run import RunError
from vae.storage.checkpoints import Checkpoint, list_checkpoints
from vae.training.film import film_version
from vae.training.request import TrainingRequest
from vae.ui.pages.training import form, selection
from vae.ui.pages.training.proposals import PRESETS, Preset, proposed_name, repeat_of, start_again, start_preset
from vae.ui.pages.training.runs import app_runs, own_runs, refresh_page, usable_checkpoint
from vae.ui.shared import loaders, scripts
from vae.views.shared import models
from vae.views.shared.pages import TRAINING
from vae.views.shared.palette import PALETTE
from vae.views.shared.scripts import script_url
from vae.views.training import GREY_MNIST, MNIST_REFERENCES, history, is_grey_mnist

KEY = "training"


def checkpoint_film(name: str) -> Path | None:
    """The film that the checkpoint of this name keeps; None without one."""
    checkpoint = usable_checkpoint(name)
    return checkpoint.film if checkpoint else None


def show_films(checkpoint: Checkpoint | None) -> None:
    """The film of a run or of a checkpoint, perhaps with another beside it; presets; the form if asked for."""
    states = {run.name: status.state for run, status in own_runs()}
    filmed = _filmed()
    films = [*reversed(states), *(name for name in filmed if name not in states)]
    current = checkpoint.name if checkpoint else None
    state = st.session_state
    chosen = selection.selection(current, films, st.query_params.to_dict(), state)
    selection.write_link(state["film"], chosen.beside)
    curves = checkpoint is not None and chosen.film not in films
    shown = [] if curves else [name for name in (chosen.film, chosen.beside) if name is not None]
    data = {
        "model": current or "",
        "frame": selection.linked_frame(chosen.film, st.query_params.to_dict(), state),
        "script": script_url("training/training.js"),
        "palette": list(PALETTE),
        "films": [
            {
                "kind": "run" if name in states else "checkpoint",
                "name": name,
                "state": states.get(name),
                "version": film_version(filmed[name].film) if name in filmed and name not in states else "",
            }
            for name in shown
        ],
        "history": history(checkpoint) if curves and checkpoint else None,
        "references": list(MNIST_REFERENCES) if all(_is_grey_mnist(name, filmed) for name in shown) else [],
        "selection": vars(chosen) | {"films": films, "curves": current if current not in films else None},
        "repeat": _repeat(chosen.film),
        "presets": [_card(title, preset) for title, preset in PRESETS.items() if preset.seconds],
        "obstacle": app_runs().obstacle(),
        "problem": state.get("start_problem", ""),
        "answered": state.get("answered", 0),
        "words": {found.name: models.words(found) for found in (*filmed.values(), checkpoint) if found is not None},
        "dataset_names": models.DATASET_NAMES,
    }
    _mount(data)
    form.show_form_if_asked()


@st.fragment
def _mount(data: dict[str, Any]) -> None:
    """The component, which reports at once when the state of a run changes, and what the user wants."""
    component = scripts.component(KEY, *TRAINING.styles, "training/panel.css")
    component(
        key=KEY,
        data=data,
        on_changed_change=_note_change,
        on_command_change=_take_command,
        on_frame_change=lambda: selection.rest_at(st.session_state[KEY]["frame"]),
    )
    selection.write_frame(st.session_state["frame"])
    if st.session_state.pop("run_changed", False):
        refresh_page()


def _note_change() -> None:
    st.session_state["run_changed"] = True


def _take_command() -> None:
    """Does what the user wants: films to show, a run to start, or the form. The browser may send anything."""
    state = st.session_state
    command = state[KEY]["command"]
    if not isinstance(command, dict):
        return
    number = command.get("number")
    state["answered"] = number if isinstance(number, int) else 0
    state["run_changed"], state["start_problem"] = True, ""
    try:
        match command.get("do"):
            case "show":
                selection.choose(command.get("film"), command.get("beside"))
            case "preset":
                state["started"] = start_preset(command.get("title"))
            case "again":
                state["started"] = start_again(str(command.get("name")), command.get("beta"))
            case "form":
                form.want_form()
    except RunError as error:
        state["start_problem"] = str(error)


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
            return (request.dataset.name, request.model.likelihood, request.training.binarisation) == GREY_MNIST
        return is_grey_mnist(filmed[name])
    except (RunError, ValueError, KeyError):
        return False


def _repeat(name: str | None) -> dict[str, Any] | None:
    """What "again, but β = …" offers for this film; None without one."""
    if name is None:
        return None
    found = repeat_of(name)
    return vars(found) | {"proposed": found.proposed}


def _card(title: str, preset: Preset) -> dict[str, str]:
    """A preset as its card has it."""
    facts: Sequence[str] = [models.DATASET_NAMES[preset.dataset], f"{preset.latent_dim}-D", f"{preset.seconds} s"]
    if not is_available(preset.dataset):
        facts = [*facts, "downloads first"]
    return {"title": title, "about": preset.help, "facts": " · ".join(facts), "name": proposed_name(preset.name)}

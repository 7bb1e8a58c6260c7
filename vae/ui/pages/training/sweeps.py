"""The sweeps on the Training page: each is one thing, with what it has found so far, and buttons for the whole."""

import json
from collections.abc import Callable
from typing import Any

import streamlit as st

from vae.jobs.run import RunError
from vae.jobs.runs import Runs
from vae.jobs.sweeps.feeding import start_feeder
from vae.jobs.sweeps.plot import plane_svg
from vae.jobs.sweeps.sweep import Sweep, SweepState, find_sweeps
from vae.jobs.sweeps.table import HEADS, Row, csv_text
from vae.storage.files import CheckpointError
from vae.ui.shared import scripts
from vae.views.shared.scripts import script_url

STYLES = ("lib/controls.css", "training/sweep.css", "training/signs.css", "lib/popover.css", "lib/glossary.css")
LOOK_SECONDS = 1.0  # the folders are read no more often for many visitors than for one


def show_sweeps(runs: Runs) -> None:
    """Every sweep in the app's folder of checkpoints."""
    for sweep, state in _states(str(runs.root), runs):
        with st.container(border=True):
            if isinstance(state, str):
                st.warning(state)
            else:
                _show(sweep, state)


@st.cache_resource(ttl=LOOK_SECONDS, show_spinner=False)
def _states(root: str, _runs: Runs) -> list[tuple[Sweep, SweepState | str]]:
    """The sweeps with how far each is, or why that cannot be told, in a sentence."""
    found: list[tuple[Sweep, SweepState | str]] = []
    for sweep in find_sweeps(_runs):
        try:
            found.append((sweep, sweep.state()))
        except RunError as error:
            found.append((sweep, str(error)))
    return found


def _show(sweep: Sweep, state: SweepState) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{sweep.name}**: {summary(state)}")
        if state.missing:
            working = bool(state.alive) or (state.fed and not state.paused)
            label, do = ("Pause", pause) if working else ("Resume", resume)
            st.button(label, key=f"sweep-{label}-{sweep.name}", on_click=_do, args=(do, sweep))
        with st.popover("Discard"):
            learnt = f"the {len(state.trained)} trained models and all that the others have learnt"
            st.write(
                f"This deletes the sweep “{sweep.name}”: {learnt if sweep.inside else 'all but its trained models'}."
            )
            st.button("Discard it", key=f"sweep-discard-{sweep.name}", on_click=_do, args=(Sweep.discard, sweep))
        opened = st.toggle("Table and plane", key=f"sweep-open-{sweep.name}", disabled=not state.trained)
    if state.missing:
        st.progress(state.progress)
    for name, status in state.failed.items():
        st.caption(f"{name}: {status.state}. {status.sentence}")
    if opened and state.trained:
        _show_results(sweep, state)


def summary(state: SweepState) -> str:
    """How far it is, in a sentence or two."""
    done, whole = len(state.trained), len(state.plan.members)
    if done == whole:
        return f"sweep, all {whole} models trained"
    parts = [f"sweep, {done} of {whole} models trained"]
    parts += [f"{name} {_doing(status.state, status.progress)}" for name, status in state.training.items()]
    if waiting := len(state.alive) - len(state.training):
        parts.append(f"{waiting} waiting")
    if failed := len(state.failed):
        parts.append(f"{failed} failed")
    if not state.alive:
        parts.append("paused" if state.paused else "about to go on" if state.fed else "nothing trains now")
    return "; ".join(parts)


def _doing(state: str, progress: float) -> str:
    return f"{progress:.0%}" if state == "running" else state


def _do(action: Callable[[Sweep], None], sweep: Sweep) -> None:
    try:
        action(sweep)
    except (RunError, OSError) as error:
        st.session_state["run_problem"] = str(error)
    _states.clear()


def pause(sweep: Sweep) -> None:
    """Pauses the whole. Raises RunError, OSError."""
    sweep.pause()


def resume(sweep: Sweep) -> None:
    """Lets it go on, fed by a process of its own. Raises OSError."""
    sweep.unpause()
    start_feeder(sweep)


# ---- what it has found -----------------------------------------------------------------------------------------------


def _show_results(sweep: Sweep, state: SweepState) -> None:
    try:
        rows, plane = _results(str(sweep.folder), state.trained, json.dumps(state.plan.to_json()), sweep, state)
    except CheckpointError as error:
        st.error(str(error))
        return
    offered = {path.parent.name for path in sweep.folder.parent.glob("*/config.json")} if sweep.inside else set()
    key = f"sweep-results-{sweep.name}"
    component = scripts.component("sweep", *STYLES)
    component(
        key=key,
        data={
            "script": script_url("training/sweep.js"),
            "name": sweep.name,
            "plane": plane,
            "csv": csv_text(rows),
            "heads": list(HEADS.items()),
            "rows": rows,
            "kept": sorted(offered & state.trained) if sweep.inside else None,
        },
        on_keep_change=lambda: _keep(sweep, st.session_state[key]["keep"]),
    )


@st.cache_data(max_entries=20, show_spinner=False)
def _results(
    folder: str,
    trained: frozenset[str],
    plan: str,
    _sweep: Sweep,
    _state: SweepState,
) -> tuple[list[Row], str]:
    """The table and the drawing so far; read again for another plan or more models. Raises CheckpointError."""
    rows = _sweep.rows(_state, {})
    return rows, plane_svg(rows, _sweep.name)


def _keep(sweep: Sweep, asked: Any) -> None:
    """Offers a model of the sweep on every page. The browser may send anything."""
    name = asked.get("name") if isinstance(asked, dict) else None
    if isinstance(name, str):
        _do(lambda found: found.keep(name), sweep)  # type: ignore[arg-type]

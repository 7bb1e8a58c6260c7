"""The runs on the Training page: their states and buttons, and the checkpoints that they have become."""

import socket

import streamlit as st

from vae.jobs.environment import runs_of
from vae.jobs.run import Command, Run, RunError, Status
from vae.jobs.runs import TRAINING, Runs
from vae.storage.atomic import staging_folder
from vae.storage.checkpoints import Checkpoint, list_checkpoints
from vae.ui.pages.training.sweeps import show_sweeps
from vae.ui.shared import loaders, page

REFRESH_SECONDS = 2.0


def app_runs() -> Runs:
    """All runs of the app's checkpoint folder."""
    return runs_of(loaders.CHECKPOINTS)


def own_runs() -> list[tuple[Run, Status]]:
    """Those that are not of a sweep, in the order of the queue."""
    return [(run, status) for run, status in app_runs().all() if run.membership() is None]


def usable_checkpoint(name: str) -> Checkpoint | None:
    """The usable checkpoint of this name. Any input is safe: it is compared with existing names, never made a path."""
    found = next((found for found in list_checkpoints(loaders.CHECKPOINTS) if found.name == name), None)
    return found if isinstance(found, Checkpoint) else None


def show_runs() -> None:
    """Every run with its buttons; a link to the model just trained; the reason why no run can be started."""
    if sentence := app_runs().obstacle():
        st.info(sentence)
    st.session_state.pop("run_states", None)  # the whole page is running already
    _show_runs()
    state, name = st.session_state, str(st.session_state.get("started", ""))
    if not name or app_runs().find(name) is not None or not _trained_on_page(usable_checkpoint(name)):
        return
    if state.get("finished") != name:  # select the new model, once
        state["finished"] = name
        page.choose_next(name)
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{name}** is trained and can be chosen on every page.")
        st.page_link("pages/1_Explore.py", label="Explore it", icon=":material/arrow_forward:")


@st.fragment(run_every=REFRESH_SECONDS)
def _show_runs() -> None:
    """Runs every REFRESH_SECONDS, as other users start and stop runs too; reruns the page when a state has changed."""
    found = own_runs()
    states = {run.name: status.state for run, status in found}
    before, st.session_state["run_states"] = st.session_state.get("run_states", states), states
    if states != before:
        refresh_page()
    for run, status in found:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            _show_run(run, status)
    show_sweeps(app_runs())
    if problem := st.session_state.pop("run_problem", None):
        st.error(problem)


def refresh_page() -> None:
    """Reruns the whole page after a run has changed, unless the form is open: that would close it."""
    if not st.session_state.get("form_open"):
        st.rerun()


def _show_run(run: Run, status: Status) -> None:
    sentence = "" if status.sentence == TRAINING else status.sentence
    where = f" on {status.host}" if status.alive and status.host not in {"", socket.gethostname()} else ""
    st.markdown(f"**{run.name}**: {status.state}{where}" + (f". {sentence}" if sentence else ""))
    if status.state in ("queued", "starting", "running"):
        st.button("Pause", key=f"pause-{run.name}", on_click=_send_command, args=(run, "pause"))
    if status.state in ("starting", "running"):
        st.button("Stop and keep", key=f"stop-{run.name}", on_click=_send_command, args=(run, "stop"))
    if status.state in ("paused", "failed", "killed"):
        st.button("Resume", key=f"resume-{run.name}", on_click=_resume, args=(run,))
    if log := run.log_end():
        with st.popover("Log"):
            st.code(log, language=None, wrap_lines=True)
    if status.state != "saving":
        with st.popover("Discard"):
            st.write(f"This deletes all that “{run.name}” has learnt.")
            st.button("Discard it", key=f"discard-{run.name}", on_click=_send_command, args=(run, "discard"))


def _send_command(run: Run, command: Command) -> None:
    try:
        app_runs().send_command(run, command)
    except (RunError, OSError) as error:
        st.session_state["run_problem"] = str(error)


def _resume(run: Run) -> None:
    try:
        app_runs().resume(run)
        st.session_state["started"] = run.name
    except RunError as error:
        st.session_state["run_problem"] = str(error)


def _trained_on_page(checkpoint: Checkpoint | None) -> bool:
    return checkpoint is not None and checkpoint.training.get("origin") == "page"


def delete_button(checkpoint: Checkpoint | None) -> None:
    """Beside the title: deletes the chosen checkpoint, after a question, if it was trained on this page."""
    if checkpoint is None or not _trained_on_page(checkpoint):
        return
    with page.controls(), st.popover("Delete model"):
        st.write(f"This deletes the checkpoint “{checkpoint.name}” for all users.")
        if st.button("Delete it", key="delete"):
            try:
                with staging_folder(checkpoint.path.parent) as gone:
                    checkpoint.path.rename(gone / checkpoint.name)  # at once, or not at all
            except FileNotFoundError:
                pass  # another user has just deleted it
            except OSError as error:
                st.error(f"{checkpoint.path}: could not be deleted ({error}).")
                return
            st.rerun()

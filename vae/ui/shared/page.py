"""What all pages have: bar, title, model picker, and choices that are part of the link."""

import html
from collections.abc import Mapping
from math import isinf
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from vae.storage.checkpoints import BrokenCheckpoint, Checkpoint, list_checkpoints
from vae.ui.shared import links, loaders, scripts
from vae.views.shared import models
from vae.views.shared.pages import VIEWS
from vae.views.shared.scripts import CLASS_SCRIPT, FRONTEND, script_url

FIRST_CHOICE = "mnist-z10"
LABEL_KEY = "class_told"  # of the session, and of the link
PAGES = (
    ("pages/0_Lessons.py", "Lessons", "Predict first, then see: lessons of five to ten minutes, and your own."),
    ("pages/1_Explore.py", "Explore", "Move along the latent dimensions and watch the picture follow."),
    ("pages/2_Latent_map.py", "Latent map", "See the encoded test images as points in the plane or in space."),
    ("pages/3_Sampling.py", "Sampling", "Draw latent vectors from the prior and decode them."),
    ("pages/4_Interpolation.py", "Interpolation", "Walk from one image to another through latent space."),
    ("pages/5_Reconstruction.py", "Reconstruction", "Compare images with what survives the bottleneck."),
    ("pages/6_Compare.py", "Compare", "Turn β over trained models, and see what it buys and what it costs."),
    ("pages/7_Training.py", "Training", "Train a model of your own and take it to the other pages."),
    ("pages/8_Class.py", "Class", "Open a class: students join with their phones, predict, vote and draw."),
)
# The names of the pages in the app's addresses, as Streamlit makes them of the scripts' names.
ADDRESSES = tuple(Path(path).stem.partition("_")[2] for path, _, _ in PAGES)

ICON = FRONTEND / "bar" / "icon.svg"


def begin_page(title: str, question: str | None = None) -> None:
    """The head of every page: the bar with links to the others, then the title, one open question, and controls().

    question: None for that of vae.views.shared.pages.
    Where they stand is in frontend/hosts/frame.css.
    """
    st.set_page_config(page_title=f"{title} · Latent Lab", page_icon=str(ICON), layout="wide")
    _drop_infinite_parameters()
    with st.container(key="bar", horizontal=True):
        with st.container(key="pages", horizontal=True):
            st.page_link("app.py", label="Latent Lab")
            for path, name, _ in PAGES:
                st.page_link(path, label=name)
        st.session_state["bar_place"] = st.container(key="bar_place")
    st.session_state["title"] = title
    question = question or next(view.question for view in VIEWS if view.address == title.replace(" ", "_"))
    with st.container(key="head", horizontal=True, vertical_alignment="center"):
        st.html(f"<h1 tabindex='-1'>{html.escape(title)}</h1><p>{html.escape(question)}</p>")
        st.session_state["controls_place"] = st.container(key="controls", horizontal=True, width="content")


def controls() -> DeltaGenerator:
    """The place at the right of the title, for what belongs to the page as a whole."""
    place: DeltaGenerator = st.session_state["controls_place"]
    return place


def _drop_infinite_parameters() -> None:
    """Removes numbers such as 1e999 from a link: Streamlit's number fields ignore other bad text, but fail on these."""
    infinite = [key for key, value in st.query_params.to_dict().items() if _is_infinite(value)]
    for key in infinite:
        del st.query_params[key]
    if infinite:
        st.rerun()  # in this run the fields would still take their values from the link


def _is_infinite(text: str) -> bool:
    try:
        return isinf(float(text))
    except ValueError:
        return False


def choose_checkpoint() -> Checkpoint:
    """The checkpoint chosen in the bar; without any, ends the page and says what to do."""
    return find_checkpoint() or st.stop()


def find_checkpoint() -> Checkpoint | None:
    """The checkpoint chosen in the bar, which this shows. It is part of the URL and the same on all pages.

    None, with the reason and what to do on the page, if there is none to choose.
    """
    found = st.session_state["found"] = list_checkpoints(loaders.CHECKPOINTS)
    whole = {checkpoint.name: checkpoint for checkpoint in found if isinstance(checkpoint, Checkpoint)}
    linked, before = st.query_params.get("checkpoint"), st.session_state.get("chosen")
    chosen = _current_choice(models.in_order(whole), linked) if whole else None
    _show_bar(found, chosen)
    if chosen is None:
        st.error(f"There is no usable checkpoint in {loaders.CHECKPOINTS}. Train one on the Training page.")
        return None
    choose_next(chosen)
    if linked is not None and linked not in whole:
        deleted = linked == before and linked not in {checkpoint.name for checkpoint in found}
        reason = "was deleted" if deleted else "is not usable here, although this link asks for it"
        st.warning(f"The checkpoint “{linked}” {reason}; showing {chosen} instead.")
    st.query_params["checkpoint"] = chosen
    return whole[chosen]


def found_checkpoints() -> list[Checkpoint | BrokenCheckpoint]:
    """All checkpoints, as find_checkpoint has read them in this run: reading them takes milliseconds."""
    found: list[Checkpoint | BrokenCheckpoint] = st.session_state["found"]
    return found


def _show_bar(found: list[Checkpoint | BrokenCheckpoint], chosen: str | None) -> None:
    """The part of the bar that is a component: model picker, share, present, theme."""
    place: DeltaGenerator = st.session_state["bar_place"]
    data = {
        "script": script_url("bar/bar.js"),
        "page": st.session_state["title"],
        "models": models.listed(found),
        "chosen": chosen,
        "class_script": script_url(CLASS_SCRIPT),
    }
    component = scripts.component("bar", "lib/controls.css", "lib/popover.css", "lib/glossary.css", "bar/bar.css")
    with place:
        component(key="bar_component", data=data, on_chosen_change=_take_choice)


def choose_next(name: str) -> None:
    """Makes this checkpoint the choice of the page's next run."""
    st.session_state["chosen"] = name


def _take_choice() -> None:
    """Takes the name of a model that the bar has sent: {"name": text, "time": of the choice}, so that each is news."""
    sent = st.session_state["bar_component"].chosen
    if isinstance(sent, Mapping) and isinstance(sent.get("name"), str):
        choose_next(sent["name"])


def _current_choice(names: list[str], linked: str | None) -> str:
    """The checkpoint to show: what the user has chosen on any page, or the link's.

    Not by Streamlit's binding, which omits the first choice from the link, although another app may have another first
    choice, nor by its persistence, which forgets the choice of a link when the page changes.
    """
    known = [st.session_state.get("chosen"), linked, FIRST_CHOICE]
    if links.by_history():
        known.insert(0, linked)
    return next((name for name in known if name in names), names[0])


def take_label(name: str) -> None:
    """Chooses a class for choose_label, from a callback: before the page runs."""
    st.session_state[LABEL_KEY] = name


def choose_label(checkpoint: Checkpoint, unchosen: str, default: int | None = None) -> int | None:
    """The class that a conditional model decodes as, chosen beside the title and part of the URL.

    unchosen names the first choice, which returns `default`; every unconditional model returns it, too.
    """
    if not checkpoint.model_config.classes:
        return default
    with controls():
        chosen = st.selectbox(
            "Decode as class",
            ["", *checkpoint.class_names],
            format_func=lambda name: name or unchosen,
            key=LABEL_KEY,
            bind="query-params",
            help="This model's decoder is conditional on a class: the same z with another class keeps the style.",
        )
    return checkpoint.class_names.index(chosen) if chosen else default

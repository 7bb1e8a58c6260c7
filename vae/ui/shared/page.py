"""What all pages have: head, checkpoint picker, and choices that are part of the link."""

from math import isinf
from pathlib import Path
from typing import Any

import streamlit as st

from vae.model.networks import ModelConfig
from vae.storage.checkpoints import BrokenCheckpoint, Checkpoint, list_checkpoints
from vae.ui.shared import links, loaders

FIRST_CHOICE = "mnist-z10"
PAGES = (
    ("pages/1_Explore.py", "Explore", "Move along the latent dimensions and watch the picture follow."),
    ("pages/2_Latent_map.py", "Latent map", "See the encoded test images as points in the plane or in space."),
    ("pages/3_Sampling.py", "Sampling", "Draw latent vectors from the prior and decode them."),
    ("pages/4_Interpolation.py", "Interpolation", "Walk from one image to another through latent space."),
    ("pages/5_Reconstruction.py", "Reconstruction", "Compare images with what survives the bottleneck."),
    ("pages/6_Training.py", "Training", "Train a model of your own and take it to the other pages."),
)
# The names of the pages in the app's addresses, as Streamlit makes them of the scripts' names.
ADDRESSES = tuple(Path(path).stem.partition("_")[2] for path, _, _ in PAGES)

STYLE = """<style>
[data-testid="stMainBlockContainer"] { padding-top: 3rem; padding-bottom: 2rem }
/* Without the sidebar Streamlit's header lies over the top of the page, 3.75rem high. */
.stApp:has([data-testid="stExpandSidebarButton"]) [data-testid="stMainBlockContainer"] { padding-top: 4.25rem }
@media (max-width: 640px) { [data-testid="stMainBlockContainer"] { padding-top: 4.5rem } }
[data-testid="stSidebarUserContent"] { padding-top: 0 }
[data-testid="stMainBlockContainer"] h1 { padding-top: 0; font-size: 2.2rem }
</style>"""


def begin_page(title: str, question: str) -> None:
    """The head of every page: links to the others, the title and one open question."""
    st.set_page_config(page_title=f"{title} · Latent Lab", page_icon="🌀", layout="wide")
    st.html(STYLE)
    _drop_infinite_parameters()
    with st.sidebar:
        st.page_link("app.py", label="Latent Lab")
        for path, name, _ in PAGES:
            st.page_link(path, label=name)
    st.title(title, anchor=False)
    st.markdown(f"##### {question}")


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
    """The checkpoint chosen in the sidebar; without any, ends the page and says what to do."""
    return find_checkpoint() or st.stop()


def find_checkpoint() -> Checkpoint | None:
    """The checkpoint chosen in the sidebar, with its card. It is part of the URL and the same on all pages.

    None, with the reason and what to do in the sidebar, if there is none to choose.
    """
    found = list_checkpoints(loaders.CHECKPOINTS)
    whole = {checkpoint.name: checkpoint for checkpoint in found if isinstance(checkpoint, Checkpoint)}
    linked = st.query_params.get("checkpoint")
    with st.sidebar:
        if not whole:
            _show_broken(found)
            st.error(f"There is no usable checkpoint in {loaders.CHECKPOINTS}. Train one on the Training page.")
            return None
        names = list(whole)
        state, before = st.session_state, st.session_state.get("chosen")
        current = _current_choice(names, linked)
        outdated = state.get("checkpoint") not in (None, current)
        if outdated:
            state["checkpoint"] = current  # in place of the choice that the browser still shows
        chosen = st.selectbox(
            "Checkpoint",
            names,
            index=0 if outdated else names.index(current),
            key="checkpoint",
            on_change=_take_choice,
            help="A trained model with its encoded test set. The choice holds for all pages and is part of the link.",
        )
        state["chosen"] = chosen
        _show_card(whole[chosen])
        _show_broken(found)
    if linked is not None and linked not in whole:
        deleted = linked == before and linked not in {checkpoint.name for checkpoint in found}
        reason = "was deleted" if deleted else "is not usable here, although this link asks for it"
        st.warning(f"The checkpoint “{linked}” {reason}; showing {chosen} instead.")
    st.query_params["checkpoint"] = chosen
    return whole[chosen]


def choose_next(name: str) -> None:
    """Makes this checkpoint the choice of the page's next run."""
    st.session_state["chosen"] = name


def _take_choice() -> None:
    choose_next(st.session_state["checkpoint"])


def _current_choice(names: list[str], linked: str | None) -> str:
    """The checkpoint to show: what the user has chosen on any page, or the link's.

    Not by Streamlit's binding, which omits the first choice from the link, although another app may have another first
    choice, nor by its persistence, which forgets the choice of a link when the page changes.
    """
    known = [st.session_state.get("chosen"), linked, FIRST_CHOICE]
    if links.by_history():
        known.insert(0, linked)
    return next((name for name in known if name in names), names[0])


def _show_card(checkpoint: Checkpoint) -> None:
    config, metrics = checkpoint.model_config, checkpoint.metrics
    with st.container(border=True):
        st.markdown(f"**{checkpoint.name}** · z in {config.latent_dim} dimensions")
        st.caption(
            f"{checkpoint.dataset}, {' × '.join(map(str, config.image_shape))} pixels  \n"
            f"{config.architecture}, {objective_name(checkpoint)}  \n"
            f"{_score(metrics, config)}  \n"
            f"decodes on {loaders.device_name()}"
        )


def objective_name(checkpoint: Checkpoint) -> str:
    """What the checkpoint was trained to minimise, in a few words."""
    objective = checkpoint.objective
    named = {"autoencoder": "plain autoencoder", "iwae": f"IWAE of {objective.samples}", "beta-tc": "β-TC, "}
    weighed = f"β = {objective.beta:g}" if objective.name in ("vae", "beta-tc") else ""
    kind = named.get(objective.name, "" if weighed else objective.name) + weighed
    cooled = ", KL cooled" if objective.warmup == "cooling" else ""
    return kind + cooled + (", conditional on the class" if checkpoint.model_config.classes else "")


def _score(metrics: dict[str, Any], config: ModelConfig) -> str:
    reconstruction = f"reconstruction {metrics['reconstruction']:.1f}"
    if metrics["kl"] is None:
        return f"test {reconstruction} nats per image; no KL, no prior"
    parts = f"= {reconstruction} + KL {metrics['kl']:.1f}"
    if config.classes:
        parts += f"  \nbounds −log p(x|class): {_with_label(metrics['negative_elbo'], config)}"
    return f"test −ELBO {metrics['negative_elbo']:.1f} nats per image  \n{parts}"


def _with_label(negative_elbo: float, config: ModelConfig) -> str:
    """The −ELBO of a conditional model with what its class costs, which makes it comparable with other models."""
    return f"{negative_elbo + config.label_nats:.1f} with ln\N{NO-BREAK SPACE}{config.classes} for the class"


def _show_broken(found: list[Checkpoint | BrokenCheckpoint]) -> None:
    for broken in found:
        if isinstance(broken, BrokenCheckpoint):
            st.warning(f"Checkpoint “{broken.name}” cannot be used. {broken.error}", icon=":material/broken_image:")


def show_pages() -> None:
    """Links to all pages, each with what it is for."""
    columns = st.columns(3)
    for place, (path, title, job) in enumerate(PAGES):
        with columns[place % 3], st.container(border=True):
            st.page_link(path, label=f"**{title}**")
            st.caption(job)


def show_checkpoints() -> None:
    """A table of the usable checkpoints."""
    rows = [found for found in list_checkpoints(loaders.CHECKPOINTS) if isinstance(found, Checkpoint)]
    st.table(
        {
            "checkpoint": [row.name for row in rows],
            "dataset": [row.dataset for row in rows],
            "latent dimensions": [row.model_config.latent_dim for row in rows],
            "architecture": [row.model_config.architecture for row in rows],
            "objective": [objective_name(row) for row in rows],
            "test −ELBO, nats per image": [_bound(row) for row in rows],
            "of it KL, nats": [_nats(row.metrics["kl"]) for row in rows],
        },
        hide_index=True,
        hide_header=False,
    )


def _bound(checkpoint: Checkpoint) -> str:
    config, value = checkpoint.model_config, checkpoint.metrics["negative_elbo"]
    given = f", given the class; {_with_label(value, config)}" if config.classes and value is not None else ""
    return _nats(value) + given


def _nats(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f}"


def choose_label(checkpoint: Checkpoint, unchosen: str, default: int | None = None) -> int | None:
    """The class that a conditional model decodes as, chosen in the sidebar and part of the URL.

    unchosen names the first choice, which returns `default`; every unconditional model returns it, too.
    """
    if not checkpoint.model_config.classes:
        return default
    with st.sidebar:
        chosen = st.selectbox(
            "Decode as class",
            ["", *checkpoint.class_names],
            format_func=lambda name: name or unchosen,
            key="class_told",
            bind="query-params",
            help="This model's decoder is conditional on a class: the same z with another class keeps the style.",
        )
    return checkpoint.class_names.index(chosen) if chosen else default

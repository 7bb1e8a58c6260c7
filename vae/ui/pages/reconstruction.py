"""The Python side of the Reconstruction page: its image, another data set to compare with, scores made once."""

from contextlib import suppress
from functools import partial

import streamlit as st

from vae.datasets.pictures import DataError
from vae.datasets.registry import DATASETS, is_available
from vae.storage.checkpoints import Checkpoint
from vae.ui.pages.latent_map.source import images_on_disk
from vae.ui.shared import compared, current_image, links, loaders, page, scripts
from vae.views.reconstruction import (
    OtherImages,
    Scored,
    compare_empty,
    other_data,
    reconstruction_data,
    score_data,
    score_other,
    score_test_images,
)
from vae.views.shared.pages import RECONSTRUCTION

LOADING_SECONDS = 2.0  # for which the page waits for the test images of its data set; MNIST takes half a second
NO_OTHER = ""


def reconstruction(checkpoint: Checkpoint) -> None:
    """The component. The test image that it shows is part of the link."""
    own = current_image.shows_own_picture(checkpoint)
    label = page.choose_label(checkpoint, "its own, or the most likely")
    other = _choose_other(checkpoint)
    others = compared.choose_compared(checkpoint)
    row = current_image.chosen_image(checkpoint)
    data = _page_data(checkpoint) | compared.compared_data(checkpoint, others, cached_data)
    data |= {
        "label": label,
        "image": row,
        "own": own,
        "other": None if other is None else _other_data(checkpoint, other),
    }
    component = scripts.component(RECONSTRUCTION.name, *RECONSTRUCTION.styles)
    component(key="reconstruction", data=data, on_choice_change=partial(_take_choice, checkpoint))
    current_image.write_link(None if own else row)


def _take_choice(checkpoint: Checkpoint) -> None:
    """Takes the test image that the user has chosen, or that the user shows an own picture."""
    sent = st.session_state["reconstruction"]["choice"]
    sent = sent if isinstance(sent, dict) and sent.get("model") == checkpoint.name else {}
    if (row := links.sent_row(sent.get("image"), checkpoint)) is not None:
        current_image.choose_image(checkpoint, row)
    elif sent:
        current_image.show_own_picture()


def _choose_other(checkpoint: Checkpoint) -> str | None:
    """Another data set on this machine to show the model; part of the URL."""
    names = [name for name in DATASETS if name != checkpoint.dataset and is_available(name)]
    with page.controls():
        chosen = st.selectbox(
            "Compare with data set",
            [NO_OTHER, *names],
            format_func=lambda name: name or "none",
            key="other",
            bind="query-params",
            help="Images that the model was not trained on, below the pictures: reconstructed, and scored against the "
            "test images.",
        )
    return chosen or None


def _other_data(checkpoint: Checkpoint, name: str) -> dict[str, object]:
    try:
        loaders.or_stop(lambda found, version: _cached_other(found, version, name), checkpoint)  # with its spinner
        return loaders.or_stop(lambda found, version: cached_other_data(found, version, name), checkpoint)
    except DataError as error:
        st.error(str(error))
        st.stop()


def _page_data(checkpoint: Checkpoint) -> dict[str, object]:
    loaders.load_model(checkpoint)  # ends the page with the reason if the weights are broken
    loaders.or_stop(_cached_scores, checkpoint)  # here, where Streamlit shows that it takes time
    return loaders.or_stop(cached_data, checkpoint) | loaders.or_stop(cached_score_data, checkpoint)


@st.cache_resource(max_entries=16, show_spinner=False)
def cached_data(_checkpoint: Checkpoint, version: tuple[str, int]) -> dict[str, object]:
    """The component's data of a checkpoint; computed once, because a page's run must be short."""
    return reconstruction_data(_checkpoint, loaders.cached_examples(_checkpoint, version), version[1])


@st.cache_resource(max_entries=16, show_spinner=False)
def cached_score_data(_checkpoint: Checkpoint, version: tuple[str, int]) -> dict[str, object]:
    """What the component gets of the scores. Raises CheckpointError, FileNotFoundError."""
    model, own = loaders.cached_model(_checkpoint, version), _cached_scores(_checkpoint, version)
    return score_data(own, compare_empty(_checkpoint, model, own))


@st.cache_resource(max_entries=16, show_spinner="Scoring test images…")
def _cached_scores(_checkpoint: Checkpoint, version: tuple[str, int]) -> Scored:
    """The test images' scores, corrected ones of some that there are here."""
    encoded = loaders.cached_encoded(_checkpoint, version)
    images = loaders.cached_examples(_checkpoint, version)
    with suppress(TimeoutError):  # the data set is large: the examples are there at once
        loaded = images_on_disk(_checkpoint, version).result(timeout=LOADING_SECONDS)
        images = images if loaded is None else loaded
    return score_test_images(_checkpoint, loaders.cached_model(_checkpoint, version), encoded, images)


@st.cache_resource(max_entries=16, show_spinner="Scoring the other data set…")
def _cached_other(_checkpoint: Checkpoint, version: tuple[str, int], name: str) -> OtherImages:
    return score_other(_checkpoint, loaders.cached_model(_checkpoint, version), name)


@st.cache_resource(max_entries=16, show_spinner=False)
def cached_other_data(_checkpoint: Checkpoint, version: tuple[str, int], name: str) -> dict[str, object]:
    """What the component gets of another data set. Raises DataError, CheckpointError, FileNotFoundError."""
    other, own = _cached_other(_checkpoint, version, name), _cached_scores(_checkpoint, version)
    return other_data(_checkpoint, name, other, own)

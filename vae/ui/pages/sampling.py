"""The Python side of the Sampling page: its settings in the session and in the link."""

import re
from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st

from vae.storage.checkpoints import Checkpoint
from vae.ui.shared import compared, current_image, links, loaders, scripts
from vae.validation import is_whole, parse_whole
from vae.views.sampling import (
    COMPONENTS,
    LAST_SEED,
    MOST_SIDE,
    Fitted,
    default_sources,
    fit_sources,
    is_source,
    noises,
    offered_sources,
    sampling_data,
    source,
)
from vae.views.shared.pages import SAMPLING

Params = dict[str, str]  # names and values in the link


def sampling(checkpoint: Checkpoint) -> None:
    """The live grids of samples. Their settings at the last release are in the page's state and in the link."""
    loaders.load_model(checkpoint)  # a broken one ends the page here, with the reason
    others = compared.choose_compared(checkpoint)
    params = _params(checkpoint)
    seed, latent_dim = int(params.get("seed", "0")), checkpoint.model_config.latent_dim
    chosen = {params.get(name, default) for name, default in default_sources(_fitted(checkpoint)).items()}
    data = loaders.or_stop(cached_data, checkpoint)
    shown_source = params.get("source", default_sources(_fitted(checkpoint))["source"])
    data = data | compared.compared_data(checkpoint, others, partial(_beside, seed, latent_dim, shown_source))
    data |= {
        "params": params,
        "image": current_image.shown_image(checkpoint),
        "noises": noises(seed, latent_dim),
        "sources": loaders.or_stop(
            lambda found, version: {name: cached_source(found, version, name) for name in sorted(chosen)}, checkpoint
        ),
    }
    component = scripts.component(SAMPLING.name, *SAMPLING.styles)
    on_params, on_picked = partial(_take, checkpoint), partial(_take_picked, checkpoint)
    component(key="sampling", data=data, on_params_change=on_params, on_picked_change=on_picked)
    _write_link(params | {"seed": str(seed)})


def _beside(seed: int, latent_dim: int, name: str, other: Checkpoint, version: tuple[str, int]) -> dict[str, object]:
    """The data of a model beside the first: with the first one's source where it has it, and noise of its own size.

    Of equal size, the noise is the first one's.
    """
    offered = offered_sources(other, cached_fit(other, version))
    data = cached_data(other, version) | {
        "sources": {name: cached_source(other, version, name)} if is_source(name, other, offered) else {}
    }
    own = other.model_config.latent_dim
    return data if own == latent_dim else data | {"noises": noises(seed, own)}


def _write_link(linked: Params) -> None:
    for name in CHECKS:
        if name in linked:
            st.query_params[name] = linked[name]
        elif name in st.query_params:
            del st.query_params[name]


def _take(checkpoint: Checkpoint) -> None:
    """Keeps the settings that the component sends on release. A new test image is that of all pages."""
    sent = st.session_state["sampling"]["params"]
    params = st.session_state["sampling_params"] = {name: str(sent[name]) for name in CHECKS if name in sent}
    name, row = _image_setting(params) or ("", "")
    if name and _is_source(params[name], checkpoint) and int(row) != current_image.shown_image(checkpoint):
        current_image.choose_image(checkpoint, int(row))


def _image_setting(params: Params) -> tuple[str, str] | None:
    """The setting whose posterior is that of a test image, and the image's number; of two the first."""
    for name in ("source", "against"):
        kind, _, row = params.get(name, "").partition(":")
        if kind == "image":
            return name, row
    return None


def _take_picked(checkpoint: Checkpoint) -> None:
    """Keeps the z of the picture that the user has picked for Explore."""
    sent = st.session_state["sampling"]["picked"]
    if not isinstance(sent, dict) or sent.get("model") != checkpoint.name:
        return
    config, label = checkpoint.model_config, sent.get("label")
    if z := links.sent_z(sent.get("z"), config.latent_dim):
        known = label if is_whole(label, 0, config.classes - 1) else None
        current_image.choose_place(checkpoint, "picture of Sampling", z, known)


# ---- the component's data --------------------------------------------------------------------------------------------


@st.cache_resource(max_entries=16, show_spinner=False)
def cached_data(_checkpoint: Checkpoint, version: tuple[str, int]) -> dict[str, object]:
    """The component's data of a checkpoint; computed once, because a page's run must be short."""
    encoded = loaders.cached_encoded(_checkpoint, version)
    return sampling_data(_checkpoint, encoded, cached_fit(_checkpoint, version))


@st.cache_resource(max_entries=16, show_spinner="Fitting Gaussians to the encoded test set, once; up to ten seconds…")
def cached_fit(_checkpoint: Checkpoint, version: tuple[str, int]) -> Fitted:
    """What the page's sources are fitted to. Raises CheckpointError, FileNotFoundError."""
    return fit_sources(_checkpoint, loaders.cached_encoded(_checkpoint, version))


def cached_source(checkpoint: Checkpoint, version: tuple[str, int], name: str) -> Mapping[str, object]:
    """The source of this name, which the checks have accepted."""
    return source(checkpoint, loaders.cached_encoded(checkpoint, version), cached_fit(checkpoint, version), name)


def _fitted(checkpoint: Checkpoint) -> Fitted:
    return loaders.or_stop(cached_fit, checkpoint)


# ---- the link --------------------------------------------------------------------------------------------------------

Check = Callable[[str, Checkpoint], bool]


def _params(checkpoint: Checkpoint) -> Params:
    """The settings of the page; those that do not fit the model are left out and so have their defaults.

    A test image whose posterior is shown is that of all pages.
    """
    from_link = "sampling_params" not in st.session_state or links.by_history()
    if from_link:
        _take_link(checkpoint)
    stored: Params = st.session_state["sampling_params"]
    params = {name: value for name, value in stored.items() if CHECKS[name][0](value, checkpoint)}
    if setting := _image_setting(params):
        name, row = setting
        if from_link and current_image.link_decides():
            current_image.choose_image(checkpoint, int(row))
        params[name] = stored[name] = f"image:{current_image.shown_image(checkpoint)}"
    return params


def _take_link(checkpoint: Checkpoint) -> None:
    linked = {name: value for name, value in st.query_params.to_dict().items() if name in CHECKS}
    st.session_state["sampling_params"] = linked
    for name, value in linked.items():
        fits, expected = CHECKS[name]
        if not fits(value, checkpoint):
            st.warning(f"This link's “{name}” is not {expected}; it is ignored.")


def _is_whole(text: str, least: int, most: int) -> bool:
    return parse_whole(text, least, most) is not None


def _is_decimal(text: str, least: float, most: float) -> bool:
    return re.fullmatch(r"[0-9](\.[0-9]{1,2})?", text) is not None and least <= float(text) <= most


def _is_class(text: str, checkpoint: Checkpoint) -> bool:
    return _is_whole(text, 0, checkpoint.model_config.classes - 1)


def _is_source(text: str, checkpoint: Checkpoint) -> bool:
    return is_source(text, checkpoint, offered_sources(checkpoint, _fitted(checkpoint)))


def _is_hold(text: str, checkpoint: Checkpoint) -> bool:
    dimension, _, value = text.partition(":")
    whole = _is_whole(dimension, 0, checkpoint.model_config.latent_dim - 1)
    return whole and re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{1,2})?", value) is not None


def _is_plane(text: str, checkpoint: Checkpoint) -> bool:
    latent_dim = checkpoint.model_config.latent_dim
    axes = text.split(",")
    whole = [
        _is_whole(axis[2:], 1, min(COMPONENTS, latent_dim))
        if axis.startswith("pc")
        else axis.startswith("z") and _is_whole(axis[1:], 0, latent_dim - 1)
        for axis in axes
    ]
    return len(axes) == min(2, latent_dim) and all(whole)


CHECKS: dict[str, tuple[Check, str]] = {
    "view": (lambda text, _: text in ("one", "two", "plane"), "one, two or plane"),
    "seed": (lambda text, _: _is_whole(text, 0, LAST_SEED), f"a whole number from 0 to {LAST_SEED}"),
    "side": (lambda text, _: _is_whole(text, 2, MOST_SIDE), f"a whole number from 2 to {MOST_SIDE}"),
    "temperature": (lambda text, _: _is_decimal(text, 0, 2), "a number from 0 to 2 with up to two decimals"),
    "truncation": (lambda text, _: _is_decimal(text, 0.1, 4), "a number from 0.1 to 4 with up to two decimals"),
    "source": (_is_source, "a source of this model"),
    "against": (_is_source, "a source of this model"),
    "told": (_is_class, "the number of a class of this conditional model"),
    "against_told": (_is_class, "the number of a class of this conditional model"),
    "hold": (_is_hold, "a latent dimension of this model and its value, such as 0:1.5"),
    "plane": (_is_plane, "axes of this model, such as z0,z1"),
}

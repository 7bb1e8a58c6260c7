"""The latent map's controls beside the title: method, dimensions, axes, parameters."""

from typing import Any

import streamlit as st

from vae.projection.config import METHODS, MIN_DIST, NAMES, NEIGHBOURS, PERPLEXITY, SEED, Method, ProjectionConfig
from vae.storage.checkpoints import Checkpoint
from vae.ui.shared import links, page
from vae.ui.shared.loaders import load_strength
from vae.views.latent_map import own_method

AXES = ("across", "up", "depth")  # their names in the link
METHOD_OF_LINK: dict[str, Method] = {name: method for method, name in NAMES.items()}


def choose_projection(checkpoint: Checkpoint) -> ProjectionConfig:
    """The projection that the user has chosen; all choices are in the link."""
    latent_dim = checkpoint.model_config.latent_dim
    with page.controls(), st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
        method = _choose_method(checkpoint)
        dims = _choose_dims()
        shown = min(dims, max(2, latent_dim))
        options: dict[str, Any] = {}
        if method == "raw" and latent_dim > 1:
            options["axes"] = _choose_axes(checkpoint, shown)
        if method in {"tsne", "umap"}:
            with st.popover("Parameters"):
                options = _choose_parameters(method)
        if shown < dims:
            st.caption(f"z has {latent_dim} dimension{'s' * (latent_dim > 1)}: drawn in the plane.", width="stretch")
    return ProjectionConfig(method, shown, **options)


def _choose_method(checkpoint: Checkpoint) -> Method:
    """What the link or the user has chosen; without a choice, each model opens with what shows it best.

    Not by Streamlit's binding: the default is another one for each model, and a widget's own default cannot change.
    """
    state, default = st.session_state, own_method(checkpoint)
    if "method" not in state or links.by_history():
        linked = METHOD_OF_LINK.get(st.query_params.get("method", ""))
        state["method"], state["map_method_chosen"] = linked or default, linked is not None
    elif not state["map_method_chosen"]:
        state["method"] = default
    method: Method = st.segmented_control(
        "Projection",
        list(METHODS),
        format_func=NAMES.__getitem__,
        key="method",
        required=True,
        on_change=_take_method,
        label_visibility="collapsed",
    ) or default  # fmt: skip
    if method == default:
        st.query_params.pop("method", None)
    else:
        st.query_params["method"] = NAMES[method]
    return method


def _take_method() -> None:
    st.session_state["map_method_chosen"] = True


def _choose_dims() -> int:
    chosen = st.segmented_control(
        "Dimensions",
        [2, 3],
        default=2,
        format_func=lambda dims: f"{dims}-D",
        key="dims",
        required=True,
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen or 2  # a link may say dims=


def _choose_axes(checkpoint: Checkpoint, dims: int) -> tuple[int, ...]:
    """The latent dimensions to show; at first those that the model uses most."""
    latent_dim, strength = checkpoint.model_config.latent_dim, load_strength(checkpoint)
    if latent_dim == dims and st.query_params.keys().isdisjoint(AXES):
        return tuple(range(dims))  # nothing to choose, but a link may turn the plane
    strongest = sorted(sorted(range(latent_dim), key=lambda i: -strength[i])[:dims])
    axes: tuple[int, ...] = ()
    with st.popover("Axes"):
        for key, default in zip(AXES, strongest, strict=False):
            left = [i for i in range(latent_dim) if i not in axes]
            axes += (_choose_axis(key, left, default if default in left else left[0]),)
    return axes


def _choose_axis(key: str, options: list[int], default: int) -> int:
    chosen = st.selectbox(
        key.capitalize(),
        options,
        index=options.index(default),
        format_func=lambda i: f"z[{i}]",
        key=key,
        bind="query-params",
    )
    return int(chosen)


def _choose_parameters(method: Method) -> dict[str, Any]:
    default, chosen = ProjectionConfig(), dict[str, Any]()
    if method == "tsne":
        low, high = map(float, PERPLEXITY)
        chosen["perplexity"] = st.number_input(
            "Perplexity: about how many neighbours count",
            low,
            high,
            default.perplexity,
            key="perplexity",
            bind="query-params",
        )
    else:
        chosen["neighbours"] = st.number_input(
            "Neighbours: few show detail, many the whole",
            *NEIGHBOURS,
            default.neighbours,
            key="neighbours",
            bind="query-params",
        )
        low, high = map(float, MIN_DIST)
        chosen["min_dist"] = st.slider(
            "Least distance of points", low, high, default.min_dist, key="min_dist", bind="query-params"
        )
    chosen["seed"] = st.number_input("Seed", *SEED, default.seed, key="seed", bind="query-params")
    return chosen

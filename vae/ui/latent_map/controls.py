"""The controls above the latent map: method, dimensions, axes, parameters."""

from typing import Any, TypeVar

import streamlit as st

from vae.projection.config import METHODS, MIN_DIST, NAMES, NEIGHBOURS, PERPLEXITY, SEED, Method, ProjectionConfig
from vae.storage.checkpoints import Checkpoint
from vae.ui.shared.loaders import load_strength

Choice = TypeVar("Choice", Method, int)


def choose_projection(checkpoint: Checkpoint) -> ProjectionConfig:
    """The projection that the user has chosen; all choices are in the link."""
    latent_dim = checkpoint.model_config.latent_dim
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        method = _segmented("Projection", list(METHODS), "pca", NAMES, "method")
        dims = _segmented("Dimensions", [2, 3], 2, {2: "2-D", 3: "3-D"}, "dims")
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


def _segmented(label: str, options: list[Choice], default: Choice, names: dict[Choice, str], key: str) -> Choice:
    chosen = st.segmented_control(
        label,
        options,
        default=default,
        format_func=lambda choice: names[choice],
        key=key,
        required=True,
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen or default  # a link may say method=


def _choose_axes(checkpoint: Checkpoint, dims: int) -> tuple[int, ...]:
    """The latent dimensions to show; at first those that the model uses most."""
    latent_dim, strength = checkpoint.model_config.latent_dim, load_strength(checkpoint)
    strongest = sorted(sorted(range(latent_dim), key=lambda i: -strength[i])[:dims])
    axes: tuple[int, ...] = ()
    for key, default in zip(("across", "up", "depth"), strongest, strict=False):
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
        label_visibility="collapsed",
        width=110,
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

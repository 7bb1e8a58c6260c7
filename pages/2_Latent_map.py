"""Latent map: the encoded test set in the plane or in space, with a decoder for every place between the points."""

import streamlit as st

from vae.ui.latent_map import latent_map
from vae.ui.shared.loaders import load_strength
from vae.ui.shared.page import begin_page, choose_checkpoint

NAMES = {"raw": "Raw", "pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}

begin_page("Latent map", "What lies between the points, and how far can this map be trusted?")
checkpoint = choose_checkpoint()
latent_dim = checkpoint.model_config.latent_dim


def choose(label: str, options: list[int], default: int, key: str) -> int:
    """One latent dimension for an axis of the map."""
    chosen = st.selectbox(
        label,
        options,
        index=options.index(default),
        format_func=lambda i: f"z[{i}]",
        key=key,
        bind="query-params",
        label_visibility="collapsed",
        width=110,
    )
    return int(chosen)


def choose_axes(dims: int) -> list[int]:
    """The latent dimensions to draw; at first those of which the model makes most use."""
    strength = load_strength(checkpoint)
    strongest = sorted(sorted(range(latent_dim), key=lambda i: -strength[i])[:dims])
    axes: list[int] = []
    for key, default in zip(("across", "up", "depth"), strongest, strict=False):
        left = [i for i in range(latent_dim) if i not in axes]
        axes.append(choose(key.capitalize(), left, default if default in left else left[0], key))
    return axes


with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    method = st.segmented_control(
        "Projection",
        list(NAMES),
        default="pca",
        format_func=NAMES.get,
        key="method",
        required=True,
        bind="query-params",
        label_visibility="collapsed",
    )
    dims = st.segmented_control(
        "Dimensions",
        [2, 3],
        default=2,
        format_func=lambda d: f"{d}-D",
        key="dims",
        required=True,
        bind="query-params",
        label_visibility="collapsed",
    )
    method, dims = method or "pca", dims or 2  # a link may say method=
    drawn = min(dims, max(2, latent_dim))
    config = {"method": method, "dims": drawn, "axes": []}
    if method == "raw" and latent_dim > 1:
        config["axes"] = choose_axes(drawn)
    if method in ("tsne", "umap"):
        with st.popover("Parameters"):
            if method == "tsne":
                config["perplexity"] = st.number_input(
                    "Perplexity: about how many neighbours count",
                    2.0,
                    200.0,
                    30.0,
                    key="perplexity",
                    bind="query-params",
                )
            else:
                config["neighbours"] = st.number_input(
                    "Neighbours: few show detail, many the whole", 2, 200, 15, key="neighbours", bind="query-params"
                )
                config["min_dist"] = st.slider(
                    "Least distance of points", 0.0, 0.99, 0.1, key="min_dist", bind="query-params"
                )
            config["seed"] = st.number_input("Seed", 0, 2**31 - 1, 0, key="seed", bind="query-params")
    if drawn < dims:
        st.caption(f"z has {latent_dim} dimension{'s' * (latent_dim > 1)}: drawn in the plane.", width="stretch")
latent_map(checkpoint, config)

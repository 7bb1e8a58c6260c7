"""Latent map: the encoded test set in the plane or in space."""

import streamlit as st

from vae import ui
from vae.figures import latent_map

NAMES = {"pca": "PCA", "tsne": "t-SNE"}

ui.begin_page("Latent map", "Do images of one class lie together, though nobody told the model the classes?")
checkpoint = ui.choose_checkpoint()
encoded = ui.load_encoded(checkpoint)

plot, controls = st.columns([4, 1], gap="large")
with controls:
    method = st.segmented_control(
        "Projection",
        list(NAMES),
        default="pca",
        format_func=NAMES.get,
        key="method",
        required=True,
        bind="query-params",
    )
    dims = st.segmented_control(
        "Dimensions", [2, 3], default=2, format_func=lambda d: f"{d}-D", key="dims", required=True, bind="query-params"
    )
points, source = ui.load_projection(checkpoint, method, dims)
if method == "pca":
    explained = ui.load_explained(checkpoint, dims)
    axes = [f"component {i + 1} ({share:.0%} of the variance)" for i, share in enumerate(explained)]
    note = "PCA is linear: straight lines stay straight and distances only shrink. What lies outside the plane is lost."
else:
    axes = [f"t-SNE {i + 1}" for i in range(dims)]
    note = "t-SNE keeps neighbours together. Distances between groups, their sizes and the axes mean nothing."
with plot:
    figure = latent_map(points, encoded.labels, checkpoint.class_names, axes)
    st.plotly_chart(figure, key="map", config={"scrollZoom": True, "displaylogo": False})
with controls:
    st.caption(note)
    st.caption(
        f"{len(points):,} test images of {checkpoint.dataset}, each at its mean μ of q(z|x). {source.capitalize()}."
    )
    st.caption("Click a class in the legend to hide it, double-click to see it alone.")

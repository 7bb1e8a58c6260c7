"""Sampling: pictures decoded from draws of the prior."""

import numpy as np
import streamlit as st

from vae import ui
from vae.figures import picture_grid
from vae.latents import decode, sample

ui.begin_page("Sampling", "Is every point of the prior a good picture, or are there holes?")
checkpoint = ui.choose_checkpoint()
model = ui.load_model(checkpoint)

hero, controls = st.columns([3, 2], gap="large")
with controls:
    temperature = st.slider(
        "Temperature (standard deviations of z)", 0.0, 2.0, 1.0, 0.05, key="temperature", bind="query-params"
    )
    columns = st.slider("Pictures along each side", 2, 16, 8, key="side", bind="query-params")
    seed = st.number_input("Seed of the draw", 0, 2**32 - 1, 0, key="seed", bind="query-params")
    st.button("New draw", on_click=ui.redraw, args=("seed",), icon=":material/casino:")
    st.caption(
        f"z ~ N(0, {temperature:g}² I) in {checkpoint.model_config.latent_dim} dimensions, decoded now on "
        f"{ui.device_name()}. At 0 all are the picture of z = 0; at 1 they are draws from the prior."
    )
z = sample(columns**2, checkpoint.model_config.latent_dim, seed, temperature)
label = ui.choose_label(checkpoint, "each in turn")
classes = max(1, checkpoint.model_config.classes)
labels = np.arange(columns**2) % classes if label is None else np.full(columns**2, label)
with hero:
    ui.show_picture(picture_grid(decode(model, z, labels), columns), f"{columns**2} samples from the prior")

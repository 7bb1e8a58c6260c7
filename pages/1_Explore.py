"""Explore: one slider per latent dimension, and the picture that the decoder makes of them."""

import numpy as np
import streamlit as st

from vae import ui
from vae.figures import picture_grid
from vae.latents import decode

FIRST_SLIDERS = 8

ui.begin_page("Explore", "Which property of the picture does each latent dimension hold, and which hold none?")
checkpoint = ui.choose_checkpoint()
model = ui.load_model(checkpoint)
kl = checkpoint.kl_per_dimension
strongest_first = sorted(range(len(kl)), key=lambda dimension: -kl[dimension])

hero, controls = st.columns([3, 2], gap="large")
z = np.zeros((1, len(kl)), np.float32)
with controls:
    more = st.container() if len(kl) <= FIRST_SLIDERS else None
    for rank, dimension in enumerate(strongest_first):
        if rank == FIRST_SLIDERS:
            more = st.expander(f"{len(kl) - FIRST_SLIDERS} weaker dimensions")
        with more if more is not None and rank >= FIRST_SLIDERS else st.container():
            label = f"z[{dimension}] · KL {kl[dimension]:.2f} nats"
            z[0, dimension] = st.slider(label, -3.0, 3.0, 0.0, 0.05, key=f"z-{checkpoint.name}-{dimension}")
with hero:
    ui.show_picture(picture_grid(decode(model, z), 1), f"The picture decoded from z by {checkpoint.name}")
    st.caption(f"Decoded now on {ui.device_name()}. The scale of z is the prior's standard deviation.")

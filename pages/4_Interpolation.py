"""Interpolation: the way from one test image to another through latent space."""

import numpy as np
import streamlit as st

from vae import ui
from vae.figures import picture_grid
from vae.latents import decode, interpolate

ui.begin_page("Interpolation", "Does the picture change evenly along a straight line, and is every step a picture?")
checkpoint = ui.choose_checkpoint()
model = ui.load_model(checkpoint)
encoded = ui.load_encoded(checkpoint)
images = ui.load_examples(checkpoint)

hero = st.container()  # the strip comes first, also on a phone
ends, controls = st.columns([3, 2], gap="large")
with controls:
    start = ui.choose_example("From test image", checkpoint, default=0, key="from")
    end = ui.choose_example("To test image", checkpoint, default=1, key="to")
    steps = st.slider("Pictures", 3, 15, 9, key="steps", bind="query-params")
    path = st.segmented_control(
        "Path", ["linear", "spherical"], default="linear", key="path", required=True, bind="query-params"
    )
z = interpolate(encoded.mean[start], encoded.mean[end], steps, path)
own = int(encoded.labels[start])
label = ui.choose_label(checkpoint, f"the first image's own: {checkpoint.class_names[own]}", own)
pictures = decode(model, z, np.full(steps, label))
with ends:
    left, right = st.columns(2)
    with left:
        ui.show_picture(picture_grid(images[[start]], 1), f"Test image {start}: {ui.class_name(checkpoint, start)}")
    with right:
        ui.show_picture(picture_grid(images[[end]], 1), f"Test image {end}: {ui.class_name(checkpoint, end)}")
with hero:
    ui.show_picture(picture_grid(pictures, steps), f"{steps} decoded steps from image {start} to image {end}")
norms = np.linalg.norm(z, axis=1)
typical = np.sqrt(checkpoint.model_config.latent_dim)
st.caption(
    f"|z| along the way: {', '.join(f'{norm:.1f}' for norm in norms)}. The prior's draws have norms near √latent_dim = "
    f"{typical:.1f}. The ends are the means of q(z|x), so the outer pictures are reconstructions. Decoded now on "
    f"{ui.device_name()}."
)

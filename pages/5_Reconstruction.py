"""Reconstruction: test images beside what the decoder makes of their codes."""

import numpy as np
import streamlit as st

from vae import ui
from vae.figures import picture_grid, signed_difference
from vae.latents import reconstruct

SHOWN = 10

ui.begin_page("Reconstruction", "What does the bottleneck throw away, and which images suffer most?")
checkpoint = ui.choose_checkpoint()
model = ui.load_model(checkpoint)
encoded = ui.load_encoded(checkpoint)
images = ui.load_examples(checkpoint)

hero, controls = st.columns([4, 1], gap="large")
with controls:
    order = st.selectbox("Which images", ["first", "random", "best", "worst"], key="order", bind="query-params")
    names = ["all classes", *checkpoint.class_names]
    shown_class = st.selectbox("Class", names, key="class", bind="query-params")
    seed = st.number_input("Seed of the random choice", 0, 2**32 - 1, 0, key="seed", disabled=order != "random")
error = encoded.reconstruction[: len(images)]
rows = np.arange(len(images))
if shown_class != "all classes":
    rows = np.flatnonzero(encoded.labels[: len(images)] == checkpoint.class_names.index(shown_class))
if order == "random":
    rows = np.random.default_rng(seed).permutation(rows)
elif order != "first":
    rows = rows[np.argsort(error[rows] if order == "best" else -error[rows])]
rows = rows[:SHOWN]
if len(rows) == 0:
    st.info(f"There is no image of class {shown_class} among the {len(images)} that this checkpoint carries.")
    st.stop()
originals = images[rows]
label = ui.choose_label(checkpoint, "each image's own")
told = encoded.labels[rows] if label is None else np.full(len(rows), label)
decoded, nats = reconstruct(model, originals, told)
difference = signed_difference(decoded, originals)
with hero:
    ui.show_picture(picture_grid(originals, len(rows)), "Test images")
    ui.show_picture(picture_grid(decoded, len(rows)), "Reconstructions: the decoded means of q(z|x)")
    ui.show_picture(picture_grid(difference, len(rows)), "Difference: orange where the copy is brighter, blue darker")
point = checkpoint.model_config.posterior == "point"  # a plain autoencoder: no KL, hence no ELBO
of_the_posterior = {
    "KL, nats": [f"{value:.2f}" for value in encoded.kl[rows]],
    "−ELBO, nats (one z drawn)": [f"{value:.2f}" for value in error[rows] + encoded.kl[rows]],
}
st.table(
    {
        "test image": rows,
        "class": [ui.class_name(checkpoint, row) for row in rows],
        "−log p(x|z = μ), nats": [f"{value:.2f}" for value in nats],
    }
    | ({} if point else of_the_posterior),
    hide_index=True,
    hide_header=False,
)
key, name = ("reconstruction", "reconstruction term") if point else ("negative_elbo", "−ELBO")
st.caption(
    f"Reconstructed now on {ui.device_name()}; other numbers are those of the encoded test set. Over all "
    f"{checkpoint.test_images:,} test images the {name} is {checkpoint.metrics[key]:.2f} nats per image."
)

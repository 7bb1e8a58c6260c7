"""Training: choose, train, and take the new checkpoint to the other pages."""

import streamlit as st

from vae import ui
from vae.data import DATASETS, EMBEDDED
from vae.figures import bars, learning_curves
from vae.losses import Objective
from vae.steps import TrainingConfig

ui.begin_page("Training", "What do a smaller latent space or a larger β do to the two terms of the loss?")
checkpoint = ui.find_checkpoint()

hero, controls = st.columns([3, 2], gap="large")
with controls, st.form("training"):
    name = st.text_input("Name of the new checkpoint", "my-model", max_chars=40)
    dataset = st.selectbox("Dataset", DATASETS, format_func=lambda d: d if d in EMBEDDED else f"{d} (downloaded once)")
    left, right = st.columns(2)
    architecture = left.selectbox("Architecture", ["mlp", "conv"])
    latent_dim = right.number_input("Latent dimensions", 1, 512, 2)
    beta = left.number_input("β, weight of the KL", 0.0, 1000.0, 1.0)
    epochs = right.number_input("Epochs", 1, 10_000, 20)
    start = st.form_submit_button("Train", type="primary")
with hero:
    if start:
        config = TrainingConfig(epochs=epochs, objective=Objective(beta=beta))
        trained = ui.train_with_curves(name, dataset, architecture, latent_dim, config)
        if trained is not None:
            st.success(f"Trained: “{trained.name}” can now be chosen on every page.")
            checkpoint = trained
    elif checkpoint is not None:
        st.markdown(f"**{checkpoint.name}**, as it was trained")
        st.plotly_chart(learning_curves(checkpoint.history), key="curves")
    if checkpoint is not None and checkpoint.kl_per_dimension is not None:
        st.plotly_chart(bars(checkpoint.kl_per_dimension, "KL", "nats"), key="kl")
        st.caption(f"KL to the prior per latent dimension, mean over the test images of {checkpoint.name}.")

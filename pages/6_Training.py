"""Training: start a run, watch it learn, keep the film."""

import streamlit as st

from vae import ui
from vae.ui_training import delete_button, manage, screen

ui.begin_page("Training", "Which pictures does a model tell apart first, and which only at the end?")
checkpoint = ui.find_checkpoint()
manage()
screen(checkpoint)
if checkpoint is not None:
    with st.sidebar:
        delete_button(checkpoint)

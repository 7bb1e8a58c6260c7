"""Training: start a run, watch it learn, keep the film."""

import streamlit as st

from vae.ui.shared.page import begin_page, find_checkpoint
from vae.ui.training.form import delete_button, manage, screen

begin_page("Training", "Which pictures does a model tell apart first, and which only at the end?")
checkpoint = find_checkpoint()
manage()
screen(checkpoint)
if checkpoint is not None:
    with st.sidebar:
        delete_button(checkpoint)

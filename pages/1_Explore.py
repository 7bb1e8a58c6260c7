"""Explore: one slider per latent dimension, and the picture that follows while the thumb moves."""

from vae import ui

ui.begin_page("Explore", "Which property of the picture does each latent dimension hold, and which hold none?")
ui.explore(ui.choose_checkpoint())

"""Explore: one slider per latent dimension, and the picture that follows while the thumb moves."""

from vae.ui.explore import explore
from vae.ui.shared.page import begin_page, choose_checkpoint

begin_page("Explore", "Which property of the picture does each latent dimension hold, and which hold none?")
explore(choose_checkpoint())

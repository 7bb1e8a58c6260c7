"""Explore: one slider per latent dimension, and the picture that follows while the thumb moves."""

from vae.ui.pages.explore import explore
from vae.ui.shared.page import begin_page, choose_checkpoint

begin_page("Explore")
explore(choose_checkpoint())

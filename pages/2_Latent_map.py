"""Latent map: the encoded test set in the plane or in space, with a decoder for every place between the points."""

from vae.ui.pages.latent_map.component import latent_map
from vae.ui.pages.latent_map.controls import choose_projection
from vae.ui.shared.page import begin_page, choose_checkpoint

begin_page("Latent map")
checkpoint = choose_checkpoint()
latent_map(checkpoint, choose_projection(checkpoint))

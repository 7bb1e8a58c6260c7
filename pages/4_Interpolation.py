"""Interpolation: paths between pictures through latent space, decoded live."""

from vae.ui.interpolation import interpolation
from vae.ui.shared.page import begin_page, choose_checkpoint

begin_page("Interpolation", "Halfway between two pictures: is there a picture, or the ghosts of both?")
interpolation(choose_checkpoint())

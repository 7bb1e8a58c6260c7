"""Interpolation: paths between pictures through latent space, decoded live."""

from vae.ui.pages.interpolation import interpolation
from vae.ui.shared.page import begin_page, choose_checkpoint

begin_page("Interpolation")
interpolation(choose_checkpoint())

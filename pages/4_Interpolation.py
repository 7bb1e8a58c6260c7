"""Interpolation: ways between pictures through latent space, decoded live."""

from vae import ui, ui_interpolation

ui.begin_page("Interpolation", "Halfway between two pictures: is there a picture, or the ghosts of both?")
ui_interpolation.interpolation(ui.choose_checkpoint())

"""Reconstruction: a test image, a drawing or a picture of one's own, and what survives the bottleneck."""

from vae import ui, ui_reconstruction

ui.begin_page("Reconstruction", "What does the bottleneck throw away, and which images suffer most?")
ui_reconstruction.reconstruction(ui.choose_checkpoint())

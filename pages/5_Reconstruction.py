"""Reconstruction: a test image, a drawing or your own picture, and what survives the bottleneck."""

from vae.ui.pages.reconstruction import reconstruction
from vae.ui.shared.page import begin_page, choose_checkpoint

begin_page("Reconstruction")
reconstruction(choose_checkpoint())

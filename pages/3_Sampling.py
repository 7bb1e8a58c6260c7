"""Sampling: pictures decoded from draws of the prior, and of what the encoder makes of real pictures."""

from vae import ui
from vae.ui_sampling import sampling

ui.begin_page("Sampling", "Is every point of the prior a good picture, or are there holes?")
sampling(ui.choose_checkpoint())

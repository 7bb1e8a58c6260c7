"""Sampling: pictures decoded from draws of the prior, and of what the encoder makes of real pictures."""

from vae.ui.page import begin_page, choose_checkpoint
from vae.ui.sampling import sampling

begin_page("Sampling", "Is every point of the prior a good picture, or are there holes?")
sampling(choose_checkpoint())

"""Sampling: pictures decoded from samples of the prior, and of posteriors."""

from vae.ui.sampling import sampling
from vae.ui.shared.page import begin_page, choose_checkpoint

begin_page("Sampling", "Is every point of the prior a good picture, or are there holes?")
sampling(choose_checkpoint())

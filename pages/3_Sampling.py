"""Sampling: pictures decoded from samples of the prior, and of posteriors."""

from vae.ui.pages.sampling import sampling
from vae.ui.shared.page import begin_page, choose_checkpoint

begin_page("Sampling")
sampling(choose_checkpoint())

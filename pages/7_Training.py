"""Training: start a run, watch it learn, keep the film."""

from vae.ui.pages.training.film import show_films
from vae.ui.pages.training.runs import delete_button, show_runs
from vae.ui.shared.page import begin_page, find_checkpoint

begin_page("Training")
checkpoint = find_checkpoint()
show_runs()
show_films(checkpoint)
delete_button(checkpoint)

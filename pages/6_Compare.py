"""Compare: a dial over trained models that differ in β alone, and all models on the rate–distortion plane."""

from vae.ui.pages.compare import compare
from vae.ui.shared.page import begin_page, choose_checkpoint

begin_page("Compare")
compare(choose_checkpoint())

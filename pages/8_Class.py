"""Class: a teacher opens a class, asks, and shows what its students see, vote and draw."""

from vae.ui.pages.teaching.classroom import classroom
from vae.ui.shared.page import begin_page, find_checkpoint

begin_page("Class", "What does the class expect, and what changes its mind?")
classroom(find_checkpoint())

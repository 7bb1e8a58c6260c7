"""Lessons: predict, see, explain, alone or with a class; and lessons of one's own."""

from vae.ui.pages.teaching.lessons import lessons
from vae.ui.shared.page import begin_page, find_checkpoint

begin_page("Lessons", "What do you expect to see, before you look?")
find_checkpoint()
lessons()

"""Lessons: predict, experiment, explain. A Markdown file with settings becomes JSON that every page shows the same way.

format       what may stand in a lesson's file, with the line of each mistake
reading      the text of a file -> a lesson, or its mistakes
"""

"""The Training page.

form         a training request from the form; the runs; the film of the chosen run
"""

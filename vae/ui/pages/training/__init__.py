"""The Training page. Each module imports only from those above it.

sweeps        the sweeps, each with what it has found so far
runs          the runs with their buttons; deletes a checkpoint
uploader      the user's own pictures, from the browser to a file of the session
own_pictures  what is in the user's own pictures
explained     what the numbers of the form mean
proposals     presets, and a known request with another β -> a run at one click
form          the user's choices -> a training request -> a run
selection     which film is shown, and which beside it
film          the films of runs and checkpoints
"""

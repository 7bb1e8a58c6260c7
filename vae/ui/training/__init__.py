"""The Training page. Each module imports only from those above it.

runs          the runs with their buttons; deletes a checkpoint
uploader      the user's own pictures, from the browser to a file of the session
own_pictures  what is in the user's own pictures
form          the user's choices -> a training request -> a run
film          the films of runs and checkpoints
"""

"""What checkpoints measure. Each module imports only from those above it.

measure   what a measure takes and returns
files     numbers that stand in a checkpoint's files
codes     numbers of latent vectors and of their maps
pictures  numbers that the model has to be run for
values    the value of each fact, remembered
"""

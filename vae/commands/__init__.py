"""The commands of python -m vae. Each module imports only from those above it.

options     what several commands use: checkpoints' folders, data sets, a progress bar
data        data: makes glyphs, …
training    train
sweeping    sweep
measuring   evaluate, project, fit, prior, float16
lessons     lessons: check, read, keep
files       bundle, list
benchmarks  bench live, start, project, …
"""

"""What each view shows of a checkpoint, as JSON, for all three hosts. Each module imports only from those above it.

palette         the colours of classes and curves
scripts         the addresses of the browser's scripts and styles
models          what is said about a model: its name in words, its numbers, a strip of pictures
pages           the five views: address, title, question, script and styles
explore         what Explore shows
latent_map      what the latent map shows
sampling        what Sampling shows: noise, the distributions of its latent vectors
interpolation   what Interpolation shows
reconstruction  what Reconstruction shows: the terms' source code, anomaly scores
"""

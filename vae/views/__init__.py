"""What each view shows of a checkpoint, as JSON, for all three hosts. Each module imports only from those above it.

shared          what all views use: colours, scripts, models in words, the views' addresses
explore         what Explore shows
latent_map      what the latent map shows
sampling        what Sampling shows: noise, the distributions of its latent vectors
interpolation   what Interpolation shows
reconstruction  what Reconstruction shows: the terms' source code, anomaly scores
compare         what Compare shows: rate and distortion, families of β, what each dimension holds
training        what the film of a training shows beside its pictures: curves, reference values
"""

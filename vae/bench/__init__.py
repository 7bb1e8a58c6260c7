"""Measures the running app, from outside. Each module imports only from those above it.

machine    what every benchmark prints beside its numbers: the machine they were measured on
sessions   Streamlit sessions over the real protocol, without a browser
live       the live decode service: latency, frames per second, processor time, memory
browser    the app in a real Chromium: its start, from input to pixels, the latent map
project    projections as the app computes them, beside scikit-learn's and umap-learn's
train      training speed, beside the loop that most tutorials teach
run        a training run as the Training page starts it, beside the same training in process
classroom  a full classroom while a run and a projection go on
classes    a class: its students follow, vote, draw and reload
"""

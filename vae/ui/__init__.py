"""The Python side of the pages: the only package that imports streamlit. Each module imports only from those above it.

shared          what all pages use: checkpoints loaded once, links, scripts, head and sidebar, figures
explore         the live part of the Explore page
latent_map      the live part of the Latent map page, and what it is served from
sampling        the live part of the Sampling page
reconstruction  the live part of the Reconstruction page
interpolation   the live part of the Interpolation page
training        the Training page: form, runs, films
serving         the routes of the app, and which requests are refused
"""

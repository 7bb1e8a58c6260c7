"""The Python side of the pages: the only package that imports streamlit. Each module imports only from those above it.

shared          what all pages use: checkpoints loaded once, links, scripts, bar and title, figures
explore         the live part of the Explore page
latent_map      the Latent map page: controls, component, and what its routes serve
sampling        the live part of the Sampling page
reconstruction  the live part of the Reconstruction page
interpolation   the live part of the Interpolation page
training        the Training page: form, runs, films
home            the home page: its component, the stories, all models
serving         the routes of the app and who may reach them; what the pages' scripts know of Python
"""

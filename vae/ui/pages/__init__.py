"""The pages: a module each, or a package. Each imports only from those above it.

explore         the live part of the Explore page
latent_map      the Latent map page: controls, component, and what its routes serve
sampling        the live part of the Sampling page
reconstruction  the live part of the Reconstruction page
interpolation   the live part of the Interpolation page
compare         the live part of the Compare page
training        the Training page: form, runs, films
teaching        the Lessons page and the Class page
home            the home page: its component, the stories, all models
"""

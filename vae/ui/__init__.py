"""The pages' end in Python: the only modules that know Streamlit; each imports only from those above it.

loaders      the checkpoints of this app, and what is loaded of each
links        what links and browsers say, which may be anything
scripts      the components' scripts and styles
page         the anatomy that all pages share
explore      the live part of the Explore page
latent_map   the live part of the Latent map page, and what it is served from
sampling     the live part of the Sampling page
reconstruction  the live part of the Reconstruction page
interpolation  the live part of the Interpolation page
training     the runs and films of the Training page
serving      what the app serves beside Streamlit's own
"""

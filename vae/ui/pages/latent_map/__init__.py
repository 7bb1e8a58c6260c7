"""The Latent map page. Each module imports only from those above it.

source       what the map's routes serve of a checkpoint; the projections of this process
controls     the projection that the page's controls choose
component    the map itself: its data, and what the user pins and groups in it
"""

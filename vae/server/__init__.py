"""The routes beside Streamlit's, with their wire formats. Each module imports only from those above it.

wire        what all routes share: base path, allowed origins, refusals, limits for sockets, text frames
live        the live decode service behind the sliders
gradients   work by gradient steps, streamed to the page that asked for it
weights     models' weights, for browsers that decode by themselves
latent_map  the latent map: its data, and projections as they are computed
bar         the pictures of the bar: a strip of each model, QR codes
training    the Training page: runs and their films, uploads of own pictures
health      whether the process answers and can serve, and what it counts
"""

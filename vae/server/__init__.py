"""The routes beside Streamlit's, with their wire formats. Each module imports only from those above it.

wire           what all routes share: base path, allowed origins, refusals, limits for sockets, text frames
prometheus     what the live service counts, as text for Prometheus
inference      a model ready for live decoding: the same bits in any batch
batching       the thread that runs the live requests of all clients together
decode_frames  the live service's wire format: greeting, requests, limits
decode         the live decode service behind the sliders
map_data       the latent map's data as bytes: encoded test set, test images, noise
latent_map     the latent map's routes: its data, and projections as they are computed
training       the Training page: runs and their films, uploads of own pictures
"""

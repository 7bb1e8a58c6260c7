"""The routes beside Streamlit's, with their wire formats. Each module imports only from those above it.

wire           what all routes share: base path, allowed origins, refusals, limits for sockets, text frames
prometheus     what the live service counts, as text for Prometheus
inference      a model ready for live decoding: the same bits in any batch
batching       the thread that runs the live requests of all clients together
decode_frames  the live service's wire format: greeting, requests, limits
decode         the live decode service behind the sliders
latent_map     the latent map: its data, and projections as they are computed
bar            the pictures of the bar: a strip of each model, QR codes
training       the Training page: runs and their films, uploads of own pictures
"""

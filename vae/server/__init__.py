"""The routes beside Streamlit's, with their wire formats. Each module imports only from those above it.

prometheus     what the live service counts, as text for Prometheus
inference      a model prepared for live decoding: the same bits whatever shares the batch
batching       the thread that runs the live requests of all clients together
decode         the live decode service behind the sliders
latent_map     the latent map's data: encoded test set, test images, projections
runs_and_films training runs and their films
"""

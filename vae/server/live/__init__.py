"""The live decode service behind the sliders. Each module imports only from those above it.

prometheus     what the live service counts, as text for Prometheus
inference      a model ready for live decoding: the same bits in any batch
batching       the thread that runs the live requests of all clients together
decode_frames  the wire format: greeting, requests, limits
decode         the live decode service and its routes
"""

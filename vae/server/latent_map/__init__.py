"""The latent map over the network.

data    the encoded test set, test images and noise as bytes
routes  the routes: these data, and projections as they are computed
"""

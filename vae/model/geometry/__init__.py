"""The shape of the latent space as the decoder sees it. Each module imports only from those above it.

metric    how much the picture changes per step of z
geodesic  the path between two z along which the picture changes least
"""

"""(n, latent_dim) -> (n, 2 or 3), and how far that can be trusted. Each module imports only from those above it.

config         a projection request: the method and its parameters
tsne_gradient  the gradient of t-SNE, on the CPU or a GPU
umap           each point's nearest neighbours -> a layout, by UMAP
methods        PCA, t-SNE, UMAP by one function, and the quality of a layout
worker         the process in which projections are computed
service        each projection computed once for all users, progress streamed, results cached on disk
"""

"""The variational autoencoder and what is computed with it. Each module imports only from those above it.

networks     ModelConfig -> Encoder, Decoder, VAE
losses       likelihoods, KL per dimension, -ELBO: pure functions, in nats
latents      model + images -> encoded set; sample, interpolate, traverse in latent space
geometry     how much pictures change between latent vectors: the decoder's metric, shortest paths
cost         what a model costs to run
samplers     distributions to sample latent vectors from: prior, aggregate posterior, one class, one image
flow         mixture + codes -> a second-stage prior that is nearer to the codes
"""

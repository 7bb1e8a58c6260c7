"""Latent Lab's engine. The data flow, one noun per module; each imports only from those above it.

data         named dataset -> uint8 images, labels, class names, factors, in train / validation / test splits
models       ModelConfig -> Encoder, Decoder, VAE
losses       likelihoods, KL per dimension, -ELBO: pure functions, in nats
latents      model + images -> encoded set; sample, interpolate, traverse in latent space
metrics      encoded set -> the numbers a model is judged by
checkpoints  a folder per trained model: save, load, list
training     images + configs -> a trained model, one EpochMetrics per epoch, and its checkpoint
projections  (n, latent_dim) -> (n, 2 or 3)
figures      arrays -> Plotly figures and picture grids
live         the live decode service behind the sliders
ui           everything that knows Streamlit
"""

"""Latent Lab's engine. The data flow, one noun per module; each imports only from those above it.

pictures     folders and zips of picture files -> uint8 arrays, nobody's files trusted
data         named dataset -> uint8 images, labels, class names, factors, in train / validation / test splits
models       ModelConfig -> Encoder, Decoder, VAE
losses       likelihoods, KL per dimension, -ELBO: pure functions, in nats
latents      model + images -> encoded set; sample, interpolate, traverse in latent space
samplers     where latent vectors are drawn from: prior, aggregate posterior, one class, one image
metrics      encoded set -> the numbers a model is judged by
disentanglement  codes + known factors -> how well single dimensions stand for single factors
scores       each further metric by the name that the command line gives it
parts        what is being written, and what a process that was killed has left of it
priority     how a process that works for minutes lets live decoding go first
allocation   how a process that trains keeps its memory between two steps
checkpoints  a folder per trained model: save, load, list
parallel     several processes that train one model together
steps        TrainingConfig -> one step of training, on a GPU captured as a graph
films        what some sixty moments of a training run looked like, in one file
training     images + configs -> a trained model, one EpochMetrics per epoch, and its checkpoint
runs         training runs as folders: asked for, told what to do, looked at
runner       the process of one run
forces       what pulls and pushes the points of a t-SNE, by the processor or a GPU
umap         each point's nearest others -> a layout, by UMAP
projections  (n, latent_dim) -> (n, 2 or 3), and how far that can be trusted
projector    the process in which projections are computed
layouts      each projection computed once for all users, watched while it is, and kept on disk
figures      arrays -> Plotly figures
counters     what the live service counts
engines      a model arranged for live decoding, the same bits whoever shares the batch
batching     the thread that runs the live requests of all clients together
live         the live decode service behind the sliders
maps         the latent map's data over the network
screenings   runs and films over the network
bench        measures the running app, from outside
ui           the pages' end in Python: everything that knows Streamlit
"""

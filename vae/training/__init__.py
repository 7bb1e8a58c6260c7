"""Images + configs -> a trained model. Each module imports only from those above it.

malloc       keeps freed memory in the process between two steps
distributed  several processes that train one model together
config       TrainingConfig: optimiser, schedule, objective, seed
step         one step of training, on a GPU captured as a graph
film         what some sixty moments of a training run looked like, in one file
trainer      images + configs -> a trained model, one EpochMetrics per epoch, and its checkpoint
"""

"""Images + configs -> a trained model. Each module imports only from those above it.

malloc       keeps freed memory in the process between two steps
distributed  several processes that train one model together
config       TrainingConfig: optimiser, schedules, objective, seed
request      TrainingRequest: everything that a user chooses of a run, and its JSON
step         one step of training, on a GPU captured as a graph
film         some sixty moments of a training run, in one file
state        the state of a run in one file, to resume from
trainer      images + configs -> a trained model, one EpochMetrics per epoch
checkpoint   trains a new model and saves it as a checkpoint
"""

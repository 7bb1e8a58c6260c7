"""The numbers a trained model is judged by. Each module imports only from those above it.

metrics          encoded set -> NLL, ELBO surgery, probes, copies
disentanglement  codes + known factors -> how well single dimensions stand for single factors
anomaly          image -> how badly the model explains it; scores of two data sets -> AUROC
registry         each further metric by the name that the command line gives it
"""

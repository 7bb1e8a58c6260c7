"""Metrics of trained models. Each module imports only from those above it.

aggregate        encoded set -> KL(q(z) || p(z)) between its bounds
metrics          encoded set -> -ELBO, ELBO surgery, probes, copies
likelihood       model + images -> importance-weighted NLL, its effective samples and its bias
gaps             model + images -> what -ELBO consists of: amortisation gap, approximation gap, NLL
disentanglement  codes + known factors -> how well single dimensions encode single factors
pictures         pictures -> their classes, their length when compressed
anomaly          image -> anomaly score; scores of two data sets -> AUROC
rounding         decoder + codes -> what weights of 16 bits change in its pictures
registry         further metrics by the names that the command line uses
"""

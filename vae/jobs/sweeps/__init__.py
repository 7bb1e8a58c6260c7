"""Families of models that differ in β, latent_dim and seed alone. Each module imports only from those above it.

plan         the models of a sweep and what each is trained for, as JSON
table        KL, reconstruction, −ELBO of the trained ones, as CSV and as JSON
plot         the rate–distortion plane of that table, as SVG
sweep        a sweep as a folder: its plan, how far it is, pause, resume, discard
feeding      gives the queue of runs a sweep's models, a few at a time
family       a plan from a request, lists of numbers and the images
"""

"""Latent Lab's engine and pages. Data flows down this list; each package imports only from those above it.

validation   what every boundary checks the same way
datasets     named data sets, folders and zips -> uint8 images and labels
model        the VAE: networks, losses, latent vectors, samplers
evaluation   the numbers a model is judged by
storage      checkpoints on disk, written whole or not at all
training     images + configs -> a trained model and its film
jobs         training runs in processes of their own
projection   latent vectors -> maps in two or three dimensions
server       the routes beside Streamlit's: live decoding, map, runs and films
views        what each view shows of a checkpoint, for all three hosts
lessons      predict, experiment, explain: lessons in text files, their numbers measured
lab          the app in one page, without Streamlit
classroom    a class: teacher, projector and students
bench        measures the running app, from outside
commands     the commands of python -m vae
ui           the pages; the only package that imports streamlit
frontend     the pages' JavaScript
console      the installed command latent-lab
"""

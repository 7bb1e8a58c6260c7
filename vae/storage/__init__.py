"""Trained models and uploads on disk. Each module imports only from those above it.

names        of what several packages know
atomic       folders that appear whole or not at all, and removal of what a killed process has left
locks        whether a folder that machines share locks across them
uploads      files that users upload in pieces, found by a ticket
files        the JSON, arrays and image sheets of a checkpoint, read without trusting them
checkpoints  a folder per trained model: save, load, list
"""

"""Folders and zips of the user's own pictures. Each module imports only from those above it.

layout       paths of pictures -> classes and splits
reader       a folder or zip -> splits
summary      splits -> lines that say what is in them
"""

"""Benchmarks of the running app, behind `python -m vae bench`."""

"""The Training page's routes. Each module imports only from those above it.

runs_and_films training runs and their films
uploads        the user's own pictures, piece by piece
"""

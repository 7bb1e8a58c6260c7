"""The home page. Each module imports only from those above it.

stories    the lessons that have pictures, and these
models     all models, for the gallery and the table
component  the page's component and its data
"""

"""The home page. Each module imports only from those above it.

stories    six questions for a class, each with a link that opens the page, model and settings for it
models     all models in a table
component  the page's component and its data
"""

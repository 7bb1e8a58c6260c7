"""The home page. Each module imports only from those above it.

stories    six questions for a class, each with a link that opens the page, model and settings for it
component  the page's component and its data
"""

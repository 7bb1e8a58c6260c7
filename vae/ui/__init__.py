"""The Python side of the pages: the only package that imports streamlit. Each module imports only from those above it.

shared          what all pages use: checkpoints loaded once, links, scripts, bar and title, figures
pages           the pages, a module or a package each
serving         the routes of the app and who may reach them; what the pages' scripts know of Python
"""

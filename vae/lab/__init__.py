"""Latent Lab in one page, without Streamlit. Each module imports only from those above it.

workers       a worker's modules as one script
packing       modules of the front end and all that they need
html          one HTML page with modules, styles and data in it
answers       what the page asks for, as JSON
page          the light page's HTML
routes        the routes of the light page
model_blocks  what a file to take home has of one model
file          the file to take home
file_routes   the route of that file
"""

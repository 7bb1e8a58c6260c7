"""The app in a real Chromium. Each module imports only from those above it.

chromium  the browser, and how a page's component is found in it
start     from the server's start to the first picture
drag      from a user's input to pixels
page      the light page, also in a class, beside Streamlit's, on a slow network and opened by a crowd
map       the latent map: how soon it can be used, how fast it moves
"""

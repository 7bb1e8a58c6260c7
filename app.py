"""The home page and, when Streamlit starts the server, the app with its routes."""

import gc
import os
import sys

# Idle threads of torch must sleep, not spin, because training and live decoding share the cores. Torch reads this when
# it is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import streamlit as st

from vae.ui.pages.home import component
from vae.ui.serving.routes import guards, lifespan, routes
from vae.ui.shared import page


def home() -> None:
    """The home page: what the app is for, lessons, and all models."""
    page.begin_page("Latent Lab", "What does a neural network keep of a picture when it may keep only a few numbers?")
    component.home(page.find_checkpoint())


if __name__ == "__main__":
    home()
else:
    app = st.App(__file__, routes=routes(), middleware=guards(), lifespan=lifespan)
    # What is loaded now is never freed, and garbage collection takes 80 ms longer with it.
    gc.collect()
    gc.freeze()
    # Seconds: how long a page's script may keep the interpreter while a live request waits.
    sys.setswitchinterval(0.0002)

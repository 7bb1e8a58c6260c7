"""The home page, and, when Streamlit starts the server, the app around all pages."""

import gc
import os
import sys

# Threads of torch that wait for work must sleep, not spin: training and live decoding share the cores. Torch reads it
# when it is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import streamlit as st

from vae.ui import serving
from vae.ui.shared import page


def home() -> None:
    """What this is, which checkpoints there are, where to go."""
    page.begin_page("Latent Lab", "What does a neural network keep of a picture when it may keep only a few numbers?")
    page.find_checkpoint()
    st.markdown(
        "A **variational autoencoder** squeezes each picture into a short vector, the *latent code* **z**, and draws "
        "the picture again from that vector alone. Here you can walk through the space of these vectors and see what "
        "lies there: between the pictures, beyond them, and where there are none."
    )
    page.show_pages()
    page.show_checkpoints()


if __name__ == "__main__":
    home()
else:
    app = st.App(__file__, routes=serving.routes(), middleware=serving.guards())
    # What is loaded now stays: the collector need not look at it again, at 80 ms a time.
    gc.collect()
    gc.freeze()
    # In seconds: how long a page's script may keep the interpreter while a hand waits for its picture.
    sys.setswitchinterval(0.0002)

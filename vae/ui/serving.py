"""What the app serves beside Streamlit's own pages, and to whom."""

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute

from vae.server.decode import routes as live_routes
from vae.server.latent_map import routes as map_routes
from vae.server.runs_and_films import routes as screening_routes
from vae.storage.atomic import remove_stale
from vae.ui import latent_map
from vae.ui.shared import loaders, scripts
from vae.ui.training import form

LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]")


def routes() -> list[BaseRoute]:
    """Live decoding, the latent map's data, the runs and their films, the components' scripts."""
    for root in (loaders.CHECKPOINTS, form.runs().root):
        remove_stale(root)
    base, origins = scripts.base_path(), st.get_option("server.corsAllowedOrigins") or ()
    return [
        *scripts.routes(),
        *live_routes(loaders.live_model, base_path=base, allowed_origins=origins),
        *map_routes(latent_map.map_source, latent_map.layouts(), base_path=base, allowed_origins=origins),
        *screening_routes(form.runs(), form.checkpoint_film, base_path=base, allowed_origins=origins),
    ]


def guards() -> list[Middleware]:
    """Refuses requests under a foreign name, as a page sends whose own name was made to point here (DNS rebinding).

    While the app is open to this computer alone, its names are those of this computer and server.allowedHosts; once it
    is opened to others, anything goes unless that option says otherwise.
    """
    named, address = list(st.get_option("server.allowedHosts") or ()), st.get_option("server.address")
    alone = address in LOOPBACK
    return [Middleware(TrustedHostMiddleware, [*LOOPBACK, *named])] if alone or named else []

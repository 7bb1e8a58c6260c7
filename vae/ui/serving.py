"""What the app serves beside Streamlit's own pages, and to whom."""

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute

from vae.server.decode import routes as live_routes
from vae.server.latent_map import routes as map_routes
from vae.server.runs_and_films import routes as run_film_routes
from vae.storage.atomic import remove_stale
from vae.ui.latent_map import source
from vae.ui.shared import loaders, scripts
from vae.ui.training import film, runs

LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]")


def routes() -> list[BaseRoute]:
    """Live decoding, the latent map's data, the runs and their films, the components' scripts."""
    for root in (loaders.CHECKPOINTS, runs.app_runs().root):
        remove_stale(root)
    base, origins = scripts.base_path(), st.get_option("server.corsAllowedOrigins") or ()
    return [
        *scripts.routes(),
        *live_routes(loaders.live_model, base_path=base, allowed_origins=origins),
        *map_routes(source.map_source, source.projections(), base_path=base, allowed_origins=origins),
        *run_film_routes(runs.app_runs(), film.checkpoint_film, base_path=base, allowed_origins=origins),
    ]


def guards() -> list[Middleware]:
    """Refuses requests under another host name, which a page sends after DNS rebinding.

    While only this computer can reach the app, the allowed names are its own and those of server.allowedHosts; once
    others can reach it, every name is accepted unless that option is set.
    """
    names, address = list(st.get_option("server.allowedHosts") or ()), st.get_option("server.address")
    local = address in LOOPBACK
    return [Middleware(TrustedHostMiddleware, [*LOOPBACK, *names])] if local or names else []

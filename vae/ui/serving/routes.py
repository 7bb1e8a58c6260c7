"""What the app serves beside Streamlit's own pages, and to whom."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from vae.classroom.serving.routes import routes as class_routes
from vae.lab.file_routes import routes as file_routes
from vae.lab.routes import routes as lab_routes
from vae.lessons.routes import routes as lesson_routes
from vae.server.bar import routes as bar_routes
from vae.server.gradients.geometry import routes as geometry_routes
from vae.server.gradients.optimise import routes as optimise_routes
from vae.server.gradients.streams import Streams
from vae.server.health import paths as health_paths
from vae.server.health import routes as health_routes
from vae.server.latent_map.routes import MapLimits, MapService
from vae.server.latent_map.routes import service_routes as map_routes
from vae.server.live.decode import DecodeService
from vae.server.live.decode import service_routes as live_routes
from vae.server.live.decode_frames import DecodeLimits
from vae.server.training.runs_and_films import routes as run_film_routes
from vae.server.training.uploads import routes as upload_routes
from vae.server.weights import routes as weights_routes
from vae.storage.atomic import remove_stale
from vae.ui.pages.latent_map import source
from vae.ui.pages.training import film, runs, uploader
from vae.ui.serving import classroom, lab
from vae.ui.serving import health as known
from vae.ui.shared import lessons, loaders, origins, page, scripts, strips


def routes() -> list[BaseRoute]:
    """Scripts, light page, lessons, bar, live decoding, gradients, weights, map, runs, classes, uploads, health."""
    for root in (loaders.CHECKPOINTS, runs.app_runs().root):
        remove_stale(root)
    base, allows = scripts.base_path(), origins.origin_allowed
    live = DecodeService(loaders.live_model, allows, DecodeLimits())
    maps = MapService(source.map_source, source.projections(), allows, MapLimits())
    streams = Streams(loaders.live_model, allows=allows)
    return [
        *scripts.routes(),
        *scripts.page_routes(["", *page.ADDRESSES]),
        *lab_routes(lab.found, lab.AppData(), base_path=base, allows=allows, lessons=lab.lesson),
        *lesson_routes(lessons.app_library(), base_path=base, allows=allows),
        *file_routes(loaders.usable, base_path=base, allows=allows, lessons=lab.lesson, written=lab.written_lesson),
        *bar_routes(strips.strip, strips.traversal, base_path=base, allows=allows),
        *live_routes(live, base),
        *geometry_routes(streams, base_path=base),
        *optimise_routes(streams, base_path=base),
        *weights_routes(loaders.usable, base_path=base, allows=allows),
        *map_routes(maps, base),
        *run_film_routes(runs.app_runs(), film.checkpoint_film, base_path=base, allows=allows),
        *class_routes(classroom.app_classes(), classroom.app_pages(), base_path=base, allows=allows),
        *upload_routes(uploader.app_uploads(), base_path=base, allows=allows),
        *health_routes(known.checks(live), partial(known.metrics, live, maps), base_path=base),
    ]


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Opens the classes from before; when the app ends, leaves none of the users' uploads, and their file to others."""
    await classroom.app_classes().start()
    yield
    await classroom.app_classes().close()
    uploader.app_uploads().close()


def guards() -> list[Middleware]:
    """What looks at every request first: its host name."""
    health, readiness, metrics = health_paths(scripts.base_path())
    return [Middleware(origins.Guard, any_host={health, readiness}, any_address={metrics})]

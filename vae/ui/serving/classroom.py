"""The classes of this app: where they are kept, their pages, and what a class may start."""

import asyncio
import os
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from vae.classroom import drawn
from vae.classroom.messages.protocol import Json
from vae.classroom.rehearsal.rehearsals import Rehearsals
from vae.classroom.serving import pages
from vae.classroom.serving.homes import read_replica
from vae.classroom.serving.routes import Pages
from vae.classroom.serving.service import ClassService
from vae.classroom.state import classes
from vae.lessons.routes import written_lesson
from vae.ui.pages.latent_map import source
from vae.ui.pages.teaching import classroom
from vae.ui.pages.training import runs
from vae.ui.serving import lab
from vae.ui.shared import loaders, origins
from vae.ui.shared.lessons import app_library


def app_pages() -> Pages:
    """The pages of a class that Streamlit does not show."""
    made = pages.Pages(lab.found, lab.AppData(), origins.origin_allowed, classroom.hosts)

    async def student(request: Request, code: str | None) -> Response:
        service, known = app_classes(), code or ""
        about, shown = await asyncio.gather(service.run(classes.described, known), service.run(classes.shown, known))
        return await made.student(request, about, shown)

    async def language(code: str) -> str:
        return pages.language_of(await app_classes().run(classes.described, code))

    async def projector(request: Request, code: str | None) -> Response:
        return made.projector(request, code or "", await language(code or ""))

    async def check(request: Request, code: str | None) -> Response:
        return made.check(request, code or "", await language(code or ""))

    return Pages(
        enter=lambda request, _: made.entry(request),
        refused=made.entry,
        student=student,
        projector=projector,
        check=check,
    )


@lru_cache(maxsize=1)
def app_classes() -> ClassService:
    """All classes of this process. They are kept in the file $VAE_CLASSES, else in the user's own cache.

    $VAE_REPLICA: its number among the apps that share them, as in 2/3. Raises ValueError for what is none.
    """
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    kept = Path(os.environ.get("VAE_CACHE") or home / "latent-lab") / "classes.sqlite"
    path = Path(os.environ.get("VAE_CLASSES") or kept)
    rehearse = Rehearsals(loaders.live_model, source.map_source)
    replica = read_replica(os.environ.get("VAE_REPLICA", ""))
    return ClassService(
        path, loaders.live_model, rehearse=rehearse, train=train, read_lesson=read_lesson, replica=replica
    )


def read_lesson(name: str | None, text: str | None, language: str) -> Json:
    """A lesson of the app, or of a file's text, as JSON. Raises ValueError with what is wrong with it."""
    library = app_library()
    if text is None:
        try:
            return dict(library.load(name or "", language))
        except LookupError as error:
            raise ValueError(error.args[0]) from error
    return dict(written_lesson(library, text, language))


async def train(service: ClassService, code: str, name: str, minutes: float) -> str:
    """Starts a run of this name on a class's approved drawings, of a model like the class's. Raises ClassError."""
    drawings = await service.run(drawn.approved, code)
    model = await service.model(drawings.model)
    return await asyncio.to_thread(drawn.start, runs.app_runs(), drawings, model.model.config, name, minutes)

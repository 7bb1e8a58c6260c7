"""Whether this app can serve pages, and what it counts: read from its services when somebody asks."""

import asyncio
import os
from collections import Counter
from typing import get_args

from streamlit.runtime import Runtime

from vae.classroom.rooms.room import Room
from vae.classroom.serving.service import ClassService
from vae.jobs.run import State
from vae.server.health import Check
from vae.server.latent_map.routes import MapService
from vae.server.live.decode import DecodeService
from vae.server.live.inference import UnknownModelError
from vae.server.live.prometheus import Samples, family
from vae.storage.checkpoints import Checkpoint, list_checkpoints
from vae.ui.pages.training import runs
from vae.ui.serving import classroom
from vae.ui.shared import loaders

NO_RUNS = (
    "The folder of checkpoints cannot be written to, or does not lock; let the app's user write there, and share it by "
    "NFSv4 or CephFS."
)


def checks(live: DecodeService) -> list[Check]:
    """What a replica needs: checkpoints, a decoder, the classes' file, and a folder that it may write."""
    return [lambda: decodes(live), class_problem, folder_problem]


async def decodes(live: DecodeService) -> str:
    """Why no picture can be decoded, as far as there is a model."""
    try:
        found = await asyncio.to_thread(list_checkpoints, loaders.CHECKPOINTS)
        name = next((each.name for each in found if isinstance(each, Checkpoint)), None)
        if name is not None:
            await live.decode_once(name)
    except OSError as error:
        return f"The folder of checkpoints cannot be read ({error.strerror}); let the app's user read it."
    except (UnknownModelError, RuntimeError) as error:
        return str(error)
    return ""


async def class_problem() -> str:
    """Why classes cannot be opened here."""
    return await classroom.app_classes().problem()


async def folder_problem() -> str:
    """Why no run can be started here. A single app may serve a folder that it cannot write."""
    if not os.environ.get("VAE_REPLICA"):
        return ""
    fine = not await asyncio.to_thread(runs.app_runs().obstacle)
    return "" if fine else NO_RUNS


async def metrics(live: DecodeService, maps: MapService) -> str:
    """Visitors, sockets, pictures, refusals, runs and classes."""
    by_state = await asyncio.to_thread(_runs_by_state)
    classes = classroom.app_classes()
    sockets: Samples = [(f'{{of="{of}"}}', each.admission.count) for of, each in (("live", live), ("map", maps))]
    refused = [("live", live.admission.refused), ("map", maps.admission.refused), ("classes", classes.refusals())]
    refusals: Samples = [
        (f'{{of="{of}",limit="{limit}"}}', count) for of, counts in refused for limit, count in counts.items()
    ]
    return "".join(
        (
            family("latentlab_visitors", "gauge", "Open sessions of Streamlit's pages.", [("", _visitors())]),
            family("latentlab_sockets", "gauge", "Open sockets beside Streamlit's and classes'.", sockets),
            family("latentlab_refused_total", "counter", "What a limit has refused.", refusals),
            family("latentlab_runs", "gauge", "Training runs of all replicas, by state.", by_state),
            class_metrics(classes),
            live.exposition(),
        )
    )


def class_metrics(service: ClassService) -> str:
    """Classes that somebody is in, the students who are connected, and all connections. On the event loop."""
    rooms = list(service.rooms.values())
    real = [client for room in rooms for client in room.clients if client.transport is not None]
    held = Counter(f'{{role="{client.role}",transport="{client.transport}"}}' for client in real)
    connections: Samples = sorted(held.items())
    students = sum(room.attendance.connected() for room in rooms)
    return "".join(
        (
            family("latentlab_classes", "gauge", "Classes that somebody is in.", [("", sum(map(_is_used, rooms)))]),
            family("latentlab_class_students", "gauge", "Students who are connected.", [("", students)]),
            family("latentlab_class_connections", "gauge", "Connections of classes.", connections),
        )
    )


def _is_used(room: Room) -> bool:
    return bool(room.clients)


def _runs_by_state() -> Samples:
    found = Counter(status.state for _, status in runs.app_runs().all())
    return [(f'{{state="{state}"}}', found[state]) for state in get_args(State)]


def _visitors() -> int:
    return Runtime.instance()._session_mgr.num_active_sessions() if Runtime.exists() else 0

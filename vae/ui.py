"""Everything that knows Streamlit: the anatomy that all pages share, the cached loaders, the checkpoint picker."""

import base64
import gzip
import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import lru_cache, partial
from importlib import metadata
from importlib.util import find_spec
from math import isinf
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from vae.checkpoints import EXAMPLES, BrokenCheckpoint, Checkpoint, CheckpointError, list_checkpoints
from vae.data import binarise, is_available, load_dataset
from vae.figures import PALETTE
from vae.latents import EncodedSet, FloatArray
from vae.layouts import Layouts
from vae.live import LARGEST_Z, LiveModel, UnknownModelError
from vae.live import routes as live_routes
from vae.maps import MapSource
from vae.maps import routes as source_routes
from vae.models import VAE, choose_device
from vae.parts import sweep
from vae.pictures import DataError
from vae.projections import ProjectionConfig, fit_pca

FRONTEND = Path(__file__).parent / "frontend"
CHECKPOINTS = Path(os.environ.get("VAE_CHECKPOINTS", Path(__file__).parents[1] / "checkpoints"))
FIRST_CHOICE = "mnist-z10"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
PAGES = (
    ("pages/1_Explore.py", "Explore", "Move along the latent dimensions and watch the picture follow."),
    ("pages/2_Latent_map.py", "Latent map", "See the encoded test images as points in the plane or in space."),
    ("pages/3_Sampling.py", "Sampling", "Draw latent vectors from the prior and decode them."),
    ("pages/4_Interpolation.py", "Interpolation", "Walk from one image to another through latent space."),
    ("pages/5_Reconstruction.py", "Reconstruction", "Compare images with what survives the bottleneck."),
    ("pages/6_Training.py", "Training", "Train a model of your own and take it to the other pages."),
)

LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]")
FOR_EVER = "public, max-age=31536000, immutable"  # for a browser's cache: the address changes when the content does
MAP_POINTS = 2000  # a small map shows no more
JAVASCRIPT = "text/javascript"
LINK_BOUND = 1000.0  # latent values beyond it are nobody's choice

Loaded = TypeVar("Loaded")

STYLE = """<style>
[data-testid="stMainBlockContainer"] { padding-top: 3rem; padding-bottom: 2rem }
@media (max-width: 640px) { [data-testid="stMainBlockContainer"] { padding-top: 4.5rem } }
[data-testid="stSidebarUserContent"] { padding-top: 0 }
[data-testid="stMainBlockContainer"] h1 { padding-top: 0; font-size: 2.2rem }
</style>"""


def begin_page(title: str, question: str) -> None:
    """The head of every page: the way to the others, the title and one open question."""
    st.set_page_config(page_title=f"{title} · Latent Lab", page_icon="🌀", layout="wide")
    st.html(STYLE)
    _drop_infinite_parameters()
    with st.sidebar:
        st.page_link("app.py", label="Latent Lab")
        for path, name, _ in PAGES:
            st.page_link(path, label=name)
    st.title(title, anchor=False)
    st.markdown(f"##### {question}")


def _drop_infinite_parameters() -> None:
    """Takes numbers such as 1e999 out of a link: Streamlit's number fields refuse other nonsense, but fail on these."""
    infinite = [key for key, value in st.query_params.to_dict().items() if _is_infinite(value)]
    for key in infinite:
        del st.query_params[key]
    if infinite:
        st.rerun()  # the fields of this run would still take their values from the link


def _is_infinite(text: str) -> bool:
    try:
        return isinf(float(text))
    except ValueError:
        return False


def choose_checkpoint() -> Checkpoint:
    """The checkpoint chosen in the sidebar; ends the page, with what to do, where there is none to choose."""
    return find_checkpoint() or st.stop()


def find_checkpoint() -> Checkpoint | None:
    """The checkpoint chosen in the sidebar, with its card. It stands in the URL and is the same on all pages.

    None, with the reason and what to do in the sidebar, where there is none to choose.
    """
    found = list_checkpoints(CHECKPOINTS)
    whole = {checkpoint.name: checkpoint for checkpoint in found if isinstance(checkpoint, Checkpoint)}
    asked = st.query_params.get("checkpoint")
    with st.sidebar:
        if not whole:
            _show_broken(found)
            st.error(f"There is no usable checkpoint in {CHECKPOINTS}. Train one on the Training page.")
            return None
        names = list(whole)
        # Neither Streamlit's binding, which leaves the first choice out of the link though elsewhere it may be another,
        # nor its persistence, which forgets a choice that came by a link at the next change of page.
        default = FIRST_CHOICE if FIRST_CHOICE in names else names[0]
        current = next((name for name in (st.session_state.get("chosen"), asked) if name in names), default)
        chosen = st.selectbox(
            "Checkpoint",
            names,
            index=names.index(current),
            key="checkpoint",
            help="A trained model with its encoded test set. The choice holds for all pages and is part of the link.",
        )
        st.session_state["chosen"] = chosen
        _show_card(whole[chosen])
        _show_broken(found)
    if asked is not None and asked not in whole:
        st.warning(f"This link asks for the checkpoint “{asked}”, which is not usable here; showing {chosen} instead.")
    st.query_params["checkpoint"] = chosen
    return whole[chosen]


def _show_card(checkpoint: Checkpoint) -> None:
    config, metrics = checkpoint.model_config, checkpoint.metrics
    with st.container(border=True):
        st.markdown(f"**{checkpoint.name}** · z in {config.latent_dim} dimensions")
        st.caption(
            f"{checkpoint.dataset}, {' × '.join(map(str, config.image_shape))} pixels  \n"
            f"{config.architecture}, {objective_name(checkpoint)}  \n"
            f"{_score(metrics)}  \n"
            f"decodes on {device_name()}"
        )


def objective_name(checkpoint: Checkpoint) -> str:
    """What the checkpoint was trained to minimise, in a few words."""
    objective = checkpoint.objective
    named = {"autoencoder": "plain autoencoder", "iwae": f"IWAE of {objective.samples}", "beta-tc": "β-TC, "}
    weighed = f"β = {objective.beta:g}" if objective.name in ("vae", "beta-tc") else ""
    kind = named.get(objective.name, "" if weighed else objective.name) + weighed
    return f"{kind}, told the class" if checkpoint.model_config.classes else kind


def _score(metrics: dict[str, Any]) -> str:
    reconstruction = f"reconstruction {metrics['reconstruction']:.1f}"
    if metrics["kl"] is None:
        return f"test {reconstruction} nats per image; no KL, no prior"
    return f"test −ELBO {metrics['negative_elbo']:.1f} nats per image  \n= {reconstruction} + KL {metrics['kl']:.1f}"


def _show_broken(found: list[Checkpoint | BrokenCheckpoint]) -> None:
    for broken in found:
        if isinstance(broken, BrokenCheckpoint):
            st.warning(f"Checkpoint “{broken.name}” cannot be used. {broken.error}", icon=":material/broken_image:")


_gpu_failed = Event()  # of this process, for all its users


@st.cache_resource(show_spinner=False)
def device() -> torch.device:
    """Where this app decodes: the GPU where there is one that has not failed."""
    return choose_device("cpu" if _gpu_failed.is_set() else "auto")


def _model_after_gpu(checkpoint: Checkpoint) -> VAE:
    """The checkpoint's model on the CPU, where from now on all models are loaded."""
    _gpu_failed.set()
    device.clear()
    _model.clear()
    return _model(checkpoint, _version(checkpoint))


def device_name() -> str:
    """The device's name as people know it."""
    return torch.cuda.get_device_name() if device().type == "cuda" else device().type


def load_model(checkpoint: Checkpoint) -> VAE:
    """The checkpoint's model on the app's device, loaded once per process and shared read-only."""
    return _or_stop(_model, checkpoint)


def load_encoded(checkpoint: Checkpoint) -> EncodedSet:
    """The checkpoint's encoded test set, shared read-only."""
    return _or_stop(_encoded, checkpoint)


def load_examples(checkpoint: Checkpoint) -> NDArray[np.uint8]:
    """The first test images, row i of the encoded set being image i, shared read-only. Shape: (n, c, h, w) uint8."""
    return _or_stop(_examples, checkpoint)


@st.cache_resource(max_entries=16, show_spinner=False)
def _model(_checkpoint: Checkpoint, version: tuple[str, int]) -> VAE:
    return _checkpoint.load_model(device())


@st.cache_resource(max_entries=16, show_spinner=False)
def _encoded(_checkpoint: Checkpoint, version: tuple[str, int]) -> EncodedSet:
    return _checkpoint.load_encoded()


@st.cache_resource(max_entries=16, show_spinner=False)
def _examples(_checkpoint: Checkpoint, version: tuple[str, int]) -> NDArray[np.uint8]:
    return _checkpoint.load_examples()


def _version(checkpoint: Checkpoint) -> tuple[str, int]:
    """Tells a checkpoint from another that took its name later."""
    return str(checkpoint.path), (checkpoint.path / "config.json").stat().st_mtime_ns


def _or_stop(load: Callable[[Checkpoint, tuple[str, int]], Loaded], checkpoint: Checkpoint) -> Loaded:
    """What `load` gives; for a broken file, or one that has just been deleted, ends the page with the reason."""
    try:
        return load(checkpoint, _version(checkpoint))
    except (CheckpointError, FileNotFoundError) as error:
        st.error(f"Checkpoint “{checkpoint.name}” cannot be used. {error} Meanwhile, choose another in the sidebar.")
        st.stop()


def show_pages() -> None:
    """Links to all pages, each with the job it does."""
    columns = st.columns(3)
    for place, (path, title, job) in enumerate(PAGES):
        with columns[place % 3], st.container(border=True):
            st.page_link(path, label=f"**{title}**")
            st.caption(job)


def show_checkpoints() -> None:
    """A table of the usable checkpoints."""
    rows = [found for found in list_checkpoints(CHECKPOINTS) if isinstance(found, Checkpoint)]
    st.table(
        {
            "checkpoint": [row.name for row in rows],
            "dataset": [row.dataset for row in rows],
            "latent dimensions": [row.model_config.latent_dim for row in rows],
            "architecture": [row.model_config.architecture for row in rows],
            "objective": [objective_name(row) for row in rows],
            "test −ELBO, nats per image": [_nats(row.metrics["negative_elbo"]) for row in rows],
            "of it KL, nats": [_nats(row.metrics["kl"]) for row in rows],
        },
        hide_index=True,
        hide_header=False,
    )


def _nats(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f}"


def class_name(checkpoint: Checkpoint, row: int) -> str:
    """The class of a test image."""
    return checkpoint.class_names[int(load_encoded(checkpoint).labels[row])]


def routes() -> list[BaseRoute]:
    """What the app serves beside Streamlit's own: live decoding, the latent map's data, its components' scripts."""
    sweep(CHECKPOINTS)
    base = _base_path()
    origins = st.get_option("server.corsAllowedOrigins") or ()
    scripts = Mount(f"{base}/live/frontend/{{version}}", _Scripts(directory=FRONTEND))
    return [scripts, *live_routes(live_model, base_path=base, allowed_origins=origins), *map_routes(), *map_assets()]


class _Scripts(StaticFiles):
    """The components' scripts, each asked for once by each browser: a page takes a dozen, and a class comes at once."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        of_now = scope["path_params"]["version"] == _scripts_version()  # not what a page of an earlier start asks for
        response.headers["Cache-Control"] = FOR_EVER if of_now else "no-cache"
        return response


def guards() -> list[Middleware]:
    """Refuses requests under a foreign name, as a page sends whose own name was made to point here (DNS rebinding).

    While the app is open to this computer alone, its names are those of this computer and server.allowedHosts; once it
    is opened to others, anything goes unless that option says otherwise.
    """
    named, address = list(st.get_option("server.allowedHosts") or ()), st.get_option("server.address")
    alone = address in LOOPBACK
    return [Middleware(TrustedHostMiddleware, [*LOOPBACK, *named])] if alone or named else []


def _usable(name: str) -> Checkpoint:
    """The checkpoint of this name. Raises UnknownModelError, with the reason, if there is none or it is broken."""
    # A stranger's input: compared with the names that are there, never made into a path.
    found = next((found for found in list_checkpoints(CHECKPOINTS) if found.name == name), None)
    if found is None:
        raise UnknownModelError(f"There is no checkpoint called {name!r}.")
    if isinstance(found, BrokenCheckpoint):
        raise UnknownModelError(f"The checkpoint {name!r} cannot be used: {found.error}")
    return found


def live_model(name: str) -> LiveModel:
    """The model of this name for the live service: the one that the pages use. Called outside any page.

    Raises UnknownModelError, with the reason, if there is no such checkpoint or it is broken.
    """
    found = _usable(name)
    try:
        model = _model(found, _version(found))
        return LiveModel(name, model, found.kl_per_dimension, partial(_model_after_gpu, found))
    except (CheckpointError, FileNotFoundError) as error:
        raise UnknownModelError(f"The checkpoint {name!r} cannot be used: {error}") from error


def explore(checkpoint: Checkpoint) -> None:
    """The live sliders. The z of the last release is in the page's state and in the link."""
    encoded = load_encoded(checkpoint)
    fresh = st.session_state.get("explore_model") != checkpoint.name
    if fresh:  # a first visit may come by a link; a z of another model means nothing here
        linked = st.query_params.get("z") if "explore_model" not in st.session_state else None
        st.session_state["explore_z"] = _parse_z(linked, checkpoint.model_config.latent_dim)
        st.session_state["explore_model"] = checkpoint.name
    image = choose_test_image(checkpoint)
    start = {"id": f"{image}", "title": f"test image {image} · {class_name(checkpoint, image)}"}
    own = int(encoded.labels[image])
    data = _or_stop(_explore_data, checkpoint) | {
        "start": start | {"z": encoded.mean[image].tolist()},
        "z": st.session_state["explore_z"],
        "label": choose_label(checkpoint, f"the image's own: {checkpoint.class_names[own]}", own),
    }
    component = st.components.v2.component("explore", js=_script("component.js"), css=_script("explore.css"))
    result = component(key="explore", data=data, on_z_change=lambda: None)
    if not fresh and (z := sent_z(result.z, checkpoint.model_config.latent_dim)) is not None:
        st.session_state["explore_z"] = z
    if st.session_state["explore_z"] is not None:
        st.query_params["z"] = _format_z(st.session_state["explore_z"])


def choose_test_image(checkpoint: Checkpoint) -> int:
    """The encoded test image to start from; stands in the URL."""
    last = checkpoint.test_images - 1
    with st.sidebar:
        return int(
            st.number_input(
                f"Start from test image (0 to {last:,})",
                min_value=0,
                max_value=last,
                value=0,
                key="image",
                bind="query-params",
                persist_state="session",
                help="Its mean μ of q(z|x) becomes z.",
            )
        )


def choose_label(checkpoint: Checkpoint, unchosen: str, default: int | None = None) -> int | None:
    """The class that a conditional model decodes as, chosen in the sidebar and standing in the URL.

    unchosen names the first choice, which returns `default`; so does every model that is told no class.
    """
    if not checkpoint.model_config.classes:
        return default
    with st.sidebar:
        chosen = st.selectbox(
            "Decode as class",
            ["", *checkpoint.class_names],
            format_func=lambda name: name or unchosen,
            key="class_told",
            bind="query-params",
            help="This model's decoder is told a class beside z: the same z in another class keeps the style.",
        )
    return checkpoint.class_names.index(chosen) if chosen else default


@st.cache_resource(max_entries=16, show_spinner=False)
def _explore_data(_checkpoint: Checkpoint, version: tuple[str, int]) -> dict[str, object]:
    """What the component needs to know of a checkpoint; made once, because a page's run must be short."""
    config, encoded = _checkpoint.model_config, _encoded(_checkpoint, version)
    mean, components = _small_map(encoded)
    points = (encoded.mean[:MAP_POINTS] - mean) @ components.T
    return {
        "base": _base_path(),
        "script": script_url("explore.js"),
        "model": _checkpoint.name,
        "latent_dim": config.latent_dim,
        "image_shape": list(config.image_shape),
        "classes": config.classes,
        "kl": _checkpoint.kl_per_dimension,
        "spread": encoded.mean.std(axis=0).tolist(),
        "points": base64.b64encode(points.astype("<f4").tobytes()).decode(),
        "labels": base64.b64encode(encoded.labels[:MAP_POINTS].astype("<u2").tobytes()).decode(),
        "class_names": list(_checkpoint.class_names),
        "palette": list(PALETTE),
        "projection": {"mean": mean.tolist(), "components": components.tolist()},
    }


def _small_map(encoded: EncodedSet) -> tuple[FloatArray, FloatArray]:
    """Origin and axes of the plane beside the picture: the latent plane itself where there are no more dimensions."""
    latent_dim = encoded.mean.shape[1]
    if latent_dim <= 2:
        return np.zeros(latent_dim, np.float32), np.eye(2, latent_dim, dtype=np.float32)
    pca = fit_pca(encoded.mean, 2)
    return pca.mean, pca.components


def _parse_z(text: str | None, latent_dim: int) -> list[float] | None:
    """The z of a link: comma-separated numbers. None, with the reason on the page, if they do not fit the model."""
    if text is None:
        return None
    try:
        z = [float(number) for number in text.split(",")]
    except ValueError:
        z = []
    if len(z) != latent_dim or not all(abs(value) <= LINK_BOUND for value in z):  # also false for NaN
        st.warning(f"This link's z is not {latent_dim} numbers from -{LINK_BOUND:g} to {LINK_BOUND:g}; it is ignored.")
        return None
    return z


def sent_z(value: object, latent_dim: int) -> list[float] | None:
    """The z that a component's browser has sent, which may send anything; None where it is none of this model's."""
    if not isinstance(value, list) or len(value) != latent_dim:
        return None
    fine = all(isinstance(number, (int, float)) and abs(number) <= LARGEST_Z for number in value)  # false for NaN, too
    return [float(number) for number in value] if fine else None


def sent_row(value: object, checkpoint: Checkpoint) -> int | None:
    """The test image that a component's browser has sent; None where there is no such image."""
    fine = isinstance(value, (int, float)) and 0 <= value < checkpoint.test_images and value == int(value)
    return int(value) if fine else None  # type: ignore[call-overload]


def _sent_pin(value: Mapping[str, object], checkpoint: Checkpoint) -> dict[str, object] | None:
    """What is pinned on the map; None for nothing."""
    z = sent_z(value.get("z"), checkpoint.model_config.latent_dim)
    row, exact = sent_row(value.get("row"), checkpoint), value.get("exact") is True
    return None if z is None else {"model": checkpoint.name, "z": z, "row": row, "exact": exact}


def _sent_groups(value: Mapping[str, object], checkpoint: Checkpoint) -> dict[str, object]:
    """The groups A and B of test images."""
    groups: dict[str, object] = {"model": checkpoint.name}
    for name in ("A", "B"):
        asked = value.get(name)
        rows = asked if isinstance(asked, list) and len(asked) <= checkpoint.test_images else []
        groups[name] = [row for item in rows if (row := sent_row(item, checkpoint)) is not None]
    return groups


def _format_z(z: Sequence[float]) -> str:
    """Numbers with up to four decimals, the precision that the sliders decode with."""
    return ",".join(f"{value:.4f}".rstrip("0").rstrip(".") for value in z)


def _base_path() -> str:
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


@st.cache_resource(show_spinner=False)
def _script(name: str) -> str:
    return (FRONTEND / name).read_text("utf-8")


def script_url(name: str) -> str:
    """Where the browser finds a script. The version in the path holds for all that it imports from beside it."""
    return f"{_base_path()}/live/frontend/{_scripts_version()}/{name}"


@st.cache_resource(show_spinner=False)
def _scripts_version() -> str:
    """Changes when a script does, so that no browser goes on with an old one."""
    files = sorted(FRONTEND.iterdir())
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def load_strength(checkpoint: Checkpoint) -> Sequence[float]:
    """How much the model uses each latent dimension: KL in nats, or the spread of the means where there is no KL."""
    return checkpoint.kl_per_dimension or load_encoded(checkpoint).mean.std(axis=0).tolist()


def map_assets() -> list[BaseRoute]:
    """Serves plotly's script, out of the installed package: to each browser once, and compressed once for all."""
    return [Route(f"{_base_path()}/live/plotly/{{version}}/plotly.min.js", _plotly)]


def _plotly_url() -> str:
    return f"{_base_path()}/live/plotly/{metadata.version('plotly')}/plotly.min.js"


async def _plotly(request: Request) -> Response:
    headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
    compressed = "gzip" in request.headers.get("accept-encoding", "")
    body = await run_in_threadpool(_plotly_script, compressed)
    return Response(body, headers=headers | ({"Content-Encoding": "gzip"} if compressed else {}), media_type=JAVASCRIPT)


@lru_cache(maxsize=2)
def _plotly_script(compressed: bool) -> bytes:
    found = find_spec("plotly")  # importing plotly would take a second
    assert found is not None
    assert found.submodule_search_locations is not None
    script = (Path(found.submodule_search_locations[0]) / "package_data" / "plotly.min.js").read_bytes()
    return gzip.compress(script, 6) if compressed else script


def latent_map_component(checkpoint: Checkpoint, config: Mapping[str, object]) -> None:
    """The map of the encoded test set under this projection: the fields of a ProjectionConfig by name.

    What is pinned stays in the link and, for the other pages, in st.session_state["map_pinned"] ({model, z, row: a test
    image or None, exact}); groups for the latent arithmetic in st.session_state["map_groups"] ({model, A, B: rows}).
    """
    state, name = st.session_state, checkpoint.name
    if state.get("map_model") != name:  # a first visit may come by a link; a pin of another model means nothing here
        linked = st.query_params.get("z") if "map_model" not in state else None
        z = _parse_z(linked, checkpoint.model_config.latent_dim)
        state["map_model"] = name
        state["map_pinned"] = None if z is None else {"model": name, "z": z, "row": None, "exact": True}
    explored = state.get("explore_z") if state.get("explore_model") == name else None
    data = {
        "script": script_url("map.js"),
        "base": _base_path(),
        "plotly": _plotly_url(),
        "model": name,
        "version": _or_stop(lambda _, version: str(version[1]), checkpoint),
        "classes": checkpoint.model_config.classes,
        "label": choose_label(checkpoint, "each image's own"),
        "prior": checkpoint.kl_per_dimension is not None,
        "palette": list(PALETTE),
        "config": dict(config),
        "z": explored,
        "pinned": state["map_pinned"],
        "examples": min(checkpoint.test_images, EXAMPLES),
    }
    component = st.components.v2.component("latent_map", js=_script("component.js"), css=_script("map.css"))
    result = component(key="latent_map", data=data, on_pinned_change=lambda: None, on_groups_change=lambda: None)
    if isinstance(result.pinned, dict) and result.pinned.get("model") == name:
        state["map_pinned"] = _sent_pin(result.pinned, checkpoint)
    if isinstance(result.groups, dict) and result.groups.get("model") == name:
        state["map_groups"] = _sent_groups(result.groups, checkpoint)
    if state["map_pinned"] is None:
        st.query_params.pop("z", None)
    else:
        st.query_params["z"] = _format_z(state["map_pinned"]["z"])


# ---- what the latent map is served from ------------------------------------------------------------------------------

_loading = ThreadPoolExecutor(1, thread_name_prefix="test-images")


def map_routes() -> list[BaseRoute]:
    """The encoded test sets, their images and their projections, for the latent map; part of routes()."""
    base, origins = _base_path(), st.get_option("server.corsAllowedOrigins") or ()
    return source_routes(map_source, _layouts(), base_path=base, allowed_origins=origins)


@lru_cache(maxsize=1)
def _layouts() -> Layouts:
    """All projections of this process; those that were computed are kept in $VAE_CACHE, else the user's own cache."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get("VAE_CACHE") or home / "latent-lab") / "projections"
    return Layouts(folder, gpu=device().type == "cuda")


def map_source(name: str) -> MapSource:
    """What the latent map draws of the checkpoint of this name. Called outside any page.

    Raises UnknownModelError, with the reason, if there is no such checkpoint or it is broken.
    """
    found = _usable(name)
    try:
        version = _version(found)
        encoded, examples, loading = _encoded(found, version), _examples(found, version), _test_images(found, version)
    except (CheckpointError, FileNotFoundError) as error:
        raise UnknownModelError(f"The checkpoint {name!r} cannot be used: {error}") from error
    wait([loading], timeout=0.5)  # a small data set is read by then, and the map need not do without its pictures
    images = loading.result() if loading.done() else None
    images = examples if images is None else images
    saved = partial(_saved_projection, found, encoded)
    shape = found.model_config.image_shape
    return MapSource(name, f"{version[1]}-{len(images)}", encoded, found.class_names, shape, images, saved)


def _saved_projection(checkpoint: Checkpoint, encoded: EncodedSet, config: ProjectionConfig) -> FloatArray | None:
    """The projection that was computed ahead, with the parameters that are the method's defaults."""
    if config.method == "raw" or config.used != ProjectionConfig(config.method, config.dims):
        return None
    try:
        return checkpoint.load_projection(encoded, config.method, config.dims)
    except (CheckpointError, FileNotFoundError):
        return None  # broken, or just deleted: it is computed again


@st.cache_resource(max_entries=4, show_spinner=False)
def _test_images(_checkpoint: Checkpoint, version: tuple[str, int]) -> Future[NDArray[np.uint8] | None]:
    """All test images, as the model was trained on them, once they are read; None where its data set is not here."""
    return _loading.submit(_read_test_images, _checkpoint)


def _read_test_images(checkpoint: Checkpoint) -> NDArray[np.uint8] | None:
    channels, side, _ = checkpoint.model_config.image_shape
    try:
        if not is_available(checkpoint.dataset):
            return None
        dataset = load_dataset(checkpoint.dataset, image_size=side, color=channels == 3)
        if dataset.content_hash != checkpoint.content_hash or len(dataset.test) != checkpoint.test_images:
            return None
        return binarise(dataset.test.images, checkpoint.training.get("binarisation", "none"))
    except (DataError, ValueError, OSError):
        return None  # the examples are there instead

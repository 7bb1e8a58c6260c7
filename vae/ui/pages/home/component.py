"""The home page's component: a film with a live decoder, the stories, all models as films and in a table."""

from collections.abc import Iterable

from vae.model.latents import sample
from vae.model.networks import ModelConfig
from vae.storage.checkpoints import Checkpoint, list_checkpoints
from vae.training.film import film_version
from vae.ui.pages.home.models import model_rows
from vae.ui.pages.home.stories import ROWS, lacking, story_data, told
from vae.ui.shared import loaders, scripts
from vae.ui.shared.lessons import app_library
from vae.views.shared.models import FRAMES
from vae.views.shared.palette import PALETTE
from vae.views.shared.scripts import script_url

FILM = "mnist-z2"
PICTURES = 6  # in a row
SEED = 0  # the Sampling page's first


def home(chosen: Checkpoint | None) -> None:
    """The page below its title. chosen: the model that Explore would open."""
    found = list_checkpoints(loaders.CHECKPOINTS)
    usable = {checkpoint.name: checkpoint for checkpoint in found if isinstance(checkpoint, Checkpoint)}
    lessons = app_library().summaries()
    film, stories = _film(usable.values()), told(lessons, usable)
    drawn = {row.model for story in stories for row in ROWS[story["name"]] if row.kind == "draw"}
    latent_dims = {usable[name].model_config.latent_dim for name in drawn}
    data = {
        "script": script_url("home/home.js"),
        "palette": list(PALETTE),
        "model": chosen and chosen.name,
        "film": film and film_data(film),
        "stories": [story_data(story) for story in stories],
        "lacking": lacking(lessons, usable),
        "lessons": len(lessons),
        "models": model_rows(usable.values()),
        "frames": FRAMES,
        "noise": {str(d): sample(PICTURES, d, SEED).tolist() for d in latent_dims},
    }
    component = scripts.component("home", "lib/controls.css", "lib/popover.css", "lib/glossary.css", "home/home.css")
    component(key="home", data=data)


def _film(usable: Iterable[Checkpoint]) -> Checkpoint | None:
    """The checkpoint whose film runs on the page: of a plane with a prior, which can be decoded wherever one points."""
    filmed = [found for found in usable if found.film and _is_plane(found.model_config)]
    return next((found for found in filmed if found.name == FILM), next(iter(filmed), None))


def film_data(checkpoint: Checkpoint) -> dict[str, object]:
    """What the browser needs of a film; its version lets browsers keep it."""
    version = film_version(checkpoint.film)
    return {"name": checkpoint.name, "class_names": list(checkpoint.class_names), "version": version}


def _is_plane(config: ModelConfig) -> bool:
    return config.latent_dim == 2 and config.posterior != "point" and not config.classes

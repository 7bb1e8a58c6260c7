"""What the light page shows of a checkpoint, from the caches that it shares with the pages."""

from collections.abc import Callable, Mapping
from typing import Any

from vae.lessons import routes
from vae.model.latents import EncodedSet
from vae.storage.checkpoints import BrokenCheckpoint, Checkpoint, list_checkpoints
from vae.ui.pages import compare, explore, interpolation, reconstruction, sampling
from vae.ui.shared import compared, loaders
from vae.ui.shared.lessons import app_library
from vae.views.latent_map import map_data
from vae.views.sampling import is_source, offered_sources
from vae.views.shared import comparison, pages
from vae.views.training import training_data

Version = tuple[str, int]

_SHOWN: dict[str, Callable[[Checkpoint, Version], dict[str, Any]]] = {
    pages.EXPLORE.name: explore.cached_data,
    # Without Plotly, which is more than all the rest: the map then draws its own axes.
    pages.LATENT_MAP.name: lambda checkpoint, version: map_data(checkpoint, str(version[1])) | {"plotly": None},
    pages.SAMPLING.name: sampling.cached_data,
    pages.INTERPOLATION.name: interpolation.cached_data,
    pages.COMPARE.name: compare.cached_data,
    pages.TRAINING.name: lambda checkpoint, _: training_data(checkpoint),
    pages.RECONSTRUCTION.name: lambda checkpoint, version: (
        reconstruction.cached_data(checkpoint, version) | reconstruction.cached_score_data(checkpoint, version)
    ),
}


def found() -> list[Checkpoint | BrokenCheckpoint]:
    """The checkpoints of this app."""
    return list_checkpoints(loaders.CHECKPOINTS)


def lesson(name: str, language: str) -> dict[str, object]:
    """The lesson that the light page plays. Raises LookupError with a sentence."""
    return {**app_library().load(name, language)}


def written_lesson(text: str, language: str) -> dict[str, object]:
    """The lesson of a text that a visitor sends. Raises ValueError with its first mistake."""
    return {**routes.written_lesson(app_library(), text, language)}


class AppData:
    """vae.lab.answers.Data of this app. Called outside of pages."""

    def __init__(self, models: Callable[[], list[Checkpoint | BrokenCheckpoint]] = found) -> None:
        self._found = models

    def encoded(self, checkpoint: Checkpoint) -> EncodedSet:
        """The encoded test set."""
        return loaders.cached_encoded(checkpoint, loaders.version_of(checkpoint))

    def shown(self, view: str, checkpoint: Checkpoint) -> dict[str, Any]:
        """The component's data of a checkpoint."""
        return _SHOWN[view](checkpoint, loaders.version_of(checkpoint))

    def source(self, checkpoint: Checkpoint, name: str) -> Mapping[str, object]:
        """A source of Sampling. Raises ValueError for one that the model does not have."""
        version = loaders.version_of(checkpoint)
        sampling.cached_data(checkpoint, version)  # makes the fit, without the page's spinner
        offered = offered_sources(checkpoint, sampling.cached_fit(checkpoint, version))
        if not is_source(name, checkpoint, offered):
            raise ValueError(f"source must be one of this model, such as prior or class:0, not {name!r:.40}.")
        return sampling.cached_source(checkpoint, version, name)

    def other(self, checkpoint: Checkpoint, dataset: str) -> dict[str, Any]:
        """Another data set's pictures and scores. Raises DataError where it cannot be loaded."""
        return reconstruction.cached_other_data(checkpoint, loaders.version_of(checkpoint), dataset)

    def codes(self, checkpoint: Checkpoint) -> dict[str, Any]:
        """Each dimension's aggregate posterior."""
        return compared.cached_codes(checkpoint, loaders.version_of(checkpoint))

    def match(self, checkpoint: Checkpoint, name: str) -> list[comparison.Match]:
        """The dimensions of another model that follow this one's. Raises ValueError for one of other pictures."""
        return compared.cached_match(checkpoint, comparison.named(checkpoint, self._found(), name))

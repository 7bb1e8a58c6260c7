"""What the latent map shows, beside the encoded test set, which comes by a route of its own."""

from vae.projection.config import Method
from vae.server.weights import local_model
from vae.storage.checkpoints import EXAMPLES, Checkpoint
from vae.views.shared import pages, scripts
from vae.views.shared.palette import PALETTE


def map_data(checkpoint: Checkpoint, version: str) -> dict[str, object]:
    """The component's data of a checkpoint. version: of its files."""
    return {
        "script": scripts.script_url(pages.LATENT_MAP.script),
        "plotly": scripts.plotly_url(),
        "model": checkpoint.name,
        "local": local_model(checkpoint),
        "version": version,
        "classes": checkpoint.model_config.classes,
        "prior": checkpoint.kl_per_dimension is not None,
        "palette": list(PALETTE),
        "examples": min(checkpoint.test_images, EXAMPLES),
    }


def own_method(checkpoint: Checkpoint) -> Method:
    """With what a model's map opens: the latent space itself where that is a plane, pictures beneath its points."""
    return "raw" if checkpoint.model_config.latent_dim == 2 else "pca"

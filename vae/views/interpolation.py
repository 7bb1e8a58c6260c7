"""What Interpolation shows, beside the encoded test set, which comes by a route of its own."""

import numpy as np
from numpy.typing import NDArray

from vae.datasets.drawing import drawing_frame, is_dark_on_bright
from vae.server.weights import local_model
from vae.storage.checkpoints import Checkpoint
from vae.views.shared import pages, scripts
from vae.views.shared.palette import PALETTE

# Parameters of a link; the component reads and checks the values.
KEYS = (
    *("view", "from", "to", "third", "fourth", "base", "z"),
    *("t", "path", "steps", "x", "y", "plus", "minus", "apply", "draw", "strength"),
)
LONGEST = 4000  # characters of one value; longer addresses do not work everywhere


def interpolation_data(checkpoint: Checkpoint, examples: NDArray[np.uint8], version: str) -> dict[str, object]:
    """The component's data of a checkpoint. examples: the first test images, (n, c, h, w); version: of its files."""
    return {
        "script": scripts.script_url(pages.INTERPOLATION.script),
        "model": checkpoint.name,
        "local": local_model(checkpoint),
        "version": version,
        "classes": checkpoint.model_config.classes,
        "prior": checkpoint.kl_per_dimension is not None,
        "palette": list(PALETTE),
        "frame": drawing_frame(examples),
        "bright": is_dark_on_bright(examples),
    }

"""The seven views: address, title, question, script and styles."""

from dataclasses import dataclass

# Of what opens over a page; after its own.
PANELS = ("lib/popover.css", "lib/download-menu.css", "lib/glossary.css", "lib/notices.css")


@dataclass(frozen=True)
class View:
    """A view. name: of its component; address: of its page, one name beneath the app's; question: an open one."""

    name: str
    address: str
    title: str
    question: str
    script: str
    styles: tuple[str, ...]


EXPLORE = View(
    "explore",
    "Explore",
    "Explore",
    "Which property of the picture does each latent dimension hold, and which hold none?",
    "explore/explore.js",
    ("lib/controls.css", "explore/explore.css", *PANELS),
)
LATENT_MAP = View(
    "latent_map",
    "Latent_map",
    "Latent map",
    "What lies between the points, and how far can this map be trusted?",
    "map/map.js",
    ("lib/controls.css", "map/map.css", *PANELS),
)
SAMPLING = View(
    "sampling",
    "Sampling",
    "Sampling",
    "Is every point of the prior a good picture, or are there holes?",
    "sampling/sampling.js",
    ("lib/controls.css", "sampling/sampling.css", *PANELS),
)
INTERPOLATION = View(
    "interpolation",
    "Interpolation",
    "Interpolation",
    "Halfway between two pictures: is there a picture, or the ghosts of both?",
    "interpolation/interpolation.js",
    ("lib/controls.css", "lib/drawing.css", "interpolation/interpolation.css", *PANELS),
)
RECONSTRUCTION = View(
    "reconstruction",
    "Reconstruction",
    "Reconstruction",
    "What does the bottleneck throw away, and which images suffer most?",
    "reconstruction/reconstruction.js",
    ("lib/controls.css", "lib/drawing.css", "reconstruction/reconstruction.css", *PANELS),
)
COMPARE = View(
    "compare",
    "Compare",
    "Compare",
    "What does a larger β buy, and what does it cost?",
    "compare/compare.js",
    ("lib/controls.css", "lib/drawing.css", "compare/compare.css", *PANELS),
)
TRAINING = View(
    "training",
    "Training",
    "Training film",
    "Which pictures does a model tell apart first, and which only at the end?",
    "training/player.js",
    ("lib/controls.css", "training/training.css", *PANELS),
)
VIEWS = (EXPLORE, LATENT_MAP, SAMPLING, INTERPOLATION, RECONSTRUCTION, COMPARE, TRAINING)

"""The addresses of the browser's scripts and styles.

An address is relative to that of the app, which the browser alone knows: a proxy may have removed a part of the path.
"""

import hashlib
from functools import lru_cache
from importlib import metadata
from pathlib import Path

FRONTEND = Path(__file__).parents[2] / "frontend"
CLASS_SCRIPT = "classroom/teaching.js"  # which the bar loads in a browser that teaches a class


def script_url(name: str) -> str:
    """The address of a script, "map/map.js", relative to the app's.

    The version in the path is that of all scripts that it imports.
    """
    return f"live/frontend/{scripts_version()}/{name}"


def plotly_url() -> str:
    """The address of plotly's script, which is served from the installed package."""
    return f"live/plotly/{metadata.version('plotly')}/plotly.min.js"


@lru_cache(maxsize=1)
def scripts_version() -> str:
    """Changes when a script does, so that no browser uses an old one."""
    files = sorted(path for path in FRONTEND.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]

"""A page in Streamlit's test runner."""

import json
import threading
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

RELEASE = threading.Event()  # until it is set, a page of test_hostile.py waits
ROOT = Path(__file__).parents[2]


def open_page(path: str = "app.py", **query: str) -> AppTest:
    """The page as it looks after its first run, reached by a link with this query."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run() if path == "app.py" else app.switch_page(path).run()


def sent_data(app: AppTest, key: str) -> dict[str, Any]:
    """What the page sends to its component of this key."""
    components = {component.key: component for component in app.get("bidi_component")}
    data: dict[str, Any] = json.loads(components[key].proto.json)
    return data


def bar(app: AppTest) -> dict[str, Any]:
    """What the page sends to the bar: its title, the models, the chosen one."""
    return sent_data(app, "bar_component")


def choose(app: AppTest, name: str) -> AppTest:
    """Chooses a model, as the bar does."""
    app.session_state["chosen"] = name
    return app.run()


def usable_models(app: AppTest) -> list[str]:
    """The names of the models that the bar offers, in its order."""
    return [model["name"] for model in bar(app)["models"] if "problem" not in model]

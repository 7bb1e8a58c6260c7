"""A page in Streamlit's test runner."""

import json
import threading
from functools import cache
from pathlib import Path
from typing import Any

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from tests.support.patience import PATIENCE

# The test runner looks for components in every installed package at each run, which takes half of it.
vars(manifest_scanner)["scan_component_manifests"] = cache(manifest_scanner.scan_component_manifests)

RELEASE = threading.Event()  # until it is set, a page of test_hostile.py waits
ROOT = Path(__file__).parents[2]


def open_page(path: str = "app.py", **query: str) -> AppTest:
    """The page as it looks after its first run, reached by a link with this query."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run() if path == "app.py" else app.switch_page(path).run()


def sent_data(app: AppTest) -> dict[str, Any]:
    """What the page sends to its own component."""
    return _data(app.get("bidi_component")[-1])


def bar(app: AppTest) -> dict[str, Any]:
    """What the page sends to the bar: its title, the models, the chosen one."""
    return _data(app.get("bidi_component")[0])


def _data(component: Any) -> dict[str, Any]:
    return dict(json.loads(component.proto.json))


def choose(app: AppTest, name: str) -> AppTest:
    """Chooses a model, as the bar does."""
    app.session_state["chosen"] = name
    return app.run()


def usable_models(app: AppTest) -> list[str]:
    """The names of the models that the bar offers, in its order."""
    return [model["name"] for model in bar(app)["models"] if "problem" not in model]


def send(app: AppTest, **state: object) -> AppTest:
    """The page after its live component has sent this state, as its JSON has it: AppTest has no other way for one."""
    component = app.get("bidi_component")[-1]  # the first is the bar
    widgets = app._tree.get_widget_states()
    widget = widgets.widgets.add()
    widget.id, widget.json_value = component.proto.id, json.dumps(state)
    return app._run(widgets)


def to_page(app: AppTest, name: str) -> AppTest:
    """The page of this name, as after a click on its link: unlike a browser, the test runner would keep the link."""
    (path,) = ROOT.glob(f"pages/*_{name}.py")
    app.query_params.clear()
    app.switch_page(f"pages/{path.name}").run()
    assert not app.exception
    return app

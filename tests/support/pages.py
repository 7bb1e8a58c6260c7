"""A page in Streamlit's test runner."""

import threading
from pathlib import Path

from streamlit.testing.v1 import AppTest

RELEASE = threading.Event()  # until it is set, a page of test_hostile.py waits
ROOT = Path(__file__).parents[2]


def open_page(path: str = "app.py", **query: str) -> AppTest:
    """The page as it looks after its first run, reached by a link with this query."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run() if path == "app.py" else app.switch_page(path).run()

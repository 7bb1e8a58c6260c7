"""The scripts' module contract.js says what Python says."""

from vae.ui.serving.contract import PATH, contract


def test_the_scripts_know_what_python_knows() -> None:
    assert PATH.read_text("utf-8") == contract(), "Run `make contract`."

"""The scripts' module contract.js says what Python says."""

from vae.ui.serving.contract import PATH, contract
from vae.views.shared.terms import script


def test_the_scripts_know_what_python_knows() -> None:
    assert PATH.read_text("utf-8") == contract(), "Run `make contract`."


def test_the_scripts_say_of_terms_what_python_says() -> None:
    assert script.PATH.read_text("utf-8") == script.script(), "Run `make contract`."

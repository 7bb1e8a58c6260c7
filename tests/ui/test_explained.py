"""The signs beside the form for a new run: each number of the form has one, with the form's value in the formula."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.effort import first_in_make_test
from tests.support.patience import PATIENCE
from vae.datasets.registry import DATASETS
from vae.model.losses import Objective
from vae.training.config import TrainingConfig
from vae.training.request import DatasetRequest, ModelRequest, TrainingRequest
from vae.ui.pages.training.explained import TERMS, first_values, more_values
from vae.views.shared.terms.catalogue import TERMS as KNOWN


def form_page() -> None:
    from vae.ui.pages.training.form import start_form

    start_form()


def form(**fields: Any) -> AppTest:
    app = AppTest.from_function(form_page, default_timeout=PATIENCE)
    for key, value in fields.items():
        app.session_state[key] = value
    app.run()
    assert not app.exception
    assert not app.error
    return app


def numbers_of(app: AppTest) -> set[str]:
    """The keys of the form's fields for numbers; that of the learning rate names the optimiser."""
    keys = {str(field.key) for kind in (app.number_input, app.slider) for field in kind if not field.disabled}
    return {key.split("-")[0] for key in keys}


def terms_of(app: AppTest) -> dict[str, dict[str, str]]:
    """The terms that the form explains, with what stands in their formulas."""
    sent = [json.loads(each.proto.json) for each in app.get("bidi_component")]
    return {name: values for data in sent for name, values in data.get("terms", [])}


@pytest.mark.parametrize(
    "fields",
    first_in_make_test(
        [
            {},
            {"limit": "seconds", "seconds": 30},
            {"objective": "free-bits", "free_bits": 0.5},
            {"objective": "capacity", "capacity": 25.0},
            {"objective": "iwae", "samples": 5},
            {"objective": "autoencoder"},
            {"warmup": "linear", "beta": 4.0},
            {"warmup": "cooling"},
            {"likelihood": "gaussian"},
            {"dataset": "my own images"},
        ]
    ),
    ids=str,
)
def test_each_number_of_the_form_is_explained(fields: dict[str, Any]) -> None:
    app = form(**fields)
    explained = {field for field, term in TERMS.items() if term in terms_of(app)}
    by_another = {"warmup_share"} if explained & {"warmup", "heat"} else set()  # its part of the run is theirs
    assert not numbers_of(app) - explained - by_another, "Name the field's term in vae/ui/pages/training/explained.py."


def test_the_form_s_numbers_stand_in_the_formulas() -> None:
    terms = terms_of(form(latent_dim=3, epochs=4, batch_size=100, beta=2.5))
    assert terms["latent dimensions"] == {"dimensions": "3"}
    assert terms["β"] == {"beta": "2.5"}
    assert terms["epochs"] == {"epochs": "4", "batch": "100", "pictures": "1297", "steps": "52"}


def test_a_time_budget_has_no_epochs_and_own_pictures_have_a_size() -> None:
    request = TrainingRequest(DatasetRequest("my own images", 48), ModelRequest(), TrainingConfig(), 30.0)
    values = first_values(request, None)
    assert values["seconds"] == {"budget": "30 s"}
    assert values["image_size"] == {"width": "48", "height": "48"}
    assert (values["keep"], values["versions"]) == ({"kept": "1"}, {"versions": "1"})
    assert "epochs" not in values


def test_each_value_has_its_place_in_the_term_s_formula() -> None:
    """Else it would not be seen; the likelihood chooses the code."""
    objectives = [Objective(name) for name in ("vae", "free-bits", "capacity", "beta-tc", "iwae", "autoencoder")]
    objectives += [Objective(warmup="linear"), Objective(warmup="cooling")]
    for objective in objectives:
        for likelihood in ("bernoulli", "gaussian", "gaussian-optimal"):
            model = ModelRequest(likelihood=likelihood)
            request = TrainingRequest(DatasetRequest("mnist"), model, TrainingConfig(objective=objective))
            for field, values in (first_values(request, 60_000) | more_values(request)).items():
                assert values.keys() - {"likelihood"} <= set(KNOWN[TERMS[field]].keys), field


def test_every_term_of_the_form_is_known_and_the_own_name_is_no_data_set() -> None:
    assert set(TERMS.values()) <= KNOWN.keys()
    assert "my own images" not in DATASETS

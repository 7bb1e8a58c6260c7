"""What the route that optimises q answers to each request."""

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.support.live import MODELS
from vae.evaluation.gaps import ESTIMATE, STEPS, Target, parts
from vae.model.networks import VAE, ModelConfig
from vae.server.gradients.optimise import EVERY, optimise_lines
from vae.server.live.inference import LiveModel

Json = dict[str, Any]
GREY, CONDITIONAL = MODELS["grey"], MODELS["conditional"]


def picture(live: LiveModel, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (1, *live.model.config.image_shape), np.uint8)


def request(live: LiveModel, **fields: Any) -> Json:
    return {"image": base64.b64encode(picture(live).tobytes()).decode(), "label": None} | fields


def results(lines: Iterator[Json]) -> list[Json]:
    return [line for line in lines if line]


@pytest.mark.parametrize(("live", "label"), [(GREY, None), (CONDITIONAL, 257)])
def test_steps_begin_at_the_encoder_s_q_and_lower_the_minus_elbo(live: LiveModel, label: int | None) -> None:
    *steps, last = results(optimise_lines(live, request(live, label=label)))
    assert [step["step"] for step in steps] == list(range(0, STEPS + 1, EVERY))
    target = Target.of(live.model, picture(live), np.array([label or 0]))
    encoded = target.encoded()
    assert steps[0]["mean"] == pytest.approx(encoded.mean[0].tolist(), abs=1e-4)
    assert steps[0]["logvar"] == pytest.approx(encoded.logvar[0].tolist(), abs=1e-4)
    for step in (steps[0], steps[-1]):
        mean, logvar = np.array(step["mean"]), np.array(step["logvar"])
        assert step["kl"] == pytest.approx(0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar), abs=1e-3)
    first, end = (step["reconstruction"] + step["kl"] for step in (steps[0], steps[-1]))
    assert end < first
    found = last["parts"]
    assert found["amortisation"] + found["approximation"] + found["nll"] == pytest.approx(
        found["negative_elbo"], abs=1e-3
    )
    assert last["draws"] == ESTIMATE


def test_the_parts_are_those_of_the_evaluation() -> None:
    *_, last = results(optimise_lines(GREY, request(GREY)))
    target = Target.of(GREY.model, picture(GREY), np.array([0]))
    encoded = target.encoded()
    assert last["parts"]["negative_elbo"] == pytest.approx(parts(target, encoded, encoded).negative_elbo[0], abs=1e-3)


def test_between_the_lines_are_short_steps_at_which_the_work_can_end() -> None:
    lines = list(optimise_lines(GREY, request(GREY)))
    assert sum(not line for line in lines) > STEPS / EVERY


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"image": "AAAA"}, r"image must be base64 of the picture's \d+ bytes\."),
        ({"image": "no base64!"}, r"image must be base64 of the picture's \d+ bytes\."),
        ({"image": None}, r"image must be base64 of the picture's \d+ bytes\."),
        ({"label": 1}, r"label must be null for a model that is not conditional, not 1\."),
    ],
)
def test_a_field_that_is_no_such_is_named(fields: Json, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        optimise_lines(GREY, request(GREY) | fields)


def test_a_plain_autoencoder_has_no_q_to_optimise() -> None:
    live = LiveModel("point", VAE(ModelConfig((1, 4, 4), 2, "mlp", (4,), posterior="point")).eval(), None)
    with pytest.raises(ValueError, match=r"A plain autoencoder has neither q\(z\|x\) nor an ELBO"):
        optimise_lines(live, request(live))

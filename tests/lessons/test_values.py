"""The value of each fact, checked against an independent source; what is kept, and what is refused in one sentence."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support.checkpoints import save, save_model
from tests.support.pages import ROOT
from vae.datasets.made.recipes import MADE
from vae.datasets.registry import is_available, load_dataset
from vae.evaluation.disentanglement import mutual_information_gap
from vae.lessons.format.facts import KINDS, Fact, parse_fact
from vae.lessons.measured import values as module
from vae.lessons.measured.values import MEASURES, SLOW, Values, keep
from vae.model.networks import VAE, ModelConfig
from vae.storage.checkpoints import Checkpoint, list_checkpoints, read_checkpoint
from vae.training.film import read_film

SHIPPED = ROOT / "checkpoints"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """A VAE of two dimensions on 30 pictures of noise of 5 × 4 pixels."""
    path = tmp_path_factory.mktemp("checkpoints") / "small"
    save(path)
    return read_checkpoint(path)


def value_of(name: str, *checkpoints: Checkpoint) -> float:
    values = Values(lambda: checkpoints)
    return values.of(parse_fact(name), values.checkpoints())


def shipped(name: str) -> float:
    """The value of a fact of a shipped checkpoint."""
    return value_of(name, read_checkpoint(SHIPPED / parse_fact(name).checkpoint))


def test_every_kind_of_fact_has_a_measure() -> None:
    assert set(MEASURES) == set(KINDS)


def test_numbers_of_the_evaluation_are_those_of_metrics_json() -> None:
    metrics = json.loads((SHIPPED / "mnist-z10-b4" / "metrics.json").read_text())
    assert shipped("reconstruction of mnist-z10-b4") == metrics["reconstruction"]
    assert shipped("reconstruction of the mean picture of mnist-z10-b4") == metrics["collapsed"]
    assert shipped("KL of mnist-z10-b4") == metrics["kl"]
    assert shipped("−ELBO of mnist-z10-b4") == metrics["negative_elbo"]
    assert shipped("active dimensions of mnist-z10-b4") == metrics["active_units"]
    assert shipped("KL of dimension 3 of mnist-z10-b4") == metrics["kl_per_dimension"][3]
    assert (shipped("dimensions of mnist-z10-b4"), shipped("β of mnist-z10-b4")) == (10, 4)


def test_numbers_of_codes_are_those_of_the_encoded_set(small: Checkpoint) -> None:
    encoded = small.load_encoded()
    a, b = encoded.mean[3].astype(float), encoded.mean[7].astype(float)
    assert value_of("norm of test image 3 of small", small) == pytest.approx(math.hypot(*a))
    assert value_of("norm halfway from 3 to 7 of small", small) == pytest.approx(math.hypot(*(a + b) / 2), rel=1e-5)
    halfway = (math.hypot(*a) + math.hypot(*b)) / 2
    assert value_of("spherical norm halfway from 3 to 7 of small", small) == pytest.approx(halfway, rel=1e-5)
    assert value_of("average σ of small", small) == pytest.approx(np.exp(encoded.logvar / 2).mean())
    assert value_of("average norm of small", small) == pytest.approx(np.hypot(*encoded.mean.T).mean())
    assert value_of("reconstruction of test image 3 of small", small) == encoded.reconstruction[3]
    assert value_of("KL of test image 3 of small", small) == encoded.kl[3]


def test_typical_norms_are_those_of_many_draws_of_the_prior(small: Checkpoint) -> None:
    draws = np.random.default_rng(0).standard_normal((2, 200_000, 2))
    root_mean_square = np.sqrt(np.square(draws).sum(2).mean())
    assert value_of("typical norm of small", small) == pytest.approx(root_mean_square, rel=0.01)
    halfway = np.sqrt(np.square(draws.mean(0)).sum(1).mean())
    assert value_of("typical norm halfway of small", small) == pytest.approx(halfway, rel=0.01)


def test_neighbours_kept_are_counted_by_hand(small: Checkpoint) -> None:
    """A plane's principal components keep all neighbours."""
    assert value_of("neighbours kept by PCA of small", small) == pytest.approx(100)
    assert value_of("neighbours kept by PCA for test image 4 of small", small) == 10


def test_neighbours_of_an_image_are_those_that_the_map_shows() -> None:
    assert shipped("neighbours kept by t-SNE for test image 18 of mnist-z10") == 2


def test_scores_of_samples_are_those_of_the_report() -> None:
    (path,) = (SHIPPED / "mnist-z10-ae").glob("samples-*.json")
    report = json.loads(path.read_text())
    quality = report["sources"]["prior"]["quality"]
    assert shipped("Fréchet distance from the prior of mnist-z10-ae") == quality["frechet"]
    assert shipped("recall from the prior of mnist-z10-ae") == quality["recall"]
    codes = report["sources"]["aggregate"]["quality"]
    assert shipped("precision from the codes of mnist-z10-ae") == codes["precision"]
    assert shipped("precision of real digits of mnist-z10-ae") == report["real"]["precision"]


def test_bounds_of_the_distance_to_the_prior_are_those_that_sampling_says() -> None:
    (path,) = (SHIPPED / "mnist-z10").glob("samples-*.json")
    gap = json.loads(path.read_text())["sources"]["prior"]["gap"]
    assert shipped("least KL to the prior of mnist-z10") == gap["lower"]["nats"]
    assert shipped("largest KL to the prior of mnist-z10") == pytest.approx(gap["upper"]["nats"])


def test_a_film_s_frames_count_from_one() -> None:
    records = [each.fields for each in read_film(SHIPPED / "mnist-z10-b10" / "film.bin")]
    eighth = [fields for fields in records if fields["kind"] == "frame"][7]
    assert shipped("reconstruction in frame 8 of the film of mnist-z10-b10") == eighth["reconstruction"]
    assert shipped("KL in frame 8 of the film of mnist-z10-b10") == eighth["kl"]
    assert shipped("epoch in frame 8 of the film of mnist-z10-b10") == eighth["epoch"]


def test_a_picture_s_cost_is_its_bernoulli_likelihood_and_its_kl_by_torch_distributions(small: Checkpoint) -> None:
    model = small.load_model()
    for name, picture in {
        "black": torch.zeros(1, 1, 5, 4),
        "white": torch.ones(1, 1, 5, 4),
        "test image 3": torch.from_numpy(small.load_examples()[3:4] / 255.0).float(),
    }.items():
        mean, logvar = model.encode(picture)
        code = torch.distributions.Normal(mean, (logvar / 2).exp())
        kl = torch.distributions.kl_divergence(code, torch.distributions.Normal(0.0, 1.0)).sum()
        logits = model.decoder(mean)
        nll = torch.nn.functional.binary_cross_entropy_with_logits(logits, picture, reduction="sum")
        assert value_of(f"cost of {name} of small", small) == pytest.approx((nll + kl).item(), rel=1e-5)


def test_the_least_and_the_largest_cost_are_among_those_of_each_test_image(small: Checkpoint) -> None:
    costs = [value_of(f"cost of test image {row} of small", small) for row in range(30)]
    assert value_of("least cost of the first test images of small", small) == pytest.approx(min(costs), rel=1e-5)
    assert value_of("largest cost of the first test images of small", small) == pytest.approx(max(costs), rel=1e-5)


def test_an_inverted_7_costs_most_and_a_black_picture_least() -> None:
    """The likelihood is not how much a picture is a digit."""
    inverted, black = (shipped(f"cost of {name} of mnist-z10") for name in ("an inverted 7", "black"))
    noise, average = (shipped(f"cost of {name} of mnist-z10") for name in ("noise", "the average digit"))
    least = shipped("least cost of the first test images of mnist-z10")
    assert black < least < average < noise < inverted


def test_the_mig_is_that_of_all_sprites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a few of the sprites in the place of all of them, as encoding these takes seconds."""
    dataset = load_dataset("sprites")
    torch.manual_seed(0)
    model = VAE(ModelConfig(dataset.image_shape, 3, "mlp", (4,))).eval()
    save_model(tmp_path / "small", model, dataset.test.images[:40], np.zeros(40, np.int64), "sprites")
    codes = np.random.default_rng(0).standard_normal((len(dataset.test), 3), np.float32)
    expected = mutual_information_gap(codes, np.asarray(dataset.test.factors, np.int64), representation="samples")
    monkeypatch.setattr("vae.lessons.measured.pictures.SCORES", {"mig": lambda *_: expected})
    assert value_of("MIG of small", read_checkpoint(tmp_path / "small")) == expected.value


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("KL of dimension 2 of small", "small has dimensions 0 to 1, not 2; choose one of these."),
        ("norm of test image 30 of small", "small has test images 0 to 29, not 30; choose one of these."),
        (
            "cost of test image 30 of small",
            "small keeps the pictures of test images 0 to 29, not 30; choose one of these.",
        ),
        ("cost of an inverted 7 of small", "small has no test image of a 7; choose a model of digits."),
        ("KL in frame 1 of the film of small", "small has no film; choose a checkpoint that has one."),
        ("recall from the prior of small", "small has no recall; choose another checkpoint or another fact."),
        ("MIG of small", "The MIG needs the data set noise, which is not on this machine."),
        (
            "neighbours kept by UMAP of small",
            "small has no UMAP map in its folder; make it with python -m vae project small --method umap.",
        ),
    ],
)
def test_a_number_that_a_checkpoint_does_not_have_is_refused_in_one_sentence(
    small: Checkpoint, name: str, sentence: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        value_of(name, small)


def test_a_checkpoint_that_is_not_here_is_refused_in_one_sentence(small: Checkpoint) -> None:
    with pytest.raises(LookupError, match="There is no checkpoint 'large' here; name one of those on the home page"):
        value_of("KL of large", small)


def test_a_plain_autoencoder_has_no_kl_and_a_conditional_model_no_cost() -> None:
    for name in ("KL of mnist-z10-ae", "average σ of mnist-z10-ae", "KL of dimension 1 of mnist-z10-ae"):
        with pytest.raises(ValueError, match="mnist-z10-ae has no "):
            shipped(name)
    with pytest.raises(ValueError, match="mnist-z10-cond is conditional on a class, so a picture has no one cost"):
        shipped("cost of black of mnist-z10-cond")


def test_a_value_is_computed_once_until_the_checkpoint_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "small")
    counted: list[str] = []

    def counting(fact: Fact, checkpoint: Checkpoint, _: object) -> float:
        counted.append(checkpoint.name)
        return 1.0

    monkeypatch.setitem(module.MEASURES, "KL", counting)
    values = Values(lambda: list_checkpoints(tmp_path))
    for _ in range(3):
        values.of(parse_fact("KL of small"), values.checkpoints())
    assert counted == ["small"]
    checkpoint = read_checkpoint(tmp_path / "small")
    checkpoint.save_metrics(checkpoint.metrics | {"seconds": 9.0})
    values.of(parse_fact("KL of small"), {"small": read_checkpoint(tmp_path / "small")})
    assert len(counted) == 2


def test_what_takes_seconds_is_kept_in_the_checkpoint_s_folder_and_read_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "small")
    checkpoint, fact = read_checkpoint(tmp_path / "small"), parse_fact("neighbours kept by PCA of small")
    assert keep(fact, checkpoint) == pytest.approx(100)
    monkeypatch.setitem(module.MEASURES, "neighbours kept", lambda *_: pytest.fail("computed again"))
    assert value_of("neighbours kept by PCA of small", checkpoint) == pytest.approx(100)
    (kept,) = (tmp_path / "small").glob("measured-*.json")
    assert json.loads(kept.read_text()) == {"neighbours kept PCA": pytest.approx(100)}


def test_numbers_that_were_kept_of_other_codes_are_not_read(tmp_path: Path) -> None:
    save(tmp_path / "small")
    checkpoint = read_checkpoint(tmp_path / "small")
    encoded = checkpoint.load_encoded()
    (tmp_path / "small" / "measured-000000000000.json").write_text('{"neighbours kept PCA": 3}')
    assert checkpoint.load_measured(encoded) == {}


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*/measured-*.json")), ids=lambda path: path.parent.name)
def test_what_ships_with_a_checkpoint_is_what_is_computed_now(path: Path) -> None:
    checkpoint, numbers = read_checkpoint(path.parent), json.loads(path.read_text())
    encoded = checkpoint.load_encoded()
    assert numbers
    assert checkpoint.load_measured(encoded) == numbers
    if checkpoint.dataset in MADE and not is_available(checkpoint.dataset):
        pytest.skip(f"the images are made by `python -m vae data {checkpoint.dataset}`, which has not been run here")
    for name, value in numbers.items():
        kind = next(kind for kind in SLOW if name.startswith(kind))
        method = name.removeprefix(kind).strip()
        fact = Fact(kind, checkpoint.name, (("method", method),) if method else ())
        assert MEASURES[kind](fact, checkpoint, checkpoint.load_encoded) == pytest.approx(value, rel=0.005)

"""The report of a model's samples: each distribution's gap and quality, with the protocol."""

import numpy as np
import pytest
import torch

from vae.datasets.splits import Dataset, Split
from vae.evaluation.aggregate import fit_aggregate
from vae.evaluation.pictures import samples
from vae.evaluation.pictures.samples import SamplesReport, samples_report, second_stage_of
from vae.evaluation.registry import SCORES
from vae.model.latents import EncodedSet, decode, encode
from vae.model.networks import VAE, ModelConfig


def of_mnists_shape(n: int = 120) -> Dataset:
    """Digits' places in the registry do not matter here: bars of random width, called MNIST."""
    rng = np.random.default_rng(0)

    def split(count: int) -> Split:
        labels = rng.integers(0, 10, count)
        images = np.zeros((count, 1, 28, 28), np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[0, 4:24, 4 : 6 + 2 * label] = rng.integers(128, 256)
        return Split(images, labels, None)

    return Dataset("mnist", split(n), split(n), split(n), tuple("0123456789"))


def model_of(latent_dim: int = 2, **options: object) -> VAE:
    torch.manual_seed(0)
    return VAE(ModelConfig((1, 28, 28), latent_dim, "mlp", (16,), **options)).eval()  # type: ignore[arg-type]


def reported(model: VAE, dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> tuple[SamplesReport, EncodedSet]:
    monkeypatch.setattr(samples, "STEPS", 20)
    encoded = encode(model, dataset.test.images, dataset.test.labels)
    fit = fit_aggregate(encoded)
    return samples_report(model, dataset, encoded, fit, second_stage_of(model, dataset, fit)), encoded


def test_a_report_has_gap_and_quality_of_each_distribution_and_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    report, _ = reported(model_of(), of_mnists_shape(), monkeypatch)

    assert list(report.sources) == ["prior", "aggregate", "second"]
    for scores in report.sources.values():
        assert scores.gap is not None
        assert scores.quality is not None
        assert scores.quality.precision == 0  # of an untrained model
        assert scores.quality.frechet > 0
    assert report.real is not None
    assert report.real.recall > 0.8
    for words in ("120 samples", "seed 0", "k = 3", "not the FID", "falls with more pictures"):
        assert words in report.protocol
    assert SamplesReport.from_json(report.to_json()) == report


def test_other_pictures_have_no_quality_and_a_reason(digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    model = VAE(ModelConfig(digits.image_shape, 2, "mlp", (8,))).eval()

    report, _ = reported(model, digits, monkeypatch)

    assert report.real is None
    assert all(scores.quality is None and scores.gap is not None for scores in report.sources.values())
    assert "knows MNIST only" in report.protocol


def test_a_plain_autoencoder_has_quality_and_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    report, _ = reported(model_of(posterior="point"), of_mnists_shape(), monkeypatch)

    assert all(scores.gap is None and scores.quality is not None for scores in report.sources.values())


def test_one_latent_dimension_has_no_second_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    report, _ = reported(model_of(1), of_mnists_shape(), monkeypatch)

    assert list(report.sources) == ["prior", "aggregate"]


def test_a_conditional_model_decodes_the_classes_that_test_images_have(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[np.ndarray] = []

    def watched(model: VAE, z: np.ndarray, labels: np.ndarray) -> np.ndarray:
        asked.append(labels)
        return decode(model, z, labels)

    monkeypatch.setattr(samples, "decode", watched)
    dataset = of_mnists_shape()
    only = np.isin(dataset.test.labels, (3, 7))
    test = Split(dataset.test.images[only], dataset.test.labels[only], None)
    dataset = Dataset("mnist", dataset.train, dataset.validation, test, dataset.class_names)

    reported(model_of(classes=10), dataset, monkeypatch)

    assert set(np.concatenate(asked).tolist()) == {3, 7}


def test_evaluate_knows_the_report_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    model, dataset = model_of(), of_mnists_shape()
    report, encoded = reported(model, dataset, monkeypatch)

    assert SCORES["samples"](model, dataset, encoded, 0) == report

"""Commands that measure a checkpoint, and keep in it what they find: evaluate, project, fit, prior, float16."""

import argparse
import time
from dataclasses import asdict, replace

import numpy as np
import torch

from vae.commands.options import (
    CHECKPOINT_HELP,
    Commands,
    ProgressBar,
    Result,
    add_command,
    add_data_dir,
    checkpoint_path,
    dataset_of,
    score,
)
from vae.datasets.splits import Binarisation, Dataset, Split, binarise
from vae.evaluation.aggregate import fit_aggregate
from vae.evaluation.likelihood import ImportanceWeighted, importance_weighted_nll
from vae.evaluation.metrics import Evaluation, evaluate
from vae.evaluation.pictures.samples import SourceScores, samples_report, second_stage_of
from vae.evaluation.registry import FACTOR_SCORES, SCORES
from vae.evaluation.rounding import float16_is_close, float16_levels
from vae.model.latents import encode
from vae.model.networks import VAE, ModelConfig, choose_device
from vae.projection.config import METHODS, ProjectionConfig
from vae.projection.methods import project, quality
from vae.storage.checkpoints import read_checkpoint
from vae.validation import require

SPRITES_NOTE = (
    "note: sprites is not dSprites, so published scores do not compare; compare with a model of the same objective and "
    "beta, and read each score beside the -ELBO: separate factors cost reconstruction"
)


def add_commands(commands: Commands) -> None:
    """Adds evaluate, project, fit, prior and float16."""
    evaluation = add_command(commands, "evaluate", run_evaluate, "measure a checkpoint on its data set's test images")
    evaluation.add_argument("checkpoint", type=checkpoint_path, help=CHECKPOINT_HELP)
    evaluation.add_argument("--importance-samples", type=int, metavar="K", help="also the NLL with K samples of z")
    evaluation.add_argument(
        "--metrics",
        type=lambda text: text.split(","),
        default=[],
        help=f"also these, comma-separated: {', '.join(SCORES)}",
    )
    evaluation.add_argument("--seed", type=int, default=0, help="of the noise and the binarisation")
    evaluation.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    add_data_dir(evaluation)

    projection = add_command(
        commands, "project", run_project, "project a checkpoint's encoded test set and keep it there"
    )
    projection.add_argument("checkpoint", type=checkpoint_path, help=CHECKPOINT_HELP)
    projection.add_argument("--method", choices=[name for name in METHODS if name != "raw"], required=True)
    projection.add_argument("--dims", type=int, choices=(2, 3), default=ProjectionConfig.dims)
    projection.add_argument("--perplexity", type=float, default=ProjectionConfig.perplexity, help="of tsne")
    projection.add_argument("--neighbours", type=int, default=ProjectionConfig.neighbours, help="of umap")
    projection.add_argument("--min-dist", type=float, default=ProjectionConfig.min_dist, help="of umap")
    projection.add_argument("--seed", type=int, default=ProjectionConfig.seed, help="of tsne and umap")

    fitting = add_command(commands, "fit", run_fit, "fit the mixture that Sampling draws from and keep it there")
    fitting.add_argument("checkpoint", type=checkpoint_path, help=CHECKPOINT_HELP)

    prior = add_command(
        commands, "prior", run_prior, "fit a second-stage prior, measure the samples, and keep both there"
    )
    prior.description = f"{prior.description}: Sampling then draws from it and shows how good the samples are"
    prior.add_argument("checkpoint", type=checkpoint_path, help=CHECKPOINT_HELP)
    add_data_dir(prior)

    rounding = add_command(commands, "float16", run_float16, "measure what float16 weights change in its pictures")
    rounding.description = f"{rounding.description}, and keep it there: browsers then load half the bytes"
    rounding.add_argument("checkpoint", type=checkpoint_path, help=CHECKPOINT_HELP)


def run_evaluate(args: argparse.Namespace) -> Result:
    """Encodes the test images and measures; prints a note when they are not those of the training run."""
    checkpoint = read_checkpoint(args.checkpoint)
    dataset = dataset_of(checkpoint, args)
    same = dataset.content_hash == checkpoint.content_hash
    unknown = [name for name in args.metrics if name not in SCORES]
    require(not unknown, "--metrics", ",".join(unknown), f"among {', '.join(SCORES)}")
    how = checkpoint.training.get("binarisation", "none")
    model = checkpoint.load_model(choose_device(args.device))
    dataset = binarised(dataset, how, args.seed)
    test = dataset.test
    encoded = encode(model, test.images, test.labels, args.seed)
    evaluation = evaluate(encoded, model.config)
    print(f"{checkpoint.name}: test images of {dataset.name}, binarisation {how}")
    _print_evaluation(evaluation, model.config)
    result = asdict(evaluation) | {"same_data": same, "binarisation": how, "seed": args.seed}
    result["label_nats"] = model.config.label_nats
    if args.importance_samples is not None:
        result["importance_weighted_nll"] = _likelihood(model, test, args, how)
    for name in args.metrics:
        found = SCORES[name](model, dataset, encoded, args.seed)
        numbers = {key: value for key, value in asdict(found).items() if key != "protocol"}
        print(f"{name}: {', '.join(f'{key} {_short(value)}' for key, value in numbers.items())}; {found.protocol}")
        result[name] = asdict(found)
    if dataset.name == "sprites" and set(args.metrics) & set(FACTOR_SCORES):
        print(SPRITES_NOTE)
    return result


def binarised(dataset: Dataset, how: Binarisation, seed: int) -> Dataset:
    """The data set with the images of all splits binarised."""
    train, validation, test = (
        replace(split, images=binarise(split.images, how, seed))
        for split in (dataset.train, dataset.validation, dataset.test)
    )
    return replace(dataset, train=train, validation=validation, test=test)


def _print_evaluation(evaluation: Evaluation, config: ModelConfig) -> None:
    print(f"{score(asdict(evaluation), config.classes)} nats per image; active units {evaluation.active_units}")
    if evaluation.kl is not None:
        print(f"  = reconstruction {evaluation.reconstruction:.2f} + KL {evaluation.kl:.2f}; {evaluation.protocol}")
    if evaluation.negative_elbo is not None and config.classes:
        comparable = evaluation.negative_elbo + config.label_nats
        print(f"  + ln {config.classes} for the class = {comparable:.2f}, to compare with models without classes")
    if evaluation.bits_per_dimension is not None:
        print(f"  = {evaluation.bits_per_dimension:.3f} bits per dimension")


def _likelihood(model: VAE, test: Split, args: argparse.Namespace, how: str) -> Result:
    with ProgressBar("importance sampling") as bar:
        found = importance_weighted_nll(
            model, test.images, test.labels, args.importance_samples, seed=args.seed, progress=bar.show
        )
    value, error = float(found.nll.mean()), float(found.nll.std() / len(found.nll) ** 0.5)
    fewest, median = (float(share) for share in np.quantile(found.effective_samples, (0.05, 0.5)))
    k = args.importance_samples
    protocol = f"K = {k} samples of z per image, {len(found.nll)} test images, binarisation {how}"
    if classes := model.config.classes:
        protocol += f"; given the class: beside other models add ln {classes} = {model.config.label_nats:.2f}"
    print(f"importance-weighted NLL {value:.2f} ± {error:.2f} (standard error over images) nats; {protocol}")
    print(f"  effective samples of {k}: median {median:.1f}, of 5 % of the images under {fewest:.1f}; {_bias(found)}")
    effective = {"median": median, "fifth_percentile": fewest}
    numbers = {"value": value, "standard_error": error, "bias": found.bias, "effective_samples": effective}
    return numbers | {"protocol": protocol}


def _bias(found: ImportanceWeighted) -> str:
    """How far the bound is above the true NLL, in words."""
    if found.bias is None:
        return "bias unknown under 16 samples"
    return f"bias about +{found.bias:.2f} nats, extrapolated from K/16 … K: with more samples the NLL falls by it"


def _short(value: object) -> str:
    if isinstance(value, dict):
        return f"({', '.join(f'{key} {_short(item)}' for key, item in value.items())})"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def run_project(args: argparse.Namespace) -> Result:
    """Projects, measures, and saves the projection in the checkpoint folder, where the map page finds it.

    With other parameters than the defaults it is not saved: the page would show it as the default.
    """
    checkpoint = read_checkpoint(args.checkpoint)
    encoded = checkpoint.load_encoded()
    parameters = {name: getattr(args, name) for name in ("perplexity", "neighbours", "min_dist", "seed")}
    config = ProjectionConfig(args.method, args.dims, **parameters)
    started = time.perf_counter()
    with ProgressBar("projecting") as bar:
        points = project(encoded.mean, config, lambda progress, _: bar.show(progress))
    seconds = time.perf_counter() - started
    found = quality(encoded.mean, points)
    usual = config.used == ProjectionConfig(args.method, args.dims)
    path = checkpoint.save_projection(encoded, args.method, args.dims, points) if usual else None
    saved = f"saved as {path}" if path else "not saved, as its parameters are not the defaults"
    print(f"{len(points)} test images projected in {seconds:.1f} s; {saved}")
    if lowering := config.lowering(len(points)):
        print(lowering)
    numbers = {"trustworthiness", "continuity", "neighbours_kept"} if found.neighbours else set[str]()
    shown = [f"{key} {_short(value)}" for key, value in asdict(found).items() if key in numbers]
    print("; ".join([*([", ".join(shown)] if shown else []), found.protocol]))
    about = config.lowered(len(points)).used.to_json() | {
        "n": len(points),
        "seconds": seconds,
        "projection": path and str(path),
    }
    return about | asdict(found)


def run_fit(args: argparse.Namespace) -> Result:
    """Fits the mixture of all codes and saves it in the checkpoint folder, where Sampling finds it."""
    checkpoint = read_checkpoint(args.checkpoint)
    encoded = checkpoint.load_encoded()
    started = time.perf_counter()
    fit = fit_aggregate(encoded)
    seconds = time.perf_counter() - started
    path, components = checkpoint.save_fit(encoded, fit), fit.mixture.components
    print(f"{components} Gaussians fitted to {len(encoded.mean)} test images in {seconds:.1f} s; saved as {path}")
    return {"checkpoint": checkpoint.name, "components": components, "seconds": seconds, "fit": str(path)}


def run_prior(args: argparse.Namespace) -> Result:
    """Fits the second-stage prior, measures the samples of each distribution, and saves both where Sampling finds them.

    On one thread, so that every machine of a kind finds the same numbers.
    """
    torch.set_num_threads(1)
    checkpoint = read_checkpoint(args.checkpoint)
    encoded, model = checkpoint.load_encoded(), checkpoint.load_model()
    dataset = binarised(dataset_of(checkpoint, args), checkpoint.training.get("binarisation", "none"), 0)
    fit = checkpoint.load_fit(encoded)
    if fit is None:
        fit = fit_aggregate(encoded)
        checkpoint.save_fit(encoded, fit)
    second = second_stage_of(model, dataset, fit)
    report = samples_report(model, dataset, encoded, fit, second)
    kept = None if second is None else str(checkpoint.save_second_stage(encoded, fit, second))
    path = checkpoint.save_samples(encoded, fit, report)
    for name, scores in [*report.sources.items(), ("real", SourceScores(None, report.real))]:
        print(f"{name}: {_short(asdict(scores))}")
    print(f"{report.protocol}; saved as {path}{'' if kept is None else f' and {kept}'}")
    return {"checkpoint": checkpoint.name, "second_stage": kept, "report": str(path), **report.to_json()}


def run_float16(args: argparse.Namespace) -> Result:
    """Measures what float16 weights change, and writes it into the checkpoint's metrics; training does so by itself."""
    checkpoint = read_checkpoint(args.checkpoint)
    levels = float16_levels(checkpoint.load_model(), checkpoint.load_encoded())
    path = checkpoint.save_metrics(checkpoint.metrics | {"float16_levels": levels})
    change = "a weight is too large for float16" if levels is None else f"at most {levels:.3f} of 255 levels change"
    print(f"{change}: browsers load float{16 if float16_is_close(levels) else 32}; saved in {path}")
    return {"checkpoint": checkpoint.name, "float16_levels": levels, "metrics": str(path)}

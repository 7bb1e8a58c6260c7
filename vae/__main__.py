"""The command line: python -m vae train | sweep | evaluate | project | fit | prior | bundle | float16 | list | …"""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import numpy as np
import torch

from vae.datasets.pictures import DataError
from vae.datasets.splits import Binarisation, Dataset, Split, binarise
from vae.datasets.user_images.names import ENCODINGS
from vae.datasets.user_images.summary import summary
from vae.evaluation.aggregate import fit_aggregate
from vae.evaluation.likelihood import ImportanceWeighted, importance_weighted_nll
from vae.evaluation.metrics import Evaluation, evaluate
from vae.evaluation.pictures.samples import SourceScores, samples_report, second_stage_of
from vae.evaluation.registry import FACTOR_SCORES, SCORES
from vae.evaluation.rounding import float16_is_close, float16_levels
from vae.jobs.nice import lower_priority
from vae.jobs.sweep import is_trained, members, table_row, train_member, write_table
from vae.model.latents import encode
from vae.model.losses import Objective, ObjectiveName, Warmup
from vae.model.networks import VAE, Architecture, Likelihood, ModelConfig, choose_device
from vae.projection.config import METHODS, ProjectionConfig
from vae.projection.methods import project, quality
from vae.storage.checkpoints import BrokenCheckpoint, Checkpoint, check_free, list_checkpoints, read_checkpoint
from vae.storage.files import CheckpointError
from vae.training.checkpoint import train_checkpoint
from vae.training.config import LEARNING_RATES, Optimizer, Schedule, TrainingConfig
from vae.training.distributed import process_group
from vae.training.malloc import keep_freed_memory
from vae.training.request import DatasetRequest, ModelRequest, TrainingRequest
from vae.training.trainer import TrainingError
from vae.validation import require

Result = dict[str, Any]
Commands = Any  # add_subparsers' result, whose class argparse does not export

OBJECTIVE_NUMBERS = ("beta", "warmup", "warmup_share", "cycles", "heat", "free_bits", "capacity", "gamma", "samples")
RUN_OPTIONS = ("epochs", "batch_size", "optimizer", "schedule", "binarisation", "seed", "device")
CHECKPOINT_HELP = "a checkpoint's folder, or its name in $VAE_CHECKPOINTS or checkpoints/"
MODEL_OPTIONS = ("latent_dim", "hidden", "channels", "batch_norm", "likelihood", "sigma", "conditional")
SPRITES_NOTE = (
    "note: sprites is not dSprites, so published scores do not compare; compare with a model of the same objective and "
    "beta, and read each score beside the -ELBO: separate factors cost reconstruction"
)


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit status: 0, or 1 after one sentence on standard error."""
    args = parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], Result | list[Result]] = args.command
    try:
        result = command(args)
    except (CheckpointError, DataError, ValueError, TrainingError, ConnectionError) as error:
        print(f"vae {args.name}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"vae {args.name}: stopped", file=sys.stderr)
        return 130
    if args.json and result:
        print(json.dumps(result))
    return 0


def parser() -> argparse.ArgumentParser:
    """The parser of the command line; its defaults are those of the configs."""
    top = argparse.ArgumentParser(prog="python -m vae", description="Train and measure variational autoencoders.")
    commands = top.add_subparsers(dest="name", required=True)

    _train_options(_command(commands, "train", run_train, "train a model and save it as a checkpoint folder"))
    sweeping = _command(commands, "sweep", run_sweep, "train a family of models, one after the other, and its table")
    sweeping.description = f"{sweeping.description}; started again, it trains what is missing"
    _train_options(sweeping, family=True)
    evaluation = _command(commands, "evaluate", run_evaluate, "measure a checkpoint on its data set's test images")
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
    _add_data_dir(evaluation)

    projection = _command(commands, "project", run_project, "project a checkpoint's encoded test set and keep it there")
    projection.add_argument("checkpoint", type=checkpoint_path, help=CHECKPOINT_HELP)
    projection.add_argument("--method", choices=[name for name in METHODS if name != "raw"], required=True)
    projection.add_argument("--dims", type=int, choices=(2, 3), default=ProjectionConfig.dims)
    projection.add_argument("--perplexity", type=float, default=ProjectionConfig.perplexity, help="of tsne")
    projection.add_argument("--neighbours", type=int, default=ProjectionConfig.neighbours, help="of umap")
    projection.add_argument("--min-dist", type=float, default=ProjectionConfig.min_dist, help="of umap")
    projection.add_argument("--seed", type=int, default=ProjectionConfig.seed, help="of tsne and umap")

    fitting = _command(commands, "fit", run_fit, "fit the mixture that Sampling draws from and keep it there")
    fitting.add_argument("checkpoint", type=checkpoint_path, help=CHECKPOINT_HELP)

    prior = _command(commands, "prior", run_prior, "fit a second-stage prior, measure the samples, and keep both there")
    prior.description = f"{prior.description}: Sampling then draws from it and shows how good the samples are"
    prior.add_argument("checkpoint", type=checkpoint_path, help=CHECKPOINT_HELP)
    _add_data_dir(prior)

    rounding = _command(commands, "float16", run_float16, "measure what float16 weights change in its pictures")
    rounding.description = f"{rounding.description}, and keep it there: browsers then load half the bytes"
    rounding.add_argument("checkpoint", type=checkpoint_path, help=CHECKPOINT_HELP)

    bundle = _command(commands, "bundle", run_bundle, "write models into one HTML file that works without the app")
    bundle.add_argument("checkpoints", type=checkpoint_path, nargs="+", metavar="checkpoint", help=CHECKPOINT_HELP)
    bundle.add_argument("--out", type=Path, required=True, help="the HTML file to write")
    bundle.add_argument(
        "--points", type=int, help="encoded test images of each model; default: as many as fit 2 MB with one model"
    )

    listing = _command(commands, "list", run_list, "list the checkpoints and whether they are whole")
    listing.add_argument("--checkpoints", type=Path, default=checkpoints_folder(), help="the folder they are in")

    _bench_commands(commands)
    return top


def checkpoints_folder() -> Path:
    """Where checkpoints are looked for by name: $VAE_CHECKPOINTS, else checkpoints/."""
    return Path(os.environ.get("VAE_CHECKPOINTS", "checkpoints"))


def checkpoint_path(text: str) -> Path:
    """The folder of this path, or else of this name among the checkpoints."""
    path = Path(text)
    return path if path.exists() or path.name != text else checkpoints_folder() / text


def _train_options(train: argparse.ArgumentParser, *, family: bool = False) -> None:
    """The options of `train`, or of `sweep`, which takes several values of some."""
    train.add_argument("--dataset", required=True, help="a data set's name, or a folder or zip of images")
    folder = "the folder for their checkpoints and the table" if family else "the checkpoint folder to write"
    train.add_argument("--out", type=Path, required=True, help=folder)
    train.add_argument(
        "--image-size", type=int, default=DatasetRequest.image_size, help="side of your own images, in pixels"
    )
    colors = train.add_mutually_exclusive_group()
    colors.add_argument("--grey", action="store_true", help="turn your own images grey")
    colors.add_argument("--color", action="store_true", help="three channels also if all your own images are grey")
    train.add_argument("--encoding", choices=ENCODINGS.values(), help="of the names of your own images, beside UTF-8")
    _add_data_dir(train)
    model = train.add_argument_group("the model")
    model.add_argument("--arch", choices=get_args(Architecture), default=ModelRequest.architecture)
    if family:
        default = str(ModelRequest.latent_dim)
        model.add_argument("--latent-dim", type=_widths, default=default, help="one or several, as 2,10")
    else:
        model.add_argument("--latent-dim", type=int, default=ModelRequest.latent_dim)
    model.add_argument("--hidden", type=_widths, default=(), help="widths of the fully connected layers, as 200,200")
    model.add_argument("--channels", type=_widths, default=(), help="widths of the convolutions, as 32,64")
    model.add_argument("--batch-norm", action="store_true", help="normalise every hidden layer over the batch")
    model.add_argument("--likelihood", choices=get_args(Likelihood), default=ModelRequest.likelihood)
    model.add_argument("--sigma", type=float, default=ModelRequest.sigma, help="of the gaussian, in grey ranges")
    model.add_argument("--conditional", action="store_true", help="also give the decoder the image's class")
    _objective_options(train.add_argument_group("the objective"), family=family)
    run = train.add_argument_group("the run")
    run.add_argument("--epochs", type=int, default=TrainingConfig.epochs)
    run.add_argument("--batch-size", type=int, default=TrainingConfig.batch_size)
    run.add_argument("--optimizer", choices=get_args(Optimizer), default=TrainingConfig.optimizer)
    rates = ", ".join(f"{rate:g} for {name}" for name, rate in LEARNING_RATES.items())
    run.add_argument("--learning-rate", type=float, default=argparse.SUPPRESS, help=f"default: {rates}")
    run.add_argument("--schedule", choices=get_args(Schedule), default=TrainingConfig.schedule)
    run.add_argument("--binarisation", choices=get_args(Binarisation), default=TrainingConfig.binarisation)
    run.add_argument("--seed", type=int, default=TrainingConfig.seed)
    run.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default=TrainingConfig.device)
    if family:
        run.add_argument("--seeds", type=int, default=1, help="models of each kind, with seeds from --seed on")
        run.add_argument("--dry-run", action="store_true", help="list the models and train none")
    else:
        run.add_argument("--film", action="store_true", help="keep a film of the training, for the Training page")


def _objective_options(objective: argparse._ArgumentGroup, *, family: bool) -> None:
    objective.add_argument("--objective", choices=get_args(ObjectiveName), default=Objective.name)
    if family:
        objective.add_argument("--beta", type=_betas, required=True, help="one or several, as 0.25,0.5,1,4")
    else:
        objective.add_argument("--beta", type=float, default=Objective.beta, help="of vae and beta-tc")
    objective.add_argument("--warmup", choices=get_args(Warmup), default=Objective.warmup, help="of beta")
    objective.add_argument("--warmup-share", type=float, default=Objective.warmup_share, help="of the run, 0 to 1")
    objective.add_argument("--cycles", type=int, default=Objective.cycles, help="of the cyclic warm-up")
    objective.add_argument("--heat", type=float, default=Objective.heat, help="KL multiplier at the start of cooling")
    objective.add_argument("--free-bits", type=float, default=Objective.free_bits, help="nats per latent dimension")
    objective.add_argument("--capacity", type=float, default=Objective.capacity, help="nats")
    objective.add_argument("--gamma", type=float, default=Objective.gamma, help="weight of |KL - capacity|")
    objective.add_argument("--samples", type=int, default=Objective.samples, help="of z per image, of vae and iwae")


def _bench_commands(commands: Commands) -> None:
    bench = commands.add_parser("bench", help="measure the running app").add_subparsers(dest="bench", required=True)
    live = _command(bench, "live", run_bench_live, "latency and frames per second of the live pictures")
    live.add_argument("--clients", type=int, default=1, help="sockets, each dragging one slider")
    live.add_argument("--rate", type=float, default=30.0, help="updates per second and client")
    live.add_argument("--seconds", type=float, default=10.0, help="how long to measure")
    live.add_argument("--sessions", type=int, default=0, help="also people who open another page every 2 s")
    live.add_argument("--training", action="store_true", help="also a training run")
    live.add_argument("--browser", action="store_true", help="drag in a real Chromium instead")
    live.add_argument("--local", action="store_true", help="the same, decoded by that browser")
    many = "so many pages that decode in one browser, dragged at once; implies --browser and --local"
    live.add_argument("--clients-local", type=int, default=0, metavar="N", help=many)
    beside = "the page compares so many other models of the same pictures, at most 3; implies --browser"
    live.add_argument("--compare", type=int, default=0, metavar="N", help=beside)
    live.add_argument(
        "--page", choices=("explore", "sampling", "interpolation", "corners", "drawing"), default="explore"
    )
    live.add_argument("--idle", action="store_true", help="measure memory per idle client instead")
    live.add_argument("--churn", type=int, default=0, metavar="N", help="measure growth over N connects instead")
    live.add_argument("--url", default="", help="measure a running server, such as http://localhost:8501, instead")
    live.add_argument("--pid", type=int, default=0, help="that server's process, for processor time and memory")
    start = _command(bench, "start", run_bench_start, "seconds from `streamlit run` to the first decoded picture")
    start.add_argument("--runs", type=int, default=5, help="how often; medians are printed")
    projecting = _command(bench, "project", run_bench_project, "seconds per projection, beside the libraries alone")
    projecting.add_argument("--checkpoint", type=checkpoint_path, default="mnist-z10", help=CHECKPOINT_HELP)
    training = _command(bench, "train", run_bench_train, "training speed on MNIST, beside the usual tutorial loop")
    running = _command(bench, "run", run_bench_run, "a run as the page starts it, beside the same training here")
    memory = _command(bench, "memory", run_bench_memory, "peak memory of training on as many images as CelebA has")
    for command, epochs, batch_size, rate in ((training, 16, 2048, 0.03), (running, 10, 512, 0.01)):
        command.add_argument("--epochs", type=int, default=epochs)
        command.add_argument("--batch-size", type=int, default=batch_size)
        command.add_argument("--learning-rate", type=float, default=rate)
    for command in (training, running, memory):
        command.add_argument("--seed", type=int, default=TrainingConfig.seed)
    for command in (training, memory):
        command.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
        _add_data_dir(command)
    latent_map = _command(bench, "map", run_bench_map, "how soon and how fast the latent map is, in a real Chromium")
    latent_map.add_argument("--seconds", type=float, default=5.0, help="how long to pan, to zoom and to decode")
    latent_map.add_argument("--visits", type=int, default=6, help="how often the page is opened")
    page = _command(bench, "page", run_bench_page, "the light page on a slow network, and opened by a crowd")
    page.add_argument("--runs", type=int, default=5, help="cold visits; medians are printed")
    page.add_argument("--openings", type=int, default=400, help="of the crowd")
    page.add_argument("--within", type=float, default=30.0, help="seconds in which the crowd opens it")
    classroom = _command(bench, "classroom", run_bench_classroom, "a full classroom: pages, drags, a run, a projection")
    classroom.add_argument("--students", type=int, default=60)
    classroom.add_argument("--seconds", type=float, default=600.0, help="how long the lesson is")
    for command in (live, start, latent_map, page):
        command.add_argument("--model", default="mnist-z10", help="checkpoint to decode with")
    for command in (live, start, latent_map, page, running, classroom):
        command.add_argument("--app", type=Path, default=Path("app.py"), help="the app to start")


def _interrupt_by_signals() -> None:
    """Makes what ends a terminal or a job interrupt this process as Ctrl-C does."""
    for number in (getattr(signal, name, signal.SIGINT) for name in ("SIGTERM", "SIGHUP")):
        if signal.getsignal(number) is not signal.SIG_IGN:  # set by nohup
            signal.signal(number, signal.default_int_handler)


def run_train(args: argparse.Namespace) -> Result:
    """Trains and saves; the result's numbers are of the test images. Under torchrun, one of several processes."""
    _interrupt_by_signals()  # the last whole epoch is kept
    request = training_request(args)
    check_free(args.out)  # before the download and the training
    dataset = load(request.dataset, args)
    model, config = request.model_config(dataset), request.training
    with (
        process_group(args.device) as group,
        ProgressBar("training", group.is_main) as bar,
        TemporaryDirectory() as folder,
    ):
        if group.is_main:
            _print_summary(dataset)
        film = Path(folder) / "film" if args.film else None
        epochs = train_checkpoint(dataset, model, config, args.out, bar.show, group=group, film=film)
        try:
            for epoch in epochs:
                loss = epoch.validation_reconstruction + epoch.validation_kl
                bar.note(f"epoch {epoch.epoch:3d}  {epoch.seconds:6.1f} s  validation loss {loss:8.2f} nats per image")
        except KeyboardInterrupt as error:
            epochs.throw(error)  # the signal came outside the generator, which keeps the last epoch
    if not group.is_main:
        return {}
    metrics = read_checkpoint(args.out).metrics
    print(f"test {_score(metrics, model.classes)} nats per image; saved as {args.out}")
    numbers = {key: metrics[key] for key in ("negative_elbo", "reconstruction", "kl", "seconds")}
    return numbers | {"epochs": config.epochs, "checkpoint": str(args.out)}


def run_sweep(args: argparse.Namespace) -> Result:
    """Trains what is missing of the family and writes its table."""
    _interrupt_by_signals()
    one = vars(args) | {"latent_dim": args.latent_dim[0], "beta": args.beta[0]}
    base = training_request(argparse.Namespace(**one))
    found = members(base, args.beta, args.latent_dim, args.seeds)
    dataset = load(base.dataset, args)
    missing = [member for member in found if not is_trained(member, dataset, args.out)]
    if args.dry_run:
        states = {member.name: "to be trained" if member in missing else "trained" for member in found}
        print("\n".join(f"{name:<24} {state}" for name, state in states.items()))
        return {"models": states}
    for number, member in enumerate(missing, start=1):
        with ProgressBar(f"{number} of {len(missing)}: {member.name}") as bar:
            for _ in train_member(member, dataset, args.out, bar.show):
                pass
            bar.note(
                f"{number} of {len(missing)}: {member.name} {_score(table_row(member, args.out), args.conditional)}"
            )
    paths = write_table(found, args.out)
    rows = [table_row(member, args.out) for member in found]
    print(f"{'β':>6} {'z':>4} {'seed':>5} {'KL':>8} {'reconstruction':>15} {'−ELBO':>8} {'active':>7}")
    for line in rows:
        nats = f"{line['kl']:8.2f} {line['reconstruction']:15.2f} {line['negative_elbo']:8.2f}"
        print(f"{line['beta']:>6g} {line['latent_dim']:>4} {line['seed']:>5} {nats} {line['active_units']:>7}")
    print(f"nats per test image; saved as {' and '.join(map(str, paths))}")
    return {"models": rows, "trained": [member.name for member in missing], "table": str(paths[0])}


def _print_summary(dataset: Dataset) -> None:
    """What is in the user's own pictures, and on standard error what was left out of them."""
    if dataset.notes:
        print("\n".join(summary(dataset)))
    for warning in dataset.warnings:
        print(f"note: {warning}", file=sys.stderr)


def training_request(args: argparse.Namespace) -> TrainingRequest:
    """The request that the options of `train` stand for. Raises ValueError."""
    config = TrainingConfig(
        objective=Objective(name=args.objective, **{key: getattr(args, key) for key in OBJECTIVE_NUMBERS}),
        learning_rate=getattr(args, "learning_rate", LEARNING_RATES[args.optimizer]),
        **{key: getattr(args, key) for key in RUN_OPTIONS},
    )
    color = False if args.grey else True if args.color else None
    model = ModelRequest(architecture=args.arch, **{key: getattr(args, key) for key in MODEL_OPTIONS})
    return TrainingRequest(DatasetRequest(args.dataset, args.image_size, color, args.encoding), model, config)


def _score(metrics: Mapping[str, Any], classes: int) -> str:
    """The -ELBO, of a model with classes that of an image given its class; the reconstruction where there is none."""
    if metrics["negative_elbo"] is None:
        return f"reconstruction {metrics['reconstruction']:.2f}"
    return f"-ELBO {metrics['negative_elbo']:.2f}{' | class' if classes else ''}"


def _widths(text: str) -> tuple[int, ...]:
    """Comma-separated widths of layers. Raises ArgumentTypeError, whose text argparse prints."""
    try:
        return tuple(int(width) for width in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected whole numbers as 200,200, not {text!r}") from error


def _betas(text: str) -> tuple[float, ...]:
    """Comma-separated numbers. Raises ArgumentTypeError, whose text argparse prints."""
    try:
        return tuple(float(beta) for beta in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected numbers as 0.5,1,4, not {text!r}") from error


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


def dataset_of(checkpoint: Checkpoint, args: argparse.Namespace) -> Dataset:
    """The data set of a checkpoint; prints a note when it is not that of the training run."""
    shape = checkpoint.model_config.image_shape
    dataset = load(DatasetRequest(checkpoint.dataset, shape[1], shape[0] == 3), args)
    require(dataset.image_shape == shape, "image shape", dataset.image_shape, f"the checkpoint's {shape}")
    if dataset.content_hash != checkpoint.content_hash:
        print(f"note: this {dataset.name} is not the data that {checkpoint.name} was trained on", file=sys.stderr)
    return dataset


def binarised(dataset: Dataset, how: Binarisation, seed: int) -> Dataset:
    """The data set with the images of all splits binarised."""
    train, validation, test = (
        replace(split, images=binarise(split.images, how, seed))
        for split in (dataset.train, dataset.validation, dataset.test)
    )
    return replace(dataset, train=train, validation=validation, test=test)


def _print_evaluation(evaluation: Evaluation, config: ModelConfig) -> None:
    print(f"{_score(asdict(evaluation), config.classes)} nats per image; active units {evaluation.active_units}")
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


def _shown(result: Result) -> Result:
    """Prints a benchmark's numbers and the machine, and returns the numbers."""
    from vae.bench import machine

    print(machine.report(result))
    return result


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


def run_bundle(args: argparse.Namespace) -> Result:
    """Writes a file with these models, to be opened from any folder without a network."""
    from vae.lab.file import (
        lab_file,
        save_page,
    )  # it needs the app's packages, which a machine that only trains may lack
    from vae.lab.model_blocks import ModelFiles

    check_free(args.out)
    models = [ModelFiles(read_checkpoint(path)) for path in args.checkpoints]
    page = lab_file(models, points=args.points)
    save_page(args.out, page)
    names = [model.checkpoint.name for model in models]
    print(f"{len(page):,} bytes with {', '.join(names)}; saved as {args.out}")
    return {"checkpoints": names, "bytes": len(page), "file": str(args.out)}


def run_bench_live(args: argparse.Namespace) -> Result:
    """Starts the app and measures it with WebSocket clients, or with one browser."""
    from vae.bench import live  # they need the app's packages, which a machine that only trains may lack
    from vae.bench.browser import drag

    for name in ("clients", "rate", "seconds"):
        require(getattr(args, name) > 0, f"--{name}", getattr(args, name), "above 0")
    require(args.clients_local >= 0, "--clients-local", args.clients_local, "0 or more")
    require(args.compare in range(4), "--compare", args.compare, "a whole number from 0 to 3")
    in_browser = args.browser or args.local or args.clients_local or args.compare
    return _shown(drag.run(args) if in_browser else live.run(args))


def run_bench_start(args: argparse.Namespace) -> Result:
    """Starts the app several times and waits for its first picture in a browser."""
    from vae.bench.browser import start

    require(args.runs > 0, "--runs", args.runs, "above 0")
    return _shown(start.run(args))


def run_bench_page(args: argparse.Namespace) -> Result:
    """Starts the app, opens its light page cold on a slow network, and by a crowd."""
    from vae.bench.browser import page

    for name in ("runs", "openings", "within"):
        require(getattr(args, name) > 0, f"--{name}", getattr(args, name), "above 0")
    return _shown(page.run(args))


def run_bench_map(args: argparse.Namespace) -> Result:
    """Starts the app and pans, zooms and decodes on its latent map."""
    from vae.bench.browser import map as latent_map

    require(args.seconds > 0, "--seconds", args.seconds, "above 0")
    require(args.visits > 1, "--visits", args.visits, "at least 2")
    return _shown(latent_map.run(args))


def run_bench_project(args: argparse.Namespace) -> list[Result]:
    """Projects a checkpoint's codes by every method, cold and warm."""
    from vae.bench import machine
    from vae.bench import project as projecting

    rows = projecting.run(args)
    print(machine.machine(), projecting.report(rows), sep="\n")
    return rows


def run_bench_train(args: argparse.Namespace) -> Result:
    """Trains on MNIST, then runs one epoch of the usual tutorial loop."""
    from vae.bench import train

    return _shown(train.run(args))


def run_bench_run(args: argparse.Namespace) -> Result:
    """Trains on MNIST in this process, as a run, and as a run beside the app."""
    from vae.bench import run

    return _shown(run.run(args))


def run_bench_classroom(args: argparse.Namespace) -> Result:
    """Simulates a lesson with args.students students."""
    from vae.bench import classroom

    for name in ("students", "seconds"):
        require(getattr(args, name) > 0, f"--{name}", getattr(args, name), "above 0")
    return _shown(classroom.run(args))


def run_bench_memory(args: argparse.Namespace) -> Result:
    """Trains on generated images for one epoch and measures the memory."""
    from vae.bench import train

    return _shown(train.run_memory(args))


def run_list(args: argparse.Namespace) -> Result:
    """Lists the checkpoints; loads each in full, so that "whole" means usable."""
    rows = [describe(found) for found in list_checkpoints(args.checkpoints)]
    for row in rows:
        known = (
            f"{row['dataset']:<14} z {row['latent_dim']:<4} {_score(row, row['classes']):<21}"
            if "dataset" in row
            else ""
        )
        print(f"{row['checkpoint']:<20} {known:<42} {row['state']}")
    return {"checkpoints": rows}


def describe(found: Checkpoint | BrokenCheckpoint) -> Result:
    """One row of the list: the checkpoint's data, and its state: "whole", or what is wrong with it."""
    if isinstance(found, BrokenCheckpoint):
        return {"checkpoint": found.name, "state": found.error}
    known = {"checkpoint": found.name, "dataset": found.dataset, "latent_dim": found.model_config.latent_dim}
    known["classes"] = found.model_config.classes
    known |= {key: found.metrics[key] for key in ("negative_elbo", "reconstruction")}
    try:
        found.load_model()
        found.load_encoded()
        found.load_examples()
    except CheckpointError as error:
        return known | {"state": str(error)}
    return known | {"state": "whole"}


def load(request: DatasetRequest, args: argparse.Namespace) -> Dataset:
    """The data set, with a progress bar on standard error while it is downloaded."""
    with ProgressBar("loading") as bar:
        return request.load(data_dir=args.data_dir, progress=bar.show)


class ProgressBar:
    """A one-line bar on standard error. Where that is not a terminal, only its notes; nothing unless shown."""

    def __init__(self, title: str, shown: bool = True) -> None:
        self.title = title
        self.shown = shown
        self.live = shown and sys.stderr.isatty()

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(self, *_: object) -> None:
        self._line("")

    def show(self, progress: float, text: str = "") -> None:
        """Draws the bar at this progress, 0 to 1."""
        done = round(30 * progress)
        self._line(f"{text or self.title} [{'#' * done}{'.' * (30 - done)}] {progress:4.0%}")

    def note(self, text: str) -> None:
        """Prints a line that stays."""
        self._line("")
        if self.shown:
            print(text, file=sys.stderr, flush=True)

    def _line(self, text: str) -> None:
        if self.live:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _command(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], Result | list[Result]],
    about: str,
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=about, description=about, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    command.add_argument("--json", action="store_true", help="make the last line of standard output one JSON object")
    command.set_defaults(command=run)
    return command


def _add_data_dir(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data-dir", type=Path, help="where data sets are; default: $VAE_DATA_DIR, else data/")


if __name__ == "__main__":
    if sys.argv[1:2] in (["train"], ["sweep"]):
        lower_priority()  # live decoding of an app on this machine goes first
        keep_freed_memory()
    sys.exit(main())

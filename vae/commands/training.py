"""The command train, and the options that sweep shares with it."""

import argparse
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

from vae.commands.options import (
    Commands,
    ProgressBar,
    Result,
    add_command,
    add_data_dir,
    load,
    score,
)
from vae.datasets.splits import Binarisation, Dataset
from vae.datasets.user_images.augmentation import Augmentation
from vae.datasets.user_images.names import ENCODINGS
from vae.datasets.user_images.summary import summary
from vae.model.losses import Objective, ObjectiveName, Warmup
from vae.model.networks import Architecture, Likelihood
from vae.storage.checkpoints import check_free, read_checkpoint
from vae.training.checkpoint import train_checkpoint
from vae.training.config import LEARNING_RATES, Optimizer, Schedule, TrainingConfig, Weights
from vae.training.distributed import process_group
from vae.training.request import DatasetRequest, ModelRequest, TrainingRequest

OBJECTIVE_NUMBERS = ("beta", "warmup", "warmup_share", "cycles", "heat", "free_bits", "capacity", "gamma", "samples")


RUN_OPTIONS = ("epochs", "batch_size", "optimizer", "schedule", "binarisation", "seed", "device", "weights")


MODEL_OPTIONS = ("latent_dim", "hidden", "channels", "batch_norm", "likelihood", "sigma", "conditional")


def add_commands(commands: Commands) -> None:
    """Adds train."""
    train_options(add_command(commands, "train", run_train, "train a model and save it as a checkpoint folder"))


def train_options(train: argparse.ArgumentParser, *, family: bool = False) -> None:
    """The options of `train`, or of `sweep`, which takes several values of some."""
    train.add_argument("--dataset", required=True, help="a data set's name, or a folder or zip of images")
    folder = "the folder for the checkpoints, the table and the drawing" if family else "the checkpoint folder to write"
    train.add_argument("--out", type=Path, required=True, help=folder)
    train.add_argument(
        "--image-size", type=int, default=DatasetRequest.image_size, help="side of your own images, in pixels"
    )
    colors = train.add_mutually_exclusive_group()
    colors.add_argument("--grey", action="store_true", help="turn your own images grey")
    colors.add_argument("--color", action="store_true", help="three channels also if all your own images are grey")
    train.add_argument("--encoding", choices=ENCODINGS.values(), help="of the names of your own images, beside UTF-8")
    train.add_argument(
        "--turned", type=int, default=DatasetRequest.turn, help="quarters that your own images are turned"
    )
    train.add_argument("--whole", action="store_true", help="all of your own images, with margins, not centre squares")
    train.add_argument(
        "--keep", type=float, default=DatasetRequest.keep, help="share of that square's side, about its middle"
    )
    add_data_dir(train)
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
    _augmentation_options(train.add_argument_group("more training images of few"))
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
    rounding = "what the trained weights are rounded to; float16 halves the file"
    run.add_argument("--weights", choices=get_args(Weights), default=TrainingConfig.weights, help=rounding)
    if family:
        run.add_argument("--seeds", type=int, default=1, help="models of each kind, with seeds from --seed on")
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


def _augmentation_options(group: argparse._ArgumentGroup) -> None:
    default = Augmentation()
    group.add_argument("--versions", type=int, default=default.versions, help="of each training image, itself included")
    group.add_argument("--shift", type=float, default=default.shift, help="of a version, share of the side")
    group.add_argument("--turn", type=float, default=default.turn, help="of a version, degrees")
    group.add_argument("--scale", type=float, default=default.scale, help="of a version, share larger or smaller")


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


def interrupt_by_signals() -> None:
    """Makes what ends a terminal or a job interrupt this process as Ctrl-C does."""
    for number in (getattr(signal, name, signal.SIGINT) for name in ("SIGTERM", "SIGHUP")):
        if signal.getsignal(number) is not signal.SIG_IGN:  # set by nohup
            signal.signal(number, signal.default_int_handler)


def run_train(args: argparse.Namespace) -> Result:
    """Trains and saves; the result's numbers are of the test images. Under torchrun, one of several processes."""
    interrupt_by_signals()  # the last whole epoch is kept
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
    print(f"test {score(metrics, model.classes)} nats per image; saved as {args.out}")
    numbers = {key: metrics[key] for key in ("negative_elbo", "reconstruction", "kl", "seconds")}
    return numbers | {"epochs": config.epochs, "checkpoint": str(args.out)}


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
        augmentation=Augmentation(args.versions, args.shift, args.turn, args.scale),
        **{key: getattr(args, key) for key in RUN_OPTIONS},
    )
    color = False if args.grey else True if args.color else None
    model = ModelRequest(architecture=args.arch, **{key: getattr(args, key) for key in MODEL_OPTIONS})
    dataset = DatasetRequest(args.dataset, args.image_size, color, args.encoding, args.turned, args.whole, args.keep)
    return TrainingRequest(dataset, model, config)

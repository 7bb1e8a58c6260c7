"""Measures training: images per second and seconds to a published loss, beside the loop that most tutorials teach.

Both train the 784-400-20 model on MNIST's grey levels, in one run on one machine, one after the other.
"""

import argparse
import resource
from collections.abc import Iterator
from itertools import islice
from math import prod
from time import perf_counter

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from vae.datasets.registry import data_directory, load_dataset
from vae.datasets.splits import Dataset, Split
from vae.evaluation.metrics import evaluate
from vae.model.latents import encode
from vae.model.networks import VAE, choose_device, default_config
from vae.training.config import TrainingConfig
from vae.training.malloc import keep_freed_memory
from vae.training.step import mixed_precision
from vae.training.trainer import new_model, train

MARK = 105.6  # nats: what the best-known example reaches after its 10 epochs of 60,000 images
PEAK_SIDE = 2048
PEAK_SECONDS = 2.0
TUTORIAL_BATCH = 128
CELEBA_IMAGES, CELEBA_TEST = 200_000, 20_000


def run(args: argparse.Namespace) -> dict[str, object]:
    """The numbers by name. seconds are those of training and validation, without the test set's evaluations.

    After each epoch the usual loop runs for a part of its epoch, so that a slow moment of the machine affects both.
    """
    keep_freed_memory()  # as every process that trains
    device = choose_device(args.device)
    dataset = load_dataset("mnist", args.data_dir)
    peak = peak_flops(device)
    config = TrainingConfig(
        epochs=args.epochs,
        batch_size=args.batch_size,
        learning_rate=args.learning_rate,
        seed=args.seed,
        device=args.device,
    )
    losses, seconds, reached = [], 0.0, None
    tutorial = TutorialLoop(args, device)
    for loss, seconds in ours(dataset, config):
        losses.append(loss)
        reached = seconds if reached is None and loss <= MARK else reached
        tutorial.go_on(len(tutorial.loader) // args.epochs)
    speed = len(dataset.train) * args.epochs / seconds
    return {
        "images_per_second": round(speed),
        "tutorial_images_per_second": round(tutorial.images / tutorial.seconds),
        "ratio": round(speed * tutorial.seconds / tutorial.images, 2),
        "seconds_to_105_6": reached,
        "negative_elbo": losses[-1],
        "peak_share": round(speed * training_flop(VAE(default_config((1, 28, 28), 20))) / peak, 3),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "seconds": seconds,
        "epochs": args.epochs,
        "peak_gflops": round(peak / 1e9),
        "threads": torch.get_num_threads(),
    }


def ours(dataset: Dataset, config: TrainingConfig) -> Iterator[tuple[float, float]]:
    """Test -ELBO in nats and seconds of training so far, after each epoch."""
    model = new_model(default_config(dataset.image_shape, 20), dataset.train, config)
    for epoch in train(model, dataset.train, dataset.validation, config):
        test = evaluate(encode(model.eval(), dataset.test.images, dataset.test.labels), model.config)
        assert test.negative_elbo is not None
        yield test.negative_elbo, epoch.seconds


class TutorialLoop:
    """The usual loop: DataLoader, ToTensor, float32, a host synchronisation at every step. images, seconds: so far."""

    def __init__(self, args: argparse.Namespace, device: torch.device) -> None:
        from torchvision.datasets import MNIST
        from torchvision.transforms import ToTensor

        images = MNIST(str(data_directory(args.data_dir)), train=True, transform=ToTensor())
        cuda = device.type == "cuda"
        self.loader = torch.utils.data.DataLoader(
            images, batch_size=TUTORIAL_BATCH, shuffle=True, num_workers=int(cuda), pin_memory=cuda
        )
        self.device = device
        self.model = Tutorial().to(device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3)
        self.images, self.seconds = 0, 0.0

    def go_on(self, steps: int) -> None:
        """The first `steps` steps of an epoch."""
        total, started = 0.0, perf_counter()
        for x, _ in islice(self.loader, max(1, steps)):
            x = x.to(self.device)  # noqa: PLW2901
            self.optimizer.zero_grad()
            loss = self.model.loss(x)
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
            self.optimizer.step()
            self.images += len(x)
        self.seconds += perf_counter() - started


class Tutorial(nn.Module):
    """The 784-400-20 model as tutorials write it."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(784, 400)
        self.fc_mean, self.fc_logvar = nn.Linear(400, 20), nn.Linear(400, 20)
        self.fc3, self.fc4 = nn.Linear(20, 400), nn.Linear(400, 784)

    def loss(self, x: Tensor) -> Tensor:
        """-ELBO summed over the batch. Shapes: (n, 1, 28, 28) -> scalar. Unit: nats."""
        x = x.view(-1, 784)
        hidden = functional.relu(self.fc1(x))
        mean, logvar = self.fc_mean(hidden), self.fc_logvar(hidden)
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * logvar)
        reconstruction = torch.sigmoid(self.fc4(functional.relu(self.fc3(z))))
        nll = functional.binary_cross_entropy(reconstruction, x, reduction="sum")
        return nll - 0.5 * torch.sum(1 + logvar - mean.pow(2) - logvar.exp())


def peak_flops(device: torch.device) -> float:
    """Floating-point operations per second: the best of many square matrix products, in the precision of training."""
    a = torch.randn(PEAK_SIDE, PEAK_SIDE, device=device)
    with mixed_precision(device), torch.inference_mode():
        kind = (a @ a).dtype
    a = a.to(kind)
    best, started = 0.0, perf_counter()
    while perf_counter() - started < PEAK_SECONDS:
        begun = perf_counter()
        a @ a
        if device.type == "cuda":
            torch.cuda.synchronize()
        best = max(best, 2 * PEAK_SIDE**3 / (perf_counter() - begun))
    return best


def training_flop(model: VAE) -> float:
    """Floating-point operations of one training step per image, in the fully connected layers: 2 per weight forward, 4
    backward, but 2 for the first layer, whose input needs no gradient."""
    sizes = [prod(layer.weight.shape) for layer in model.modules() if isinstance(layer, nn.Linear)]
    return 6.0 * sum(sizes) - 2.0 * sizes[0]


def run_memory(args: argparse.Namespace) -> dict[str, object]:
    """Peak memory of this process while it trains a 64 x 64 x 3 conv model on as many images as CelebA has."""
    keep_freed_memory()
    rng = np.random.default_rng(args.seed)
    patterns = rng.integers(0, 256, (64, 3, 64, 64), np.uint8)
    images = np.empty((CELEBA_IMAGES, 3, 64, 64), np.uint8)
    for start in range(0, len(images), len(patterns)):
        part = images[start : start + len(patterns)]
        part[:] = patterns[: len(part)] // 2 + rng.integers(0, 128, (len(part), 1, 1, 1), np.uint8)
    labels = np.zeros(CELEBA_IMAGES, np.int64)
    cut, last = CELEBA_IMAGES - 2 * CELEBA_TEST, CELEBA_IMAGES - CELEBA_TEST
    parts = slice(0, cut), slice(cut, last), slice(last, CELEBA_IMAGES)
    training, validation, test = (Split(images[part], labels[part]) for part in parts)
    device = choose_device(args.device)
    model = VAE(default_config((3, 64, 64), 32, "conv")).to(device)
    config = TrainingConfig(epochs=1, seed=args.seed, device=args.device)
    (epoch,) = train(model, training, validation, config)
    encode(model.eval(), test.images, test.labels)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {
        "images": CELEBA_IMAGES,
        "images_gb": round(images.nbytes / 1e9, 2),
        "peak_memory_gb": round(peak / 1e9, 2),
        "images_per_second": round(len(training) / epoch.seconds),
        "device": device.type,
    }

"""The digit classifier that ships with the app: trained on MNIST, it says which digit a picture shows.

`make classifier` trains it anew, in a minute. It is small, because browsers run it too:
vae/frontend/lib/classifier.js computes what DigitClassifier.forward does.
"""

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own name for it
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from vae.datasets.registry import load_dataset
from vae.datasets.splits import Dataset, Split
from vae.model.networks import to_unit

WEIGHTS = Path(__file__).parents[2] / "frontend" / "lib" / "mnist-classifier.safetensors"
DATASET = "mnist"  # whose pictures it can be asked about
IMAGE_SHAPE = (1, 28, 28)  # of them
EPOCHS = 20
BATCH = 128
LEARNING_RATE = 3e-3
TURN, STRETCH, SHIFT = 10.0, 0.1, 0.1  # of training images, at most: degrees, share of the size, share of the width
BATCH_READ = 1000


@dataclass(frozen=True)
class Reliability:
    """How reliable a classifier is: the share of these test images, 0 to 1, that it classifies correctly."""

    accuracy: float
    images: int


class DigitClassifier(nn.Module):
    """Two strided convolutions and two layers: 20,500 weights, 97,000 multiplications for a picture."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 8, 5, stride=2)
        self.second = nn.Conv2d(8, 16, 5, stride=2)
        self.hidden = nn.Linear(256, 64)
        self.output = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Shapes: x (n, 1, 28, 28) in [0, 1] -> logits (n, 10)."""
        logits: Tensor = self.output(self.features(x))  # (n, 10)
        return logits

    def features(self, x: Tensor) -> Tensor:
        """What the last layer sees of a picture, 0 or more. Shapes: x (n, 1, 28, 28) in [0, 1] -> (n, 64)."""
        x = F.relu(self.first(x))  # (n, 8, 12, 12)
        x = F.relu(self.second(x))  # (n, 16, 4, 4)
        return F.relu(self.hidden(x.flatten(1)))  # (n, 64)


def is_known(dataset: str, image_shape: tuple[int, int, int]) -> bool:
    """Whether the classifier can be asked about pictures of this data set and shape."""
    return dataset == DATASET and image_shape == IMAGE_SHAPE


@torch.inference_mode()
def classify(classifier: DigitClassifier, images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The likeliest digit of each picture. Shapes: images (n, 1, 28, 28) -> (n,)."""
    batches = torch.split(torch.from_numpy(images), BATCH_READ)
    return torch.cat([classifier(to_unit(batch)).argmax(1) for batch in batches]).numpy()


def accuracy(classifier: DigitClassifier, split: Split) -> float:
    """Share of the images that are classified as their label says, 0 to 1."""
    return float((classify(classifier, split.images) == split.labels).mean())


def train_classifier(dataset: Dataset, epochs: int = EPOCHS, seed: int = 0) -> DigitClassifier:
    """A classifier of these images of 28 × 28 grey pixels and up to ten classes, the same for the same seed."""
    torch.manual_seed(seed)
    classifier = DigitClassifier()
    images, labels = torch.from_numpy(dataset.train.images), torch.from_numpy(dataset.train.labels)
    steps = epochs * math.ceil(len(labels) / BATCH)
    optimizer = torch.optim.AdamW(classifier.parameters(), LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    for rows in _batches(len(labels), epochs):
        loss = F.cross_entropy(classifier(_distorted(to_unit(images[rows]))), labels[rows])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    return classifier.eval()


def _batches(n: int, epochs: int) -> Iterator[Tensor]:
    for _ in range(epochs):
        yield from torch.split(torch.randperm(n), BATCH)


def _distorted(x: Tensor) -> Tensor:
    """The images turned, stretched and shifted a little, each differently: samples of a VAE are less tidy than MNIST.

    Shape: (n, 1, h, w), kept.
    """
    n = len(x)
    angle = math.radians(TURN) * (2 * torch.rand(n) - 1)
    scale = 1 + STRETCH * (2 * torch.rand(n, 2) - 1)
    shift = 2 * SHIFT * (2 * torch.rand(n, 2) - 1)  # the width is 2 in the grid's coordinates
    cosine, sine = torch.cos(angle), torch.sin(angle)
    across = torch.stack([cosine * scale[:, 0], -sine * scale[:, 1], shift[:, 0]], 1)
    down = torch.stack([sine * scale[:, 0], cosine * scale[:, 1], shift[:, 1]], 1)
    grid = F.affine_grid(torch.stack([across, down], 1), list(x.shape), align_corners=False)
    return F.grid_sample(x.contiguous(), grid, align_corners=False)


def save_classifier(path: Path, classifier: DigitClassifier, test: Split) -> None:
    """The weights in a file that also says how many of the test images are classified correctly."""
    metadata = {"test_accuracy": f"{accuracy(classifier, test):.4f}", "test_images": str(len(test))}
    save_file({name: tensor.contiguous() for name, tensor in classifier.state_dict().items()}, path, metadata)


def read_reliability(path: Path = WEIGHTS) -> Reliability:
    """The reliability that save_classifier() has written into a file."""
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    return Reliability(float(metadata["test_accuracy"]), int(metadata["test_images"]))


def load_classifier(path: Path = WEIGHTS) -> DigitClassifier:
    """The classifier in a file of save_classifier()."""
    classifier = DigitClassifier()
    with safe_open(path, "pt") as file:
        classifier.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118 - not a dict
    return classifier.eval()


if __name__ == "__main__":
    options = argparse.ArgumentParser(
        prog="python -m vae.evaluation.pictures.classifier", description="Train the classifier."
    )
    options.add_argument("--data-dir", type=Path, help="where MNIST's files lie or are downloaded to")
    torch.set_num_threads(1)  # of layers as small as these, more threads are slower
    mnist = load_dataset(DATASET, options.parse_args().data_dir)
    trained = train_classifier(mnist)
    save_classifier(WEIGHTS, trained, mnist.test)

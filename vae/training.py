"""Training: images and configs in, one EpochMetrics per epoch out, a checkpoint at the end."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vae.checkpoints import check_free, save_checkpoint
from vae.data import Dataset
from vae.latents import encode
from vae.losses import kl_divergence, objective, reconstruction_nll
from vae.metrics import evaluate
from vae.models import VAE, ModelConfig, choose_device, is_whole, reparameterize, require, to_unit

Progress = Callable[[float], object]


@dataclass(frozen=True)
class TrainingConfig:
    """How a model is trained: Adam on -ELBO (beta = 1), the learning rate falling to 0 along a half cosine.

    learning_rate: at the start. seed: of the weights, the order of the images and the noise. device: auto, cpu, cuda
    or mps. Raises ValueError, with the accepted range, for any value outside it.
    """

    epochs: int = 10
    batch_size: int = 128
    learning_rate: float = 2e-3
    beta: float = 1.0
    seed: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        require(is_whole(self.epochs) and 1 <= self.epochs <= 10_000, "epochs", self.epochs, "1 to 10000")
        size = self.batch_size
        require(is_whole(size) and 2 <= size <= 65_536, "batch_size", size, "2 to 65536")
        require(0 < self.learning_rate <= 1, "learning_rate", self.learning_rate, "above 0 and at most 1")
        require(0 <= self.beta <= 1000, "beta", self.beta, "0 to 1000")
        require(is_whole(self.seed) and 0 <= self.seed < 2**32, "seed", self.seed, "0 to 4294967295")
        require(self.device in ("auto", "cpu", "cuda", "mps"), "device", self.device, "auto, cpu, cuda or mps")


@dataclass(frozen=True)
class EpochMetrics:
    """One epoch: means over the images, in nats per image, z sampled.

    reconstruction and kl are taken on the training images while the weights were still moving, the validation ones
    afterwards. seconds: since training began.
    """

    epoch: int
    seconds: float
    reconstruction: float
    kl: float
    validation_reconstruction: float
    validation_kl: float


def train_checkpoint(
    dataset: Dataset, model_config: ModelConfig, config: TrainingConfig, out: Path, progress: Progress | None = None
) -> Iterator[EpochMetrics]:
    """Trains a new model on the data set and saves it as the checkpoint folder `out`, whole or not at all.

    Yields one EpochMetrics per epoch; the folder is there when the iterator is exhausted. Raises CheckpointError before
    the first step if `out` is taken, ValueError if the images are not of the model's shape.
    """
    check_free(out)
    device = choose_device(config.device)
    torch.manual_seed(config.seed)
    model = VAE(model_config).to(device)
    history = []
    for epoch in train(model, dataset.train.images, dataset.validation.images, config, progress):
        history.append(asdict(epoch))
        yield epoch
    encoded = encode(model.eval(), dataset.test.images, dataset.test.labels)
    save_checkpoint(
        out,
        model,
        dataset={"name": dataset.name, "content_hash": dataset.content_hash, "class_names": list(dataset.class_names)},
        training=asdict(config) | {"device": device.type, "torch_threads": torch.get_num_threads()},
        metrics=asdict(evaluate(encoded)) | {"split": "test", "seconds": history[-1]["seconds"]},
        history=history,
        encoded=encoded,
        test_images=dataset.test.images,
    )


def train(
    model: VAE,
    train_images: NDArray[np.uint8],
    validation_images: NDArray[np.uint8],
    config: TrainingConfig,
    progress: Progress | None = None,
) -> Iterator[EpochMetrics]:
    """Trains the model in place, where its weights are; yields one EpochMetrics per epoch.

    Shapes: images (n, c, h, w) uint8, kept so on the device; a batch becomes float32 only while it is used. progress is
    called now and then with the share of the run that is done, 0 to 1. Same seed, same device: same weights.
    Raises ValueError if the images are not of the model's shape, FloatingPointError when the loss stops being finite.
    """
    for images in (train_images, validation_images):
        require(
            images.shape[1:] == model.config.image_shape, "image shape", images.shape[1:], str(model.config.image_shape)
        )
    device = model.device
    data = torch.from_numpy(train_images).to(device)
    validation = torch.from_numpy(validation_images).to(device)
    generator = torch.Generator(device).manual_seed(config.seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate, fused=device.type in ("cpu", "cuda"))
    steps = config.epochs * -(-len(data) // config.batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    started = time.perf_counter()
    for epoch in range(1, config.epochs + 1):
        model.train()
        totals = torch.zeros(2, device=device)
        order = torch.randperm(len(data), generator=generator, device=device)
        for step, index in enumerate(torch.split(order, config.batch_size)):
            totals += train_step(model, to_unit(data[index]), optimizer, config.beta, generator)
            schedule.step()
            if progress is not None and step % 20 == 0:
                progress((epoch - 1 + step * config.batch_size / len(data)) / config.epochs)
        reconstruction, kl = (totals / len(data)).tolist()
        validation_terms = validate(model, validation, config)
        if not np.isfinite((reconstruction, kl, *validation_terms)).all():
            raise FloatingPointError(
                f"Training diverged in epoch {epoch}: the loss is no longer finite. Choose a smaller learning rate."
            )
        yield EpochMetrics(epoch, time.perf_counter() - started, reconstruction, kl, *validation_terms)


def train_step(
    model: VAE, x: Tensor, optimizer: torch.optim.Optimizer, beta: float, generator: torch.Generator
) -> Tensor:
    """One step of the optimiser on one batch. Shapes: x (n, c, h, w) in [0, 1] -> (2,): reconstruction and KL in nats,
    summed over the batch, left on the device so that the host need not wait."""
    with mixed_precision(x.device):
        mean, logvar = model.encode(x)
        noise = torch.randn(mean.shape, generator=generator, device=x.device)
        parameters = model.decoder(reparameterize(mean, logvar, noise))
    reconstruction = reconstruction_nll(parameters, x, model.config)
    kl = kl_divergence(mean, logvar)
    optimizer.zero_grad(set_to_none=True)
    objective(reconstruction, kl, beta).backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return torch.stack((reconstruction.detach().sum(), kl.detach().sum()))


@torch.inference_mode()
def validate(model: VAE, images: Tensor, config: TrainingConfig) -> tuple[float, float]:
    """Mean reconstruction and KL of these images in nats, z sampled with the run's seed. Shapes: (n, c, h, w) uint8."""
    model.eval()
    generator = torch.Generator(images.device).manual_seed(config.seed)
    totals = torch.zeros(2, device=images.device)
    for batch in torch.split(images, 500):
        x = to_unit(batch)
        mean, logvar = model.encode(x)
        noise = torch.randn(mean.shape, generator=generator, device=x.device)
        parameters = model.decoder(reparameterize(mean, logvar, noise))
        totals[0] += reconstruction_nll(parameters, x, model.config).sum()
        totals[1] += kl_divergence(mean, logvar).sum()
    reconstruction, kl = (totals / len(images)).tolist()
    return reconstruction, kl


def mixed_precision(device: torch.device) -> AbstractContextManager[object]:
    """bfloat16 for matrix products where the hardware multiplies it faster than float32; float32 elsewhere.

    Decided by what the processor says of itself, not by timing: the same machine must always give the same result.
    """
    if device.type == "cuda":
        pays = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        # Older torch cannot tell; float32 is then the safe choice.
        known = device.type == "cpu" and hasattr(torch.cpu, "get_capabilities")
        capabilities = torch.cpu.get_capabilities() if known else {}
        pays = bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return torch.autocast(device.type, torch.bfloat16) if pays else nullcontext()

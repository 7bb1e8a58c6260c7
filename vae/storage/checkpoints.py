"""A trained model as a folder of plain files. No file is trusted: nothing in it is ever unpickled.

config.json          format version, model config, data set, training settings, library versions
model.safetensors    weights, float32 or float16
encoded.safetensors  the encoded test set: mean, logvar, labels, reconstruction, kl; entropy of a Bernoulli model
examples.png         the first test images as a sheet, so that pages work without the data set
metrics.json         the evaluation on the test set. Optional: float16_levels, what vae.evaluation.rounding measured,
                     collapsed, the reconstruction of a model that always shows the mean picture
history.jsonl        one line per epoch
film.bin             optional: the film of the training, as vae.training.film describes it
projections/         2-D and 3-D projections of the encoded test set that were computed ahead, rounded
aggregate-*.json     optional: the mixture that Sampling draws from, fitted ahead; named after the codes\' hash
second-*.safetensors optional: the second-stage prior\'s flow, fitted ahead to follow that mixture; named after both
samples-*.json       optional: how good the samples of each of these are, measured ahead; named as the flow
measured-*.json      optional: numbers that lessons tell and that take seconds to compute; named after the codes\' hash

A folder is made in a staging folder of vae.storage.atomic and moved, so that under its own name it is always whole.
The folder may be a link; links in it are followed only to files that are inside it, too.
"""

import hashlib
import json
import platform
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from stat import S_ISREG

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import save_file as save_tensors

from vae.evaluation.aggregate import AggregateFit
from vae.evaluation.pictures.samples import SamplesReport
from vae.model.flow import LEAST_DIMS, Flow, SecondStage
from vae.model.latents import EncodedSet
from vae.model.losses import Objective
from vae.model.networks import VAE, ModelConfig
from vae.storage.atomic import staging_folder
from vae.storage.files import (
    MAX_JSON_BYTES,
    CheckpointError,
    Json,
    broken,
    is_inside,
    naming_file,
    parse_json,
    read_arrays,
    read_json,
    read_points,
    read_sheet,
    read_text,
    write_points,
    write_sheet,
)
from vae.storage.names import SWEEP_FOLDER
from vae.validation import is_number, is_whole, require

FORMAT = 2
EXAMPLES = 500
FILM = "film.bin"
FILES = ("model.safetensors", "encoded.safetensors", "examples.png", "config.json", "metrics.json", "history.jsonl")
MAX_TEST_IMAGES = 10_000_000
MAX_HISTORY_BYTES, MAX_EPOCH_BYTES = 2**23, 2**12  # 10,000 epochs of some 600 bytes, and one of them
LEADS_OUT = "a link leads out of the checkpoint's folder"
SETTLING_SECONDS = 3.0  # longer than a tick of any file system's clock
EPOCH_NUMBERS = ("epoch", "seconds", "reconstruction", "kl", "validation_reconstruction", "validation_kl")
DTYPES = {torch.float32: "F32", torch.int64: "I64"}


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint folder whose small files have been read and checked; arrays are loaded on request."""

    path: Path
    model_config: ModelConfig
    dataset: str
    content_hash: str
    class_names: tuple[str, ...]
    objective: Objective
    training: Json
    metrics: Json
    history: tuple[Json, ...]
    test_images: int

    @property
    def name(self) -> str:
        """The folder's name, by which pages and links know the checkpoint."""
        return self.path.name

    @property
    def film(self) -> Path | None:
        """The film of its training, as vae.training.film describes it; None without one."""
        path = self.path / FILM
        return path if path.is_file() and is_inside(path, self.path) else None

    @property
    def kl_per_dimension(self) -> tuple[float, ...] | None:
        """KL to the prior per latent dimension, mean over the test images, in nats; None for a plain autoencoder."""
        kl = self.metrics["kl_per_dimension"]
        return None if kl is None else tuple(kl)

    @property
    def collapsed(self) -> float | None:
        """Reconstruction of a model that shows the mean test image, in nats; None where it was not computed."""
        value: float | None = self.metrics.get("collapsed")
        return value

    def load_model(self, device: torch.device | str = "cpu") -> VAE:
        """The model with its weights, ready to decode. Raises CheckpointError for any defect of the weights."""
        path = self.path / "model.safetensors"
        with torch.device("meta"):  # shapes without memory: a false config costs nothing
            model = VAE(self.model_config)
        expected = {name: (DTYPES[t.dtype], tuple(t.shape)) for name, t in model.state_dict().items()}
        expected |= {name: ("F32|F16", tuple(t.shape)) for name, t in model.named_parameters()}
        tensors = {name: torch.from_numpy(array) for name, array in read_arrays(path, expected).items()}
        whole = {name: t.float() if t.dtype == torch.float16 else t for name, t in tensors.items()}
        model.load_state_dict(whole, assign=True)
        model.to(memory_format=torch.channels_last).to(device)
        return model.eval().requires_grad_(False)

    def load_encoded(self) -> EncodedSet:
        """The encoded test set. Raises CheckpointError for any defect of it."""
        path, n = self.path / "encoded.safetensors", self.test_images
        per_dimension, per_image = (n, self.model_config.latent_dim), (n,)
        shapes = {"mean": ("F32", per_dimension), "logvar": ("F32", per_dimension), "labels": ("I64|U8", per_image)}
        shapes |= {"reconstruction": ("F32", per_image), "kl": ("F32", per_image)}
        arrays = read_arrays(path, shapes, optional={"entropy": ("F32", per_image)})
        arrays["labels"] = labels = arrays["labels"].astype(np.int64, copy=False)
        if labels.min() < 0 or labels.max() >= len(self.class_names):
            raise broken(path, "a label has no class name")
        return EncodedSet(**arrays)

    def load_examples(self) -> NDArray[np.uint8]:
        """The first test images, row i being row i of the encoded set. Shape: (min(test images, 500), c, h, w)."""
        count = min(self.test_images, EXAMPLES)
        return read_sheet(self.path / "examples.png", count, self.model_config.image_shape)

    def load_projection(self, encoded: EncodedSet, method: str, dims: int) -> NDArray[np.float32] | None:
        """The projection that was saved for exactly these latent vectors, or None. Shape: (n, dims)."""
        path = self._projection_path(encoded, method, dims)
        if not path.is_file():
            return None
        return read_points(path, (self.test_images, dims))

    def save_projection(self, encoded: EncodedSet, method: str, dims: int, points: NDArray[np.float32]) -> Path:
        """Saves a projection; returns its file. Raises CheckpointError if it cannot be written."""
        path = self._projection_path(encoded, method, dims)
        return _replace_file(path, lambda file: write_points(file, points))

    def load_fit(self, encoded: EncodedSet) -> AggregateFit | None:
        """The fit that was saved for exactly these codes, or None. Raises CheckpointError if it is broken."""
        path = self._fit_path(encoded)
        if not path.is_file():
            return None
        values = read_json(path)
        with naming_file(path):
            return AggregateFit.from_json(values, self.model_config.latent_dim)

    def save_fit(self, encoded: EncodedSet, fit: AggregateFit) -> Path:
        """Saves a fit; returns its file. Raises CheckpointError if it cannot be written, or is too large to be read."""
        path, text = self._fit_path(encoded), json.dumps(fit.to_json())
        if len(text) > MAX_JSON_BYTES:
            limit = f"more than the {MAX_JSON_BYTES} that are read"
            raise CheckpointError(f"{path}: {len(text)} bytes are {limit}; Sampling fits when it is opened.")
        return _replace_file(path, lambda file: file.write_text(text))

    def load_second_stage(self, encoded: EncodedSet, fit: AggregateFit) -> SecondStage | None:
        """The second stage that was saved for exactly this fit, or None. Raises CheckpointError if it is broken."""
        path, latent_dim = self._second_path(encoded, fit), self.model_config.latent_dim
        if latent_dim < LEAST_DIMS or not path.is_file():
            return None
        flow = Flow(latent_dim)
        arrays = read_arrays(path, {name: ("F32", tuple(t.shape)) for name, t in flow.state_dict().items()})
        flow.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
        return SecondStage(fit.mixture, flow.eval().requires_grad_(False))

    def save_second_stage(self, encoded: EncodedSet, fit: AggregateFit, second: SecondStage) -> Path:
        """Saves a second stage; returns its file. Raises CheckpointError if it cannot be written."""
        tensors = {name: tensor.contiguous() for name, tensor in second.flow.state_dict().items()}
        return _replace_file(self._second_path(encoded, fit), lambda file: save_tensors(tensors, file))

    def load_samples(self, encoded: EncodedSet, fit: AggregateFit) -> SamplesReport | None:
        """The report that was saved for exactly this fit, or None. Raises CheckpointError if it is broken."""
        path = self._samples_path(encoded, fit)
        if not path.is_file():
            return None
        values = read_json(path)
        with naming_file(path):
            return SamplesReport.from_json(values)

    def save_samples(self, encoded: EncodedSet, fit: AggregateFit, report: SamplesReport) -> Path:
        """Saves a report; returns its file. Raises CheckpointError if it cannot be written."""
        text = json.dumps(report.to_json(), indent=1) + "\n"
        return _replace_file(self._samples_path(encoded, fit), lambda file: file.write_text(text))

    def load_measured(self, encoded: EncodedSet) -> dict[str, float]:
        """The numbers that were kept for exactly these codes. Raises CheckpointError if the file is broken."""
        path = self._measured_path(encoded)
        if not path.is_file():
            return {}
        values = read_json(path)
        if not all(map(is_number, values.values())):
            raise broken(path, "a value is no number")
        return dict(values)

    def save_measured(self, encoded: EncodedSet, values: Mapping[str, float]) -> Path:
        """Replaces these numbers; returns their file. Raises CheckpointError if it cannot be written."""
        text = json.dumps(dict(sorted(values.items())), indent=1) + "\n"
        return _replace_file(self._measured_path(encoded), lambda file: file.write_text(text))

    def save_metrics(self, metrics: Mapping[str, object]) -> Path:
        """Replaces the metrics; returns their file. Raises CheckpointError if it cannot be written."""
        path, text = self._inside(Path("metrics.json")), _metrics_text(metrics)
        return _replace_file(path, lambda file: file.write_text(text))

    def _projection_path(self, encoded: EncodedSet, method: str, dims: int) -> Path:
        return self._inside(Path("projections") / f"{method}-{dims}d-{_hash(encoded.mean)}.safetensors")

    def _fit_path(self, encoded: EncodedSet) -> Path:
        return self._inside(Path(f"aggregate-{_hash(encoded.mean, encoded.logvar)}.json"))

    def _second_path(self, encoded: EncodedSet, fit: AggregateFit) -> Path:
        return self._inside(Path(f"second-{_hash(encoded.mean, encoded.logvar, fit.mixture.means)}.safetensors"))

    def _samples_path(self, encoded: EncodedSet, fit: AggregateFit) -> Path:
        return self._inside(Path(f"samples-{_hash(encoded.mean, encoded.logvar, fit.mixture.means)}.json"))

    def _measured_path(self, encoded: EncodedSet) -> Path:
        return self._inside(Path(f"measured-{_hash(encoded.mean)}.json"))

    def _inside(self, name: Path) -> Path:
        path = self.path / name
        if not is_inside(path, self.path):
            raise broken(path, LEADS_OUT)
        return path


def _metrics_text(metrics: Mapping[str, object]) -> str:
    return json.dumps(dict(metrics), indent=1) + "\n"


def _hash(*arrays: NDArray[np.floating]) -> str:
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()[:12]


def _replace_file(path: Path, write: Callable[[Path], object]) -> Path:
    """Lets `write` make a file beside this one, whose place it then takes. Raises CheckpointError if it cannot."""
    try:
        with staging_folder(path.parent) as folder:
            file = folder / path.name
            write(file)
            file.chmod(0o644)
            file.replace(path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path}: could not be written ({error}); nothing was kept.") from error
    return path


@dataclass(frozen=True)
class BrokenCheckpoint:
    """A folder among the checkpoints that cannot be used, and why."""

    path: Path
    error: str

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name


def list_checkpoints(root: Path) -> list[Checkpoint | BrokenCheckpoint]:
    """Every folder in root, by name, with its small files read and checked."""
    found: list[Checkpoint | BrokenCheckpoint] = []
    folders = sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    for path in [path for path in list(_looks) if path.parent == root and path not in folders]:
        _looks.pop(path, None)  # another thread may have removed it
    for path in folders:
        if path.name.startswith("."):  # being written, or left by a crash
            continue
        readable = path.name.encode("utf-8", "backslashreplace").decode()
        if readable != path.name:
            found.append(
                BrokenCheckpoint(root / readable, f"{root / readable}: its name is not UTF-8; rename the folder.")
            )
            continue
        try:
            found.append(_read_if_changed(path))
        except CheckpointError as error:
            if not (path / SWEEP_FOLDER).is_dir():  # a sweep's models are its own
                found.append(BrokenCheckpoint(path, str(error)))
    return found


@dataclass(frozen=True)
class _Look:
    """State of a folder's small files, since when it has been the same (monotonic clock), and, once that is longer than
    SETTLING_SECONDS, the checkpoint that was read."""

    state: tuple[int, ...]
    since: float
    checkpoint: Checkpoint | None = None


_looks: dict[Path, _Look] = {}


def _read_if_changed(path: Path) -> Checkpoint:
    """As read_checkpoint, but from memory if the small files have not changed since they were last read.

    Every page and every live client lists all checkpoints, and reading these files is most of the cost. The first
    reading is not kept: a second change within one tick of the file system's clock would not be noticed.
    """
    state, look, now = _state(path), _looks.get(path), time.monotonic()
    if look is None or look.state != state:
        look = _Look(state, now)
    if look.checkpoint is None:
        settled = bool(state) and now - look.since >= SETTLING_SECONDS
        found = read_checkpoint(path)
        _looks[path] = replace(look, checkpoint=found) if settled else look
        return found
    return look.checkpoint


def _state(path: Path) -> tuple[int, ...]:
    """Changes whenever one of the small files does; () if one is missing, or a link, whose target may change unseen."""
    state: list[int] = []
    try:
        for name in FILES:
            stat = (path / name).lstat()
            if not S_ISREG(stat.st_mode):
                return ()
            state += (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
    except OSError:
        return ()
    return tuple(state)


def read_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint in this folder. Raises CheckpointError, naming the file, for anything missing or damaged."""
    try:
        there = path.is_dir()
    except OSError:  # for example, the name is too long
        there = False
    if not there:
        raise CheckpointError(
            f"{path}: there is no such checkpoint folder; `python -m vae list` shows which there are."
        )
    if not (path / "config.json").is_file() and (found := _something_else(path)):
        raise CheckpointError(f"{path}: {found}.")
    for name in FILES:
        if not (path / name).is_file():
            raise broken(path / name, "the file is missing")
        if not is_inside(path / name, path):
            raise broken(path / name, LEADS_OUT)
    config = read_json(path / "config.json")
    if config.get("format") != FORMAT:
        raise broken(
            path / "config.json", f"format {config.get('format')!r} is not {FORMAT}, the one this version reads"
        )
    with naming_file(path / "config.json"):
        model = config["model"]
        lists = {key: tuple(model[key]) for key in ("image_shape", "hidden", "channels")}
        model_config = ModelConfig(**(model | lists))
        test_images = config["test_images"]
        expected = f"a whole number from 1 to {MAX_TEST_IMAGES}"
        require(is_whole(test_images, 1, MAX_TEST_IMAGES), "test_images", test_images, expected)
        if not isinstance(config["dataset"]["class_names"], list):
            raise ValueError("class_names is not a list")
        class_names = tuple(str(name) for name in config["dataset"]["class_names"])
        dataset, content_hash = str(config["dataset"]["name"]), str(config["dataset"]["content_hash"])
        training = dict(config["training"])
        objective = Objective(**training["objective"])
    with naming_file(path / "metrics.json"):
        metrics = _checked_metrics(read_json(path / "metrics.json"), model_config)
    with naming_file(path / "history.jsonl"):
        history = tuple(map(_checked_epoch, read_text(path / "history.jsonl", MAX_HISTORY_BYTES).splitlines()))
        if not history:
            raise ValueError("it has no epoch")
    return Checkpoint(
        path=path,
        model_config=model_config,
        dataset=dataset,
        content_hash=content_hash,
        class_names=class_names,
        objective=objective,
        training=training,
        metrics=metrics,
        history=history,
        test_images=test_images,
    )


def _something_else(path: Path) -> str | None:
    """What a folder without a config is, and what to do with it, where that can be told from its name or content."""
    if path.name == "__MACOSX":
        return "macOS adds this folder to a zip; it is no checkpoint, delete it"
    try:
        inner = sorted(child.name for child in path.iterdir() if (child / "config.json").is_file())
    except OSError:  # it may not be listed
        return None
    if not inner:
        return None
    what = f"the folder {inner[0]} inside it is" if len(inner) == 1 else f"the {len(inner)} folders inside it are"
    return f"{what} what should be here; move {'it' if len(inner) == 1 else 'them'} up into {path.parent}"


def check_free(path: Path) -> None:
    """Raises CheckpointError if this path is taken, or nothing can be written there."""
    try:
        taken = path.exists()
        if not taken:
            with staging_folder(path.parent) as made:
                (made / path.name).mkdir()  # the name may be too long
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be written ({error}); choose a folder that can.") from error
    if taken:
        raise CheckpointError(
            f"{path}: there is something by this name already; choose another name or delete it first."
        )


def save_checkpoint(
    path: Path,
    model: VAE,
    *,
    dataset: Mapping[str, object],
    training: Mapping[str, object],
    metrics: Mapping[str, object],
    history: Sequence[Mapping[str, object]],
    encoded: EncodedSet,
    test_images: NDArray[np.uint8],
    film: Path | None = None,
    half: bool = False,
) -> None:
    """Writes the checkpoint folder, whole or not at all. dataset: name, content_hash, class_names. film: is copied.

    half: the weights in float16. Raises CheckpointError if the name is taken or the folder cannot be written.
    """
    check_free(path)
    config = {
        "format": FORMAT,
        "model": asdict(model.config),
        "dataset": dict(dataset),
        "training": dict(training),
        "test_images": len(test_images),
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
    }
    arrays = {key: np.ascontiguousarray(value) for key, value in vars(encoded).items() if value is not None}
    if arrays["labels"].max(initial=0) < 256:
        arrays["labels"] = arrays["labels"].astype(np.uint8)
    weights = {key: value.detach().cpu().contiguous() for key, value in model.state_dict().items()}
    if half:
        weights |= {key: weights[key].half() for key, _ in model.named_parameters()}

    def write(folder: Path) -> None:
        (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
        (folder / "metrics.json").write_text(_metrics_text(metrics))
        (folder / "history.jsonl").write_text("".join(json.dumps(dict(line)) + "\n" for line in history))
        save_tensors(weights, folder / "model.safetensors")
        save_arrays(arrays, folder / "encoded.safetensors")
        write_sheet(folder / "examples.png", test_images[:EXAMPLES])
        if film is not None:
            shutil.copyfile(film, folder / FILM)

    write_folder(path, write)


def write_folder(path: Path, write: Callable[[Path], None]) -> None:
    """Lets `write` fill a staging folder beside `path`, then renames it, so that `path` is only ever seen whole.

    Raises CheckpointError, leaving nothing behind, if it cannot be written or the name has been taken since.
    """
    try:
        with staging_folder(path.parent) as made:
            folder = made / path.name
            folder.mkdir()
            write(folder)
            folder.chmod(0o755)
            for file in folder.iterdir():
                file.chmod(0o644)  # safetensors makes files that only their owner can read
            folder.rename(path)
    except (OSError, SafetensorError) as error:
        if not path.parent.is_dir():
            raise CheckpointError(f"{path}: cannot be written ({error}); choose a folder that can.") from error
        raise CheckpointError(f"{path}: could not be written ({error}); nothing was kept.") from error


def _checked_epoch(line: str) -> Json:
    if len(line) > MAX_EPOCH_BYTES:
        raise ValueError(f"an epoch has more than {MAX_EPOCH_BYTES} characters")
    epoch = parse_json(line)
    if not all(is_number(value) for value in (*(epoch[key] for key in EPOCH_NUMBERS), *epoch["terms"].values())):
        raise ValueError("an epoch has a value that is not a finite number")
    return {key: epoch[key] for key in (*EPOCH_NUMBERS, "terms")}


def _checked_metrics(metrics: Json, model: ModelConfig) -> Json:
    numbers = [metrics["reconstruction"]]
    of_the_posterior = [metrics[key] for key in ("negative_elbo", "kl", "kl_per_dimension")]
    if model.posterior == "point":
        if of_the_posterior != [None, None, None]:
            raise ValueError("a plain autoencoder has neither ELBO nor KL")
    else:
        numbers += [*of_the_posterior[:2], *metrics["kl_per_dimension"]]
        if len(metrics["kl_per_dimension"]) != model.latent_dim:
            raise ValueError("kl_per_dimension does not have one number per latent dimension")
    if not is_whole(metrics["active_units"], 0, model.latent_dim):
        raise ValueError("active_units is not a whole number from 0 to the number of latent dimensions")
    numbers += [metrics[key] for key in ("float16_levels", "collapsed") if metrics.get(key) is not None]
    if not all(is_number(number) for number in numbers):
        raise ValueError("a metric is not a finite number")
    return metrics

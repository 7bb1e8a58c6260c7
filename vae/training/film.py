"""The film of a training run: some sixty moments of it, in one file that grows during the run.

A film is a sequence of records; all integers are little-endian:

    uint32 J, uint32 B, uint32 CRC-32 of all that follows, J bytes of JSON, B bytes of body

The film ends before the first record with a wrong checksum: a run may be killed in the middle of a record. "kind" in
the JSON says what a record is. The first is the head:

    {"kind": "head", "version": 1, "dataset": NAME, "class_names": [names], "image_shape": [c, h, w], "latent_dim": d,
     "epochs": E, "plane": "line" | "latent" | "principal", "points": n, "originals": k, "samples": m, "side": s,
     "columns": q}
    body: the classes of n fixed test images, uint16; then a PNG with k of them, one of each class

The others follow in the order of time; an epoch's record has the fields of vae.training.trainer.EpochMetrics:

    {"kind": "frame", "share": progress of the run, 0 to 1, "epoch": epochs done, with decimals,
     "seconds": of training so far, "reconstruction": r, "kl": l, "kl_per_dimension": [d] or null, "scale": f}
    body: n points of the plane, int16 x and y, each times f; then a WebP with k + m + s * s pictures
    {"kind": "epoch", "share": 0.15, "epoch": 3, "seconds": 4.1, "reconstruction": …, "kl": …,
     "validation_reconstruction": …, "validation_kl": …, "terms": {…}}

r and l are means over the training images since the previous frame, in nats per image, z sampled; null in the first
frame, before any step. The pictures are, row by row in q columns: the k test images decoded from the mean of q(z|x);
m decoded samples of N(0, I), the same in all frames; for two latent dimensions the decoded s x s grid of normal
quantiles, z0 growing to the right and z1 upwards. A plain autoencoder has no prior, so neither samples nor grid, and
its kl is 0. A conditional model decodes sample i with class i mod classes, and the grid with class 0.

plane: the points are the means of the n images: in the latent plane itself; of one dimension, z and an arbitrary
height; of more than two, in the plane of the two principal components of this frame, rotated to be as near to the
previous frame as possible.
"""

import hashlib
import io
import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vae.datasets.splits import Dataset, Split
from vae.model.latents import decode
from vae.model.losses import kl_divergence
from vae.model.networks import VAE, ModelConfig, to_unit

VERSION = 1
FRAMES = 60
MAX_BYTES = 10_000_000  # of a whole film
MAX_FRAME_BYTES = 100_000
POINTS, ORIGINALS, SAMPLES, SIDE, COLUMNS = 2000, 10, 20, 8, 10
QUALITIES = (75, 50, 25, 10, 1)
PREFIX = struct.Struct("<III")
LARGEST = 2**15 - 1

Json = dict[str, Any]
FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Record:
    """One record of a film. end: its end in the file, in bytes."""

    fields: Json
    body: bytes
    end: int


def film_version(path: Path | None) -> str:
    """Differs between a film and a later one at its place, by their content; "" where there is none."""
    try:
        status = path.stat() if path else None
        return _digest(path, status.st_mtime_ns, status.st_size) if path and status else ""
    except OSError:
        return ""


@lru_cache(maxsize=64)
def _digest(path: Path, changed: int, size: int) -> str:
    """Of a file's content, which is read once while it was not changed, in ns, and has this size."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def read_film(path: Path) -> Iterator[Record]:
    """The whole records of a film, in order; none if the file does not exist."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        end = 0
        while (record := _next_record(file, end)) is not None:
            yield record
            end = record.end


def _next_record(file: io.BufferedReader, start: int) -> Record | None:
    prefix = file.read(PREFIX.size)
    if len(prefix) < PREFIX.size:
        return None
    text_bytes, body_bytes, checksum = PREFIX.unpack(prefix)
    size = text_bytes + body_bytes
    content = file.read(size) if size <= MAX_BYTES else b""
    if len(content) < size or zlib.crc32(content) != checksum:
        return None
    try:
        fields = json.loads(content[:text_bytes])
    except (ValueError, RecursionError):
        return None
    return Record(fields, content[text_bytes:], start + PREFIX.size + size) if isinstance(fields, dict) else None


def moments(steps: int) -> list[int]:
    """The steps after which a frame is taken: 0, the last, at most FRAMES in all, denser at the start of the run."""
    return sorted({round(steps * (i / (FRAMES - 1)) ** 1.5) for i in range(FRAMES)})


class Film:
    """Records a film, of the same test images and the same samples of the prior in every frame.

    Raises OSError where the disk refuses; the file then ends with its last whole record.
    """

    def __init__(self, path: Path, dataset: Dataset, config: ModelConfig, epochs: int) -> None:
        self._path, self._config = path, config
        test, point = dataset.test, config.posterior == "point"
        self._images = test.images[:POINTS]
        self._originals = _one_of_each_class(test)
        self._labels = test.labels[self._originals] if config.classes else None
        self._codes = _prior_codes(config.latent_dim) if not point else np.zeros((0, config.latent_dim), np.float32)
        code_labels = np.zeros(len(self._codes), np.int64)
        code_labels[:SAMPLES] = np.arange(min(SAMPLES, len(code_labels))) % max(1, config.classes)
        self._code_labels = code_labels if config.classes else None
        self._last: FloatArray | None = None  # the points of the last frame, rounded as in the file
        self._head = {
            "kind": "head",
            "version": VERSION,
            "dataset": dataset.name,
            "class_names": list(dataset.class_names),
            "image_shape": list(config.image_shape),
            "latent_dim": config.latent_dim,
            "epochs": epochs,
            "plane": {1: "line", 2: "latent"}.get(config.latent_dim, "principal"),
            "points": len(self._images),
            "originals": len(self._originals),
            "samples": 0 if point else SAMPLES,
            "side": SIDE if len(self._codes) > SAMPLES else 0,
            "columns": COLUMNS,
        }
        self._classes = test.labels[:POINTS].astype("<u2").tobytes()
        self._sheet = _sheet(test.images[self._originals], "PNG")

    def begin(self) -> None:
        """Replaces the file by one with the head alone."""
        self._path.unlink(missing_ok=True)
        self._append(self._head, self._classes + self._sheet)

    def resume(self, progress: float, epochs: int) -> None:
        """Cuts off the records after this progress of the run or these whole epochs: they will be recorded again.

        Also cuts off a record that is not of this film, and what follows it.
        """
        end, self._last = 0, None
        for record in read_film(self._path):
            try:
                if not self._is_kept(record.fields, progress, epochs) or (not end and record.fields["kind"] != "head"):
                    break
                if record.fields["kind"] == "frame":
                    self._last = self._points_of(record)
            except (KeyError, TypeError, ValueError, OverflowError):
                break
            end = record.end
        if not end:  # deleted since: record at least the rest
            self.begin()
            return
        with self._path.open("r+b") as file:
            file.truncate(end)

    @staticmethod
    def _is_kept(fields: Json, progress: float, epochs: int) -> bool:
        late = fields["kind"] == "epoch" and fields["epoch"] > epochs
        return not late and bool(fields.get("share", 0.0) <= progress)

    def add_epoch(self, epoch: Mapping[str, object], progress: float) -> None:
        """Adds the metrics of an epoch that ended at this progress of the run, 0 to 1."""
        self._append({"kind": "epoch", "share": progress, **epoch}, b"")

    def take(self, model: VAE, fields: Mapping[str, object]) -> None:
        """Adds a frame, unless the model has diverged. fields: share, epoch, seconds, reconstruction and kl."""
        training = model.training
        model.eval()
        mean, kl = self._encoded(model)
        if np.isfinite(mean).all():
            pictures = [decode(model, mean[self._originals], self._labels)]
            if len(self._codes):
                pictures.append(decode(model, self._codes, self._code_labels))
            self._append_frame(mean, np.concatenate(pictures), {**fields, "kl_per_dimension": kl})
        model.train(training)

    def _append_frame(self, mean: FloatArray, pictures: NDArray[np.uint8], fields: Mapping[str, object]) -> None:
        plane = _plane(mean, self._last)
        scale = float(np.abs(plane).max()) / LARGEST or 1.0
        points = np.round(plane / scale).astype("<i2")
        self._last = points.astype(np.float32) * np.float32(scale)
        self._append({"kind": "frame", **fields, "scale": scale}, points.tobytes() + _picture_file(pictures))

    @torch.inference_mode()
    def _encoded(self, model: VAE) -> tuple[FloatArray, list[float] | None]:
        """Means of the fixed test images and their KL per dimension. Shapes: (n, latent_dim), (latent_dim,)."""
        x = to_unit(torch.from_numpy(self._images).to(model.device))
        means, logvars = zip(*(model.encode(part) for part in torch.split(x, 500)), strict=True)
        mean, logvar = torch.cat(means), torch.cat(logvars)
        point = self._config.posterior == "point"
        kl = None if point else [round(value, 5) for value in kl_divergence(mean, logvar).mean(0).tolist()]
        return mean.float().cpu().numpy(), kl

    def _points_of(self, record: Record) -> FloatArray:
        n = len(self._images)
        points = np.frombuffer(record.body, "<i2", 2 * n).reshape(n, 2)
        scale = float(record.fields["scale"])
        if not 0 < scale * LARGEST < np.finfo(np.float32).max:
            raise ValueError("the scale of the points is out of range")
        return points.astype(np.float32) * np.float32(scale)

    def _append(self, fields: Mapping[str, object], body: bytes) -> None:
        text = json.dumps(fields).encode()
        content = text + body
        with self._path.open("ab") as file:
            start = file.tell()
            if start + PREFIX.size + len(content) > MAX_BYTES:
                return  # full, which happens only with large pictures of noise
            try:
                file.write(PREFIX.pack(len(text), len(body), zlib.crc32(content)) + content)
                file.flush()
            except OSError:
                file.truncate(start)
                raise


def _one_of_each_class(test: Split) -> NDArray[np.int64]:
    """Rows of the first test image of each class, filled up with other test images where there are few classes."""
    labels = test.labels[:POINTS]
    firsts = np.unique(labels, return_index=True)[1][:ORIGINALS]
    others = np.setdiff1d(np.arange(len(labels)), firsts)[: ORIGINALS - len(firsts)]
    return np.concatenate([firsts[np.argsort(labels[firsts], kind="stable")], others])


def _prior_codes(latent_dim: int) -> FloatArray:
    """The z that each frame decodes: samples of the prior, and for two dimensions the grid.

    Shape: (SAMPLES, latent_dim), or (SAMPLES + SIDE * SIDE, 2).
    """
    samples = np.random.default_rng(0).standard_normal((SAMPLES, latent_dim), np.float32)
    if latent_dim != 2:
        return samples
    quantiles = [NormalDist().inv_cdf((i + 0.5) / SIDE) for i in range(SIDE)]
    grid = [(right, up) for up in reversed(quantiles) for right in quantiles]
    return np.concatenate([samples, np.asarray(grid, np.float32)])


def _plane(mean: FloatArray, previous: FloatArray | None) -> FloatArray:
    """The points on the film's plane. Shapes: mean (n, latent_dim), previous (n, 2) -> (n, 2).

    Of more than two dimensions the principal plane, rotated and mirrored to be as near as possible to the points of the
    previous frame (orthogonal Procrustes: Schönemann 1966).
    """
    n, latent_dim = mean.shape
    if latent_dim == 1:
        return np.concatenate([mean, (np.arange(n, dtype=np.float32)[:, None] % 97) / 97 - 0.5], 1)
    if latent_dim == 2:
        return mean
    # In torch: NumPy's threads would spin after each frame and take the processor from the training.
    points = torch.from_numpy(mean).double()
    centred = points - points.mean(0)
    _, axes = torch.linalg.eigh(centred.T @ centred)
    plane = centred @ axes[:, [-1, -2]]
    if previous is not None:
        u, _, vt = torch.linalg.svd(plane.T @ torch.from_numpy(previous).double())
        plane = plane @ (u @ vt)
    result: FloatArray = plane.float().numpy()
    return result


def _picture_file(pictures: NDArray[np.uint8]) -> bytes:
    """The pictures as one WebP, at the best quality within MAX_FRAME_BYTES."""
    for quality in QUALITIES:
        file = _sheet(pictures, "WEBP", quality=quality, method=2)
        if len(file) <= MAX_FRAME_BYTES:
            break
    return file


def _sheet(pictures: NDArray[np.uint8], kind: str, **options: int) -> bytes:
    """One picture file of all pictures, row by row in COLUMNS columns. Shape: pictures (n, c, h, w)."""
    from PIL import Image

    n, c, h, w = pictures.shape
    rows = -(-n // COLUMNS)
    cells = np.zeros((rows * COLUMNS, c, h, w), np.uint8)
    cells[:n] = pictures
    sheet = cells.reshape(rows, COLUMNS, c, h, w).transpose(0, 3, 1, 4, 2).reshape(rows * h, COLUMNS * w, c)
    file = io.BytesIO()
    Image.fromarray(sheet[:, :, 0] if c == 1 else sheet).save(file, kind, **options)
    return file.getvalue()

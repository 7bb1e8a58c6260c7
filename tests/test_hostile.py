"""Whatever a stranger sends or puts into a folder is used or refused in a sentence: at once, in little memory, and
without a look or a trace outside its folder. `make prove` tries 20,000 cases of each."""

import asyncio
import errno
import gc
import io
import json
import os
import random
import re
import shutil
import socket
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import asdict, replace
from math import isfinite
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO
from urllib.parse import urlencode

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image
from starlette.requests import Request
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.runtime import Runtime
from streamlit.testing.v1 import AppTest

from tests.support import hostile
from tests.support.checkpoints import save
from tests.support.effort import EXAMPLES, PROVING, THOROUGH
from tests.support.hostile import (
    EDITS,
    JSON,
    MOST_BYTES,
    NAMES,
    NUMBERS,
    PATIENCE,
    PIECES,
    SECONDS,
    at_once,
    changed,
    documents,
    dumped,
    in_a_sentence,
    in_little_memory,
    kept,
    spoiling,
    traces,
)
from tests.support.live import GREY, Running, ask, load, serve
from tests.support.maps import source
from tests.support.pages import RELEASE
from tests.support.pictures import HEIC, TURNED_HEIC
from vae.datasets import official as published
from vae.datasets import registry, splits
from vae.datasets.pictures import PICTURE_SUFFIXES, DataError, decode_picture
from vae.datasets.registry import load_dataset
from vae.datasets.splits import Dataset
from vae.jobs import worker
from vae.jobs.run import NAME, Run, RunError, Status
from vae.jobs.runs import Runs, check_name
from vae.model.latents import sample
from vae.model.networks import VAE, default_config
from vae.projection.service import BusyError
from vae.server.latent_map.routes import MapLimits, MapService
from vae.server.live.decode import DecodeService
from vae.server.live.decode_frames import DecodeLimits
from vae.server.training.runs_and_films import RunFilmService
from vae.server.training.uploads import UploadService
from vae.server.wire import own_origin
from vae.storage import files
from vae.storage.checkpoints import Checkpoint, list_checkpoints, read_checkpoint
from vae.storage.files import CheckpointError
from vae.storage.uploads import Uploads
from vae.training import trainer as trainer_module
from vae.training.config import TrainingConfig
from vae.training.film import PREFIX, Film, read_film
from vae.training.trainer import EpochMetrics, Trainer, TrainingError
from vae.ui.pages.interpolation import _known
from vae.ui.pages.latent_map import component as latent_map
from vae.ui.pages.sampling import CHECKS
from vae.ui.shared import links, loaders
from vae.ui.shared.current_image import linked_image
from vae.ui.shared.page import PAGES, _is_infinite
from vae.views.interpolation import KEYS, LONGEST

SECRET = b"the teacher's own"

# ---- checkpoint folders ----------------------------------------------------------------------------------------------

FILES = ["config.json", "metrics.json", "history.jsonl", "model.safetensors", "encoded.safetensors", "examples.png"]
PROJECTION = "a projection"
HEAD = 1500  # bytes that hold a header of safetensors here


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A checkpoint that is spoiled and restored over and over, beside something that is none of its business.

    Reading it leaves no trace.
    """
    path = tmp_path_factory.mktemp("hostile") / "checkpoints" / "noise"
    save(path)
    checkpoint = read_checkpoint(path)
    checkpoint.save_projection(checkpoint.load_encoded(), "pca", 2, sample(30, 2, seed=0))
    (path / "film.bin").write_bytes(b"film")
    outside = path.parents[1] / "outside"
    shutil.copytree(path, outside)
    (outside / "secret").write_bytes(SECRET)
    read_all(path)  # slow imports belong to no case
    before = traces(path) | traces(outside)
    yield path
    assert traces(path) | traces(outside) == before


def read_all(path: Path) -> None:
    """Reads all that there is, and uses it as pages do."""
    checkpoint = read_checkpoint(path)
    model, encoded = checkpoint.load_model(), checkpoint.load_encoded()
    assert len(checkpoint.load_examples()) == min(500, checkpoint.test_images)
    points = checkpoint.load_projection(encoded, "pca", 2)
    assert points is None or np.isfinite(points).all()
    assert all(torch.isfinite(parameter).all() for parameter in model.parameters())
    sent = [checkpoint.dataset, checkpoint.class_names, checkpoint.training, checkpoint.metrics, checkpoint.history]
    json.dumps(sent, ensure_ascii=False).encode()
    if checkpoint.film is not None:
        assert checkpoint.film.read_bytes() != SECRET


def used_or_refused(path: Path, case: object) -> None:
    with at_once(case):
        try:
            read_all(path)
        except CheckpointError as error:
            in_a_sentence(error, path)


def file_of(folder: Path, name: str) -> Path:
    return next((folder / "projections").iterdir()) if name == PROJECTION else folder / name


@pytest.mark.scaled
@pytest.mark.parametrize("name", [*FILES, PROJECTION])
def test_each_byte_of_a_checkpoint_may_be_any_other(scratch: Path, name: str) -> None:
    path = file_of(scratch, name)
    whole = path.read_bytes()
    for at in range(0, min(len(whole), HEAD), 1 if PROVING else 7 if THOROUGH else 29):
        values = (0, 9, 10, 34, 44, 45, 46, 48, 57, 91, 93, 123, 125, 128, 255, whole[at] ^ 1)
        for value in values if PROVING else (values[at % len(values)],):
            with spoiling(path, whole[:at] + bytes([value]) + whole[at + 1 :]):
                used_or_refused(scratch, (at, value))


@given(name=st.sampled_from([*FILES, PROJECTION]), edits=EDITS, cut=st.booleans(), head=st.booleans())
@example(name="history.jsonl", edits=[(0.0, 0, b"[" * 100_000)], cut=False, head=False)
def test_a_checkpoint_with_damaged_files_is_used_or_refused(
    scratch: Path, name: str, edits: list[Any], cut: bool, head: bool
) -> None:
    path = file_of(scratch, name)
    content = changed(path.read_bytes(), edits, cut, HEAD if head else None)
    with spoiling(path, content):
        used_or_refused(scratch, (name, content))


@given(draw=st.data())
def test_a_checkpoint_that_says_anything_is_used_or_refused(scratch: Path, draw: st.DataObject) -> None:
    name = draw.draw(st.sampled_from([*FILES[:5], PROJECTION]))
    path = file_of(scratch, name)
    content = path.read_bytes()
    if path.suffix == ".safetensors":
        (length,) = struct.unpack("<Q", content[:8])
        header = dumped(draw.draw(documents(json.loads(content[8 : 8 + length]))))
        content = struct.pack("<Q", len(header)) + header + content[8 + length :]
    elif name == "history.jsonl":
        content = b"\n".join(dumped(draw.draw(documents(json.loads(line)))) for line in content.splitlines())
    else:
        content = dumped(draw.draw(documents(json.loads(content))))
    with spoiling(path, content):
        used_or_refused(scratch, (name, content))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("config.json", lambda content: content.replace(b"cat", b"\\ud800")),  # half a character
        ("config.json", lambda content: content.replace(b"bernoulli", b"x" * 10_000)),
        ("config.json", lambda content: content.replace(b"{", b'{"a": [' + b"[]," * 400_000 + b"0],", 1)),
        ("history.jsonl", lambda content: content.replace(b"{", b'{"a": [' + b"[]," * 2000 + b"0],", 1)),
        ("history.jsonl", lambda content: content * (2**23 // len(content) + 1)),
    ],
)
def test_what_no_page_can_show_is_refused(scratch: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    with spoiling(scratch / name, change((scratch / name).read_bytes())):
        used_or_refused(scratch, name)
        with pytest.raises(CheckpointError):
            read_checkpoint(scratch)


SHAPES = st.fixed_dictionaries(
    {
        "image_shape": st.tuples(st.sampled_from([1, 3]), st.integers(1, 512), st.integers(1, 512)),
        "hidden": st.lists(st.integers(1, 8192), min_size=1, max_size=8),
        "channels": st.lists(st.integers(1, 8192), max_size=8),
        "latent_dim": st.integers(1, 512),
    }
)
LARGEST = {"image_shape": (3, 512, 512), "hidden": [8192] * 8, "channels": [8192] * 8, "latent_dim": 512}


@given(
    shape=SHAPES,
    test_images=st.integers(1, 10**7) | st.integers(0, 2**62),
    agreeing=st.booleans(),
    size=st.none() | st.integers(0, 2**41),
)
@example(shape=LARGEST, test_images=10**7, agreeing=True, size=None)
@example(shape=LARGEST | {"channels": []}, test_images=10**7, agreeing=True, size=None)
@example(shape=LARGEST, test_images=10**7, agreeing=True, size=2**40)
def test_shapes_of_a_terabyte_take_no_memory(
    scratch: Path, shape: dict[str, Any], test_images: int, agreeing: bool, size: int | None
) -> None:
    config = json.loads((scratch / "config.json").read_text())
    config["model"] |= shape | {"architecture": "conv" if shape["channels"] else "mlp"}
    config["test_images"] = test_images
    metrics = json.loads((scratch / "metrics.json").read_text()) | {"kl_per_dimension": [0.0] * shape["latent_dim"]}
    case = (shape, test_images, agreeing, size)
    with (
        pytest.MonkeyPatch.context() as patch,
        spoiling(scratch / "config.json", dumped(config)),
        spoiling(scratch / "metrics.json", dumped(metrics)),
        spoiling(scratch / "model.safetensors", (scratch / "model.safetensors").read_bytes()),
        spoiling(scratch / "encoded.safetensors", (scratch / "encoded.safetensors").read_bytes()),
        at_once(case),
        in_little_memory(case),
        suppress(CheckpointError),
    ):
        patch.setattr(files, "MAX_ARRAYS_BYTES", MOST_BYTES // 4)  # so that what may be read is little, too
        checkpoint = read_checkpoint(scratch)
        if agreeing:
            agree(checkpoint, size)
        for load_one in (checkpoint.load_model, checkpoint.load_encoded, checkpoint.load_examples):
            with suppress(CheckpointError):
                load_one()


def agree(checkpoint: Checkpoint, size: int | None) -> None:
    """Gives the files of arrays the headers that the config asks for, and as many bytes of nothing or `size`."""
    with torch.device("meta"):
        model = VAE(checkpoint.model_config)
    n, latent_dim = checkpoint.test_images, checkpoint.model_config.latent_dim
    weights = {name: ("F32", list(tensor.shape)) for name, tensor in model.state_dict().items()}
    arrays: dict[str, tuple[str, list[int]]] = {name: ("F32", [n, latent_dim]) for name in ("mean", "logvar")}
    arrays |= {"labels": ("I64", [n]), "reconstruction": ("F32", [n]), "kl": ("F32", [n])}
    for name, shapes in (("model", weights), ("encoded", arrays)):
        header, end = {}, 0
        for key, (dtype, shape) in shapes.items():
            start, end = end, end + (4 if dtype == "F32" else 8) * int(np.prod(shape, dtype=object))
            header[key] = {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}
        text = dumped(header)
        with (checkpoint.path / f"{name}.safetensors").open("wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            with suppress(OSError):  # more than this file system has
                file.truncate(8 + len(text) + end if size is None else size)


TARGETS = [
    "outside/{}", "outside/secret", "outside", "checkpoints", "checkpoints/noise", "checkpoints/noise/{}", "/dev/zero",
    "/etc/passwd", "nowhere", "checkpoints/noise/metrics.json",
]  # fmt: skip


@given(
    name=st.sampled_from([*FILES, PROJECTION, "projections", "film.bin"]),
    target=st.sampled_from(TARGETS),
    relative=st.booleans(),
)
@example(name="film.bin", target="outside/secret", relative=False)
@example(name="projections", target="outside", relative=True)
def test_no_link_leads_out_of_a_checkpoint(scratch: Path, name: str, target: str, relative: bool) -> None:
    path, root = file_of(scratch, name), scratch.parents[1]
    aim = root / target.format(path.relative_to(scratch).as_posix())
    kept = root / "kept"
    path.rename(kept)
    try:
        path.symlink_to(os.path.relpath(aim, path.parent) if relative else aim)
        used_or_refused(scratch, (name, target))
        left = aim.exists() and not aim.resolve().is_relative_to(scratch)
        if left and name in (*FILES, PROJECTION, "projections"):
            with pytest.raises(CheckpointError):
                read_all(scratch)
        if left and name in (PROJECTION, "projections"):
            checkpoint, before = read_checkpoint(scratch), traces(root)
            with suppress(CheckpointError):
                checkpoint.save_projection(checkpoint.load_encoded(), "umap", 2, sample(30, 2, seed=0))
            assert {trace for trace in traces(root) if "outside" in trace[0]} <= before
    finally:
        path.unlink()
        kept.rename(path)
        for file in (scratch / "projections").glob("umap-*"):
            file.unlink()


@given(
    entries=st.dictionaries(
        NAMES.filter(lambda name: name not in ("", ".", "..") and "/" not in name and "\0" not in name),
        st.sampled_from(["file", "folder", "link", "loop", "pipe", "checkpoint"]),
        max_size=4,
    ),
    raw=st.binary(max_size=3),
)
@example({}, b"\xff")
def test_a_list_of_any_folders_can_be_shown(scratch: Path, entries: dict[str, str], raw: bytes) -> None:
    root = scratch.parents[1] / "list"
    root.mkdir()
    try:
        with suppress(OSError, ValueError):
            os.mkdir(os.fsencode(root) + b"/" + raw)  # noqa: PTH102 (no text)
        for name, kind in entries.items():
            with suppress(OSError, UnicodeEncodeError):
                make(root / name, kind, scratch)
        with at_once((entries, raw)):
            for found in list_checkpoints(root):
                json.dumps([found.name, getattr(found, "error", "")], ensure_ascii=False).encode()
    finally:
        shutil.rmtree(root)


def make(path: Path, kind: str, whole: Path) -> None:
    if kind == "file":
        path.write_bytes(b"")
    elif kind == "folder":
        path.mkdir()
        (path / "config.json").mkdir()
    elif kind == "pipe":
        path.mkdir()
        for name in FILES:
            os.mkfifo(path / name)
    elif kind == "checkpoint":
        shutil.copytree(whole, path)
    else:
        path.symlink_to(path if kind == "loop" else whole)


# ---- pictures and archives -------------------------------------------------------------------------------------------


def picture(kind: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (9, 7), **options: Any) -> bytes:
    file = io.BytesIO()
    Image.effect_noise(size, 90).convert(mode).save(file, kind, **options)
    return file.getvalue()


EXIF = Image.Exif()
EXIF[0x0112], EXIF[0x010E] = 6, "a picture"
PICTURES = [
    picture(), picture(mode="RGBA"), picture(mode="P", transparency=0), picture(mode="I;16"), picture(mode="1"),
    picture(exif=EXIF.tobytes()), picture("JPEG"), picture("JPEG", exif=EXIF.tobytes(), progressive=True),
    picture("JPEG", mode="CMYK"), picture("GIF", mode="P"), picture("BMP"), picture("BMP", mode="P"), picture("WEBP"),
    picture("WEBP", lossless=True), picture("TIFF"), picture("TIFF", compression="tiff_lzw"),
    picture("TIFF", mode="I;16"), picture("PPM"), picture("PPM", mode="L"), picture("PPM", mode="1"), picture("AVIF"),
    picture("AVIF", mode="RGBA"), HEIC, TURNED_HEIC, picture("TIFF", mode="F"), picture("TIFF", mode="I"),
]  # fmt: skip


@given(kind=st.integers(0, len(PICTURES) - 1), edits=EDITS, cut=st.booleans(), sums=st.booleans(), color=st.booleans())
def test_a_damaged_picture_is_used_or_refused(kind: int, edits: list[Any], cut: bool, sums: bool, color: bool) -> None:
    content = changed(PICTURES[kind], edits, cut)
    content = with_sums(content) if sums else content
    with at_once(content):
        try:
            found = decode_picture(content, "a picture", 8, color)
        except DataError as error:
            in_a_sentence(error)
        else:
            assert found.shape == (3 if color else 1, 8, 8)
            assert found.dtype == np.uint8


def with_sums(content: bytes) -> bytes:
    """A PNG whose chunks have the checksums that they should have, so that a change is not found at once."""
    if content[:8] != b"\x89PNG\r\n\x1a\n":
        return content
    found, at = content[:8], 8
    while at + 8 <= len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        chunk = content[at + 4 : at + 8 + length]
        found += content[at : at + 4] + chunk + struct.pack(">I", zlib.crc32(chunk))
        at += 12 + length
    return found


@given(
    width=st.integers(0, 2**31 - 1) | st.integers(1, 9000), height=st.integers(0, 2**31 - 1) | st.integers(1, 9000),
    depth=st.sampled_from([1, 2, 4, 8, 16]), color=st.sampled_from([0, 2, 3, 4, 6]), rows=st.integers(0, 50),
)  # fmt: skip
@example(2**31 - 1, 2**31 - 1, 8, 2, 0)
@example(7000, 7000, 8, 6, 7000)
def test_a_picture_that_promises_more_than_it_has_is_refused_before_memory_is_spent(
    width: int, height: int, depth: int, color: int, rows: int
) -> None:
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    body = zlib.compress(bytes(min(width * 8, 10**5) * rows), 1)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    began = time.process_time()
    with suppress(DataError):
        decode_picture(content, "a picture", 8, color=True)
    assert time.process_time() - began < 3 * SECONDS, (width, height, depth, color)  # 50 million pixels are allowed


def chunk(name: bytes, body: bytes = b"") -> bytes:
    """One of a PNG's."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def segment(marker: int, body: bytes) -> bytes:
    """One of a JPEG's."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def tiff(tags: dict[int, tuple[int, bytes]], body: bytes = bytes(100)) -> bytes:
    """A grey picture of 10×10 pixels and these tags; each is the number of its type and its values."""
    plain = {256: 10, 257: 10, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 10, 279: 100}
    entries, values = b"", b""
    every = {tag: (4, struct.pack("<I", value)) for tag, value in plain.items()} | tags
    for tag, (kind, content) in sorted(every.items()):
        count = len(content) // {1: 1, 2: 1, 3: 2, 5: 8, 7: 1, 12: 8}.get(kind, 4)
        place = content if len(content) <= 4 else struct.pack("<I", 8 + len(body) + len(values))
        entries += struct.pack("<HHI", tag, kind, count) + place.ljust(4, b"\0")
        values += content if len(content) > 4 else b""
    start = 8 + len(body) + len(values)
    return b"II*\0" + struct.pack("<I", start) + body + values + struct.pack("<H", len(every)) + entries + bytes(4)


PLAIN, PROGRESSIVE = picture("JPEG", mode="L"), picture("JPEG", mode="L", size=(99, 99), progressive=True)
LAST_SCAN = PROGRESSIVE[PROGRESSIVE.rindex(b"\xff\xda") : -2]
PNG, GIF, WEBP = picture(mode="L"), picture("GIF", mode="P"), picture("WEBP", lossless=True)
PIXELS = PNG.index(b"IDAT") - 4
BEHIND = 13 + 3 * 2 ** ((GIF[10] & 7) + 1)  # the colours of a GIF
RLE = b"BM" + struct.pack("<IIIIiiHHIIIIII", 0, 0, 1078, 40, 999, 999, 1, 8, 1, 0, 0, 0, 0, 0) + bytes(1024)


def repeated(piece: bytes, size: int) -> bytes:
    """As many of the pieces as fit into the size, and one at least."""
    return piece * max(1, size // len(piece))


# Each makes a picture that has about so many bytes beside its pixels, and so says which part is repeated.
SLOW: dict[str, Callable[[int, bytes], bytes]] = {
    "JPEG padding": lambda size, _: PLAIN[:2] + b"\xff" * size + PLAIN[2:],
    "JPEG scans": lambda size, _: PROGRESSIVE[:-2] + repeated(LAST_SCAN, size) + PROGRESSIVE[-2:],
    "JPEG segments": lambda size, piece: PLAIN[:2] + repeated(segment(0xE1 + len(piece) % 14, piece), size) + PLAIN[2:],
    "JPEG EXIF": lambda size, piece: PLAIN[:2] + repeated(segment(0xE1, b"Exif\0\0" + piece * 99), size) + PLAIN[2:],
    "PNG chunks": lambda size, piece: PNG[:PIXELS] + repeated(chunk(b"abCd", piece), size) + PNG[PIXELS:],
    "PNG texts": lambda size, piece: PNG[:PIXELS] + repeated(chunk(b"tEXt", b"a\0" + piece), size) + PNG[PIXELS:],
    "PNG texts behind": lambda size, piece: PNG[:-12] + repeated(chunk(b"tEXt", b"a\0" + piece), size) + PNG[-12:],
    "PNG pieces": lambda size, _: PNG[:PIXELS] + repeated(chunk(b"IDAT"), size) + PNG[PIXELS:],
    "PNG EXIF": lambda size, piece: PNG[:PIXELS] + chunk(b"eXIf", tagged(size, piece)) + PNG[PIXELS:],
    "PNG EXIF behind": lambda size, piece: PNG[:-12] + chunk(b"eXIf", tagged(size, piece)) + PNG[-12:],
    "GIF comments": lambda size, _: GIF[:BEHIND] + repeated(b"\x21\xfe\x01a\0", size) + GIF[BEHIND:],
    "GIF comment": lambda size, _: GIF[:BEHIND] + b"\x21\xfe" + repeated(b"\x01a", size) + b"\0" + GIF[BEHIND:],
    "TIFF strips": lambda size, _: tiff({273: (4, repeated(b"\x08\0\0\0", size)), 278: (4, b"\1\0\0\0")}),
    "TIFF bits": lambda size, piece: tiff({258: (3, repeated(piece + b"\1\1", size))}),
    "TIFF resolution": lambda size, piece: tiff({282: (5, repeated(piece + b"\1" * 8, size))}),
    "TIFF tile": lambda size, _: tiff({259: (4, b"\x08\0\0\0"), 322: (4, struct.pack("<I", size)),
                                       323: (4, struct.pack("<I", size)), 324: (4, b"\x08\0\0\0"),
                                       325: (4, b"\x64\0\0\0")}, zlib.compress(bytes(10**5))),
    "WebP chunks": lambda size, piece: webp(repeated(b"EXIF" + struct.pack("<I", len(piece) & ~1) + piece, size)),
    "PPM comment": lambda size, _: b"P5\n#" + b"x" * size + b"\n9 9 255\n" + bytes(81),
    "PPM levels": lambda size, _: b"P5\n%d %d 99\n" % (2 + size // 999, 999) + bytes(size + 2000),
    "PPM text": lambda size, _: b"P2\n%d %d 255\n" % (1 + size // 1998, 999) + b"1 " * (size // 2 + 999),
    "BMP runs": lambda size, _: RLE + repeated(b"\1\1", size),
}  # fmt: skip


def tagged(size: int, piece: bytes) -> bytes:
    """EXIF data with a picture on its side and a tag of about so many bytes."""
    return tiff({274: (3, b"\6\0"), 50000: (3, repeated(piece + b"\1\1", size))}, b"")


def webp(more: bytes) -> bytes:
    """With these chunks behind its pixels."""
    body = WEBP[8:] + more
    return b"RIFF" + struct.pack("<I", len(body)) + body


@given(kind=st.sampled_from(sorted(SLOW)), bits=st.integers(0, 18), piece=st.binary(max_size=12))
@example("JPEG padding", 24, b"")
@example("JPEG scans", 20, b"")
@example("JPEG EXIF", 24, bytes(12))
@example("PNG chunks", 23, b"")
@example("PNG EXIF behind", 23, b"")
@example("TIFF strips", 22, b"")
@example("TIFF bits", 23, b"")
@example("TIFF resolution", 23, b"")
@example("TIFF tile", 15, b"")
@example("PPM comment", 23, b"")
@example("PPM text", 23, b"")
def test_a_picture_made_to_be_read_slowly_is_read_at_once_or_refused(kind: str, bits: int, piece: bytes) -> None:
    content = SLOW[kind](2**bits, piece)
    with at_once((kind, bits, piece)):
        try:
            decode_picture(content, "a picture", 8, color=False)
        except DataError as error:
            in_a_sentence(error)


@st.composite
def archives(draw: st.DrawFn) -> bytes:
    """A zip of some pictures and of what else a stranger may put there."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for i in range(draw(st.integers(0, 12))):
            archive.writestr(f"{i % 2}/{i}.png", PICTURES[i])
        for _ in range(draw(st.integers(0, 4))):
            name = draw(NAMES) + draw(st.sampled_from(["", "/", "/a.png", *PICTURE_SUFFIXES]))
            member = zipfile.ZipInfo("a")
            member.filename = name.encode("utf-8", "replace").decode()[:60_000]
            member.external_attr = draw(st.sampled_from([0, 0o120777 << 16, 0o100644 << 16, 0o040755 << 16, 0x10]))
            member.compress_type = draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
            content = draw(st.sampled_from([*PICTURES, b"/etc/passwd", bytes(10**5), small_zip()]) | st.binary())
            with suppress(ValueError, struct.error):  # what cannot be packed
                archive.writestr(member, content)
    return file.getvalue()


def small_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for i in range(10):
            archive.writestr(f"{i % 2}/{i}.png", PICTURES[i])
    return file.getvalue()


def nameless(name: str = "") -> bytes:
    """A zip with a member that has no name, or a link of a name that no disk would take."""
    file = io.BytesIO(small_zip())
    with zipfile.ZipFile(file, "a") as archive:
        member = zipfile.ZipInfo("a")
        member.filename, member.external_attr = name, 0o120777 << 16 if name else 0
        archive.writestr(member, PICTURES[0])
    return file.getvalue()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where an archive lies, with nothing around it."""
    return tmp_path_factory.mktemp("desk")


def loaded_or_refused(path: Path, case: object, **options: Any) -> Dataset | None:
    before = traces(path.parent)
    with at_once(case):
        try:
            found = load_dataset(str(path), image_size=8, **options)
        except DataError as error:
            in_a_sentence(error, path)
            return None
        finally:
            assert traces(path.parent) == before
    assert found.image_shape[1:] == (8, 8)
    json.dumps(found.class_names, ensure_ascii=False).encode()
    assert max(map(len, found.class_names)) <= 255
    return found


@pytest.mark.filterwarnings("ignore:Duplicate name", "ignore:Generating overly large repr")
@given(content=archives(), edits=EDITS, spoilt=st.booleans(), cut=st.booleans())
@example(content=nameless(), edits=[], spoilt=False, cut=False)
@example(content=nameless("x" * 60_000 + "/a.png"), edits=[], spoilt=False, cut=False)
@example(content=small_zip()[:26] + b"\xdc\x05" + small_zip()[28:], edits=[], spoilt=False, cut=False)
def test_an_archive_of_anything_is_loaded_or_refused(
    desk: Path, content: bytes, edits: list[Any], spoilt: bool, cut: bool
) -> None:
    (desk / "own.zip").write_bytes(changed(content, edits, cut) if spoilt else content)
    loaded_or_refused(desk / "own.zip", content)


@given(sizes=st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), PIECES), min_size=1, max_size=4))
def test_an_archive_that_lies_about_its_sizes_costs_no_more_than_it_may(
    desk: Path, sizes: list[tuple[int, int, bytes]]
) -> None:
    content = bytearray(small_zip())
    entries = [found.start() for found in re.finditer(b"PK\x01\x02", bytes(content))]
    for entry, (packed, unpacked, extra) in zip(
        random.Random(len(sizes)).sample(entries, len(sizes)), sizes, strict=True
    ):
        content[entry + 20 : entry + 28] = struct.pack("<II", packed, unpacked)
        content[entry + 42 : entry + 46] = (extra + bytes(4))[:4]  # where it says that the member begins
    path = desk / "own.zip"
    path.write_bytes(content)
    with in_little_memory(bytes(content), 2**28 + MOST_BYTES):  # one file may have 2**28
        loaded_or_refused(path, bytes(content))


@pytest.mark.parametrize("limit", ["MAX_UNPACKED_BYTES", "MAX_PICTURE_BYTES"])
@given(bombs=st.lists(st.integers(0, 2 * 10**6), min_size=1, max_size=12), folder=st.booleans())
def test_a_bomb_is_not_unpacked_beyond_the_limit(desk: Path, limit: str, bombs: list[int], folder: bool) -> None:
    path = desk / "own.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for i, size in enumerate((*bombs, *[0] * 10)):
            archive.writestr(f"{i}/" * folder + f"{i}.png", PICTURES[0] + bytes(size))
    with pytest.MonkeyPatch.context() as patch, in_little_memory(bombs, 4 * 2**20):
        patch.setattr(f"vae.datasets.pictures.{limit}", 2**19)
        found = loaded_or_refused(path, bombs)
    used = 0 if found is None else len(found.train) + len(found.validation) + len(found.test)
    small = sum(size < 2**19 for size in bombs)
    assert used <= 10 + (small if limit == "MAX_PICTURE_BYTES" or sum(bombs) < 2**19 else -10)


@given(
    members=st.lists(
        st.tuples(st.sampled_from(["file", "in", "out", "folder out", "loop", "pipe"]), st.binary(max_size=4)),
        max_size=6,
    )
)
@example([("file", b"\xff")])
def test_a_folder_of_anything_is_loaded_or_refused(scratch: Path, members: list[tuple[str, bytes]]) -> None:
    root, outside = scratch.parents[1] / "pictures", scratch.parents[1] / "outside"
    (root / "cat").mkdir(parents=True)
    try:
        for i, content in enumerate(PICTURES[:9]):
            (root / "cat" / f"{i}.png").write_bytes(content)
        for i, (kind, raw) in enumerate(members):
            where = os.fsencode(root) + b"/" + raw.replace(b"/", b"").replace(b"\0", b"").strip(b".") + b"%d" % i
            with suppress(OSError):
                put(where, kind, root, outside)
        found = loaded_or_refused(root, members)
        links = sum(kind in ("out", "folder out") for kind, _ in members)
        inside = 9 + sum(kind in ("file", "in") for kind, _ in members)
        if found is not None:
            assert len(found.train) + len(found.validation) + len(found.test) <= inside, links
    finally:
        shutil.rmtree(root)


def put(where: bytes, kind: str, root: Path, outside: Path) -> None:
    """A picture, a link or something else, below a folder of its own."""
    if kind == "folder out":
        os.symlink(outside, where)  # noqa: PTH211 (no text)
        return
    os.mkdir(where)  # noqa: PTH102
    file = where + b"/a.png"
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "file":
        with open(file, "wb") as picture_file:  # noqa: PTH123
            picture_file.write(PICTURES[0])
    else:
        target = {"in": root / "cat" / "0.png", "out": outside / "examples.png", "loop": Path(os.fsdecode(file))}[kind]
        os.symlink(target, file)  # noqa: PTH211


# ---- official files --------------------------------------------------------------------------------------------------

ATTRIBUTES = "11\nSmiling Male\n" + "".join(f"{i}.jpg {1 - i % 3 % 2 * 2} -1\n" for i in range(11))
PARTITION = "".join(f"{i}.jpg {min(i % 4, 2)}\n" for i in range(11))


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data directory with files of all formats, small; CIFAR's have ten images each."""
    root = tmp_path_factory.mktemp("data")
    raw, batches, celeba = root / "MNIST" / "raw", root / "cifar-10-batches-bin", root / "celeba"
    raw.mkdir(parents=True)
    for file, n in zip(published.IDX_FILES, (12, 12, 4, 4), strict=True):
        shape = (n, 5, 4) if "images" in file else (n,)
        header = bytes((0, 0, 8, len(shape))) + np.array(shape, ">u4").tobytes()
        (raw / file).write_bytes(header + bytes(i % 10 for i in range(int(np.prod(shape)))))
    batches.mkdir()
    for file in published.CIFAR_FILES:
        (batches / file).write_bytes(b"".join(bytes([i]) * 3073 for i in range(10)))
    (celeba / "img_align_celeba").mkdir(parents=True)
    (celeba / "list_attr_celeba.txt").write_text(ATTRIBUTES)
    (celeba / "list_eval_partition.txt").write_text(PARTITION)
    for i in range(11):
        (celeba / "img_align_celeba" / f"{i}.jpg").write_bytes(picture("JPEG", size=(178, 218)))
    (root / "outside.jpg").write_bytes(picture("JPEG", size=(178, 218)))
    for name in ("train_32x32.mat", "test_32x32.mat"):
        (root / name).write_bytes(b"MATLAB 5.0 MAT-file" + bytes(200))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(published, "CIFAR_RECORDS", 10)
        for name in ("mnist", "cifar10", "celeba"):
            load_dataset(name, root)
        with pytest.raises(DataError):
            load_dataset("svhn", root)
        yield root


def parsed_or_refused(name: str, root: Path, case: object) -> None:
    with at_once(case):
        try:
            found = load_dataset(name, root)
        except DataError as error:
            in_a_sentence(error, most=10**6)  # it names all attributes
            return
    for split in (found.train, found.validation, found.test):
        assert split.images.dtype == np.uint8
        assert len(split) == 0 or 0 <= split.labels.min() <= split.labels.max() < len(found.class_names)


@given(file=st.sampled_from(published.IDX_FILES), edits=EDITS, cut=st.booleans(), head=st.booleans())
def test_damaged_idx_files_are_read_or_refused(
    official: Path, file: str, edits: list[Any], cut: bool, head: bool
) -> None:
    path = official / "MNIST" / "raw" / file
    content = changed(path.read_bytes(), edits, cut, 16 if head else None)
    with spoiling(path, content), in_little_memory(content):
        parsed_or_refused("mnist", official, content)


@given(shape=st.tuples(*[st.integers(0, 2**32 - 1)] * 3), file=st.sampled_from(published.IDX_FILES))
@example((2**32 - 1,) * 3, published.IDX_FILES[0])
def test_idx_files_of_any_promised_shape_take_no_memory(official: Path, shape: tuple[int, ...], file: str) -> None:
    path = official / "MNIST" / "raw" / file
    shape = shape if "images" in file else shape[:1]
    content = bytes((0, 0, 8, len(shape))) + np.array(shape, ">u4").tobytes() + bytes(240)
    with spoiling(path, content), in_little_memory(shape):
        parsed_or_refused("mnist", official, shape)


@given(file=st.sampled_from(published.CIFAR_FILES), edits=EDITS, cut=st.booleans())
def test_damaged_cifar_files_are_read_or_refused(official: Path, file: str, edits: list[Any], cut: bool) -> None:
    path = official / "cifar-10-batches-bin" / file
    content = changed(path.read_bytes(), edits, cut)
    size = path.stat().st_size
    with spoiling(path, content[:size].ljust(size) if not cut else content):  # of the right length, or not
        parsed_or_refused("cifar10", official, edits)


@given(file=st.sampled_from(["train_32x32.mat", "test_32x32.mat"]), edits=EDITS, cut=st.booleans())
def test_svhn_files_that_are_not_the_published_ones_are_refused(
    official: Path, file: str, edits: list[Any], cut: bool
) -> None:
    path = official / file
    with spoiling(path, changed(path.read_bytes(), edits, cut)), pytest.raises(DataError), at_once(edits):
        load_dataset("svhn", official)


CELEBA_NAMES = st.sampled_from(["../../outside.jpg", "{root}/outside.jpg", "0.jpg", "nowhere.jpg", "..", ""])


@given(
    file=st.sampled_from(["list_attr_celeba.txt", "list_eval_partition.txt"]), edits=EDITS, cut=st.booleans(),
    name=st.none() | CELEBA_NAMES,
)  # fmt: skip
@example(file="list_eval_partition.txt", edits=[(1.0, 0, b"")], cut=False, name="../../outside.jpg")
def test_damaged_tables_of_celeba_are_read_or_refused(
    official: Path, file: str, edits: list[Any], cut: bool, name: str | None
) -> None:
    path, partition = official / "celeba" / file, official / "celeba" / "list_eval_partition.txt"
    table = (PARTITION if name is None else PARTITION.replace("1.jpg", name.format(root=official), 1)).encode()
    content = changed(table if path == partition else path.read_bytes(), edits, cut)
    (official / published.CELEBA_CACHE).unlink(missing_ok=True)
    opened: list[Path] = []

    def open_noted(path: Path) -> BinaryIO:
        opened.append(path)
        return path.open("rb")

    with pytest.MonkeyPatch.context() as patch, spoiling(partition, table), spoiling(path, content):
        patch.setattr(published, "open_file", open_noted)
        parsed_or_refused("celeba", official, (content, name))
    assert {path.parent for path in opened} <= {official / "celeba" / "img_align_celeba"}
    (official / published.CELEBA_CACHE).unlink(missing_ok=True)


@given(edits=EDITS, cut=st.booleans(), head=st.booleans())
@example(edits=[(0.53125, 1, b"")], cut=False, head=True)
def test_a_damaged_cache_of_celeba_is_read_or_refused(official: Path, edits: list[Any], cut: bool, head: bool) -> None:
    cache = official / published.CELEBA_CACHE
    if not cache.exists():
        load_dataset("celeba", official)
    content = changed(cache.read_bytes(), edits, cut, 140 if head else None)
    with spoiling(cache, content), in_little_memory(content[:200]):
        parsed_or_refused("celeba", official, content[:200])


# ---- links -----------------------------------------------------------------------------------------------------------

WORDS = st.sampled_from([
    "0", "-0", "1", "7", "00", "+1", "1.5", "1e3", "1e999", "nan", "-inf", "²", "٣", "1_0", " 1", "0:1.5", "0:", ":1",
    "z0,z1", "pc1,pc2", "pc9", "z", ",", "image:3", "image:", "class:1", "class:99", "aggregate", "prior", "two",
    "plane", "noise", "digits", "sprites", "raw", "tsne", "umap", "9" * 5000, "0," * 5000, "../../etc/passwd",
    "<b>x</b>", "![](//x.test)", "\0", "z0.5",
])  # fmt: skip
VALUES = (
    WORDS | st.text(max_size=30) | st.lists(WORDS, max_size=4).map(",".join) | st.lists(WORDS, max_size=3).map("".join)
)
PARAMETERS = (
    *(
        "checkpoint",
        "image",
        "z",
        "class_told",
        "film",
        "beside",
        "other",
        "method",
        "dims",
        "perplexity",
        "neighbours",
    ),
    *("min_dist", "seed", *KEYS, *CHECKS),
)


@given(text=VALUES, latent_dim=st.integers(1, 20))
def test_any_z_in_a_link_is_that_many_numbers_or_none(text: str, latent_dim: int) -> None:
    with at_once(text):
        z = links.parse_z(text, latent_dim)
    assert z is None or (len(z) == latent_dim and np.abs(z).max() <= links.LINK_BOUND)
    if z is not None:
        again = links.parse_z(links.format_z(z), latent_dim)
        assert again == pytest.approx(z, abs=1e-4)


@given(text=VALUES)
def test_any_image_in_a_link_is_a_test_image(digits_checkpoint: Checkpoint, text: str) -> None:
    with pytest.MonkeyPatch.context() as patch, at_once(text):
        patch.setattr("vae.ui.shared.current_image.st", SimpleNamespace(query_params={"image": text}))
        found = linked_image(digits_checkpoint)
        assert found is None or 0 <= found < digits_checkpoint.test_images
        assert _is_infinite(text) in (True, False)


@given(name=st.sampled_from(list(CHECKS)), text=VALUES)
def test_any_word_in_a_link_to_sampling_fits_or_is_ignored(digits_checkpoint: Checkpoint, name: str, text: str) -> None:
    with at_once((name, text)):
        fits = CHECKS[name][0](text, digits_checkpoint)
    assert not fits or len(text) < 40


@given(values=JSON | st.dictionaries(st.sampled_from(KEYS) | NAMES, JSON | VALUES, max_size=5))
def test_any_state_of_the_interpolation_is_known_or_ignored(values: object) -> None:
    with at_once(values):
        found = _known(values)
    assert all(key in KEYS and isinstance(value, str) and len(value) <= LONGEST for key, value in found.items())


@given(draw=st.data())
def test_whatever_a_browser_sends_of_a_component_is_of_the_model_or_ignored(
    digits_checkpoint: Checkpoint, draw: st.DataObject
) -> None:
    name, n = digits_checkpoint.name, digits_checkpoint.test_images
    pin = documents({"model": name, "z": [0.5, -1], "row": 3, "exact": True, "near": True})
    groups = documents({"model": name, "A": [1, 2], "B": [n - 1]})
    pinned, grouped = draw.draw(pin | JSON), draw.draw(groups | JSON)
    row = draw.draw(JSON | st.integers(-1, n))
    with at_once((pinned, grouped, row)):
        kept: Any = latent_map._sent_pin(pinned, digits_checkpoint) if isinstance(pinned, dict) else None
        if kept:
            assert len(links.parse_z(links.format_z(kept["z"]), 2) or [0, 0]) == 2
            assert kept["row"] is None or 0 <= kept["row"] < n
        if isinstance(grouped, dict):
            found: Any = latent_map._sent_groups(grouped, digits_checkpoint)
            assert all(0 <= row < n for row in (*found["A"], *found["B"]))
        assert links.sent_row(row, digits_checkpoint) in (None, *range(n))


@pytest.mark.parametrize(
    "z", [None, [], [1], "12", [1, "2"], [1, float("nan")], [1, 10**400], {"0": 1, "1": 2}, [1, None]]
)
def test_a_z_that_is_none_is_not_taken_from_a_browser(z: object) -> None:
    assert links.sent_z(z, 2) is None
    assert links.sent_z([1, -0.5], 2) == [1, -0.5]


@pytest.fixture
def no_discovery(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test run of a page would search all installed packages for components, ten times as long as it takes."""
    monkeypatch.setattr(BidiComponentManager, "discover_and_register_components", lambda *_, **__: None)


def opened(path: str, checkpoints: Path, query: dict[str, str]) -> AppTest:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loaders, "CHECKPOINTS", checkpoints)
        app = AppTest.from_file(str(Path(__file__).parents[1] / "app.py"), default_timeout=10 * PATIENCE)
        for key, value in query.items():
            app.query_params[key.encode("utf-8", "replace").decode()] = value
        return app.run() if path == "app.py" else app.switch_page(path).run()


@pytest.fixture
def seen_before(no_discovery: None, digits_checkpoint: Checkpoint, path: str) -> Path:
    """The folder of checkpoints. What a page's first visitor waits for, imports and scores, belongs to no case."""
    opened(path, digits_checkpoint.path.parent, {"other": "sprites"})
    return digits_checkpoint.path.parent


@pytest.mark.parametrize("path", ["app.py", *(path for path, _, _ in PAGES)])
@settings(max_examples=EXAMPLES if PROVING else 5 if THOROUGH else 2, suppress_health_check=list(HealthCheck))
@given(query=st.dictionaries(st.sampled_from(PARAMETERS) | NAMES, VALUES, max_size=8))
def test_a_page_reached_by_any_link_opens(seen_before: Path, path: str, query: dict[str, str]) -> None:
    with at_once(query):
        app = opened(path, seen_before, query)
    assert not app.exception, query


@pytest.mark.slow
def test_full_collections_do_not_count_and_other_work_does() -> None:
    left = [[k] for k in range(500_000)]
    with at_once("collections", most=0.3):
        for _ in range(5):
            gc.collect()
    with pytest.raises(pytest.fail.Exception, match="takes"), at_once("work", most=0.01):
        sorted(left, reverse=True)


def waiting_page() -> None:
    from tests.support.pages import RELEASE

    RELEASE.wait()


@pytest.mark.usefixtures("no_discovery")
def test_a_page_that_waits_for_ever_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hostile, "PATIENCE", 1)
    monkeypatch.setattr(Runtime, "_instance", None)
    with pytest.raises(pytest.fail.Exception, match="hangs: 'a page'"), at_once("a page"):
        AppTest.from_function(waiting_page, default_timeout=60).run()
    RELEASE.set()
    assert "in waiting_page" in capfd.readouterr().err


# ---- sockets and routes ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner_of_loop:
        yield runner_of_loop


def asked_for(query: str, headers: list[tuple[bytes, bytes]]) -> Request:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": headers,
        "query_string": query.encode("utf-8", "replace"),
    }
    return Request(scope)


async def talk(serve: Callable[..., Any], headers: list[tuple[bytes, bytes]], frames: list[str | bytes]) -> list[Any]:
    """All that a service sends to a client that sends these frames, waits for the answer to the last, and leaves."""
    inbox: list[dict[str, Any]] = [{"type": "websocket.connect"}]
    inbox += [{"type": "websocket.receive", "text" if isinstance(frame, str) else "bytes": frame} for frame in frames]
    sent: list[Any] = []
    answered = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if inbox:
            return inbox.pop(0)
        async with asyncio.timeout(PATIENCE / 2):
            await answered.wait()
        return {"type": "websocket.disconnect", "code": 1005}

    async def send(message: Any) -> None:
        sent.append(message)
        if sum(message["type"] == "websocket.send" for message in sent) >= len(frames):
            answered.set()

    await serve({"type": "websocket", "path": "/live", "headers": headers, "client": ("a", 1)}, receive, send)
    return sent


ORIGINS = st.sampled_from([
    "http://lab.test", "https://lab.test:443", "http://lab.test.evil.test", "http://lab.test@evil.test", "null", "", "http://",
    "file://lab.test", "http://[::1]:80", "http://[bad", "lab.test",
]) | st.text(max_size=20)  # fmt: skip
HOSTS = st.sampled_from(["lab.test", "lab.test:80", "", "[::1]:80", ":80"]) | st.text(max_size=20)


@given(origin=ORIGINS, host=HOSTS)
def test_no_origin_but_the_hosts_own_is_allowed(origin: str, host: str) -> None:
    with at_once((origin, host)):
        allowed = own_origin(origin, host)
    scheme, _, rest = origin.lower().partition("://")
    name = re.sub(r":(80|443)$", "", host.lower())
    assert not allowed or (scheme in ("http", "https") and host and re.sub(r":(80|443)$", "", rest) == name)


CHOICES = documents({"version": 1, "model": "grey"}).map(lambda found: dumped(found).decode())
DECODE_ONE = struct.pack("<BBHI", 1, 1, 1, 5) + bytes(12)
BODIES = np.linspace(-3, 3, 12, dtype="<f4").tobytes() + bytes(range(200))
FRAMES = (
    st.just('{"version": 1, "model": "grey"}') | st.just('{"version": 1, "model": "conditional"}')
    | CHOICES | VALUES | st.binary(max_size=64)
    | st.builds(
        lambda code, n, size, edits, spoilt: (changed if spoilt else kept)(
            struct.pack("<BBHI", 1, code, n, 5) + BODIES[:size], edits
        ),
        st.integers(0, 5), st.integers(0, 300), st.integers(0, 212) | st.sampled_from([12, 24, 36, 63, 65, 75, 126]),
        EDITS, st.booleans(),
    )
)  # fmt: skip


@given(frames=st.lists(FRAMES, max_size=6), origin=st.none() | ORIGINS)
def test_every_live_frame_gets_one_answer_after_any_handshake(
    live_service: DecodeService, loop: asyncio.Runner, frames: list[str | bytes], origin: str | None
) -> None:
    headers = [(b"host", b"lab.test")]
    if origin is not None:
        headers.append((b"origin", origin.encode("latin-1", "replace")))
    with at_once((frames, origin)):
        sent = loop.run(talk(live_service, headers, frames))
    if not own_origin(None if origin is None else origin.encode("latin-1", "replace").decode("latin-1"), "lab.test"):
        assert [message["type"] for message in sent] == ["websocket.close"]
        return
    answers = [message for message in sent if message["type"] == "websocket.send"]
    assert len(answers) == len(frames)
    for frame, answer in zip(frames, answers, strict=True):
        assert isinstance(frame, str) == ("text" in answer)
        if isinstance(frame, str):
            assert json.loads(answer["text"])["version"] == 1
        else:
            assert answer["bytes"][0] in (0, 1)
            assert len(answer["bytes"]) >= 8
    assert live_service.backlog == 0


@pytest.fixture(scope="module")
def live_service(loop: asyncio.Runner) -> DecodeService:
    """The live service with its models loaded, without a network."""
    service = DecodeService(load, own_origin, replace(DecodeLimits(), requests_per_second=1e9, burst=1e9))
    for name in ("grey", "conditional"):
        loop.run(talk(service, [], [json.dumps({"version": 1, "model": name}), struct.pack("<BBHI", 1, 1, 1, 0)]))
    assert GREY.latent_dim == 3
    return service


HANDSHAKE = (
    b"GET /live HTTP/1.1\r\nHost: lab.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: http://lab.test\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
CHOICE = b'{"version": 1, "model": "grey"}'
WIRE_FRAMES = b"\x81" + bytes([0x80 | len(CHOICE)]) + bytes(4) + CHOICE + b"\x82\x94" + bytes(4) + DECODE_ONE


@given(edits=EDITS, cut=st.booleans(), spoilt=st.sampled_from(["handshake", "frames", "both"]))
def test_whatever_bytes_come_the_server_ends_the_connection_and_lives_on(
    wire: Running, edits: list[Any], cut: bool, spoilt: str
) -> None:
    content = (changed if spoilt == "handshake" else kept)(HANDSHAKE, edits, cut)
    content += (changed if spoilt == "frames" else kept)(WIRE_FRAMES, edits, cut)
    content = changed(content, edits, cut) if spoilt == "both" else content
    address = ("127.0.0.1", wire.port)
    with at_once(content), suppress(ConnectionError), socket.create_connection(address, PATIENCE) as client:
        client.sendall(content)
        try:
            client.shutdown(socket.SHUT_WR)
        except OSError as error:
            if error.errno != errno.ENOTCONN:  # the server has ended it already
                raise
        while client.recv(2**16):
            pass


@pytest.fixture(scope="module")
def wire() -> Iterator[Running]:
    """The live service on a port of its own, which serves to the end."""
    with serve() as running:
        yield running
        with running.connect() as client:
            ask(client, DECODE_ONE)


class NoLayouts:
    """Takes the place of what computes projections: it is always busy."""

    async def prepare(self) -> None:
        """Has nothing to prepare."""

    async def subscribe(self, *_: object) -> None:
        """Refuses."""
        raise BusyError("Too many projections.")


PROJECTIONS = documents(
    {"version": 1, "model": "small", "method": "tsne", "dims": 2, "perplexity": 30, "seed": 0, "axes": [0, 1]}
).map(lambda found: dumped(found).decode())


@given(
    frames=st.lists(
        PROJECTIONS | VALUES | st.binary(max_size=9) | st.just('{"version": 1, "cancel": true}'), max_size=1
    )
)
@example(['{"version": 1, "model": "small", "method": "tsne", "perplexity": 1' + "0" * 400 + "}"])
def test_every_request_for_a_projection_is_answered_in_a_sentence(
    map_service: MapService, loop: asyncio.Runner, frames: list[str | bytes]
) -> None:
    from starlette.websockets import WebSocket

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        await map_service.projections(WebSocket(scope, receive, send))

    with at_once(frames):
        sent = loop.run(talk(serve, [], frames))
    answers = [json.loads(message["text"]) for message in sent if message["type"] == "websocket.send"]
    assert len(answers) == len(frames)
    assert all(answer.keys() == {"version", "error"} or answer["state"] == "cancelled" for answer in answers)


@pytest.fixture(scope="module")
def map_service() -> MapService:
    """The latent map's service over random latents."""
    limits = replace(MapLimits(), requests_per_second=1e9, burst=1e9)
    return MapService(source, NoLayouts(), own_origin, limits)  # type: ignore[arg-type]


ASKED = st.sampled_from(["small", "run", "checkpoint", "noise", "0", "3", "29", "30", "2147483648", "..", "../noise"])
QUERIES = st.lists(
    st.tuples(st.sampled_from(["model", "start", "count", "kind", "name", "from", ""]), VALUES | ASKED), max_size=6
).map(lambda pairs: "&".join(f"{key}={value}" for key, value in pairs)) | st.text(max_size=40)


@given(query=QUERIES, route=st.sampled_from(["encoded", "images", "noise"]), tag=st.none() | VALUES)
def test_the_maps_routes_answer_any_query(
    map_service: MapService, loop: asyncio.Runner, query: str, route: str, tag: str | None
) -> None:
    headers = [] if tag is None else [(b"if-none-match", tag.encode("latin-1", "replace"))]
    with at_once(query):
        found = loop.run(getattr(map_service, route)(asked_for(query, headers)))
    assert found.status_code in (200, 304, 400, 404)
    assert found.status_code != 200 or len(found.body) <= 2**20


@given(query=QUERIES, content=st.sampled_from([b"", b"film", bytes(1000)]))
def test_the_films_route_answers_any_query(
    screening: tuple[RunFilmService, Run], loop: asyncio.Runner, query: str, content: bytes
) -> None:
    service, run = screening
    run.film.write_bytes(content)
    with at_once(query):
        found = loop.run(service.film(asked_for(query, [])))
    assert found.status_code in (200, 400, 404, 416)
    assert SECRET not in found.body


@pytest.fixture(scope="module")
def screening(scratch: Path) -> tuple[RunFilmService, Run]:
    """The service of films, with a run and a checkpoint."""
    root = scratch.parent
    run = prepared(root, "run")

    def film(name: str) -> Path | None:
        found = next((found for found in list_checkpoints(root) if found.name == name), None)
        return found.film if isinstance(found, Checkpoint) else None

    return RunFilmService(Runs(root), film, own_origin), run


ANNOUNCED = {"upload": "a", "offset": "0", "total": "10", "pictures": "", "name": "mine.zip"}


@given(
    pieces=st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from(list(ANNOUNCED)), ASKED | st.integers(-1, 12) | NAMES, max_size=2),
            st.sampled_from([b"", b"0", b"0123456789", bytes(2**19), bytes(2**19 + 1)]),
        ),
        min_size=1,
        max_size=5,
    ),
    tickets=st.lists(st.sampled_from(["mine", "guess", ""]) | st.text(max_size=5), min_size=5, max_size=5),
)
def test_the_uploads_route_takes_or_refuses_any_query_and_piece(
    tmp_path_factory: pytest.TempPathFactory, loop: asyncio.Runner, pieces: list[Any], tickets: list[str]
) -> None:
    root = tmp_path_factory.getbasetemp() / "uploads"
    with closing(Uploads(root, 2**20)) as uploads:  # not when it is collected: another example may look at the folder
        uploads.lease("mine")
        service = UploadService(uploads, own_origin)
        with at_once((pieces, tickets)):
            for (query, content), ticket in zip(pieces, tickets, strict=False):
                headers = [(b"upload-ticket", ticket.encode("latin-1", "replace"))]
                request = asked_for(urlencode(ANNOUNCED | query, errors="replace"), headers)
                found = loop.run(service.upload(Request(request.scope, body_of(content))))
                assert found.status_code in ((200, 409, 422) if ticket == "mine" else (404, 422))
        stored = [path for path, _ in traces(root) if Path(path).is_file()]
        assert len(stored) <= 1
        assert all(re.fullmatch("[0-9a-f]{32}\\.zip", Path(path).name) for path in stored)
        uploads.discard("mine")
        assert not [path for path, _ in traces(root) if Path(path).is_file()]


def body_of(content: bytes) -> Any:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    return receive


# ---- runs ------------------------------------------------------------------------------------------------------------

REQUEST: dict[str, Any] = {
    "dataset": {"name": "digits", "image_size": 32, "color": True},
    "model": {
        "architecture": "mlp",
        "latent_dim": 2,
        "likelihood": "bernoulli",
        "batch_norm": False,
        "conditional": False,
    },
    "training": asdict(TrainingConfig()),
    "seconds": None,
    "order": 1,
}
STATUS = asdict(Status("paused", "Paused.", 0.5, 1.5, 3, 4.0, 2.0, 100.0, "cpu"))


def prepared(checkpoints: Path, name: str) -> Run:
    """A run that is paused."""
    run = Run(Runs(checkpoints).root / name)
    run.path.mkdir(parents=True)
    run.write_request(REQUEST)
    run.write_status(Status(**STATUS))
    return run


@pytest.fixture(scope="module")
def spoilt_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return prepared(tmp_path_factory.mktemp("runs"), "run")


@given(name=NAMES | VALUES | st.from_regex(NAME))
@example("run\n")
@example("..")
def test_a_run_of_any_name_stays_in_its_folder(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    root = tmp_path_factory.getbasetemp() / "names"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    images = root.parent / "images.zip"
    images.write_bytes(b"images")
    with pytest.MonkeyPatch.context() as patch, at_once(name):
        patch.setattr(Runs, "_launch", lambda *_: None)
        try:
            run = Runs(root / "checkpoints").start(name, REQUEST, images)
        except RunError as error:
            in_a_sentence(error)
            assert not traces(root)
            return
    check_name(name)
    assert run.path.parent == root / "checkpoints" / ".runs"
    assert run.checkpoint_path.parent == root / "checkpoints"
    assert {Path(path).name for path, _ in traces(run.path)} >= {"request.json", "upload.zip"}


@given(
    file=st.sampled_from(["status.json", "request.json", "command", "lock"]),
    content=st.one_of(
        documents(STATUS).map(dumped), documents(REQUEST).map(dumped), JSON.map(dumped), PIECES,
        st.builds(changed, st.sampled_from([dumped(STATUS), dumped(REQUEST), b"pause"]), EDITS, st.booleans()),
    ),
)  # fmt: skip
def test_a_run_with_any_files_is_listed(spoilt_run: Run, file: str, content: bytes) -> None:
    run = spoilt_run
    (run.path / "command").touch()
    (run.path / "lock").touch()
    with spoiling(run.path / file, content), at_once((file, content)):
        ((found, status),) = Runs(run.checkpoint_path.parent).all()
        assert found == run
        json.dumps(vars(status), ensure_ascii=False, allow_nan=False).encode()
        assert run.command() in (None, "pause", "stop", "discard")
        with suppress(RunError):
            assert isinstance(run.request(), dict)


@pytest.fixture(scope="module")
def fake_data(digits: Dataset) -> Iterator[None]:
    """No data set is read and nothing is measured."""

    def load(name: str, data_dir: object = None, **_: object) -> Dataset:
        return digits

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "load_dataset", load)
        patch.setattr(trainer_module, "seconds_per_epoch", lambda *_: 0.5)
        yield


@pytest.mark.usefixtures("fake_data")
@given(wanted=documents(REQUEST) | documents(REQUEST | {"seconds": 30.0}))
def test_any_request_for_a_run_is_understood_or_refused(spoilt_run: Run, wanted: object) -> None:
    with spoiling(spoilt_run.path / "request.json", dumped(wanted)), at_once(wanted):
        try:
            dataset, model_config, config = worker.parse_request(spoilt_run)
        except (DataError, ValueError, RunError) as error:
            in_a_sentence(error, most=10**6)  # it repeats what a user has written
            return
        with torch.device("meta"):
            VAE(model_config)
        assert 1 <= config.epochs <= 10_000
        dataset.name.encode()


def form() -> None:
    from vae.ui.pages.training.form import start_form

    start_form()


@pytest.fixture
def empty_form(
    no_discovery: None, fake_data: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> tuple[AppTest, dict[str, Any]]:
    """The form of a new run with what its fields hold; it starts no process, and measures no epoch."""
    monkeypatch.setattr(loaders, "CHECKPOINTS", tmp_path / "checkpoints")
    monkeypatch.setattr(Runs, "_launch", lambda *_: None)
    monkeypatch.setattr("vae.ui.pages.training.form.seconds_per_epoch", lambda *_: 0.5)
    app = AppTest.from_function(form, default_timeout=10 * PATIENCE).run()
    return app, {field.key: field.value for field in fields(app)} | {"run_name": "my-model"}


def fields(app: AppTest) -> list[Any]:
    return [*app.text_input, *app.number_input, *app.selectbox, *app.toggle]


FILLED = st.dictionaries(
    st.sampled_from(["run_name", "latent_dim", "beta", "epochs", "batch_size", "seed", "rate-adam", "likelihood"])
    | st.sampled_from(["dataset", "architecture", "objective", "schedule", "binarisation", "batch_norm", "optimizer"]),
    JSON | NUMBERS | NAMES | st.sampled_from(["conv", "iwae", "beta-tc", "my-model", "autoencoder", True, 1, 2, 512]),
)


@settings(max_examples=EXAMPLES if PROVING else 20 if THOROUGH else 5, suppress_health_check=list(HealthCheck))
@given(filled=FILLED)
def test_a_form_filled_in_with_anything_asks_for_a_run_that_can_be_trained_or_for_none(
    empty_form: tuple[AppTest, dict[str, Any]], filled: dict[str, Any]
) -> None:
    """Through the fields' own messages, as a browser that keeps to no limit of theirs."""
    root = loaders.CHECKPOINTS
    shutil.rmtree(root, ignore_errors=True)
    app, empty = empty_form
    for field in fields(app):
        field.proto.disabled = False  # a browser need not obey that either
        before = empty.get(field.key, field.value)
        value = filled.get(field.key, before)
        if isinstance(value, float) and not isfinite(value):
            value = before  # Streamlit itself ends in an exception, on the page of the sender
        try:
            field.set_value(value)
            field._widget_state.SerializeToString()
        except Exception:  # what such a message cannot carry
            field.set_value(before)
    with at_once(filled):
        app = next(button for button in app.button if button.label == "Start training").click().run()
        assert not app.exception, filled
        for run, _ in Runs(root).all():
            check_name(run.name)
            dataset, model_config, config = worker.parse_request(run)
            assert dataset.name == "digits"
            assert model_config.latent_dim <= 512
            assert config.epochs <= 10_000


# ---- films and states of runs ----------------------------------------------------------------------------------------

SMALL = TrainingConfig(epochs=2, batch_size=100, device="cpu")


@pytest.fixture(scope="module")
def filmed(digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> tuple[Trainer, Path]:
    """A trainer after a step, whose film and state can be spoiled."""
    folder = tmp_path_factory.mktemp("filmed")
    trainer = new_trainer(digits, folder)
    with suppress(Enough):
        list(trainer.epochs(stop))
    trainer.save(folder / "state.safetensors", [EpochMetrics(1, 1.0, 1.0, 1.0, 1.0, 1.0, {"loss": 2.0})])
    return trainer, folder


class Enough(Exception):  # noqa: N818 (an end, not an error)
    """One step is taken."""


def stop(_: Trainer) -> None:
    raise Enough


def new_trainer(digits: Dataset, folder: Path) -> Trainer:
    config = default_config(digits.image_shape, 2, hidden=(8,))
    few = replace(digits, train=splits.take(digits.train, np.arange(300)), test=splits.take(digits.test, np.arange(20)))
    film = Film(folder / "film.bin", few, config, SMALL.epochs)
    return Trainer(VAE(config), few.train, few.validation, SMALL, film=film)


@given(edits=EDITS, cut=st.booleans(), head=st.none() | st.integers(12, 400))
def test_a_damaged_film_ends_where_it_is_damaged(
    filmed: tuple[Trainer, Path], edits: list[Any], cut: bool, head: int | None
) -> None:
    path = filmed[1] / "film.bin"
    content = changed(path.read_bytes(), edits, cut, head)
    with spoiling(path, content), at_once(content):
        records = list(read_film(path))
    assert all(isinstance(record.fields, dict) and record.end <= len(content) for record in records)


def record(text: bytes, body: bytes) -> bytes:
    """One record of a film, of the right checksum."""
    return PREFIX.pack(len(text), len(body), zlib.crc32(text + body)) + text + body


HEADS = {"kind": "head", "version": 1, "epochs": 2, "points": 20}
FRAME = {"kind": "frame", "share": 0.1, "epoch": 0.2, "scale": 0.5}
RECORDS = st.builds(
    record,
    st.one_of(
        documents(HEADS).map(dumped), documents(FRAME).map(dumped), JSON.map(dumped), PIECES, st.just(dumped(FRAME))
    ),
    st.binary(max_size=100) | st.just(bytes(80)),
)


@given(records=st.lists(RECORDS, max_size=4))
@example([record(b"[" * 100_000, b"")])
def test_a_film_of_any_records_is_read_and_gone_on_with_or_refused(
    filmed: tuple[Trainer, Path], records: list[bytes]
) -> None:
    trainer, folder = filmed
    with spoiling(folder / "film.bin", b"".join(records)), at_once(records):
        assert len(list(read_film(folder / "film.bin"))) <= len(records)
        try:
            trainer.load(folder / "state.safetensors")
        except TrainingError as error:
            in_a_sentence(error)
            return
        goes_on(trainer)


def goes_on(trainer: Trainer) -> None:
    """A run that was taken up takes its next step, or says that it cannot."""
    assert 0 <= trainer.progress <= 1
    with suppress(Enough, TrainingError):
        next(trainer.epochs(stop), None)


@given(draw=st.data())
def test_a_state_of_a_run_that_says_anything_is_taken_up_or_refused(
    digits: Dataset, filmed: tuple[Trainer, Path], draw: st.DataObject
) -> None:
    folder = filmed[1]
    path = folder / "state.safetensors"
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    kind = draw.draw(st.sampled_from(["bytes", "header", "numbers"]))
    if kind == "bytes":
        content = changed(
            content, draw.draw(EDITS), draw.draw(st.booleans()), draw.draw(st.none() | st.just(8 + length))
        )
    else:
        if kind == "numbers":
            numbers = draw.draw(documents(json.loads(header["__metadata__"]["trainer"])))
            header["__metadata__"]["trainer"] = dumped(numbers).decode()
        text = dumped(draw.draw(documents(header)) if kind == "header" else header)
        content = struct.pack("<Q", len(text)) + text + content[8 + length :]
    trainer = new_trainer(digits, folder)
    with spoiling(folder / "film.bin", (folder / "film.bin").read_bytes()), spoiling(path, content), at_once(content):
        try:
            history = trainer.load(path)
        except TrainingError as error:
            in_a_sentence(error, most=10**6)  # it repeats what the file says
            return
        assert all(np.isfinite([epoch.reconstruction, epoch.kl, epoch.seconds]).all() for epoch in history)
        goes_on(trainer)

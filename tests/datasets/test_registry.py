import contextlib
import functools
import gzip
import hashlib
import http.server
import io
import itertools
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from tests.support.mnist import RNG, idx, idx_files, write_mnist
from vae.datasets import pictures, registry
from vae.datasets.registry import DataError, load_dataset

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
needs_mnist = pytest.mark.skipif(
    not (SHARED / "MNIST").exists(), reason="the real MNIST files are not beside this repo"
)
needs_cifar = pytest.mark.skipif(not (SHARED / "cifar10-subset.zip").exists(), reason="no cifar10-subset.zip here")

IDX_NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


# ---- helpers ---------------------------------------------------------------------------------------------------------


def picture(
    color: object = (200, 100, 50), size: tuple[int, int] = (16, 16), kind: str = "PNG", **options: object
) -> bytes:
    mode = "RGB" if isinstance(color, tuple) and len(color) == 3 else "RGBA" if isinstance(color, tuple) else "L"
    return encoded(Image.new(mode, size, color), kind, **options)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def write_folder(root: Path, files: dict[str, bytes]) -> str:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return f"{root}/"


def write_zip(path: Path, files: dict[str, bytes]) -> str:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return str(path)


def ten(prefix: str = "", n: int = 10) -> dict[str, bytes]:
    """n pictures, told apart by their brightness: 10, 20, …"""
    return {f"{prefix}{i:02d}.png": picture((10 * i + 10,) * 3) for i in range(n)}


def one_of_ten(folder: Path, content: bytes, name: str = "odd.png", **options: object) -> np.ndarray:
    """The one picture as it is loaded, from among ten black ones in another class."""
    files = {f"black/{i}.png": picture(0) for i in range(10)} | {f"odd/{name}": content}
    dataset = load_dataset(write_folder(folder, files), image_size=8, **options)
    found = [s.images[s.labels == 1] for s in (dataset.train, dataset.validation, dataset.test)]
    return np.concatenate(found)[0]


def all_images(dataset: registry.Dataset) -> np.ndarray:
    return np.concatenate([dataset.train.images, dataset.validation.images, dataset.test.images])


class Server:
    """Serves `files` (path → bytes) on the loopback; `cut` stops each answer halfway."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut = False
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = outer.files.get(self.path)
                if content is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2] if outer.cut else content)

            def log_message(self, *_: object) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def stop(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    running = Server()
    yield running
    running.stop()


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.fixture
def mnist_server(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Serves a small MNIST as if it were torchvision's second mirror; the first one does not have it."""
    from torchvision.datasets import MNIST

    packed = {f"{name}.gz": gzip.compress(content) for name, content in idx_files().items()}
    server.files = {f"/mnist/{name}": content for name, content in packed.items()}
    monkeypatch.setattr(MNIST, "mirrors", [f"{server.url}/nothing/", f"{server.url}/mnist/"])
    monkeypatch.setattr(MNIST, "resources", [(name, md5(content)) for name, content in packed.items()])
    return server


# ---- names and places ------------------------------------------------------------------------------------------------


def test_an_unknown_name_lists_the_known_ones_and_how_to_give_a_folder() -> None:
    with pytest.raises(DataError, match=r'"cats".*digits.*celeba.*\./pictures'):
        load_dataset("cats")


@pytest.mark.parametrize("name", ["", "mnist:3", "MNIST", "digits:"])
def test_a_name_is_taken_literally(name: str) -> None:
    with pytest.raises(DataError, match="unknown data set"):
        load_dataset(name)


def test_the_data_directory_is_the_argument_else_the_environment_else_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_DATA_DIR", "/elsewhere")
    assert registry.data_directory("here") == Path("here")
    assert registry.data_directory() == Path("/elsewhere")
    monkeypatch.delenv("VAE_DATA_DIR")
    assert registry.data_directory() == Path("data")


def test_availability_is_whether_all_files_are_there(tmp_path: Path) -> None:
    assert registry.is_available("digits", tmp_path)
    assert registry.is_available("sprites", tmp_path)
    assert not any(
        registry.is_available(name, tmp_path) for name in ("mnist", "cifar10", "svhn", "celeba:Male", "cats")
    )
    raw = write_mnist(tmp_path)
    assert registry.is_available("mnist", tmp_path)
    (raw / IDX_NAMES[3]).unlink()
    assert not registry.is_available("mnist", tmp_path)
    assert registry.is_available(f"{tmp_path}/")
    assert not registry.is_available(f"{tmp_path}/missing.zip")


def test_importing_the_module_imports_nothing_slow() -> None:
    slow = {"torch", "torchvision", "sklearn", "PIL", "scipy"}
    code = f"import sys, vae.datasets.registry; sys.exit(bool({slow} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0


# ---- digits and sprites ----------------------------------------------------------------------------------------------


def test_digits_are_sklearns_scaled_to_the_full_range() -> None:
    digits = load_dataset("digits")
    assert digits.image_shape == (1, 8, 8)
    assert [len(s) for s in (digits.train, digits.validation, digits.test)] == [1297, 200, 300]
    images = all_images(digits)
    assert set(np.unique(images)) == {round(level * 255 / 16) for level in range(17)}
    assert images.dtype == np.uint8
    assert digits.train.labels.dtype == np.int64
    assert digits.class_names == tuple("0123456789")


@pytest.mark.parametrize("name", ["digits", "sprites"])
def test_the_first_test_images_show_every_class(name: str) -> None:
    dataset = load_dataset(name)
    assert set(dataset.test.labels[:100]) == set(range(len(dataset.class_names)))


@pytest.fixture(scope="module")
def sprites() -> registry.Dataset:
    return load_dataset("sprites")


def test_sprites_are_binary_and_away_from_the_border(sprites: registry.Dataset) -> None:
    images = all_images(sprites)
    assert images.shape == (17_280, 1, 64, 64)
    assert np.array_equal(np.unique(images), [0, 255])
    frame = np.ones((64, 64), bool)
    frame[1:-1, 1:-1] = False
    assert not images[:, 0, frame].any()


def test_no_sprite_is_clipped_by_its_own_square() -> None:
    for shape in registry.SPRITE_SHAPES:
        for step in range(10):
            mask = registry._sprite(shape, 14.0, 2 * np.pi * step / 10)
            y, x = np.nonzero(mask)
            assert np.hypot(x - 14, y - 14).max() <= 14


def test_every_combination_of_sprite_factors_is_there_once_with_a_picture_of_its_own(sprites: registry.Dataset) -> None:
    images = np.packbits(all_images(sprites).reshape(17_280, -1) > 0, axis=1)
    assert len({image.tobytes() for image in images}) == 17_280  # so the splits are disjoint, too
    factors = np.concatenate([sprites.train.factors, sprites.validation.factors, sprites.test.factors])
    assert len(np.unique(factors, axis=0)) == 17_280
    assert factors.max(axis=0).tolist() == [2, 3, 9, 11, 11]
    assert sprites.factor_names == ("shape", "scale", "orientation", "x", "y")


def test_sprite_factors_match_the_pixels(sprites: registry.Dataset) -> None:
    images, factors = sprites.test.images[:, 0] > 0, sprites.test.factors
    area = images.sum(axis=(1, 2))
    x = (images.sum(axis=1) * np.arange(64)).sum(axis=1) / area
    y = (images.sum(axis=2) * np.arange(64)).sum(axis=1) / area
    assert np.abs(x - (15 + 3 * factors[:, 3])).max() < 2.0
    assert np.abs(y - (15 + 3 * factors[:, 4])).max() < 2.0
    for shape in range(3):
        sizes = [area[(factors[:, 0] == shape) & (factors[:, 1] == scale)] for scale in range(4)]
        assert all(small.max() < large.min() for small, large in itertools.pairwise(sizes))
    assert np.array_equal(sprites.test.labels, factors[:, 0])


def test_splits_are_the_same_for_the_same_seed_only(sprites: registry.Dataset) -> None:
    assert len(sprites.train) == 13_824
    assert len(sprites.validation) == len(sprites.test) == 1_728
    assert load_dataset("sprites") is sprites
    assert load_dataset("digits").content_hash == load_dataset("digits").content_hash
    assert load_dataset("digits", seed=1).content_hash != load_dataset("digits").content_hash


# ---- IDX files -------------------------------------------------------------------------------------------------------


def test_mnist_is_read_from_where_torchvision_puts_it(tmp_path: Path) -> None:
    raw = write_mnist(tmp_path)
    mnist = load_dataset("mnist", tmp_path)
    assert [len(s) for s in (mnist.train, mnist.validation, mnist.test)] == [27, 3, 12]
    stored = np.frombuffer((raw / IDX_NAMES[2]).read_bytes()[16:], np.uint8).reshape(12, 1, 28, 28)
    assert np.array_equal(mnist.test.images, stored)
    assert np.array_equal(mnist.test.labels, np.arange(12) % 10)


BROKEN_IDX = {
    "truncated": (0, idx(np.zeros((30, 28, 28)))[:-1]),
    "too long": (0, idx(np.zeros((30, 28, 28))) + b"x"),
    "empty": (1, b""),
    "header only begun": (2, idx(np.zeros((12, 28, 28)))[:9]),
    "wrong magic": (3, b"\0\0\x0d\1" + idx(np.zeros(12))[4:]),
    "still gzipped": (0, gzip.compress(idx(np.zeros((30, 28, 28))))),
    "claims terabytes": (0, b"\0\0\x08\x03" + b"\xff" * 12),
    "too few labels": (1, idx(np.zeros(29))),
    "label out of range": (3, idx(np.full(12, 10))),
    "no images": (3, idx(np.zeros(0))),
    "no pixels": (0, idx(np.zeros((30, 0, 28)))),
    "other size": (2, idx(np.zeros((12, 20, 28)))),
}


@pytest.mark.parametrize("case", BROKEN_IDX)
def test_a_damaged_idx_file_is_named_with_the_remedy(tmp_path: Path, case: str) -> None:
    which, content = BROKEN_IDX[case]
    raw = write_mnist(tmp_path)
    (raw / IDX_NAMES[which]).write_bytes(content)
    with pytest.raises(DataError, match=rf"{IDX_NAMES[which]}.*delete it"):
        load_dataset("mnist", tmp_path)


def test_a_file_that_cannot_be_opened_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    raw = write_mnist(tmp_path)
    (raw / IDX_NAMES[0]).unlink()
    (raw / IDX_NAMES[0]).mkdir()
    with pytest.raises(DataError, match=rf"mnist: .*{IDX_NAMES[0]}.*can be read"):
        load_dataset("mnist", tmp_path)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_bytes_an_idx_file_holds_the_answer_is_an_array_or_a_data_error(
    tmp_path_factory: pytest.TempPathFactory, draw: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz-idx"
    path.write_bytes(draw.draw(st.binary(max_size=40) | st.just(idx(np.zeros((2, 3, 4))))))
    with contextlib.suppress(DataError):
        assert registry._read_idx(path, 3).ndim == 3


@needs_mnist
def test_the_real_mnist_has_its_published_facts() -> None:
    mnist = load_dataset("mnist", SHARED)
    assert [s.images.shape for s in (mnist.train, mnist.validation, mnist.test)] == [
        (55_000, 1, 28, 28), (5_000, 1, 28, 28), (10_000, 1, 28, 28),
    ]  # fmt: skip
    training = np.bincount(mnist.train.labels) + np.bincount(mnist.validation.labels)
    assert training.tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(mnist.test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert round(float(mnist.test.images.mean()), 2) == 33.79
    assert len(mnist.content_hash) == 64


# ---- download --------------------------------------------------------------------------------------------------------


def test_missing_files_are_downloaded_from_the_first_mirror_that_works(tmp_path: Path, mnist_server: Server) -> None:
    calls: list[tuple[float, str]] = []
    mnist = load_dataset("mnist", tmp_path / "new", progress=lambda *call: calls.append(call))
    assert len(mnist.test) == 12
    assert [fraction for fraction, _ in calls] == sorted(fraction for fraction, _ in calls)
    assert calls[-1][0] == 1.0
    assert "train-images" in calls[0][1]
    assert sorted(p.name for p in (tmp_path / "new").rglob("*") if p.is_file()) == sorted(IDX_NAMES)
    mnist_server.files.clear()
    assert load_dataset("mnist", tmp_path / "new").content_hash == mnist.content_hash


def test_a_download_without_progress_prints_nothing(
    tmp_path: Path, mnist_server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    load_dataset("mnist", tmp_path)
    assert capfd.readouterr() == ("", "")


def cut(server: Server) -> None:
    server.cut = True


def corrupt(server: Server) -> None:
    server.files = {path: content[:-1] + b"?" for path, content in server.files.items()}


def lose_the_last(server: Server) -> None:
    server.files.popitem()


@pytest.mark.parametrize(
    ("break_it", "reason"), [(cut, "ended after"), (corrupt, "md5"), (lose_the_last, "404"), (Server.stop, "refused")]
)
def test_a_failed_download_leaves_nothing_and_says_what_to_do(
    tmp_path: Path,
    mnist_server: Server,
    monkeypatch: pytest.MonkeyPatch,
    break_it: Callable[[Server], None],
    reason: str,
) -> None:
    break_it(mnist_server)
    if break_it is Server.stop:
        monkeypatch.setattr(mnist_server, "stop", lambda: None)
    with pytest.raises(DataError, match=rf"mnist: could not download .*{reason}.*check the internet.*train-images"):
        load_dataset("mnist", tmp_path)
    assert list(tmp_path.rglob("*")) == []


def test_files_that_arrive_whole_but_do_not_load_are_not_kept(
    tmp_path: Path, mnist_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchvision.datasets import MNIST

    path = f"/mnist/{IDX_NAMES[3]}.gz"
    mnist_server.files[path] = gzip.compress(idx(np.zeros(3)))
    monkeypatch.setattr(
        MNIST, "resources", [*MNIST.resources[:3], (f"{IDX_NAMES[3]}.gz", md5(mnist_server.files[path]))]
    )
    with pytest.raises(DataError, match="3 labels for 12 images"):
        load_dataset("mnist", tmp_path)
    assert list(tmp_path.rglob("*")) == []


def test_an_interrupt_during_the_download_leaves_nothing(tmp_path: Path, mnist_server: Server) -> None:
    def interrupt(fraction: float, text: str) -> None:
        if fraction > 0.4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_dataset("mnist", tmp_path, progress=interrupt)
    assert list(tmp_path.rglob("*")) == []


def test_a_stale_staging_folder_is_ignored_and_missing_files_are_completed(
    tmp_path: Path, mnist_server: Server
) -> None:
    (tmp_path / ".download-old" / "MNIST").mkdir(parents=True)
    raw = write_mnist(tmp_path)
    (raw / IDX_NAMES[0]).unlink()
    (raw / f"{IDX_NAMES[0]}.gz").write_bytes(b"half a download")
    assert len(load_dataset("mnist", tmp_path).train) == 27


def test_a_data_directory_that_cannot_be_made_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"could not download .*file"):
        load_dataset("mnist", tmp_path / "file")


# ---- CIFAR-10, SVHN, CelebA ------------------------------------------------------------------------------------------


def cifar_files(records: int = 4) -> dict[str, bytes]:
    def batch() -> bytes:
        labels = RNG.integers(0, 10, (records, 1))
        return np.concatenate([labels, RNG.integers(0, 256, (records, 3072))], axis=1).astype(np.uint8).tobytes()

    return {name: batch() for name in registry._CIFAR_FILES}


def test_cifar10_is_downloaded_in_the_version_without_pickles(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchvision.datasets import CIFAR10

    files = cifar_files()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    server.files = {"/~kriz/cifar-10-binary.tar.gz": buffer.getvalue()}
    monkeypatch.setattr(CIFAR10, "url", f"{server.url}/~kriz/cifar-10-python.tar.gz")
    monkeypatch.setattr(registry, "_CIFAR_MD5", md5(buffer.getvalue()))
    monkeypatch.setattr(registry, "_CIFAR_RECORDS", 4)
    cifar = load_dataset("cifar10", tmp_path)
    stored = np.frombuffer(files["test_batch.bin"], np.uint8).reshape(4, 3073)
    assert np.array_equal(cifar.test.images.reshape(4, 3072), stored[:, 1:])
    assert np.array_equal(cifar.test.labels, stored[:, 0])
    assert cifar.image_shape == (3, 32, 32)
    assert len(cifar.train) + len(cifar.validation) == 20
    assert [p.name for p in tmp_path.iterdir()] == ["cifar-10-batches-bin"]


def test_an_archive_that_reaches_out_of_its_folder_is_refused(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchvision.datasets import CIFAR10

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../../escaped"))
    server.files = {"/cifar-10-binary.tar.gz": buffer.getvalue()}
    monkeypatch.setattr(CIFAR10, "url", f"{server.url}/x")
    monkeypatch.setattr(registry, "_CIFAR_MD5", md5(buffer.getvalue()))
    with pytest.raises(DataError, match="could not download"):
        load_dataset("cifar10", tmp_path / "data")
    assert list(tmp_path.rglob("*")) == [tmp_path / "data"]


@pytest.mark.parametrize("content", [b"", b"\0" * 3073 * 3, b"\x0b" * 3073 * 4])
def test_a_damaged_cifar10_file_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(registry, "_CIFAR_RECORDS", 4)
    write_folder(tmp_path / "cifar-10-batches-bin", cifar_files() | {"data_batch_3.bin": content})
    with pytest.raises(DataError, match=r"cifar-10-batches-bin.*delete it"):
        load_dataset("cifar10", tmp_path)


@pytest.fixture
def svhn_files(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    from scipy.io import savemat
    from torchvision.datasets import SVHN

    files, listed = {}, {}
    for part, n in (("train", 20), ("test", 11)):
        buffer = io.BytesIO()
        savemat(
            buffer, {"X": RNG.integers(0, 256, (32, 32, 3, n)).astype(np.uint8), "y": (np.arange(n) % 10 + 1)[:, None]}
        )
        name = f"{part}_32x32.mat"
        files[name] = buffer.getvalue()
        listed[part] = [f"/{name}", name, md5(buffer.getvalue())]
    monkeypatch.setattr(SVHN, "split_list", listed)
    return files


def test_svhn_is_read_with_ten_as_zero(tmp_path: Path, svhn_files: dict[str, bytes]) -> None:
    write_folder(tmp_path, svhn_files)
    svhn = load_dataset("svhn", tmp_path)
    assert [len(s) for s in (svhn.train, svhn.validation, svhn.test)] == [18, 2, 11]
    assert svhn.image_shape == (3, 32, 32)
    assert svhn.test.labels.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert svhn.test.images.flags.c_contiguous


def test_svhn_is_downloaded(
    tmp_path: Path, server: Server, svhn_files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchvision.datasets import SVHN

    server.files = {f"/{name}": content for name, content in svhn_files.items()}
    listed = {part: [server.url + url, name, digest] for part, (url, name, digest) in SVHN.split_list.items()}
    monkeypatch.setattr(SVHN, "split_list", listed)
    assert len(load_dataset("svhn", tmp_path).test) == 11


def test_a_damaged_svhn_file_is_named(tmp_path: Path, svhn_files: dict[str, bytes]) -> None:
    write_folder(tmp_path, svhn_files | {"test_32x32.mat": svhn_files["test_32x32.mat"][:-9]})
    with pytest.raises(DataError, match=r"test_32x32\.mat.*delete it"):
        load_dataset("svhn", tmp_path)


@pytest.fixture
def celeba(tmp_path: Path) -> Path:
    """Nine faces, white in the centre 148×148 and black around; one is Smiling in each split, all but one Male."""
    names = [f"{i:06d}.jpg" for i in range(1, 10)]
    face = Image.new("L", (178, 218))
    face.paste(255, (15, 35, 163, 183))
    rows = [f"{name} {1 if i % 3 == 0 else -1:2d} {-1 if i == 4 else 1:2d} " for i, name in enumerate(names)]
    files = {f"img_align_celeba/{name}": encoded(face.convert("RGB"), "JPEG", quality=95) for name in names}
    files["list_attr_celeba.txt"] = "\n".join(["9", "Smiling Male ", *rows, ""]).encode()
    files["list_eval_partition.txt"] = "".join(f"{name} {(i + 2) % 3}\n" for i, name in enumerate(names)).encode()
    write_folder(tmp_path / "celeba", files)
    return tmp_path


def test_celeba_is_cropped_to_the_face_and_labelled_by_an_attribute(celeba: Path) -> None:
    faces = load_dataset("celeba", celeba)
    assert faces.image_shape == (3, 64, 64)
    assert [len(s) for s in (faces.train, faces.validation, faces.test)] == [3, 3, 3]
    assert faces.train.images[:, :, 1:-1, 1:-1].min() > 245
    assert faces.factor_names == ("Smiling", "Male")
    assert faces.class_names == ("not Smiling", "Smiling")
    assert faces.test.factors.tolist() == [[1, 1], [1, 1], [1, 1]]  # the pictures 0, 3 and 6
    male = load_dataset("celeba:Male", celeba)
    assert male.name == "celeba:Male"
    assert sorted(male.validation.labels.tolist() + male.train.labels.tolist()) == [0, 1, 1, 1, 1, 1]


def test_celeba_is_decoded_once_into_a_cache_that_is_whole_or_absent(celeba: Path) -> None:
    picture_file = celeba / "celeba/img_align_celeba/000009.jpg"
    whole = picture_file.read_bytes()
    picture_file.write_bytes(whole[:400])
    with pytest.raises(DataError, match=r"000009\.jpg"):
        load_dataset("celeba", celeba)
    assert not list((celeba / "celeba").glob("*.npy")) + list((celeba / "celeba").glob(".decode*"))
    picture_file.unlink()
    with pytest.raises(DataError, match=r"000009\.jpg"):
        load_dataset("celeba", celeba)
    picture_file.write_bytes(whole)
    first = load_dataset("celeba", celeba).content_hash
    picture_file.unlink()
    assert load_dataset("celeba", celeba).content_hash == first
    (cache,) = (celeba / "celeba").glob("*.npy")
    cache.write_bytes(cache.read_bytes()[:-1])
    with pytest.raises(DataError, match=rf"{cache.name}.*delete it"):
        load_dataset("celeba", celeba)


@pytest.mark.parametrize("name", ["\0", ".", "..", "../secret.jpg", "sub/000001.jpg", "/etc/hosts"])
def test_a_celeba_partition_that_names_something_else_is_refused_before_it_is_opened(
    celeba: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    partition = celeba / "celeba" / "list_eval_partition.txt"
    _, rest = partition.read_text().split(" ", 1)
    partition.write_text(f"{name} {rest}")
    opened: list[Path] = []
    monkeypatch.setattr(registry, "open_file", lambda path: (opened.append(path), path.open("rb"))[1])
    with pytest.raises(DataError, match=r"list_eval_partition\.txt.*, which is no picture's name"):
        load_dataset("celeba", celeba)
    assert set(opened) <= set((celeba / "celeba" / "img_align_celeba").iterdir())


def test_an_empty_celeba_partition_is_an_error_without_a_warning(celeba: Path) -> None:
    (celeba / "celeba/list_eval_partition.txt").write_text("")
    with pytest.raises(DataError, match=r"9 rows, list_eval_partition\.txt 0"):
        load_dataset("celeba", celeba)


def test_celeba_is_downloaded_by_torchvision_and_kept_with_its_cache(
    celeba: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchvision import datasets

    def download(root: Path, download: bool) -> None:
        assert download
        shutil.copytree(celeba / "celeba", root / "celeba")
        (root / "celeba/img_align_celeba.zip").write_bytes(b"1.4 GB")

    monkeypatch.setattr(datasets, "CelebA", download)
    faces = load_dataset("celeba", tmp_path / "new")
    kept = {path.name for path in (tmp_path / "new" / "celeba").iterdir()}
    assert kept == {*registry._CELEBA_FILES, "centre-148-to-64.npy"}
    assert faces.content_hash == load_dataset("celeba", celeba).content_hash


def test_celeba_pictures_smaller_than_the_crop_are_refused(celeba: Path) -> None:
    (celeba / "celeba/img_align_celeba/000002.jpg").write_bytes(picture((1, 2, 3), (140, 218), "JPEG"))
    with pytest.raises(DataError, match=r"000002\.jpg.*140×218 pixels, expected at least 148×148"):
        load_dataset("celeba", celeba)


def test_an_unknown_celeba_attribute_lists_the_known_ones(celeba: Path) -> None:
    with pytest.raises(DataError, match=r'"Happy".*Smiling, Male'):
        load_dataset("celeba:Happy", celeba)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("list_attr_celeba.txt", "9\nSmiling Male\n000001.jpg 1\n"),
        ("list_attr_celeba.txt", "1\nSmiling Male\n000001.jpg 1 1\n"),
        ("list_attr_celeba.txt", ""),
        ("list_eval_partition.txt", "".join(f"00000{i}.jpg 0\n" for i in range(1, 10))),
        ("list_eval_partition.txt", "000001.jpg\n"),
    ],
)
def test_a_damaged_celeba_table_is_named(celeba: Path, file: str, content: str) -> None:
    (celeba / "celeba" / file).write_text(content)
    with pytest.raises(DataError, match=rf"{file}.*delete it"):
        load_dataset("celeba", celeba)


def test_celeba_without_gdown_says_how_to_place_the_files_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gdown", None)
    with pytest.raises(DataError, match=r"gdown.*put into .*list_attr_celeba\.txt.*img_align_celeba"):
        load_dataset("celeba", tmp_path)
    assert list(tmp_path.rglob("*")) == []


def test_celeba_pictures_without_their_tables_are_not_overwritten(celeba: Path) -> None:
    (celeba / "celeba/list_attr_celeba.txt").unlink()
    with pytest.raises(DataError, match="img_align_celeba is there already"):
        load_dataset("celeba", celeba)


# ---- the user's own pictures: which, and in which split --------------------------------------------------------------


@pytest.mark.parametrize("make", [write_folder, lambda path, files: write_zip(path.with_suffix(".zip"), files)])
def test_sub_folders_are_the_classes(tmp_path: Path, make: Callable[[Path, dict[str, bytes]], str]) -> None:
    name = make(tmp_path / "pets", ten("cat/") | ten("dog/deeper/") | ten("__MACOSX/cat/") | {"read me.txt": b"hello"})
    pets = load_dataset(name, image_size=16)
    assert pets.name == name
    assert pets.class_names == ("cat", "dog")
    assert [len(s) for s in (pets.train, pets.validation, pets.test)] == [16, 2, 2]
    assert pets.image_shape == (3, 16, 16)
    assert load_dataset(name, image_size=16).content_hash == pets.content_hash
    assert load_dataset(name, image_size=16, seed=1).content_hash != pets.content_hash


def test_a_zip_and_the_folder_it_was_made_of_are_the_same_data(tmp_path: Path) -> None:
    files = ten("cat/") | ten("dog/")
    folder = load_dataset(write_folder(tmp_path / "pets", files))
    reverse = {f"pets/{name}": content for name, content in reversed(files.items())}
    archive = load_dataset(write_zip(tmp_path / "pets.zip", reverse))
    assert archive.class_names == folder.class_names
    assert archive.content_hash == folder.content_hash


def test_pictures_in_no_sub_folder_are_one_class(tmp_path: Path) -> None:
    files = ten(n=12) | {".DS_Store": b"", "._00.png": b"", ".hidden/a.png": b""}
    one = load_dataset(write_folder(tmp_path, files), image_size=8)
    assert one.class_names == ("images",)
    assert sorted(all_images(one)[:, 0, 0, 0]) == list(range(10, 130, 10))  # each once: the splits are disjoint


@pytest.mark.parametrize("validation", ["", "val", "validation"])
def test_folders_called_train_and_test_are_the_splits(tmp_path: Path, validation: str) -> None:
    files = ten("train/cat/") | ten("train/dog/") | ten("test/dog/", 3)
    if validation:
        files |= ten(f"{validation}/cat/", 4)
    pets = load_dataset(write_zip(tmp_path / "pets.zip", files), image_size=8)
    sizes = [len(s) for s in (pets.train, pets.validation, pets.test)]
    assert sizes == ([20, 4, 3] if validation else [18, 2, 3])
    assert pets.class_names == ("cat", "dog")
    assert set(pets.test.labels.tolist()) == {1}


def test_other_folders_beside_train_and_test_make_them_classes(tmp_path: Path) -> None:
    files = ten("train/", 5) | ten("test/", 5) | ten("rail/", 5)
    assert load_dataset(write_folder(tmp_path, files)).class_names == ("rail", "test", "train")


def test_grey_is_one_channel(tmp_path: Path) -> None:
    grey = load_dataset(write_folder(tmp_path, ten()), image_size=8, color=False)
    assert grey.image_shape == (1, 8, 8)
    assert sorted(all_images(grey)[:, 0, 0, 0]) == list(range(10, 110, 10))


def test_progress_is_reported_while_pictures_are_read(tmp_path: Path) -> None:
    calls: list[tuple[float, str]] = []
    load_dataset(write_folder(tmp_path, ten()), progress=lambda *call: calls.append(call))
    assert calls[0][0] == 0.0


@pytest.mark.parametrize("files", [{}, ten(n=9), {"notes.txt": b"x"}])
def test_fewer_than_ten_pictures_are_refused(tmp_path: Path, files: dict[str, bytes]) -> None:
    with pytest.raises(DataError, match=r"pictures, use 10 to"):
        load_dataset(write_folder(tmp_path, files))
    with pytest.raises(DataError, match=r"own\.zip: has \d pictures, use 10 to"):
        load_dataset(write_zip(tmp_path / "own.zip", files))


def test_a_train_folder_with_one_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="train/, put at least 2"):
        load_dataset(write_folder(tmp_path, ten("test/") | ten("train/", 1)))


@pytest.mark.parametrize("size", [7, 257])
def test_image_sizes_have_limits(tmp_path: Path, size: int) -> None:
    with pytest.raises(DataError, match=rf"image_size is {size}: use 8 to 256"):
        load_dataset(write_folder(tmp_path, ten()), image_size=size)


@pytest.mark.parametrize("name", ["./missing", "missing.zip", "not/there"])
def test_a_path_that_is_not_there_is_an_error(name: str) -> None:
    with pytest.raises(DataError, match="no such folder or file"):
        load_dataset(name)


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    write_folder(tmp_path / "outside", ten(n=3))
    folder = write_folder(tmp_path / "own", ten())
    (tmp_path / "own/out.png").symlink_to(tmp_path / "outside/00.png")
    (tmp_path / "own/more").symlink_to(tmp_path / "outside")
    (tmp_path / "own/broken.png").symlink_to(tmp_path / "nothing.png")
    (tmp_path / "own/loop").symlink_to(tmp_path / "own")
    assert len(all_images(load_dataset(folder, image_size=8))) == 10


@needs_cifar
def test_the_cifar10_subset_loads_as_a_users_own_pictures() -> None:
    cifar = load_dataset(str(SHARED / "cifar10-subset.zip"))
    assert [len(s) for s in (cifar.train, cifar.validation, cifar.test)] == [7200, 800, 2000]
    assert cifar.class_names == registry._CLASS_NAMES["cifar10"]
    assert np.bincount(cifar.test.labels).tolist() == [200] * 10
    with zipfile.ZipFile(SHARED / "cifar10-subset.zip") as archive, archive.open("test/airplane/0000.jpg") as file:
        assert np.array_equal(cifar.test.images[0], np.asarray(Image.open(file)).transpose(2, 0, 1))


# ---- the user's own pictures: what is in them ------------------------------------------------------------------------


def test_the_centre_square_is_kept(tmp_path: Path) -> None:
    wide = Image.new("RGB", (48, 16), "red")
    wide.paste("blue", (16, 0, 32, 16))
    pixels = one_of_ten(tmp_path, encoded(wide))
    assert np.array_equal(pixels, np.broadcast_to(np.array([0, 0, 255])[:, None, None], (3, 8, 8)))


def test_a_picture_of_the_right_size_keeps_its_exact_pixels(tmp_path: Path) -> None:
    pixels = RNG.integers(0, 256, (8, 8, 3)).astype(np.uint8)
    assert np.array_equal(one_of_ten(tmp_path, encoded(Image.fromarray(pixels))), pixels.transpose(2, 0, 1))


def test_a_phones_rotation_mark_is_obeyed(tmp_path: Path) -> None:
    upright = Image.new("RGB", (16, 16))
    upright.paste("white", (0, 0, 16, 8))
    exif = Image.Exif()
    exif[0x0112] = 6  # stored on its side: to be turned by 90° clockwise
    stored = encoded(upright.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif)
    pixels = one_of_ten(tmp_path, stored, "odd.jpg")
    assert pixels[:, :3].min() > 200
    assert pixels[:, 5:].max() < 50


def test_transparency_becomes_white(tmp_path: Path) -> None:
    assert one_of_ten(tmp_path / "a", picture((0, 0, 0, 0))).min() == 255
    assert one_of_ten(tmp_path / "b", picture((0, 0, 0, 128)), color=False)[0, 0, 0] in (127, 128)
    palette = picture((255, 0, 0, 255))
    indexed = Image.open(io.BytesIO(palette)).convert("RGB").quantize(2)
    assert one_of_ten(tmp_path / "c", encoded(indexed, transparency=indexed.getpixel((0, 0)))).min() == 255
    assert one_of_ten(tmp_path / "d", encoded(indexed, transparency=b"\xff\x80"))[1, 0, 0] < 50


def test_sixteen_bit_grey_keeps_its_upper_bits(tmp_path: Path) -> None:
    levels = np.full((8, 8), 0x8040, np.uint16)
    assert (one_of_ten(tmp_path / "a", encoded(Image.fromarray(levels))) == 0x80).all()
    assert (one_of_ten(tmp_path / "b", encoded(Image.fromarray(levels), "TIFF"), "odd.tif", color=False) == 0x80).all()
    assert (one_of_ten(tmp_path / "c", b"P5 8 8 65535\n" + b"\x80\x40" * 64, "odd.pgm") == 0x80).all()


@pytest.mark.parametrize("array", [np.full((8, 8), 0.5, np.float32), np.full((8, 8), 70_000, np.int32)])
def test_brightness_in_unknown_units_is_refused(tmp_path: Path, array: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"odd\.tif.*brightness"):
        one_of_ten(tmp_path, encoded(Image.fromarray(array), "TIFF"), "odd.tif")


def test_cmyk_is_converted(tmp_path: Path) -> None:
    red, green, blue = one_of_ten(tmp_path, encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG"), "odd.jpg")
    assert red.min() > 240
    assert max(green.max(), blue.max()) < 15


def test_one_pixel_is_a_picture(tmp_path: Path) -> None:
    assert (one_of_ten(tmp_path, picture((1, 2, 3), (1, 1))) == np.array([1, 2, 3])[:, None, None]).all()


def test_an_animation_counts_with_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    moving = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert one_of_ten(tmp_path, moving, "odd.gif")[:, 0, 0].tolist() == [255, 0, 0]


def test_a_large_jpeg_decoded_at_reduced_size_looks_as_if_decoded_in_full(tmp_path: Path) -> None:
    smooth = Image.radial_gradient("L").resize((640, 480)).convert("RGB")
    content = encoded(smooth, "JPEG", quality=95)
    pixels = one_of_ten(tmp_path, content, "odd.jpg").transpose(1, 2, 0)
    full = ImageOps.fit(Image.open(io.BytesIO(content)), (8, 8), Image.Resampling.BICUBIC)
    assert np.abs(pixels.astype(int) - np.asarray(full)).max() <= 3


BROKEN_PICTURES = {
    "text": b"this is a text",
    "empty": b"",
    "truncated": encoded(Image.fromarray(RNG.integers(0, 256, (64, 64, 3)).astype(np.uint8)))[:-4000],
    "no allowed format": encoded(Image.new("RGB", (8, 8)), "ICO"),
}


@pytest.mark.parametrize("case", BROKEN_PICTURES)
def test_a_file_that_does_not_decode_is_named(tmp_path: Path, case: str) -> None:
    with pytest.raises(DataError, match=r"odd/odd\.png.*replace it or take it out"):
        one_of_ten(tmp_path, BROKEN_PICTURES[case])


@pytest.mark.parametrize("side", [7_100, 10_000, 20_000])  # beyond ours; beyond Pillow's warning; beyond Pillow's error
def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded(tmp_path: Path, side: int) -> None:
    header = bytearray(encoded(Image.new("1", (8, 8)), "BMP"))
    header[18:26] = np.array([side, side], "<i4").tobytes()
    with pytest.raises(DataError, match=r"odd\.bmp.*(are more than|exceeds limit)"):
        one_of_ten(tmp_path, bytes(header), "odd.bmp")


def test_no_warning_of_pillow_leaks(tmp_path: Path) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        palette = Image.new("P", (8, 8))
        one_of_ten(tmp_path, encoded(palette, transparency=b"\x00\x80"))
    assert caught == []


# ---- the user's own pictures: hostile archives -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../up.png",
        "a/../../up.png",
        "/abs.png",
        "C:/abs.png",
        "C:rel.png",
        "..\\up.png",
        "a\\..\\..\\up.png",
        "\\\\host\\x.png",
    ],
)
def test_a_member_that_leads_out_of_the_zip_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="leads out of the archive"):
        load_dataset(write_zip(tmp_path / "own.zip", ten() | {name: picture()}))


def test_a_zip_with_backslashes_between_folders_is_read(tmp_path: Path) -> None:
    assert load_dataset(write_zip(tmp_path / "own.zip", ten("cat\\") | ten("dog\\"))).class_names == ("cat", "dog")


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    name = write_zip(tmp_path / "own.zip", ten())
    with zipfile.ZipFile(name, "a") as archive:
        link = zipfile.ZipInfo("link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(DataError, match=r"'link\.png' is a link"):
        load_dataset(name)


def patched(path: Path, *changes: tuple[bytes, int, bytes]) -> str:
    """Overwrite bytes at an offset from each place where a signature is found."""
    content = bytearray(path.read_bytes())
    for signature, offset, new in changes:
        start = content.find(signature)
        while start >= 0:
            content[start + offset : start + offset + len(new)] = new
            start = content.find(signature, start + 1)
    path.write_bytes(content)
    return str(path)


LOCAL, CENTRAL = b"PK\3\4", b"PK\1\2"


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    write_zip(tmp_path / "own.zip", ten())
    with pytest.raises(DataError, match="encrypted"):
        load_dataset(patched(tmp_path / "own.zip", (LOCAL, 6, b"\1"), (CENTRAL, 8, b"\1")))


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_FILES", 11)
    with pytest.raises(DataError, match="too large; pack at most 11 files"):
        load_dataset(write_zip(tmp_path / "own.zip", ten(n=12)))


def test_a_zip_bomb_is_refused_by_its_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_UNPACKED_BYTES", 50_000)
    with pytest.raises(DataError, match="too large; pack at most"):
        load_dataset(write_zip(tmp_path / "own.zip", ten() | {"bomb.txt": b"\0" * 60_000}))


def test_a_zip_bomb_whose_header_lies_is_refused(tmp_path: Path) -> None:
    write_zip(tmp_path / "own.zip", ten() | {"00.png": b"\0" * 10_000_000})
    lie = np.array([100], "<u4").tobytes()
    with pytest.raises(DataError, match=r"\.png: cannot be read"):
        load_dataset(patched(tmp_path / "own.zip", (LOCAL, 22, lie), (CENTRAL, 24, lie)))


def test_the_bytes_of_a_zip_are_counted_as_they_are_read(tmp_path: Path) -> None:
    name = write_zip(tmp_path / "own.zip", ten())
    with pictures.open_pictures(Path(name)) as openers:
        with pytest.raises(DataError, match="more than the 20 bytes allowed"):
            pictures.read_bytes(openers["00.png"], "00.png", 20)
        size = sum(len(pictures.read_bytes(opener, "", 1e6)) for opener in openers.values())
    with pytest.MonkeyPatch.context() as patch, pictures.open_pictures(Path(name)) as openers:
        patch.setattr(pictures, "MAX_UNPACKED_BYTES", size - 1)
        with pytest.raises(DataError, match=r"09\.png: has more than"):
            pictures.read_pictures(openers, Path(name), 1, True, lambda *_: None)


def test_the_pixels_of_a_zip_are_counted_before_they_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = write_zip(tmp_path / "own.zip", ten() | {"09.png": encoded(Image.new("L", (300, 100)), "PNG")})
    monkeypatch.setattr(pictures, "MAX_ARCHIVE_PIXELS", 30_000)
    decoded = []
    whole = pictures.decode_picture
    monkeypatch.setattr(pictures, "decode_picture", lambda *args: decoded.append(args[1]) or whole(*args))
    with pytest.raises(DataError, match=r"more than 30,000 pixels; scale the pictures down or pack fewer"):
        load_dataset(name, image_size=8)
    assert len(decoded) == 9
    monkeypatch.setattr(pictures, "MAX_ARCHIVE_PIXELS", 10**6)
    assert load_dataset(name, image_size=8).image_shape == (3, 8, 8)


def test_arrays_that_would_not_fit_into_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_UNPACKED_BYTES", 30_000)
    with pytest.raises(DataError, match="choose a smaller image_size"):
        load_dataset(write_zip(tmp_path / "own.zip", ten()), image_size=32)


def test_a_file_that_is_no_zip_is_named(tmp_path: Path) -> None:
    (tmp_path / "own.zip").write_bytes(b"not a zip")
    with pytest.raises(DataError, match=r"own\.zip: is not a zip archive"):
        load_dataset(str(tmp_path / "own.zip"))


@functools.cache
def small_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in ten().items():
            archive.writestr(name, content)
    return buffer.getvalue()


@given(
    st.lists(st.tuples(st.integers(0, len(small_zip()) - 1), st.integers(0, 255)), min_size=1, max_size=4),
    st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_a_zip_with_damaged_bytes_loads_or_is_a_data_error(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]], truncate: bool
) -> None:
    content = bytearray(small_zip())
    for at, byte in changes:
        content[at] = byte
    path = tmp_path_factory.getbasetemp() / "fuzz.zip"
    path.write_bytes(content[: changes[0][0]] if truncate else content)
    with contextlib.suppress(DataError):
        load_dataset(str(path), image_size=8)


# ---- splits and their hash -------------------------------------------------------------------------------------------


def test_the_hash_changes_with_any_pixel_label_or_split() -> None:
    def dataset(pixel: int = 0, label: int = 0, cut: int = 2) -> str:
        images, labels = np.zeros((5, 1, 2, 2), np.uint8), np.zeros(5, np.int64)
        images[4, 0, 1, 1], labels[4] = pixel, label
        parts = [registry.Split(images[s].copy(), labels[s].copy()) for s in (slice(cut), slice(cut, 4), slice(4, 5))]
        return registry.Dataset("any", *parts, ()).content_hash

    assert dataset() == dataset()
    assert len({dataset(), dataset(pixel=1), dataset(label=1), dataset(cut=1)}) == 4


def test_a_split_needs_one_label_per_image() -> None:
    with pytest.raises(ValueError, match="one row per image expected: 3, not 2"):
        registry.Split(np.zeros((3, 1, 2, 2), np.uint8), np.zeros(2, np.int64))


def test_the_module_opens_nothing_but_what_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    load_dataset("digits")
    load_dataset("sprites")
    assert os.listdir(tmp_path) == []  # noqa: PTH208


# ---- black and white -------------------------------------------------------------------------------------------------

RAMP = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16)


def test_without_binarisation_the_images_are_the_very_same() -> None:
    assert registry.binarise(RAMP, "none") is RAMP


def test_static_binarisation_cuts_at_one_half() -> None:
    cut = registry.binarise(RAMP, "static")
    assert cut.dtype == np.uint8
    assert cut.flatten().tolist() == [0] * 128 + [255] * 128


def test_dynamic_binarisation_draws_white_as_often_as_the_grey_level_says() -> None:
    drawn = registry.binarise(np.repeat(RAMP, 4000, axis=0), "dynamic")
    assert drawn.dtype == np.uint8
    assert set(np.unique(drawn)) == {0, 255}
    white, grey = (drawn > 0).mean(axis=0), RAMP[0] / 255
    assert (np.abs(white - grey) <= 5 * np.sqrt(grey * (1 - grey) / 4000)).all()  # black and white themselves: always


def test_dynamic_binarisation_is_the_same_for_the_same_seed_and_image_number() -> None:
    grey = RNG.integers(0, 256, (30, 3, 4, 5), np.uint8)
    kept = grey.copy()
    drawn = registry.binarise(grey, "dynamic", seed=1)
    assert np.array_equal(drawn, registry.binarise(grey, "dynamic", seed=1))
    assert np.array_equal(drawn[:7], registry.binarise(grey[:7], "dynamic", seed=1))
    assert not np.array_equal(drawn, registry.binarise(grey, "dynamic", seed=2))
    assert np.array_equal(grey, kept)


def test_images_alike_are_drawn_apart() -> None:
    assert len(np.unique(registry.binarise(np.repeat(RAMP, 50, axis=0), "dynamic"), axis=0)) == 50

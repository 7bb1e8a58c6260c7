"""Published data sets: their files, and how they are downloaded."""

import contextlib
import gzip
import hashlib
import io
import shutil
import sys
import tarfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.file_server import FileServer
from tests.support.mnist import idx, idx_files, write_mnist
from tests.support.pictures import picture, write_folder
from tests.support.published import celeba_files, cifar_files, use_small_files
from vae.datasets import downloads, official
from vae.datasets.pictures import DataError
from vae.datasets.registry import is_available, load_dataset

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
needs_mnist = pytest.mark.skipif(
    not (SHARED / "MNIST").exists(), reason="the real MNIST files are not beside this repo"
)
IDX_NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    running = FileServer()
    yield running
    running.close()


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.fixture
def mnist_server(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> FileServer:
    """Serves a small MNIST as torchvision's second mirror; the first one does not have it."""
    from torchvision.datasets import MNIST

    packed = {f"{name}.gz": gzip.compress(content) for name, content in idx_files().items()}
    server.files = {f"/mnist/{name}": content for name, content in packed.items()}
    monkeypatch.setattr(MNIST, "mirrors", [f"{server.url}/nothing/", f"{server.url}/mnist/"])
    monkeypatch.setattr(MNIST, "resources", [(name, md5(content)) for name, content in packed.items()])
    return server


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


def pack(raw: Path, names: Sequence[str] = IDX_NAMES) -> None:
    for name in names:
        (raw / f"{name}.gz").write_bytes(gzip.compress((raw / name).read_bytes()))
        (raw / name).unlink()


@pytest.mark.parametrize("names", [IDX_NAMES, IDX_NAMES[:1], IDX_NAMES[1:]])
def test_packed_files_in_the_same_place_are_the_same_data(tmp_path: Path, names: Sequence[str]) -> None:
    raw = write_mnist(tmp_path)
    plain = load_dataset("mnist", tmp_path)
    pack(raw, names)
    assert is_available("mnist", tmp_path)
    packed = load_dataset("mnist", tmp_path)
    assert packed.content_hash == plain.content_hash
    assert packed.test.images.flags.writeable  # PyTorch warns of others


def test_fashion_mnist_of_debian_s_package_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert official.PACKAGED["fashion-mnist"] == Path("/usr/share/datasets/fashion-mnist")
    pack(raw := write_mnist(tmp_path / "system"))
    monkeypatch.setitem(official.PACKAGED, "fashion-mnist", raw)
    assert is_available("fashion-mnist", tmp_path / "nothing")
    clothes = load_dataset("fashion-mnist", tmp_path / "nothing")
    assert (len(clothes.test), clothes.class_names[9]) == (12, "Ankle boot")
    assert not (tmp_path / "nothing").exists()
    raw.parent.rename(tmp_path / "FashionMNIST")
    assert len(load_dataset("fashion-mnist", tmp_path).test) == 12


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", gzip.compress(b""), gzip.compress(idx_files()[IDX_NAMES[0]])[:-9]],
    ids=["empty", "no archive", "nothing packed", "cut"],  # gzip writes the time: workers would have different names
)
def test_an_unfinished_packed_file_counts_as_missing(tmp_path: Path, content: bytes) -> None:
    pack(raw := write_mnist(tmp_path))
    (raw / f"{IDX_NAMES[0]}.gz").write_bytes(content)
    assert not is_available("mnist", tmp_path)


def test_a_damaged_packed_file_is_named_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack(raw := write_mnist(tmp_path))
    packed = raw / f"{IDX_NAMES[0]}.gz"
    with monkeypatch.context() as patch:
        patch.setattr(official, "MAX_IDX_BYTES", 10_000)
        with pytest.raises(DataError, match=r"\.gz: unpacks to more than .*delete it"):
            load_dataset("mnist", tmp_path)
    content = bytearray(packed.read_bytes())
    content[-8] ^= 1  # its checksum
    packed.write_bytes(content)
    with pytest.raises(DataError, match=rf"{IDX_NAMES[0]}\.gz: cannot be unpacked.*delete it"):
        load_dataset("mnist", tmp_path)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_bytes_in_an_idx_file_give_an_array_or_a_data_error(
    tmp_path_factory: pytest.TempPathFactory, draw: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz-idx"
    path.write_bytes(draw.draw(st.binary(max_size=40) | st.just(idx(np.zeros((2, 3, 4))))))
    with contextlib.suppress(DataError):
        assert official._read_idx(path, 3).ndim == 3


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


def test_missing_files_are_downloaded_from_the_first_mirror_that_works(
    tmp_path: Path, mnist_server: FileServer
) -> None:
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
    tmp_path: Path, mnist_server: FileServer, capfd: pytest.CaptureFixture[str]
) -> None:
    load_dataset("mnist", tmp_path)
    assert capfd.readouterr() == ("", "")


def cut(server: FileServer) -> None:
    server.cut = True


def corrupt(server: FileServer) -> None:
    server.files = {path: content[:-1] + b"?" for path, content in server.files.items()}


def lose_the_last(server: FileServer) -> None:
    server.files.popitem()


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [(cut, "ended after"), (corrupt, "md5"), (lose_the_last, "404"), (FileServer.close, "refused")],
)
def test_a_failed_download_leaves_nothing_and_says_what_to_do(
    tmp_path: Path,
    mnist_server: FileServer,
    monkeypatch: pytest.MonkeyPatch,
    break_it: Callable[[FileServer], None],
    reason: str,
) -> None:
    break_it(mnist_server)
    if break_it is FileServer.close:
        monkeypatch.setattr(mnist_server, "close", lambda: None)
    with pytest.raises(DataError, match=rf"mnist: could not download .*{reason}.*check the internet.*train-images"):
        load_dataset("mnist", tmp_path)
    assert list(tmp_path.rglob("*")) == []


def test_complete_files_that_do_not_load_are_not_kept(
    tmp_path: Path, mnist_server: FileServer, monkeypatch: pytest.MonkeyPatch
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


def test_an_interrupt_during_the_download_leaves_nothing(tmp_path: Path, mnist_server: FileServer) -> None:
    def interrupt(fraction: float, text: str) -> None:
        if fraction > 0.4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_dataset("mnist", tmp_path, progress=interrupt)
    assert list(tmp_path.rglob("*")) == []


def test_a_stale_staging_folder_is_ignored_and_missing_files_are_completed(
    tmp_path: Path, mnist_server: FileServer
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


def test_cifar10_is_downloaded_in_the_version_without_pickles(
    tmp_path: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch
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
    monkeypatch.setattr(downloads, "CIFAR_MD5", md5(buffer.getvalue()))
    monkeypatch.setattr(official, "CIFAR_RECORDS", 4)
    cifar = load_dataset("cifar10", tmp_path)
    stored = np.frombuffer(files["test_batch.bin"], np.uint8).reshape(4, 3073)
    assert np.array_equal(cifar.test.images.reshape(4, 3072), stored[:, 1:])
    assert np.array_equal(cifar.test.labels, stored[:, 0])
    assert cifar.image_shape == (3, 32, 32)
    assert len(cifar.train) + len(cifar.validation) == 20
    assert [p.name for p in tmp_path.iterdir()] == ["cifar-10-batches-bin"]


def test_an_archive_that_reaches_out_of_its_folder_is_refused(
    tmp_path: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchvision.datasets import CIFAR10

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../../escaped"))
    server.files = {"/cifar-10-binary.tar.gz": buffer.getvalue()}
    monkeypatch.setattr(CIFAR10, "url", f"{server.url}/x")
    monkeypatch.setattr(downloads, "CIFAR_MD5", md5(buffer.getvalue()))
    with pytest.raises(DataError, match="could not download"):
        load_dataset("cifar10", tmp_path / "data")
    assert list(tmp_path.rglob("*")) == [tmp_path / "data"]


@pytest.mark.parametrize("content", [b"", b"\0" * 3073 * 3, b"\x0b" * 3073 * 4])
def test_a_damaged_cifar10_file_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(official, "CIFAR_RECORDS", 4)
    write_folder(tmp_path / "cifar-10-batches-bin", cifar_files() | {"data_batch_3.bin": content})
    with pytest.raises(DataError, match=r"cifar-10-batches-bin.*delete it"):
        load_dataset("cifar10", tmp_path)


@pytest.fixture
def svhn(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Files of SVHN, whose md5 torchvision knows."""
    return use_small_files(monkeypatch)


def test_svhn_is_read_with_ten_as_zero(tmp_path: Path, svhn: dict[str, bytes]) -> None:
    write_folder(tmp_path, svhn)
    numbers = load_dataset("svhn", tmp_path)
    assert [len(s) for s in (numbers.train, numbers.validation, numbers.test)] == [18, 2, 11]
    assert numbers.image_shape == (3, 32, 32)
    assert numbers.test.labels.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert numbers.test.images.flags.c_contiguous


def test_svhn_is_downloaded(
    tmp_path: Path, server: FileServer, svhn: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchvision.datasets import SVHN

    server.files = {f"/{name}": content for name, content in svhn.items()}
    listed = {part: [server.url + url, name, digest] for part, (url, name, digest) in SVHN.split_list.items()}
    monkeypatch.setattr(SVHN, "split_list", listed)
    assert len(load_dataset("svhn", tmp_path).test) == 11


def test_a_damaged_svhn_file_is_named(tmp_path: Path, svhn: dict[str, bytes]) -> None:
    write_folder(tmp_path, svhn | {"test_32x32.mat": svhn["test_32x32.mat"][:-9]})
    with pytest.raises(DataError, match=r"test_32x32\.mat.*delete it"):
        load_dataset("svhn", tmp_path)


@pytest.fixture
def celeba(tmp_path: Path) -> Path:
    """The folder with nine faces."""
    write_folder(tmp_path / "celeba", celeba_files())
    return tmp_path


def test_celeba_is_cropped_to_the_face_and_labelled_by_an_attribute(celeba: Path) -> None:
    faces = load_dataset("celeba", celeba)
    assert faces.image_shape == (3, 64, 64)
    assert [len(s) for s in (faces.train, faces.validation, faces.test)] == [3, 3, 3]
    assert faces.train.images[:, :, 1:-1, 1:-1].min() > 245
    assert faces.factor_names == ("Smiling", "Male")
    assert faces.class_names == ("not Smiling", "Smiling")
    assert faces.test.factors is not None
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

    def open_file(path: Path) -> IO[bytes]:
        opened.append(path)
        return path.open("rb")

    monkeypatch.setattr(official, "open_file", open_file)
    with pytest.raises(DataError, match=r"list_eval_partition\.txt.*, which is not a file name"):
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
    assert kept == {*official.CELEBA_FILES, "centre-148-to-64.npy"}
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


def test_celeba_without_gdown_says_where_to_put_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gdown", None)
    with pytest.raises(DataError, match=r"gdown.*put into .*list_attr_celeba\.txt.*img_align_celeba"):
        load_dataset("celeba", tmp_path)
    assert list(tmp_path.rglob("*")) == []


def test_celeba_pictures_without_their_tables_are_not_overwritten(celeba: Path) -> None:
    (celeba / "celeba/list_attr_celeba.txt").unlink()
    with pytest.raises(DataError, match="img_align_celeba exists already"):
        load_dataset("celeba", celeba)

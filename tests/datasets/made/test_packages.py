"""Packages of npm's registry: fetched once, checked, limited."""

import io
import tarfile
from pathlib import Path

import pytest

from tests.support.npm import Registry, integrity
from vae.datasets.made import packages
from vae.datasets.made.packages import fetch_package
from vae.datasets.pictures import DataError


def quiet(progress: float, text: str) -> None:
    pass


def test_a_package_s_files_are_found_by_their_paths_and_fetched_once(tmp_path: Path, registry: Registry) -> None:
    files = {"index.json": b"{}", "files/a.woff2": b"\0\1" * 50}
    published = registry.publish("@fonts/a", "1.2.3", files)
    calls: list[tuple[float, str]] = []
    assert fetch_package("@fonts/a", "1.2.3", published, tmp_path, lambda *call: calls.append(call)) == files
    assert calls == [(1.0, "@fonts/a 1.2.3")]
    assert [path.name for path in (tmp_path / "packages").iterdir()] == ["@fonts+a-1.2.3.tgz"]
    assert fetch_package("@fonts/a", "1.2.3", published, tmp_path, quiet) == files
    assert registry.requests == ["/@fonts/a/-/a-1.2.3.tgz"]


def test_a_kept_package_that_was_damaged_is_fetched_again(tmp_path: Path, registry: Registry) -> None:
    published = registry.publish("a", "1.0.0", {"x": b"1"})
    fetch_package("a", "1.0.0", published, tmp_path, quiet)
    (tmp_path / "packages" / "a-1.0.0.tgz").write_bytes(b"half")
    assert fetch_package("a", "1.0.0", published, tmp_path, quiet) == {"x": b"1"}
    assert len(registry.requests) == 2


def test_what_does_not_have_the_published_hash_is_not_kept(tmp_path: Path, registry: Registry) -> None:
    registry.publish("a", "1.0.0", {"x": b"1"})
    with pytest.raises(DataError, match=r"a 1\.0\.0: .*published hash sha512-.*run the command again"):
        fetch_package("a", "1.0.0", integrity(b"another"), tmp_path, quiet)
    assert not (tmp_path / "packages").exists()


def test_a_download_that_fails_says_why_and_leaves_nothing(tmp_path: Path, registry: Registry) -> None:
    published = registry.publish("a", "1.0.0", {"x": bytes(range(256))})
    with pytest.raises(DataError, match=r"b 1\.0\.0: .*404.*check the internet connection"):
        fetch_package("b", "1.0.0", published, tmp_path, quiet)
    registry.cut = True
    with pytest.raises(DataError, match="check the internet connection"):
        fetch_package("a", "1.0.0", published, tmp_path, quiet)
    assert list(tmp_path.rglob("*.tgz")) == []


def test_the_registry_is_an_address_of_the_web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "file:///etc")
    with pytest.raises(DataError, match=r"NPM_CONFIG_REGISTRY is file:///etc, expected .*https://"):
        fetch_package("a", "1.0.0", "sha512-", tmp_path, quiet)


@pytest.mark.parametrize(("limit", "size"), [("MAX_PACKAGE_BYTES", 40), ("MAX_UNPACKED_BYTES", 99), ("MAX_FILES", 1)])
def test_a_package_is_limited_in_size(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch, limit: str, size: int
) -> None:
    published = registry.publish("a", "1.0.0", {"x": bytes(50), "y": bytes(50)})
    monkeypatch.setattr(packages, limit, size)
    with pytest.raises(DataError, match="more than"):
        fetch_package("a", "1.0.0", published, tmp_path, quiet)


def test_links_in_a_package_are_left_out_and_what_is_no_archive_is_refused(tmp_path: Path, registry: Registry) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        link = tarfile.TarInfo("package/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    registry.files["/a/-/a-1.0.0.tgz"] = b"no archive"
    registry.files["/b/-/b-1.0.0.tgz"] = buffer.getvalue()
    assert fetch_package("b", "1.0.0", integrity(buffer.getvalue()), tmp_path, quiet) == {}
    with pytest.raises(DataError, match=r"a 1\.0\.0: cannot be used"):
        fetch_package("a", "1.0.0", integrity(b"no archive"), tmp_path, quiet)

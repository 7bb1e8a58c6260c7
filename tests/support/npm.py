"""A registry of packages on this machine, as npm's."""

import base64
import hashlib
import io
import tarfile
from collections.abc import Mapping

from tests.support.file_server import FileServer


def pack(files: Mapping[str, bytes], folder: str = "package") -> bytes:
    """The .tgz of a package with these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def integrity(packed: bytes) -> str:
    return f"sha512-{base64.b64encode(hashlib.sha512(packed).digest()).decode()}"


class Registry(FileServer):
    """Serves packages, as npm's registry does."""

    def publish(self, package: str, version: str, files: Mapping[str, bytes]) -> str:
        """Offers a package; returns its integrity."""
        packed = pack(files)
        self.files[f"/{package}/-/{package.rpartition('/')[2]}-{version}.tgz"] = packed
        return integrity(packed)

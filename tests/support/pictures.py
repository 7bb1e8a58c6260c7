"""Pictures as files, folders and zips."""

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vae.datasets import splits
from vae.datasets.drawing import Images
from vae.datasets.registry import load_dataset

# 64×64 pixels, the upper half blue, the lower half red; made with pillow-heif.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAUJtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9j"
    "AAAAAERAAAEAAQAAAAABZgABAAAAAAAAADwAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAAwmlw"
    "cnAAAACkaXBjbwAAAHhodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQArQgEBA3AA"
    "AAMAkAAAAwAAAwAeoCCBBZbqSSmubgIaDAgAAAMAyAAAAwAIQGIAAQAHRAHBcrAiQAAAABRpc3BlAAAAAAAAAEAAAABAAAAAEHBpeGkAAAAA"
    "AwgICAAAABZpcG1hAAAAAAAAAAEAAQOBAgMAAABEbWRhdAAAADgoAa8TgHjVhci///wyFFf/AQ6v9+oWIpRW+tNT//hUNF/WhogNzqauKAmW"
    "AEmE5HYiQNIxNV5Wxw=="
)
# The same, stored on its side, with an EXIF orientation.
TURNED_HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAaFtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9j"
    "AAAAAERAAAIAAQAAAAABxQABAAAAAAAAACwAAgAAAAAB8QABAAAAAAAAACQAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAA"
    "ABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA4GlwcnAAAADAaXBjbwAAAHhodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNg"
    "AAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqSSmubgIaDAgAAAMAyAAAAwAIQGIAAQAH"
    "RAHBcrAiQAAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAABBwaXhpAAAAAAMICAgAAAAJaXJvdAMAAAAYaXBtYQAA"
    "AAAAAAABAAEFgQIDBIUAAAAaaXJlZgAAAAAAAAAOY2RzYwACAAEAAQAAAFhtZGF0AAAAKCgBrxOA5TPAn//4ZCiv/gIdX+/UyqVvrTU//4VD"
    "Rf1oh3KRWT+UvPAAAAAGRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAA="
)


def picture(
    color: int | tuple[int, ...] = (200, 100, 50),
    size: tuple[int, int] = (16, 16),
    kind: str = "PNG",
    **options: object,
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
    """n pictures of different brightness: 10, 20, …"""
    return {f"{prefix}{i:02d}.png": picture((10 * i + 10,) * 3) for i in range(n)}


def one_of_ten(folder: Path, content: bytes, name: str = "odd.png", **options: Any) -> Images:
    """One picture as it is loaded, among ten black ones in another class."""
    files = {f"black/{i}.png": picture(0) for i in range(10)} | {f"odd/{name}": content}
    dataset = load_dataset(write_folder(folder, files), image_size=8, **options)
    found = [s.images[s.labels == 1] for s in (dataset.train, dataset.validation, dataset.test)]
    return np.concatenate(found)[0]


def all_images(dataset: splits.Dataset) -> Images:
    return np.concatenate([dataset.train.images, dataset.validation.images, dataset.test.images])

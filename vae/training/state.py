"""The state of a run in one file: tensors, and numbers as JSON. A run resumes from it."""

import json
import zlib
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor


def write_state(path: Path, tensors: dict[str, Tensor], numbers: dict[str, Any]) -> None:
    """Replaces the file, whole or not at all. Raises OSError."""
    part = path.with_suffix(".part")
    try:
        held = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
        text = json.dumps(numbers)
        save_file(held, part, {"trainer": text, "checksum": _checksum(held, text)})
        part.replace(path)
    except SafetensorError as error:
        raise OSError(f"{path}: could not be written ({error})") from error
    finally:
        part.unlink(missing_ok=True)


def read_state(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors, on the CPU, and the numbers. Raises whatever the file's faults cause."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    if metadata["checksum"] != _checksum(tensors, metadata["trainer"]):
        raise ValueError("it has been damaged or changed")
    return tensors, json.loads(metadata["trainer"])


def _checksum(tensors: dict[str, Tensor], text: str) -> str:
    """CRC-32 of all content: it differs once the file is damaged or edited."""
    checksum = zlib.crc32(text.encode())
    for name, tensor in sorted(tensors.items()):
        checksum = zlib.crc32(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode(), checksum)
        checksum = zlib.crc32(tensor.reshape(-1).view(torch.uint8).numpy().data, checksum)
    return f"{checksum:08x}"

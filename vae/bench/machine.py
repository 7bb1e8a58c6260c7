"""The machine that a benchmark has run on, which it prints beside its numbers."""

import os
import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path


def report(result: Mapping[str, object]) -> str:
    """The numbers as text, one per line, under a line that describes the machine."""
    lines = [f"{name:>24}  {value}" for name, value in result.items()]
    return "\n".join([machine(), *lines])


def machine() -> str:
    """Processor, cores, and versions of Python and torch."""
    cpu = next((v for k, v in proc_fields("/proc/cpuinfo") if k == "model name"), platform.machine())
    versions = f"Python {platform.python_version()}, torch {version('torch')}"
    return f"{cpu}, {os.cpu_count()} cores, {platform.system()}, {versions}"


def proc_fields(path: str) -> Iterator[tuple[str, str]]:
    """Key and value of each line of a file below /proc; nothing where there is none."""
    if Path(path).exists():
        for line in Path(path).read_text().splitlines():
            key, _, value = line.partition(":")
            yield key.strip(), value.strip()

"""Projections computed by a fake or a quick method, for tests of the code around them."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.patience import PATIENCE
from vae.projection.config import ProjectionConfig
from vae.projection.service import Event, ProjectionService, Subscription

# `neighbours` steps of 20 ms; seed 13 fails. Every computation adds its process id to a file. While there is a file
# "held", it stays at a step, where it can be cancelled.
FAKE = """
import os, time
from pathlib import Path
from vae.projection import worker

def fake(points, config, on_frame):
    with Path(__file__).with_name("computed").open("a") as file:
        file.write(f"{os.getpid()}\\n")
    print("a library that prints")
    if config.seed == 13:
        raise RuntimeError("a secret path")
    for step in range(config.neighbours):
        on_frame(step / config.neighbours, points[:, : config.dims] + step)
        time.sleep(0.02)
        while Path(__file__).with_name("held").exists():
            on_frame(step / config.neighbours, points[:, : config.dims] + step)
            time.sleep(0.02)
    return 2 * points[:, : config.dims]

worker.main(fake)
"""


QUICK = ProjectionConfig("umap", neighbours=2)


def points(n: int = 450, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 4)).astype(np.float32)


class Lab:
    """A projection service with a fake projector, in a folder of its own."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder, self.cache = folder, folder / "cache"
        self.script = folder / "fake.py"
        self.script.write_text(FAKE)
        self.service = ProjectionService(
            options.pop("cache", self.cache), command=(sys.executable, str(self.script)), **options
        )

    @property
    def computed(self) -> list[int]:
        """The process of each computation so far."""
        file = self.folder / "computed"
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    async def until_computing(self, count: int = 1) -> None:
        await until(lambda: len(self.computed) == count)

    async def result(self, config: ProjectionConfig = QUICK, **options: Any) -> Event:
        return (await events(await self.service.subscribe(options.pop("points", points()), config, **options)))[-1]

    @contextmanager
    def held(self) -> Iterator[None]:
        """No computation ends during this."""
        held = self.folder / "held"
        held.touch()
        try:
            yield
        finally:
            held.unlink()

    def temporary_files(self) -> list[Path]:
        folder = self.service._projecting.projector._folder
        return list(folder.rglob("*")) if folder else []


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "this never happened"
        await asyncio.sleep(0.005)


async def events(subscription: Subscription) -> list[Event]:
    async with asyncio.timeout(PATIENCE):
        return [event async for event in subscription]


def run(folder: Path, body: Callable[[Lab], Awaitable[None]], **options: Any) -> None:
    @asynccontextmanager
    async def lab() -> AsyncIterator[Lab]:
        made = Lab(folder, **options)
        try:
            yield made
        finally:
            await made.service.close()

    async def main() -> None:
        async with lab() as made:
            await body(made)

    asyncio.run(main())

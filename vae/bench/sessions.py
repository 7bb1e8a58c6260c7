"""Streamlit sessions over the real protocol, without a browser, that open one page after the other."""

import asyncio
import random
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

PAGES = ("", "Lessons", "Explore", "Latent_map", "Sampling", "Interpolation", "Reconstruction", "Training", "Class")
MAX_MESSAGE_BYTES = 2**26
# Not the end of a fragment, which some pages run every other second, nor of a run that a newer one replaces.
WHOLE_RUNS = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_WITH_COMPILE_ERROR)


@dataclass
class Clicks:
    """Measured by all sessions. reruns: seconds from a click to the end of the page's run. exceptions: boxes shown."""

    reruns: list[float] = field(default_factory=list)
    exceptions: int = 0

    def summary(self) -> dict[str, object]:
        """The numbers by name; times are None if no page run has finished."""
        p50, p95 = np.percentile(self.reruns, (50, 95)).round(3).tolist() if self.reruns else (None, None)
        return {
            "page_runs": len(self.reruns),
            "page_run_p50_seconds": p50,
            "page_run_p95_seconds": p95,
            "page_exceptions": self.exceptions,
        }


async def click_through(url: str, every: float, clicks: Clicks, seed: int) -> None:
    """One session that opens a page every so many seconds, from a random moment on, until it is cancelled."""
    rng = random.Random(seed)
    await asyncio.sleep(rng.random() * every)
    address = url.replace("http", "ws", 1) + "/_stcore/stream"
    async with connect(address, subprotocols=["streamlit"], max_size=MAX_MESSAGE_BYTES, compression=None) as socket:  # type: ignore[list-item]
        while True:
            begin = perf_counter()
            message = BackMsg()
            message.rerun_script.page_name = rng.choice(PAGES)
            await socket.send(message.SerializeToString())
            while not finished(await socket.recv(decode=False), clicks):
                pass
            clicks.reruns.append(perf_counter() - begin)
            await asyncio.sleep(max(0.0, every - (perf_counter() - begin)))


def finished(data: bytes, clicks: Clicks) -> bool:
    """Whether a message of the server ends a page's run; counts the exceptions that it shows."""
    message = ForwardMsg.FromString(data)
    if message.WhichOneof("type") == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
        clicks.exceptions += 1
    return message.HasField("script_finished") and message.script_finished in WHOLE_RUNS

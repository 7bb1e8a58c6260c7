"""Lower priority for what computes for seconds or minutes, so that live decoding goes first."""

import os
import re
from contextlib import suppress
from pathlib import Path
from time import sleep

AUTOGROUP = Path("/proc/self/autogroup")
TRIES = 20
TRY_SECONDS = 0.1  # Linux accepts one change in that time from users other than root


def niceness() -> int:
    """How far a long computation gives way: VAE_NICENESS, 0 (not at all) to 19, 10 by default. Raises ValueError."""
    value = os.environ.get("VAE_NICENESS", "10")
    if not re.fullmatch("1?[0-9]", value):
        raise ValueError(f"VAE_NICENESS is {value!r}; set it to how far long computations give way, 0 to 19.")
    return int(value)


def lower_priority() -> None:
    """Makes this process give way to others; where the processor is free, it runs as fast as before. Raises ValueError.

    Linux may divide the processors among sessions before it looks at the niceness of their processes. So the leader of
    a session lowers the priority of the session, too.
    """
    if hasattr(os, "nice"):
        os.nice(niceness())
    if hasattr(os, "getsid") and os.getsid(0) == os.getpid():
        with suppress(OSError):  # a system without autogroups
            _lower_session_priority()


def _lower_session_priority() -> None:
    for _ in range(TRIES):
        try:
            AUTOGROUP.write_text(str(niceness()))
        except BlockingIOError:  # too soon after another change
            sleep(TRY_SECONDS)
        else:
            return

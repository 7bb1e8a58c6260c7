"""Lower priority for a process that works for minutes, so that live decoding goes first."""

import os
from contextlib import suppress
from pathlib import Path
from time import sleep

NICENESS = 10
AUTOGROUP = Path("/proc/self/autogroup")
TRIES = 20
TRY_SECONDS = 0.1  # Linux accepts one change in that time from users other than root


def lower_priority() -> None:
    """Makes this process give way to others; where the processor is free, it runs as fast as before.

    Linux may divide the processors among sessions before it looks at the niceness of their processes. So the leader of
    a session lowers the priority of the session, too.
    """
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    if hasattr(os, "getsid") and os.getsid(0) == os.getpid():
        with suppress(OSError):  # a system without autogroups
            _lower_session_priority()


def _lower_session_priority() -> None:
    for _ in range(TRIES):
        try:
            AUTOGROUP.write_text(str(NICENESS))
        except BlockingIOError:  # too soon after another change
            sleep(TRY_SECONDS)
        else:
            return

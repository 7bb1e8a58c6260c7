"""How a process that works for minutes lets live decoding go first."""

import os
from contextlib import suppress
from pathlib import Path
from time import sleep

NICENESS = 10
AUTOGROUP = Path("/proc/self/autogroup")
TRIES = 20
TRY_SECONDS = 0.1  # Linux takes no more than one wish in that time from people who are not root


def give_way() -> None:
    """Lets whoever decodes go first, at no cost where nobody does.

    Linux may share the processors out among sessions before it heeds the niceness of their processes. A process that
    leads a session of its own makes that nice, too.
    """
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    if hasattr(os, "getsid") and os.getsid(0) == os.getpid():
        with suppress(OSError):  # no such system
            _ask_for_session()


def _ask_for_session() -> None:
    for _ in range(TRIES):
        try:
            AUTOGROUP.write_text(str(NICENESS))
        except BlockingIOError:  # too soon after another's
            sleep(TRY_SECONDS)
        else:
            return

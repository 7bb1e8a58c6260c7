"""Whether files in a folder that several machines share can be locked across them."""

import os
import re
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

TRY_SECONDS = 30.0
HELD = 3  # exit status of a process that finds the file locked
TRY = f"""
import fcntl, sys
with open(sys.argv[1], "rb+") as file:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit({HELD})
"""
MOUNTS = Path("/proc/self/mountinfo")
# Mounts whose locks hold among the processes of one machine only.
LOCAL_LOCKS = re.compile(r"^(nfs4? .*\b(nolock|local_lock=(?!none)\w+)|cifs .*\bnobrl|fuse\.sshfs )")
REMEDY = "share it by NFSv4 or CephFS, which do, and start the app again."


@cache
def lock_problem(folder: Path) -> str:
    """Why locks in this folder, which exists, do not hold across machines, in a sentence; empty where they may.

    That another process of this machine finds a lock is tried once; how the folder is mounted says the rest.
    """
    if fcntl is None:
        return f"On this system {folder} does not lock across machines; run the app on Linux."
    if found := LOCAL_LOCKS.match(_mount(folder.resolve())):
        kind = found[0].split(" ")[0]
        return f"{folder} does not lock across machines, as it is mounted ({kind}): {REMEDY}"
    try:
        with tempfile.NamedTemporaryFile(prefix=".lock-test-", dir=folder) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            command = [sys.executable, "-I", "-S", "-c", TRY, file.name]
            found_held = subprocess.run(command, capture_output=True, timeout=TRY_SECONDS, check=False).returncode
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{folder} does not lock its files ({error}): {REMEDY}"
    return "" if found_held == HELD else f"{folder} does not lock its files, as two processes can hold a lock: {REMEDY}"


def _mount(folder: Path) -> str:
    """Type and options of the file system on which a folder is; empty where they are not known."""
    best, found = "", ""
    try:
        lines = MOUNTS.read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return ""
    for line in lines:
        first, _, last = line.partition(" - ")
        fields, ends = first.split(" "), last.split(" ")
        point = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), fields[4])
        if os.path.commonpath([point, folder]) == point and len(point) >= len(best):
            best, found = point, f"{ends[0]} {fields[5]},{ends[-1]}"
    return found

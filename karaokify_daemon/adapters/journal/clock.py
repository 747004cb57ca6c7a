"""A clock that nobody sets and that outlives the process: seconds since the machine's start."""

import contextlib
import time
from pathlib import Path


def now() -> float:
    """Return seconds since the machine's start, sleep included (clock_gettime(2))."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot() -> str:
    """Return what names this run of the machine: times of `now` of another one mean nothing."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    return ""

"""What our child processes take, and how they step back for others."""

import contextlib
import time

import psutil

_LOOK_S = 0.2
_LOWEST = 7  # of the best-effort class: the last in the queue, and yet never starved


def rss(pid: int) -> int:
    """Return the bytes of memory that a process holds; 0 where it has ended."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except (psutil.Error, OSError):
        return 0


def rss_of_family(pid: int) -> int:
    """Return the bytes of memory that a process and all its children hold together.

    What several of them share counts for each.
    """
    try:
        children = psutil.Process(pid).children(recursive=True)
    except (psutil.Error, OSError):
        return 0
    return rss(pid) + sum(rss(child.pid) for child in children)


def stirs(pid: int, seconds: float) -> bool:
    """Tell whether the main thread of a process does anything within some seconds, if only wait.

    The kernel counts each time that it goes on; one that is stopped, or waits for ever, does not.
    """
    until = time.monotonic() + seconds
    try:
        before = psutil.Process(pid).num_ctx_switches()
        while time.monotonic() < until:
            if psutil.Process(pid).num_ctx_switches() != before:
                return True
            time.sleep(_LOOK_S)
    except psutil.Error:
        return False
    return False


def step_back(pid: int, nice: int) -> None:
    """Let a process that has just begun give way, for processors and for disks; 0: leave it.

    Its later threads inherit that, those which it has already do not.
    """
    if not nice:
        return
    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        process.nice(nice)
        process.ionice(psutil.IOPRIO_CLASS_BE, _LOWEST)

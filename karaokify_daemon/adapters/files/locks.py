"""Lock files whose holder is known by host, process and its start, so that a dead one is proven."""

import os
import stat
from pathlib import Path

from filelock import SoftFileLock, Timeout

_LONGEST = 1024  # bytes; no lock of filelock's is longer


def try_lock(path: Path) -> SoftFileLock | None:
    """Take a lock, also one that a dead process of this host left; None while it is held.

    A lock of another host counts as held: nobody here can prove that its process is dead.
    Two processes that find the same dead lock at once may both take it; see claims._guard.
    """
    lock = SoftFileLock(path, thread_local=False)
    for _ in range(2):  # the first attempt may only clear a dead process's lock away
        try:
            lock.acquire(blocking=False)
        except Timeout:
            continue
        except PermissionError:
            if os.path.lexists(path):  # another user's process holds it
                return None
            raise
        return lock
    return None


def holder(path: Path) -> str | None:
    """Return "process PID on HOST" from a lock, or None where there is none."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError:
        return "an unknown process"
    try:
        regular = stat.S_ISREG(os.fstat(fd).st_mode)
        lines = os.read(fd, _LONGEST).decode("ascii", "replace").split() if regular else []
    finally:
        os.close(fd)
    if len(lines) < 2 or not lines[0].isdigit():
        return "an unknown process"
    return f"process {lines[0]} on {lines[1]}"

"""Lock files whose holder is known by host, process and its start, so that a dead one is proven."""

import contextlib
import fcntl
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
from filelock import SoftFileLock, Timeout

_LONGEST = 1024  # bytes; no lock of filelock's is longer
_GUARD = ".karaokify-guard"
_held: dict[Path, bytes] = {}  # what is in the locks that this process holds
# What is in locks of ours that could not be removed, because their disk was gone at that moment:
# when it is back they name a process that lives, but holds nothing.
_left: dict[Path, bytes] = {}


def try_lock(path: Path) -> SoftFileLock | None:
    """Take a lock, also one that a dead process of this host left; None while it is held.

    A lock of another host counts as held: nobody here can prove that its process is dead.
    Two processes that find the same dead lock at once may both take it; see `guard`.
    Raises OSError.
    """
    _clear_left(path)
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
        _held[path] = path.read_bytes()
        return lock
    return None


def release(lock: SoftFileLock) -> None:
    """Let others have a lock. May be called again."""
    path = Path(lock.lock_file)
    content = _held.pop(path, None)
    if content is not None and not path.exists():
        _left[path] = content
    lock.release(force=True)


def _clear_left(path: Path) -> None:
    content = _left.pop(path, None)
    if content is not None and path.exists() and path.read_bytes() == content:
        path.unlink()


def holder(path: Path) -> str | None:
    """Return "process PID on HOST" from a lock, or None where there is none."""
    if (found := _read(path)) is None:
        return None
    pid, host = found
    return f"process {pid} on {host}" if pid else "an unknown process"


def is_alive_here(path: Path) -> bool:
    """Tell whether a lock names a process of this host that runs."""
    pid, host = _read(path) or (0, "")
    return host == socket.gethostname() and bool(pid) and psutil.pid_exists(pid)


def _read(path: Path) -> tuple[int, str] | None:
    """Return process and host of a lock, (0, "") where it does not tell, None without a lock."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError:
        return 0, ""
    try:
        regular = stat.S_ISREG(os.fstat(fd).st_mode)
        lines = os.read(fd, _LONGEST).decode("ascii", "replace").split() if regular else []
    finally:
        os.close(fd)
    return (int(lines[0]), lines[1]) if len(lines) > 1 and lines[0].isdigit() else (0, "")


@contextlib.contextmanager
def guard(folder: Path) -> Iterator[None]:
    """Let one process of this host at a time look at the locks of a folder. Raises OSError.

    filelock clears a dead lock in two steps, read then rename. Between them another process may
    have cleared it too and put its own there, which would be renamed away while it is held.
    """
    fd = _open_guard(folder / _GUARD)
    try:
        with contextlib.suppress(OSError):  # a file system without flock: the race stays, tiny
            fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _open_guard(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    except PermissionError:  # another user's
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)

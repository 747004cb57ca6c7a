"""Lock files whose holder is known by host, process and its start, so that a dead one is proven."""

import contextlib
import fcntl
import os
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from filelock import SoftFileLock, Timeout

_LONGEST = 1024  # bytes; no lock of filelock's is longer
_GUARD = ".karaokify-guard"
_GUARD_SECONDS, _GUARD_POLL_S = 5.0, 0.01  # it is held for the moment of one look
_ENDED = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
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
            _clear_unreaped(path)
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
    return _status(path) not in (None, *_ENDED)


def _clear_unreaped(path: Path) -> None:
    """Remove the lock of a process that has ended, and whose parent does not look after it.

    filelock takes it for one that runs, as long as the parent does.
    """
    if _status(path) in _ENDED:
        path.unlink(missing_ok=True)


def _status(path: Path) -> str | None:
    """Return the state of the process of this host that a lock names; None without one."""
    pid, host = _read(path) or (0, "")
    if host != socket.gethostname() or not pid:
        return None
    try:
        return str(psutil.Process(pid).status())
    except psutil.NoSuchProcess:
        return None


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
        _lock_guard(fd)
        yield
    finally:
        os.close(fd)


def _lock_guard(fd: int) -> None:
    """Wait for the guard, but not for ever: whoever may open it may hold it."""
    until = time.monotonic() + _GUARD_SECONDS
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise
            time.sleep(_GUARD_POLL_S)
        except OSError:  # a file system without flock: the race stays, tiny
            return
        else:
            return


def _open_guard(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    except PermissionError:  # another user's
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)

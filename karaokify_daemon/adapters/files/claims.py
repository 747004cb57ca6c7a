"""Claims: the lock file beside a recording that says which process works on it."""

import contextlib
import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import SoftFileLock

from karaokify_daemon.adapters.files import locks
from karaokify_daemon.adapters.files.durable import reported
from karaokify_daemon.errors import IntakeError

_PREFIX, _SUFFIX = ".karaokify-", ".lock"
_GUARD = ".karaokify-guard"
# What is in locks of ours that could not be removed, because the inbox was gone at that moment:
# when it is back they name a process that lives, but holds nothing.
_left: dict[Path, bytes] = {}


class Claim:
    """A recording is ours until this is released, or until the process dies."""

    def __init__(self, media: Path, lock: SoftFileLock) -> None:
        self.media = media
        self._lock = lock
        self._content = Path(lock.lock_file).read_bytes()

    def release(self) -> None:
        """Let others have the recording, if it is still there. May be called again."""
        path = Path(self._lock.lock_file)
        if self._lock.is_locked and not path.parent.is_dir():
            _left[path] = self._content
        self._lock.release(force=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def claim(media: Path) -> Claim | None:
    """Claim a recording; None when another process holds it, or when it is gone.

    The caller looks afterwards whether it still is the file that was complete.
    Raises IntakeError when the folder cannot be written to.
    """
    path = _lock_path(media)
    with reported("cannot be claimed", media, IntakeError), _guard(media.parent):
        _clear_left(path)
        lock = locks.try_lock(path)
    if lock is None:
        return None
    with contextlib.suppress(OSError):
        if stat.S_ISREG(media.lstat().st_mode):
            return Claim(media, lock)
    lock.release(force=True)
    return None


def _clear_left(path: Path) -> None:
    content = _left.pop(path, None)
    if content is not None and path.exists() and path.read_bytes() == content:
        path.unlink()


def holder(media: Path) -> str | None:
    """Return "process PID on HOST" for a claimed recording, else None."""
    return locks.holder(_lock_path(media))


def sweep(inbox: Path) -> int:
    """Remove claims of dead processes in the inbox and its subfolders; return how many.

    Claiming a recording replaces a dead claim anyway; this is for recordings that are gone.
    """
    with reported("cannot be swept", inbox, IntakeError):
        with os.scandir(inbox) as entries:
            folders = [Path(e.path) for e in entries if e.is_dir(follow_symlinks=False)]
        return sum(_sweep_folder(folder) for folder in (inbox, *folders))


def _sweep_folder(folder: Path) -> int:
    try:
        left = [p for p in folder.iterdir() if p.name.startswith(_PREFIX) and _SUFFIX in p.name]
    except OSError:  # a subfolder that is gone, or closed to us: then nothing was claimed in it
        return 0
    if not left:
        return 0
    removed = 0
    with _guard(folder):
        for path in left:
            if not path.name.endswith(_SUFFIX):  # filelock, killed while it cleared a dead lock
                path.unlink(missing_ok=True)
            elif (lock := locks.try_lock(path)) is not None:
                lock.release(force=True)
                removed += 1
    return removed


def _lock_path(media: Path) -> Path:
    # a name may have 255 bytes already, so the lock is named from its hash
    digest = hashlib.sha256(os.fsencode(media.name)).hexdigest()[:16]
    return media.parent / f"{_PREFIX}{digest}{_SUFFIX}"


@contextlib.contextmanager
def _guard(folder: Path) -> Iterator[None]:
    """Let one process of this host at a time look at the locks of a folder.

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

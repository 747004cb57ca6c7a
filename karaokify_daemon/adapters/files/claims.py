"""Claims: the lock file beside a recording that says which process works on it."""

import contextlib
import hashlib
import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import SoftFileLock

from karaokify_daemon.adapters.files import locks
from karaokify_daemon.adapters.files.durable import reported
from karaokify_daemon.errors import IntakeError

_PREFIX, _SUFFIX = ".karaokify-", ".lock"


class Claim:
    """A recording is ours until this is released, or until the process dies."""

    def __init__(self, media: Path, lock: SoftFileLock) -> None:
        self.media = media
        self._lock = lock

    def release(self) -> None:
        """Let others have the recording, if it is still there. May be called again."""
        locks.release(self._lock)

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
    with reported("cannot be claimed", media, IntakeError), locks.guard(media.parent):
        lock = locks.try_lock(path)
    if lock is None:
        return None
    with contextlib.suppress(OSError):
        if stat.S_ISREG(media.lstat().st_mode):
            return Claim(media, lock)
    locks.release(lock)
    return None


def holder(media: Path) -> str | None:
    """Return "process PID on HOST" for a claimed recording, else None."""
    return locks.holder(_lock_path(media))


def is_held_here(media: Path) -> bool:
    """Tell whether a process of this host that runs has claimed a recording."""
    return locks.is_alive_here(_lock_path(media))


def unlock(media: Path) -> str | None:
    """Remove a claim that nobody here holds, such as one of another host; return who holds it now.

    None when it was removed. The caller must know that the process is dead. Raises IntakeError.
    """
    path = _lock_path(media)
    with reported("cannot be unlocked", media, IntakeError), locks.guard(media.parent):
        if (lock := locks.try_lock(path)) is not None:  # its process was dead, on this host
            locks.release(lock)
        elif locks.is_alive_here(path):
            return locks.holder(path)
        else:
            path.unlink(missing_ok=True)
    return None


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
    with locks.guard(folder):
        for path in left:
            if not path.name.endswith(_SUFFIX):  # filelock, killed while it cleared a dead lock
                path.unlink(missing_ok=True)
            elif (lock := locks.try_lock(path)) is not None:
                locks.release(lock)
                removed += 1
    return removed


def _lock_path(media: Path) -> Path:
    # a name may have 255 bytes already, so the lock is named from its hash
    digest = hashlib.sha256(os.fsencode(media.name)).hexdigest()[:16]
    return media.parent / f"{_PREFIX}{digest}{_SUFFIX}"

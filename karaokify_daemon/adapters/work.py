"""Private working folders in the cache, one per job; those of dead processes are swept."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from karaokify_daemon.domain.names import printable
from karaokify_daemon.errors import PublishError

_FOLDER = "work"


@contextlib.contextmanager
def work_folder(cache: Path) -> Iterator[Path]:
    """Yield an empty folder (mode 0700) that is removed afterwards."""
    base = cache / _FOLDER
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{_owner()}-", dir=base))
    except OSError as error:
        raise PublishError(
            f"a working folder cannot be made there ({error.strerror})",
            file=printable(str(base)),
            advice="Check free space and permissions of the cache, then retry.",
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(cache: Path) -> int:
    """Remove working folders whose process is gone; return how many."""
    removed = 0
    for folder in (cache / _FOLDER).glob("*-*-*"):
        host, pid, started = folder.name.rsplit("-", 3)[:3]
        if host == os.uname().nodename and _started(pid) != started:
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


def _owner() -> str:
    return f"{os.uname().nodename}-{os.getpid()}-{_started(os.getpid())}"


def _started(pid: int | str) -> str | None:
    """Return when a process began, None where there is none.

    In clock ticks since the machine's start, which setting the clock does not change: proc(5),
    /proc/pid/stat, field 22.
    """
    try:
        text = Path("/proc", str(pid), "stat").read_text("ascii", "replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()[19]

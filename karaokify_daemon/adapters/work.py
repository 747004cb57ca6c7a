"""Private working folders in the cache, one per job; those of dead processes are swept."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

_FOLDER = "work"


@contextlib.contextmanager
def work_folder(cache: Path) -> Iterator[Path]:
    """Yield an empty folder (mode 0700) that is removed afterwards."""
    base = cache / _FOLDER
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{_owner()}-", dir=base))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(cache: Path) -> int:
    """Remove working folders whose process is gone; return how many."""
    removed = 0
    for folder in (cache / _FOLDER).glob("*-*-*"):
        host, pid, started = folder.name.rsplit("-", 3)[:3]
        if host == os.uname().nodename and not _alive(pid, started):
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


def _owner() -> str:
    process = psutil.Process()
    return f"{os.uname().nodename}-{process.pid}-{int(process.create_time())}"


def _alive(pid: str, started: str) -> bool:
    try:
        return abs(psutil.Process(int(pid)).create_time() - int(started)) < 2
    except (psutil.NoSuchProcess, ValueError):
        return False
    except psutil.AccessDenied:
        return True

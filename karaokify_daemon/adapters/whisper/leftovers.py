"""What downloads have left that were killed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from karaokify_daemon.adapters.whisper.models import folder_of

PREFIX = ".download-"  # of the folder that a download is in


def sweep(cache: Path, *, before: float) -> int:
    """Remove downloads in which nothing was written since a time (seconds since 1970).

    Returns how many. One that goes on, of another service, is written all the time.
    """
    removed = 0
    for folder in folder_of(cache).glob(f"{PREFIX}*"):
        if max(_written(folder)) < before:
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


def _written(folder: Path) -> Iterator[float]:
    """Yield when each file was written; one that vanishes meanwhile is in use."""
    try:
        for path in (folder, *folder.rglob("*")):
            yield path.lstat().st_mtime
    except OSError:
        yield float("inf")

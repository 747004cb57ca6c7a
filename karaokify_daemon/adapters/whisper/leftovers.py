"""What downloads, conversions and unpackings of models have left that were killed."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

from karaokify_daemon.adapters.whisper.models import folder_of

PREFIX = ".download-"  # of the folder that a download is in
_HALF_MADE = (f"{PREFIX}*", ".*.ct2.new", ".demo-*")


def sweep(cache: Path, *, before: float) -> int:
    """Remove what is half made, and was not written to since a time (seconds since 1970).

    Returns how many. What that goes on, of another service, is written all the time.
    """
    removed = 0
    for path in chain.from_iterable(map(folder_of(cache).glob, _HALF_MADE)):
        if max(_written(path)) < before:
            shutil.rmtree(path, ignore_errors=True)
            with suppress(OSError):  # a file, or gone already
                path.unlink()
            removed += 1
    return removed


def _written(folder: Path) -> Iterator[float]:
    """Yield when each file was written; one that vanishes meanwhile is in use."""
    try:
        for path in (folder, *folder.rglob("*")):
            yield path.lstat().st_mtime
    except OSError:
        yield float("inf")

"""Hard links: a file with another name elsewhere is not only ours to take."""

import contextlib
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

_REASON = "has other names, outside (hard links): put a copy here"


def linked_elsewhere(
    files: Mapping[Path, os.stat_result], own: Iterable[Path]
) -> Mapping[Path, str]:
    """Return those files that have a name outside their own folders and the folders `own`.

    A move to one of `own` that was cut short leaves two names, which are no others. With each
    comes what is wrong with it.
    """
    linked = {path: info for path, info in files.items() if info.st_nlink > 1}
    if not linked:
        return {}
    known: Counter[tuple[int, int]] = Counter()
    for folder in {path.parent for path in linked} | set(own):
        known.update(_inodes(folder))
    return {
        path: _REASON
        for path, info in linked.items()
        if info.st_nlink > known[info.st_dev, info.st_ino]
    }


def _inodes(folder: Path) -> list[tuple[int, int]]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        device = folder.stat().st_dev
        return [(device, entry.inode()) for entry in entries]
    return []

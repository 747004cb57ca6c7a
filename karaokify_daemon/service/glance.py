"""Whether anything has happened since the inbox was scanned, for a small part of what that costs.

A kernel that tells of changes makes scans of an empty inbox a precaution, and most of what they do
is in vain. The time of change of a folder tells of each file that came, and its device that a disk
has gone. Not of writing to a file that lies there, so nothing may wait in the inbox.
"""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_MOST_S = 300.0  # between two scans
_TICK_NS = 2_000_000_000  # times of change may be as coarse as that: what is younger may be older


@dataclass(frozen=True)
class Glance:
    """What folders were like at a scan that found nothing."""

    inboxes: dict[str, tuple[int, ...]]
    others: dict[str, tuple[int, ...]]
    until: float

    @classmethod
    def of(cls, inboxes: Iterable[Path], others: Iterable[Path]) -> "Glance | None":
        """Return it right after a scan; None where a change could be overlooked.

        Folders that are not there are seen when they come.
        """
        now = time.time_ns()
        seen = {str(path): _facts(path) for path in inboxes}
        if any(facts and now - facts[-1] < _TICK_NS for facts in seen.values()):
            return None
        kept = {str(path): _facts(path)[:-1] for path in others}
        return cls(seen, kept, time.monotonic() + _MOST_S)

    def is_enough(self) -> bool:
        """Tell whether all is as it was, and that not for too long."""
        return (
            time.monotonic() < self.until
            and all(_facts(path) == facts for path, facts in self.inboxes.items())
            and all(_facts(path)[:-1] == facts for path, facts in self.others.items())
        )


def _facts(path: str | Path) -> tuple[int, ...]:
    """Return device, inode and time of change: another one for each file that comes.

    Not that of modification, which a copy tool may set to what it was.
    """
    try:
        info = os.stat(path)  # noqa: PTH116 - a Path for each costs more than the call
    except OSError:
        return ()
    return info.st_dev, info.st_ino, info.st_ctime_ns

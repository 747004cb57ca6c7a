"""What tells a file from another that takes its name, and from itself after it was written to."""

import contextlib
import os
from pathlib import Path

from karaokify_daemon.domain.names import printable
from karaokify_daemon.errors import ConfigError

Identity = tuple[int, int, int, int]  # device, inode, size, modification time in nanoseconds
Identities = dict[Path, Identity]


def of_stat(info: os.stat_result) -> Identity:
    """Return a file's identity."""
    return info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns


def refuse_overwrite(output: Path, *sources: Path | None) -> None:
    """Raise ConfigError where what is to be written is one of the files it is made from."""
    for source in sources:
        with contextlib.suppress(FileNotFoundError):
            if source is not None and output.samefile(source):
                raise ConfigError(
                    "is both what is read and what is written",
                    file=printable(str(output)),
                    advice="Give the output another name.",
                )

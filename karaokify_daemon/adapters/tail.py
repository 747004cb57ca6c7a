"""The lines that are added to a file, also after it was rotated away or cut to nothing."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

_POLL_S = 0.3


def follow(path: Path, file: TextIO) -> Iterator[str]:
    """Yield each line that comes after where an open file stands; never ends.

    Where another file is at its path, what was added to the old one comes first.
    """
    while True:
        is_other = _is_other(path, file)
        if part := file.readline():
            while not part.endswith("\n"):  # it is being written
                time.sleep(_POLL_S)
                part += file.readline()
            yield part
        elif is_other:
            file.close()
            file = path.open(encoding="utf-8", errors="backslashreplace")
        elif os.fstat(file.fileno()).st_size < file.buffer.tell():  # logrotate's copytruncate
            file.seek(0)
        else:
            time.sleep(_POLL_S)


def _is_other(path: Path, file: TextIO) -> bool:
    try:
        return not os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except OSError:  # between two of them
        return False

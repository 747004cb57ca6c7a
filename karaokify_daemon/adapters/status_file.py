"""What the service tells of itself, in a small file of the state folder (mode 0600)."""

import json
import os
import socket
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import psutil
from pydantic import TypeAdapter, ValidationError

from karaokify_daemon.domain.status import Live

NAME = "status.json"
_LIVE = TypeAdapter(Live)


def write(state: Path, live: Live) -> None:
    """Put it there whole, never halfway; where that cannot be, it grows old.

    It is not flushed: after a crash of the machine nobody asks what was before.
    """
    new = state / f".{NAME}"
    text = json.dumps(asdict(live), ensure_ascii=False) + "\n"
    with suppress(OSError):
        fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(text)
        new.replace(state / NAME)


def touch(state: Path) -> None:
    """Note that nothing has changed since it was written."""
    with suppress(OSError):
        os.utime(state / NAME)


def read(state: Path) -> tuple[Live, float] | None:
    """Return what was told last, and when that was last so (Unix seconds); None without it.

    Raises OSError where it may not be read.
    """
    path = state / NAME
    try:
        raw, at = path.read_bytes(), path.stat().st_mtime
    except FileNotFoundError:
        return None
    with suppress(ValidationError):  # of another version
        return _LIVE.validate_json(raw), at
    return None


def own_process() -> tuple[int, str, float]:
    """Return what names this process: its id, its host, and when it began."""
    return os.getpid(), socket.gethostname(), psutil.Process().create_time()


def is_alive(live: Live, at: float, *, most: float) -> bool:
    """Tell whether the service that told this still runs; of another host, by its age (seconds)."""
    if live.state == "stopped":
        return False
    if live.host != socket.gethostname():
        return time.time() - at < most
    try:
        process = psutil.Process(live.pid)
        is_same = abs(process.create_time() - live.process_started) < 1
        return is_same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:  # another user's, on a machine that hides it
        return time.time() - at < most

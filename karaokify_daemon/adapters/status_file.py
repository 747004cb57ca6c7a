"""What the service tells of itself, in a small file of the state folder (mode 0600)."""

import json
import os
import socket
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from karaokify_daemon.domain.status import Live

NAME = "status.json"
TOUCH_S = 3600.0  # how often an idle service says that it is still so: seldom, so that disks rest
_LIVE = TypeAdapter(Live)
_START = 19  # of the fields of /proc/PID/stat after the name (proc(5)): when the process began


class StatusFile:
    """The file as its service writes it: whole, never halfway, and not while another lives there.

    It is not flushed: after a crash of the machine nobody asks what was before.
    """

    def __init__(self, state: Path) -> None:
        self._path = state / NAME
        self._new = state / f".{NAME}.{os.getpid()}"
        self._written: int | None = None  # the inode of what we have written last

    def is_ours(self) -> bool:
        """Tell whether what lies there is what was written last."""
        with suppress(OSError):
            return self._path.lstat().st_ino == self._written
        return False

    def write(self, live: Live) -> bool:
        """Replace it; False where that cannot be, or another service that runs has written it."""
        text = json.dumps(asdict(live), ensure_ascii=False) + "\n"
        try:
            if not self.is_ours() and self._is_another_s(live):
                return False
            fd = os.open(self._new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(fd, "w", encoding="utf-8", errors="replace") as file:
                self._written = os.fstat(fd).st_ino
                file.write(text)
            self._new.replace(self._path)
        except OSError:
            self._written = None
            with suppress(OSError):
                self._new.unlink()
            return False
        return True

    def touch(self) -> None:
        """Note that nothing has changed since it was written."""
        with suppress(OSError):
            os.utime(self._path)

    def _is_another_s(self, live: Live) -> bool:
        found = read(self._path.parent)
        return found is not None and found[0].pid != live.pid and is_alive(*found, most=60)


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


def own_process() -> tuple[int, str, str]:
    """Return what names this process: its id, its host, and when it began."""
    pid = os.getpid()
    return pid, socket.gethostname(), _began(pid) or ""


def is_alive(live: Live, at: float, *, most: float) -> bool:
    """Tell whether the service that told this still runs; of another host, by its age (seconds)."""
    if live.state == "stopped":
        return False
    if live.host != socket.gethostname():
        return time.time() - at < most
    return _began(live.pid) == live.process_started


def _began(pid: int) -> str | None:
    """Return when a process began, on a clock that nobody sets; None of one that has ended."""
    with suppress(OSError):
        told = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
        state, *fields = told.rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        if state not in "ZX":
            return f"{boot}:{fields[_START - 1]}"
    return None

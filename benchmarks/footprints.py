"""How much memory a service and its children take, by kind, at their highest."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

KINDS = ("service", "worker", "ffmpeg")
_EVERY_S = 0.1
_KB = 1024


@dataclass
class Peaks:
    """The highest of each kind of process, and of all at one moment, in bytes.

    That of one process is the kernel's own high-water mark, so nothing between two looks is missed
    but what a process takes in the last moment of its life.
    """

    of_kind: dict[str, int] = field(default_factory=dict)
    together: int = 0

    def note(self, seen: Iterator[tuple[str, int, int]] | list[tuple[str, int, int]]) -> None:
        """Take in what was seen at one moment: of each process its kind, its peak, and now."""
        now = 0
        for kind, peak, held in seen:
            self.of_kind[kind] = max(self.of_kind.get(kind, 0), peak)
            now += held
        self.together = max(self.together, now)


@contextmanager
def watched(pid: int) -> Iterator[Peaks]:
    """Watch a service and all below it until the end of the block."""
    peaks, done = Peaks(), threading.Event()

    def watch() -> None:
        root = psutil.Process(pid)
        while not done.wait(_EVERY_S):
            peaks.note(list(_look(root)))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peaks
    finally:
        done.set()
        thread.join()


def _look(root: psutil.Process) -> Iterator[tuple[str, int, int]]:
    try:
        own = root.cmdline()
        family = [root, *root.children(recursive=True)]
    except psutil.Error:
        return
    for process in family:
        try:
            command = process.cmdline()
            if process.pid != root.pid and command == own:
                continue  # about to become FFmpeg: what it holds is still its parent's
            status = Path(f"/proc/{process.pid}/status").read_text()
        except (psutil.Error, OSError):
            continue
        kind = "service" if process.pid == root.pid else kind_of(command)
        yield kind, _bytes(status, "VmHWM"), _bytes(status, "VmRSS")


def kind_of(command: list[str]) -> str:
    """Return what a child of the service is.

    >>> kind_of(["/usr/bin/ffmpeg", "-i", "x"]), kind_of(["python", "-c", "...spawn_main(1)"])
    ('ffmpeg', 'worker')
    """
    program = Path(command[0]).name if command else ""
    if program in ("ffmpeg", "ffprobe"):
        return "ffmpeg"
    return "worker" if any("spawn_main" in part for part in command) else "other"


def _bytes(status: str, key: str) -> int:
    for line in status.splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * _KB
    return 0  # a process that has ended, but for its parent's notice

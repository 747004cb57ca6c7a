"""Hints that something happens in the inbox; the scan, which finds out what, is the guarantee."""

import os
import re
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Literal

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserverVFS

from karaokify_daemon.domain.names import printable
from karaokify_daemon.errors import IntakeError

Kind = Literal["events", "poll", "off"]

# File systems that others can change without this kernel knowing.
_REMOTE = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "afs", "coda"),
        *("ceph", "gfs2", "gpfs", "lustre", "beegfs", "ocfs2", "orangefs", "acfs"),
        *("9p", "virtiofs", "vboxsf", "vmhgfs", "prl_fs", "drvfs"),  # from a virtual machine's host
    )
)
_MOUNTS = Path("/proc/self/mountinfo")
# Not the opening and closing of readers: our own look at each file would wake us again and again.
_EVENTS: list[type[FileSystemEvent]] = [
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]


class Watcher:
    """Calls `wake`, from a thread of its own, when files come, change or are renamed."""

    def __init__(
        self,
        folder: Path,
        mode: Literal["auto", "events", "poll", "off"],
        wake: Callable[[], None],
        *,
        warn: Callable[[str], None] = lambda _: None,
        poll_seconds: float = 2.0,
    ) -> None:
        """`warn` is told in a clause when events were wanted and polling has to do."""
        self._folder = folder
        self._mode = mode
        self._handler = _Handler(wake)
        self._warn = warn
        self._poll_seconds = poll_seconds
        self._observer: BaseObserver | None = None
        self._kind: Kind = "off"

    @property
    def kind(self) -> Kind:
        """How the folder is watched now."""
        return self._kind

    def start(self) -> None:
        """Begin to watch. Raises IntakeError when there is no such folder."""
        if not self._folder.is_dir():
            raise IntakeError("the inbox is not there", file=printable(str(self._folder)))
        if self._mode == "off":
            return
        if self._mode == "events" or (self._mode == "auto" and has_events(self._folder)):
            try:
                self._observe(Observer(), "events")
            except OSError as error:  # the limits of inotify
                self._warn(f"events cannot be had ({error.strerror}), so the inbox is polled")
            else:
                return
        try:
            self._observe(_polling(self._poll_seconds), "poll")
        except OSError as error:
            self._warn(f"cannot be watched ({error.strerror}), so only rescans find new files")

    def stop(self) -> None:
        """End the watch and its thread."""
        observer, self._observer, self._kind = self._observer, None, "off"
        if observer is not None:
            observer.stop()
            observer.join()

    def _observe(self, observer: BaseObserver, kind: Kind) -> None:
        observer.schedule(self._handler, str(self._folder), recursive=True, event_filter=_EVENTS)
        try:
            observer.start()
        except OSError:
            observer.unschedule_all()
            raise
        self._observer, self._kind = observer, kind


class _Handler(FileSystemEventHandler):
    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Wake the service, but not for our own claims and other hidden files."""
        path = os.fsdecode(event.dest_path or event.src_path)
        if not PurePath(path).name.startswith("."):
            self._wake()


def _polling(seconds: float) -> BaseObserver:
    # lstat: a link in the inbox must not lead the walk out of it
    return PollingObserverVFS(stat=os.lstat, listdir=os.scandir, polling_interval=seconds)


def has_events(folder: Path) -> bool:
    """Tell whether this kernel sees every change in a folder, so that events can be relied on."""
    kind = file_system(folder)
    return kind not in _REMOTE and not kind.startswith("fuse")


def file_system(folder: Path, mounts: Path = _MOUNTS) -> str:
    """Return the type of the file system that a folder is on, "" where unknown.

    The longest mount point above it counts, and of several mounts there the last.
    """
    try:
        lines = mounts.read_bytes().splitlines()
    except OSError:
        return ""
    path = folder.resolve()
    best, kind = -1, ""
    for line in lines:
        left, _, right = line.partition(b" - ")
        fields = left.split(b" ")
        if len(fields) < 5 or not right:
            continue
        point = PurePath(os.fsdecode(_unescaped(fields[4])))
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), right.split(b" ")[0].decode("ascii", "replace")
    return kind


def _unescaped(raw: bytes) -> bytes:
    r"""Return a mount point as it is; in the table, spaces and the like are octal, as in \040."""
    return re.sub(rb"\\([0-7]{3})", lambda match: bytes([int(match[1], 8)]), raw)

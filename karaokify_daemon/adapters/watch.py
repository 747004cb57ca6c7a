"""Hints that something happens in the inbox; the scan, which finds out what, is the guarantee."""

import os
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
        sees_changes: bool = True,
        warn: Callable[[str], None] = lambda _: None,
        poll_seconds: float = 2.0,
    ) -> None:
        """`sees_changes` tells whether the kernel sees every change, for the mode "auto".

        `warn` is told in a clause when events were wanted and polling has to do.
        """
        self._folder = folder
        self._mode = mode
        self._handler = _Handler(wake)
        self._sees_changes = sees_changes
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
        if self._mode == "events" or (self._mode == "auto" and self._sees_changes):
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

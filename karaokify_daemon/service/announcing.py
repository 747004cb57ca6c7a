"""Telling people, and their programs, what has happened: beside the work, never in its way."""

import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from karaokify_daemon.adapters import hooks
from karaokify_daemon.config import Config

_MOST_WAITING = 1000
_END_S = 10.0  # what the end of the service gives those that wait


class Announcer:
    """Runs hooks one after the other, in a thread of its own.

    What has happened while a thousand wait is told to nobody but the log.
    """

    def __init__(self, config: Config) -> None:
        """Start nothing yet: the first event does."""
        self.config = config
        self._events: queue.Queue[Callable[[], None] | None] = queue.Queue(_MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._ends_at = float("inf")
        self._log = structlog.get_logger()

    def done(self, values: Mapping[str, str]) -> None:
        """Announce a bundle. Any thread may."""
        self._announce("on_done", self.config.hooks.on_done, values)

    def failed(self, values: Mapping[str, str]) -> None:
        """Announce a recording that was set aside. Any thread may."""
        self._announce("on_failed", self.config.hooks.on_failed, values)

    def close(self) -> None:
        """Wait for what was announced, but not for long: what is not run by then is logged."""
        if self._thread is not None:
            self._ends_at = time.monotonic() + _END_S
            self._events.put(None)
            self._thread.join()
            self._thread = None

    def _announce(self, hook: str, command: tuple[str, ...], values: Mapping[str, str]) -> None:
        if not command:
            return
        facts = {"hook": hook, "file": values["name"]}
        seconds = self.config.hooks.timeout_seconds

        def run() -> None:
            problem: str | None = hooks.ENDED
            if not self._is_over():
                problem = hooks.run(command, values, seconds=seconds, is_over=self._is_over)
            if problem is None:
                self._log.info("hook.finished", **facts)
            else:
                self._log.warning("hook.failed", reason=problem, **facts)

        self._put(run, facts)

    def _is_over(self) -> bool:
        return time.monotonic() >= self._ends_at

    def _put(self, run: Callable[[], None], facts: dict[str, Any]) -> None:
        try:
            self._events.put_nowait(run)
        except queue.Full:
            reason = f"{_MOST_WAITING} others wait for their turn"
            self._log.warning("hook.failed", reason=reason, **facts)
            return
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name="hooks", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while (run := self._events.get()) is not None:
            run()

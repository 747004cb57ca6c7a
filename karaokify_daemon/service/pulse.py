"""The pulse of the service, for systemd: its watchdog, and more time for what takes long."""

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from karaokify_daemon.adapters.sd_notify import extend, notify, watchdog_seconds
from karaokify_daemon.domain.plain import plain

_SHARE = 4  # of the watchdog's time: how often it is told at most, and at least twice as often
_EXTENSION_S = 30.0
_EXTEND_EVERY_S = 10.0


class Pulse:
    """Tells systemd that the service lives; any thread may call it, and nobody need listen."""

    def __init__(self, env: Mapping[str, str] = os.environ) -> None:
        self._env = env
        watchdog = watchdog_seconds(env)
        self.every = watchdog / _SHARE if watchdog else None  # in seconds
        self._beat_at = float("-inf")
        self._status = ""

    def alive(self) -> None:
        """Tell that something goes on; heeded now and then only, so it may be called often."""
        if self.every is not None and time.monotonic() - self._beat_at >= self.every:
            self._beat_at = time.monotonic()
            notify("WATCHDOG=1", self._env)

    def status(self, text: str) -> None:
        """Show a line in `systemctl status`; a line more would be another order to systemd."""
        text = plain(text)
        if text != self._status:
            self._status = text
            notify(f"STATUS={text}", self._env)

    def ready(self) -> None:
        """Tell that the service serves, at first or again."""
        notify("READY=1", self._env)

    def reloading(self) -> None:
        """Tell that the configuration is read again."""
        now_us = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        notify(f"RELOADING=1\nMONOTONIC_USEC={now_us}", self._env)

    def stopping(self, seconds: float) -> None:
        """Tell that the service ends, and that the jobs at work have so long."""
        notify("STOPPING=1", self._env)
        extend(seconds + _EXTENSION_S, self._env)

    @contextmanager
    def patient(self, most: float) -> Iterator[None]:
        """Have systemd wait, for `most` seconds, while something long is done in between.

        A thread asks for it again and again; what hangs for longer is not waited for.
        """
        ended = threading.Event()
        until = time.monotonic() + most

        def ask() -> None:
            while time.monotonic() < until:
                extend(_EXTENSION_S, self._env)
                if ended.wait(_EXTEND_EVERY_S):
                    return

        if most <= 0 or not self._env.get("NOTIFY_SOCKET"):
            yield
            return
        thread = threading.Thread(target=ask, name="patience", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

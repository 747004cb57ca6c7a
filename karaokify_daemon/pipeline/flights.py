"""Work of which there is one at a time for each key: who comes second finds what the first made."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from typing import Self

from karaokify_daemon.errors import CancelledError

_POLL_S = 0.2


class Flights:
    """The keys that somebody works on."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._changed = threading.Condition()
        self.on_wait: Callable[[], None] = lambda: None
        self.on_waited: Callable[[float], None] = lambda _seconds: None

    def telling(self, on_wait: Callable[[], None], on_waited: Callable[[float], None]) -> Self:
        """Return the same for one who wants to hear when it must wait for another, and how long."""
        own = copy(self)
        own.on_wait, own.on_waited = on_wait, on_waited
        return own

    @contextmanager
    def alone(self, key: str, cancelled: Callable[[], bool]) -> Iterator[None]:
        """Wait until nobody else works on a key, and hold it. Raises CancelledError."""
        with self._changed:
            is_taken = key in self._keys
        if is_taken:
            self.on_wait()
        since = time.monotonic()
        with self._changed:
            while key in self._keys:
                if cancelled():
                    raise CancelledError("was stopped while the same was recognised for another")
                self._changed.wait(_POLL_S)
            self._keys.add(key)
        try:
            if is_taken:
                self.on_waited(time.monotonic() - since)
            yield
        finally:
            with self._changed:
                self._keys.remove(key)
                self._changed.notify_all()

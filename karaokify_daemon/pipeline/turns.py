"""Places that several recordings want, given out in turn."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from karaokify_daemon.errors import CancelledError
from karaokify_daemon.pipeline.recognition import Seat

_POLL_S = 0.1


class Turns:
    """Numbered places; a recording comes back for one with each of its parts.

    Every other turn is that of the recording that came first, the others are of those that have
    had least: no long one is put off for ever, and none makes short ones wait for its end.
    """

    def __init__(self, places: int) -> None:
        self._free = list(range(places))
        self._waiting: list[Seat] = []
        self._given = 0
        self._changed = threading.Condition()

    @contextmanager
    def turn(
        self,
        seat: Seat,
        cancelled: Callable[[], bool],
        prefers: Callable[[int], bool] = lambda _: False,
    ) -> Iterator[int]:
        """Wait for a place and hold it; of several free ones, one that `prefers` says is better.

        Raises CancelledError.
        """
        place = self._take(seat, cancelled, prefers)
        try:
            yield place
        finally:
            with self._changed:
                self._free.append(place)
                self._changed.notify_all()

    def _take(
        self, seat: Seat, cancelled: Callable[[], bool], prefers: Callable[[int], bool]
    ) -> int:
        begun = time.monotonic()
        with self._changed:
            self._waiting.append(seat)
            try:
                while not (self._free and self._next() is seat):
                    if cancelled():
                        raise CancelledError("was stopped while it waited for its turn")
                    self._changed.wait(_POLL_S)
                place = max(self._free, key=lambda one: (prefers(one), -one))
                self._free.remove(place)
                self._given += 1
                return place
            finally:
                seat.waited += time.monotonic() - begun
                self._waiting.remove(seat)
                self._changed.notify_all()

    def _next(self) -> Seat:
        by_age = self._given % 2 == 0
        return min(
            self._waiting, key=lambda one: (0 if by_age else one.had_ms, one.since, one.had_ms)
        )

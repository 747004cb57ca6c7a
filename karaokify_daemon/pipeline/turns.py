"""Places that several recordings want, given out in turn."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from karaokify_daemon.errors import CancelledError
from karaokify_daemon.pipeline.recognition import Seat

_POLL_S = 0.1
_PASSED_BY_S = 60.0  # whoever has waited for so long is passed by no more


@dataclass(eq=False, frozen=True)
class _Waiting:
    """A recording that waits, since when, and which places have what it needs at hand."""

    seat: Seat
    prefers: Callable[[int], bool]
    since: float = field(default_factory=time.monotonic)


class Turns:
    """Numbered places; a recording comes back for one with each of its parts.

    Every other turn is that of the recording that came first, the others are of those that have
    had least: no long one is put off for ever, and none makes short ones wait for its end. For a
    while, those that need what is at hand go before those for whom something else is to be loaded.
    `usable` tells which places can be used by now; the others are not given out.
    """

    def __init__(self, places: int, usable: Callable[[int], bool] = lambda _: True) -> None:
        self._free = list(range(places))
        self._usable = usable
        self._waiting: list[_Waiting] = []
        self._given = 0
        self._changed = threading.Condition()

    @contextmanager
    def turn(
        self,
        seat: Seat,
        cancelled: Callable[[], bool],
        prefers: Callable[[int], bool] = lambda _: True,
    ) -> Iterator[int]:
        """Wait for a place and hold it; of several free ones, one that `prefers` says is better.

        Raises CancelledError.
        """
        place = self._take(_Waiting(seat, prefers), cancelled)
        try:
            yield place
        finally:
            with self._changed:
                self._free.append(place)
                self._changed.notify_all()

    def _take(self, one: _Waiting, cancelled: Callable[[], bool]) -> int:
        with self._changed:
            self._waiting.append(one)
            try:
                while not ((free := self._usable_ones()) and self._is_next(one, free)):
                    if cancelled():
                        raise CancelledError("was stopped while it waited for its turn")
                    self._changed.wait(_POLL_S)
                place = max(free, key=lambda number: (one.prefers(number), -number))
                self._free.remove(place)
                self._given += 1
                return place
            finally:
                one.seat.waited += time.monotonic() - one.since
                self._waiting.remove(one)
                self._changed.notify_all()

    def _usable_ones(self) -> list[int]:
        return [number for number in self._free if self._usable(number)]

    def _is_next(self, one: _Waiting, free: Sequence[int]) -> bool:
        first = self._first(self._waiting)
        if time.monotonic() - first.since < _PASSED_BY_S:
            at_hand = [each for each in self._waiting if any(map(each.prefers, free))]
            first = self._first(at_hand or self._waiting)
        return first is one

    def _first(self, waiting: Sequence[_Waiting]) -> _Waiting:
        by_age = self._given % 2 == 0

        def rank(one: _Waiting) -> tuple[float, float, float]:
            seat = one.seat
            return (0 if by_age else seat.had_ms, seat.since, seat.had_ms)

        return min(waiting, key=rank)

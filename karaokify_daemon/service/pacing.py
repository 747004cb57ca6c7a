"""When to look into the inbox again: soon, but not so often that looking is all that is done."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

SETTLING_S = 0.5  # how often to look while somebody waits for the end
_SHORTEST_REST_S = 0.1  # files that are being written wake the loop all the while
# A scan is not repeated before five times the CPU seconds that it took have passed, or as long as
# it took: on a machine that is busy with other things, that is longer.
_BUSY_SHARE = 5
# Where nothing is at work, and changes are told of, an inbox of so many files is looked at more
# seldom: for a CPU second of an hour.
_LARGE, _IDLE_SHARE, _LONGEST_PAUSE_S = 1000, 3600, 900.0


class Pace:
    """Measures looks into the inbox; `used` are the CPU seconds of the last one."""

    def __init__(self) -> None:
        self._busy = self.used = 0.0

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Measure a look, and what is done about what was seen."""
        start, used = time.monotonic(), time.thread_time()
        yield
        self.used = time.thread_time() - used
        self._busy = max(_BUSY_SHARE * self.used, time.monotonic() - start)

    @property
    def shortest(self) -> float:
        """Return how many seconds to rest at least, whatever happens meanwhile."""
        return max(_SHORTEST_REST_S, self._busy)

    def pause(self, seconds: float, most: float, *, files: int, may_be_longer: bool) -> float:
        """Return in how many seconds to look again, where nothing happens and that is usual.

        `most` is when something else is to be done.
        """
        if files >= _LARGE and may_be_longer:
            return max(seconds, min(most, _LONGEST_PAUSE_S, _IDLE_SHARE * self.used))
        return seconds

    def after(self, *seconds: float) -> float:
        """Return in how many seconds to look again, for the first of several reasons."""
        return max(self._busy, min(seconds))

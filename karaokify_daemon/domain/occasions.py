"""When people are told: at once, but neither again and again nor one by one. Pure.

Times are in seconds on a clock that nobody sets.
"""

from dataclasses import dataclass, field

from karaokify_daemon.domain.notices import MOST_LISTED, Notice, Result, duration, inert, together

_FIRST_S, _LONGEST_S = 60.0, 1800.0
_FLOOR_S = 600.0  # between two beginnings of a trouble that are told
_LONGEST = 600  # characters of what is the matter


class Results:
    """Recordings that are over: the first is told at once, what follows soon is told together.

    What comes within a minute of a message waits for its end; while more keeps coming, the wait
    doubles, up to half an hour. After one in which nothing came, the next is told at once.
    """

    def __init__(self) -> None:
        self._until = float("-inf")
        self._length = _FIRST_S
        self._forget()

    def add(self, result: Result, at: float) -> None:
        """Take one that is over."""
        if self._is_empty and at >= self._until:
            self._length = _FIRST_S
        if self._counts[result.event] < MOST_LISTED:
            self._kept.append(result)
        self._counts[result.event] += 1

    @property
    def due_at(self) -> float | None:
        """When to tell of what has come; None: nothing has."""
        return None if self._is_empty else self._until

    def take(self, at: float, *, last: bool = False) -> Notice | None:
        """Return what is due to be told; all of it where this is the `last` time."""
        if self._is_empty or (at < self._until and not last):
            return None
        notice = together(self._kept, **self._counts)
        self._until = at + self._length
        self._length = min(_LONGEST_S, 2 * self._length)
        self._forget()
        return notice

    @property
    def _is_empty(self) -> bool:
        return not self._kept

    def _forget(self) -> None:
        self._counts = {"done": 0, "failed": 0}
        self._kept: list[Result] = []


@dataclass
class Trouble:
    """One that begins and ends: both are told once, and one that comes and goes not each time.

    A beginning is told ten minutes after the one before at the soonest, and only if it lasts still.
    """

    event: str
    begins: str
    ends: str
    _since: float | None = field(default=None, init=False)
    _told_at: float = field(default=float("-inf"), init=False)
    _is_told: bool = field(default=False, init=False)
    _untold: int = field(default=0, init=False)

    def now(self, text: str, at: float) -> Notice | None:
        """Return what is to be told, if anything; `text` says what is the matter, "" nothing."""
        if not text:
            return self._ended(at)
        self._since = at if self._since is None else self._since
        if self._is_told or at - self._told_at < _FLOOR_S:
            return None
        self._is_told, self._told_at = True, at
        times, self._untold = self._untold, 0
        again = f"\nSince the last message it has come and gone {times} times." if times else ""
        body = inert(text, _LONGEST) + again
        return Notice(event=self.event, title=self.begins, body=body, kind="failure")

    def _ended(self, at: float) -> Notice | None:
        since, self._since = self._since, None
        was_told, self._is_told = self._is_told, False
        if since is None or not was_told:
            self._untold += since is not None
            return None
        lasted = f"It lasted {duration(at - since)}."
        return Notice(event=self.event, title=self.ends, body=lasted, kind="success")


def troubles() -> dict[str, Trouble]:
    """Return those that there may be, by their names here, as nobody has been told of them yet."""
    return {
        "service": Trouble("degraded", "The service cannot work", "The service works again"),
        "jobs": Trouble(
            "degraded", "Recordings cannot be processed", "Recordings are processed again"
        ),
        "disk": Trouble("disk", "A disk is too full", "There is enough disk space again"),
    }

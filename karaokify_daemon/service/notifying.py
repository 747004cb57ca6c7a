"""Messages to people: beside the work, never in its way, and not too many."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from karaokify_daemon.adapters.notices import (
    INSTALL,
    Failure,
    Post,
    credential,
    is_installed,
    named,
)
from karaokify_daemon.config import Config
from karaokify_daemon.domain.notices import Notice, Result, duration
from karaokify_daemon.domain.occasions import Results, troubles

_MOST_WAITING = 100
_DEADLINE_S = 30.0
_AGAIN_S = (10.0, 60.0, 300.0)  # after each failure; then it is given up
_END_S, _KILLED_S = 10.0, 2.0  # what the end of the service gives those that are due


@dataclass(frozen=True, kw_only=True)
class _Letter:
    """A message, and the urls that have not taken it yet."""

    notice: Notice
    urls: tuple[str, ...]
    written: float = field(default_factory=time.monotonic)
    failures: int = 0
    not_before: float = float("-inf")

    @property
    def told(self) -> Notice:
        """What is sent: one that comes late says so, for others may have come before it."""
        if not self.failures:
            return self.notice
        age = duration(time.monotonic() - self.written)
        body = f"{self.notice.body}\nThis is {age} old: it could not be sent before."
        return replace(self.notice, body=body)


def urls_of(config: Config) -> tuple[str, ...]:
    """Return all urls, each once. Raises OSError, UnicodeError where systemd's cannot be read."""
    return tuple(dict.fromkeys([*config.notify.addresses, *credential()]))


def tried(config: Config) -> Iterator[tuple[str, bool]]:
    """Send a test message to each url; yield a line for each, and whether it was taken."""
    try:
        urls = urls_of(config)
    except (OSError, UnicodeError) as error:
        yield f"The systemd credential cannot be read ({type(error).__name__}).", False
        return
    if not urls:
        yield "No url is configured: set notify.urls, or see docs/notifications.md.", False
    elif not is_installed():
        yield f"The Python package apprise is not installed. {INSTALL}", False
    else:
        test = Notice(event="test", title="A test", body="Messages of karaokify-daemon arrive.")
        for url, failure in zip(urls, Post().send(urls, test, seconds=_DEADLINE_S), strict=True):
            told = "sent" if failure is None else failure.reason
            yield f"{named(urls, url)}: {told}", failure is None


class Notifier:
    """Sends in a thread of its own; each method returns at once, and any thread may call it.

    The thread only waits for processes that have a deadline: a plugin that hangs is killed, which a
    thread could not be.
    """

    def __init__(self) -> None:
        """Tell nobody before `change`; start nothing before the first message."""
        self._urls: tuple[str, ...] = ()
        self._on: tuple[str, ...] = ()
        self._troubles, self._results = troubles(), Results()
        self._letters: list[_Letter] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._post = Post()
        self._ends_at: float | None = None
        self._log = structlog.get_logger()

    def change(self, config: Config) -> None:
        """Take up a configuration; where nobody can be told, the log says why."""
        urls: Sequence[str] = ()
        try:
            urls = urls_of(config)
        except (OSError, UnicodeError) as error:
            reason = f"the systemd credential cannot be read ({type(error).__name__})"
            self._log.warning("notify.unusable", reason=reason)
        if urls and not is_installed():
            reason = "the Python package apprise is not installed"
            self._log.warning("notify.unusable", reason=reason, advice=INSTALL)
            urls = ()
        with self._changed:
            self._urls, self._on = tuple(urls), config.notify.on

    def ended(self, result: Result) -> None:
        """Tell of a recording that is over."""
        with self._changed:
            if self._is_wanted(result.event):
                self._results.add(result, time.monotonic())
                self._wake()

    def look(self, find: Callable[[], Mapping[str, str]]) -> None:
        """Tell of troubles that have begun or ended; `find` says by name what is the matter."""
        with self._changed:
            wanted = {n: one for n, one in self._troubles.items() if self._is_wanted(one.event)}
        found = find() if wanted else {}
        at = time.monotonic()
        with self._changed:
            for name, trouble in wanted.items():
                if notice := trouble.now(found[name], at):
                    self._add(_Letter(notice=notice, urls=self._urls))

    def close(self) -> None:
        """Send what is due, for a few seconds at most, and no more after that."""
        with self._changed:
            self._ends_at = time.monotonic() + _END_S
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(_END_S)
            self._post.close()
            self._thread.join(_KILLED_S)
        letters, self._letters = self._letters, []
        for letter in letters:
            self._lost(letter, "the service has ended before")

    def _is_wanted(self, event: str) -> bool:
        return bool(self._urls) and event in self._on and self._ends_at is None

    def _wake(self) -> None:
        self._changed.notify_all()
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name="notices", daemon=True)
            self._thread.start()

    def _add(self, letter: _Letter) -> None:
        if len(self._letters) >= _MOST_WAITING:
            self._lost(letter, f"{_MOST_WAITING} others wait for their turn")
            return
        self._letters.append(letter)
        self._wake()

    def _lost(self, letter: _Letter, reason: str) -> None:
        for url in letter.urls:
            self._tell(letter, url, Failure(reason=reason))

    def _work(self) -> None:
        while (letter := self._next()) is not None:
            try:
                self._deliver(letter)
            except Exception as error:  # its text may hold a url, and so may a traceback
                self._lost(letter, f"a fault of this program ({type(error).__name__})")

    def _next(self) -> _Letter | None:
        """Wait for a message that is due; None at the end."""
        with self._changed:
            while True:
                at, ends = time.monotonic(), self._ends_at is not None
                if notice := self._results.take(at, last=ends):
                    self._letters.append(_Letter(notice=notice, urls=self._urls))
                # What has failed before is not tried again at the end.
                due = [x for x in self._letters if x.not_before <= at]
                if due:
                    self._letters.remove(due[0])
                    return due[0]
                if ends:
                    return None
                times = [x.not_before for x in self._letters]
                times += [] if (first := self._results.due_at) is None else [first]
                self._changed.wait(min(times) - at if times else None)

    def _deliver(self, letter: _Letter) -> None:
        with self._changed:
            urls = [url for url in letter.urls if url in self._urls]  # a reload may take one away
            left = None if self._ends_at is None else self._ends_at - time.monotonic()
        seconds = _DEADLINE_S if left is None else max(0.1, min(_DEADLINE_S, left))
        answers = zip(urls, self._post.send(urls, letter.told, seconds=seconds), strict=True)
        again = _AGAIN_S[letter.failures] if letter.failures < len(_AGAIN_S) else None
        passing = []
        for url, failure in answers:
            is_tried_again = failure is not None and not failure.lasting and self._ends_at is None
            passing += [url] if is_tried_again and again is not None else []
            self._tell(letter, url, failure, again if is_tried_again else None)
        if passing and again is not None:
            with self._changed:
                self._add(
                    replace(
                        letter,
                        urls=tuple(passing),
                        failures=letter.failures + 1,
                        not_before=time.monotonic() + again,
                    )
                )

    def _tell(
        self, letter: _Letter, url: str, failure: Failure | None, again: float | None = None
    ) -> None:
        whose = named(self._urls, url) if url in self._urls else "a url"
        facts: dict[str, object] = {"notice": letter.notice.event, "url": whose}
        if failure is None:
            self._log.info("notify.sent", **facts)
        else:
            more = {} if again is None else {"after_seconds": again}
            self._log.warning("notify.failed", reason=failure.reason, **facts, **more)

"""What the service tells of itself: put together in its main loop, written when it has changed."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from karaokify_daemon import __version__
from karaokify_daemon.adapters import resources, status_file
from karaokify_daemon.adapters.intake.inbox import Scan
from karaokify_daemon.adapters.journal import now
from karaokify_daemon.domain.job import JobState
from karaokify_daemon.domain.names import printable
from karaokify_daemon.domain.record import Record
from karaokify_daemon.domain.status import MOST_LISTED, Live, Queued, age_counts
from karaokify_daemon.service.at_work import AtWork
from karaokify_daemon.service.parts import Parts

_TOUCH_S = 60.0  # how often what has not changed is said to be so still


class Reporter:
    """Writes `status.json` of the state folder; the main loop alone calls it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        pid, host, process_started = status_file.own_process()
        self._live = Live(
            version=__version__,
            pid=pid,
            host=host,
            process_started=process_started,
            started=time.time(),
            written=0.0,
            state="serving",
        )
        self._told: Live | None = None
        self._touched_at = 0.0

    def saw(self, scan: Scan, running: AtWork, told: Callable[[Path], str]) -> None:
        """Take note of what lies in the inbox; `told` says what was logged of a file last."""
        listed = sorted(self._queue(scan, running, told), key=lambda one: one.since or 0.0)
        since = [one.since for one in listed if one.since is not None]
        self._live = replace(
            self._live,
            problem="",
            queued=len(listed),
            ages=age_counts([time.time() - at for at in since]),
            oldest=min(since, default=None),
            queue=tuple(listed[:MOST_LISTED]),
            refused=tuple(
                Queued(name=_name(self._parts, one.path), reason=one.reason)
                for one in scan.problems[:MOST_LISTED]
            ),
        )

    def tell(self, running: AtWork, **changes: Any) -> Live:
        """Return how the service is now, with `changes` for good; write it where that is new."""
        parts, state = self._parts, self._parts.config.folders.state
        self._live = replace(self._live, **changes)
        live = replace(
            self._live,
            running=tuple(one.thread.running(parts.gate.waiting) for one in running.values()),
            workers=tuple(parts.workers.states()),
            cache=parts.tidier.size,
        )
        if live != self._told:
            self._told = live
            # Memory alone is no news: an idle service lets disks rest.
            memory = resources.rss_of_family(live.pid)
            status_file.write(state, replace(live, written=time.time(), memory=memory))
            self._touched_at = time.monotonic()
        elif time.monotonic() - self._touched_at >= _TOUCH_S:
            status_file.touch(state)
            self._touched_at = time.monotonic()
        parts.metrics.tell(live)
        return live

    def _queue(self, scan: Scan, running: AtWork, told: Callable[[Path], str]) -> Iterator[Queued]:
        for job in scan.ready:
            if job.id not in running:
                reason, until = _wait(self._parts.ledger.record(job), told(job.media))
                name = _name(self._parts, job.media)
                yield Queued(name=name, since=job.arrived, reason=reason, until=until)
        for one in scan.waiting:
            until = None if one.until_seconds is None else round(time.time() + one.until_seconds)
            name = _name(self._parts, one.path)
            yield Queued(name=name, since=one.since, reason=one.reason, until=until)


def _wait(record: Record, told: str) -> tuple[str, float | None]:
    """Return why a job that is complete is not begun, and until when."""
    if record.state is JobState.HELD:
        return "is held", None
    left = (record.not_before or 0.0) - now()
    if left > 0:
        problem = (record.reason or {}).get("problem", "")
        return f"is tried again: {problem}", round(time.time() + left)
    return told or "waits for its turn", None


def _name(parts: Parts, path: Path) -> str:
    inbox = parts.config.folders.inbox
    return printable(str(path.relative_to(inbox) if path.is_relative_to(inbox) else path))

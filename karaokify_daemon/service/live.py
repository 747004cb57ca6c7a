"""What the service tells of itself: put together in its main loop, written when it has changed."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from karaokify_daemon import __version__
from karaokify_daemon.adapters import resources
from karaokify_daemon.adapters.intake.inbox import Scan, Waiting
from karaokify_daemon.adapters.journal import now
from karaokify_daemon.adapters.status_file import TOUCH_S, StatusFile, own_process
from karaokify_daemon.domain.job import Job, JobState
from karaokify_daemon.domain.names import printable
from karaokify_daemon.domain.record import Record
from karaokify_daemon.domain.status import MOST_LISTED, Live, Queued, age_counts
from karaokify_daemon.service.at_work import AtWork
from karaokify_daemon.service.parts import Parts
from karaokify_daemon.service.troubles import troubles


def tell_start(state: Path) -> None:
    """Tell that the service begins: to make a model ready may take long."""
    StatusFile(state).write(_begun("starting"))


class Reporter:
    """Writes `status.json` of the state folder; the main loop alone calls it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._file = StatusFile(parts.config.folders.state)
        self._live = _begun("serving")
        self._told: Live | None = None
        self._touched_at = 0.0

    def saw(self, scan: Scan, running: AtWork, told: Callable[[Path], str]) -> None:
        """Take note of what lies in the inbox; `told` says what was logged of a file last."""
        ready = [job for job in scan.ready if job.id not in running]
        since = [one.arrived for one in ready if one.arrived is not None]
        since += [one.since for one in scan.waiting if one.since is not None]
        at = time.time()
        # Only those that are listed are looked at closely: there may be many.
        first = [self._of_job(job, told(job.media)) for job in ready[:MOST_LISTED]]
        first += map(self._of_file, scan.waiting[: MOST_LISTED - len(first)])
        self._live = replace(
            self._live,
            state="serving" if self._live.state in ("starting", "reloading") else self._live.state,
            problem="",
            queued=len(ready) + len(scan.waiting),
            ages=age_counts([at - one for one in since]),
            oldest=min(since, default=None),
            queue=tuple(first),
            refused=tuple(
                Queued(name=_name(self._parts, one.path), reason=one.reason)
                for one in scan.problems[:MOST_LISTED]
            ),
        )

    def tell(self, running: AtWork, **changes: Any) -> Live:
        """Return how the service is now, with `changes` for good; write it where that is new."""
        parts = self._parts
        self._live = replace(self._live, **changes)
        live = replace(
            self._live,
            running=tuple(one.thread.running(parts.gate.waiting) for one in running.values()),
            workers=tuple(parts.workers.states()),
            cache=parts.tidier.size,
        )
        at = time.monotonic()
        if live != self._told or not self._file.is_ours():
            # Memory alone is no news: an idle service lets disks rest.
            memory = resources.rss_of_family(live.pid)
            is_written = self._file.write(replace(live, written=time.time(), memory=memory))
            self._told, self._touched_at = (live if is_written else None), at
        elif at - self._touched_at >= TOUCH_S:
            self._file.touch()
            self._touched_at = at
        parts.metrics.tell(live)
        parts.notifier.look(lambda: troubles(parts, live))
        return live

    def _of_job(self, job: Job, told: str) -> Queued:
        reason, until = _wait(self._parts.ledger.record(job), told)
        name = _name(self._parts, job.media)
        return Queued(name=name, since=job.arrived, reason=reason, until=until)

    def _of_file(self, one: Waiting) -> Queued:
        until = None if one.until_seconds is None else round(time.time() + one.until_seconds)
        name = _name(self._parts, one.path)
        return Queued(name=name, since=one.since, reason=one.reason, until=until)


def _begun(state: str) -> Live:
    pid, host, process_started = own_process()
    return Live(
        version=__version__,
        pid=pid,
        host=host,
        process_started=process_started,
        started=time.time(),
        written=time.time(),
        state=state,
    )


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

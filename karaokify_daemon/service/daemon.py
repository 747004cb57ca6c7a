"""The service: a tick that scans, claims and hands jobs to threads, until a signal or the end."""

import contextlib
import math
import queue
import signal
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import structlog

from karaokify_daemon.adapters.files import claims
from karaokify_daemon.adapters.intake.inbox import Scan, is_still
from karaokify_daemon.adapters.journal import now
from karaokify_daemon.config import Config
from karaokify_daemon.domain.job import Job, JobState
from karaokify_daemon.domain.names import printable
from karaokify_daemon.domain.record import Record
from karaokify_daemon.errors import KaraokifyError
from karaokify_daemon.service.at_work import MOST_JOBS, AtWork, One
from karaokify_daemon.service.glance import Glance
from karaokify_daemon.service.jobs import JobThread
from karaokify_daemon.service.live import Reporter, tell_start
from karaokify_daemon.service.outcome import Outcome
from karaokify_daemon.service.pacing import SETTLING_S, Pace
from karaokify_daemon.service.parts import Parts
from karaokify_daemon.service.pulse import Pulse
from karaokify_daemon.service.reload import Reload
from karaokify_daemon.service.telling import Teller

_AFTER_CRASH_S = 60.0
_SOON_S = 4.0  # what `once` waits for: a retry after the death of a child, not a full disk
_REPORT_S, _REPORT_IDLE_S = 1.0, 30.0  # after a tick, or while jobs are at work; and else


class Daemon:
    """Everything the service holds; `run` starts it, ticks, and stops it in reverse."""

    def __init__(
        self, config: Config, *, once: bool = False, reread: Callable[[], Config] | None = None
    ) -> None:
        """`reread` returns the configuration anew, for SIGHUP."""
        self._config, self._once = config, once
        self._reread = reread or (lambda: config)
        self._log = structlog.get_logger()
        # These are set by a signal handler, which may interrupt the main thread anywhere: an Event
        # would wait for a lock that this very thread holds.
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._ending = False  # no more jobs are begun
        self._stopping = False  # those at work are stopped
        self._pace = Pace()
        self._running, self._pulse = AtWork(), Pulse()
        self._given_up: set[str] = set()  # with `once`: what must be waited for is the next run's
        self._teller = Teller(config.folders.inbox)
        self._done = self._failed = 0
        self._reported_at, self._has_news = float("-inf"), True
        self._glance: Glance | None = None

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT, or with `once` until the inbox is done.

        Returns 0, or with `once` 1 when some jobs failed.
        """
        with ExitStack() as stack:
            self._start(stack)
            self._pulse.ready()
            while not self._ending and (pause := self._tick()) is not None:
                while not self._rest(pause) and self._glance and self._glance.is_enough():
                    pass
            self._log.info("service.stopping", running=len(self._running))
            self._drain()
        self._log.info("service.stopped", failed=self._failed)
        return 1 if self._once and self._failed else 0

    def stop(self, *, at_once: bool = False) -> None:
        """Ask for the end; asked twice, jobs do not get the time to finish.

        The tick acts on it. Callable from a signal handler.
        """
        self._stopping = at_once or self._ending
        if not self._ending:  # at once: a tick may take long
            self._pulse.stopping(self._config.limits.drain_seconds)
        self._ending = True
        self._wake()

    def hang_up(self) -> None:
        """Ask for the configuration to be read again. Callable from a signal handler."""
        self._reload.asked = True
        self._wake()

    def _wake(self) -> None:
        self._wakes.put(None)

    def _rest(self, seconds: float) -> bool:
        """Wait; after a wake no longer than lets the rest of the machine breathe. Tell of one."""
        start, is_awake = time.monotonic(), False
        until = start + seconds
        while not self._ending and (left := until - time.monotonic()) > 0:
            self._report_when_due()
            with contextlib.suppress(queue.Empty):
                self._wakes.get(timeout=min(left, self._report_every))
                until, is_awake = min(until, start + self._pace.shortest), True
        return is_awake or self._ending

    @property
    def _report_every(self) -> float:
        """Return in how many seconds to tell again how it is, though nothing has come."""
        idle = _REPORT_IDLE_S if self._pulse.every is None else self._pulse.every
        return min(idle, _REPORT_S if self._running or self._has_news else _REPORT_IDLE_S)

    def _report_when_due(self) -> None:
        """Tell how it is, unless that was done a moment ago: whatever comes wakes us."""
        self._pulse.alive()
        is_worth_it = self._running or self._has_news or self._config.metrics.textfile
        if is_worth_it and time.monotonic() - self._reported_at >= self._report_every:
            self._report()

    def _report(self, **changes: Any) -> None:
        """Tell whoever wants to know how it is: systemd, and readers of the status file."""
        self._pulse.alive()
        self._reported_at, self._has_news = time.monotonic(), False
        counts = {"done": self._done, "failed": self._failed}
        try:
            self._pulse.status(self._reporter.tell(self._running, **counts, **changes).line)
        except Exception:  # what cannot be told keeps nobody from working
            self._log.exception("status.untold", reason="this is a bug: please report it")

    def _start(self, stack: ExitStack) -> None:
        tell_start(self._config.folders.state)
        self._parts = Parts(self._config, self._wake, self._pulse, patient=not self._once)
        self._reporter = Reporter(self._parts)
        self._reload = Reload(
            self._reread, self._parts, self._pulse, lambda: self._report(state="reloading")
        )
        stack.callback(lambda: self._report(state="stopped"))
        stack.callback(self._collect)
        stack.callback(self._parts.close)
        self._pool = ThreadPoolExecutor(MOST_JOBS, thread_name_prefix="job")
        stack.callback(self._pool.shutdown)  # waits: a stopped job ends within moments
        stack.callback(self.stop, at_once=True)
        self._handle_signals(stack)
        folders = self._config.folders
        self._log.info(
            "service.started",
            inbox=str(folders.inbox),
            outbox=str(folders.outbox),
            model=self._config.transcribe.model,
        )

    def _handle_signals(self, stack: ExitStack) -> None:
        actions: dict[signal.Signals, Callable[[], None]] = {
            signal.SIGTERM: self.stop,
            signal.SIGINT: lambda: self.stop(at_once=True),
            signal.SIGHUP: self.hang_up,
        }
        for number, action in actions.items():
            before = signal.signal(number, lambda *_, action=action: action())
            stack.callback(signal.signal, number, before)

    def _drain(self) -> None:
        """Let the jobs at work finish, for as long as the configuration gives them."""
        until = time.monotonic() + self._config.limits.drain_seconds
        futures = self._running.futures()
        while not self._stopping and (left := until - time.monotonic()) > 0:
            self._report(state="stopping")
            if not wait(futures, min(left, SETTLING_S)).not_done:
                break

    def _tick(self) -> float | None:
        """Do what is due; return the seconds until the next tick, or None at the end of `once`."""
        self._glance, self._has_news = None, True
        self._collect()
        self._config = self._reload.do(self._config, len(self._running))
        self._parts.workers.idle()
        try:
            with self._pace.measured():
                scan = self._parts.scan(set(self._running))
                self._teller.tell_waiting(scan)
                deferred = self._submit(scan.ready)
                self._reporter.saw(scan, self._running, self._teller.told)
        except KaraokifyError as error:
            self._parts.lose_sight()
            self._teller.tell_unusable(self._config.folders, error)
            self._report(problem=str(error))
            self._failed += self._once
            return None if self._once else self._config.intake.rescan_seconds
        settling = [w.until_seconds for w in scan.waiting if w.until_seconds is not None]
        if self._once and not (self._running or settling or deferred):
            return None
        return self._pace.after(self._pause(scan), *settling)

    def _pause(self, scan: Scan) -> float:
        """Return in how many seconds to scan again."""
        if self._once:
            return SETTLING_S
        files = len(scan.waiting) + len(scan.ready)
        is_idle = not (self._running or self._parts.ledger.has_appointments)
        is_safe = is_idle and self._parts.is_told
        unload = self._config.transcribe.idle_unload_seconds
        if is_safe and not files and not unload:
            self._glance = self._parts.glance()
        is_held = unload and any(self._parts.workers.models())
        return self._pace.pause(
            self._config.intake.rescan_seconds,
            unload if is_held else math.inf,
            files=files,
            may_be_longer=is_safe,
        )

    def _submit(self, ready: list[Job]) -> bool:
        """Claim and start what there is room for; tell whether some of ours must still wait."""
        more = False
        records = {job.id: self._parts.ledger.record(job) for job in ready}
        # Those in whose hands the service was killed come last: the others are not to blame.
        for job in sorted(ready, key=lambda job: records[job.id].interruptions):
            if job.id in self._running or not self._is_due(job, records[job.id]):
                more |= self._comes_soon(records[job.id])
                continue
            if self._reload.changed or not self._has_room:
                return True
            more |= self._begin(job)
        return more

    @property
    def _has_room(self) -> bool:
        return self._running.has_room(self._config.limits.jobs, self._parts.gate.stuck)

    def _is_due(self, job: Job, record: Record) -> bool:
        if record.state is JobState.HELD:
            reason = "is held; `karaokify-daemon release` lets it go on"
            self._teller.tell(job.media, "job.held", reason)
            return False
        if self._running.must_wait(job.id):
            self._teller.tell(job.media, "job.behind", "other long recordings come before it")
            return False
        if self._once:
            return job.id not in self._given_up and not self._comes_soon(record)
        return record.not_before is None or now() >= record.not_before

    def _comes_soon(self, record: Record) -> bool:
        """Tell whether a job is to be tried again, and `once` waits for it."""
        if record.not_before is None or record.id in self._given_up:
            return False
        return now() < record.not_before and not _must_wait(record)

    def _begin(self, job: Job) -> bool:
        claim = self._claim(job.media)
        if claim is None:
            return False
        record = None
        try:
            if is_still(job):  # another daemon may have done it between our scan and our claim
                record = self._parts.ledger.claim(job)
        except KaraokifyError as error:
            self._teller.tell(job.media, "job.unclaimable", str(error))
        if record is None:
            claim.release()
            return False
        is_full = self._running.is_full_of_long
        thread = JobThread(self._parts, job, lambda: self._stopping, is_full)
        future = self._pool.submit(thread.run, claim, record)
        self._running[job.id] = One(record, thread, future)
        future.add_done_callback(lambda _: self._wake())
        return True

    def _claim(self, media: Path) -> claims.Claim | None:
        try:
            claim = claims.claim(media)
        except KaraokifyError as error:
            self._teller.tell(media, "job.unclaimable", str(error))
            return None
        if claim is None and (holder := claims.holder(media)):
            self._teller.tell(media, "job.taken", f"claimed by {holder}")
        return claim

    def _collect(self) -> None:
        for job_id, one in self._running.take_ended():
            outcome = self._outcome(one.record, one.future)
            self._parts.ledger.ended(outcome.record, saved=outcome.saved)
            self._parts.metrics.ended(str(outcome.record.state))
            if outcome.record.state is JobState.WAITING and one.thread.is_long:
                self._running.known_long.add(job_id)
            self._done += outcome.record.state is JobState.DONE
            if outcome.record.state is JobState.FAILED or _must_wait(outcome.record):
                self._failed += 1
                self._given_up.add(job_id)

    def _outcome(self, record: Record, future: Future[Outcome]) -> Outcome:
        try:
            return future.result()
        except Exception as error:  # a lock that cannot be removed, say: the service goes on
            self._log.exception("job.crashed", file=printable(record.media.name))
            with contextlib.suppress(KaraokifyError):
                record = self._parts.ledger.journal.get(record.id) or record
            if record.state in (JobState.DONE, JobState.FAILED):  # only the claim is left behind
                return Outcome(record=record)
            reason = {"code": "internal", "problem": str(error)}
            again = record.postponed(reason, now() + _AFTER_CRASH_S, deadly=False)
            return Outcome(record=again, saved=False)


def _must_wait(record: Record) -> bool:
    """Tell whether a job is to be tried again, but not soon."""
    return record.not_before is not None and record.not_before > now() + _SOON_S

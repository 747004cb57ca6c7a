"""The service: a tick that scans, claims and hands jobs to threads, until a signal or the end."""

import contextlib
import queue
import signal
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from karaokify_daemon.adapters import ffmpeg, work
from karaokify_daemon.adapters.ffmpeg.process import find
from karaokify_daemon.adapters.files import claims, moves, outbox
from karaokify_daemon.adapters.files.durable import reported
from karaokify_daemon.adapters.files.kept import Kept
from karaokify_daemon.adapters.intake.inbox import Inbox, Scan
from karaokify_daemon.adapters.sd_notify import notify
from karaokify_daemon.adapters.watch import Watcher
from karaokify_daemon.adapters.whisper import models
from karaokify_daemon.config import Config, clashes
from karaokify_daemon.domain.job import Job
from karaokify_daemon.domain.names import printable
from karaokify_daemon.errors import ConfigError, KaraokifyError
from karaokify_daemon.pipeline.run import Pipeline
from karaokify_daemon.service.jobs import JobThread, Outcome
from karaokify_daemon.service.supervisor import Worker

_AFTER_CRASH_S = 60.0
_SETTLING_S = 0.5  # how often to look while a file settles
_WORRYING = {"worker.died", "engine.fallback", "library"}
_SHORTEST_REST_S = 0.1  # files that are being written wake the loop all the while
_BUSY_SHARE = 5  # a scan that took t seconds is not repeated before 5 t have passed


@dataclass
class _Delay:
    attempts: int
    until: float


class Daemon:
    """Everything the service holds; `run` starts it, ticks, and stops it in reverse."""

    def __init__(self, config: Config, *, once: bool = False) -> None:
        self._config, self._once = config, once
        self._log = structlog.get_logger()
        # Both are set by a signal handler, which may interrupt the main thread anywhere: an Event
        # would wait for a lock that this very thread holds.
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._stopping = False
        self._busy = 0.0
        self._running: dict[Path, Future[Outcome]] = {}
        self._delays: dict[Path, _Delay] = {}
        self._told: dict[Path, str] = {}
        self._failed = 0

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT, or with `once` until the inbox is done.

        Returns 0, or with `once` 1 when some jobs failed.
        """
        with ExitStack() as parts:
            self._start(parts)
            notify("READY=1")
            while not self._stopping and (pause := self._tick()) is not None:
                self._rest(pause)
            notify("STOPPING=1")
            self._log.info("service.stopping", running=len(self._running))
        self._collect()
        self._log.info("service.stopped", failed=self._failed)
        return 1 if self._once and self._failed else 0

    def stop(self) -> None:
        """Ask for the end; the tick acts on it. Callable from a signal handler."""
        self._stopping = True
        self._wake()

    def _wake(self) -> None:
        self._wakes.put(None)

    def _rest(self, seconds: float) -> None:
        """Wait; after a wake no longer than lets the rest of the machine breathe."""
        start = time.monotonic()
        until = start + seconds
        while not self._stopping and (left := until - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                self._wakes.get(timeout=left)
                until = min(until, start + max(_SHORTEST_REST_S, self._busy))

    def _start(self, parts: ExitStack) -> None:
        folders, intake = self._config.folders, self._config.intake
        settings = self._config.transcribe
        if faults := clashes(folders):
            raise ConfigError.of(faults)
        # What every recording needs must stop the start where it is missing.
        limits = self._config.limits
        for binary in (limits.ffmpeg, limits.ffprobe):
            find(binary)
        if (background := self._config.video.background) is not None:
            ffmpeg.probe_background(ffmpeg.Ffmpeg(limits), background, configured=True)
        models.resolve(settings.model, folders.cache, download=settings.download)
        for _, folder in folders:
            with reported("the folder cannot be made", folder):
                folder.mkdir(parents=True, exist_ok=True)
        self._kept = Kept(folders.state)
        is_done = self._kept.is_kept if intake.after_success == "keep" else lambda _: False
        self._inbox = Inbox(folders.inbox, intake, self._config.presets, is_done=is_done)
        self._sweep()
        self._handle_signals(parts)
        self._worker = Worker(self._config.transcribe, cache=folders.cache, on_log=self._relay)
        parts.callback(self._worker.close)
        self._pipeline = Pipeline(self._config, self._worker)
        self._pool = ThreadPoolExecutor(self._config.limits.jobs, thread_name_prefix="job")
        parts.callback(self._pool.shutdown)  # waits: a stopped job ends within moments
        parts.callback(self.stop)
        watcher = Watcher(folders.inbox, intake.watch, self._wake, warn=self._warn_of_watch)
        parts.callback(watcher.stop)
        watcher.start()
        self._log.info(
            "service.started",
            inbox=str(folders.inbox),
            outbox=str(folders.outbox),
            model=self._config.transcribe.model,
            watch=watcher.kind,
        )

    def _handle_signals(self, parts: ExitStack) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.signal(number, lambda *_: self.stop())
            parts.callback(signal.signal, number, before)

    def _sweep(self) -> None:
        """Remove what killed processes have left."""
        folders = self._config.folders
        claims.sweep(folders.inbox)
        outbox.sweep(folders.outbox)
        for folder in (folders.archive, folders.failed):
            moves.sweep(folder)
        work.sweep(folders.cache)
        self._kept.prune()

    def _relay(self, event: str, fields: dict[str, Any]) -> None:
        log = self._log.warning if event in _WORRYING else self._log.info
        log(event, **fields)

    def _warn_of_watch(self, problem: str) -> None:
        self._log.warning("watch.polling", reason=problem)

    def _tick(self) -> float | None:
        """Do what is due; return the seconds until the next tick, or None at the end of `once`."""
        self._collect()
        self._worker.idle()
        start = time.monotonic()
        try:
            scan = self._inbox.scan()
        except KaraokifyError as error:
            self._tell(self._config.folders.inbox, "inbox.unusable", str(error))
            self._failed += self._once
            return None if self._once else self._config.intake.rescan_seconds
        self._tell_waiting(scan)
        present = {job.media for job in scan.ready} | {waiting.path for waiting in scan.waiting}
        self._delays = {path: d for path, d in self._delays.items() if path in present}
        deferred = self._submit(scan.ready)
        settling = any(waiting.until_seconds is not None for waiting in scan.waiting)
        if self._once and not (self._running or settling or deferred):
            return None
        self._busy = _BUSY_SHARE * (time.monotonic() - start)
        quick = self._once or settling
        return max(self._busy, _SETTLING_S if quick else self._config.intake.rescan_seconds)

    def _submit(self, ready: list[Job]) -> bool:
        """Claim and start what there is room for; tell whether some of ours must still wait."""
        now, left = time.monotonic(), False
        for job in ready:
            delay = self._delays.get(job.media)
            if job.media in self._running:
                continue
            if delay is not None and now < delay.until:
                continue  # with `once`, a failure that must be waited out is for the next run
            if len(self._running) >= self._config.limits.jobs:
                return True
            claim = self._claim(job.media)
            if claim is None:
                continue
            attempts = delay.attempts if delay else 0
            thread = JobThread(self._config, self._pipeline, self._kept, lambda: self._stopping)
            self._running[job.media] = self._pool.submit(thread.run, job, claim, attempts)
            self._running[job.media].add_done_callback(lambda _: self._wake())
            left = True
        return left

    def _claim(self, media: Path) -> claims.Claim | None:
        try:
            claim = claims.claim(media)
        except KaraokifyError as error:
            self._tell(media, "job.unclaimable", str(error))
            return None
        if claim is None and (holder := claims.holder(media)):
            self._tell(media, "job.held", f"claimed by {holder}")
        return claim

    def _collect(self) -> None:
        for media, future in list(self._running.items()):
            if not future.done():
                continue
            del self._running[media]
            outcome = self._outcome(media, future)
            if outcome.retry_after is None:
                self._delays.pop(media, None)
            else:
                until = time.monotonic() + outcome.retry_after
                self._delays[media] = _Delay(outcome.attempts, until)
            self._failed += outcome.failed or bool(outcome.retry_after)

    def _outcome(self, media: Path, future: Future[Outcome]) -> Outcome:
        try:
            return future.result()
        except Exception:  # a lock that cannot be removed, say: the service goes on
            self._log.exception("job.crashed", file=printable(media.name))
            return Outcome(attempts=1, retry_after=_AFTER_CRASH_S)

    def _tell_waiting(self, scan: Scan) -> None:
        """Log once what waits and why: nothing waits invisibly."""
        seen: set[Path] = set()
        for waiting in scan.waiting:
            seen.add(waiting.path)
            self._tell(waiting.path, "inbox.waiting", waiting.reason)
        for problem in scan.problems:
            seen.add(problem.path)
            self._tell(problem.path, "inbox.refused", problem.reason)
        seen.update(job.media for job in scan.ready)
        self._told = {path: reason for path, reason in self._told.items() if path in seen}

    def _tell(self, path: Path, event: str, reason: str) -> None:
        if self._told.get(path) != reason:
            self._told[path] = reason
            log = self._log.info if event == "inbox.waiting" else self._log.warning
            log(event, file=self._name(path), reason=reason)

    def _name(self, path: Path) -> str:
        inbox = self._config.folders.inbox
        return printable(str(path.relative_to(inbox))) if path != inbox else printable(str(path))

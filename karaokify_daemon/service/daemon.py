"""The service: a tick that scans, claims and hands jobs to threads, until a signal or the end."""

import signal
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from karaokify_daemon.adapters import work
from karaokify_daemon.adapters.files import claims, moves, outbox
from karaokify_daemon.adapters.files.kept import Kept
from karaokify_daemon.adapters.intake.inbox import Inbox, Scan
from karaokify_daemon.adapters.sd_notify import notify
from karaokify_daemon.adapters.watch import Watcher
from karaokify_daemon.adapters.whisper import models
from karaokify_daemon.config import Config
from karaokify_daemon.domain.job import Job
from karaokify_daemon.domain.names import printable
from karaokify_daemon.errors import KaraokifyError
from karaokify_daemon.pipeline.run import Pipeline
from karaokify_daemon.service.jobs import JobThread, Outcome
from karaokify_daemon.service.supervisor import Worker

_SETTLING_S = 0.5  # how often to look while a file settles
_WORRYING = {"worker.died", "engine.fallback", "library"}
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
        self._wake, self._stop = threading.Event(), threading.Event()
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
            while not self._stop.is_set():
                pause = self._tick()
                if pause is None:
                    break
                self._wake.wait(pause)
                self._wake.clear()
            notify("STOPPING=1")
            self._log.info("service.stopping", running=len(self._running))
        self._collect()
        self._log.info("service.stopped", failed=self._failed)
        return 1 if self._once and self._failed else 0

    def stop(self) -> None:
        """Ask for the end; the tick acts on it. Callable from a signal handler."""
        self._stop.set()
        self._wake.set()

    def _start(self, parts: ExitStack) -> None:
        folders, intake = self._config.folders, self._config.intake
        settings = self._config.transcribe
        # A model that cannot be had must stop the start, not send every recording to failed/.
        models.resolve(settings.model, folders.cache, download=settings.download)
        for _, folder in folders:
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
        parts.callback(self._stop.set)
        watcher = Watcher(folders.inbox, intake.watch, self._wake.set, warn=self._warn_of_watch)
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
        present = {job.media for job in scan.ready}
        self._delays = {path: d for path, d in self._delays.items() if path in present}
        deferred = self._submit(scan.ready)
        settling = any(waiting.until_seconds is not None for waiting in scan.waiting)
        if self._once and not (self._running or settling or deferred):
            return None
        busy = _BUSY_SHARE * (time.monotonic() - start)
        quick = self._once or settling
        return max(busy, _SETTLING_S if quick else self._config.intake.rescan_seconds)

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
            thread = JobThread(self._config, self._pipeline, self._kept, self._stop)
            self._running[job.media] = self._pool.submit(thread.run, job, claim, attempts)
            self._running[job.media].add_done_callback(lambda _: self._wake.set())
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
            outcome = future.result()
            if outcome.retry_after is None:
                self._delays.pop(media, None)
            else:
                until = time.monotonic() + outcome.retry_after
                self._delays[media] = _Delay(outcome.attempts, until)
            self._failed += outcome.failed or bool(outcome.retry_after)

    def _tell_waiting(self, scan: Scan) -> None:
        """Log once what waits and why: nothing waits invisibly."""
        seen = {self._config.folders.inbox}
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
            log(event, file=printable(path.name), reason=reason)

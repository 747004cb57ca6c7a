"""One claimed job in its thread: run it, then move its source to where the outcome says."""

import threading
import time
from dataclasses import dataclass

import structlog

from karaokify_daemon.adapters.files import moves, reasons
from karaokify_daemon.adapters.files.claims import Claim
from karaokify_daemon.adapters.files.kept import Kept
from karaokify_daemon.config import Config
from karaokify_daemon.domain.job import Job, Stage
from karaokify_daemon.domain.names import printable
from karaokify_daemon.domain.retry import decide
from karaokify_daemon.errors import CancelledError, KaraokifyError
from karaokify_daemon.pipeline.run import Pipeline, Result

_PROGRESS_EVERY_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a job ended: done, failed, or to be tried again after some seconds."""

    attempts: int
    failed: bool = False
    retry_after: float | None = None


class UnexpectedError(KaraokifyError):
    """A fault of this program; the log has the traceback."""

    code = "internal"
    default_advice = "This is a bug: please report it with the log. The recording is untouched."


class JobThread:
    """Carries one claimed job to its end; nothing it meets leaves the thread."""

    def __init__(
        self, config: Config, pipeline: Pipeline, kept: Kept, stop: threading.Event
    ) -> None:
        self._config, self._pipeline, self._kept, self._stop = config, pipeline, kept, stop
        self._log = structlog.get_logger()
        self._told_at = time.monotonic()

    def run(self, job: Job, claim: Claim, attempts: int) -> Outcome:
        """Process the job, move its files, release the claim."""
        name = printable(job.media.name)
        # Bound twice: to this thread for all that logs in it, and for progress heard from others.
        self._log = self._log.bind(job_id=job.id, file=name)
        with claim, structlog.contextvars.bound_contextvars(job_id=job.id, file=name):
            return self._run(job, attempts + 1)

    def progress(self, stage: Stage, fraction: float) -> None:
        """Log how far a long stage is, now and then."""
        now = time.monotonic()
        if now - self._told_at >= _PROGRESS_EVERY_S:
            self._told_at = now
            self._log.info("job.progress", stage=str(stage), percent=round(100 * fraction))

    def cancelled(self) -> bool:
        """Tell whether the service is stopping."""
        return self._stop.is_set()

    def _run(self, job: Job, attempts: int) -> Outcome:
        if not job.media.exists():  # another daemon has done it between our scan and our claim
            return Outcome(attempts=attempts)
        self._log.info("job.claimed", preset=job.preset, attempt=attempts)
        start = time.monotonic()
        try:
            result = self._pipeline.process(job, self)
            self._put_away(job)
        except KaraokifyError as error:
            return self._failed(job, error, attempts, start)
        except Exception as error:  # one file's surprise must not end the service
            self._log.exception("job.crashed")
            unexpected = UnexpectedError(f"{type(error).__name__}: {error}")
            return self._failed(job, unexpected, attempts, start)
        self._done(result, start)
        return Outcome(attempts=attempts)

    def _put_away(self, job: Job) -> None:
        match self._config.intake.after_success:
            case "archive":
                moves.archive(job, self._config.folders.archive)
            case "delete":
                moves.delete(job)
            case "keep":
                self._kept.add(job)
        reasons.forget(self._config.folders.failed, job.media.name)

    def _done(self, result: Result, start: float) -> None:
        self._log.info(
            "job.done",
            bundle=str(result.bundle),
            published=result.published,
            seconds=round(time.monotonic() - start, 2),
            **result.figures,
        )

    def _failed(self, job: Job, error: KaraokifyError, attempts: int, start: float) -> Outcome:
        decision = decide(error, attempts)
        facts = {
            "code": error.code,
            "reason": error.problem,
            "advice": error.advice,
            "seconds": round(time.monotonic() - start, 2),
        }
        if not decision.gives_up:
            event = "job.stopped" if isinstance(error, CancelledError) else "job.retry"
            self._log.warning(event, after_seconds=decision.after_seconds, **facts)
            return Outcome(attempts=attempts, retry_after=decision.after_seconds)
        try:
            moved = moves.fail(job, self._config.folders.failed, error)
        except KaraokifyError as trouble:  # the failed folder is not writable: it stays, and waits
            again = decide(trouble, attempts).after_seconds
            self._log.error("job.stuck", trouble=str(trouble), after_seconds=again, **facts)
            return Outcome(attempts=attempts, retry_after=again)
        self._log.error("job.failed", moved_to=str(moved), **facts)
        return Outcome(attempts=attempts, failed=True)

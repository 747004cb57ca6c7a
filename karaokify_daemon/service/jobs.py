"""One claimed job in its thread: run it, then move its source to where the outcome says."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from karaokify_daemon.adapters.files import identity, moves, reasons
from karaokify_daemon.adapters.files.claims import Claim
from karaokify_daemon.adapters.files.kept import Kept
from karaokify_daemon.adapters.intake.inbox import is_still
from karaokify_daemon.config import Config
from karaokify_daemon.domain.job import Job, Stage
from karaokify_daemon.domain.names import printable
from karaokify_daemon.domain.retry import decide
from karaokify_daemon.errors import CancelledError, KaraokifyError, SourceChangedError
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
        self, config: Config, pipeline: Pipeline, kept: Kept, stopping: Callable[[], bool]
    ) -> None:
        self._config, self._pipeline, self._kept, self._stopping = config, pipeline, kept, stopping
        self._log = structlog.get_logger()
        self._told_at = time.monotonic()

    def run(self, job: Job, claim: Claim, attempts: int) -> Outcome:
        """Process the job, move its files, release the claim."""
        name = printable(job.media.name if job.preset is None else f"{job.preset}/{job.media.name}")
        # Bound twice: to this thread for all that logs in it, and for progress heard from others.
        self._log = self._log.bind(job_id=job.id, file=name)
        with claim, structlog.contextvars.bound_contextvars(job_id=job.id, file=name):
            self._attempts, self._start = attempts + 1, time.monotonic()
            return self._run(job)

    def progress(self, stage: Stage, fraction: float) -> None:
        """Log how far a long stage is, now and then."""
        now = time.monotonic()
        if now - self._told_at >= _PROGRESS_EVERY_S:
            self._told_at = now
            self._log.info("job.progress", stage=str(stage), percent=round(100 * fraction))

    def cancelled(self) -> bool:
        """Tell whether the service is stopping."""
        return self._stopping()

    def _run(self, job: Job) -> Outcome:
        if not is_still(job):  # another daemon has done it between our scan and our claim, say
            return Outcome(attempts=0)
        self._log.info("job.claimed", preset=job.preset, attempt=self._attempts)
        seen: identity.Identities = {}
        try:
            seen = identity.of_job(job)
            result = self._pipeline.process(job, self, seen)
            self._put_away(job, seen)
        except KaraokifyError as error:
            return self._failed(job, seen, error)
        except Exception as error:  # one file's surprise must not end the service
            self._log.exception("job.crashed")
            unexpected = UnexpectedError(f"{type(error).__name__}: {error}")
            return self._failed(job, seen, unexpected)
        self._done(result)
        return Outcome(attempts=self._attempts)

    def _put_away(self, job: Job, seen: identity.Identities) -> None:
        match self._config.intake.after_success:
            case "archive":
                moves.archive(job, self._config.folders.archive, seen)
            case "delete":
                moves.delete(job, seen)
            case "keep":
                self._kept.add(job, seen)
        try:
            reasons.forget(self._config.folders.failed, job.media.name)
        except KaraokifyError as error:  # an old reason left behind does not undo the job
            self._log.warning("failed.unswept", reason=str(error))

    def _done(self, result: Result) -> None:
        self._log.info(
            "job.done",
            bundle=str(result.bundle),
            published=result.published,
            seconds=self._seconds(),
            **result.figures,
        )

    def _failed(self, job: Job, seen: identity.Identities, error: KaraokifyError) -> Outcome:
        after = decide(error, self._attempts)
        if after is not None:
            event = "job.stopped" if isinstance(error, CancelledError) else "job.retry"
            return self._again(event, job, error, after)
        try:
            moved = moves.fail(job, self._config.folders.failed, seen, error)
        except SourceChangedError as changed:  # what failed is not what lies there now
            return self._again("job.retry", job, changed, 0.0)
        except KaraokifyError as trouble:  # the failed folder is not writable: it stays, and waits
            again = decide(trouble, self._attempts) or 0.0
            return self._again("job.stuck", job, error, again, trouble=str(trouble))
        self._log.error("job.failed", moved_to=str(moved), **self._facts(job, error))
        return Outcome(attempts=self._attempts, failed=True)

    def _again(
        self, event: str, job: Job, error: KaraokifyError, after_seconds: float, **more: str
    ) -> Outcome:
        log = self._log.error if more else self._log.warning
        log(event, after_seconds=after_seconds, **self._facts(job, error), **more)
        return Outcome(attempts=self._attempts, retry_after=after_seconds)

    def _facts(self, job: Job, error: KaraokifyError) -> dict[str, Any]:
        facts = {"code": error.code, "reason": error.problem, "advice": error.advice}
        if error.file and error.file != printable(job.media.name):
            facts["where"] = error.file
        if error.cause:
            facts["cause"] = " | ".join(error.cause)
        return facts | {"seconds": self._seconds()}

    def _seconds(self) -> float:
        return round(time.monotonic() - self._start, 2)

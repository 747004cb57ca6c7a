"""One claimed job in its thread: run it, then move its source to where the outcome says."""

import os
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from karaokify_daemon.adapters.files import moves, reasons
from karaokify_daemon.adapters.files.claims import Claim
from karaokify_daemon.adapters.files.held import Held, hold
from karaokify_daemon.adapters.files.identity import Identities
from karaokify_daemon.adapters.intake.inbox import is_still
from karaokify_daemon.adapters.intake.settle import refuse_written
from karaokify_daemon.adapters.journal import now
from karaokify_daemon.domain.job import Job, Stage
from karaokify_daemon.domain.names import printable
from karaokify_daemon.domain.notices import Done, Failed
from karaokify_daemon.domain.record import Record
from karaokify_daemon.domain.retry import INTERRUPTED, decide, is_deadly
from karaokify_daemon.domain.status import Running
from karaokify_daemon.errors import (
    CancelledError,
    InterruptedTooOftenError,
    KaraokifyError,
    PublishError,
    SourceChangedError,
)
from karaokify_daemon.pipeline.means import is_long
from karaokify_daemon.pipeline.run import Notes, Result
from karaokify_daemon.service.outcome import BehindError, Outcome, UnexpectedError
from karaokify_daemon.service.parts import Parts, forget
from karaokify_daemon.service.progress import Progress

_PROGRESS_EVERY_S = 30.0
_WRITES = {"decode": "cache", "caption": "outbox", "render": "outbox"}  # which folder a stage fills


class JobThread:
    """Carries one claimed job to its end; nothing it meets leaves the thread."""

    def __init__(
        self,
        parts: Parts,
        job: Job,
        stopping: Callable[[], bool],
        is_full_of_long: Callable[[], bool] = lambda: False,
    ) -> None:
        """The parts are taken as they are now: the configuration may change before the end.

        `is_full_of_long` tells whether a long recording must come later.
        """
        self._config, self._pipeline, self._devices = parts.config, parts.pipeline, parts.devices
        self._journal, self._stopping = parts.ledger.journal, stopping
        self._is_full_of_long = is_full_of_long
        self._log = structlog.get_logger()
        self._told_at = self._start = time.monotonic()
        self._job = job
        self._progress = Progress(parts.rates)
        self._metrics, self._announcer = parts.metrics, parts.announcer
        self._notifier = parts.notifier
        self._saved = True
        self.is_long = False

    def run(self, claim: Claim, record: Record) -> Outcome:
        """Process the job, move its files, note how it ended, release the claim."""
        job, name = self._job, self._full_name
        # Bound twice: to this thread for all that logs in it, and for progress heard from others.
        self._log = self._log.bind(job_id=job.id, file=name)
        with claim, structlog.contextvars.bound_contextvars(job_id=job.id, file=name):
            self._notes = Notes(record, self._save)
            after = self._run(job)
            self._save(after)
        return Outcome(record=after, saved=self._saved)

    def lasts(self, duration_ms: int | None) -> None:
        """Note whether short recordings must not wait for this one. Raises BehindError."""
        was_long, long = self.is_long, is_long(duration_ms)
        # Asked before it counts itself, or it would come back as soon as it has gone.
        is_too_much = long and not was_long and self._is_full_of_long()
        self.is_long = long
        self._progress.lasts = duration_ms / 1000 if duration_ms else None
        if is_too_much:
            raise BehindError("long recordings are at work, and short ones shall find a place")

    def progress(self, stage: Stage, fraction: float) -> None:
        """Note how far a stage is, and log it now and then."""
        self._progress.reached(stage, fraction)
        at = time.monotonic()
        if at - self._told_at >= _PROGRESS_EVERY_S:
            self._told_at = at
            self._log.info("job.progress", stage=str(stage), percent=round(100 * fraction))

    def finished(self, stage: Stage, seconds: float) -> None:
        """Count a stage, and learn how long such ones take."""
        self._metrics.stage(stage, seconds)
        self._progress.learn(stage, seconds)

    def running(self, waiting: Mapping[str, str]) -> Running:
        """Return how it is now, for any thread; `waiting` says of jobs what they wait for."""
        return self._progress.running(self._job.id, self._full_name, waiting.get(self._job.id))

    @property
    def _full_name(self) -> str:
        job = self._job
        return printable(job.media.name if job.preset is None else f"{job.preset}/{job.media.name}")

    def cancelled(self) -> bool:
        """Tell whether the service is stopping."""
        return self._stopping()

    def _save(self, record: Record) -> None:
        """Note the progress; a job goes on without, and the service tries again at its end."""
        try:
            self._journal.save(record)
            self._saved = True
        except KaraokifyError as error:
            self._saved = False
            self._log.warning("journal.not_written", reason=str(error))

    def _run(self, job: Job) -> Record:
        """Return the record of the job as it is after this attempt."""
        record = self._notes.record
        self._log.info("job.claimed", preset=job.preset, attempt=record.attempts)
        seen: Identities = {}
        try:
            with hold(job, own=self._config.folders.moved_to) as held:
                _refuse_other(job, held)
                seen = held.identities
                _refuse_deadly(job, record)
                result = self._pipeline.process(held, self, self._notes)
            self._put_away(job, seen, result)
            forget(self._pipeline, self._notes.record)
        except KaraokifyError as error:
            return self._failed(job, seen, error)
        except OSError as error:  # of a disk, wherever it came from: that is not the file's fault
            self._log.exception("job.crashed")
            trouble = PublishError(f"a file could not be read or written ({error})")
            return self._failed(job, seen, trouble)
        except Exception as error:  # one file's surprise must not end the service
            self._log.exception("job.crashed")
            unexpected = UnexpectedError(f"{type(error).__name__}: {error}")
            return self._failed(job, seen, unexpected)
        self._done(result)
        return self._notes.record.done()

    def _put_away(self, job: Job, seen: Identities, result: Result) -> None:
        refuse_written(job)
        self._devices.check()  # nothing is moved onto, or off, another disk than meant
        if self._resumed:
            moves.forget_failure(job, self._config.folders.failed)
        match self._config.intake.after_success:
            case "delete" if not result.damaged:
                moves.delete(job, seen, on_placed=self._notes.leaving)
            case "archive" | "delete":  # a better copy may be made of what is damaged
                moves.archive(
                    job,
                    self._config.folders.archive,
                    seen,
                    resumed=self._resumed,
                    on_placed=self._notes.leaving,
                )
            case "keep":
                pass  # the journal tells by its id that it is done
        try:
            reasons.forget(self._config.folders.failed, job.media.name)
        except KaraokifyError as error:  # an old reason left behind does not undo the job
            self._log.warning("failed.unswept", reason=str(error))

    def _done(self, result: Result) -> None:
        self._metrics.done(self._progress.lasts, cache_hit=bool(result.figures.get("cache_hit")))
        self._log.info(
            "job.done",
            bundle=printable(str(result.bundle)),
            published=result.published,
            seconds=self._seconds(),
            **result.figures,
        )
        if result.published:
            self._announcer.done(
                {"bundle": os.fsdecode(result.bundle), "stem": result.bundle.name} | self._values
            )
            self._notifier.ended(
                Done(
                    name=self._full_name,
                    title=result.title,
                    lasts=result.figures.get("duration", 0.0),
                    took=self._seconds(),
                    bundle=os.fsdecode(result.bundle),
                )
            )

    @property
    def _values(self) -> dict[str, str]:
        """Return what hooks are told of each job."""
        return {"name": self._job.media.name, "preset": self._job.preset or ""}

    @property
    def _resumed(self) -> bool:
        """Tell whether an earlier attempt may have left files where this one puts them."""
        return self._notes.record.attempts > 1

    def _failed(self, job: Job, seen: Identities, error: KaraokifyError) -> Record:
        after = self._decide(error)
        if after is not None:
            return self._again(job, error, after)
        try:
            self._devices.check()
            folder = self._config.folders.failed
            moved = moves.fail(
                job, folder, seen, error, resumed=self._resumed, on_placed=self._notes.leaving
            )
        except SourceChangedError as changed:  # what failed is not what lies there now
            return self._again(job, changed, 0.0)
        except KaraokifyError as trouble:  # the failed folder is not writable: it stays, and waits
            again = self._decide(trouble) or 0.0
            return self._again(job, error, again, trouble=str(trouble))
        self._log.error("job.failed", moved_to=printable(str(moved)), **self._facts(job, error))
        reason = {"code": error.code, "reason": error.problem}
        self._announcer.failed({"failed": os.fsdecode(moved)} | reason | self._values)
        self._notifier.ended(
            Failed(
                name=self._full_name,
                problem=error.problem,
                advice=error.advice,
                moved_to=os.fsdecode(moved),
            )
        )
        forget(self._pipeline, self._notes.record)
        return self._notes.record.failed(error.to_dict())

    def _decide(self, error: KaraokifyError) -> float | None:
        return decide(error, self._notes.record, random.random())

    def _again(self, job: Job, error: KaraokifyError, after_seconds: float, **more: str) -> Record:
        facts = self._facts(job, error) | {"after_seconds": round(after_seconds, 1)}
        if isinstance(error, CancelledError):
            if isinstance(error, BehindError):
                self._log.info("job.behind", **facts)
            else:
                self._log.warning("job.stopped", **facts)
            return self._notes.record.stopped()
        if more:
            self._log.error("job.stuck", **facts, **more)
        else:
            self._log.warning("job.retry", **facts)
        not_before = now() + after_seconds
        return self._notes.record.postponed(error.to_dict(), not_before, deadly=is_deadly(error))

    def _facts(self, job: Job, error: KaraokifyError) -> dict[str, Any]:
        facts = {"code": error.code, "reason": error.problem, "advice": error.advice}
        if error.file and error.file != _name(job):
            facts["where"] = error.file
        elif isinstance(error, PublishError) and (
            folder := _WRITES.get(str(error.details.get("stage")))
        ):
            facts["where"] = printable(str(getattr(self._config.folders, folder)))
        if error.cause:
            facts["cause"] = " | ".join(error.cause)
        return facts | {"seconds": self._seconds()}

    def _seconds(self) -> float:
        return round(time.monotonic() - self._start, 2)


def _refuse_deadly(job: Job, record: Record) -> None:
    if record.interruptions >= INTERRUPTED:
        raise InterruptedTooOftenError(
            f"the service was killed {record.interruptions} times while it worked on it",
            file=_name(job),
        )


def _refuse_other(job: Job, held: Held) -> None:
    """Refuse what has taken the recording's name, or its folder's, since it was found."""
    if not is_still(job, held.identities[job.media]):
        raise SourceChangedError("changed before it was begun", file=_name(job))


def _name(job: Job) -> str:
    return printable(job.media.name)

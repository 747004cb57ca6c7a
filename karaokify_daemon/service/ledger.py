"""What the daemon asks of the journal, squared with the folders: they are the truth about files."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import structlog

from karaokify_daemon.adapters.files import claims, outbox, reasons
from karaokify_daemon.adapters.files.durable import reported
from karaokify_daemon.adapters.journal import Journal
from karaokify_daemon.config import Config
from karaokify_daemon.domain.job import Job, JobState
from karaokify_daemon.domain.names import is_media, printable
from karaokify_daemon.domain.record import ImpossibleTransitionError, Record
from karaokify_daemon.errors import IntakeError

_OPEN = (JobState.WAITING, JobState.HELD, JobState.CLAIMED)
_OVER = (JobState.DONE, JobState.FAILED)


class Ledger:
    """The journal as the daemon uses it: from one thread, but for what jobs note themselves."""

    def __init__(self, config: Config) -> None:
        self._folders = config.folders
        self.keeps = config.intake.after_success == "keep"
        self._log = structlog.get_logger()
        self._unsaved: dict[str, Record] = {}
        self._open: dict[str, Record] = {}
        self._done: set[str] = set()
        self.journal = Journal(config.folders.state, on_damage=self._tell_damage)

    def refresh(self) -> None:
        """Save what could not be saved, read what others have written. Raises JournalError."""
        if self._unsaved:
            self.journal.save(*self._unsaved.values())
            self._unsaved.clear()
        self._open = {record.id: record for record in self.journal.in_state(*_OPEN)}
        if self.journal.is_new:
            self._rebuild()
            self.journal.filled()
        if self.keeps:
            self._done = self.journal.ids_done()

    def is_done(self, job_id: str) -> bool:
        """Tell whether a file that lies in the inbox is to stay there."""
        return job_id in self._done

    @property
    def has_appointments(self) -> bool:
        """Tell whether some job is to be tried again at a certain time."""
        return any(record.not_before is not None for record in self._open.values())

    def waits_for(self, codes: Collection[str]) -> str:
        """Return why some job was put off, for an error with one of these codes; else nothing."""
        reasons = (record.reason for record in self._open.values() if record.reason)
        found = (one for one in reasons if one.get("code") in codes)
        return next((f"{one.get('problem')}. {one.get('advice')}" for one in found), "")

    def record(self, job: Job) -> Record:
        """Return what is known of a job that is not over."""
        return self._open.get(job.id) or Record.of(job)

    def claim(self, job: Job) -> Record | None:
        """Note that a job is begun; None when it was held meanwhile. Raises JournalError."""

        def change(record: Record) -> Record:
            if record.state in _OVER:  # the very file has come back
                record = record.waits_again()
            return record.claimed(job)

        try:
            return self.journal.change(Record.of(job), change)
        except ImpossibleTransitionError:
            return None

    def ended(self, record: Record, *, saved: bool) -> None:
        """Hear how a job has ended; what its thread could not save is saved by `refresh`."""
        self._open.pop(record.id, None)
        if record.state not in _OVER:
            self._open[record.id] = record
        if self.keeps and record.state is JobState.DONE:
            self._done.add(record.id)
        if not saved:
            self._unsaved[record.id] = record

    def contents(self) -> list[str]:
        """Return the contents of jobs that go on: what was kept for them must stay."""
        return [record.content for record in self._open.values() if record.content]

    def settle(self, present: Collection[str]) -> list[Record]:
        """Find out what became of jobs whose file is no longer in the inbox; return those.

        `present` are the ids of the files that are there. A process killed between two steps has
        moved the file and not noted it; or a person has taken it away. Raises KaraokifyError.
        """
        settled = []
        gone = [record for record in self._open.values() if record.id not in present]
        for record in gone:
            if _is_gone(record.media) and claims.holder(record.media) is None:
                self._settle(record)
                settled.append(self._open.pop(record.id))
        return settled

    def _settle(self, record: Record) -> None:
        name = printable(record.media.name)
        if record.bundle or (record.content and self._bundle(record.content)):
            self.journal.change(record, lambda r: _as_claimed(r).done())
            self._log.info("job.settled", file=name, job_id=record.id, state="done")
        elif reason := self._failure(record):
            self.journal.change(record, lambda r: _as_claimed(r).failed(reason))
            self._log.info("job.settled", file=name, job_id=record.id, state="failed")
        else:
            self.journal.remove([record.id])
            self._log.warning("job.gone", file=name, job_id=record.id)

    def _bundle(self, content: str) -> Path | None:
        return outbox.find(self._folders.outbox, content)

    def _failure(self, record: Record) -> dict[str, Any] | None:
        return reasons.find(self._folders.failed, record.id) or None

    def _rebuild(self) -> None:
        """Fill a new journal with what the folders tell, so that nothing is done twice."""
        records = [*self._published(), *self._failed()]
        self.journal.save(*records)
        if records:
            lost = "recordings that were held are held no longer"
            self._log.warning("journal.rebuilt", jobs=len(records), lost=lost)

    def _published(self) -> Iterator[Record]:
        for bundle, (content, job_id) in outbox.published(self._folders.outbox):
            if job_id:
                yield Record(
                    id=job_id,
                    media=self._folders.inbox / bundle.name,
                    state=JobState.DONE,
                    content=content,
                    bundle=bundle.name,
                )

    def _failed(self) -> Iterator[Record]:
        with reported("the failed folder cannot be read", self._folders.failed, IntakeError):
            found = sorted(self._folders.failed.iterdir())
        for media in found:
            reason = reasons.read(media) if is_media(media) else {}
            if job_id := reason.get("job_id"):
                yield Record(
                    id=str(job_id),
                    media=self._folders.inbox / media.name,
                    state=JobState.FAILED,
                    reason=reason,
                )

    def _tell_damage(self, path: Path, reason: str) -> None:
        self._log.error("journal.damaged", set_aside=printable(str(path)), reason=reason)


def _as_claimed(record: Record) -> Record:
    """Return it as the process that has moved its file had it."""
    if record.state is JobState.HELD:
        record = record.renewed()
    return record.claimed(Job(id=record.id, media=record.media, preset=record.preset))


def _is_gone(media: Path) -> bool:
    """Tell whether a file is gone from a folder that can be looked into."""
    try:
        return media.parent.is_dir() and not os.path.lexists(media)
    except OSError:
        return False

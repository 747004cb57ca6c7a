"""What a person does to jobs by hand: retry, hold, release, unlock. The service may run."""

import difflib
import os
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

from karaokify_daemon.adapters.files import claims, moves, reasons
from karaokify_daemon.adapters.files.links import linked_elsewhere
from karaokify_daemon.adapters.intake.inbox import Inbox
from karaokify_daemon.adapters.journal import Journal
from karaokify_daemon.config import Config
from karaokify_daemon.domain.job import Job, JobState
from karaokify_daemon.domain.names import is_media, printable
from karaokify_daemon.domain.record import ImpossibleTransitionError, Record
from karaokify_daemon.errors import KaraokifyError


class ManualError(KaraokifyError):
    """What was asked for cannot be done to this file."""

    code = "manual"


class Manual:
    """The jobs of one configuration, by the name of their file; `PRESET/NAME` in a preset."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._journal = Journal(config.folders.state)

    def retry(self, name: str) -> str:
        """Move a failed recording back into the inbox, or end the wait of one that is there.

        Returns what was done. Raises ManualError, PublishError, JournalError.
        """
        if failed := self._failed(name):
            return self._restore(failed)
        if not os.path.lexists(self._config.folders.inbox / name):
            raise self._unknown(name)
        job = self._job(name)
        with closing(self._journal) as journal:
            record = journal.get(job.id)
            if record is None or record.state is not JobState.WAITING:
                raise ManualError(
                    "neither failed nor waits to be tried again",
                    file=printable(name),
                    advice="The log tells what became of it.",
                )
            journal.change(record, _anew)
        return "is tried again at once"

    def _failed(self, name: str) -> Path | None:
        """Return where a failed recording lies, by its name or as PRESET/NAME."""
        preset, _, last = name.rpartition("/")
        path = self._config.folders.failed / last
        if "/" in preset or not os.path.lexists(path):
            return None
        return path if not preset or reasons.read(path).get("preset") == preset else None

    def _unknown(self, name: str) -> ManualError:
        close = difflib.get_close_matches(name, list(self.to_retry()), 1)
        hint = f" (did you mean {printable(close[0])}?)" if close else ""
        return ManualError(
            f"is neither in the failed folder nor in the inbox{hint}",
            file=printable(name),
            advice="Give a recording's file name, in a preset's folder as PRESET/NAME.",
        )

    def to_retry(self) -> Iterator[str]:
        """Yield the name of every recording that failed, or waits to be tried again."""
        failed = self._config.folders.failed
        if failed.is_dir():
            yield from sorted(p.name for p in failed.iterdir() if p.is_file() and is_media(p))
        with closing(self._journal) as journal:
            waiting = journal.in_state(JobState.WAITING)
        for record in waiting:
            inbox = self._config.folders.inbox
            if record.media.is_file() and record.media.is_relative_to(inbox):
                yield str(record.media.relative_to(inbox))

    def hold(self, name: str) -> str:
        """Keep a recording from being begun until it is released. Returns what was done."""
        job = self._job(name)
        self._change(job, lambda record: _anew(record).held(), "held")
        return "is held"

    def release(self, name: str) -> str:
        """Let a held recording go on. Returns what was done."""
        job = self._job(name)
        with closing(self._journal) as journal:
            record = journal.get(job.id)
        if record is None or record.state is not JobState.HELD:
            raise ManualError("is not held", file=printable(name), advice="There is nothing to do.")
        self._change(job, Record.renewed, "released")
        _nudge(job.media.parent)
        return "is released"

    def holder(self, name: str) -> str:
        """Return who has claimed a recording. Raises ManualError where nobody has."""
        found = claims.holder(self._path(name))
        if found is None:
            raise ManualError(
                "is not claimed", file=printable(name), advice="There is nothing to unlock."
            )
        return found

    def refuse_alive(self, name: str) -> None:
        """Raise ManualError where the process that has claimed a recording runs on this host."""
        if claims.is_held_here(self._path(name)):
            raise ManualError(
                f"is claimed by {claims.holder(self._path(name))}, which runs",
                file=printable(name),
                advice="Stop that process first; then nothing has to be unlocked.",
            )

    def unlock(self, name: str) -> str:
        """Remove the claim of a process that the caller knows is dead. Returns what was done."""
        if claims.unlock(self._path(name)):
            self.refuse_alive(name)
        return "is unlocked"

    def _change(self, job: Job, change: Callable[[Record], Record], done: str) -> None:
        holder = claims.holder(job.media)
        try:
            if holder is None:
                with closing(self._journal) as journal:
                    journal.change(Record.of(job), change)
                return
        except ImpossibleTransitionError:
            pass
        raise ManualError(
            f"cannot be {done}: {holder or 'a process'} works on it",
            file=printable(job.media.name),
            advice="Wait until it is through.",
        )

    def _restore(self, media: Path) -> str:
        facts = reasons.read(media)
        preset: Any = facts.get("preset")
        folder = self._config.folders.inbox
        if preset in self._config.presets:
            folder /= preset
        moves.restore(media, folder)
        reasons.forget(media.parent, media.name)
        return f"is back in {printable(str(folder))}"

    def _path(self, name: str) -> Path:
        path = self._config.folders.inbox / name
        known = path.parent == self._config.folders.inbox or path.parent.name in (
            self._config.presets
        )
        if known and path.is_file() and not path.is_symlink():
            return path
        raise ManualError(
            "is not in the inbox",
            file=printable(name),
            advice="Give the name of a recording there, in a preset's folder as PRESET/NAME.",
        )

    def _job(self, name: str) -> Job:
        path = self._path(name)
        settled = self._config.intake.model_copy(update={"settle_seconds": 0.0})
        folders, presets = self._config.folders, self._config.presets
        refused = partial(linked_elsewhere, own=folders.moved_to)
        scan = Inbox(folders.inbox, settled, presets, refused=refused).scan()
        for job in scan.ready:
            if job.media == path:
                return job
        for waiting in scan.waiting:
            if waiting.path == path:
                raise ManualError(waiting.reason, file=printable(name), advice="Try again later.")
        raise ManualError(
            "is not a recording", file=printable(name), advice="Give the name of the recording."
        )


def _anew(record: Record) -> Record:
    """Return the record of a job that is to be tried again; one that was over starts anew."""
    over = record.state in (JobState.DONE, JobState.FAILED)
    return record.waits_again() if over else record.renewed()


def _nudge(folder: Path) -> None:
    """Have a service that watches the inbox look at once, though no recording has changed."""
    path = folder / f"karaokify-{os.getpid()}.tmp"  # a name that is never taken
    with suppress(OSError):  # then it looks when it would have done
        path.touch(exist_ok=False)
        path.unlink()

"""What is known of a job's progress: a value that only allowed transitions change. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from karaokify_daemon.domain.job import TRANSITIONS, Job, JobState, Stage
from karaokify_daemon.errors import MemoryLimitError

# Among the results: the files that are being removed, with their identities; and that a child took
# too much memory, so that it is tried with less from then on.
LEAVING, SMALLER = "leaving", "smaller"


class ImpossibleTransitionError(ValueError):
    """A job cannot go from its state to the one asked for: a fault of this program."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """A job's progress, as the journal keeps it.

    `attempts` counts the starts, `deaths` those that ended with the death of a child process, and
    `interruptions` those that ended with the death of the service, since a stage was last finished.
    `not_before` is when to try again, in seconds on a clock that nobody sets.
    """

    id: str
    media: Path
    preset: str | None = None
    state: JobState = JobState.WAITING
    content: str | None = None  # the identity of content and options, once it is known
    stage: Stage | None = None  # the last one that was finished
    results: Mapping[str, Any] = field(default_factory=dict)  # of finished stages, by stage
    attempts: int = 0
    deaths: int = 0
    interruptions: int = 0
    not_before: float | None = None
    reason: Mapping[str, Any] | None = None  # of the last failure
    bundle: str | None = None

    @classmethod
    def of(cls, job: Job) -> Self:
        """Return the record of a job that nothing was done for yet."""
        return cls(id=job.id, media=job.media, preset=job.preset)

    def renewed(self) -> Self:
        """Return it to be tried at once, with what was found, and published, so far."""
        results = {name: found for name, found in self.results.items() if name != SMALLER}
        return replace(
            self,
            state=self.state if self.state is JobState.WAITING else self._to(JobState.WAITING),
            results=results,
            attempts=0,
            deaths=0,
            interruptions=0,
            not_before=None,
            reason=None,
        )

    def waits_again(self) -> Self:
        """Return it as that of a file which lies in the inbox again, as if it was new."""
        return type(self)(
            id=self.id, media=self.media, preset=self.preset, state=self._to(JobState.WAITING)
        )

    def held(self) -> Self:
        """Return it held until it is released."""
        return self._with(JobState.HELD, not_before=None)

    def claimed(self, job: Job) -> Self:
        """Return it as claimed; when it was claimed already, its process was killed."""
        interrupted = self.state is JobState.CLAIMED
        return self._with(
            JobState.CLAIMED,
            media=job.media,
            preset=job.preset,
            attempts=self.attempts + 1,
            interruptions=self.interruptions + interrupted,
            not_before=None,
        )

    def identified(self, content: str) -> Self:
        """Return it for this content; what was found for another is forgotten."""
        if content == self.content:
            return self
        return replace(self, content=content, stage=None, results={}, bundle=None)

    def finished(self, stage: Stage, result: Any) -> Self:
        """Return it with a finished stage and what that found."""
        results = {**self.results, str(stage): result}
        return replace(self, stage=stage, results=results, interruptions=0)

    def advanced(self) -> Self:
        """Return it with a part of a stage finished: what died before did not die over that."""
        return replace(self, deaths=0, interruptions=0)

    def published(self, bundle: str) -> Self:
        """Return it with its bundle in the outbox; what led there is needed no more."""
        return replace(self, stage=Stage.PUBLISH, results={}, bundle=bundle)

    def leaving(self, files: Mapping[str, Any]) -> Self:
        """Return it with what is about to be removed from the inbox, by name."""
        return replace(self, results={**self.results, LEAVING: dict(files)})

    def stopped(self) -> Self:
        """Return it as it was before this attempt, which was stopped from outside."""
        return self._with(JobState.WAITING, attempts=max(0, self.attempts - 1))

    def postponed(self, reason: Mapping[str, Any], not_before: float, *, deadly: bool) -> Self:
        """Return it waiting until a time, for a reason."""
        took_too_much = reason.get("code") == MemoryLimitError.code
        return self._with(
            JobState.WAITING,
            results={**self.results, SMALLER: True} if took_too_much else self.results,
            reason=reason,
            not_before=not_before,
            deaths=self.deaths + deadly,
        )

    def done(self) -> Self:
        """Return it done."""
        return self._with(JobState.DONE, results={}, reason=None)

    def failed(self, reason: Mapping[str, Any]) -> Self:
        """Return it failed for a reason."""
        return self._with(JobState.FAILED, results={}, reason=reason)

    def _to(self, state: JobState) -> JobState:
        if state not in TRANSITIONS[self.state]:
            raise ImpossibleTransitionError(f"{self.id} cannot go from {self.state} to {state}")
        return state

    def _with(self, state: JobState, **changes: Any) -> Self:
        return replace(self, state=self._to(state), **changes)

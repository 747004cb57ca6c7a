"""What earlier attempts have left for a job, and what this one adds."""

from collections.abc import Callable, Mapping
from typing import Any

from karaokify_daemon.domain.job import Stage
from karaokify_daemon.domain.record import Record


class Notes:
    """The record of a job at work; each change of it is saved at once."""

    def __init__(self, record: Record, save: Callable[[Record], None] = lambda _: None) -> None:
        """`save` must not raise: a job goes on where its progress cannot be noted."""
        self.record = record
        self._save = save

    def identify(self, content: str) -> None:
        """Note of what content and options the job is."""
        self._change(self.record.identified(content))

    def finished(self, stage: Stage, **found: Any) -> None:
        """Note that a stage is finished, and what it found (JSON)."""
        self._change(self.record.finished(stage, found))

    def advanced(self) -> None:
        """Note that a part of a stage is finished, and kept."""
        self._change(self.record.advanced())

    def of(self, stage: Stage) -> Mapping[str, Any] | None:
        """Return what a stage found in an earlier attempt, None where it was not finished."""
        found: Mapping[str, Any] | None = self.record.results.get(str(stage))
        return found

    def published(self, bundle: str) -> None:
        """Note that the bundle is in the outbox, under this name."""
        self._change(self.record.published(bundle))

    def leaving(self, files: Mapping[str, Any]) -> None:
        """Note what is about to be removed from the inbox, each with its identity."""
        self._change(self.record.leaving(files))

    @property
    def bundle(self) -> str | None:
        """The name of the bundle, once it is in the outbox."""
        return self.record.bundle

    def _change(self, record: Record) -> None:
        if record != self.record:
            self.record = record
            self._save(record)

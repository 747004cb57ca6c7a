"""How far a job is: its stages, told, timed and noted one by one."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any, Protocol

import structlog

from karaokify_daemon.domain.admission import Needs
from karaokify_daemon.domain.job import Stage
from karaokify_daemon.errors import CancelledError, KaraokifyError
from karaokify_daemon.pipeline.gate import Gate, Place
from karaokify_daemon.pipeline.notes import Notes


class Watch(Protocol):
    """How a job's progress is followed and how it is stopped."""

    def lasts(self, duration_ms: int | None) -> None:
        """Hear how long the recording is; None while it is not known."""

    def progress(self, stage: Stage, fraction: float) -> None:
        """Hear that a stage has come so far (0 to 1)."""

    def finished(self, stage: Stage, seconds: float) -> None:
        """Hear that a stage has ended, and how long it took, without what it only waited."""

    def cancelled(self) -> bool:
        """Tell whether to stop."""


class Course:
    """The course of one job; `timings` are in seconds, by stage."""

    def __init__(self, watch: Watch, notes: Notes, file: str, gate: Gate) -> None:
        """`file` is the recording's name, for errors."""
        self._watch, self._notes, self._file, self._gate = watch, notes, file, gate
        self._log = structlog.get_logger()
        self.timings: dict[str, float] = {}
        self._waited = 0.0

    def cancelled(self) -> bool:
        """Tell whether to stop."""
        return self._watch.cancelled()

    def lasts(self, duration_ms: int | None) -> None:
        """Tell how long the recording is; None while it is not known."""
        self._watch.lasts(duration_ms)

    def progress(self, stage: Stage, fraction: float) -> None:
        """Tell that a stage has come so far (0 to 1)."""
        self._watch.progress(stage, fraction)

    def waited(self, seconds: float) -> None:
        """Tell that a stage has only waited for so long, for what others use."""
        self._waited = seconds

    @contextmanager
    def stage(
        self, stage: Stage, needs: Needs | None = None, place: Place = nullcontext
    ) -> Iterator[Callable[[float], None]]:
        """Time a stage, once there is what it needs; what is yielded is told how far it is.

        One that needs something may want a place, too, which is held for as long.

        Raises CancelledError, and what the gate does.
        """
        if self.cancelled():
            raise CancelledError("was stopped", file=self._file)
        try:
            with ExitStack() as stack:
                if needs is not None:
                    passed = self._gate.passed(
                        stage,
                        needs,
                        job=self._notes.record.id,
                        file=self._file,
                        cancelled=self.cancelled,
                        place=place,
                    )
                    stack.enter_context(passed)
                self._log.debug("stage.started", stage=str(stage))
                self.progress(stage, 0.0)
                start, self._waited = time.monotonic(), 0.0
                yield lambda fraction: self.progress(stage, fraction)
        except KaraokifyError as error:
            error.file = error.file or self._file
            error.details.setdefault("stage", str(stage))
            raise
        self.timings[str(stage)] = round(time.monotonic() - start - self._waited, 3)
        self.progress(stage, 1.0)
        self._watch.finished(stage, self.timings[str(stage)])
        self._log.info("stage.finished", stage=str(stage), seconds=self.timings[str(stage)])

    def finished(self, stage: Stage, *, of: Stage | None = None, **found: Any) -> None:
        """Note what a stage found, for another attempt, and how long it took, or the one `of`."""
        self._notes.finished(stage, seconds=self.timings[str(of or stage)], **found)

    def reused(self, stage: Stage, found: Mapping[str, Any]) -> None:
        """Tell that a stage was finished by an earlier attempt, and how long that took."""
        self.timings[str(stage)] = found["seconds"]
        self._log.info("stage.reused", stage=str(stage), seconds=found["seconds"])

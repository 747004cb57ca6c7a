"""Who turns sound into words: the worker of the service, or an engine in this process."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import structlog

from karaokify_daemon.adapters.resources import cpus
from karaokify_daemon.adapters.whisper.resident import Resident
from karaokify_daemon.config import Transcribe
from karaokify_daemon.errors import CancelledError

OnProgress = Callable[[float], None]


@dataclass(eq=False)
class Seat:
    """A recording among those that wait: since when, and how much was heard of it (ms).

    `waited` is for how long it has waited for its turns, in seconds.
    """

    since: float = field(default_factory=time.monotonic)
    had_ms: int = 0
    waited: float = 0.0


class Recogniser(Protocol):
    """What can recognise speech in raw s16le PCM, 16 kHz, mono."""

    def has(self, model: str) -> bool:
        """Tell whether a model is in memory, wherever it is needed."""

    def models(self) -> Sequence[str | None]:
        """Return the models in memory, of which one is freed where another is to be loaded."""

    def recognise(
        self,
        pcm: Path,
        *,
        span: tuple[int, int],
        model: str,
        language: str,
        threads: int = 0,
        batch: int = 1,
        beam: int = 1,
        seat: Seat | None = None,
        on_progress: OnProgress | None = None,
        cancelled: Callable[[], bool] = ...,
    ) -> dict[str, Any]:
        """Return whisper-timestamped's JSON for a part of the file.

        `span` says from when to when, in milliseconds of the file, as the times of the result do.
        A key "engine" says what produced it. `threads` are those of the processor; 0 leaves it to
        the configuration. `batch` windows are heard at once, `beam` guesses are followed. `seat` is
        that of all parts of a recording.
        """

    def voices(
        self,
        pcm: Path,
        *,
        span: tuple[int, int],
        seat: Seat | None = None,
        cancelled: Callable[[], bool] = ...,
    ) -> list[tuple[int, int]]:
        """Return from when to when somebody speaks in a part of the file, in milliseconds of it."""

    def free(self) -> None:
        """Free the model, unless a job uses it."""


class InProcess:
    """An engine in this process, loaded when it is first needed; one job at a time."""

    def __init__(self, settings: Transcribe, cache: Path) -> None:
        self._settings, self._cache = settings, cache
        self._lock = threading.Lock()
        self._resident = Resident(settings, cache, _tell)

    def recognise(
        self,
        pcm: Path,
        *,
        span: tuple[int, int],
        model: str,
        language: str,
        threads: int = 0,
        batch: int = 1,
        beam: int = 1,
        seat: Seat | None = None,  # noqa: ARG002 - whoever comes first is served first
        on_progress: OnProgress | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> dict[str, Any]:
        """Recognise as `Recogniser` says. Raises what Resident does."""
        shown = -1.0

        def follow(fraction: float) -> None:
            nonlocal shown
            if cancelled():
                raise CancelledError("was stopped while it was recognised")
            if on_progress is not None and fraction > shown:
                on_progress(fraction)
                shown = fraction

        with self._lock:
            return self._resident.recognise(
                pcm,
                span=span,
                model=model,
                language=language,
                threads=threads or self._settings.threads or cpus(),
                batch=batch,
                beam=beam,
                on_progress=follow,
            )

    def voices(
        self,
        pcm: Path,
        *,
        span: tuple[int, int],
        seat: Seat | None = None,  # noqa: ARG002 - as above
        cancelled: Callable[[], bool] = lambda: False,
    ) -> list[tuple[int, int]]:
        """Find voices as `Recogniser` says."""
        from karaokify_daemon.adapters.voices import voices  # noqa: PLC0415 - a native library

        def follow() -> None:
            if cancelled():
                raise CancelledError("was stopped while voices were looked for")

        return voices(pcm, span, follow)

    def has(self, model: str) -> bool:
        """Tell whether a model is in memory."""
        return self._resident.model == model

    def models(self) -> Sequence[str | None]:
        """Return the one in memory."""
        return (self._resident.model,)

    def free(self) -> None:
        """Free the model, unless a job uses it."""
        if self._lock.acquire(blocking=False):
            try:
                self._resident.free()
            finally:
                self._lock.release()


def _tell(event: str, fields: dict[str, Any]) -> None:
    if event == "engine.smaller":  # the rest is of interest in a service only
        structlog.get_logger().warning(event, **fields)

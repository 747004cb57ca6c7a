"""Who turns sound into words: the worker of the service, or an engine in this process."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from karaokify_daemon.adapters.resources import cpus
from karaokify_daemon.adapters.whisper import engines, models
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

    def recognise(
        self,
        pcm: Path,
        *,
        span: tuple[int, int],
        model: str,
        language: str,
        threads: int = 0,
        seat: Seat | None = None,
        on_progress: OnProgress | None = None,
        cancelled: Callable[[], bool] = ...,
    ) -> dict[str, Any]:
        """Return whisper-timestamped's JSON for a part of the file.

        `span` says from when to when, in milliseconds of the file, as the times of the result do.
        A key "engine" says what produced it. `seat` is that of all parts of a recording.
        """

    def voices(
        self, pcm: Path, *, seat: Seat | None = None, cancelled: Callable[[], bool] = ...
    ) -> list[tuple[int, int]]:
        """Return from when to when somebody speaks, in milliseconds."""

    def free(self) -> None:
        """Free the model, unless a job uses it."""


class InProcess:
    """An engine in this process, loaded when it is first needed; one job at a time."""

    def __init__(self, settings: Transcribe, cache: Path) -> None:
        self._settings, self._cache = settings, cache
        self._lock = threading.Lock()
        self._engine: engines.Engine | None = None
        self._resident: str | None = None

    def recognise(
        self,
        pcm: Path,
        *,
        span: tuple[int, int],
        model: str,
        language: str,
        threads: int = 0,  # noqa: ARG002 - the engine was given them
        seat: Seat | None = None,  # noqa: ARG002 - whoever comes first is served first
        on_progress: OnProgress | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> dict[str, Any]:
        """Recognise as `Recogniser` says. Raises what Engine does, ModelError."""
        shown = -1.0

        def follow(fraction: float) -> None:
            nonlocal shown
            if cancelled():
                raise CancelledError("was stopped while it was recognised")
            if on_progress is not None and fraction > shown:
                on_progress(fraction)
                shown = fraction

        with self._lock:
            if self._resident != model:
                self._load(model)
            assert self._engine is not None
            return self._engine.recognise(pcm, span=span, language=language, on_progress=follow)

    def voices(
        self,
        pcm: Path,
        *,
        seat: Seat | None = None,  # noqa: ARG002 - as above
        cancelled: Callable[[], bool] = lambda: False,
    ) -> list[tuple[int, int]]:
        """Find voices as `Recogniser` says."""
        from karaokify_daemon.adapters.voices import voices  # noqa: PLC0415 - a native library

        def follow() -> None:
            if cancelled():
                raise CancelledError("was stopped while voices were looked for")

        return voices(pcm, follow)

    def has(self, model: str) -> bool:
        """Tell whether a model is in memory."""
        return self._resident == model

    def free(self) -> None:
        """Free the model, unless a job uses it."""
        if self._lock.acquire(blocking=False):
            try:
                self._engine = self._resident = None
            finally:
                self._lock.release()

    def _load(self, model: str) -> None:
        self._engine = self._resident = None
        settings = self._settings
        file = models.resolve(
            model, self._cache, download=settings.download, engine=settings.engine
        )
        self._engine = engines.load(file, settings, threads=settings.threads or cpus())
        self._resident = model

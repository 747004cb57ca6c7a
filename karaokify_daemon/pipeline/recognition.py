"""Who turns sound into words: the worker of the service, or an engine in this process."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from karaokify_daemon.adapters.resources import cpus
from karaokify_daemon.adapters.whisper import engines, models
from karaokify_daemon.config import Transcribe
from karaokify_daemon.errors import CancelledError

OnProgress = Callable[[float], None]


class Recogniser(Protocol):
    """What can recognise speech in raw s16le PCM, 16 kHz, mono."""

    @property
    def model(self) -> str | None:
        """Name of the model in memory."""

    def recognise(
        self,
        pcm: Path,
        *,
        span: tuple[int, int],
        model: str,
        language: str,
        threads: int = 0,
        on_progress: OnProgress | None = None,
        cancelled: Callable[[], bool] = ...,
    ) -> dict[str, Any]:
        """Return whisper-timestamped's JSON for a part of the file.

        `span` says from when to when, in milliseconds of the file, as the times of the result do.
        A key "engine" says what produced it.
        """

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

    @property
    def model(self) -> str | None:
        """Name of the model in memory."""
        return self._resident

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

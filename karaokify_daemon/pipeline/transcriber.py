"""The transcriber: recordings in, transcripts with word times out, each recognised once."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from karaokify_daemon.adapters import ffmpeg
from karaokify_daemon.adapters.cache import JsonCache
from karaokify_daemon.adapters.whisper import models
from karaokify_daemon.adapters.work import work_folder
from karaokify_daemon.config import Config, Folders
from karaokify_daemon.domain.onsets import after_pauses
from karaokify_daemon.errors import KaraokifyError, ModelError
from karaokify_daemon.pipeline.chunked import FRAME_MS, INSTEAD_OF, Chunked, Task
from karaokify_daemon.pipeline.flights import Flights
from karaokify_daemon.pipeline.kept import Kept
from karaokify_daemon.pipeline.recognition import InProcess, OnProgress, Recogniser, Seat

__all__ = ["Recogniser", "Transcriber"]

FOLDER = "transcripts"


class Transcriber:
    """Recognises speech with one model; results are kept in the cache and found there again.

    >>> Transcriber("demo").transcribe("talk.mp3")["text"]  # doctest: +SKIP
    'The quick fox runs over the river.'
    """

    def __init__(
        self,
        model_size: str,
        *,
        config: Config | None = None,
        recogniser: Recogniser | None = None,
        flights: Flights | None = None,
        use_cache: bool = True,
    ) -> None:
        """Take what `transcribe.model` may be: a Whisper size, the path of a model or "demo".

        Without a configuration, the defaults with the cache in `$CACHE_DIR`, or else in
        `$XDG_CACHE_HOME/karaokify-daemon`. Without a recogniser, the model is loaded into this
        process when it is first needed. `flights` are those of all that share the cache. With
        `use_cache` false, results are neither looked for nor kept.
        """
        self._model, self._use_cache = model_size, use_cache
        self._config = config or Config(folders=Folders(cache=_own_cache()))
        folder = self._config.folders.cache
        self._flights = flights or Flights()
        self._recogniser = recogniser or InProcess(self._config.transcribe, folder)
        self._cache = JsonCache(folder / FOLDER, on_corrupt=_log_corrupt)

    def transcribe(
        self, audio_path: str | Path, *, on_progress: OnProgress | None = None
    ) -> dict[str, Any]:
        """Return the transcript of a recording in whisper-timestamped's schema.

        Its keys are text, language, segments (each with id, start, end, text, confidence and
        words; times in seconds) and engine. Raises KaraokifyError: NotMediaError, NoAudioError,
        LimitError, ModelError, TranscribeError and what else FFmpeg leads to.
        """
        path = Path(audio_path)
        tools = ffmpeg.Ffmpeg(self._config.limits)
        with work_folder(self._config.folders.cache) as work:
            info = ffmpeg.probe(tools, path)
            decoded = ffmpeg.decode(tools, path, work / "audio.pcm", info)
            try:
                result, _ = self.transcribe_pcm(
                    decoded.pcm,
                    sha256=decoded.sha256,
                    duration_ms=decoded.duration_ms,
                    on_progress=on_progress,
                )
            except KaraokifyError as error:
                if not isinstance(error, ModelError):  # which is no fault of the recording's
                    error.file = error.file or path.name
                raise
        return result

    def transcribe_pcm(
        self,
        pcm: Path,
        *,
        sha256: str,
        duration_ms: int,
        language: str | None = None,
        seat: Seat | None = None,
        on_kept: Callable[[], None] = lambda: None,
        on_progress: OnProgress | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> tuple[dict[str, Any], bool]:
        """Return the transcript of raw s16le PCM (16 kHz, mono), and whether the cache had it.

        `sha256` is that of the PCM's bytes; `language` overrides the configuration's; `on_kept` is
        called when a part of a long recording is in the cache. Raises
        ModelError, OutOfMemoryError, TranscribeError, CancelledError, and from a worker
        WorkerDiedError.
        """
        language = language or self._config.transcribe.language
        key = self.key(sha256, language)
        kept = Kept(self._cache, key) if self._use_cache else None
        with self._flights.alone(key, cancelled):
            found = self.cached(key) if self._use_cache else None
            if kept is not None and found is not None:
                kept.forget()  # a kill after the whole was kept has left some
                if on_progress is not None:
                    on_progress(1.0)
                return found, True
            chunked = Chunked(
                self._task(pcm, sha256, language, duration_ms),
                self._recogniser,
                self._cache if self._use_cache else None,
                kept=kept,
                seat=seat or Seat(),
                on_kept=on_kept,
                on_progress=on_progress,
                cancelled=cancelled,
            )
            result = _normalised(chunked, duration_ms)
            if kept is not None and self._is_kept(key, result):
                kept.forget()
        return result, False

    def _is_kept(self, key: str, result: dict[str, Any]) -> bool:
        if INSTEAD_OF in result["engine"]:  # the GPU may have room for the real one another time
            return False
        try:
            self.cache_result(key, result)
        except OSError as error:  # the transcript is there: a full cache must not cost it
            structlog.get_logger().warning("cache.not_written", reason=error.strerror)
            return False
        return True

    def _task(self, pcm: Path, sha256: str, language: str, duration_ms: int) -> Task:
        settings = self._config.transcribe
        return Task(
            pcm=pcm,
            content=sha256,
            duration_ms=duration_ms,
            model=self._model,
            identity=models.identity(self._model, engine=self._config.transcribe.engine),
            options=self._options() | {"chunk_seconds": settings.chunk_seconds},
            language=language,
            threads=settings.threads,
            batch=settings.batch,
            beam=settings.beam,
            chunk_ms=round(settings.chunk_seconds * 1000),
            vad=settings.vad,
        )

    def _options(self) -> dict[str, Any]:
        """Return what results depend on beside content, model and language.

        Where chunks end is not among it: what is heard is the same.
        """
        settings = self._config.transcribe
        options: dict[str, Any] = {"engine": settings.engine}
        if settings.beam > 1:
            options["beam"] = settings.beam
        return options | ({"vad": True} if settings.vad else {})

    def key(self, sha256: str, language: str) -> str:
        """Return the cache key for decoded audio. Raises ModelError for a model there is not."""
        settings = self._config.transcribe
        options = self._options() | {"language": language}
        model = models.identity(self._model, engine=settings.engine)
        return JsonCache.key(content=sha256, model=model, options=options)

    def cached(self, key: str) -> dict[str, Any] | None:
        """Return the cached transcript, if there is an intact one."""
        return self._cache.get(key)

    def cache_result(self, key: str, data: dict[str, Any]) -> None:
        """Store a transcript in the cache under a key of yours or one of `key`. Raises OSError."""
        self._cache.put(key, data)


def _normalised(chunked: Chunked, duration_ms: int) -> dict[str, Any]:
    """Return words within the recording, each behind its pause, and the engine that heard them."""
    transcript, engine = chunked.recognise()
    transcript = transcript.clipped(duration_ms)
    if transcript.words:
        transcript = after_pauses(transcript, chunked.levels, FRAME_MS)
    return transcript.to_dict() | {"engine": engine}


def _own_cache() -> Path:
    if configured := os.environ.get("CACHE_DIR"):
        return Path(configured)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "karaokify-daemon"


def _log_corrupt(path: Path, reason: str) -> None:
    structlog.get_logger().warning("cache.corrupt", entry=path.name, reason=reason)

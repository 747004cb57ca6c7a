"""A recording of any length, recognised chunk by chunk; each result is kept until all are there."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from karaokify_daemon.adapters.cache import JsonCache
from karaokify_daemon.domain import chunks
from karaokify_daemon.domain.transcript import Segment, Transcript
from karaokify_daemon.errors import SidecarError, TranscribeError
from karaokify_daemon.pipeline.recognition import OnProgress, Recogniser, Seat

FRAME_MS = 10
INSTEAD_OF = "instead_of"  # among the facts of an engine that had to do with less


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is to be heard, by which model; `content` is the hash of the samples."""

    pcm: Path
    content: str
    duration_ms: int
    model: str
    identity: str  # of the model
    options: Mapping[str, Any]  # all that results depend on
    language: str
    threads: int
    chunk_ms: int
    vad: bool = False


@dataclass(frozen=True, kw_only=True)
class _Heard:
    """What was heard up to a moment (milliseconds)."""

    until: int
    transcript: Transcript
    engine: Mapping[str, Any]


@dataclass
class _Whole:
    """What was heard so far."""

    language: str
    segments: list[Segment] = field(default_factory=list)
    engines: list[Mapping[str, Any]] = field(default_factory=list)

    def add(self, heard: _Heard) -> None:
        """Add a chunk. The language of the first words is that of the whole recording."""
        if self.language == "auto" and heard.transcript.words:
            self.language = heard.transcript.language
        self.segments += heard.transcript.segments
        self.engines.append(heard.engine)


class Chunked:
    """Hears one recording; `cache` is where the results of its chunks are kept, if anywhere."""

    def __init__(
        self,
        task: Task,
        recogniser: Recogniser,
        cache: JsonCache | None,
        *,
        seat: Seat,
        on_kept: Callable[[], None] = lambda: None,
        on_progress: OnProgress | None,
        cancelled: Callable[[], bool],
    ) -> None:
        self._task, self._recogniser, self._cache = task, recogniser, cache
        self._seat, self._on_progress, self._cancelled = seat, on_progress, cancelled
        self._on_kept = on_kept
        self._kept: list[str] = []
        self._levels: Any = None
        self._quiet: float | None = None

    def recognise(self) -> tuple[Transcript, dict[str, Any]]:
        """Return what is said in it, and which engine has heard it in how many chunks.

        Raises what `Recogniser.recognise` does, and TranscribeError; then what was heard so far is
        found again by the next attempt.
        """
        whole = _Whole(self._task.language)
        for begin, end in self._stretches():
            at = begin
            while at < end:
                heard = self._chunk(at, end, whole.language)
                whole.add(heard)
                at = heard.until
        least = sorted(whole.engines, key=lambda engine: INSTEAD_OF not in engine)
        engine: dict[str, Any] = dict(least[0]) if least else {"model": "none"}
        if len(whole.engines) > 1:
            engine["chunks"] = len(whole.engines)
        language = "en" if whole.language == "auto" else whole.language
        return Transcript(tuple(whole.segments), language), engine

    def forget(self) -> None:
        """Remove what was kept, now that the whole is."""
        if self._cache is not None:
            for key in self._kept:
                self._cache.remove(key)

    def _stretches(self) -> Iterator[tuple[int, int]]:
        """Yield what is to be heard, in milliseconds."""
        task = self._task
        if not task.vad:
            yield 0, task.duration_ms
            return
        spans = self._keeping({"voices": 1}, self._voices)["spans"]
        yield from chunks.with_voices([(start, end) for start, end in spans], task.duration_ms)

    def _voices(self) -> dict[str, Any]:
        spans = self._recogniser.voices(self._task.pcm, seat=self._seat, cancelled=self._cancelled)
        return {"spans": spans}

    def _chunk(self, begin: int, end: int, language: str) -> _Heard:
        """Return what is heard in the next chunk of a stretch."""
        if end - begin <= self._task.chunk_ms:
            if (begin, end) == (0, self._task.duration_ms):
                return self._heard(begin, end, language, whole=True)  # nothing to keep for later
            return self._again(begin, end, language, whole=True)
        until = begin + self._task.chunk_ms
        middle = begin + self._task.chunk_ms // 2
        silence = self._silence(middle, until)
        return self._again(begin, silence or until, language, whole=silence is not None)

    def _silence(self, begin: int, end: int) -> int | None:
        if self._levels is None:
            # numpy, which short recordings need not wait for here.
            from karaokify_daemon.adapters.levels import levels  # noqa: PLC0415

            self._levels = levels(self._task.pcm, FRAME_MS)
            self._quiet = chunks.quiet_below(self._levels)
        if self._quiet is None:
            return end  # nothing but silence: nothing is cut by a cut
        return chunks.silence_within(self._levels, FRAME_MS, begin, end, self._quiet)

    def _again(self, begin: int, end: int, language: str, *, whole: bool) -> _Heard:
        """Return what an earlier attempt has heard in a chunk, or hear it now, and keep it."""
        event, seconds = "chunk.reused", {"begin": begin / 1000, "end": end / 1000}

        def hear() -> dict[str, Any]:
            nonlocal event
            event = "chunk.finished"
            heard = self._heard(begin, end, language, whole=whole)
            found = {"transcript": heard.transcript.to_dict(), "engine": dict(heard.engine)}
            return {"until": heard.until} | found

        found = self._keeping({"chunk": [begin, end], "language": language}, hear)
        self._tell(end, 1.0)
        structlog.get_logger().debug(event, **seconds)
        transcript = Transcript.from_dict(found["transcript"])
        return _Heard(until=found["until"], transcript=transcript, engine=found["engine"])

    def _heard(self, begin: int, end: int, language: str, *, whole: bool) -> _Heard:
        """Hear a chunk; where it is not `whole`, what may be cut at its end is left out."""
        task = self._task
        raw = self._recogniser.recognise(
            task.pcm,
            span=(begin, end),
            model=task.model,
            language=language,
            threads=task.threads,
            seat=self._seat,
            on_progress=lambda part: self._tell(begin, part, end),
            cancelled=self._cancelled,
        )
        try:
            found = Transcript.from_dict(raw).clipped(end)
        except SidecarError as error:
            problem = f"the engine's result is malformed ({error.problem})"
            raise TranscribeError(problem) from error
        if not whole:
            end = chunks.gap_of_last([(w.start, w.end) for w in found.words], begin, end)
            found = found.clipped(end)
        return _Heard(until=end, transcript=found, engine=raw.get("engine", {}))

    def _tell(self, begin: int, part: float, end: int | None = None) -> None:
        if self._on_progress is not None:
            done = begin + part * ((end or begin) - begin)
            self._on_progress(min(1.0, done / max(1, self._task.duration_ms)))

    def _keeping(self, of: Mapping[str, Any], make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return what was made before, or make it, and keep it where that can be done."""
        if self._cache is None:
            return make()
        task = self._task
        options = {**task.options, **of}
        key = JsonCache.key(content=task.content, model=task.identity, options=options)
        found = self._cache.get(key)
        if found is not None:
            self._kept.append(key)
            return found
        found = make()
        if INSTEAD_OF not in found.get("engine", {}):
            try:
                self._cache.put(key, found)
                self._kept.append(key)
                self._on_kept()
            except OSError as error:  # it is known now: a full cache must not cost it
                structlog.get_logger().warning("cache.not_written", reason=error.strerror)
        return found

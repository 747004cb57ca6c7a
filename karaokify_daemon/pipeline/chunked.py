"""A recording of any length, recognised chunk by chunk; each result is kept until all are there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import structlog

from karaokify_daemon.adapters.cache import JsonCache
from karaokify_daemon.domain import chunks
from karaokify_daemon.domain.transcript import Segment, Transcript
from karaokify_daemon.errors import SidecarError, TranscribeError
from karaokify_daemon.pipeline.kept import Kept
from karaokify_daemon.pipeline.recognition import OnProgress, Recogniser, Seat

FRAME_MS = 10
_LISTENED_MS = 600_000  # for voices, in one turn of the worker
_OVERLAP_MS = 5000  # a detector that begins anew knows after that what is a voice
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
    batch: int = 1
    beam: int = 1
    vad: bool = False


@dataclass(frozen=True, kw_only=True)
class _Heard:
    """What was heard up to a moment; what follows is heard from another one (milliseconds)."""

    until: int
    following: int
    transcript: Transcript
    engine: Mapping[str, Any]


@dataclass
class _Whole:
    """What was heard so far."""

    language: str
    segments: list[Segment] = field(default_factory=list)
    engines: list[Mapping[str, Any]] = field(default_factory=list)
    until: int = 0

    def add(self, heard: _Heard, begin: int) -> None:
        """Add a chunk. The language of the first words is that of the whole recording."""
        found = heard.transcript
        if self.language == "auto" and found.words:
            self.language = found.language
        if begin < self.until:
            last = self.segments[-1].words[-1] if self.segments else None
            found = chunks.from_cut(found, self.until, last)
        self.segments += found.segments
        self.engines.append(heard.engine)
        self.until = heard.until


class Chunked:
    """Hears one recording; what was found of it is kept in `cache` and `kept`, if anywhere."""

    def __init__(
        self,
        task: Task,
        recogniser: Recogniser,
        cache: JsonCache | None,
        *,
        kept: Kept | None = None,
        seat: Seat,
        on_kept: Callable[[], None] = lambda: None,
        on_progress: OnProgress | None,
        cancelled: Callable[[], bool],
    ) -> None:
        self._task, self._recogniser, self._cache = task, recogniser, cache
        self._seat, self._on_progress, self._cancelled = seat, on_progress, cancelled
        self._kept, self._on_kept = kept, on_kept
        self._done = 0.0  # what is heard again is no step back

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
                whole.add(heard, at)
                at = heard.following
        least = sorted(whole.engines, key=lambda engine: INSTEAD_OF not in engine)
        engine: dict[str, Any] = dict(least[0]) if least else {"model": "none"}
        if len(whole.engines) > 1:
            engine["chunks"] = len(whole.engines)
        language = "en" if whole.language == "auto" else whole.language
        return Transcript(tuple(whole.segments), language), engine

    def _stretches(self) -> Iterator[tuple[int, int]]:
        """Yield what is to be heard, in milliseconds."""
        task = self._task
        if not task.vad:
            yield 0, task.duration_ms
            return
        spans: list[chunks.Span] = []
        for begin in range(0, task.duration_ms, _LISTENED_MS):
            spans += self._voices(begin, min(task.duration_ms, begin + _LISTENED_MS + _OVERLAP_MS))
        yield from chunks.with_voices(chunks.joined(spans), task.duration_ms)

    def _voices(self, begin: int, end: int) -> list[chunks.Span]:
        """Return when somebody speaks in a part; it is kept, whatever is to hear it."""
        span = {"span": [begin, end]}
        key = JsonCache.key(content=self._task.content, model="voices", options=span)
        found = None if self._cache is None else self._cache.get(key)
        if found is None:
            spans = self._recogniser.voices(
                self._task.pcm, span=(begin, end), seat=self._seat, cancelled=self._cancelled
            )
            found = {"spans": spans}
            self._keep(key, found)
        return [(start, stop) for start, stop in found["spans"]]

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

    @cached_property
    def levels(self) -> Sequence[float]:
        """How loud the recording is, in dB, for each 10 ms."""
        # numpy, which short recordings need not wait for here.
        from karaokify_daemon.adapters.levels import levels  # noqa: PLC0415

        return levels(self._task.pcm, FRAME_MS)

    @cached_property
    def _quiet(self) -> float | None:
        return chunks.quiet_below(self.levels)

    def _silence(self, begin: int, end: int) -> int | None:
        if self._quiet is None:
            return end  # nothing but silence: nothing is cut by a cut
        return chunks.silence_within(self.levels, FRAME_MS, begin, end, self._quiet)

    def _again(self, begin: int, end: int, language: str, *, whole: bool) -> _Heard:
        """Return what an earlier attempt has heard in a chunk, or hear it now, and keep it."""
        event, seconds = "chunk.reused", {"begin": begin / 1000, "end": end / 1000}

        def hear() -> dict[str, Any]:
            nonlocal event
            event = "chunk.finished"
            heard = self._heard(begin, end, language, whole=whole)
            found = {"transcript": heard.transcript.to_dict(), "engine": dict(heard.engine)}
            return {"until": heard.until, "following": heard.following} | found

        found = self._keeping({"chunk": [begin, end], "language": language}, hear)
        self._tell(end, 1.0)
        structlog.get_logger().debug(event, **seconds)
        transcript = Transcript.from_dict(found["transcript"])
        return _Heard(
            until=found["until"],
            following=found["following"],
            transcript=transcript,
            engine=found["engine"],
        )

    def _heard(self, begin: int, end: int, language: str, *, whole: bool) -> _Heard:
        """Hear a chunk; where it is not `whole`, what may be cut at its end is left out."""
        task = self._task
        raw = self._recogniser.recognise(
            task.pcm,
            span=(begin, end),
            model=task.model,
            language=language,
            threads=task.threads,
            batch=task.batch,
            beam=task.beam,
            seat=self._seat,
            on_progress=lambda part: self._tell(begin, part, end),
            cancelled=self._cancelled,
        )
        try:
            found = Transcript.from_dict(raw).clipped(end)
        except SidecarError as error:
            problem = f"the engine's result is malformed ({error.problem})"
            raise TranscribeError(problem) from error
        following = end
        if not whole:
            spans = [(word.start, word.end) for word in found.words]
            end = chunks.gap_of_last(spans, begin, end, self.levels, FRAME_MS)
            found, following = found.clipped(end), chunks.led_in(self.levels, FRAME_MS, end)
        engine = raw.get("engine", {})
        return _Heard(until=end, following=following, transcript=found, engine=engine)

    def _tell(self, begin: int, part: float, end: int | None = None) -> None:
        done = (begin + part * ((end or begin) - begin)) / max(1, self._task.duration_ms)
        if self._on_progress is not None and done >= self._done:
            self._done = min(1.0, done)
            self._on_progress(self._done)

    def _keeping(self, of: Mapping[str, Any], make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return what was made before, or make it, and keep it where that can be done."""
        if self._kept is None:
            return make()
        task = self._task
        options = {**task.options, **of}
        key = JsonCache.key(content=task.content, model=task.identity, options=options)
        found = self._kept.get(key)
        if found is None:
            found = make()
            if INSTEAD_OF not in found.get("engine", {}) and self._kept.put(key, found):
                self._on_kept()
        return found

    def _keep(self, key: str, found: dict[str, Any]) -> None:
        try:
            if self._cache is not None:
                self._cache.put(key, found)
        except OSError as error:  # it is known now: a full cache must not cost it
            structlog.get_logger().warning("cache.not_written", reason=error.strerror)

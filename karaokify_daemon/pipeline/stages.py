"""The stages of one job, in order, on what is shared by all jobs."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import structlog

from karaokify_daemon.adapters import ffmpeg
from karaokify_daemon.adapters.files import identity, outbox
from karaokify_daemon.config import Config
from karaokify_daemon.domain.job import Job, Stage
from karaokify_daemon.domain.names import bundle_stem, printable
from karaokify_daemon.domain.subtitles import srt, vtt
from karaokify_daemon.domain.transcript import Transcript
from karaokify_daemon.errors import (
    CancelledError,
    KaraokifyError,
    NoAudioError,
    NoSpeechError,
    PublishError,
    SourceChangedError,
)
from karaokify_daemon.pipeline.manifest import manifest
from karaokify_daemon.pipeline.sidecars import read_transcript
from karaokify_daemon.pipeline.transcriber import Recogniser, Transcriber
from karaokify_daemon.pipeline.video import RenderConfig, VideoGenerator

NO_SPEECH = "no speech found"
_MEASURABLE_MS = 1000  # of so much sound EBU R 128 gives no loudness only where it is silent


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of a job: its bundle, and the figures of its canonical log line."""

    bundle: Path
    published: bool  # False: the same content with the same options was there already
    figures: dict[str, Any] = field(default_factory=dict)


class Watch(Protocol):
    """How a job's progress is followed and how it is stopped."""

    def progress(self, stage: Stage, fraction: float) -> None:
        """Hear that a stage has come so far (0 to 1)."""

    def cancelled(self) -> bool:
        """Tell whether to stop."""


class Means:
    """What all jobs share: FFmpeg, who recognises, and the places of renderers."""

    def __init__(self, config: Config, recogniser: Recogniser) -> None:
        self.tools = ffmpeg.Ffmpeg(config.limits)
        self.recogniser = recogniser
        self._renderers = threading.BoundedSemaphore(config.limits.renderers)

    @contextmanager
    def renderer(self, watch: Watch) -> Iterator[None]:
        """Hold one of the `limits.renderers` places."""
        while not self._renderers.acquire(timeout=0.2):
            if watch.cancelled():
                raise CancelledError("was stopped while it waited for a renderer")
        try:
            yield
        finally:
            self._renderers.release()


class JobRun:
    """What one job holds while it goes through the stages."""

    def __init__(self, means: Means, job: Job, config: Config, watch: Watch, work: Path) -> None:
        self._means, self._job, self._config = means, job, config
        self._watch, self._work = watch, work
        self._timings: dict[str, float] = {}
        self._warnings: list[str] = []
        self._cache_hit = False
        self._engine: dict[str, Any] = {}
        self._log = structlog.get_logger()

    def publish(self, hashes: dict[str, str], seen: identity.Identities) -> Result:
        """Run every stage and publish the bundle."""
        with self._stage(Stage.PROBE):
            info = self._probe()
        with self._stage(Stage.DECODE) as progress:
            decoded = ffmpeg.decode(
                self._means.tools,
                self._job.media,
                self._work / "audio.pcm",
                info,
                on_progress=progress,
                cancelled=self._watch.cancelled,
            )
        duration_ms = max(decoded.duration_ms, (info.duration_ms or 0) if info.video else 0)
        with self._stage(Stage.TRANSCRIBE) as progress:
            transcript = self._transcribe(decoded, progress)
        with self._bundle() as bundle:
            self._make(bundle, transcript, duration_ms, decoded.loudness.integrated_lufs)
            facts = self._facts(transcript, decoded, duration_ms)
            with self._stage(Stage.PUBLISH):
                if identity.of_job(self._job) != seen:
                    raise SourceChangedError("changed while it was processed", file=self._name)
                whole = manifest(self._job, self._config, hashes, facts)
                _write_json(bundle.path / "manifest.json", whole)
                size = sum(p.stat().st_size for p in bundle.path.iterdir())
                path = bundle.commit()
        return Result(bundle=path, published=True, figures=self._figures(transcript, facts, size))

    @contextmanager
    def _bundle(self) -> Iterator[outbox.Bundle]:
        """Hold the bundle while it is built; nothing is left of it unless it is committed."""
        stem = bundle_stem(self._job.media)
        try:
            with outbox.Bundle.begin(self._config.folders.outbox, stem) as bundle:
                yield bundle
        except OSError as error:
            raise PublishError(
                f"its bundle could not be written ({error.strerror})", file=self._name
            ) from error

    def _probe(self) -> ffmpeg.MediaInfo:
        info = ffmpeg.probe(self._means.tools, self._job.media)
        if info.audio is None:
            raise NoAudioError("has no audio stream", file=self._name)
        self._look_at_background()
        return info

    def _look_at_background(self) -> None:
        """Fail before the long stages do: hours of recognition may lie between."""
        own, configured = self._job.sidecars.background, self._config.video.background
        if path := own or configured:
            ffmpeg.probe_background(self._means.tools, path, configured=own is None)

    def _transcribe(self, decoded: ffmpeg.Decoded, progress: Callable[[float], None]) -> Transcript:
        if self._job.sidecars.transcript is not None:
            transcript = read_transcript(self._job.sidecars.transcript)
            self._engine = {"model": "sidecar"}
        elif decoded.loudness.integrated_lufs is None and decoded.duration_ms > _MEASURABLE_MS:
            transcript = Transcript(())
            self._engine = {"model": "none"}
        else:
            transcript = self._recognise(decoded, progress)
        total = len(transcript.words)
        transcript = transcript.clipped(decoded.duration_ms)
        if beyond := total - len(transcript.words):
            self._warnings.append(f"{beyond} of {total} words are after the end of the recording")
        if not transcript.words:
            if self._config.transcribe.no_speech == "fail":
                raise NoSpeechError(f"{NO_SPEECH} in it", file=self._name)
            self._warnings.append(NO_SPEECH)
        return transcript

    def _recognise(self, decoded: ffmpeg.Decoded, progress: Callable[[float], None]) -> Transcript:
        settings = self._config.transcribe
        transcriber = Transcriber(
            settings.model, config=self._config, recogniser=self._means.recogniser
        )
        found, self._cache_hit = transcriber.transcribe_pcm(
            decoded.pcm,
            sha256=decoded.sha256,
            duration_ms=decoded.duration_ms,
            language=settings.language,
            on_progress=progress,
            cancelled=self._watch.cancelled,
        )
        self._engine = found.get("engine", {})
        return Transcript.from_dict(found)

    def _make(
        self,
        bundle: outbox.Bundle,
        transcript: Transcript,
        duration_ms: int,
        loudness: float | None,
    ) -> None:
        """Write everything of the bundle but its manifest."""
        video = bundle.file(".mp4")
        with self._stage(Stage.CAPTION):
            generator = self._generator(video, duration_ms, loudness)
            captions = generator.captions(transcript)
            _write_json(bundle.file(".json"), transcript.to_dict())
            _write(bundle.file(".srt"), srt(captions))
            _write(bundle.file(".vtt"), vtt(captions))
            _write(bundle.file(".ass"), generator.ass(transcript))
        with self._means.renderer(self._watch), self._stage(Stage.RENDER):
            generator.generate(transcript)
            at = self._poster_ms(transcript, duration_ms)
            ffmpeg.poster(self._means.tools, video, at, bundle.path / "poster.jpg")
        with self._stage(Stage.VERIFY):
            fps = self._config.video.fps
            ffmpeg.verify(self._means.tools, video, duration_ms=duration_ms, fps=fps)

    def _poster_ms(self, transcript: Transcript, duration_ms: int) -> int:
        """Return when a caption stands, but not after the start of the last frame."""
        said = transcript.words[0].end if transcript.words else duration_ms // 3
        fps = self._config.video.fps
        last = (round(duration_ms * fps / 1000) - 1) * 1000 // fps
        return max(0, min(said, duration_ms // 2, last))

    def _generator(self, output: Path, duration_ms: int, loudness: float | None) -> VideoGenerator:
        return VideoGenerator(
            RenderConfig(
                media=self._job.media,
                output=output,
                video=self._config.video,
                limits=self._config.limits,
                background=self._job.sidecars.background,
                duration_ms=duration_ms,
                loudness_lufs=loudness,
            ),
            on_progress=lambda fraction: self._watch.progress(Stage.RENDER, fraction),
            cancelled=self._watch.cancelled,
        )

    @contextmanager
    def _stage(self, stage: Stage) -> Iterator[Callable[[float], None]]:
        if self._watch.cancelled():
            raise CancelledError("was stopped", file=self._name)
        self._log.debug("stage.started", stage=str(stage))
        self._watch.progress(stage, 0.0)
        start = time.monotonic()
        try:
            yield lambda fraction: self._watch.progress(stage, fraction)
        except KaraokifyError as error:
            error.file = error.file or self._name
            error.details.setdefault("stage", str(stage))
            raise
        self._timings[str(stage)] = round(time.monotonic() - start, 3)
        self._watch.progress(stage, 1.0)
        self._log.info("stage.finished", stage=str(stage), seconds=self._timings[str(stage)])

    @property
    def _name(self) -> str:
        return printable(self._job.media.name)

    def _facts(
        self, transcript: Transcript, decoded: ffmpeg.Decoded, duration_ms: int
    ) -> dict[str, Any]:
        loudness = decoded.loudness
        return {
            "duration_seconds": duration_ms / 1000,
            "words": len(transcript.words),
            "language": transcript.language,
            "model": self._engine,
            "loudness": {
                "integrated_lufs": loudness.integrated_lufs,
                "range_lu": loudness.range_lu,
                "true_peak_dbtp": loudness.true_peak_dbtp,
            },
            "transcript_from_cache": self._cache_hit,
            "ffmpeg": self._means.tools.version(),
            "timings_seconds": dict(self._timings),
            "warnings": list(self._warnings),
        }

    def _figures(self, transcript: Transcript, facts: dict[str, Any], size: int) -> dict[str, Any]:
        seconds = facts["duration_seconds"]
        return {
            "duration": seconds,
            "speed": round(seconds / max(0.001, sum(self._timings.values())), 2),  # x real time
            "words": len(transcript.words),
            "bytes": size,
            "cache_hit": self._cache_hit,
            "stages": dict(self._timings),
            "warnings": list(self._warnings),
        }


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _write_json(path: Path, data: Any) -> None:
    _write(path, json.dumps(data, ensure_ascii=False, indent=2) + "\n")

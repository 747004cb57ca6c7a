"""The stages of one job, in order, on what is shared by all jobs."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from karaokify_daemon.adapters import ffmpeg
from karaokify_daemon.adapters.files import outbox
from karaokify_daemon.adapters.files.held import Held
from karaokify_daemon.adapters.intake.settle import refuse_written
from karaokify_daemon.config import Config
from karaokify_daemon.domain.chapters import chapters_within
from karaokify_daemon.domain.job import Job, Stage
from karaokify_daemon.domain.names import printable
from karaokify_daemon.domain.transcript import Transcript
from karaokify_daemon.errors import (
    CancelledError,
    NoAudioError,
    PublishError,
)
from karaokify_daemon.pipeline.course import Course, Watch
from karaokify_daemon.pipeline.exports import exports
from karaokify_daemon.pipeline.hearing import Hearing
from karaokify_daemon.pipeline.manifest import manifest
from karaokify_daemon.pipeline.notes import Notes
from karaokify_daemon.pipeline.sound import told
from karaokify_daemon.pipeline.stills import write_stills
from karaokify_daemon.pipeline.transcriber import Recogniser
from karaokify_daemon.pipeline.video import RenderConfig, VideoGenerator, background_of


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of a job: its bundle, and the figures of its canonical log line."""

    bundle: Path
    damaged: bool = False  # something of the recording could not be decoded
    published: bool  # False: the same content with the same options was there already
    figures: dict[str, Any] = field(default_factory=dict)


class Means:
    """What all jobs share: FFmpeg, who recognises, and the places of renderers."""

    def __init__(self, config: Config, recogniser: Recogniser) -> None:
        self.tools = ffmpeg.Ffmpeg(config.limits)
        self.recogniser = recogniser
        self._renderers = threading.BoundedSemaphore(config.limits.renderers)

    @contextmanager
    def renderer(self, course: Course) -> Iterator[None]:
        """Hold one of the `limits.renderers` places."""
        while not self._renderers.acquire(timeout=0.2):
            if course.cancelled():
                raise CancelledError("was stopped while it waited for a renderer")
        try:
            yield
        finally:
            self._renderers.release()


class JobRun:
    """What one job holds while it goes through the stages."""

    def __init__(
        self,
        means: Means,
        held: Held,
        job: Job,
        config: Config,
        watch: Watch,
        notes: Notes,
    ) -> None:
        """`job` is the one that is held, by paths of ours."""
        self._means, self._held, self._job, self._config = means, held, job, config
        self._notes = notes
        self._course = Course(watch, notes, self._name)
        self._warnings: list[str] = []
        self._hearing = Hearing(
            job, config, means.recogniser, self._warnings.append, self._course.cancelled
        )
        self._sound: dict[str, Any] = {}

    def probe(self) -> None:
        """Look at the recording and its background; what can fail soon does so here."""
        with self._course.stage(Stage.PROBE):
            self._info = self._probe()

    def publish(self, hashes: dict[str, str], work: Path, bundle: outbox.Bundle) -> Result:
        """Run every other stage that is not finished yet, and publish the bundle."""
        self._work, self._bundle = work, bundle
        try:
            return self._publish(hashes)
        except OSError as error:
            raise PublishError(
                f"its bundle could not be written ({error.strerror})", file=self._name
            ) from error

    def _publish(self, hashes: dict[str, str]) -> Result:
        info = self._info
        decoded = self._decode(info)
        if decoded.damage:
            self._warnings.append(f"it is damaged, or cut short: {decoded.damage}")
        duration_ms = max(decoded.duration_ms, (info.duration_ms or 0) if info.video else 0)
        with self._course.stage(Stage.TRANSCRIBE) as progress:
            transcript = self._hearing.transcript(decoded, progress)
        self._make(transcript, duration_ms, decoded)
        facts = self._facts(transcript, decoded, duration_ms)
        with self._course.stage(Stage.PUBLISH):
            self._held.check()
            refuse_written(self._held.job)
            whole = manifest(self._held, self._config, hashes, facts)
            _write_json(self._bundle.path / "manifest.json", whole)
            path = self._bundle.commit(self._config.publish.file_mode)
            size = sum(p.stat().st_size for p in path.iterdir())
            self._notes.published(path.name)
        figures = self._figures(transcript, facts, size)
        damaged = bool(decoded.damage)
        return Result(bundle=path, published=True, damaged=damaged, figures=figures)

    def _probe(self) -> ffmpeg.MediaInfo:
        info = ffmpeg.probe(self._means.tools, self._job.media)
        if info.audio is None:
            raise NoAudioError("has no audio stream", file=self._name)
        # Now, before the long stages: hours of recognition may lie between.
        own, video = self._job.sidecars.background, self._config.video
        self._rate = ffmpeg.rate_of(video, info, background_of(self._means.tools, video, own))
        return info

    def _decode(self, info: ffmpeg.MediaInfo) -> ffmpeg.Decoded:
        """Decode the sound, unless an earlier attempt has left it whole."""
        pcm = self._work / "audio.pcm"
        if found := self._notes.of(Stage.DECODE):
            decoded = ffmpeg.Decoded.from_dict(pcm, found)
            if decoded.is_intact():
                self._course.reused(Stage.DECODE, found)
                return decoded
        with self._course.stage(Stage.DECODE) as progress:
            decoded = ffmpeg.decode(
                self._means.tools,
                self._job.media,
                pcm,
                info,
                on_progress=progress,
                cancelled=self._course.cancelled,
            )
        self._course.finished(Stage.DECODE, **decoded.to_dict())
        return decoded

    def _make(self, transcript: Transcript, duration_ms: int, decoded: ffmpeg.Decoded) -> None:
        """Build everything of the bundle but its manifest, unless an earlier attempt has."""
        bundle = self._bundle
        if (found := self._notes.of(Stage.VERIFY)) and found["files"] == bundle.files():
            self._course.reused(Stage.RENDER, found)
            self._sound = found.get("sound", {})  # absent in notes of an older version
            self._warnings += found.get("fonts", [])  # the same
            self._verify(duration_ms)
            return
        bundle.empty()
        with self._course.stage(Stage.CAPTION):
            video = bundle.file(".mp4")
            generator = self._generator(video, duration_ms, decoded)
            captions = generator.captions(transcript)
            _write_json(bundle.file(".json"), transcript.to_dict())
            ass = generator.ass(transcript)
            self._warnings += generator.font_warnings
            texts = exports(self._config, self._job.media, transcript, captions, ass, video)
            for ending, text in texts.items():
                _write(bundle.file(ending), text)
        with self._means.renderer(self._course), self._course.stage(Stage.RENDER):
            generator.generate(transcript)
            assert generator.level is not None
            self._sound = told(generator.level, decoded.loudness)
            write_stills(
                self._means.tools,
                video,
                self._config.video,
                captions,
                duration_ms=duration_ms,
                rate=self._rate,
            )
        self._verify(duration_ms)
        bundle.flush()
        self._course.finished(
            Stage.VERIFY,
            of=Stage.RENDER,
            files=bundle.files(),
            sound=self._sound,
            fonts=generator.font_warnings,
        )
        bundle.keep = True

    def _verify(self, duration_ms: int) -> None:
        video = self._bundle.file(".mp4")
        with self._course.stage(Stage.VERIFY):
            ffmpeg.verify(self._means.tools, video, duration_ms=duration_ms, rate=self._rate)

    def _generator(self, output: Path, duration_ms: int, decoded: ffmpeg.Decoded) -> VideoGenerator:
        return VideoGenerator(
            RenderConfig(
                media=self._job.media,
                output=output,
                video=self._config.video,
                sound=self._config.sound,
                limits=self._config.limits,
                background=self._job.sidecars.background,
                duration_ms=duration_ms,
                loudness=decoded.loudness,
                pcm=decoded.pcm,
            ),
            on_progress=lambda fraction: self._course.progress(Stage.RENDER, fraction),
            cancelled=self._course.cancelled,
        )

    @property
    def _name(self) -> str:
        return printable(self._job.media.name)

    def _facts(
        self, transcript: Transcript, decoded: ffmpeg.Decoded, duration_ms: int
    ) -> dict[str, Any]:
        loudness = decoded.loudness
        chapters = chapters_within(self._info.chapters, duration_ms)
        return {
            "duration_seconds": duration_ms / 1000,
            "words": len(transcript.words),
            "language": transcript.language,
            "model": self._hearing.engine,
            **({"text": self._hearing.text} if self._hearing.text else {}),
            "chapters": [part.to_dict() for part in chapters],
            "loudness": {
                "integrated_lufs": loudness.integrated_lufs,
                "range_lu": loudness.range_lu,
                "true_peak_dbtp": loudness.true_peak_dbtp,
            },
            "sound": self._sound,
            "transcript_from_cache": self._hearing.cache_hit,
            "ffmpeg": self._means.tools.version(),
            "damaged": bool(decoded.damage),
            "timings_seconds": dict(self._course.timings),
            "warnings": list(self._warnings),
        }

    def _figures(self, transcript: Transcript, facts: dict[str, Any], size: int) -> dict[str, Any]:
        seconds, spent = facts["duration_seconds"], sum(self._course.timings.values())
        return {
            "duration": seconds,
            "speed": round(seconds / max(0.001, spent), 2),  # x real time
            "words": len(transcript.words),
            "bytes": size,
            "cache_hit": self._hearing.cache_hit,
            "stages": dict(self._course.timings),
            "warnings": list(self._warnings),
        }


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _write_json(path: Path, data: Any) -> None:
    _write(path, json.dumps(data, ensure_ascii=False, indent=2) + "\n")

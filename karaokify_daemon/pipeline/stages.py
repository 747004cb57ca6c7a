"""The stages of one job, in order, on what is shared by all jobs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from karaokify_daemon.adapters import ffmpeg
from karaokify_daemon.adapters.files import outbox
from karaokify_daemon.adapters.files.held import Held
from karaokify_daemon.adapters.intake.settle import refuse_written
from karaokify_daemon.config import Config
from karaokify_daemon.domain import admission
from karaokify_daemon.domain.chapters import chapters_within
from karaokify_daemon.domain.job import Job, Stage
from karaokify_daemon.domain.names import printable
from karaokify_daemon.domain.transcript import Transcript
from karaokify_daemon.errors import (
    NoAudioError,
    PublishError,
)
from karaokify_daemon.pipeline.course import Course, Watch
from karaokify_daemon.pipeline.hearing import Hearing
from karaokify_daemon.pipeline.highlights import Highlighter, Highlights
from karaokify_daemon.pipeline.making import Maker
from karaokify_daemon.pipeline.manifest import manifest
from karaokify_daemon.pipeline.means import Means, is_long, within_quota
from karaokify_daemon.pipeline.notes import Notes
from karaokify_daemon.pipeline.video import background_of, title_of
from karaokify_daemon.pipeline.writing import write_json


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of a job: its bundle, and the figures of its canonical log line."""

    bundle: Path
    damaged: bool = False  # something of the recording could not be decoded
    published: bool  # False: the same content with the same options was there already
    figures: dict[str, Any] = field(default_factory=dict)
    title: str = ""


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
        self._tools = ffmpeg.Ffmpeg(within_quota(config.limits))
        self._course = Course(watch, notes, self._name, means.gate)
        self._warnings: list[str] = []
        self._leave_room: Callable[[], None] = lambda: None
        self._hearing = Hearing(
            job,
            config,
            means.recogniser,
            means.flights.telling(self._wait_for_twin, self._waited_for_twin),
            self._warnings.append,
            self._course.cancelled,
            notes.advanced,
        )

    def probe(self) -> None:
        """Look at the recording and its background; what can fail soon does so here."""
        with self._course.stage(Stage.PROBE):
            self._info = self._probe()
        self._course.lasts(self._info.duration_ms or None)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold a place to read the recording whole: many at once would only hinder each other."""
        with self._means.reader(self._course, long=is_long(self._info.duration_ms or None)):
            yield

    def _waited_for_twin(self, seconds: float) -> None:
        self._hearing.seat.waited += seconds

    def _wait_for_twin(self) -> None:
        self._leave_room()

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
        long = is_long(info.duration_ms or None)
        with self._means.ahead(
            self._course, self._decoding.disks[0][1], long=long
        ) as self._leave_room:
            decoded = self._decode(info)
            if decoded.damage:
                self._warnings.append(f"it is damaged, or cut short: {decoded.damage}")
            duration_ms = max(decoded.duration_ms, (info.duration_ms or 0) if info.video else 0)
            self._course.lasts(duration_ms)
            if is_long(decoded.duration_ms) is not long:
                self._leave_room()  # it is among those that it is none of
            with self._course.stage(Stage.TRANSCRIBE, self._to_transcribe(duration_ms)) as progress:
                transcript = self._hearing.transcript(decoded, progress)
                self._course.waited(self._hearing.seat.waited)
        self._highlights = self._highlight(transcript, decoded, duration_ms)
        self._made = self._maker(decoded).make(
            self._bundle, transcript, self._highlights, duration_ms=duration_ms, rate=self._rate
        )
        facts = self._facts(transcript, decoded, duration_ms)
        with self._course.stage(Stage.PUBLISH):
            self._held.check()
            refuse_written(self._held.job)
            whole = manifest(self._held, self._config, hashes, facts)
            write_json(self._bundle.path / "manifest.json", whole)
            path = self._bundle.commit(self._config.publish.file_mode)
            size = sum(p.stat().st_size for p in path.iterdir())
            self._notes.published(path.name)
        figures = self._figures(transcript, facts, size)
        damaged = bool(decoded.damage)
        title = facts.get("title") or title_of(self._config.video, self._held.job.media)
        return Result(bundle=path, published=True, damaged=damaged, figures=figures, title=title)

    def _to_transcribe(self, duration_ms: int) -> admission.Needs | None:
        """Return what recognition needs; none where somebody has written the words with times."""
        if self._job.sidecars.transcript is not None:
            return None
        model, means = self._config.transcribe.model, self._means
        at_once = min(duration_ms, round(self._config.transcribe.chunk_seconds * 1000))
        # Of several that wait for a worker, as many as there are ask for the memory of what is
        # heard, and for the model's.
        if means.gate.count(Stage.TRANSCRIBE) >= means.workers:
            at_once = 0
        is_there = means.recogniser.has(model) or means.gate.loading(model) >= means.workers
        return admission.to_transcribe(
            at_once,
            None if is_there else model,
            instead_of=means.recogniser.models(),
            places=self._config.transcribe.places,
        )

    @property
    def _decoding(self) -> admission.Needs:
        longest_ms = round(self._config.limits.max_duration_seconds * 1000)
        return admission.to_decode(self._info.duration_ms, longest_ms)

    def _probe(self) -> ffmpeg.MediaInfo:
        info = ffmpeg.probe(self._tools, self._job.media)
        if info.audio is None:
            raise NoAudioError("has no audio stream", file=self._name)
        # Now, before the long stages: hours of recognition may lie between.
        own, video = self._job.sidecars.background, self._config.video
        self._rate = ffmpeg.rate_of(video, info, background_of(self._tools, video, own))
        return info

    def _decode(self, info: ffmpeg.MediaInfo) -> ffmpeg.Decoded:
        """Decode the sound, unless an earlier attempt has left it whole."""
        pcm = self._work / "audio.pcm"
        if found := self._notes.of(Stage.DECODE):
            decoded = ffmpeg.Decoded.from_dict(pcm, found)
            if decoded.is_intact():
                self._course.reused(Stage.DECODE, found)
                return decoded
        place = self._means.decoder(self._course, long=is_long(info.duration_ms or None))
        with self._course.stage(Stage.DECODE, self._decoding, place) as progress:
            decoded = ffmpeg.decode(
                self._tools,
                self._job.media,
                pcm,
                info,
                on_progress=progress,
                cancelled=self._course.cancelled,
            )
        self._course.finished(Stage.DECODE, **decoded.to_dict())
        return decoded

    def _highlight(
        self, transcript: Transcript, decoded: ffmpeg.Decoded, duration_ms: int
    ) -> Highlights | None:
        """Find the highlights, where that is asked for."""
        settings = self._config.highlights
        if not (settings.lengths or settings.tells):
            return None
        with self._course.stage(Stage.HIGHLIGHT, admission.to_highlight()):
            noted = self._notes.of(Stage.HIGHLIGHT)
            found = Highlighter(
                self._config, self._job.id, self._warnings.append, self._course.cancelled
            ).find(
                transcript,
                decoded.pcm,
                duration_ms=duration_ms,
                rate=self._rate,
                noted=noted,
            )
        if noted is None or noted.get("said") != found.noted.get("said"):
            self._course.finished(Stage.HIGHLIGHT, **found.noted)
        return found

    def _maker(self, decoded: ffmpeg.Decoded) -> Maker:
        return Maker(
            self._means,
            self._job,
            self._config,
            self._course,
            self._tools,
            decoded,
            notes=self._notes,
            warn=self._warnings.append,
            film=self._info.video,
        )

    @property
    def _name(self) -> str:
        return printable(self._job.media.name)

    def _facts(
        self, transcript: Transcript, decoded: ffmpeg.Decoded, duration_ms: int
    ) -> dict[str, Any]:
        loudness, highlights = decoded.loudness, self._highlights
        own = highlights.chapters if highlights else ()
        chapters = chapters_within(self._info.chapters or own, duration_ms)
        return {
            "duration_seconds": duration_ms / 1000,
            "words": len(transcript.words),
            "language": transcript.language,
            "model": self._hearing.engine,
            **({"text": self._hearing.text} if self._hearing.text else {}),
            "chapters": [part.to_dict() for part in chapters],
            **(highlights.told() if highlights else {}),
            "loudness": {
                "integrated_lufs": loudness.integrated_lufs,
                "range_lu": loudness.range_lu,
                "true_peak_dbtp": loudness.true_peak_dbtp,
            },
            **self._made,
            "transcript_from_cache": self._hearing.cache_hit,
            "ffmpeg": self._tools.version(),
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

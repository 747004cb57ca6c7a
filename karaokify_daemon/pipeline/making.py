"""Everything that is in a bundle but its manifest: videos, subtitles, stills, a summary."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from karaokify_daemon.adapters import ffmpeg
from karaokify_daemon.adapters.files import outbox
from karaokify_daemon.adapters.resources import disk
from karaokify_daemon.config import Config, Video
from karaokify_daemon.domain.admission import Picture, to_render
from karaokify_daemon.domain.captions import Caption
from karaokify_daemon.domain.frames import reel_rate
from karaokify_daemon.domain.job import Job, Stage
from karaokify_daemon.domain.names import printable
from karaokify_daemon.domain.retry import is_smaller
from karaokify_daemon.domain.stretches import stretches
from karaokify_daemon.domain.summary import summary
from karaokify_daemon.domain.transcript import Transcript
from karaokify_daemon.pipeline.clip_titles import chapters_of, clip_titles
from karaokify_daemon.pipeline.course import Course
from karaokify_daemon.pipeline.exports import exports
from karaokify_daemon.pipeline.highlights import Highlights
from karaokify_daemon.pipeline.means import Means
from karaokify_daemon.pipeline.named_reels import NamedReel
from karaokify_daemon.pipeline.notes import Notes
from karaokify_daemon.pipeline.render_config import RenderConfig
from karaokify_daemon.pipeline.sound import told
from karaokify_daemon.pipeline.stills import write_stills
from karaokify_daemon.pipeline.video import VideoGenerator
from karaokify_daemon.pipeline.writing import reel_told, write_json, write_text

_OF_REELS = {"srt", "vtt"}  # what the sites take where reels are shown


@dataclass(frozen=True, kw_only=True)
class _Part:
    """A video of the bundle; `ending` stands between the stem and `.mp4`."""

    ending: str
    video: Video
    duration_ms: int
    rate: Fraction
    generator: VideoGenerator
    reel: NamedReel | None = None


class Maker:
    """Makes the files of one job's bundle; `warn` hears what its manifest will say.

    `film` is the recording's moving picture.
    """

    def __init__(
        self,
        means: Means,
        job: Job,
        config: Config,
        course: Course,
        tools: ffmpeg.Ffmpeg,
        decoded: ffmpeg.Decoded,
        *,
        notes: Notes,
        warn: Callable[[str], None],
        film: ffmpeg.VideoStream | None,
    ) -> None:
        self._means, self._job, self._config, self._course = means, job, config, course
        self._tools, self._film = tools, film
        self._decoded, self._notes, self._warn = decoded, notes, warn

    def make(
        self,
        bundle: outbox.Bundle,
        transcript: Transcript,
        highlights: Highlights | None,
        *,
        duration_ms: int,
        rate: Fraction,
    ) -> dict[str, Any]:
        """Make all files, unless an earlier attempt has; return what the manifest tells of them.

        Raises KaraokifyError; OSError where the bundle cannot be written.
        """
        if (found := self._notes.of(Stage.VERIFY)) and found["files"] == bundle.files():
            self._course.reused(Stage.RENDER, found)
            for line in found.get("warnings", []):  # absent in notes of an older version
                self._warn(line)
            self._verify(bundle, found.get("videos", {"": duration_ms}), rate)
            return {fact: found.get(fact, {}) for fact in ("sound", "encoders")}  # the same
        bundle.empty()
        parts = list(self._parts(bundle, highlights, duration_ms, rate))
        needs = to_render([self._picture(part) for part in parts], self._archived())
        with self._course.stage(Stage.CAPTION, needs):
            captions = self._write_texts(bundle, parts, transcript, highlights)
        alone = is_smaller(self._notes.record)
        length_ms = sum(part.duration_ms for part in parts)
        place = self._means.renderer(self._course, length_ms, alone=alone)
        with self._course.stage(Stage.RENDER, needs, place):
            for part in parts:
                first = part is parts[0]
                self._render(bundle, part, transcript, captions[part.ending], first=first)
        facts = self._facts(bundle, parts)
        videos = {part.ending: part.duration_ms for part in parts}
        self._verify(bundle, videos, rate)
        bundle.flush()
        self._course.finished(
            Stage.VERIFY,
            of=Stage.RENDER,
            files=bundle.files(),
            videos=videos,
            warnings=self._tell_warnings(parts),
            **facts,
        )
        bundle.keep = True
        return facts

    def _parts(
        self,
        bundle: outbox.Bundle,
        highlights: Highlights | None,
        duration_ms: int,
        rate: Fraction,
    ) -> Iterator[_Part]:
        """Yield the videos to make: the full one, and the reels, which share the progress."""
        reels = highlights.reels if highlights else ()
        config = self._config.video
        lengths = [reel.reel.timeline.duration_ms for reel in reels]
        # Where there is no reel, the full video is better than nothing.
        full = [] if reels and self._config.highlights.only else [duration_ms]
        total, done = sum(full) + sum(lengths), 0
        if full:
            chapters = highlights.chapters if highlights else ()
            generator = self._generator(
                bundle.file(".mp4"),
                config,
                duration_ms,
                (0, duration_ms / total),
                chapters=chapters,
            )
            yield _Part(
                ending="", video=config, duration_ms=duration_ms, rate=rate, generator=generator
            )
            done = duration_ms
        size = self._config.highlights.size
        own = config.model_copy(update={"size": size}) if size else config
        for reel, length in zip(reels, lengths, strict=True):
            generator = self._generator(
                bundle.file(f"{reel.ending}.mp4"),
                own,
                duration_ms,
                (done / total, length / total),
                timeline=reel.reel.timeline,
                title=config.title.replace("{stem}", reel.title or printable(self._job.media.stem)),
                clip_titles=list(clip_titles(reel, self._config)),
                chapters=chapters_of(reel),
            )
            yield _Part(
                ending=reel.ending,
                video=own,
                duration_ms=length,
                rate=reel.reel.timeline.rate,
                generator=generator,
                reel=reel,
            )
            done += length

    def _archived(self) -> int:
        """Return the bytes that the recording takes where it is put afterwards; 0 on its disk."""
        folders = self._config.folders
        inbox, archive = (disk(folder) for folder in (folders.inbox, folders.archive))
        if self._config.intake.after_success == "keep" or not (inbox and archive):
            return 0
        return self._job.media.stat().st_size if inbox[0] != archive[0] else 0

    def _picture(self, part: _Part) -> Picture:
        video, own = part.video, self._job.sidecars.background or part.video.background
        film = self._film if own is None else None
        moving = own is not None or video.zoom > 0 or self._film is not None
        return Picture(
            width=video.width,
            height=video.height,
            rate=float(part.rate),
            duration_ms=part.duration_ms,
            crf=video.crf,
            moving=moving,
            decoders=len(stretches(part.reel.reel.timeline)) if part.reel else 1,
            decoded=film.width * film.height if film else 0,
        )

    def _generator(
        self,
        output: Path,
        video: Video,
        duration_ms: int,
        share: tuple[float, float],
        **of_reel: Any,
    ) -> VideoGenerator:
        """Return what renders a video; `share` is where its progress begins, and how much it is."""
        begin, whole = share
        return VideoGenerator(
            RenderConfig(
                media=self._job.media,
                output=output,
                video=video,
                sound=self._config.sound,
                limits=self._tools.limits,
                background=self._job.sidecars.background,
                duration_ms=duration_ms,
                loudness=self._decoded.loudness,
                pcm=self._decoded.pcm,
                **of_reel,
            ),
            on_progress=lambda part: self._course.progress(Stage.RENDER, begin + part * whole),
            cancelled=self._course.cancelled,
        )

    def _write_texts(
        self,
        bundle: outbox.Bundle,
        parts: list[_Part],
        transcript: Transcript,
        highlights: Highlights | None,
    ) -> Mapping[str, list[Caption]]:
        """Write everything that is text; return the captions of each video."""
        write_json(bundle.file(".json"), transcript.to_dict())
        captions = {}
        for part in parts:
            found = captions[part.ending] = part.generator.captions(transcript)
            video = bundle.file(f"{part.ending}.mp4")
            said, kinds = transcript, {*self._config.publish.exports}
            if part.reel is not None and highlights is not None:
                said, kinds = part.reel.reel.timeline.moved(transcript), kinds & _OF_REELS
                write_json(video.with_suffix(".json"), reel_told(part.reel, highlights))
            ass = part.generator.ass(transcript)
            texts = exports(self._config, self._job.media, said, found, ass, video, kinds)
            for ending, text in texts.items():
                write_text(bundle.file(part.ending + ending), text)
        if highlights is not None and self._config.highlights.tells:
            full = bundle.file(".mp4").name if parts[0].reel is None else None
            name = printable(self._job.media.stem)
            starts = [sentence.start for sentence in highlights.sentences]
            if text := summary(highlights.digest, starts, name, full):
                write_text(bundle.path / "summary.md", text)
        return captions

    def _render(
        self,
        bundle: outbox.Bundle,
        part: _Part,
        transcript: Transcript,
        captions: list[Caption],
        *,
        first: bool,
    ) -> None:
        """Render a video; the stills of the first one stand for the whole bundle."""
        part.generator.generate(transcript)
        video, poster = bundle.file(f"{part.ending}.mp4"), bundle.path / "poster.jpg"
        own = video.with_suffix(".jpg") if part.reel else poster
        write_stills(
            self._tools,
            video,
            part.video,
            captions,
            duration_ms=part.duration_ms,
            rate=part.rate,
            poster=own,
            contact=bundle.path / "contact.jpg" if first else None,
        )
        if first and own != poster:
            shutil.copyfile(own, poster)

    def _verify(self, bundle: outbox.Bundle, videos: Mapping[str, int], rate: Fraction) -> None:
        with self._course.stage(Stage.VERIFY):
            for ending, duration_ms in videos.items():
                video = bundle.file(f"{ending}.mp4")
                own = reel_rate(rate) if ending else rate
                ffmpeg.verify(self._tools, video, duration_ms=duration_ms, rate=own)

    def _facts(self, bundle: outbox.Bundle, parts: list[_Part]) -> dict[str, Any]:
        """Return how loud the first video became, and what has encoded each."""
        level = parts[0].generator.level
        assert level is not None
        made = ((bundle.file(f"{p.ending}.mp4").name, p.generator.encoded) for p in parts)
        encoders = {name: encoded.encoder for name, encoded in made}
        return {"sound": told(level, self._decoded.loudness), "encoders": encoders}

    def _tell_warnings(self, parts: list[_Part]) -> list[str]:
        lines = list(dict.fromkeys(line for p in parts for line in p.generator.warnings))
        for line in lines:
            self._warn(line)
        return lines

"""From a transcript to a karaoke video: caption lines, their script, and the render."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from karaokify_daemon.adapters import ffmpeg
from karaokify_daemon.adapters.files.identity import refuse_overwrite
from karaokify_daemon.config import Video
from karaokify_daemon.domain.ass import Event, Look, Title, dialogues, document, events
from karaokify_daemon.domain.breaking import breakable
from karaokify_daemon.domain.captions import Caption, caption_lines, earlier, visible
from karaokify_daemon.domain.chapters import chapters_within
from karaokify_daemon.domain.names import printable
from karaokify_daemon.domain.text_width import AVERAGE_EM
from karaokify_daemon.domain.transcript import Transcript
from karaokify_daemon.errors import PublishError
from karaokify_daemon.pipeline.encoding import Encoded, rendered
from karaokify_daemon.pipeline.extras import extras
from karaokify_daemon.pipeline.fonts import Fonts
from karaokify_daemon.pipeline.look import look_of
from karaokify_daemon.pipeline.render_config import RenderConfig
from karaokify_daemon.pipeline.sound import Levelled, checked, decided
from karaokify_daemon.pipeline.styles import resolved, styled

_NOTICE = "No speech found"


class VideoGenerator:
    r"""Renders the karaoke video of one recording.

    >>> config = RenderConfig(media=Path("talk.mp3"), output=Path("talk.mp4"))
    >>> VideoGenerator(config).create_effects(
    ...     {"words": [{"text": "Hello", "start": 1.0, "end": 1.4}]}
    ... )[0].split(",,")[-1]
    '{\\an5\\pos(960,830)\\fad(120,0)}{\\k30}{\\kf40}Hello'
    """

    def __init__(
        self,
        config: RenderConfig,
        *,
        on_progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        """Take what to render; `on_progress` hears fractions, `cancelled` tells whether to stop."""
        self._config = config
        self._tools = ffmpeg.Ffmpeg(config.limits)
        self._on_progress = on_progress
        self._cancelled = cancelled or (lambda: False)
        self.level: Levelled | None = None  # how loud the video became, once it is rendered
        self.encoded = Encoded()  # by what, once it is rendered
        self._language = ""

    def generate(self, transcript: dict[str, Any] | Transcript) -> str:
        """Render the video of a transcript and return its path.

        Takes whisper-timestamped's JSON form or a Transcript. The output appears whole or not at
        all. Raises SidecarError for a malformed transcript, ConfigError where the output is one of
        the inputs, and what probing, decoding and
        rendering raise.
        """
        config, found = self._config, _transcript(transcript)
        inputs = (config.media, config.audio, config.background, config.video.background)
        refuse_overwrite(config.output, *inputs)
        with self._work_folder() as work:
            info = ffmpeg.probe(self._tools, config.media)
            plan, level = self._plan(found, info, work)
            self.encoded = rendered(
                self._tools, plan, on_progress=self._on_progress, cancelled=self._cancelled
            )
            self.level = checked(self._tools, plan, level, self._cancelled)
            ffmpeg.switch_off_subtitles(plan.output)
            plan.output.replace(config.output)
        return str(config.output)

    def create_effects(self, segment: dict[str, Any]) -> list[str]:
        """Return the ASS dialogue lines of one segment of whisper-timestamped's JSON."""
        found = self.captions({"segments": [segment]})
        shown = visible(found, self._look.em_width)
        return [str(event) for event in dialogues(shown, self._look)]

    @property
    def row_chars(self) -> int:
        """How many characters of mean width a row of captions holds."""
        return self._look.max_chars

    def captions(self, transcript: dict[str, Any] | Transcript) -> list[Caption]:
        """Return a transcript's captions, as this video's size and font allow."""
        found, timeline = _transcript(transcript), self._config.timeline
        if timeline is not None:
            found = timeline.moved(found)
        self._set_in(found.language)
        look = self._look
        return caption_lines(
            breakable(found, look.max_chars * AVERAGE_EM, look.em_width),
            max_chars=look.max_chars,
            max_rows=look.rows,
            max_words=styled(self._config.video).words,
            duration_ms=self._duration_ms,
            parts=timeline.parts if timeline is not None else (),
            measure=look.em_width,
        )

    def ass(self, transcript: dict[str, Any] | Transcript) -> str:
        """Return the whole ASS script.

        Without any duration, the title stands until the last caption ends.
        """
        return document(self._events(self.captions(transcript), self._duration_ms), self._look)

    def _events(self, captions: list[Caption], duration_ms: int | None) -> list[Event]:
        last = captions[-1].end if captions else 0
        clips = self._config.clip_titles
        lower = [Title(text=text, kind="lower-third", times=(a, b)) for a, b, text in clips]
        return events(
            visible(captions, self._look.em_width),
            self._look,
            title=self._title(),
            clip_titles=lower,
            notice=None if captions else _NOTICE,
            duration_ms=duration_ms or max(last, 5000),
        )

    def _plan(
        self, transcript: Transcript, info: ffmpeg.MediaInfo, work: Path
    ) -> tuple[ffmpeg.RenderPlan, Levelled]:
        config = self._config
        loudness, duration_ms, pcm = config.loudness, config.duration_ms, config.pcm
        heard = ffmpeg.probe(self._tools, config.audio) if config.audio else info
        wave = None if self._video.waveform == "none" else ffmpeg.Wave.of(self._video)
        if duration_ms is None or (wave is not None and pcm is None):
            decoded = self._decoded(heard, work)
            pcm = decoded.pcm
            if duration_ms is None:
                picture_ms = info.duration_ms if info.video else None
                duration_ms = max(decoded.duration_ms, picture_ms or 0)
                loudness = decoded.loudness
        level = decided(config.sound, loudness, heard.audio)
        background = background_of(self._tools, config.video, config.background)
        rate = ffmpeg.rate_of(config.video, info, background)
        chapters = info.chapters or config.chapters
        if config.timeline is not None:
            rate, duration_ms = config.timeline.rate, config.timeline.duration_ms
            chapters = config.chapters
        # A frame shows what is true at its start, and stands for 1/rate: with half of that ahead,
        # what is seen is neither early nor late on average.
        captions = self.captions(transcript)
        shown = self._events(earlier(captions, round(500 / rate)), duration_ms)
        plan = ffmpeg.RenderPlan(
            media=config.media,
            info=info,
            output=work / "video.mp4",
            work=work,
            video=self._video,
            events=shown,
            captions=document(shown, self._look),
            fonts=self._fonts.files,
            duration_ms=duration_ms,
            rate=rate,
            sound=config.audio,
            heard=heard.audio,
            gain_db=level.gain.db,
            background=background,
            wave=wave,
            extras=extras(
                config.video,
                config.media,
                self._title().text,
                transcript,
                captions,
                chapters_within(chapters, duration_ms),
            ),
            timeline=config.timeline,
        )
        if wave is not None and pcm is not None:
            from karaokify_daemon.pipeline.waves import (  # noqa: PLC0415 - numpy
                spliced,
                write_heights,
            )

            if config.timeline is not None:
                pcm = spliced(pcm, work / "reel.pcm", config.timeline)
            frames = ffmpeg.frame_count(duration_ms, rate)
            write_heights(wave, pcm, work, rate, frames)
        return plan, level

    @property
    def _duration_ms(self) -> int | None:
        timeline = self._config.timeline
        return timeline.duration_ms if timeline is not None else self._config.duration_ms

    def _decoded(self, heard: ffmpeg.MediaInfo, work: Path) -> ffmpeg.Decoded:
        sound = self._config.audio or self._config.media
        pcm = work / "audio.pcm"
        return ffmpeg.decode(self._tools, sound, pcm, heard, cancelled=self._cancelled)

    def _title(self) -> Title:
        config, video = self._config, self._config.video
        text = title_of(video, config.media) if config.title is None else config.title
        reserved = ffmpeg.logo_width(video) if video.logo_position.startswith("top") else 0
        return Title(text=text, byline=video.byline, kind=video.title_as, reserved=reserved)

    @cached_property
    def _video(self) -> Video:
        return resolved(self._config.video)

    @property
    def warnings(self) -> list[str]:
        """What no font can show, and what to install; which encoder did not work."""
        encoding = [self.encoded.warning] if self.encoded.warning else []
        return [*self._fonts.warnings, *encoding]

    def _set_in(self, language: str) -> None:
        """Choose fonts anew where the language is another: Han characters differ by it."""
        if language != self._language:
            self._language = language
            for name in ("_fonts", "_look"):
                vars(self).pop(name, None)

    @cached_property
    def _fonts(self) -> Fonts:
        style, own = styled(self._video), self._config.fonts
        return Fonts(style.font, bold=style.bold, language=self._language, own=own)

    @cached_property
    def _look(self) -> Look:
        return look_of(self._video, self._fonts)

    @contextmanager
    def _work_folder(self) -> Iterator[Path]:
        """Yield a folder beside the output, so that the finished video is moved by a rename."""
        try:
            work = Path(tempfile.mkdtemp(prefix=".render-", dir=self._config.output.parent))
        except OSError as error:
            raise PublishError(
                f"its folder cannot be written to ({error.strerror})",
                file=printable(str(self._config.output)),
            ) from error
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def background_of(tools: ffmpeg.Ffmpeg, video: Video, own: Path | None) -> ffmpeg.Background | None:
    """Return the recording's own background, else the configured one; the logo is looked at, too.

    Raises what probe_background raises.
    """
    if video.logo is not None:
        ffmpeg.probe_background(tools, video.logo, configured=True, key="logo")
    path = own or video.background
    if path is None:
        return None
    info = ffmpeg.probe_background(tools, path, configured=own is None)
    return ffmpeg.Background(path=path, info=info)


def title_of(video: Video, media: Path) -> str:
    """Return the title that a recording gets, where none is given for it; may be empty."""
    return video.title.replace("{stem}", printable(media.stem))


def _transcript(given: dict[str, Any] | Transcript) -> Transcript:
    return given if isinstance(given, Transcript) else Transcript.from_dict(given)

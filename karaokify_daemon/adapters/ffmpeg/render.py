"""Rendering a bundle's video in one FFmpeg process and one encode, and its check."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from karaokify_daemon.adapters.ffmpeg.encoders import LIBX264, Encoder
from karaokify_daemon.adapters.ffmpeg.graph import (
    CAPTIONS,
    FONTS,
    KEYFRAME_SECONDS,
    Graph,
    frame_count,
)
from karaokify_daemon.adapters.ffmpeg.picture import Background
from karaokify_daemon.adapters.ffmpeg.probe import AudioStream, MediaInfo, probe
from karaokify_daemon.adapters.ffmpeg.soft import CHAPTERS, SUBTITLES, Extras
from karaokify_daemon.adapters.ffmpeg.sound import (
    channels_of,
    encoder,
)
from karaokify_daemon.adapters.ffmpeg.sources import url
from karaokify_daemon.adapters.ffmpeg.ticks import write_ticks
from karaokify_daemon.adapters.ffmpeg.tools import Cancelled, Ffmpeg, OnProgress, never
from karaokify_daemon.adapters.ffmpeg.waveform import Wave
from karaokify_daemon.config import Video
from karaokify_daemon.domain.ass import Event, frames_of_change
from karaokify_daemon.domain.names import printable
from karaokify_daemon.domain.timeline import Timeline
from karaokify_daemon.errors import KaraokifyError, VerifyError

_SHORTEST_DEADLINE = 120.0
_AAC_FRAME_MS = 1024 * 1000 / 48_000


@dataclass(frozen=True, kw_only=True)
class RenderPlan:
    """What to render.

    `work` is an empty folder for this render alone; `captions` the text of the ASS script (empty
    for none), `events` what it shows; `fonts` the files of its fonts; `sound` replaces the media's;
    `heard` is the audio stream of whichever is heard; `gain_db` turns it up or down; `rate` is in
    frames a second; `wave` is drawn from the heights that are in HEIGHTS in `work`. With a
    `timeline` it is a reel, whose times are those of `captions`, `events` and `duration_ms`.
    """

    media: Path
    info: MediaInfo
    output: Path
    work: Path
    video: Video
    captions: str
    events: Sequence[Event]
    fonts: Sequence[Path]
    duration_ms: int
    rate: Fraction
    sound: Path | None = None
    heard: AudioStream | None = None
    gain_db: float = 0.0
    background: Background | None = None
    wave: Wave | None = None
    timeline: Timeline | None = None
    extras: Extras = field(default_factory=Extras)
    encoder: Encoder = LIBX264


def render(
    tools: Ffmpeg,
    plan: RenderPlan,
    *,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled = never,
) -> None:
    """Render a plan to its output, also once more. Raises what Ffmpeg.run raises."""
    (plan.work / CAPTIONS).write_text(plan.captions, encoding="utf-8")
    (plan.work / SUBTITLES).write_text(plan.extras.subtitles, encoding="utf-8")
    (plan.work / CHAPTERS).write_text(plan.extras.ffmetadata(plan.duration_ms), encoding="utf-8")
    _link_fonts(plan)
    if plan.wave is not None:
        # With numpy, which a command that draws nothing need not wait for.
        from karaokify_daemon.adapters.ffmpeg.wave_pictures import (  # noqa: PLC0415
            write_pictures,
        )

        write_pictures(plan.wave, plan.video, plan.work)
    graph = Graph(plan.video, plan.rate, plan.duration_ms, _ticks(plan), plan.timeline).arguments(
        plan.media,
        plan.info,
        plan.sound or plan.media,
        plan.background,
        shows_captions=bool(plan.captions),
        wave=plan.wave,
        work=plan.work,
        channels=channels_of(plan.heard),
        gain_db=plan.gain_db,
        options=_output_options(plan, tools.limits.ffmpeg_threads) | plan.extras.options(),
        ending=plan.encoder.ending,
        has_subtitles=bool(plan.extras.subtitles),
        has_chapters=bool(plan.extras.chapters),
    )
    factor = tools.limits.render_deadline_factor
    Ffmpeg(plan.encoder.limits(tools.limits)).run(
        [*plan.encoder.leading, *graph, url(plan.output)],
        file=printable(plan.media.name),
        deadline=max(_SHORTEST_DEADLINE, plan.duration_ms / 1000 * factor),
        cwd=plan.work,
        duration_ms=plan.duration_ms,
        on_progress=on_progress,
        cancelled=cancelled,
    )


def _ticks(plan: RenderPlan) -> Path | None:
    """Write down when the picture changes, where only the script changes it, and that is asked."""
    background = plan.background
    moves = plan.info.video is not None or (background is not None and background.moves)
    video = plan.video
    if video.fps != "variable" or moves or video.zoom or plan.wave is not None:
        return None
    count = frame_count(plan.duration_ms, plan.rate)
    changes = frames_of_change(plan.events, plan.rate, count, KEYFRAME_SECONDS)
    return write_ticks(plan.work / "ticks.ivf", changes, plan.rate)


def _link_fonts(plan: RenderPlan) -> None:
    """Show libass the fonts of the script: it reads every file of the folder as a whole."""
    (plan.work / FONTS).mkdir(exist_ok=True)
    for i, path in enumerate(plan.fonts):
        link = plan.work / FONTS / f"{i}-{path.name}"
        link.unlink(missing_ok=True)
        try:
            link.symlink_to(path.absolute())
        except OSError:  # SMB and FAT have none
            shutil.copyfile(path, link)


def _output_options(plan: RenderPlan, threads: int) -> dict[str, str | int]:
    options: dict[str, str | int] = {
        **plan.encoder.options(plan.video, plan.rate),
        **encoder(channels_of(plan.heard), plan.video.audio_kbps),
        "movflags": "+faststart",
        "map_metadata": -1,
        "map_chapters": -1,
        "f": "mp4",
    }
    return options | ({"threads": threads} if threads else {})


def resound(tools: Ffmpeg, plan: RenderPlan, *, cancelled: Cancelled = never) -> None:
    """Encode only the sound of a rendered plan again, with its gain. Raises as `render` does."""
    heard = channels_of(plan.heard)
    options = encoder(heard, plan.video.audio_kbps) | {
        "c:v": "copy",
        "c:s": "copy",
        "metadata:s:a:0": f"language={plan.extras.language}",
        "movflags": "+faststart",
        "f": "mp4",
    }
    rendered = plan.output.with_name("rendered.mp4")
    plan.output.replace(rendered)
    graph = Graph(plan.video, plan.rate, plan.duration_ms, timeline=plan.timeline).with_sound(
        rendered, plan.sound or plan.media, heard, plan.gain_db, options
    )
    tools.run(
        [*graph, url(plan.output)],
        file=printable(plan.media.name),
        deadline=max(
            _SHORTEST_DEADLINE, plan.duration_ms / 1000 * tools.limits.render_deadline_factor
        ),
        cancelled=cancelled,
    )
    rendered.unlink()


def verify(tools: Ffmpeg, video: Path, *, duration_ms: int, rate: Fraction) -> None:
    """Check that a finished video has both streams, of the duration asked for.

    Raises VerifyError.
    """
    name = printable(video.name)
    try:
        info = probe(tools, video)
    except KaraokifyError as error:
        raise VerifyError(f"cannot be read back ({error.problem})", file=name) from error
    frame_ms = float(1000 / rate)
    # The last AAC frame is full, whatever the sound's length.
    _check_stream("picture", info.video_duration_ms, duration_ms, frame_ms, name)
    _check_stream("sound", info.audio_duration_ms, duration_ms, max(frame_ms, _AAC_FRAME_MS), name)


def _check_stream(what: str, found: int | None, wanted: int, tolerance: float, name: str) -> None:
    if found is None:
        raise VerifyError(f"has no {what}", file=name)
    if abs(found - wanted) > tolerance + 1:
        raise VerifyError(
            f"has a {what} of {found} ms instead of {wanted} ms",
            file=name,
            found_ms=found,
            wanted_ms=wanted,
        )

"""What a video is made of, and where it goes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from karaokify_daemon.config import Limits, Sound, Video
from karaokify_daemon.domain.chapters import Chapter
from karaokify_daemon.domain.loudness import Loudness
from karaokify_daemon.domain.timeline import Timeline


@dataclass(frozen=True, kw_only=True)
class RenderConfig:
    """What to render, and where to.

    `title` replaces the one of `video`; `background` (an image or a video) that of `video`;
    `audio` replaces the media's sound. A duration that is not given is measured, and the loudness
    with it; with neither, the sound keeps its loudness. `pcm` is the sound as 16 kHz mono samples
    (s16le), which a waveform needs: it is decoded where it is not given. With a `timeline` the
    video is a reel: transcript, duration and samples are still those of the recording. A clip has
    its title within its times (milliseconds of the video), as (start, end, text). `chapters` are
    for a recording that has none of its own, or those of the reel.
    """

    media: Path
    output: Path
    video: Video = field(default_factory=Video)
    sound: Sound = field(default_factory=Sound)
    limits: Limits = field(default_factory=Limits)
    title: str | None = None
    background: Path | None = None
    audio: Path | None = None
    duration_ms: int | None = None
    fonts: Path | None = None
    loudness: Loudness | None = None
    pcm: Path | None = None
    timeline: Timeline | None = None
    clip_titles: Sequence[tuple[int, int, str]] = ()
    chapters: Sequence[Chapter] = ()

    def __post_init__(self) -> None:
        for name in ("media", "output", "background", "audio", "fonts", "pcm"):
            value = getattr(self, name)
            if isinstance(value, str):  # the type says Path, and not all callers check types
                object.__setattr__(self, name, Path(value))

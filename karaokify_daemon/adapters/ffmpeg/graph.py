"""The filter graph of a render, built with ffmpeg-python.

Nothing of the user's reaches a filter's text: the graph knows inputs by placeholders (which also
keeps names that are no UTF-8 away from ffmpeg-python, which hashes them) and files in its working
folder by fixed names.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import ffmpeg

from karaokify_daemon.adapters.ffmpeg import generated, waveform
from karaokify_daemon.adapters.ffmpeg.logo import with_logo
from karaokify_daemon.adapters.ffmpeg.picture import Background, Picture
from karaokify_daemon.adapters.ffmpeg.probe import MediaInfo
from karaokify_daemon.adapters.ffmpeg.reel import clip_inputs, joined_picture, joined_sound
from karaokify_daemon.adapters.ffmpeg.soft import CHAPTERS, SUBTITLES
from karaokify_daemon.adapters.ffmpeg.sound import (
    amplified,
    applied,
    cut,
    endless,
    on_timeline,
    resampled,
)
from karaokify_daemon.adapters.ffmpeg.sources import input_options, url
from karaokify_daemon.adapters.ffmpeg.waveform import Wave
from karaokify_daemon.config import Video
from karaokify_daemon.domain.channels import Channels
from karaokify_daemon.domain.timeline import Timeline

CAPTIONS, FONTS = "captions.ass", "fonts"  # in the working folder
KEYFRAME_SECONDS = 5  # a player can seek to within so many


def frame_count(duration_ms: int, rate: Fraction) -> int:
    """Return how many frames a video of some duration has."""
    return max(1, round(duration_ms * rate / 1000))


class Graph:
    """Inputs and filters of one render, as FFmpeg's arguments."""

    def __init__(
        self,
        video: Video,
        rate: Fraction,
        duration_ms: int,
        ticks: Path | None = None,
        timeline: Timeline | None = None,
    ) -> None:
        """`ticks` is a video whose frames are those that are needed of a picture that stands.

        With a `timeline`, the video is a reel.
        """
        self._video, self._rate, self._ticks = video, rate, ticks
        self._timeline = timeline
        self._frames = frame_count(duration_ms, rate)
        self._duration_ms = duration_ms
        self._urls: dict[str, str] = {}

    def arguments(
        self,
        media: Path,
        info: MediaInfo,
        sound: Path,
        background: Background | None,
        *,
        shows_captions: bool,
        wave: Wave | None,
        work: Path,
        channels: Channels,
        gain_db: float,
        options: dict[str, Any],
        ending: Sequence[tuple[str, Any]] = (),
        has_subtitles: bool = False,
        has_chapters: bool = False,
    ) -> list[str]:
        """Return the arguments from the first input to the last output option.

        The pictures of the waveform are in `work`; `ending` is what the encoder needs of filters.
        """
        recording = self._inputs(media, sound=False)
        same = self._timeline is None and sound == media
        heard = recording if same else self._inputs(sound, sound=True)
        audio = self._sound(heard, channels)
        picture = self._picture(recording, info, background)
        if self._video.logo is not None:
            picture = with_logo(picture, self._video.logo, self._video, self._input)
        if wave is not None:
            strip = waveform.strip(wave, self._opened, work, self._rate, self._frames)
            x, y = wave.place
            picture = ffmpeg.filter([picture, strip], "overlay", x=x, y=y)
        if shows_captions:
            picture = picture.filter("ass", filename=CAPTIONS, fontsdir=FONTS)
        picture = picture.filter("format", "yuv420p")
        if self._ticks is None:
            picture = picture.filter("trim", end_frame=self._frames)
            picture = self._changing(picture) if self._video.fps == "variable" else picture
        for name, value in ending:
            picture = picture.filter(name, *([] if value is None else [value]))
        audio = applied(audio, [*amplified(gain_db), *cut(self._duration_ms)])
        soft = [ffmpeg.input(SUBTITLES, f="srt")["s:0"]] if has_subtitles else []
        arguments: list[str] = ffmpeg.output(picture, audio, *soft, "OUTPUT", **options).get_args()
        if has_chapters:
            arguments = _with_chapters(arguments)
        return [self._urls.get(part, part) for part in arguments[:-1]]

    def with_sound(
        self, rendered: Path, sound: Path, channels: Channels, gain_db: float, options: Any
    ) -> list[str]:
        """Return the arguments that give a rendered video its sound anew, with another gain."""
        video = self._opened(rendered)
        audio = self._sound(self._inputs(sound, sound=True), channels)
        audio = applied(audio, [*amplified(gain_db), *cut(self._duration_ms)])
        streams = video["v"], audio, video["s?"]
        arguments: list[str] = ffmpeg.output(*streams, "OUTPUT", **options).get_args()[:-1]
        opened = [arguments[i + 1] for i, part in enumerate(arguments) if part == "-i"]
        number = next(n for n, part in enumerate(opened) if self._urls[part] == url(rendered))
        kept = ["-map_metadata", str(number), "-map_chapters", str(number)]
        return [self._urls.get(part, part) for part in [*arguments, *kept]]

    def _inputs(self, path: Path, *, sound: bool) -> list[Any]:
        """Open a recording; for a reel, the sound or the picture of each of its clips."""
        if self._timeline is None:
            return [self._input(path)]
        return clip_inputs(self._timeline, path, self._input, sound=sound)

    def _sound(self, inputs: Sequence[Any], channels: Channels) -> Any:
        if self._timeline is not None:
            return applied(joined_sound(inputs, self._timeline, channels), endless())
        filters = [*on_timeline(channels), *resampled(), *endless()]
        return applied(inputs[0]["a:0"], filters)

    def _picture(
        self, inputs: Sequence[Any], info: MediaInfo, background: Background | None
    ) -> Any:
        if self._ticks is None:
            hold = partial(generated.held, rate=self._rate)
        else:
            ticks = self._opened(self._ticks, f="ivf")
            size = self._video.width, self._video.height
            hold = partial(generated.shown_at, ticks=ticks["v:0"], size=size)
        picture, shown = Picture(self._video, self._rate, self._input, hold), info.video
        stream = None
        if shown is not None and self._timeline is not None:
            stream = joined_picture(inputs, self._timeline, shown)
        elif shown is not None:
            stream = picture.whole(inputs[0][f"v:{shown.ordinal}"], shown)
        return picture.of(stream, shown, background)

    def _changing(self, picture: Any) -> Any:
        """Leave out frames like the one before, but for one in a while, so that players can seek.

        The last one stays too, made brighter by less than is seen: it ends the picture with the
        sound.
        """
        last = picture.filter("lutyuv", y="val+1", enable=f"eq(n,{self._frames - 1})")
        most = int(self._rate * KEYFRAME_SECONDS) - 1
        return last.filter("mpdecimate", hi=0, lo=0, frac=0, max=most)

    def _input(self, path: Path, **options: Any) -> Any:
        return self._opened(path, **input_options(path), **options)

    def _opened(self, path: Path, **options: Any) -> Any:
        placeholder = f"INPUT-{len(self._urls)}"
        self._urls[placeholder] = url(path)
        return ffmpeg.input(placeholder, **options)


def _with_chapters(arguments: list[str]) -> list[str]:
    """Add an input of chapters alone: ffmpeg-python leaves out what no filter or output takes."""
    inputs = arguments.count("-i")
    behind = len(arguments) - arguments[::-1].index("-i") + 1
    found = list(arguments)
    for option in ("-map_chapters", "-map_metadata"):  # their titles are metadata
        found[found.index(option) + 1] = str(inputs)
    return [*found[:behind], "-f", "ffmetadata", "-i", CHAPTERS, *found[behind:]]

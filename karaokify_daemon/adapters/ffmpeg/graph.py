"""The filter graph of a render, built with ffmpeg-python.

Nothing of the user's reaches a filter's text: the graph knows inputs by placeholders (which also
keeps names that are no UTF-8 away from ffmpeg-python, which hashes them) and files in its working
folder by fixed names.
"""

from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg

from karaokify_daemon.adapters.ffmpeg import waveform
from karaokify_daemon.adapters.ffmpeg.picture import Background, Picture
from karaokify_daemon.adapters.ffmpeg.probe import MediaInfo
from karaokify_daemon.adapters.ffmpeg.sound import (
    amplified,
    applied,
    cut,
    endless,
    on_timeline,
    resampled,
)
from karaokify_daemon.adapters.ffmpeg.sources import input_options, url
from karaokify_daemon.config import Video
from karaokify_daemon.domain.channels import Channels

CAPTIONS, FONTS = "captions.ass", "fonts"  # in the working folder


class Graph:
    """Inputs and filters of one render, as FFmpeg's arguments."""

    def __init__(self, video: Video, rate: Fraction, duration_ms: int) -> None:
        self._video, self._rate = video, rate
        self._frames = max(1, round(duration_ms * rate / 1000))
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
        wave_gain_db: float,
        channels: Channels,
        gain_db: float,
        options: dict[str, Any],
    ) -> list[str]:
        """Return the arguments from the first input to the last output option."""
        recording = self._input(media)
        heard = recording if sound == media else self._input(sound)
        audio = applied(heard["a:0"], [*on_timeline(channels), *resampled(), *endless()])
        picture = Picture(self._video, self._rate, self._input).of(
            recording, info.video, background
        )
        if self._video.waveform != "none":
            split = audio.filter_multi_output("asplit")
            audio = split.stream(0)
            strip = waveform.strip(split.stream(1), self._video, wave_gain_db)
            x, y = waveform.place(self._video)
            picture = ffmpeg.filter([picture, strip], "overlay", x=x, y=y)
        if shows_captions:
            picture = picture.filter("ass", filename=CAPTIONS, fontsdir=FONTS)
        picture = picture.filter("format", "yuv420p").filter("trim", end_frame=self._frames)
        audio = applied(audio, [*amplified(gain_db), *cut(self._duration_ms)])
        arguments: list[str] = ffmpeg.output(picture, audio, "OUTPUT", **options).get_args()
        return [self._urls.get(part, part) for part in arguments[:-1]]

    def _input(self, path: Path, **options: Any) -> Any:
        placeholder = f"INPUT-{len(self._urls)}"
        self._urls[placeholder] = url(path)
        return ffmpeg.input(placeholder, **input_options(path), **options)

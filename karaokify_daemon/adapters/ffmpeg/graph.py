"""The filter graph of a render, built with ffmpeg-python.

Nothing of the user's reaches a filter's text: the graph knows inputs by placeholders (which also
keeps names that are no UTF-8 away from ffmpeg-python, which hashes them) and files in its working
folder by fixed names.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg

from karaokify_daemon.adapters.ffmpeg import generated, waveform
from karaokify_daemon.adapters.ffmpeg.decode import ON_TIMELINE
from karaokify_daemon.adapters.ffmpeg.probe import MediaInfo, VideoStream
from karaokify_daemon.adapters.ffmpeg.sources import input_options, url
from karaokify_daemon.config import Video
from karaokify_daemon.domain.names import IMAGE, suffix

CAPTIONS, FONTS = "captions.ass", "fonts"  # in the working folder
SAMPLE_RATE = 48_000
_HD_LINES = 720  # from here on, a picture that does not say so is BT.709
_SCRIM = (0.40, 0.55)  # how dark, 0 to 1, the picture gets at its top and bottom edges


@dataclass(frozen=True, kw_only=True)
class Background:
    """A still image, or a video that is looped or cut."""

    path: Path
    info: MediaInfo

    @property
    def moves(self) -> bool:
        """Tell whether it is a video."""
        return suffix(self.path) not in IMAGE


class Graph:
    """Inputs and filters of one render, as FFmpeg's arguments."""

    def __init__(self, video: Video, duration_ms: int) -> None:
        self._video = video
        self._frames = max(1, round(duration_ms * video.fps / 1000))
        self._samples = max(1, round(duration_ms * SAMPLE_RATE / 1000))
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
        options: dict[str, Any],
    ) -> list[str]:
        """Return the arguments from the first input to the last output option."""
        recording = self._input(media)
        heard = recording if sound == media else self._input(sound)
        audio = self._sound(heard["a:0"])
        picture = self._picture(recording, info.video, background)
        if self._video.waveform != "none":
            split = audio.filter_multi_output("asplit")
            audio = split.stream(0)
            strip = waveform.strip(split.stream(1), self._video, wave_gain_db)
            x, y = waveform.place(self._video)
            picture = ffmpeg.filter([picture, strip], "overlay", x=x, y=y)
        if shows_captions:
            picture = picture.filter("ass", filename=CAPTIONS, fontsdir=FONTS)
        picture = picture.filter("format", "yuv420p").filter("trim", end_frame=self._frames)
        audio = audio.filter("atrim", end_sample=self._samples)
        arguments: list[str] = ffmpeg.output(picture, audio, "OUTPUT", **options).get_args()
        return [self._urls.get(part, part) for part in arguments[:-1]]

    def _input(self, path: Path, **options: Any) -> Any:
        placeholder = f"INPUT-{len(self._urls)}"
        self._urls[placeholder] = url(path)
        return ffmpeg.input(placeholder, **input_options(path), **options)

    def _sound(self, audio: Any) -> Any:
        name, _, arguments = ON_TIMELINE.partition("=")
        on_timeline = audio.filter(name, **dict(part.split("=") for part in arguments.split(":")))
        layout = f"sample_rates={SAMPLE_RATE}:channel_layouts=mono|stereo"
        formatted = on_timeline.filter("aformat", **dict(p.split("=") for p in layout.split(":")))
        return formatted.filter("apad")

    def _picture(
        self, recording: Any, shown: VideoStream | None, background: Background | None
    ) -> Any:
        if shown is None:
            return self._canvas(background)
        fitted = self._fitted(recording[f"v:{shown.ordinal}"], shown)
        if background is None:
            fitted = fitted.filter(
                "pad",
                self._video.width,
                self._video.height,
                "(ow-iw)/2",
                "(oh-ih)/2",
                color=self._video.background_color,
            )
        else:
            canvas = self._canvas(background, dark=False)
            fitted = ffmpeg.filter([canvas, fitted], "overlay", x="(W-w)/2", y="(H-h)/2")
        return self._darkened(self._endless(fitted))

    def _canvas(self, background: Background | None, *, dark: bool = True) -> Any:
        if background is None:
            return self._plain(self._video.fps).filter("format", "yuv420p")
        if background.moves:
            shown = background.info.video
            looped = self._input(background.path, stream_loop=-1)
            moving = looped[f"v:{shown.ordinal if shown else 0}"]
            covering = self._covering(self._paced(moving), shown)
            return self._darkened(covering) if dark else covering
        still = self._input(background.path)["v:0"].filter("trim", end_frame=1)
        covering = self._covering(still, None)
        whole = ffmpeg.filter([self._plain(1), covering], "overlay", format="rgb", shortest=1)
        whole = self._darkened(whole, once=True) if dark else whole
        ready = whole.filter("scale", out_color_matrix="bt709", out_range="tv")
        return generated.held(ready.filter("format", "yuv420p"), self._video.fps)

    def _plain(self, rate: int) -> Any:
        video = self._video
        return generated.color(video.background_color, video.width, video.height, rate)

    def _covering(self, picture: Any, stream: VideoStream | None) -> Any:
        width, height = self._video.width, self._video.height
        scaled = picture.filter(
            "scale", width, height, force_original_aspect_ratio="increase", **_matrix(stream)
        )
        return scaled.filter("crop", width, height).filter("setsar", 1)

    def _fitted(self, picture: Any, stream: VideoStream) -> Any:
        """Fit a video's picture whole; its size is known, so that odd pixels can be squared."""
        factor = min(self._video.width / stream.width, self._video.height / stream.height)
        width, height = (max(2, round(side * factor / 2) * 2) for side in _size(stream))
        scale = {"w": width, "h": height, **_matrix(stream)}
        slows = stream.fps > self._video.fps  # drop frames before they are scaled, or repeat after
        paced = self._paced(picture) if slows else picture
        scaled = paced.filter("scale", **scale).filter("setsar", 1)
        return (scaled if slows else self._paced(scaled)).filter("format", "yuv420p")

    def _paced(self, picture: Any) -> Any:
        return picture.filter("fps", fps=self._video.fps, start_time=0)

    def _endless(self, picture: Any) -> Any:
        return picture.filter("tpad", stop=-1, stop_mode="clone")

    def _darkened(self, picture: Any, *, once: bool = False) -> Any:
        """Lay a shade over the top and the bottom, so that text is readable on any picture."""
        top, bottom = _SCRIM
        alpha = f"255*({top}*pow(max(0,1-Y/(H*0.25)),1.5)+{bottom}*pow(max(0,(Y/H-0.5)*2),1.2))"
        shade = generated.one_frame("black", 16, self._video.height).filter("format", "yuva444p")
        shade = shade.filter("geq", lum=16, cb=128, cr=128, a=alpha)
        shade = shade.filter("scale", self._video.width, self._video.height)
        if once:
            return ffmpeg.filter([picture, shade], "overlay", format="rgb")
        return ffmpeg.filter([picture, shade], "overlay", eof_action="repeat")


def _size(stream: VideoStream) -> tuple[int, int]:
    return stream.width, stream.height


def _matrix(stream: VideoStream | None) -> dict[str, str]:
    """Return the scale options that bring a video's colours to BT.709, none for an image."""
    if stream is None:
        return {}
    options = {"out_color_matrix": "bt709", "out_range": "tv"}
    if stream.color_space is None:
        hd = min(stream.width, stream.height) >= _HD_LINES
        options["in_color_matrix"] = "bt709" if hd else "smpte170m"
    return options

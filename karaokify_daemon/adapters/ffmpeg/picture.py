"""The picture behind the captions: the recording's own, a background, or neither."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg

from karaokify_daemon.adapters.ffmpeg import generated
from karaokify_daemon.adapters.ffmpeg.probe import MediaInfo, VideoStream
from karaokify_daemon.config import Video
from karaokify_daemon.domain.frames import covering, cropped, frame_rate, inside
from karaokify_daemon.domain.names import IMAGE, suffix

_HD_LINES = 720  # from here on, a picture that does not say so is BT.709
_SCRIM = (0.40, 0.55)  # how dark, 0 to 1, the picture gets at its top and bottom edges
_CROPPED = 0.25  # how much of a background may be cut off before it is shown whole
_BLUR_SCALE, _BLUR_SIGMA, _BLUR_LIGHT = 16, 2.5, 0.55  # made small: a blur has no details
_ZOOM_SECONDS = 40  # in and out again
_HDR = ("smpte2084", "arib-std-b67")  # PQ and HLG
_WHITE_NITS = 203  # HDR reference white, ITU-R BT.2408


@dataclass(frozen=True, kw_only=True)
class Background:
    """A still image, or a video that is looped or cut."""

    path: Path
    info: MediaInfo

    @property
    def moves(self) -> bool:
        """Tell whether it is a video."""
        return suffix(self.path) not in IMAGE


def rate_of(video: Video, info: MediaInfo, background: Background | None) -> Fraction:
    """Return the frame rate: the configured one, else that of what moves in the picture."""
    if isinstance(video.fps, int):
        return Fraction(video.fps)
    moving = info.video
    if moving is None and background is not None and background.moves:
        moving = background.info.video
    return frame_rate(moving.rate if moving else None)


class Picture:
    """Builds one render's picture.

    `opened` adds an input and returns it, `hold` makes an endless picture of one frame.
    """

    def __init__(
        self,
        video: Video,
        rate: Fraction,
        opened: Callable[..., Any],
        hold: Callable[[Any], Any],
    ) -> None:
        self._video, self._rate, self._opened, self._hold = video, rate, opened, hold
        self._size = (video.width, video.height)

    def of(self, stream: Any, shown: VideoStream | None, background: Background | None) -> Any:
        """Return an endless picture of the video's size and rate, dark enough for text.

        `stream` is that of the recording, of whole frames (see `whole`), if it has one.
        """
        if shown is None:
            return self._canvas(background)
        fit = "blur" if self._video.fit == "auto" else self._video.fit
        if background is not None and fit != "crop" and self._has_bars(shown):
            behind = self._canvas(background, dark=False)
            fitted = _centred(behind, self._scaled(stream, shown, inside))
        else:
            fitted = self._fitted(stream, shown, fit)
        return self._darkened(fitted.filter("tpad", stop=-1, stop_mode="clone"))

    def _canvas(self, background: Background | None, *, dark: bool = True) -> Any:
        if background is None:
            return self._hold(self._plain())
        shown = background.info.video
        if shown is None:
            raise ValueError("a background has a picture: probe_background has made sure")
        fit = self._video.fit
        if fit == "auto":
            whole = cropped(_size(shown), self._size) > _CROPPED
            fit = "blur" if whole else "crop"
        if background.moves:
            looped = self._opened(background.path, stream_loop=-1)[f"v:{shown.ordinal}"]
            fitted = self._fitted(self.whole(looped, shown), shown, fit)
            return self._darkened(fitted) if dark else fitted
        still = self._opened(background.path)["v:0"].filter("trim", end_frame=1)
        return self._zoomed(self._hold(self._still(still, shown, fit, dark=dark)))

    def _still(self, still: Any, shown: VideoStream, fit: str, *, dark: bool) -> Any:
        """Return one frame; an image may be transparent, so it is laid on the plain picture."""
        plain = self._plain("rgb24")
        fitted = self._fitted(still.filter("format", "rgba"), shown, fit, still=True)
        whole = ffmpeg.filter([plain, fitted], "overlay", format="rgb")
        whole = self._darkened(whole, once=True) if dark else whole
        ready = whole.filter("scale", out_color_matrix="bt709", out_range="tv")
        return ready.filter("format", "yuv420p")

    def _plain(self, pixels: str = "yuv420p") -> Any:
        """Return one frame without a picture: of one colour, or from one to the other."""
        first, second = self._video.background_color, self._video.background_gradient
        if second is None:
            return generated.one_frame(first, *self._size).filter("format", pixels)
        return generated.gradient((first, second), *self._size, pixels)

    def whole(self, stream: Any, shown: VideoStream) -> Any:
        """Return whole frames; surplus ones go before they are scaled."""
        if shown.interlaced:
            stream = stream.filter("bwdif", mode="send_frame", deint="interlaced")
        return self._paced(stream) if self._has_surplus(shown) else stream

    def _paced(self, stream: Any) -> Any:
        return stream.filter("fps", fps=str(self._rate), start_time=0)

    def _has_surplus(self, shown: VideoStream) -> bool:
        return shown.rate is None or shown.rate > self._rate

    def _fitted(self, stream: Any, shown: VideoStream, fit: str, *, still: bool = False) -> Any:
        width, height = self._size
        if fit == "crop" or not self._has_bars(shown):
            scaled = self._scaled(stream, shown, covering, still=still)
            return scaled.filter("crop", width, height)
        if fit == "letterbox":
            return self._boxed(self._scaled(stream, shown, inside, still=still), still=still)
        parts = stream.filter_multi_output("split")
        blurred = self._blurred(parts.stream(0), shown, still=still)
        return _centred(blurred, self._scaled(parts.stream(1), shown, inside, still=still))

    def _boxed(self, fitted: Any, *, still: bool) -> Any:
        """Put a picture on the plain one; that lies behind every still already."""
        if still:
            options = {"color": "#00000000", "x": "(ow-iw)/2", "y": "(oh-ih)/2"}
            return fitted.filter("pad", *self._size, **options)
        return _centred(self._hold(self._plain()), fitted)

    def _blurred(self, stream: Any, shown: VideoStream, *, still: bool) -> Any:
        """Return the picture itself, large, dark and without details."""
        width, height = self._size
        small = max(8, width // _BLUR_SCALE // 2 * 2), max(8, height // _BLUR_SCALE // 2 * 2)
        scaled = self._scaled(stream, shown, covering, frame=small, still=still)
        soft = scaled.filter("crop", *small).filter("gblur", sigma=_BLUR_SIGMA)
        if still:
            dark = soft.filter("lutrgb", **dict.fromkeys("rgb", f"val*{_BLUR_LIGHT}"))
        else:
            dark = soft.filter("lutyuv", y=f"16+(val-16)*{_BLUR_LIGHT}")
        return dark.filter("scale", width, height, flags="bicubic").filter("setsar", 1)

    def _scaled(
        self,
        stream: Any,
        shown: VideoStream,
        fit: Callable[[tuple[int, int], tuple[int, int]], tuple[int, int]],
        *,
        frame: tuple[int, int] | None = None,
        still: bool = False,
    ) -> Any:
        width, height = fit(_size(shown), frame or self._size)
        if still:
            return stream.filter("scale", width, height).filter("setsar", 1)
        if _is_wide(shown):
            scaled = _standard(stream, shown, width, height)
        else:
            scaled = stream.filter("scale", width, height, **_matrix(shown))
        ready = scaled.filter("setsar", 1).filter("format", "yuv420p")
        return ready if self._has_surplus(shown) else self._paced(ready)

    def _has_bars(self, shown: VideoStream) -> bool:
        """Tell whether a picture that is shown whole leaves more than a pixel's rounding free."""
        fitted = inside(_size(shown), self._size)
        return any(side - own > 2 for side, own in zip(self._size, fitted, strict=True))

    def _zoomed(self, picture: Any) -> Any:
        """Move slowly in and out. The filter places the corners between pixels: no jitter."""
        if not self._video.zoom:
            return picture
        turn = f"2*PI*on/{float(_ZOOM_SECONDS * self._rate)}"
        share = f"{self._video.zoom / 100 / 4}*(1-cos({turn}))"  # that is cut off at each side
        left, right, top, bottom = f"W*{share}", f"W-W*{share}", f"H*{share}", f"H-H*{share}"
        corners = {"x0": left, "y0": top, "x1": right, "y1": top}
        corners |= {"x2": left, "y2": bottom, "x3": right, "y3": bottom}
        return picture.filter("perspective", **corners, sense="source", eval="frame")

    def _darkened(self, picture: Any, *, once: bool = False) -> Any:
        """Lay a shade over the top and the bottom, so that text is readable on any picture."""
        top, bottom = _SCRIM
        alpha = f"255*({top}*pow(max(0,1-Y/(H*0.25)),1.5)+{bottom}*pow(max(0,(Y/H-0.5)*2),1.2))"
        shade = generated.one_frame("black", 16, self._video.height).filter("format", "yuva444p")
        shade = shade.filter("geq", lum=16, cb=128, cr=128, a=alpha)
        shade = shade.filter("scale", *self._size)
        if once:
            return ffmpeg.filter([picture, shade], "overlay", format="rgb")
        return ffmpeg.filter([picture, shade], "overlay", eof_action="repeat")


def _centred(behind: Any, picture: Any) -> Any:
    # In 4:2:0, an odd place is not one.
    place = {"x": "floor((W-w)/4)*2", "y": "floor((H-h)/4)*2"}
    return ffmpeg.filter([behind, picture], "overlay", **place)


def _size(stream: VideoStream) -> tuple[int, int]:
    return stream.width, stream.height


def _is_wide(stream: VideoStream) -> bool:
    return stream.transfer in _HDR or stream.primaries == "bt2020"


def _standard(stream: Any, shown: VideoStream, width: int, height: int) -> Any:
    """Scale and bring wide colours and high dynamic range to BT.709."""
    given = {"pin": shown.primaries or "bt2020", "min": shown.color_space or "bt2020nc"}
    linear = stream.filter("zscale", w=width, h=height, t="linear", npl=_WHITE_NITS, **given)
    mapped = linear.filter("format", "gbrpf32le").filter("zscale", p="bt709")
    if shown.transfer in _HDR:
        mapped = mapped.filter("tonemap", tonemap="mobius", desat=0)
    return mapped.filter("zscale", t="bt709", m="bt709", r="tv")


def _matrix(stream: VideoStream) -> dict[str, str]:
    """Return the scale options that bring a video's colours to BT.709."""
    options = {"out_color_matrix": "bt709", "out_range": "tv"}
    if stream.color_space is None:
        hd = min(stream.width, stream.height) >= _HD_LINES
        options["in_color_matrix"] = "bt709" if hd else "smpte170m"
    return options

"""How a video's captions look: its style, in the pixels of its picture."""

from karaokify_daemon.adapters import ffmpeg
from karaokify_daemon.config import Video
from karaokify_daemon.domain.ass import Look
from karaokify_daemon.pipeline.fonts import Fonts
from karaokify_daemon.pipeline.styles import styled

_UPRIGHT = 1.25  # a style's size in pictures for telephones
_ABOVE = 0.025  # captions stand above the margin, or the waveform, of the height
_OF_WAVEFORM = ("waveform", "waveform_color", "waveform_position")
_NOT_OF_LOOKS = ("description", "font", "words", "size", *_OF_WAVEFORM)
_OF_SIZE = ("outline", "shadow", "glow", "radius", "padding")  # of a style: percent of the font's


def look_of(video: Video, fonts: Fonts) -> Look:
    """Return the look of a video's style, with what its own options change. Raises ConfigError."""
    style = styled(video)
    size = min(video.width, video.height) * style.size / 100
    if video.font_size is None and video.height > video.width:
        size *= _UPRIGHT
    margins = video.margins
    below = ffmpeg.height_with_margin(video)
    of_size = {key: getattr(style, key) * size / 100 for key in _OF_SIZE}
    same = style.model_dump(exclude={*_NOT_OF_LOOKS, *_OF_SIZE})
    return Look(
        width=video.width,
        height=video.height,
        size=size,
        bottom=below + round(video.height * _ABOVE),
        top=margins.top,
        side=margins.side,
        typeface=fonts.captions,
        title_typeface=fonts.titles,
        **of_size,
        **same,
    )

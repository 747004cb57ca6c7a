"""The waveform: bars whose heights are the loudness of the last seconds, flowing from the centre.

Each column is the level of 1/30 s of sound; the newest is in the middle, at the very moment at
which it is heard. The strip is drawn small and enlarged, so it costs next to nothing.
"""

from typing import Any

import ffmpeg

from karaokify_daemon.adapters.ffmpeg import generated
from karaokify_daemon.config import Video

_COLUMNS_PER_SECOND = 30
_SAMPLES_PER_COLUMN = 400
_QUIET_DB, _LOUD_DB = -52.0, -8.0
_HEIGHT = 0.11  # of the shorter side
_WIDTH = 0.76  # of the width
_BAR, _GAP = 0.0062, 0.0031  # of the shorter side
_LEVEL = "lavfi.astats.Overall.RMS_level"


def strip(audio: Any, video: Video, gain_db: float = 0.0) -> Any:
    """Return the picture of the waveform, transparent around its bars.

    `gain_db` is added to the level, so that quiet recordings show as much as loud ones.
    """
    columns, pitch, bar, half = _grid(video)
    bars = _mirrored(_levels(audio, columns // 2, half, gain_db), columns // 2 * pitch, half)
    width, height = columns * pitch, half * 2
    mask = _mask(width, height, pitch, bar)
    shown = ffmpeg.filter([bars, mask], "blend", all_mode="multiply")
    color = generated.color(video.waveform_color, width, height, _COLUMNS_PER_SECOND)
    return ffmpeg.filter([color.filter("format", "rgb24"), shown], "alphamerge")


def place(video: Video) -> tuple[int, int]:
    """Return where the strip's upper left corner lies, in pixels."""
    columns, pitch, _, half = _grid(video)
    x = (video.width - columns * pitch) // 2
    y = video.height - video.margins.bottom - half * 2
    return x // 2 * 2, y // 2 * 2


def height_with_margin(video: Video) -> int:
    """Return how many pixels at the bottom belong to the waveform."""
    return video.height - place(video)[1]


def _grid(video: Video) -> tuple[int, int, int, int]:
    """Return the number of columns, their pitch, the width of a bar, and half the height."""
    side = min(video.width, video.height)
    bar, gap = max(2, _even(side * _BAR)), max(2, _even(side * _GAP))
    columns = int(video.width * _WIDTH / (bar + gap)) // 2 * 2
    return columns, bar + gap, bar, max(4, _even(side * _HEIGHT / 2))


def _even(pixels: float) -> int:
    return round(pixels / 2) * 2


def _levels(audio: Any, columns: int, half: int, gain_db: float) -> Any:
    """Return the right upper quarter: the newest column at its left, one pixel wide."""
    rate = _COLUMNS_PER_SECOND * _SAMPLES_PER_COLUMN
    mono = audio.filter("aformat", sample_rates=rate, channel_layouts="mono")
    chunks = mono.filter("asetnsamples", n=_SAMPLES_PER_COLUMN)
    measured = chunks.filter(
        "astats", metadata=1, reset=1, measure_perchannel="none", measure_overall="RMS_level"
    )
    graph = measured.filter(
        "adrawgraph",
        m1=_LEVEL,
        fg1="0xffffffff",
        bg="black",
        min=_QUIET_DB - gain_db,
        max=_LOUD_DB - gain_db,
        mode="bar",
        slide="rscroll",
        size=f"{columns}x{half}",
        rate=_COLUMNS_PER_SECOND,
    )
    # FFmpeg 9 draws with reserved primaries, which it then refuses to convert
    known = graph.filter("setparams", color_primaries="bt709", color_trc="bt709")
    return known.filter("format", "gray")


def _mirrored(quarter: Any, width: int, half: int) -> Any:
    right = quarter.filter("scale", width, half, flags="neighbor")
    sides = right.filter_multi_output("split")
    left = sides.stream(0).filter("hflip")
    upper = ffmpeg.filter([left, sides.stream(1)], "hstack").filter_multi_output("split")
    return ffmpeg.filter([upper.stream(0), upper.stream(1).filter("vflip")], "vstack")


def _mask(width: int, height: int, pitch: int, bar: int) -> Any:
    """Return white bars, fading to the sides, with a thin line where there is no sound."""
    fade = "(0.25+0.75*pow(sin(PI*(X+0.5)/W),0.8))"
    once = generated.one_frame("white", width, height).filter("format", "gray")
    drawn = once.filter("geq", lum=f"255*lt(mod(X,{pitch}),{bar})*{fade}")
    return generated.held(drawn, _COLUMNS_PER_SECOND)

"""Pictures that FFmpeg makes itself, as ffmpeg-python's nodes."""

from fractions import Fraction
from typing import Any

import ffmpeg
from ffmpeg.nodes import FilterableStream, FilterNode, Node


class _SourceNode(FilterNode):  # type: ignore[misc]  # ffmpeg-python ships no types
    """A filter without inputs, which ffmpeg-python has no name for."""

    def __init__(self, name: str, options: dict[str, Any]) -> None:
        Node.__init__(
            self,
            stream_spec=None,
            name=name,
            incoming_stream_types={FilterableStream},
            outgoing_stream_type=FilterableStream,
            min_inputs=0,
            max_inputs=0,
            kwargs=options,
        )


def color(value: str, width: int, height: int, rate: int | Fraction) -> Any:
    """Return an endless picture of one colour (#RRGGBB).

    Two that are alike in everything are one node, and a node's picture can be used only once.
    """
    return _SourceNode("color", {"c": value, "s": f"{width}x{height}", "r": rate}).stream()


def one_frame(value: str, width: int, height: int) -> Any:
    """Return the same picture once."""
    return color(value, width, height, 1).filter("trim", end_frame=1)


def gradient(ends: tuple[str, str], width: int, height: int, pixels: str) -> Any:
    """Return one frame that goes from one colour (#RRGGBB), upper left, to another, lower right.

    It is made in 16 bits and dithered: the steps of 8 bits are seen as bands.
    """
    first, last = ([int(end[i : i + 2], 16) * 257 for i in (1, 3, 5)] for end in ends)
    planes = {
        plane: f"{a}+{b - a}*(X/W+Y/H)/2" for plane, a, b in zip("rgb", first, last, strict=True)
    }
    deep = one_frame("black", width, height).filter("format", "gbrp16").filter("geq", **planes)
    matrix = {"out_color_matrix": "bt709", "out_range": "tv"} if pixels == "yuv420p" else {}
    return deep.filter("scale", sws_dither="ed", **matrix).filter("format", pixels)


def held(picture: Any, rate: int | Fraction) -> Any:
    """Repeat the first frame for ever, without making it again."""
    looped = picture.filter("loop", loop=-1, size=1, start=0)
    paced = looped.filter("settb", str(1 / Fraction(rate))).filter("setpts", "N")
    return paced.filter("fps", str(rate))


def shown_at(picture: Any, ticks: Any, size: tuple[int, int]) -> Any:
    """Return the first frame, of a size in pixels, at the times of the frames of another video."""
    blank = ticks.filter("scale", *size, flags="neighbor").filter("format", "yuv420p")
    return ffmpeg.filter([blank.filter("setsar", 1), picture], "overlay", eof_action="repeat")

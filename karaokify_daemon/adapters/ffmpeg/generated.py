"""Pictures that FFmpeg makes itself, as ffmpeg-python's nodes."""

from typing import Any

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


def color(value: str, width: int, height: int, rate: int) -> Any:
    """Return an endless picture of one colour (#RRGGBB).

    Two that are alike in everything are one node, and a node's picture can be used only once.
    """
    return _SourceNode("color", {"c": value, "s": f"{width}x{height}", "r": rate}).stream()


def one_frame(value: str, width: int, height: int) -> Any:
    """Return the same picture once."""
    return color(value, width, height, 1).filter("trim", end_frame=1)


def held(picture: Any, rate: int) -> Any:
    """Repeat the first frame for ever, without making it again."""
    looped = picture.filter("loop", loop=-1, size=1, start=0)
    return looped.filter("settb", f"1/{rate}").filter("setpts", "N").filter("fps", rate)

"""A reel: clips of a recording, each read from where it begins, over one another by crossfades.

FFmpeg seeks in an input of its own for each clip, so a reel costs what is seen of it, and not the
recording that it is from.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ffmpeg

from karaokify_daemon.adapters.ffmpeg.probe import VideoStream
from karaokify_daemon.adapters.ffmpeg.sound import (
    SAMPLE_RATE,
    applied,
    endless,
    on_timeline,
    resampled,
)
from karaokify_daemon.domain.channels import Channels
from karaokify_daemon.domain.timeline import Timeline

_BEYOND_S = 1.0  # read behind a clip, for sources whose frames come late


def clip_inputs(timeline: Timeline, recording: Path, opened: Callable[..., Any]) -> list[Any]:
    """Open a recording once for each clip; `opened` adds an input and returns it."""
    return [
        opened(
            recording,
            ss=f"{clip.start / 1000:.3f}",
            t=f"{float(clip.frames / timeline.rate) + _BEYOND_S:.3f}",
        )
        for clip in timeline.clips
    ]


def joined_sound(inputs: Sequence[Any], timeline: Timeline, heard: Channels) -> Any:
    """Return the sound of a reel, to the sample as long as its picture, of even power in fades."""
    joined = None
    for clip, source in zip(timeline.clips, inputs, strict=True):
        begin = timeline.samples(clip.at, SAMPLE_RATE)
        length = timeline.samples(clip.until, SAMPLE_RATE) - begin
        shared = timeline.samples(clip.at + clip.fade, SAMPLE_RATE) - begin
        filters = [*on_timeline(heard), *resampled(), *endless()]
        part = applied(source["a:0"], [*filters, ("atrim", {"end_sample": length})])
        if joined is None:
            joined = part
        elif shared:
            curves = {"c1": "qsin", "c2": "qsin"}
            joined = ffmpeg.filter([joined, part], "acrossfade", nb_samples=shared, **curves)
        else:
            joined = ffmpeg.filter([joined, part], "concat", n=2, v=0, a=1)
    return joined


def joined_picture(inputs: Sequence[Any], timeline: Timeline, shown: VideoStream) -> Any:
    """Return the picture of a reel, whole frames at its rate, one clip fading into the other."""
    rate = timeline.rate
    joined = None
    for clip, source in zip(timeline.clips, inputs, strict=True):
        part = source[f"v:{shown.ordinal}"]
        if shown.interlaced:
            part = part.filter("bwdif", mode="send_frame", deint="interlaced")
        part = part.filter("fps", fps=str(rate), start_time=0)
        part = part.filter("tpad", stop=-1, stop_mode="clone").filter("trim", end_frame=clip.frames)
        # In this order: times that are computed from seconds are rounded, and frames fall together.
        part = part.filter("settb", str(1 / rate)).filter("setpts", "N")
        if joined is None:
            joined = part
        elif clip.fade:
            times = {
                "duration": f"{float(clip.fade / rate):.6f}",
                "offset": f"{float(clip.at / rate):.6f}",
            }
            joined = ffmpeg.filter([joined, part], "xfade", transition="fade", **times)
        else:
            joined = ffmpeg.filter([joined, part], "concat", n=2, v=1, a=0)
    return joined

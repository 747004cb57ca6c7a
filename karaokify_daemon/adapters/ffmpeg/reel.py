"""A reel: clips of a recording, each read from where it begins, over one another by crossfades.

FFmpeg seeks in inputs of their own for each stretch of clips, so a reel costs what is seen of it,
and not the recording that it is from.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
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
from karaokify_daemon.domain.stretches import stretches
from karaokify_daemon.domain.timeline import Clip, Timeline

_BEYOND_S = 1.0  # read behind a clip, for sources whose frames come late


def clip_inputs(
    timeline: Timeline, recording: Path, opened: Callable[..., Any], *, sound: bool
) -> list[Any]:
    """Open a recording once for each stretch; `opened` adds an input and returns it.

    Of picture and sound, one is read: FFmpeg 5.1 reads the sound of all clips ahead, and would
    keep all pictures until they are shown. For the same reason, one thread decodes each. Pictures
    are read from a key frame on: what is seen at the start of a clip may have come long before.
    """
    return [
        _heard(timeline, clips, recording, opened) if sound else _seen(clips, recording, opened)
        for clips in stretches(timeline)
    ]


def _heard(
    timeline: Timeline, clips: Sequence[Clip], recording: Path, opened: Callable[..., Any]
) -> Any:
    length = (timeline.source_end(clips[-1]) - clips[0].start) / 1000 + _BEYOND_S
    return opened(recording, vn=None, ss=f"{clips[0].start / 1000:.3f}", t=f"{length:.3f}")


def _seen(clips: Sequence[Clip], recording: Path, opened: Callable[..., Any]) -> Any:
    start = f"{clips[0].start / 1000:.3f}"
    return opened(recording, an=None, threads=1, noaccurate_seek=None, ss=start)


def joined_sound(inputs: Sequence[Any], timeline: Timeline, heard: Channels) -> Any:
    """Return the sound of a reel, to the sample as long as its picture, of even power in fades."""
    joined = None
    for clips, source in zip(stretches(timeline), inputs, strict=True):
        whole = applied(source["a:0"], [*on_timeline(heard), *resampled(), *endless()])
        copies = whole.asplit() if len(clips) > 1 else None
        for i, clip in enumerate(clips):
            first = (clip.start - clips[0].start) * SAMPLE_RATE // 1000
            begin = timeline.samples(clip.at, SAMPLE_RATE)
            length = timeline.samples(clip.until, SAMPLE_RATE) - begin
            part = (copies[i] if copies else whole).filter(
                "atrim", start_sample=first, end_sample=first + length
            )
            part = part.filter("asetpts", "N/SR/TB")
            shared = timeline.samples(clip.at + clip.fade, SAMPLE_RATE) - begin
            if joined is None:
                joined = part
            elif shared:
                curves = {"c1": "qsin", "c2": "qsin"}
                joined = ffmpeg.filter([joined, part], "acrossfade", nb_samples=shared, **curves)
            else:
                joined = ffmpeg.filter([joined, part], "concat", n=2, v=0, a=1)
    return applied(joined, _ends(timeline))


def _ends(timeline: Timeline) -> list[tuple[str, dict[str, Any]]]:
    """Return the filters that let sound come and go: music may be under what is said."""
    found: list[tuple[str, dict[str, Any]]] = []
    if timeline.fade_in:
        length = {"d": f"{timeline.fade_in / 1000:.3f}", "curve": "qsin"}
        found.append(("afade", {"t": "in", **length}))
    if timeline.fade_out:
        start = f"{(timeline.duration_ms - timeline.fade_out) / 1000:.3f}"
        length = {"st": start, "d": f"{timeline.fade_out / 1000:.3f}", "curve": "qsin"}
        found.append(("afade", {"t": "out", **length}))
    return found


def joined_picture(inputs: Sequence[Any], timeline: Timeline, shown: VideoStream) -> Any:
    """Return the picture of a reel, whole frames at its rate, one stretch fading into the other."""
    rate = timeline.rate
    joined = None
    for clips, source in zip(stretches(timeline), inputs, strict=True):
        part = source[f"v:{shown.ordinal}"]
        if shown.interlaced:
            part = part.filter("bwdif", mode="send_frame", deint="interlaced")
        # A picture that comes seldom, or no more, stands until the next one, or for ever.
        part = part.filter("fps", fps=str(rate)).filter("tpad", stop=-1, stop_mode="clone")
        part = part.filter("fps", fps=str(rate), start_time=0)
        part = _selected(part, clips, rate)
        # In this order: times that are computed from seconds are rounded, and frames fall together.
        part = part.filter("settb", str(1 / rate)).filter("setpts", "N")
        first = clips[0]
        if joined is None:
            joined = part
        elif first.fade:
            times = {
                "duration": f"{float(first.fade / rate):.6f}",
                "offset": f"{float(first.at / rate):.6f}",
            }
            joined = ffmpeg.filter([joined, part], "xfade", transition="fade", **times)
        else:
            joined = ffmpeg.filter([joined, part], "concat", n=2, v=1, a=0)
    return joined


def _selected(part: Any, clips: Sequence[Clip], rate: Fraction) -> Any:
    """Return only the frames of some clips; in a fade of one frame the clip before is seen."""
    begins = [round((clip.start - clips[0].start) * rate / 1000) for clip in clips]
    part = part.filter("trim", end_frame=begins[-1] + clips[-1].frames)
    if len(clips) == 1:
        return part
    kept = (
        f"between(n,{begin + (clip.fade if i else 0)},{begin + clip.frames - 1})"
        for i, (begin, clip) in enumerate(zip(begins, clips, strict=True))
    )
    return part.filter("select", "+".join(kept))

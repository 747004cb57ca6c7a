"""The sound on its way through FFmpeg: its timeline, its channels, how loud it is, and its gain.

Decoding measures what rendering writes, so both take the filters from here.
"""

import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from karaokify_daemon.adapters.ffmpeg.probe import AudioStream
from karaokify_daemon.adapters.ffmpeg.sources import url
from karaokify_daemon.adapters.ffmpeg.tools import Cancelled, Ffmpeg, never
from karaokify_daemon.domain.channels import Channels, channels
from karaokify_daemon.domain.loudness import Loudness
from karaokify_daemon.domain.names import printable

SAMPLE_RATE = 48_000
# One channel is heard from two loudspeakers: talks in mono and in stereo shall be equally loud.
# Frame logs go to a level that is not shown; the summary comes at the end, as info.
METER = "ebur128=peak=true:dualmono=true:framelog=verbose"
_GATE_LUFS = -70.0  # EBU R 128 measures nothing below it
_SHORTEST_DEADLINE = 60.0

Filters = list[tuple[str, dict[str, Any]]]


def channels_of(stream: AudioStream | None) -> Channels:
    """Return how a recording's channels are kept."""
    return channels(stream.layout, stream.channels) if stream else Channels(layout="stereo")


def on_timeline(heard: Channels) -> Filters:
    """Return the filters that every use of a recording's sound begins with.

    Gaps and a late start are filled with silence, so that a time in the samples is the same time
    in the rendered video. Samples are floats from here on: those beyond full scale stay whole.
    """
    mixed: Filters = []
    if heard.weights:
        parts = (f"{weight:.6f}*c{n}" for n, weight in enumerate(heard.weights))
        mixed = [("pan", {"args": "mono|c0=" + "+".join(parts)})]
    filled = {"async": 1, "first_pts": 0}
    whole = {"sample_fmts": "fltp", "channel_layouts": heard.layout}
    return [*mixed, ("aresample", filled), ("aformat", whole)]


def resampled() -> Filters:
    """Return the filter that brings sound to the rate of the video."""
    # On its own: where it is left to negotiation, FFmpeg 9 measures the mono sum.
    return [("aresample", {"sample_rate": SAMPLE_RATE})]


def amplified(gain_db: float) -> Filters:
    """Return the filter that turns sound up or down, none for 0 dB."""
    return [("volume", {"volume": f"{gain_db:.2f}dB", "precision": "float"})] if gain_db else []


def endless() -> Filters:
    """Return the filter that lets silence follow."""
    return [("apad", {})]


def cut(duration_ms: int) -> Filters:
    """Return the filter that ends the sound with the picture."""
    samples = max(1, round(duration_ms * SAMPLE_RATE / 1000))
    return [("atrim", {"end_sample": samples})]


def applied(audio: Any, filters: Filters) -> Any:
    """Return an ffmpeg-python stream with filters behind it."""
    for name, options in filters:
        audio = audio.filter(name, **options)
    return audio


def text(filters: Filters) -> str:
    """Return filters as FFmpeg's text. Nothing in them is a stranger's."""
    return ",".join(
        f"{name}={':'.join(f'{key}={_escaped(value)}' for key, value in options.items())}"
        for name, options in filters
    )


def _escaped(value: Any) -> str:
    return str(value).replace("=", r"\=")


def encoder(heard: Channels, kbps: int) -> dict[str, str]:
    """Return the options of AAC; `kbps` are for mono and stereo, more channels get more."""
    return {"c:a": "aac", "b:a": f"{round(kbps * max(1.0, heard.count / 2))}k"}


def measure(
    tools: Ffmpeg, video: Path, *, duration_ms: int, cancelled: Cancelled = never
) -> Loudness:
    """Return how loud a finished video is. Raises what Ffmpeg.run raises."""
    log = tools.run(
        ["-loglevel", "info", *_input(video), "-map", "0:a:0", "-af", METER, "-f", "null", "-"],
        file=printable(video.name),
        deadline=max(_SHORTEST_DEADLINE, duration_ms / 1000 * tools.limits.decode_deadline_factor),
        cancelled=cancelled,
    )
    return loudness(log)


def _input(video: Path) -> Iterable[str]:
    return ["-i", url(video)]


def loudness(log: str) -> Loudness:
    """Return what the meter says at the end of a log."""
    summary = log[log.rfind("Summary:") :]
    integrated, peak = _figure(r"\bI:\s+(\S+) LUFS", summary), _figure(
        r"\bPeak:\s+(\S+) dBFS", summary
    )
    if integrated is None or integrated <= _GATE_LUFS:
        return Loudness(integrated_lufs=None, range_lu=None, true_peak_dbtp=peak)
    return Loudness(
        integrated_lufs=integrated,
        range_lu=_figure(r"\bLRA:\s+(\S+) LU\b", summary),
        true_peak_dbtp=peak,
    )


def _figure(pattern: str, text: str) -> float | None:
    found = re.search(pattern, text)
    try:
        value = float(found[1]) if found else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None

"""A waveform's heights: from a recording's samples to the tiny video that the render draws from."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from karaokify_daemon.adapters import bars, ffmpeg
from karaokify_daemon.adapters.ffmpeg.wave_pictures import codes
from karaokify_daemon.domain.timeline import Timeline

_BLOCK = 1 << 20  # samples, of which there are hours


def write_heights(wave: ffmpeg.Wave, pcm: Path, work: Path, rate: Fraction, frames: int) -> None:
    """Write the heights of a waveform's bars in each frame; 64 bytes or so for each.

    `pcm` is raw s16le, 16 kHz, mono. Raises OSError.
    """
    with (work / ffmpeg.HEIGHTS).open("wb") as file:
        for block in _heights(wave, pcm, rate, frames):
            file.write(codes(wave, block))


def spliced(pcm: Path, target: Path, timeline: Timeline) -> Path:
    """Write the samples of a reel; return their file. Crossfades are of equal power.

    `pcm` is raw s16le, 16 kHz, mono, and so is the result. Raises OSError.
    """
    following = [clip.fade for clip in timeline.clips[1:]] + [0]
    left = np.zeros(0)  # of the clip before, where the two fade into one another
    with target.open("wb") as file:
        for clip, fade_out in zip(timeline.clips, following, strict=True):
            begin, faded_in, faded_out, end = (
                timeline.samples(frame, bars.SAMPLE_RATE)
                for frame in (clip.at, clip.at + clip.fade, clip.until - fade_out, clip.until)
            )
            moved = clip.start * bars.SAMPLE_RATE // 1000 - begin
            coming = _heard(pcm, begin + moved, faded_in - begin)
            coming = left + coming * np.sin(np.linspace(0, np.pi / 2, len(coming)))
            np.clip(coming, -32768, 32767).astype("<i2").tofile(file)
            for at in range(faded_in, faded_out, _BLOCK):
                _heard(pcm, at + moved, min(_BLOCK, faded_out - at)).tofile(file)
            going = _heard(pcm, faded_out + moved, end - faded_out)
            left = going * np.cos(np.linspace(0, np.pi / 2, len(going)))
    return target


def _heard(pcm: Path, first: int, count: int) -> Any:
    """Return samples from the first on; silence where there are no more.

    They are read, not mapped: a mapped file on a disk that goes away ends the process.
    """
    heard = np.fromfile(pcm, "<i2", count, offset=2 * first)
    return np.pad(heard, (0, count - len(heard)))


def _heights(wave: ffmpeg.Wave, pcm: Path, rate: Fraction, frames: int) -> Iterator[Any]:
    count = wave.bars
    match wave.kind:
        case "progress":
            yield bars.whole(pcm, count)
        case "line":
            yield from bars.line(pcm, count, rate, frames)
        case "bars":
            yield from bars.spectrum(pcm, count, rate, frames)
        case _:  # low tones in the middle, or at the top, and high ones to both sides of it
            for block in bars.spectrum(pcm, count // 2, rate, frames):
                low_first = block if wave.kind == "ring" else block[:, ::-1]
                yield np.concatenate([low_first, low_first[:, ::-1]], axis=1)

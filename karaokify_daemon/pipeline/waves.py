"""A waveform's heights: from a recording's samples to the tiny video that the render draws from."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from karaokify_daemon.adapters import bars, ffmpeg


def write_heights(wave: ffmpeg.Wave, pcm: Path, work: Path, rate: Fraction, frames: int) -> None:
    """Write the heights of a waveform's bars in each frame; 64 bytes or so for each.

    `pcm` is raw s16le, 16 kHz, mono. Raises OSError.
    """
    with (work / ffmpeg.HEIGHTS).open("wb") as file:
        for block in _heights(wave, pcm, rate, frames):
            file.write(wave.codes(block))


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

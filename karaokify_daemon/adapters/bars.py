"""How high the bars of a waveform are in each frame, from a recording's samples.

Heights adapt to the recording: what is loud in it fills the height, its own noise stays flat.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

SAMPLE_RATE = 16_000
_WINDOW = 1024  # samples: 64 ms, enough for the lowest band
_BLOCK = 2000  # frames at a time
_LOOKED_AT = 20_000  # frames, from which levels are learnt
_BANDS_HZ = (90.0, 6000.0)
_LOUD, _NOISE = 95, 10  # percentiles of a recording's own levels
_ABOVE_NOISE_DB, _RANGE_DB = 3.0, (24.0, 42.0)  # least and most
_WEAKEST_BAND_DB = -18.0  # of the strongest: a band of hiss is not made as high as the voice
_SILENT_DB = -65.0  # of full scale: a recording whose loud moments are below it is silent
_CONTRAST = 1.5
_ATTACK_S, _DECAY_S = 0.025, 0.14
_STEP_S = 0.01  # of the envelope
_LAG_S = 0.036  # from bar to bar of the flowing line
_SIDE = 0.35  # the outermost bars of the line, of the height

Heights = Any  # float array, frames by bars, 0 to 1


def spectrum(pcm: Path, count: int, rate: Fraction, frames: int) -> Iterator[Heights]:
    """Yield, block by block, how strong `count` bands of the voice are in each frame.

    Reads raw s16le PCM (16 kHz, mono). A frame stands for the sound around its middle. Raises
    OSError.
    """
    edges = np.geomspace(*_BANDS_HZ, count + 1)
    step = max(1, frames // _LOOKED_AT)
    seen = [_bands(pcm, edges, rate, block) for block in _blocks(frames, step)]
    low, high = _limits(np.concatenate(seen))
    now = np.zeros(count)
    for block in _blocks(frames):
        heights = _shown(_bands(pcm, edges, rate, block), low, high)
        now = _smooth(heights, now, 1 / float(rate))
        yield heights


def line(pcm: Path, count: int, rate: Fraction, frames: int) -> Iterator[Heights]:
    """Yield, block by block, a line that flows to both sides from the middle of `count` bars.

    In the middle is the level at this moment, further out that of moments before. Raises OSError.
    """
    envelope = _envelope(pcm)
    away = np.abs(np.arange(count) - (count - 1) / 2)
    taper = _SIDE + (1 - _SIDE) * np.cos(away / away.max() * np.pi / 2) ** 0.7
    for block in _blocks(frames):
        middles = (np.array(block) + 0.5) / float(rate)
        at = (middles[:, None] - away * _LAG_S) / _STEP_S - 0.5
        yield np.interp(at, np.arange(len(envelope)), envelope, left=0) * taper


def whole(pcm: Path, count: int) -> Heights:
    """Return the envelope of the whole recording as `count` bars. Raises OSError."""
    parts = np.array_split(_envelope(pcm), count)
    return np.array([np.percentile(part, 85) if len(part) else 0.0 for part in parts])


def _blocks(frames: int, step: int = 1) -> Iterator[range]:
    for begin in range(0, frames, _BLOCK):
        yield range(begin, min(begin + _BLOCK, frames), step)


def _samples(pcm: Path, begin: int, end: int) -> Any:
    """Return samples, -1 to 1, with silence before the first and after the last.

    They are read, not mapped: a mapped file on a disk that goes away ends the process.
    """
    first = max(0, begin)
    found = np.fromfile(pcm, "<i2", max(0, end - first), offset=first * 2) / 32768
    return np.pad(found, (first - begin, end - first - len(found)))


def _bands(pcm: Path, edges: Any, rate: Fraction, frames: range) -> Any:
    """Return the level (dB) of each band around the middles of some frames."""
    starts = np.array([round((n + 0.5) * SAMPLE_RATE / rate) for n in frames]) - _WINDOW // 2
    samples = _samples(pcm, starts[0], starts[-1] + _WINDOW)
    waves = samples[(starts - starts[0])[:, None] + np.arange(_WINDOW)]
    power = np.abs(np.fft.rfft(waves * np.hanning(_WINDOW))) ** 2 / _WINDOW
    bins = np.searchsorted(np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE), edges)
    ends = np.maximum(bins[1:], bins[:-1] + 1)  # low bands are narrower than what is resolved
    summed = np.cumsum(np.pad(power, ((0, 0), (1, 0))), axis=1)
    means = (summed[:, ends] - summed[:, bins[:-1]]) / (ends - bins[:-1])
    return 10 * np.log10(means + 1e-12)


def _limits(levels: Any) -> tuple[Any, Any]:
    """Return the levels (dB) that are shown as nothing, and as the whole height, by band."""
    loud = np.percentile(levels, _LOUD, axis=0)
    if loud.max() < _SILENT_DB:
        return np.full_like(loud, 0.0), np.full_like(loud, 1.0)  # nothing is as loud as that
    high = np.maximum(loud, loud.max() + _WEAKEST_BAND_DB)
    low = np.percentile(levels, _NOISE, axis=0) + _ABOVE_NOISE_DB
    least, most = _RANGE_DB
    return np.clip(low, high - most, high - least), high


def _shown(levels: Any, low: Any, high: Any) -> Heights:
    """Return levels (dB) as heights; the loud ones are told apart more than the soft ones."""
    return np.clip((levels - low) / (high - low), 0, 1) ** _CONTRAST


def _smooth(heights: Heights, before: Any, seconds: float) -> Any:
    """Let bars rise fast and fall slowly, in place; return the last heights."""
    rise, fall = 1 - np.exp(-seconds / np.array((_ATTACK_S, _DECAY_S)))
    now = before
    for row in heights:
        now = now + np.where(row > now, rise, fall) * (row - now)
        row[:] = now
    return now


def _envelope(pcm: Path) -> Any:
    """Return how loud each 10 ms are, 0 to 1."""
    size, count = round(SAMPLE_RATE * _STEP_S), pcm.stat().st_size // 2
    power = [
        np.square(_samples(pcm, begin, begin + size * _BLOCK)).reshape(-1, size).mean(axis=1)
        for begin in range(0, count, size * _BLOCK)
    ]
    levels = 10 * np.log10(np.concatenate(power)[: max(1, count // size)] + 1e-12)
    low, high = _limits(levels[:, None])
    heights = _shown(levels[:, None], low, high)
    _smooth(heights, np.zeros(1), _STEP_S)
    return heights[:, 0]

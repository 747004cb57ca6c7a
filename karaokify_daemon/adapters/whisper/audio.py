"""Sound as Whisper takes it: raw s16le PCM, 16 kHz, mono, as numbers from -1 to 1."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

Audio = npt.NDArray[np.float32]

SAMPLE_RATE = 16_000
_SHORTEST_SAMPLES = SAMPLE_RATE // 10


def read(pcm: Path, begin_ms: int = 0, end_ms: int | None = None) -> Audio:
    """Return a part of a file, or all of it."""
    begin = begin_ms * SAMPLE_RATE // 1000
    count = -1 if end_ms is None else end_ms * SAMPLE_RATE // 1000 - begin
    raw: npt.NDArray[np.int16] = np.fromfile(pcm, "<i2", count, offset=2 * begin)
    audio = raw.astype(np.float32)
    audio /= 32768
    return audio


def is_nothing(audio: Audio) -> bool:
    """Tell whether there is nothing to hear: digital silence, or less than a tenth of a second."""
    return len(audio) < _SHORTEST_SAMPLES or not audio.any()

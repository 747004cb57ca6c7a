"""How loud a recording is from moment to moment."""

from array import array
from pathlib import Path

import numpy as np

SAMPLE_RATE = 16_000
_BLOCK_FRAMES = 6_000
_QUIETEST = 1e-10  # -100 dB


def levels(pcm: Path, frame_ms: int) -> "array[float]":
    """Return the level of each frame of raw s16le PCM (16 kHz, mono), in dB of full scale.

    Reads block by block; an incomplete last frame is left out. Raises OSError.
    """
    samples = SAMPLE_RATE * frame_ms // 1000
    found = array("f")
    with pcm.open("rb") as file:
        while block := file.read(_BLOCK_FRAMES * samples * 2):
            whole = len(block) // (samples * 2) * samples
            wave = np.frombuffer(block, "<i2", whole).astype(np.float32) / 32768
            power = np.square(wave.reshape(-1, samples)).mean(axis=1)
            found.frombytes((10 * np.log10(power + _QUIETEST)).astype(np.float32).tobytes())
    return found

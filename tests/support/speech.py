"""Spoken PCM for tests, with its truth."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.support.voice import spoken
from tools.speech import SAMPLE_RATE, SpokenWord

os.environ.setdefault("OMP_NUM_THREADS", "1")  # several tests at once share few cores

EASY = "The quick brown fox runs over the river."


def spoken_pcm(
    path: Path, texts: Sequence[str] = (EASY,), pause_s: float = 0.3
) -> tuple[int, list[SpokenWord]]:
    """Write raw s16le PCM (16 kHz, mono) and return its duration in ms and its words."""
    parts = [np.zeros(int(pause_s * SAMPLE_RATE), np.float32)]
    words: list[SpokenWord] = []
    for audio, said in spoken(texts):
        words += [word.shifted(sum(map(len, parts)) / SAMPLE_RATE) for word in said]
        parts += [audio * (0.5 / np.abs(audio).max()), parts[0]]
    samples = (np.concatenate(parts) * 32767).astype("<i2")
    path.write_bytes(samples.tobytes())
    return round(len(samples) * 1000 / SAMPLE_RATE), words

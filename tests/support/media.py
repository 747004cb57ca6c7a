"""Recordings made on the spot: speech with known words, and files that are no recordings."""

import json
import subprocess
from pathlib import Path

import numpy as np
from scipy.io import wavfile

from tests.support.voice import spoken
from tools.speech import SAMPLE_RATE, SpokenWord

SENTENCE = "The quick brown fox jumps over the lazy dog."


def speech(path: Path, text: str = SENTENCE, voice: str = "en-us") -> list[SpokenWord]:
    """Write spoken text as a WAV file; return when each word is heard."""
    [(audio, words)] = spoken([text], voice)
    lead = np.zeros(SAMPLE_RATE // 4, np.float32)
    whole = np.concatenate([lead, audio * (0.6 / np.abs(audio).max()), lead])
    wavfile.write(path, SAMPLE_RATE, (whole * 32767).astype(np.int16))
    return [word.shifted(0.25) for word in words]


def silence(path: Path, seconds: float) -> Path:
    """Write digital silence as a WAV file."""
    wavfile.write(path, SAMPLE_RATE, np.zeros(round(seconds * SAMPLE_RATE), np.int16))
    return path


def convert(source: Path, target: Path, *options: str) -> Path:
    """Convert with FFmpeg."""
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", f"file:{source}", *options]
    subprocess.run([*command, f"file:{target}"], check=True)
    return target


def picture(path: Path, source: str = "gradients=s=640x480:n=3") -> Path:
    """Write a still picture."""
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", source, "-frames:v", "1"]
    subprocess.run([*command, str(path)], check=True)
    return path


def clip(path: Path, audio: Path | None, seconds: float = 2, size: str = "320x240") -> Path:
    """Write a video, with sound when given."""
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi"]
    command += ["-i", f"testsrc2=s={size}:r=25:d={seconds}"]
    command += ["-i", str(audio)] if audio else []
    subprocess.run([*command, "-pix_fmt", "yuv420p", str(path)], check=True)
    return path


def transcript(path: Path, words: list[SpokenWord], language: str = "en") -> Path:
    """Write a transcript sidecar with exact times."""
    items = [{"text": w.text, "start": w.start, "end": w.end, "confidence": 1.0} for w in words]
    text = " ".join(word.text for word in words)
    segment = {"id": 0, "start": words[0].start, "end": words[-1].end, "text": text, "words": items}
    path.write_text(json.dumps({"text": text, "language": language, "segments": [segment]}))
    return path

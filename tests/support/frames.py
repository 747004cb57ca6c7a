"""Frames of a finished video, and what is seen in them."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np


def frames(path: Path, width: int, height: int) -> Any:
    """Return a video's frames: their number by height by width by 3 (RGB)."""
    command = ["ffmpeg", "-v", "error", "-i", f"file:{path}", "-f", "rawvideo"]
    raw = subprocess.run([*command, "-pix_fmt", "rgb24", "-"], capture_output=True, check=True)
    return np.frombuffer(raw.stdout, np.uint8).reshape(-1, height, width, 3)

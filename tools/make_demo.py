"""Make the bundled demo: a spoken recording and its background, in demo/.

    python -m tools.make_demo

The words are of the demo model's vocabulary and the voice is one it was trained on, so that it
understands them. Needs espeak-ng and FFmpeg; makes the same files each time.
"""

import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tools.demo_model.text import WORDS
from tools.demo_model.voices import TRAINED_ON
from tools.speech import SAMPLE_RATE, Audio, speak

SENTENCES = (
    "Welcome to our story.",
    "The moon is bright and the warm wind sings over the sea.",
    "A little fox runs slowly from the old garden to the river.",
    "Here the water is quiet, and every star sleeps.",
    "Please remember this night.",
    "Tomorrow the sun brings a new song.",
    "Goodbye.",
)
VOICE = TRAINED_ON[0]
RATE = 125  # words per minute
PAUSE_S, MARGIN_S = 0.6, 1.0
WIDTH, HEIGHT = 1920, 1080
HORIZON = 0.62  # of the height

Picture = npt.NDArray[np.float64]


def main() -> None:
    folder = Path(__file__).parents[1] / "demo"
    folder.mkdir(exist_ok=True)
    audio = recording()
    _ffmpeg(
        ["-f", "f32le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", "pipe:0"],
        audio.astype("<f4").tobytes(),
        ["-sample_fmt", "s16", folder / "welcome.flac"],
    )
    image = (background().clip(0, 1) * 255 + 0.5).astype(np.uint8)
    _ffmpeg(
        ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-i", "pipe:0"],
        image.tobytes(),
        ["-pix_fmt", "yuvj444p", "-q:v", "3", folder / "welcome.jpg"],
    )
    print(f"{len(audio) / SAMPLE_RATE:.1f} s of speech and its background in {folder}")


def recording() -> Audio:
    """Return the sentences with pauses between them, float32 at 16 kHz."""
    unknown = {word.strip(".,").lower() for s in SENTENCES for word in s.split()} - set(WORDS)
    if unknown:
        raise ValueError(f"the demo model does not know {unknown}")
    pause, margin = (np.zeros(int(s * SAMPLE_RATE), np.float32) for s in (PAUSE_S, MARGIN_S))
    parts = [margin]
    for sentence in SENTENCES:
        audio, _ = speak(sentence, VOICE, rate=RATE)
        parts += [0.7 * audio / np.abs(audio).max(), pause]
    return np.concatenate([*parts, margin])


def background() -> Picture:
    """Return a moonlit sea under stars, height x width x RGB from 0 to 1."""
    r = np.random.default_rng(7)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] / HEIGHT
    sky = _ramp(y / HORIZON, [(0.02, 0.04, 0.11), (0.06, 0.10, 0.24), (0.24, 0.26, 0.42)])
    sea = _ramp((y - HORIZON) / (1 - HORIZON), [(0.13, 0.17, 0.30), (0.02, 0.04, 0.09)])
    water = (y > HORIZON)[..., None]
    image = np.where(water, sea, sky)
    moon_x, moon_y = 0.72 * WIDTH / HEIGHT, 0.30
    distance = np.hypot(x - moon_x, y - moon_y)
    light = np.array([1.0, 0.96, 0.86])
    glow = 0.34 * np.exp(-distance / 0.09) + 0.16 * np.exp(-distance / 0.35)
    image = image + np.where(water, 0.25, 1.0) * glow[..., None] * light
    image = _stars(image, r, distance)
    disc = _smooth(0.055 + 0.0015 - distance, 0.003)[..., None]
    image = image * (1 - disc) + light * disc * 0.97
    return image + _glitter(x - moon_x, y, r)[..., None] * light + r.normal(0, 0.004, image.shape)


def _ramp(position: Picture, colours: list[tuple[float, float, float]]) -> Picture:
    stops = np.linspace(0, 1, len(colours))
    channels = zip(*colours, strict=True)
    return np.stack([np.interp(position, stops, channel) for channel in channels], -1)


def _smooth(inside: Picture, width: float) -> Picture:
    return np.clip(inside / width + 0.5, 0, 1)


def _stars(image: Picture, r: np.random.Generator, distance: Picture) -> Picture:
    image = image.copy()
    for _ in range(420):
        row, column = int(r.uniform(0, 0.93 * HORIZON) * HEIGHT), int(r.integers(2, WIDTH - 3))
        if distance[row, column] < 0.16:
            continue
        bright = r.uniform(0.12, 0.85) ** 2 * (1 - row / HEIGHT / HORIZON * 0.7)
        image[row, column] += bright
        if bright > 0.35:
            for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                image[max(0, row + dy), column + dx] += 0.4 * bright
    return image


def _glitter(across: Picture, y: Picture, r: np.random.Generator) -> Picture:
    """The moon's path on the water: rows of short waves, wider and calmer towards the viewer."""
    depth = np.clip((y - HORIZON) / (1 - HORIZON), 0, 1)
    out = np.zeros_like(y)
    row = int(HORIZON * HEIGHT) + 1
    while row < HEIGHT:
        near = depth[row, 0]
        thick = 1 + int(5 * near)
        phase, pitch = r.uniform(0, 2 * np.pi, 3), r.uniform(40, 160, 3) / (0.4 + 2 * near)
        shift = r.normal(0, 0.006 + 0.02 * near)
        wave = sum(np.sin(pitch[i] * across[row] + phase[i]) for i in range(3)) / 3
        path = np.exp(-(((across[row] - shift) / (0.035 + 0.15 * near)) ** 2))
        out[row : row + thick] += np.clip(wave - 0.1, 0, 1) * path * (0.9 - 0.55 * near)
        row += thick + 1 + int(3 * near)
    return out * (y > HORIZON)


def _ffmpeg(source: list[str], data: bytes, target: list[str | Path]) -> None:
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", *source, "-map_metadata", "-1"]
    # Without this, files would carry FFmpeg's version and differ from machine to machine.
    subprocess.run([*command, "-bitexact", *map(str, target)], input=data, check=True)


if __name__ == "__main__":
    main()

"""How loud finished videos are, for recordings of every kind, measured with FFmpeg's ebur128.

    python -m benchmarks.loudness [--target -16] [--kbps 160] [--ffmpeg PATH] [--check]

Each recording is made afresh and goes the whole path: decoded, measured, rendered to an MP4, and
the MP4 measured. The last line is what that last measurement costs, in percent of a render with
the defaults. `--check` ends with 1 when a goal is missed: a true peak, or a loudness that is not
said to be limited.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy.io import wavfile
from scipy.signal import resample_poly

from karaokify_daemon.adapters.ffmpeg import Ffmpeg, decode, measure, probe
from karaokify_daemon.config import Limits, Sound, Video
from karaokify_daemon.domain.loudness import TOLERANCE_LU
from karaokify_daemon.pipeline.render_config import RenderConfig
from karaokify_daemon.pipeline.video import VideoGenerator
from tools.speech import SAMPLE_RATE, speak

RATE = 48_000
SMALL = Video(size="320x180", encoder_preset="ultrafast", waveform="none")
_TEXTS = {
    "en-us": "The quick brown fox jumps over the lazy dog, and then it sleeps until the morning.",
    "de": "Alle meine Entchen schwimmen auf dem See, und dann kommt der Fuchs aus seinem Bau.",
}
_TOO_LOUD = 0.05  # the meter's figures have one decimal


@dataclass(frozen=True, kw_only=True)
class Row:
    """One recording: LUFS, dBTP and dB."""

    material: str
    before: float | None
    peak_before: float | None
    gain: float
    limited_by: str | None
    after: float | None
    peak_after: float | None

    def is_right(self, target: float, limit: float) -> bool:
        """Tell whether its peak is kept, and its loudness is the target's where nothing is said."""
        if self.peak_after is not None and self.peak_after > limit + _TOO_LOUD:
            return False
        if self.after is None or self.limited_by:
            return True
        return abs(self.after - target) <= TOLERANCE_LU + _TOO_LOUD


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", type=float, default=Sound().target)
    parser.add_argument("--kbps", type=int, default=Video().audio_kbps)
    parser.add_argument("--ffmpeg", default="ffmpeg")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    sound = Sound(loudness=arguments.target)
    video = SMALL.model_copy(update={"audio_kbps": arguments.kbps})
    limits = Limits(ffmpeg=arguments.ffmpeg)
    rows = []
    print(f"{'material':24} {'I':>6} {'TP':>6} {'gain':>6}  {'':9} {'I':>6} {'TP':>6}")
    with tempfile.TemporaryDirectory() as folder:
        for material, path in recordings(Path(folder)):
            rows.append(one(material, path, sound, video, limits))
            print(line(rows[-1]), flush=True)
        cost = metering(Path(folder), limits)
    print(f"measuring the finished video took {100 * cost:.1f} % of rendering it")
    if arguments.json:
        found = {"rows": [asdict(row) for row in rows], "metering": cost}
        arguments.json.write_text(json.dumps(found, indent=2))
    missed = [r.material for r in rows if not r.is_right(arguments.target, sound.true_peak)]
    if missed:
        print("missed:", ", ".join(missed))
    return 1 if arguments.check and missed else 0


def one(material: str, path: Path, sound: Sound, video: Video, limits: Limits) -> Row:
    """Send one recording through everything."""
    tools = Ffmpeg(limits)
    found = decode(tools, path, path.with_suffix(".pcm"), probe(tools, path))
    config = RenderConfig(
        media=path,
        output=path.with_suffix(".mp4"),
        video=video,
        sound=sound,
        limits=limits,
        title="",
        duration_ms=found.duration_ms,
        loudness=found.loudness,
    )
    generator = VideoGenerator(config)
    generator.generate({"segments": []})
    assert generator.level is not None
    after = measure(tools, config.output, duration_ms=found.duration_ms)
    return Row(
        material=material,
        before=found.loudness.integrated_lufs,
        peak_before=found.loudness.true_peak_dbtp,
        gain=generator.level.gain.db,
        limited_by=generator.level.gain.limited_by,
        after=after.integrated_lufs,
        peak_after=after.true_peak_dbtp,
    )


def line(row: Row) -> str:
    shown = [row.before, row.peak_before, row.gain, row.after, row.peak_after]
    before, peak, gain, after, above = ("-" if v is None else f"{v:.1f}" for v in shown)
    limit = (row.limited_by or "").replace("_", " ")
    return f"{row.material:24} {before:>6} {peak:>6} {gain:>6}  {limit:9} {after:>6} {above:>6}"


def metering(folder: Path, limits: Limits) -> float:
    """Return what measuring a finished video takes, as a part of what rendering it takes."""
    tools, path = Ffmpeg(limits), folder / "minute.wav"
    wavfile.write(path, RATE, np.tile(speech("en-us"), (12, 1))[: 60 * RATE] * np.float32(0.3))
    info = probe(tools, path)
    config = RenderConfig(
        media=path, output=folder / "minute.mp4", limits=limits, duration_ms=info.duration_ms
    )
    start = time.monotonic()
    VideoGenerator(config).generate({"segments": []})
    rendered = time.monotonic()
    measure(tools, config.output, duration_ms=info.duration_ms or 0)
    return (time.monotonic() - rendered) / (rendered - start)


def recordings(folder: Path) -> Iterator[tuple[str, Path]]:
    """Write recordings, each when it is asked for; yield what they hold."""
    for number, (material, samples) in enumerate(materials()):
        path = folder / f"{number}.wav"
        wavfile.write(path, RATE, samples.astype(np.float32))
        yield material, path


def materials() -> Iterator[tuple[str, np.ndarray]]:
    talk, other = speech("en-us"), speech("de")
    random = np.random.default_rng(7)
    t = np.arange(6 * RATE) / RATE
    yield "quiet speech", talk * 0.03
    yield "very quiet speech", talk * 0.003
    yield "usual speech", other * 0.4
    yield "speech, stereo", np.hstack([talk * 0.4, talk * 0.2])
    yield "hot speech, clipped", np.clip(talk * 4, -1, 1)
    yield "very hot speech", np.clip(other * 16, -1, 1)
    yield "float, 12 dB over", talk * 4
    yield "music", chord(t)
    yield "music, loud and clipped", np.clip(chord(t) * 3, -1, 1)
    yield "drums", drums(random, t)
    yield "clicks", (np.arange(len(t)) % 12_000 == 0)[:, None] * 0.9
    yield "white noise", np.clip(random.normal(size=(len(t), 2)) * 0.2, -1, 1)
    yield "square wave", np.sign(np.sin(2 * np.pi * 440 * t))[:, None]
    yield "music, compliant", chord(t) * 0.8
    yield "0.3 s", talk[RATE : RATE + RATE * 3 // 10] * 2
    yield "silence", np.zeros((3 * RATE, 1))


def speech(voice: str) -> np.ndarray:
    """Return a spoken sentence, its highest sample 1, as a column."""
    audio, _ = speak(_TEXTS[voice], voice)
    column = resample_poly(audio, RATE // 1000, SAMPLE_RATE // 1000)[:, None]
    return (column / np.abs(column).max()).astype(np.float32)


def chord(t: np.ndarray) -> np.ndarray:
    """Return a chord, softly beaten, in stereo."""
    notes = (110.0, 220.0, 277.2, 329.6, 880.0, 3520.0)
    tones = [np.sin(2 * np.pi * f * t + n) / (n + 1) for n, f in enumerate(notes)]
    beaten = sum(tones) * (0.6 + 0.4 * np.sin(2 * np.pi * 2 * t))
    stereo = np.stack([beaten, np.roll(beaten, 480)], 1)
    return np.asarray(stereo / np.abs(stereo).max() * 0.6)


def drums(random: np.random.Generator, t: np.ndarray) -> np.ndarray:
    """Return bursts of noise, twice a second."""
    beat = t % 0.5
    burst = random.normal(size=len(t)) * np.exp(-beat * 60)
    return np.asarray(burst / np.abs(burst).max() * 0.9)[:, None]


if __name__ == "__main__":
    sys.exit(main())

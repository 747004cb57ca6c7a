"""How much memory a recording takes, by its length.

    python -m benchmarks.memory [--lengths 600,3600,10800] [--check]

A spoken passage of ten minutes, over and over, with a faint hiss that never repeats, goes through
the service, `run --once`, with the demo model; one of ten seconds goes first: what the worker takes
for that is the model, and torch. The video is small, because FFmpeg's memory
depends on the size of the picture, and that is no matter of length; it has captions and a waveform.

Peaks are those of the kernel for each process (VmHWM), the highest of each kind, and of the sum of
what all processes hold at one moment (ten times a second; shared pages count more than once).
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import wavfile

from benchmarks.footprints import KINDS, Peaks, watched
from benchmarks.report import Goal, arguments, report
from benchmarks.trees import COMMAND, tree
from tools.demo_model.text import evaluation_sentence
from tools.demo_model.voices import TRAINED_ON
from tools.speech import SAMPLE_RATE, speak

GOAL_GROWTH = 1.2  # from the shortest to the longest, each kind: flat
GOAL_ABOVE_MODEL_MB = 1500
_SHORT_S, _PASSAGE_S = 10, 600
_PAUSE_S = 0.4
_OPTIONS = {
    "intake": {"settle_seconds": 0.1},
    "video": {"size": "160x90", "fps": 25, "waveform": "mirror-bars"},
}


def main() -> int:
    """Read the command line, measure, print. Return the exit status."""
    parser = arguments(__doc__)
    parser.add_argument("--lengths", default="600,3600,10800", help="in seconds")
    options = parser.parse_args()
    lengths = [_SHORT_S, *(int(length) for length in options.lengths.split(","))]
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-memory-") as name:
        folder = Path(name)
        passage = spoken(folder / "passage.wav", _PASSAGE_S)
        for length in lengths:
            rows.append(of_length(folder, passage, length, rows))
            print(".", end="", file=sys.stderr, flush=True)
    is_good = report("memory", "Peak memory by length, MB", rows, list(goals(rows)))
    return 1 if options.check and not is_good else 0


def of_length(
    folder: Path, passage: Path, seconds: int, before: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Return the peaks of a recording of a length; `before` are the rows of shorter ones."""
    config = tree(folder / str(seconds), **_OPTIONS)
    repeated(passage, config.parent / "inbox" / "talk.flac", seconds)
    begun = time.monotonic()
    peaks = run(config)
    wall = time.monotonic() - begun
    [path] = (config.parent / "outbox").glob("[!.]*/manifest.json")
    manifest = json.loads(path.read_text())
    if abs(manifest["duration_seconds"] - seconds) > 0.1 or not manifest["words"]:
        raise RuntimeError(
            f"{seconds} s: {manifest['duration_seconds']} s, {manifest['words']} words"
        )
    return row(seconds, peaks, before) | {
        "words": manifest["words"],
        "transcribe s": manifest["timings_seconds"]["transcribe"],
        "wall s": wall,
    }


def row(seconds: int, peaks: Peaks, before: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of a length; the first of all is the model's own."""
    found = {kind: round(peaks.of_kind.get(kind, 0) / 1e6) for kind in KINDS}
    model = before[0]["worker"] if before else found["worker"]
    above = {"above model": found["worker"] - model}
    return {"seconds": seconds, **found, **above, "together": round(peaks.together / 1e6)}


def goals(rows: Sequence[dict[str, Any]]) -> Iterator[Goal]:
    """Yield how each kind grows from the first length after the model's own to the last."""
    _, *lengths = rows
    first, last = lengths[0], lengths[-1]
    if len(lengths) > 1:
        for kind in KINDS:
            what = f"flat: {kind}, {last['seconds']} s / {first['seconds']} s"
            yield Goal(what=what, found=last[kind] / first[kind], most=GOAL_GROWTH)
    highest = max(found["above model"] for found in lengths)
    yield Goal(what="worker above the model, MB", found=highest, most=GOAL_ABOVE_MODEL_MB)


def run(config: Path) -> Peaks:
    """Run the service until its inbox is done; return what it took."""
    command = [*COMMAND, "run", "--once", "--config", str(config)]
    with (
        subprocess.Popen(command, stdout=subprocess.DEVNULL) as process,
        watched(process.pid) as peaks,
    ):
        if process.wait() != 0:
            raise RuntimeError("the recording failed")
    return peaks


def spoken(path: Path, seconds: int) -> Path:
    """Speak sentences of the demo model's words, for so long, in several voices."""
    r, parts, samples = random.Random(7), [], 0
    pause = np.zeros(int(_PAUSE_S * SAMPLE_RATE), np.float32)
    while samples < seconds * SAMPLE_RATE:
        voice = TRAINED_ON[len(parts) // 40 % len(TRAINED_ON)]
        audio, _ = speak(" ".join(evaluation_sentence(r)).capitalize() + ".", voice)
        parts += [audio * (0.5 / np.abs(audio).max()), pause]
        samples += len(audio) + len(pause)
    whole = np.concatenate(parts)[: seconds * SAMPLE_RATE]
    wavfile.write(path, SAMPLE_RATE, (whole * 32767).astype("<i2"))
    return path


def repeated(passage: Path, target: Path, seconds: int) -> None:
    """Write a passage over and over, for so long; the hiss keeps any two from being the same."""
    hiss = f"anoisesrc=r={SAMPLE_RATE}:a=0.0005:seed=7"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-stream_loop", "-1", "-i", str(passage)]
    command += ["-f", "lavfi", "-i", hiss, "-filter_complex", "amix=normalize=0", "-ac", "1"]
    hidden = target.with_name(f".{target.name}")
    subprocess.run([*command, "-t", str(seconds), "-f", "flac", str(hidden)], check=True)
    hidden.rename(target)


if __name__ == "__main__":
    sys.exit(main())

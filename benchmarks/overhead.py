"""What the service adds to the work itself, and what it saves by keeping the model.

    python -m benchmarks.overhead [--files 20]

Mixed recordings (spoken, 3 to 12 s; WAV, MP3, M4A and MP4 with a picture) go through the service,
through `karaokify-daemon process` with all of them (one after the other, the model resident), and
through a shell loop of one `process` for each, which loads the model each time. The sum of bare
stage times is that of the second. Wall seconds; the demo model, and one of the dimensions of
Whisper's `small` with random weights that hears nothing: for the time that it takes to load.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.io import wavfile

from benchmarks.report import report
from benchmarks.trees import COMMAND, once, tree
from tools.demo_model.text import evaluation_sentence
from tools.speech import SAMPLE_RATE, speak

GOAL_RESIDENT, GOAL_LOADED = 0.75, 0.3
_OPTIONS = {
    "video": {"size": "1280x720"},
    "intake": {"settle_seconds": 0.1},
}
_KINDS = (".wav", ".mp3", ".m4a", ".mp4")


def main() -> None:
    """Read the command line, measure, print."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--files", type=int, default=20)
    a = p.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-overhead-") as name:
        media = recordings(Path(name, "media"), a.files)
        rows = []
        for model in ("demo", str(large(Path(name, "small.pt")))):
            rows.append(compared(Path(name, f"tree-{len(rows)}"), media, model))
        report("overhead", f"{a.files} mixed files", rows, goals={
            "service / resident": GOAL_RESIDENT, "service / loaded": GOAL_LOADED,
        })  # fmt: skip


def compared(folder: Path, media: list[Path], model: str) -> dict[str, object]:
    """Return the wall seconds of the three ways, and their ratios."""
    options = _OPTIONS | {"transcribe": {"model": model, "language": "en"}}
    config = tree(folder / "service", **options)
    for path in media:
        shutil.copy(path, config.parent / "inbox")
    start = time.monotonic()
    once(config)
    service = time.monotonic() - start
    resident, stages = processed(tree(folder / "resident", **options), [media])
    loaded, _ = processed(tree(folder / "loaded", **options), [[path] for path in media])
    return {
        "model": "demo" if model == "demo" else "as small",
        "service s": service,
        "resident s": resident,
        "loaded s": loaded,
        "stages s": stages,
        "service / resident": service / resident,
        "service / loaded": service / loaded,
        "service / stages": service / stages,
    }


def processed(config: Path, calls: list[list[Path]]) -> tuple[float, float]:
    """Run `process` for each list of files; return the wall seconds and the sum of all stages."""
    output = config.parent / "bundles"
    start = time.monotonic()
    for files in calls:
        command = [*COMMAND, "process", *map(str, files), "--config", str(config)]
        subprocess.run(
            [*command, "--output", str(output)], check=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
    spent = time.monotonic() - start
    manifests = [json.loads(path.read_text()) for path in output.glob("*/manifest.json")]
    return spent, sum(sum(m["timings_seconds"].values()) for m in manifests)


def recordings(folder: Path, count: int) -> list[Path]:
    """Speak so many recordings, of all kinds in turn."""
    folder.mkdir()
    r, found = random.Random(7), []
    for i in range(count):
        said = [speak(" ".join(evaluation_sentence(r)))[0] for _ in range(1 + i % 4)]
        wave = folder / f"talk-{i}.wav"
        samples = np.concatenate(said)
        wavfile.write(wave, SAMPLE_RATE, (samples / np.abs(samples).max() * 16000).astype("<i2"))
        path = wave.with_suffix(_KINDS[i % len(_KINDS)])
        if path != wave:
            picture = ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=25", "-shortest"]
            extra = picture if path.suffix == ".mp4" else []
            command = ["ffmpeg", "-v", "error", "-i", str(wave), *extra, str(path)]
            subprocess.run(command, check=True)
            wave.unlink()
        found.append(path)
    return found


def large(path: Path) -> Path:
    """Write a checkpoint of the dimensions of `small` that ends each window at once."""
    code = f"""
import torch, whisper
from whisper.model import ModelDimensions, Whisper
dims = ModelDimensions(n_mels=80, n_audio_ctx=1500, n_audio_state=768, n_audio_head=12,
    n_audio_layer=12, n_vocab=51865, n_text_ctx=448, n_text_state=768, n_text_head=12,
    n_text_layer=12)
model = Whisper(dims)
with torch.no_grad():
    model.decoder.ln.weight.zero_()
    model.decoder.ln.bias.copy_(model.decoder.token_embedding.weight[50257])
torch.save({{"dims": dims.__dict__, "model_state_dict": model.half().state_dict()}}, {str(path)!r})
"""
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)
    return path


if __name__ == "__main__":
    main()

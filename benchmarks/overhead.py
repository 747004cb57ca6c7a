"""What the service adds to the work itself, and what it saves by keeping the model.

    python -m benchmarks.overhead [--files 20] [--models demo,small] [--check]

Mixed recordings (spoken, 3 to 12 s; WAV, MP3, M4A and MP4 with a picture) go

- through the service, `run --once`;
- through `karaokify-daemon process` with all of them: one after the other, the model resident;
- through a shell loop of one `process` for each, which loads the model each time.

All three make the same bundles, which is checked. The sum of bare stage times is that of the
second way, where nothing runs beside a stage. The service renders two at a time and transcribes one
at a time, so it takes at least as long as the longer of these two sums.

"Cores" are CPU seconds for each wall second: what the serial way leaves idle is all that the
service can win, so "floor" is the least ratio to it that this machine allows: with all processors
busy throughout, with the work of the second way.

The models are the demo model, and one of the dimensions of Whisper's `small` with random weights
that ends each window at once: it takes as long to load, and to listen, but says nothing.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import wavfile

from benchmarks.report import Goal, arguments, report
from benchmarks.timing import Cost, timed
from benchmarks.trees import COMMAND, once, tree
from tools.demo_model.text import evaluation_sentence
from tools.speech import SAMPLE_RATE, speak

GOAL_RESIDENT, GOAL_LOADED = 0.75, 0.3
_OPTIONS = {
    "video": {"size": "1280x720", "encoder_preset": "veryfast", "waveform": "mirror-bars"},
    "intake": {"settle_seconds": 0.1},
}
_KINDS = (".wav", ".mp3", ".m4a", ".mp4")
Found = dict[str, tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one way cost, what it made of each recording, and the seconds of its stages."""

    cost: Cost
    found: Found
    stages: Mapping[str, float]

    @property
    def cores(self) -> float:
        """How many processors it kept busy."""
        return self.cost.cpu / self.cost.wall


def main() -> int:
    """Read the command line, measure, print. Return the exit status."""
    parser = arguments(__doc__)
    parser.add_argument("--files", type=int, default=20)
    parser.add_argument("--models", default="demo,small")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-overhead-") as name:
        folder = Path(name)
        media = recordings(folder / "media", options.files)
        rows = []
        for model in options.models.split(","):
            file = str(large(folder / "small.pt")) if model == "small" else model
            rows.append(compared(folder / model, media, model, file))
        is_good = report("overhead", f"{len(media)} mixed files", rows, list(goals(rows)))
    return 1 if options.check and not is_good else 0


def compared(folder: Path, media: list[Path], name: str, model: str) -> dict[str, Any]:
    """Return the wall seconds of the three ways, and their ratios."""
    options = _OPTIONS | {"transcribe": {"model": model, "language": "en"}}
    service = served(tree(folder / "service", **options), media)
    resident = processed(tree(folder / "resident", **options), [media])
    loaded = processed(tree(folder / "loaded", **options), [[path] for path in media])
    refuse_other(media, {"service": service, "resident": resident, "loaded": loaded})
    return figures(name, service, resident, loaded, len(os.sched_getaffinity(0)))


def figures(name: str, service: Run, resident: Run, loaded: Run, cpus: int) -> dict[str, Any]:
    """Return a row of the table."""
    stages = sum(resident.stages.values())
    return {
        "model": name,
        "service s": service.cost.wall,
        "resident s": resident.cost.wall,
        "loaded s": loaded.cost.wall,
        "stages s": stages,
        "of these render s": resident.stages["render"],
        "and transcribe s": resident.stages["transcribe"],
        "service / resident": service.cost.wall / resident.cost.wall,
        "floor": resident.cores / cpus,
        "service / loaded": service.cost.wall / loaded.cost.wall,
        "service / stages": service.cost.wall / stages,
        "service cores": service.cores,
        "resident cores": resident.cores,
        "CPU s service": service.cost.cpu,
        "CPU s resident": resident.cost.cpu,
    }


def goals(rows: Sequence[Mapping[str, Any]]) -> Iterator[Goal]:
    """Yield the goals; that against loading is for a model of realistic size."""
    for row in rows:
        what = f"{row['model']}, service"
        resident, loaded = row["service / resident"], row["service / loaded"]
        yield Goal(what=f"{what} / resident", found=resident, most=GOAL_RESIDENT)
        if row["model"] == "small":
            yield Goal(what=f"{what} / loaded", found=loaded, most=GOAL_LOADED)


def served(config: Path, media: list[Path]) -> Run:
    """Let the service do all files."""
    for path in media:
        shutil.copy(path, config.parent / "inbox")
    cost = timed(lambda: once(config))
    return _run(cost, config.parent / "outbox")


def processed(config: Path, calls: list[list[Path]]) -> Run:
    """Run `process` for each list of files."""
    output = config.parent / "bundles"

    def work() -> None:
        for files in calls:
            command = [*COMMAND, "process", *map(str, files), "--config", str(config)]
            subprocess.run(
                [*command, "--output", str(output)], check=True, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip

    return _run(timed(work), output)


def _run(cost: Cost, bundles: Path) -> Run:
    manifests = [json.loads(path.read_text()) for path in bundles.glob("[!.]*/manifest.json")]
    stages: Counter[str] = Counter()
    for manifest in manifests:
        stages.update(manifest["timings_seconds"])
    return Run(cost=cost, found=dict(map(_told, manifests)), stages=stages)


def _told(manifest: dict[str, Any]) -> tuple[str, tuple[Any, ...]]:
    """Return a recording's name, and what must be the same whoever makes its bundle."""
    alike = ("words", "duration_seconds", "damaged", "transcript_from_cache", "options")
    return manifest["source"]["name"], tuple(manifest[key] for key in alike)


def refuse_other(media: Sequence[Path], runs: Mapping[str, Run]) -> None:
    """Raise RuntimeError unless each way has made the same of all recordings, by itself."""
    expected = runs["service"].found
    for name, run in runs.items():
        if run.found.keys() != {path.name for path in media}:
            raise RuntimeError(f"{name}: bundles of {sorted(run.found)}")
        if run.found != expected:
            other = [key for key in expected if run.found[key] != expected[key]]
            raise RuntimeError(f"{name} made something else of {other}")


def recordings(folder: Path, count: int) -> list[Path]:
    """Speak so many recordings, of all kinds in turn."""
    folder.mkdir()
    r, found = random.Random(7), []
    for i in range(count):
        said = [speak(" ".join(evaluation_sentence(r)))[0] for _ in range(1 + i % 4)]
        wave = folder / f"talk-{i}.wav"
        samples = np.concatenate(said)
        wavfile.write(wave, SAMPLE_RATE, (samples / np.abs(samples).max() * 16000).astype("<i2"))
        found.append(_converted(wave, _KINDS[(i + i // 4) % len(_KINDS)]))
    return found


def _converted(wave: Path, kind: str) -> Path:
    path = wave.with_suffix(kind)
    if path != wave:
        picture = ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=25", "-shortest"]
        extra = picture if kind == ".mp4" else []
        command = ["ffmpeg", "-v", "error", "-i", str(wave), *extra, str(path)]
        subprocess.run(command, check=True)
        wave.unlink()
    return path


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
    sys.exit(main())

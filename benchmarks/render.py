"""What a render costs beside the encode of its frames, and beside plain `ffmpeg -vf ass`.

    python -m benchmarks.render [--seconds 20] [--size 1920x1080] [--styles sweep,pill]
        [--waveforms bars,ring] [--check]

Each style is rendered over a still, without a waveform. (a) is the encode alone: the very frames
of that render, from an uncompressed file. (b) is what one would type: the still by `-loop 1`, the
same script by `-vf ass`. Then each waveform, of noise that swells as syllables do, is compared with
none. Times are CPU seconds of all processes of FFmpeg, with those that probe, and wall seconds, the
least of some rounds in turn; what counts are the ratios. `--check` ends with 1 when a goal is
missed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from karaokify_daemon.adapters.shipped import shipped
from karaokify_daemon.config import Limits, Video
from karaokify_daemon.pipeline.render_config import RenderConfig
from karaokify_daemon.pipeline.styles import list_styles
from karaokify_daemon.pipeline.video import VideoGenerator

GOALS = {"sweep": 1.25}  # times the CPU of the bare encode
GOAL_OF_ALL = 2.0
STILL_STYLES, GOAL_VARIABLE = ("word", "pill", "punch"), 2.5  # times as fast as a constant rate
WAVEFORMS = ("line", "bars", "mirror-bars", "ring", "progress")
_WORDS = "Drop a recording into a folder and get a karaoke video out of another one".split()
_WORD_MS, _PITCH_MS = 320, 400
_RATE = 30


@dataclass(frozen=True)
class Cost:
    """CPU and wall seconds."""

    cpu: float
    wall: float


def main() -> int:
    """Measure and print. Return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Raw)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--styles", default=",".join(name for name, _ in list_styles(None)))
    parser.add_argument("--waveforms", default=",".join(WAVEFORMS))
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    print("  CPU s  x bare  x -vf ass  wall x bare  variable: x as fast  style")
    missed = []
    with tempfile.TemporaryDirectory(prefix="karaokify-bench-") as folder:
        bench = Bench(Path(folder), options.size, options.seconds, options.rounds)
        for style in filter(None, options.styles.split(",")):
            missed += bench.row(style)
        print("\n  CPU s  x none  waveform (style: word)")
        bench.waveforms([name for name in options.waveforms.split(",") if name])
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if missed and options.check else 0


class _Raw(argparse.RawDescriptionHelpFormatter):
    pass


class Bench:
    """Sources of the renders, and how each is timed."""

    def __init__(self, folder: Path, size: str, seconds: int, rounds: int) -> None:
        """Make the still and the silence."""
        self._folder, self._size, self._ms, self._rounds = folder, size, seconds * 1000, rounds
        self._still, self._sound = folder / "still.png", folder / "sound.wav"
        # A picture as a photograph is: without flat colours, and with some grain.
        still = ["-i", f"gradients=s={size}:n=5:seed=7,noise=alls=6", "-frames:v", "1"]
        _run(["ffmpeg", "-v", "error", "-f", "lavfi", *still, str(self._still)])
        hum = ["-i", f"anoisesrc=a=0.05:c=pink:seed=7:d={seconds},tremolo=f=4:d=0.9", "-ac", "1"]
        _run(["ffmpeg", "-v", "error", "-f", "lavfi", *hum, str(self._sound)])

    def row(self, style: str) -> list[str]:
        """Print the figures of one style; return the goals that it misses."""
        whole, raw = self._generator(style, "source"), self._folder / "frames.mkv"
        sparse = self._generator(style, "variable")
        self._generator(style, "source", crf=0, encoder_preset="ultrafast").generate(self._said())
        _run([*_FFMPEG, "-i", str(self._output), *_RAW, str(raw)])
        script = self._folder / "script.ass"
        script.write_text(whole.ass(self._said()), encoding="utf-8")
        ours, bare, typed, variable = self._least(
            lambda: whole.generate(self._said()),
            lambda: self._encode(["-i", str(raw)]),
            lambda: self._typed(script),
            lambda: sparse.generate(self._said()),
        )
        raw.unlink()
        ratio, faster = ours.cpu / bare.cpu, ours.cpu / variable.cpu
        print(
            f"{ours.cpu:>7.2f}{ratio:>8.2f}{ours.cpu / typed.cpu:>11.2f}"
            f"{ours.wall / bare.wall:>13.2f}{faster:>22.2f}  {style}",
            flush=True,
        )
        goal, missed = GOALS.get(style, GOAL_OF_ALL), []
        if ratio > goal:
            missed.append(f"{style} takes {ratio:.2f} times the bare encode, and not {goal}")
        if style in STILL_STYLES and faster < GOAL_VARIABLE:
            missed.append(f"{style} is {faster:.2f} times as fast with a variable rate")
        return missed

    def waveforms(self, names: Sequence[str]) -> None:
        """Print what each waveform costs."""
        kinds = ["none", *names]
        renders = [self._generator("word", "source", waveform=kind) for kind in kinds]
        costs = self._least(*(partial(video.generate, self._said()) for video in renders))
        for kind, cost in zip(kinds, costs, strict=True):
            print(f"{cost.cpu:>7.2f}{cost.cpu / costs[0].cpu:>8.2f}  {kind}", flush=True)

    def _least(self, *tasks: Callable[[], object]) -> list[Cost]:
        """Return the least cost of each task, over some rounds of all of them."""
        rounds = [[_timed(task) for task in tasks] for _ in range(self._rounds)]
        costs = zip(*rounds, strict=True)
        return [Cost(min(c.cpu for c in cost), min(c.wall for c in cost)) for cost in costs]

    @property
    def _output(self) -> Path:
        return self._folder / "out.mp4"

    def _generator(self, style: str, fps: str, **options: Any) -> VideoGenerator:
        shown = {"size": self._size, "style": style, "waveform": "none", "fps": fps}
        video = Video.model_validate(shown | options)
        return VideoGenerator(
            RenderConfig(
                media=self._sound,
                output=self._output,
                video=video,
                limits=Limits(nice=0),
                background=self._still,
                duration_ms=self._ms,
                title="A title",
            )
        )

    def _said(self) -> dict[str, object]:
        count = (self._ms - 1000) // _PITCH_MS
        words = [
            {
                "text": _WORDS[i % len(_WORDS)],
                "start": (500 + i * _PITCH_MS) / 1000,
                "end": (500 + i * _PITCH_MS + _WORD_MS) / 1000,
            }
            for i in range(count)
        ]
        return {"language": "en", "segments": [{"words": words}]}

    def _encode(self, source: Sequence[str], *filters: str) -> None:
        sound = ["-i", str(self._sound), "-map", "0:v", "-map", "1:a"]
        length = ["-t", str(self._ms / 1000)]
        _run([*_FFMPEG, *source, *sound, *filters, *_ENCODER, *length, str(self._output)])

    def _typed(self, script: Path) -> None:
        graph = f"scale={self._size.replace('x', ':')},ass={script}:fontsdir={shipped('fonts')}"
        self._encode(["-loop", "1", "-framerate", str(_RATE), "-i", str(self._still)], "-vf", graph)


_FFMPEG = ["ffmpeg", "-nostdin", "-v", "error", "-y"]
_RAW = ["-an", "-c:v", "rawvideo", "-f", "matroska"]
_ENCODER = (
    "-c:v libx264 -preset veryfast -crf 20 -pix_fmt yuv420p -r 30 -g 150 -c:a aac -b:a 160k "
    "-movflags +faststart"
).split()


def _timed(task: Callable[[], object]) -> Cost:
    begun, before = time.monotonic(), os.times()
    task()
    after = os.times()
    cpu = (
        after.children_user - before.children_user + after.children_system - before.children_system
    )
    return Cost(cpu, time.monotonic() - begun)


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    sys.exit(main())

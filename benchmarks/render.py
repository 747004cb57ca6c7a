"""What a render costs beside the encode of its frames, and beside plain `ffmpeg -vf ass`.

    python -m benchmarks.render [--seconds 20] [--size 1920x1080] [--styles sweep,pill]
        [--waveforms bars,ring] [--check]

Each style is rendered over a still, without a waveform. (a) is the encode alone: the very frames
of that render, from an uncompressed file. (b) is what one would type: the still by `-loop 1`, the
same script by `-vf ass`. Then each waveform is compared with none. Times are CPU seconds of all
processes, those that probe included, and wall seconds, the least of some rounds in turn; what
counts are the ratios.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.report import Goal, arguments, report
from benchmarks.scenes import Scene
from benchmarks.timing import least
from karaokify_daemon.pipeline.styles import list_styles

GOALS = {"sweep": 1.25}  # times the CPU of the bare encode
GOAL_OF_ALL = 2.0
STILL_STYLES, GOAL_VARIABLE = ("word", "pill", "punch"), 2.5  # times as fast as a constant rate
WAVEFORMS = ("line", "bars", "mirror-bars", "ring", "progress")
_FASTER = "variable rate: x as fast"


def main() -> int:
    """Measure and print. Return the exit status."""
    options = _options()
    styles = [name for name in options.styles.split(",") if name]
    waveforms = [name for name in options.waveforms.split(",") if name]
    is_good = True
    with tempfile.TemporaryDirectory(prefix="karaokify-bench-") as folder:
        scene = Scene(Path(folder), options.size, options.seconds)
        what = f"{options.seconds} s of {options.size}"
        if styles:
            rows = [of_style(scene, style, options.rounds) for style in styles]
            is_good = report(
                "styles", f"Styles, {what}, x: times the CPU of", rows, list(goals(rows))
            )
        if waveforms:
            rows = of_waveforms(scene, waveforms, options.rounds)
            report("waveforms", f"Waveforms in the style word, {what}", rows)
    return 1 if options.check and not is_good else 0


def _options() -> argparse.Namespace:
    parser = arguments(__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--styles", default=",".join(name for name, _ in list_styles(None)))
    parser.add_argument("--waveforms", default=",".join(WAVEFORMS))
    parser.add_argument("--rounds", type=int, default=2)
    return parser.parse_args()


def of_style(scene: Scene, style: str, rounds: int) -> dict[str, Any]:
    """Return the figures of one style."""
    looks = {"style": style, "waveform": "none"}
    whole, sparse = scene.generator(**looks), scene.generator(**looks, fps="variable")
    raw = scene.raw(**looks)
    scene.script.write_text(whole.ass(scene.said()), encoding="utf-8")
    tasks = [
        lambda: whole.generate(scene.said()),
        lambda: scene.encode(["-i", str(raw)]),
        scene.typed,
        lambda: sparse.generate(scene.said()),
    ]
    ours, bare, typed, variable = least(tasks, rounds)
    raw.unlink()
    print(".", end="", file=sys.stderr, flush=True)
    return {
        "style": style,
        "CPU s": ours.cpu,
        "x bare": ours.cpu / bare.cpu,
        "x -vf ass": ours.cpu / typed.cpu,
        "wall x bare": ours.wall / bare.wall,
        _FASTER: ours.cpu / variable.cpu,
    }


def goals(rows: Sequence[dict[str, Any]]) -> Iterator[Goal]:
    """Yield what is asked of each style."""
    for row in rows:
        style = row["style"]
        most = GOALS.get(style, GOAL_OF_ALL)
        yield Goal(what=f"{style}, x bare", found=row["x bare"], most=most)
        if style in STILL_STYLES:
            yield Goal(what=f"{style}, {_FASTER}", found=row[_FASTER], least=GOAL_VARIABLE)


def of_waveforms(scene: Scene, names: Sequence[str], rounds: int) -> list[dict[str, Any]]:
    """Return what each waveform costs."""
    kinds = ["none", *names]
    renders = [scene.generator(style="word", waveform=kind) for kind in kinds]
    costs = least([partial(video.generate, scene.said()) for video in renders], rounds)
    return [
        {"waveform": kind, "CPU s": cost.cpu, "x none": cost.cpu / costs[0].cpu}
        for kind, cost in zip(kinds, costs, strict=True)
    ]


if __name__ == "__main__":
    sys.exit(main())

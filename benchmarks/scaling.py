"""How the time of the service grows with the number of files.

    python -m benchmarks.scaling [--files 10,100,1000] [--check]

Tiny recordings (0.3 s) with given transcripts go through the service, `run --once`. What its start
and end take is told as the constant, and what it grows with as seconds for each file: by least
squares of relative errors, so that few files count as much as many. It is linear where a file
costs as much among many as among few.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import Goal, arguments, report
from benchmarks.timing import Cost, timed
from benchmarks.trees import once, tiny, tree

GOAL = 1.2


def main() -> int:
    """Read the command line, measure, print. Return the exit status."""
    parser = arguments(__doc__)
    parser.add_argument("--files", default="10,100,1000")
    options = parser.parse_args()
    counts = [int(number) for number in options.files.split(",")]
    with tempfile.TemporaryDirectory(prefix="bench-scaling-") as name:
        costs = [of_files(Path(name, str(count)), count) for count in counts]
    walls = [cost.wall for cost in costs]
    constant, slope = line(counts, walls)
    rows: list[dict[str, Any]] = [
        {"files": count, "wall s": cost.wall, "s per file": cost.wall / count, "CPU s": cost.cpu}
        for count, cost in zip(counts, costs, strict=True)
    ]
    goals = []
    if len(counts) > 2:
        what = "a file more costs, among many / among few"
        goals.append(Goal(what=what, found=growth(counts, walls), most=GOAL))
    is_good = report(
        "scaling", "Time against the number of files", rows, goals,
        constant_s=constant, seconds_per_file=slope,
    )  # fmt: skip
    print(f"constant {constant:.2f} s, and {slope:.3f} s for each file")
    return 1 if options.check and not is_good else 0


def line(counts: Sequence[int], walls: Sequence[float]) -> tuple[float, float]:
    """Return the constant, and the seconds for each file.

    >>> [round(x, 3) for x in line([10, 100, 1000], [7.0, 52.0, 502.0])]
    [2.0, 0.5]
    """
    if len(counts) < 2:
        return 0.0, walls[0] / counts[0]
    slope, constant = np.polyfit(counts, walls, 1, w=1 / np.array(walls))
    return float(constant), float(slope)


def growth(counts: Sequence[int], walls: Sequence[float]) -> float:
    """Return what a further file costs at the end, as a multiple of that at the beginning.

    >>> growth([10, 100, 1000], [7.0, 52.0, 502.0])
    1.0
    """
    slopes = np.diff(walls) / np.diff(counts)
    return float(slopes[-1] / slopes[0])


def of_files(folder: Path, count: int) -> Cost:
    """Return what the service takes for so many files."""
    config = tree(folder, intake={"settle_seconds": 0.1})
    for i in range(count):
        tiny(config.parent / "inbox" / f"talk-{i}.wav", i)
    cost = timed(lambda: once(config))
    done = len(list((config.parent / "outbox").glob("[!.]*/manifest.json")))
    if done != count:
        raise RuntimeError(f"{done} of {count} files were done")
    return cost


if __name__ == "__main__":
    sys.exit(main())

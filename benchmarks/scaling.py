"""How the time of the service grows with the number of files.

    python -m benchmarks.scaling [--files 10,100,1000]

Tiny recordings (0.3 s) with given transcripts go through the service, `run --once`. What is left of
its start is told as the constant, by least squares; what it grows with, as seconds for each file.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.report import report
from benchmarks.trees import once, tiny, tree


def main() -> None:
    """Read the command line, measure, print."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--files", default="10,100,1000")
    a = p.parse_args()
    counts = [int(number) for number in a.files.split(",")]
    with tempfile.TemporaryDirectory(prefix="bench-scaling-") as name:
        walls = [seconds(Path(name, str(count)), count) for count in counts]
    slope, constant = np.polyfit(counts, walls, 1) if len(counts) > 1 else (0.0, 0.0)
    rows = [
        {"files": count, "wall s": wall, "s per file": wall / count}
        for count, wall in zip(counts, walls, strict=True)
    ]
    report("scaling", "Time against the number of files", rows,
           constant_s=float(constant), seconds_per_file=float(slope))  # fmt: skip
    print(f"constant {constant:.2f} s, and {slope:.3f} s for each file")


def seconds(folder: Path, count: int) -> float:
    """Return how long the service takes for so many files."""
    config = tree(folder, intake={"settle_seconds": 0.1})
    for i in range(count):
        tiny(config.parent / "inbox" / f"talk-{i}.wav", i)
    start = time.monotonic()
    once(config)
    spent = time.monotonic() - start
    done = len(list((config.parent / "outbox").glob("[!.]*")))
    if done != count:
        raise RuntimeError(f"{done} of {count} files were done")
    return spent


if __name__ == "__main__":
    main()

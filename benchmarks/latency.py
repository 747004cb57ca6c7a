"""How soon a file is taken after it is complete, and what a service costs that has nothing to do.

    python -m benchmarks.latency [--files 100] [--seconds 60] [--done 100000] [--check]

A file is complete when it is renamed into the inbox. The latency is from there to the claim, less
the settle time; one file at a time, and a transcript beside each. Idle costs are CPU seconds and
wake-ups (voluntary context switches of all threads) of the service, measured for some seconds and
told for an hour: with nothing anywhere, with bundles and sources of earlier jobs, and with files
that wait in the inbox. The first row is a Python process that does nothing but look at one folder
as often: waking up is not for nothing, and how dear it is depends on the machine.
"""

import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.report import Goal, arguments, report
from benchmarks.trees import Service, service, tiny, tree
from karaokify_daemon.config import Config

SETTLE_S = 0.5
GOAL_P99_MS, GOAL_IDLE_S = 200, 2.0
_WAITING = 10_000
_WAITING_S = 900  # a large inbox is looked at so often at the least: that must be in it
_BARE = "import os, time\nwhile True:\n    time.sleep({every})\n    os.stat('/')"
_QUIET_S, _NOTHING_S = 3, 0.02  # of CPU: the first scans are over
_LONGEST_START_S = 600
_LONG_ENOUGH_S = 60  # a quick run takes no quarter of an hour for those that wait


def main() -> int:
    """Read the command line, measure, print. Return the exit status."""
    parser = arguments(__doc__)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--done", type=int, default=100_000)
    options = parser.parse_args()
    kinds = [
        ("nothing anywhere", 0, 0),
        ("1,000 done", 1000, 0),
        (f"{options.done:,} done", options.done, 0),
    ]
    if options.seconds >= _LONG_ENOUGH_S:
        kinds.append((f"{_WAITING:,} waiting", 0, _WAITING))
    is_good = True
    with tempfile.TemporaryDirectory(prefix="bench-latency-") as name:
        if options.files:
            row = pick_up(Path(name), options.files)
            goal = Goal(what="pick-up, p99 ms", found=row["p99 ms"], most=GOAL_P99_MS)
            is_good &= report("latency", "Pick-up latency above the settle time", [row], [goal])
        if options.seconds:
            rows = [bare(options.seconds)]
            rows += [idle(Path(name, str(i)), *kind, options.seconds)
                     for i, kind in enumerate(kinds)]  # fmt: skip
            title = f"A service with nothing to do for {options.seconds} s"
            is_good &= report("idle", title, rows, list(goals(rows[1:])))
    return 1 if options.check and not is_good else 0


def pick_up(folder: Path, count: int) -> dict[str, Any]:
    """Return the latency of files that come one by one, in milliseconds."""
    config = tree(folder / "pick-up", intake={"settle_seconds": SETTLE_S})
    found = []
    with service(config) as running:
        running.wait_for("inbox.watched")
        for i in range(count):
            media = config.parent / "inbox" / f"talk-{i}.wav"
            tiny(media, i)
            complete = time.time()
            claimed = running.wait_for("job.claimed", file=media.name)
            found.append((_seconds(claimed) - complete - SETTLE_S) * 1000)
            running.wait_for("job.done", file=media.name)
    return {
        "files": count,
        "median ms": statistics.median(found),
        "p99 ms": percentile(found, 99),
        "worst ms": max(found),
    }


def percentile(found: Sequence[float], percent: float) -> float:
    """Return the least figure that so many percent of all do not exceed.

    >>> percentile(range(1, 101), 99), percentile([3, 1, 2], 99), percentile([3, 1, 2], 50)
    (99, 3, 2)
    """
    return sorted(found)[max(0, math.ceil(percent / 100 * len(found)) - 1)]


def goals(rows: Sequence[dict[str, Any]]) -> Iterator[Goal]:
    """Yield what is asked of each idle service."""
    for row in rows:
        what = f"{row['what']}, CPU s per hour"
        yield Goal(what=what, found=row["CPU s per hour"], most=GOAL_IDLE_S)


def idle(folder: Path, name: str, done: int, waiting: int, seconds: int) -> dict[str, Any]:
    """Return what an idle service costs in an hour, measured for some seconds."""
    config = tree(folder, intake={"settle_seconds": 0.5 if not waiting else 1e6})
    _fill(config.parent, done, waiting)
    with service(config) as running:
        running.wait_for("inbox.watched")
        pid = running.process.pid
        started = _settled(running)
        before, woken, start = cpu_seconds(pid), _wakes(pid), time.monotonic()
        _watched(running.process, _WAITING_S if waiting else seconds)
        return _cost(name, pid, before, woken, start) | {"CPU s at start": started}


def bare(seconds: int) -> dict[str, Any]:
    """Return what a process costs in an hour that looks at one folder now and then."""
    code = _BARE.format(every=Config().intake.rescan_seconds)
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        _watched(process, 1)
        before, woken, start = cpu_seconds(process.pid), _wakes(process.pid), time.monotonic()
        _watched(process, seconds)
        row = _cost("a bare loop", process.pid, before, woken, start)
        process.terminate()
    return row | {"CPU s at start": before}


def _cost(name: str, pid: int, before: float, woken: int, start: float) -> dict[str, Any]:
    measured = time.monotonic() - start
    return {
        "what": name,
        "CPU s per hour": (cpu_seconds(pid) - before) * 3600 / measured,
        "wake-ups per s": (_wakes(pid) - woken) / measured,
        "RSS MB": round(_rss_mb(pid)),
    }


def _fill(folder: Path, done: int, waiting: int) -> None:
    """Make bundles and sources of earlier jobs, and recordings that wait."""
    archive, outbox = folder / "archive", folder / "outbox"
    archive.mkdir()
    for i in range(done):
        bundle = outbox / f"talk-{i}"
        bundle.mkdir(parents=True)
        (bundle / "manifest.json").write_text(f'{{"identity": "{i:064}", "job_id": "{i:012}"}}')
        (archive / f"talk-{i}.wav").touch()
    for i in range(waiting):
        (folder / "inbox" / f"talk-{i}.wav").write_bytes(i.to_bytes(4, "little"))


def _settled(running: Service) -> float:
    """Wait until the first scans are over; return the CPU seconds up to then."""
    quiet, last, end = 0, -1.0, time.monotonic() + _LONGEST_START_S
    while quiet < _QUIET_S and time.monotonic() < end:
        _watched(running.process, 1)
        spent = cpu_seconds(running.process.pid)
        quiet = quiet + 1 if spent - last < _NOTHING_S else 0
        last = spent
    if quiet < _QUIET_S:
        raise RuntimeError("the service does not come to rest")
    return last


def _watched(process: subprocess.Popen[Any], seconds: float) -> None:
    """Wait. Raises RuntimeError where the process does not live through it."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, 1))
        if process.poll() is not None:
            raise RuntimeError("it ended")


def cpu_seconds(pid: int) -> float:
    """Return what a process's threads have used: to the nanosecond, where others count ticks."""
    used = [int(path.read_text().split()[0]) for path in _tasks(pid, "schedstat")]
    return sum(used) / 1e9


def _wakes(pid: int) -> int:
    """Return how often a process's threads have woken up."""
    return sum(_status(path, "voluntary_ctxt_switches") for path in _tasks(pid, "status"))


def _rss_mb(pid: int) -> float:
    return _status(Path(f"/proc/{pid}/status"), "VmRSS") * 1024 / 1e6


def _tasks(pid: int, name: str) -> list[Path]:
    return [task / name for task in Path(f"/proc/{pid}/task").iterdir()]


def _status(path: Path, key: str) -> int:
    for line in path.read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1])
    return 0


def _seconds(line: dict[str, Any]) -> float:
    return datetime.fromisoformat(line["timestamp"]).timestamp()


if __name__ == "__main__":
    sys.exit(main())

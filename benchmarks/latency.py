"""How soon a file is taken after it is complete, and what a service costs that has nothing to do.

    python -m benchmarks.latency [--files 60] [--seconds 60]

A file is complete when it is renamed into the inbox. The latency is from there to the claim, less
the settle time; one file at a time, and a transcript beside each. Idle costs are CPU seconds and
wake-ups (voluntary context switches of all threads) of the service, measured for some seconds and
told for an hour: with nothing anywhere, with bundles and sources of earlier jobs, and with files
that wait in the inbox.
"""

import argparse
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from benchmarks.report import report
from benchmarks.trees import Service, service, tiny, tree

SETTLE_S = 0.5
GOAL_P99_MS, GOAL_IDLE_S = 200, 2.0
_KINDS = (("nothing anywhere", 0, 0), ("1,000 done", 1000, 0), ("100,000 done", 100_000, 0),
          ("10,000 waiting", 0, 10_000))  # fmt: skip


def main() -> None:
    """Read the command line, measure, print."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--files", type=int, default=60)
    p.add_argument("--seconds", type=int, default=60)
    a = p.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-latency-") as name:
        report("latency", f"Pick-up latency, {a.files} files", [pick_up(Path(name), a.files)],
               goal_p99_ms=GOAL_P99_MS)  # fmt: skip
        rows = [idle(Path(name, str(i)), *kind, a.seconds) for i, kind in enumerate(_KINDS)]
        report("idle", "A service with nothing to do, for an hour", rows, goal_cpu_s=GOAL_IDLE_S)


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
    found.sort()
    return {
        "median ms": statistics.median(found),
        "p99 ms": found[min(len(found) - 1, round(0.99 * (len(found) - 1)))],
        "worst ms": found[-1],
    }


def idle(folder: Path, name: str, done: int, waiting: int, seconds: int) -> dict[str, Any]:
    """Return what an idle service costs in an hour, measured for some seconds."""
    config = tree(folder, intake={"settle_seconds": 0.5 if not waiting else 1e6})
    for i in range(done):
        bundle = config.parent / "outbox" / f"talk-{i}"
        bundle.mkdir(parents=True)
        (bundle / "manifest.json").write_text(f'{{"identity": "{i:064}", "job_id": "{i:012}"}}')
        archive = config.parent / "archive"
        archive.mkdir(exist_ok=True)
        (archive / f"talk-{i}.wav").touch()
    for i in range(waiting):
        (config.parent / "inbox" / f"talk-{i}.wav").write_bytes(i.to_bytes(4, "little"))
    with service(config) as running:
        running.wait_for("inbox.watched")
        process = psutil.Process(running.process.pid)
        _settled(process)
        before, woken = sum(process.cpu_times()[:2]), _wakes(process)
        _watched(running, seconds)
        spent, wakes = sum(process.cpu_times()[:2]) - before, _wakes(process) - woken
        return {
            "what": name,
            "CPU s per hour": spent * 3600 / seconds,
            "wake-ups per s": wakes / seconds,
            "RSS MB": round(process.memory_info().rss / 1e6),
        }


def _settled(process: psutil.Process) -> None:
    """Wait until the first scans are over: the service has used no CPU for three seconds."""
    quiet, last = 0, -1.0
    while quiet < 3:
        time.sleep(1)
        now = sum(process.cpu_times()[:2])
        quiet = quiet + 1 if now - last < 0.005 else 0
        last = now


def _watched(running: Service, seconds: int) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, 1))
        if running.process.poll() is not None:
            raise RuntimeError("the service ended")


def _wakes(process: psutil.Process) -> int:
    """Return how often its threads have woken up."""
    total = 0
    for task in Path(f"/proc/{process.pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                total += int(line.split()[1])
    return total


def _seconds(line: dict[str, Any]) -> float:
    return datetime.fromisoformat(line["timestamp"]).timestamp()


if __name__ == "__main__":
    main()

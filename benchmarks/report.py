"""What the benchmarks have in common: a table, a JSON file beside it, and what machine it was."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

FOLDER = Path("build/bench")


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "cpu": names[0] if names else platform.processor(),
        "cpus": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def report(name: str, title: str, rows: Sequence[Mapping[str, Any]], **facts: Any) -> None:
    """Print rows as a table, and write them to build/bench/NAME.json."""
    print(f"\n{title}")
    columns = list(rows[0])
    cells = [columns, *([_shown(row[column]) for column in columns] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    for row in cells:
        first, *rest = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join([row[0].ljust(len(first)), *rest]), flush=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    when = datetime.now(UTC).isoformat(timespec="seconds")
    whole = {"title": title, "when": when, "machine": machine(), "rows": [*rows], **facts}
    (FOLDER / f"{name}.json").write_text(json.dumps(whole, indent=2) + "\n")


def _shown(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)

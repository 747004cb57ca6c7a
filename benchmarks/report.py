"""What the benchmarks have in common: tables, goals, JSON in build/bench, what machine it was."""

import argparse
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

FOLDER = Path("build/bench")
_LOAD_BEFORE = round(os.getloadavg()[0], 2)


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A figure, and what it must not be above, or not below."""

    what: str
    found: float
    most: float | None = None
    least: float | None = None

    @property
    def is_reached(self) -> bool:
        """Tell whether it is within its limits; what is not a number is not."""
        above = self.most is not None and not self.found <= self.most
        below = self.least is not None and not self.found >= self.least
        return not above and not below

    def __str__(self) -> str:
        limits = [("at most", self.most), ("at least", self.least)]
        told = " and ".join(f"{how} {limit:g}" for how, limit in limits if limit is not None)
        state = "reached" if self.is_reached else "missed "
        return f"{state}  {self.what}: {_shown(float(self.found))} (goal: {told})"


def arguments(description: str | None) -> argparse.ArgumentParser:
    """Return a parser of what every benchmark understands."""
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit with 1 when a goal is missed")
    return parser


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
        "load_before": _LOAD_BEFORE,
    }


def report(
    name: str,
    title: str,
    rows: Sequence[Mapping[str, Any]],
    goals: Sequence[Goal] = (),
    **facts: Any,
) -> bool:
    """Print a table and its goals, write both to build/bench/NAME.json.

    Return whether all goals are reached.
    """
    print(f"\n{title}\n{table(rows)}")
    for goal in goals:
        print(goal)
    print(end="", flush=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    whole = {
        "title": title,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "rows": [dict(row) for row in rows],
        "goals": [asdict(goal) | {"reached": goal.is_reached} for goal in goals],
        **facts,
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(whole, indent=2) + "\n")
    return all(goal.is_reached for goal in goals)


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as text; a row may lack columns of others."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = [columns, *([_shown(row.get(column, "")) for column in columns] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    lines = []
    for first, *rest in cells:
        padded = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *padded]).rstrip())
    return "\n".join(lines)


def _shown(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"

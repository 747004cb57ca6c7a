"""What a task costs: CPU seconds of this process and of those that it has waited for, and wall."""

import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """CPU and wall seconds."""

    cpu: float
    wall: float


def timed(task: Callable[[], object]) -> Cost:
    """Run a task and return its cost."""
    begun, before = time.monotonic(), _cpu()
    task()
    return Cost(_cpu() - before, time.monotonic() - begun)


def least(tasks: Sequence[Callable[[], object]], rounds: int) -> list[Cost]:
    """Return the least cost of each task, over some rounds of all of them in turn.

    Whatever else the machine does meets all of them alike, and only ever adds.
    """
    found = [[timed(task) for task in tasks] for _ in range(rounds)]
    return [
        Cost(min(cost.cpu for cost in costs), min(cost.wall for cost in costs))
        for costs in zip(*found, strict=True)
    ]


def _cpu() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime

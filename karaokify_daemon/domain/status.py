"""What a service does at one moment, as `status`, metrics and the web page show it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from karaokify_daemon.domain.job import Stage
from karaokify_daemon.domain.plain import plain

_HOUR_S = 3600
AGES_S = (60, 600, _HOUR_S, 6 * _HOUR_S, 24 * _HOUR_S, 7 * 24 * _HOUR_S)  # what a queue is told by
MOST_LISTED = 100
_LONG_STAGES = (Stage.DECODE, Stage.TRANSCRIBE, Stage.HIGHLIGHT, Stage.RENDER)
_LEAST_FRACTION, _LEAST_S = 0.02, 2.0  # before that, nobody can tell


@dataclass(frozen=True, kw_only=True)
class Running:
    """A job at work. Times are in seconds; `fraction` is how much of the stage is done, 0 to 1.

    `lasts` is how long its recording is; `waits_for` is what its stage cannot begin without.
    """

    id: str
    name: str
    stage: str
    fraction: float
    in_stage: float
    in_job: float
    lasts: float | None = None
    waits_for: str | None = None
    speed: float | None = None  # seconds of recording for each second, in this stage
    eta: float | None = None  # until the job's end


@dataclass(frozen=True, kw_only=True)
class Queued:
    """A file in the inbox that nobody works on: since when, why, and until when (Unix seconds)."""

    name: str
    since: float | None = None
    reason: str = ""
    until: float | None = None


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A recording in the failed folder, and when it came there (ISO 8601)."""

    name: str
    code: str
    problem: str
    advice: str
    at: str


@dataclass(frozen=True, kw_only=True)
class WorkerState:
    """A worker: its process, what it holds, and how often it was started again after a death."""

    pid: int | None
    model: str | None
    device: str | None
    restarts: int
    memory: int  # bytes


@dataclass(frozen=True, kw_only=True)
class Live:
    """What only the service itself knows; `problem` is why it cannot work at all.

    `written` is when this was so. `queue` is cut off at MOST_LISTED; `queued` and `ages` count all
    of it: how many are younger than each of AGES_S and, at last, older. `done` and `failed` count
    from its start.
    """

    version: str
    pid: int
    host: str
    process_started: str  # as the kernel counts: with `pid` it tells whether that process lives
    started: float
    written: float
    state: str  # starting, serving, reloading, stopping, stopped; or never, where it has not run
    problem: str = ""
    done: int = 0
    failed: int = 0
    running: tuple[Running, ...] = ()
    queued: int = 0
    ages: tuple[int, ...] = ()
    oldest: float | None = None  # Unix seconds
    queue: tuple[Queued, ...] = ()
    refused: tuple[Queued, ...] = ()  # what lies in the inbox and is never taken
    workers: tuple[WorkerState, ...] = ()
    memory: int = 0  # bytes of the service and its children
    cache: int | None = None  # bytes

    @property
    def line(self) -> str:
        """The service in one line; names are strangers', and may hold anything."""
        return plain(self._line)

    @property
    def _line(self) -> str:
        if self.problem:
            return self.problem
        parts = [f"{one.name}: {one.stage} {one.fraction:.0%}" for one in self.running[:2]]
        if (more := len(self.running) - 2) > 0:
            parts.append(f"{more} more")
        parts.append(f"{self.queued} waiting, {self.done} done, {self.failed} failed")
        return "; ".join(parts if self.running else ["idle", *parts])


@dataclass(frozen=True, kw_only=True)
class DiskState:
    """What is free on the disk of some folders, in bytes."""

    folders: tuple[str, ...]
    free: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Status:
    """All that can be told of a service, whether it runs or not.

    `live` is what it has told last, with what lies in the inbox by now where it does not run;
    `is_alive` whether that process still runs, `is_silent` whether it has told nothing for long.
    """

    is_alive: bool
    is_silent: bool = False
    seen: float = 0.0  # Unix seconds: when it was last heard of; 0: never
    live: Live
    jobs: Mapping[str, int]  # in the journal, by state
    failures: tuple[Failure, ...] = ()  # the latest first
    disks: tuple[DiskState, ...] = ()
    memory_free: int | None = None  # bytes

    @property
    def problem(self) -> str:
        """Why it does not work as it should; empty where it does."""
        if not self.is_alive:
            return "the service does not run"
        if self.is_silent:
            return "the service runs, but has told nothing for minutes: it hangs"
        return self.live.problem


def age_counts(ages: Sequence[float]) -> tuple[int, ...]:
    """Return how many ages (seconds) are below each of AGES_S and not below the one before.

    The last count is of all that are older.

    >>> age_counts([1, 2, 700, 10**9])
    (2, 0, 1, 0, 0, 0, 1)
    """
    counts = [0] * (len(AGES_S) + 1)
    for age in ages:
        counts[sum(age >= limit for limit in AGES_S)] += 1
    return tuple(counts)


def speed(lasts: float | None, fraction: float, in_stage: float) -> float | None:
    """Return seconds of recording that a stage does in a second; None while nobody can tell."""
    if not lasts or fraction < _LEAST_FRACTION or in_stage < _LEAST_S:
        return None
    return lasts * fraction / in_stage


def eta(
    stage: Stage, fraction: float, in_stage: float, lasts: float | None, rates: Mapping[str, float]
) -> float | None:
    """Return in how many seconds a job ends; None while nobody can tell.

    `rates` are the seconds that each later stage has taken lately, for a second of recording.
    """
    stages = list(Stage)
    later = [one for one in stages[stages.index(stage) + 1 :] if one in _LONG_STAGES]
    if fraction >= _LEAST_FRACTION and in_stage >= _LEAST_S:
        left = in_stage * (1 - fraction) / fraction
    elif lasts and stage in rates:
        left = max(0.0, lasts * rates[stage] - in_stage)
    else:
        return None
    if any(one not in rates for one in later if one is not Stage.HIGHLIGHT):
        return None
    return left + (lasts or 0.0) * sum(rates.get(one, 0.0) for one in later)

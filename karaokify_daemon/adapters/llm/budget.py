"""What language models may cost: tokens and dollars, of a job and of a day (UTC)."""

import contextlib
import json
import math
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from karaokify_daemon.config import Llm
from karaokify_daemon.errors import LlmError

FILE = "llm-budget.json"
_LOCK = ".llm-budget.lock"
_JOBS = 1000
_LOCK_S = 10.0  # it is held for the moment of one change


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What was, or may be, spent."""

    tokens: int = 0
    dollars: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(tokens=self.tokens + other.tokens, dollars=self.dollars + other.dollars)

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(tokens=self.tokens - other.tokens, dollars=self.dollars - other.dollars)

    @property
    def at_least_nothing(self) -> "Cost":
        """The same, but for what is below zero."""
        return Cost(tokens=max(0, self.tokens), dollars=max(0.0, self.dollars))


def _today() -> date:
    return datetime.now(UTC).date()


class Budget:
    """The budget of one job and of the day, in a file that all jobs and services share.

    What a job has spent counts over all of its attempts, as long as it is among the last 1,000.
    What a request may cost is booked before it is sent, and corrected when its cost is known: so
    what was sent by a process that died, or at the same time by another one, is counted.
    """

    def __init__(
        self,
        settings: Llm,
        folder: Path,
        job: str = "",
        *,
        today: Callable[[], date] = _today,
        on_damaged: Callable[[Path], None] = lambda _: None,
    ) -> None:
        """Keep the figures in a folder; `on_damaged` hears of a file that is begun anew."""
        self._settings, self._today, self._on_damaged = settings, today, on_damaged
        self._path = folder / FILE
        self._lock = FileLock(folder / _LOCK, timeout=_LOCK_S, mode=0o600)
        self._name = job or secrets.token_hex(8)

    @property
    def job(self) -> Cost:
        """What the job has spent so far."""
        return self._load().jobs.get(self._name, Cost())

    def reserve(self, cost: Cost) -> None:
        """Book what a request may cost. Raises LlmError that names the limit it would exceed."""
        with self._book() as book:
            _check(book.jobs.get(self._name, Cost()) + cost, "job", self._settings)
            _check(book.day + cost, "day", self._settings)
            self._save(book.with_cost(self._name, cost))

    def settle(self, reserved: Cost, spent: Cost) -> None:
        """Correct what was booked for a request to what it has cost. Raises LlmError."""
        with self._book() as book:
            self._save(book.with_cost(self._name, spent - reserved))

    @contextlib.contextmanager
    def _book(self) -> Iterator["_Book"]:
        """Yield what was spent, while nobody else changes it."""
        try:
            with self._lock:
                yield self._load()
        except Timeout as error:
            raise LlmError(
                "the budget of the day is held by another process",
                advice=f"See what holds {self._lock.lock_file}.",
            ) from error
        except OSError as error:
            raise LlmError(
                f"the budget of the day cannot be kept ({error.strerror or error})",
                advice="Check free space and permissions of the state folder.",
            ) from error

    def _load(self) -> "_Book":
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return _Book()
        try:
            entry = json.loads(raw)
            jobs = {str(name): _cost(spent) for name, spent in entry.get("jobs", {}).items()}
            today = date.fromisoformat(entry["day"]) == self._today()
            return _Book(_cost(entry) if today else Cost(), jobs)
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
            self._on_damaged(self._path)
            return _Book()

    def _save(self, book: "_Book") -> None:
        jobs = {name: asdict(spent) for name, spent in [*book.jobs.items()][-_JOBS:]}
        entry = {"day": self._today().isoformat(), **asdict(book.day), "jobs": jobs}
        fd, name = tempfile.mkstemp(prefix=".new-", dir=self._path.parent)  # mode 0600
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(json.dumps(entry).encode())
                file.flush()
                os.fsync(fd)
            Path(name).replace(self._path)
        finally:
            Path(name).unlink(missing_ok=True)


@dataclass(frozen=True)
class _Book:
    """What was spent today, and by which job ever, those that spent last at the end."""

    day: Cost = Cost()
    jobs: Mapping[str, Cost] = field(default_factory=dict)

    def with_cost(self, job: str, cost: Cost) -> "_Book":
        # A request that was begun the day before may cost less than was booked for it.
        jobs = {name: spent for name, spent in self.jobs.items() if name != job}
        own = (self.jobs.get(job, Cost()) + cost).at_least_nothing
        return _Book((self.day + cost).at_least_nothing, jobs | {job: own})


def _cost(entry: Mapping[str, Any]) -> Cost:
    """Return the cost in a JSON object. Raises ValueError, LookupError, TypeError."""
    cost = Cost(tokens=int(entry["tokens"]), dollars=float(entry["dollars"]))
    if cost.tokens < 0 or not 0 <= cost.dollars < math.inf:
        raise ValueError("is no cost")
    return cost


def _check(cost: Cost, of: str, settings: Llm) -> None:
    for unit, wanted in (("tokens", cost.tokens), ("dollars", cost.dollars)):
        name = f"{unit}_per_{of}"
        limit = getattr(settings, name)
        if limit and wanted > limit:
            raise LlmError(
                f"the language model's budget llm.{name} = {limit} is spent",
                advice=(
                    f"Raise llm.{name}, or wait for the next day."
                    if of == "day"
                    else f"Raise llm.{name}."
                ),
                limit=name,
                wanted=round(wanted, 6),
            )

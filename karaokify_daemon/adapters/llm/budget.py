"""What language models may cost: tokens and dollars, of a job and of a day (UTC)."""

import contextlib
import json
import math
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from karaokify_daemon.config import Llm
from karaokify_daemon.errors import LlmError

FILE = "llm-budget.json"
_LOCK = ".llm-budget.lock"
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


def _today() -> date:
    return datetime.now(UTC).date()


class Budget:
    """The budget of one job, and, in a file that all jobs and services share, of the day.

    What a request may cost is booked before it is sent, and corrected when its cost is known: so
    what was sent by a process that died, or at the same time by another one, is counted.
    """

    def __init__(
        self,
        settings: Llm,
        folder: Path,
        *,
        today: Callable[[], date] = _today,
        on_damaged: Callable[[Path], None] = lambda _: None,
    ) -> None:
        """Keep the day's figures in a folder; `on_damaged` hears of a file that is begun anew."""
        self._settings, self._today, self._on_damaged = settings, today, on_damaged
        self._path = folder / FILE
        self._lock = FileLock(folder / _LOCK, timeout=_LOCK_S, mode=0o600)
        self.job = Cost()

    def reserve(self, cost: Cost) -> None:
        """Book what a request may cost. Raises LlmError that names the limit it would exceed."""
        with self._day() as day:
            _check(self.job + cost, "job", self._settings)
            _check(day + cost, "day", self._settings)
            self._save(day + cost)
        self.job += cost

    def settle(self, reserved: Cost, spent: Cost) -> None:
        """Correct what was booked for a request to what it has cost. Raises LlmError."""
        self.job += spent - reserved
        with self._day() as day:
            self._save(day + spent - reserved)

    @contextlib.contextmanager
    def _day(self) -> Iterator[Cost]:
        """Yield what was spent today, while nobody else changes it."""
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

    def _load(self) -> Cost:
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return Cost()
        try:
            entry = json.loads(raw)
            day = date.fromisoformat(entry["day"])
            cost = Cost(tokens=int(entry["tokens"]), dollars=float(entry["dollars"]))
        except (ValueError, LookupError, TypeError, OverflowError, RecursionError):
            day, cost = self._today(), Cost(tokens=-1)
        if cost.tokens < 0 or not 0 <= cost.dollars < math.inf:
            self._on_damaged(self._path)
            return Cost()
        return cost if day == self._today() else Cost()

    def _save(self, cost: Cost) -> None:
        # A request that was begun the day before may cost less than was booked for it.
        kept = Cost(tokens=max(0, cost.tokens), dollars=max(0.0, cost.dollars))
        entry = {"day": self._today().isoformat(), **asdict(kept)}
        fd, name = tempfile.mkstemp(prefix=".new-", dir=self._path.parent)  # mode 0600
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(json.dumps(entry).encode())
                file.flush()
                os.fsync(fd)
            Path(name).replace(self._path)
        finally:
            Path(name).unlink(missing_ok=True)


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

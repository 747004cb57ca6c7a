"""What language models may cost: tokens and dollars, of a job and of a day (UTC)."""

import contextlib
import json
import math
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from karaokify_daemon.config import Llm
from karaokify_daemon.errors import LlmError

FILE = "llm-budget.json"
_LOCK = ".llm-budget.lock"
_JOBS, _DAYS = 1000, 8  # that are kept
_SET_BACK = timedelta(days=1)
_ROUNDING = 1e-9  # dollars
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


@dataclass(frozen=True, kw_only=True)
class Booking:
    """What a request may cost, booked for a job on a day."""

    job: str
    day: date
    cost: Cost


class Budget:
    """The budget of one job and of the day, in a file that all jobs and services share.

    What a request may cost is booked before it is sent, and settled when its cost is known: so
    what was sent by a process that died, or at the same time by another one, is counted. A booking
    that is never settled, since no answer came, counts until its day is over: it may have been
    paid, but may not keep a job from its answer for ever. What a job has spent counts over all of
    its attempts, as long as it is among the last 1,000.
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

    def reserve(self, cost: Cost) -> Booking:
        """Book what a request may cost. Raises LlmError that names the limit it would exceed."""
        with self._book() as book:
            booking = Booking(job=self._name, day=book.day(self._today()), cost=cost)
            of_day = book.days.get(booking.day, _Day())
            own = of_day.booked.get(self._name, Cost())
            _check(book.jobs.get(self._name, Cost()) + own + cost, "job", self._settings, own)
            _check(of_day.total + cost, "day", self._settings)
            self._save(book.with_booking(booking))
        return booking

    def settle(self, booking: Booking, spent: Cost) -> None:
        """Put what a request has cost in the place of its booking. Raises LlmError."""
        with self._book() as book:
            self._save(book.settled(booking, spent))

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
            return _Book.from_dict(json.loads(raw))
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
            self._on_damaged(self._path)
            return _Book()

    def _save(self, book: "_Book") -> None:
        entry = book.to_dict()
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
class _Day:
    """What was spent on a day, and what is booked, by job."""

    spent: Cost = Cost()
    booked: Mapping[str, Cost] = field(default_factory=dict)

    @property
    def total(self) -> Cost:
        return sum(self.booked.values(), self.spent)

    def with_booked(self, job: str, cost: Cost) -> "_Day":
        whole = (self.booked.get(job, Cost()) + cost).at_least_nothing
        kept = {job: whole} if whole.tokens or whole.dollars > _ROUNDING else {}
        others = {name: cost for name, cost in self.booked.items() if name != job}
        return replace(self, booked=others | kept)


@dataclass(frozen=True)
class _Book:
    """What was spent on which day, and by which job ever; the last that changed are at the end."""

    days: Mapping[date, _Day] = field(default_factory=dict)
    jobs: Mapping[str, Cost] = field(default_factory=dict)

    def day(self, today: date) -> date:
        """Return the day that counts: a clock that is set back a little begins none again."""
        ahead = [day for day in self.days if today < day <= today + _SET_BACK]
        return max(ahead, default=today)

    def with_booking(self, booking: Booking) -> "_Book":
        day = self.days.get(booking.day, _Day()).with_booked(booking.job, booking.cost)
        return self._with(booking, day, Cost())

    def settled(self, booking: Booking, spent: Cost) -> "_Book":
        day = self.days.get(booking.day, _Day()).with_booked(booking.job, Cost() - booking.cost)
        return self._with(booking, replace(day, spent=day.spent + spent), spent)

    def _with(self, booking: Booking, day: _Day, spent: Cost) -> "_Book":
        days = {name: old for name, old in self.days.items() if name != booking.day}
        jobs = {name: old for name, old in self.jobs.items() if name != booking.job}
        own = self.jobs.get(booking.job, Cost()) + spent
        return _Book(
            _last(days | {booking.day: day}, _DAYS), _last(jobs | {booking.job: own}, _JOBS)
        )

    def to_dict(self) -> dict[str, Any]:
        days = {day.isoformat(): asdict(one) for day, one in self.days.items()}
        return {"days": days, "jobs": {name: asdict(spent) for name, spent in self.jobs.items()}}

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> "_Book":
        """Return the book of a JSON form. Raises what `_cost` does, and AttributeError."""
        days = {
            date.fromisoformat(day): _Day(_cost(one["spent"]), _costs(one["booked"]))
            for day, one in entry["days"].items()
        }
        return cls(days, _costs(entry["jobs"]))


def _last(entries: Mapping[Any, Any], count: int) -> dict[Any, Any]:
    return dict([*entries.items()][-count:])


def _costs(entries: Mapping[str, Any]) -> dict[str, Cost]:
    return {str(name): _cost(entry) for name, entry in entries.items()}


def _cost(entry: Mapping[str, Any]) -> Cost:
    """Return the cost in a JSON object. Raises ValueError, LookupError, TypeError."""
    cost = Cost(tokens=int(entry["tokens"]), dollars=float(entry["dollars"]))
    if cost.tokens < 0 or not 0 <= cost.dollars < math.inf:
        raise ValueError("is no cost")
    return cost


def _check(cost: Cost, of: str, settings: Llm, booked: Cost = Cost()) -> None:
    """Raise LlmError where a cost is beyond a limit; `booked` of it lapses with the day."""
    waits = ", or wait for the next day (UTC)" if of == "day" or booked != Cost() else ""
    for unit, wanted in (("tokens", cost.tokens), ("dollars", cost.dollars)):
        name = f"{unit}_per_{of}"
        limit = getattr(settings, name)
        if limit and wanted > limit:
            told = {"unanswered": round(getattr(booked, unit), 6)} if booked != Cost() else {}
            raise LlmError(
                f"the language model's budget llm.{name} = {limit} is spent",
                advice=f"Raise llm.{name}{waits}.",
                limit=name,
                wanted=round(wanted, 6),
                **told,
            )

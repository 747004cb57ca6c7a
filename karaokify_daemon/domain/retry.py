"""What follows a failure: pure decisions, apart from the loop that carries them out."""

from karaokify_daemon.domain.record import SMALLER, Record
from karaokify_daemon.errors import (
    CancelledError,
    DeadlineError,
    FfmpegDiedError,
    IntakeError,
    JournalError,
    KaraokifyError,
    LlmError,
    MachineError,
    MemoryLimitError,
    ModelError,
    OutOfMemoryError,
    PublishError,
    SourceChangedError,
    WorkerDiedError,
)

INTERRUPTED = 6  # a file in whose hands the service dies so often, at one stage, is set aside
_DEADLY = 2  # a file that kills its worker, or a deadline, twice is set aside
_RESTLESS = 3  # a file that changes under us is settled anew at once, but not for ever
_FIRST_S, _LONGEST_S = 5.0, 300.0
_LONGEST_ASKED_S = 6 * 3600.0  # what a provider asks for may be a slip
_AFTER_DEATH_S = 2.0
_PATIENCE = 20  # attempts: a recording that finds no memory for more than an hour is too long
_SPREAD = 0.5  # jobs that failed together do not all come back together
_AROUND = (
    IntakeError,
    JournalError,
    LlmError,
    MachineError,
    ModelError,
    PublishError,
    SourceChangedError,
)


def is_deadly(error: KaraokifyError) -> bool:
    """Tell whether a child process ended over the file, or had to be ended."""
    deadly = WorkerDiedError | FfmpegDiedError | DeadlineError | MemoryLimitError
    return isinstance(error, deadly)


def is_smaller(record: Record) -> bool:
    """Tell whether a job is to be done with less memory: a child took too much of it before."""
    return SMALLER in record.results


def decide(error: KaraokifyError, record: Record, chance: float) -> float | None:
    """Return in how many seconds to try again after a failed attempt; None: give up.

    `record` is as it was during the attempt; `chance`, from 0 to 1, spreads the times. What lies
    in the file fails at once. What lies around it (a full disk, a vanished mount, no model, no
    language model where one is required, a file that cannot be read) is waited out for as long as
    it takes, 5 s doubling to 5 min, or what a provider asks for. What may be either gets one retry;
    where memory was short, 19.
    """
    if not error.retryable:
        return None
    changing = isinstance(error, SourceChangedError) and record.attempts < _RESTLESS
    if changing or isinstance(error, CancelledError):
        return 0.0
    if isinstance(error, OutOfMemoryError) and record.attempts >= _PATIENCE:
        return None
    if isinstance(error, (*_AROUND, OutOfMemoryError)):
        seconds = _FIRST_S * 2.0 ** min(record.attempts - 1, 10)
        return max(_asked(error), min(_LONGEST_S, seconds * (1 + _SPREAD * chance)))
    if is_deadly(error):
        lasting = record.deaths + 1 >= _DEADLY
        return None if lasting else _AFTER_DEATH_S * (1 + _SPREAD * chance)
    return None if record.attempts >= _DEADLY else 0.0


def _asked(error: KaraokifyError) -> float:
    """Return how many seconds a provider asks to be left alone for (Retry-After)."""
    asked: float = error.details.get("retry_after_seconds", 0.0)
    return min(_LONGEST_ASKED_S, asked)

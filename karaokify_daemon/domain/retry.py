"""What follows a failure: pure decisions, apart from the loop that carries them out."""

from dataclasses import dataclass

from karaokify_daemon.errors import (
    CancelledError,
    KaraokifyError,
    ModelError,
    PublishError,
    SourceChangedError,
)

_DEADLY = 2  # a file that kills its worker, or a deadline, twice is set aside
_FIRST_S, _LONGEST_S = 5.0, 300.0


@dataclass(frozen=True)
class RetryDecision:
    """Try again after so many seconds, or (None) give up: the file goes to the failed folder."""

    after_seconds: float | None

    @property
    def gives_up(self) -> bool:
        """Tell whether the job has failed for good."""
        return self.after_seconds is None


def decide(error: KaraokifyError, attempts: int) -> RetryDecision:
    """Decide after the `attempts`-th failure of a job.

    What lies in the file fails at once. What lies around it (a full disk, a vanished mount, no
    model) is waited out for as long as it takes, 5 s doubling to 5 min. What may be either gets
    one retry.
    """
    if not error.retryable:
        return RetryDecision(None)
    if isinstance(error, CancelledError | SourceChangedError):
        return RetryDecision(0.0)
    if isinstance(error, PublishError | ModelError):
        return RetryDecision(min(_LONGEST_S, _FIRST_S * 2 ** min(attempts - 1, 10)))
    return RetryDecision(None if attempts >= _DEADLY else 0.0)

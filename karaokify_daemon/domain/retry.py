"""What follows a failure: pure decisions, apart from the loop that carries them out."""

from karaokify_daemon.errors import (
    CancelledError,
    IntakeError,
    KaraokifyError,
    MachineError,
    ModelError,
    PublishError,
    SourceChangedError,
)

_DEADLY = 2  # a file that kills its worker, or a deadline, twice is set aside
_RESTLESS = 3  # a file that changes under us is settled anew at once, but not for ever
_FIRST_S, _LONGEST_S = 5.0, 300.0
_AROUND = (IntakeError, ModelError, PublishError, SourceChangedError, MachineError)


def decide(error: KaraokifyError, attempts: int) -> float | None:
    """Return in how many seconds to try again after the `attempts`-th failure; None: give up.

    What lies in the file fails at once. What lies around it (a full disk, a vanished mount, no
    model, a file that cannot be read) is waited out for as long as it takes, 5 s doubling to
    5 min. What may be either gets one retry.
    """
    if not error.retryable:
        return None
    changing = isinstance(error, SourceChangedError) and attempts < _RESTLESS
    if changing or isinstance(error, CancelledError):
        return 0.0
    if isinstance(error, _AROUND):
        return min(_LONGEST_S, _FIRST_S * 2.0 ** min(attempts - 1, 10))
    return None if attempts >= _DEADLY else 0.0

"""What the death of a worker means: for the next start, and for the recording it was to hear."""

from karaokify_daemon.errors import (
    KaraokifyError,
    ModelError,
    WorkerDiedError,
    WorkerStalledError,
)

_GPU = "See `dmesg` and `nvidia-smi`. The worker is started again, and this is tried once more."
_BUSY = "The machine may be busy: it is tried again. Or raise transcribe.start_seconds."
_FIRST_BACKOFF_S, _LONGEST_BACKOFF_S = 0.5, 60.0


def backoff_seconds(deaths: int) -> float:
    """Return how long to wait before a start, after so many deaths in a row.

    >>> [backoff_seconds(n) for n in (0, 1, 2, 3, 100)]
    [0.0, 0.5, 1.0, 2.0, 60.0]
    """
    if deaths == 0:
        return 0.0
    return min(_LONGEST_BACKOFF_S, _FIRST_BACKOFF_S * 2.0 ** min(deaths - 1, 20))


def not_loaded(error: WorkerDiedError) -> ModelError:
    """Return the error of a recording whose worker has ended before the model was loaded."""
    advice = _BUSY if isinstance(error, WorkerStalledError) else error.advice
    return ModelError(
        f"the model could not be loaded: {error.problem}", advice=advice, **error.details
    )


def gpu_lost(error: KaraokifyError) -> WorkerDiedError:
    """Return the error of a recording over which the GPU has failed: it counts as a death."""
    return WorkerDiedError(f"the GPU failed: {error.problem}", advice=_GPU, **error.details)

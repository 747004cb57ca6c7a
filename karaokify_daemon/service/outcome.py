"""How a job ends, and what ends it that is told nowhere else."""

from dataclasses import dataclass

from karaokify_daemon.domain.record import Record
from karaokify_daemon.errors import CancelledError, KaraokifyError


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a job ended, in its record; `saved` tells whether the journal has it."""

    record: Record
    saved: bool = True


class UnexpectedError(KaraokifyError):
    """A fault of this program; the log has the traceback."""

    code = "internal"
    default_advice = "This is a bug: please report it with the log. The recording is untouched."


class BehindError(CancelledError):
    """So many long recordings are at work that one more would take the last places."""

    code = "behind"
    default_advice = "It is begun again when one of them has ended."

"""One base error, one subclass per kind of failure.

Each says what happened, to which file, and what to do; carries its facts as fields; survives
pickling, because errors cross from the worker process; and says whether a retry makes sense.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

_CAUSE_LINES = 4
_LONGEST = 200  # characters of a value that is repeated


class KaraokifyError(Exception):
    """Something went wrong that an operator can act on."""

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False
    default_advice: ClassVar[str] = "See the log for what happened before."

    def __init__(
        self, problem: str, *, file: str | None = None, advice: str | None = None, **details: Any
    ) -> None:
        """Take the problem as one clause without a full stop, and facts for the reason file."""
        super().__init__(problem)
        self.problem = problem
        self.file = file
        self.advice = advice or self.default_advice
        self.details = details

    def __str__(self) -> str:
        where = f"{self.file}: " if self.file else ""
        return f"{where}{self.problem}. {self.advice}"

    @property
    def cause(self) -> list[str]:
        """The last lines of what a program or library below has said of it, if it did."""
        said = str(self.details.get("stderr") or self.details.get("reason") or "")
        return [line for line in said.splitlines() if line.strip()][-_CAUSE_LINES:]

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.problem, self.file, self.advice, self.details)

    def to_dict(self) -> dict[str, Any]:
        """Return what a reason file holds."""
        return {
            "code": self.code,
            "problem": self.problem,
            "file": self.file,
            "advice": self.advice,
            "retryable": self.retryable,
            "details": self.details,
        }


def _rebuild(
    cls: type[KaraokifyError], problem: str, file: str | None, advice: str, details: dict[str, Any]
) -> KaraokifyError:
    error = cls.__new__(cls)
    KaraokifyError.__init__(error, problem, file=file, advice=advice, **details)
    return error


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault of a configuration: the key path, what was given, what is wrong, what was meant."""

    key: str
    value: Any
    problem: str
    suggestion: str | None = None

    def __str__(self) -> str:
        hint = f" (did you mean {self.suggestion!r}?)" if self.suggestion else ""
        return f"{self.key}{self._given}: {self.problem}{hint}"

    @property
    def _given(self) -> str:
        """What was given, but for tables, which may be long, and what a url goes on with."""
        if isinstance(self.value, dict):
            return ""
        shown = str(self.value).lower() if isinstance(self.value, bool) else repr(self.value)
        head, marks, _ = shown.partition("://")  # a password may follow, wherever it was written
        shown = f"{head}{marks}***" if marks else shown
        return f" = {shown if len(shown) <= _LONGEST else shown[:_LONGEST] + '…'}"


class ConfigError(KaraokifyError):
    """The configuration has faults; `faults` holds all of them."""

    code = "config"
    default_advice = "Correct what is named above; config.example.toml documents every key."

    @classmethod
    def of(cls, faults: list[Fault], file: str | None = None) -> "ConfigError":
        """Build the error from every fault found."""
        return cls("; ".join(str(fault) for fault in faults), file=file, faults=faults)

    def __str__(self) -> str:
        if not self.faults:
            return super().__str__()
        lines = "".join(f"\n  {fault}" for fault in self.faults)
        return f"{self.file or 'configuration'}: {len(self.faults)} fault(s):{lines}\n{self.advice}"

    @property
    def faults(self) -> list[Fault]:
        """Every fault found."""
        return list(self.details.get("faults", []))

    def to_dict(self) -> dict[str, Any]:
        """Return what a reason file holds, the faults as text."""
        return super().to_dict() | {"details": {"faults": [str(fault) for fault in self.faults]}}


class IntakeError(KaraokifyError):
    """The inbox cannot be read or written, or is not the folder it was at the start."""

    code = "intake"
    retryable = True
    default_advice = "Check that the inbox is mounted and that the service's user may write to it."


class NotMediaError(KaraokifyError):
    """The file is not a recording that FFmpeg can read."""

    code = "not_media"
    default_advice = "Check that the file plays in a media player; copy or export it again."


class NoAudioError(KaraokifyError):
    """The recording has no sound to caption."""

    code = "no_audio"
    default_advice = "Export the recording with its audio track and drop it again."


class NoSpeechError(KaraokifyError):
    """No speech was found, and the configuration asks for a failure then."""

    code = "no_speech"
    default_advice = 'Check the audio track, or set transcribe.no_speech = "publish".'


class LlmError(KaraokifyError):
    """The language model could not be asked, or gave no answer that can be used."""

    code = "llm"
    retryable = True
    default_advice = (
        "Check the section [llm] of the configuration, its API key and the provider's status."
    )


class SidecarError(KaraokifyError):
    """A sidecar is malformed."""

    code = "bad_sidecar"
    default_advice = (
        "Correct or remove it; if the recording is in the failed folder, move both back."
    )


class LimitError(KaraokifyError):
    """The input goes beyond a configured limit."""

    code = "limit"
    default_advice = "Raise the limit in the [limits] section, or shorten the recording."


class FfmpegError(KaraokifyError):
    """FFmpeg ended with an error; the details hold its last lines."""

    code = "ffmpeg"
    default_advice = "The last lines of FFmpeg's log are in the details."


class FfmpegDiedError(FfmpegError):
    """FFmpeg was ended by a signal that was not ours."""

    code = "ffmpeg_died"
    retryable = True
    default_advice = (
        "It is tried once more. If the system has run out of memory (see `dmesg`), lower "
        "limits.jobs or video.size."
    )


class MachineError(KaraokifyError):
    """FFmpeg, or a file that the configuration names, is not there."""

    code = "machine"
    retryable = True  # it is the machine's trouble: the recording waits until that is mended
    default_advice = (
        "Install FFmpeg (`apt-get install ffmpeg`), or set limits.ffmpeg and limits.ffprobe to "
        "where it is."
    )


class DeadlineError(KaraokifyError):
    """A child process took longer than its deadline and was stopped."""

    code = "deadline"
    retryable = True
    default_advice = "The machine may be overloaded: retry, or raise the factor in [limits]."


class ModelError(KaraokifyError):
    """The speech model cannot be loaded."""

    code = "model"
    retryable = True  # it is the machine's trouble: the recording waits until that is mended
    default_advice = "Run `karaokify-daemon check` to see which models are at hand."


class OutOfMemoryError(KaraokifyError):
    """There was not enough memory, of the GPU or the machine, to recognise a recording."""

    code = "out_of_memory"
    retryable = True  # what else uses the memory may leave it
    default_advice = (
        'Free the GPU, use a smaller model, or set transcribe.device = "cpu"; long recordings need '
        "about 2 GB of memory per hour."
    )


class MemoryLimitError(KaraokifyError):
    """A child process took more memory than it may, and was stopped."""

    code = "memory_limit"
    retryable = True  # once, with one thread
    default_advice = (
        "Raise that limit, or lower video.size, or use a smaller model; it is tried once with less."
    )


class TranscribeError(KaraokifyError):
    """The engine failed on this recording, on every rung of its ladder."""

    code = "transcribe"
    default_advice = (
        "Report the recording if it plays well elsewhere; the reason is in the details."
    )


class WorkerDiedError(KaraokifyError):
    """The worker process ended while it worked on a file."""

    code = "worker_died"
    retryable = True
    default_advice = "It is started again; a file that ends it twice is set aside."


class WorkerStalledError(WorkerDiedError):
    """The worker made no progress for too long and was killed."""

    code = "worker_stalled"


class SourceChangedError(KaraokifyError):
    """The file changed or vanished while it was processed."""

    code = "source_changed"
    retryable = True
    default_advice = "It is processed again when it is complete."


class VerifyError(KaraokifyError):
    """The finished video is not what was asked for, so it was not published."""

    code = "verify"
    retryable = True
    default_advice = "The source stays where it is; the details say what differed."


class PublishError(KaraokifyError):
    """The bundle could not be written or published."""

    code = "publish"
    retryable = True
    default_advice = "Check free space and permissions of the outbox, then retry."


class JournalError(KaraokifyError):
    """The journal cannot be read or written."""

    code = "journal"
    retryable = True
    default_advice = "Check free space and permissions of the state folder; it is tried again."


class InterruptedTooOftenError(KaraokifyError):
    """The service was killed again and again while it worked on this recording."""

    code = "interrupted"
    default_advice = (
        "See the system's log for what ended the service (out of memory?), then move the recording "
        "back, or give it to `karaokify-daemon retry`."
    )


class CancelledError(KaraokifyError):
    """The service is stopping; the file stays in the inbox."""

    code = "cancelled"
    retryable = True
    default_advice = "It is taken up again at the next start."

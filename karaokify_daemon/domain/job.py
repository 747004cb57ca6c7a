"""A job: one media file with its sidecars, from claim to done or failed."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Stage(StrEnum):
    """The steps of a job, in order."""

    PROBE = "probe"  # what streams the file has
    DECODE = "decode"  # 16 kHz mono PCM and loudness
    TRANSCRIBE = "transcribe"  # words and their times
    HIGHLIGHT = "highlight"  # the best parts, a title, a summary
    CAPTION = "caption"  # lines, ASS, SRT, VTT
    RENDER = "render"  # the video, in one FFmpeg pass
    VERIFY = "verify"  # streams and duration of the video
    PUBLISH = "publish"  # the bundle into the outbox, the source into the archive


class JobState(StrEnum):
    """Where an input is; it is in exactly one of these at all times."""

    WAITING = "waiting"  # in the inbox, not complete or not yet its turn
    HELD = "held"  # in the inbox, until somebody releases it
    CLAIMED = "claimed"  # a process works on it
    DONE = "done"  # its bundle is in the outbox
    FAILED = "failed"  # it is in the failed folder, with a reason


TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.WAITING: frozenset({JobState.HELD, JobState.CLAIMED}),
    JobState.HELD: frozenset({JobState.WAITING}),
    # once more claimed: by the next process, when the one before it was killed
    JobState.CLAIMED: frozenset(
        {JobState.CLAIMED, JobState.WAITING, JobState.DONE, JobState.FAILED}
    ),
    # the very file lies in the inbox again: moved back by hand, or kept there and touched
    JobState.DONE: frozenset({JobState.WAITING}),
    JobState.FAILED: frozenset({JobState.WAITING}),
}


@dataclass(frozen=True, kw_only=True)
class Sidecars:
    """The files that belong to a media file by their stem."""

    background: Path | None = None  # a still or moving picture
    transcript: Path | None = None
    text: Path | None = None  # what is said, or sung, as somebody wrote it
    options: Path | None = None

    def paths(self) -> list[Path]:
        """Return those that are there."""
        paths = (self.background, self.transcript, self.text, self.options)
        return [path for path in paths if path is not None]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One media file with its sidecars; `preset` is the name of the inbox subfolder, if any."""

    id: str
    media: Path
    sidecars: Sidecars = field(default_factory=Sidecars)
    preset: str | None = None
    arrived: float | None = field(default=None, compare=False)  # in the inbox: Unix seconds

    def paths(self) -> list[Path]:
        """Return the media and its sidecars, the media last: it is the file that makes the job."""
        return [*self.sidecars.paths(), self.media]

"""The inbox: which recordings are complete, which wait and until when, and what is never taken."""

import difflib
import hashlib
import os
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from karaokify_daemon.adapters.intake.listing import Listing, Problem, list_folder
from karaokify_daemon.adapters.intake.settle import Clock, Settling, is_being_written, signature
from karaokify_daemon.config import Intake
from karaokify_daemon.domain.job import Job, Sidecars
from karaokify_daemon.domain.names import (
    is_media,
    is_sidecar,
    printable,
    sidecar_stem,
    sidecars_of,
)
from karaokify_daemon.errors import IntakeError

Facts = tuple[int, int, int, int]  # device, inode, size, modification time in nanoseconds

_UNKNOWN = "is another user's, so nobody tells whether it is still being written: waits longer"
_UNKNOWN_FACTOR = 10  # times settle_seconds


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A file that is not taken yet: why, and in how many seconds it may be, where that is known."""

    path: Path
    reason: str
    until_seconds: float | None = None
    job_id: str | None = None  # of a recording
    since: float | None = None  # Unix seconds: when it came


@dataclass(frozen=True, kw_only=True)
class Scan:
    """Everything in the inbox at one moment, but ignored names and recordings that are done."""

    ready: list[Job] = field(default_factory=list)  # complete, the longest there first
    waiting: list[Waiting] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def ids(self) -> set[str]:
        """The ids of all recordings that are not done."""
        waiting = {waiting.job_id for waiting in self.waiting if waiting.job_id}
        return waiting | {job.id for job in self.ready}


@dataclass(frozen=True)
class _Group:
    """The files of one stem."""

    media: list[Path] = field(default_factory=list)
    sidecars: list[Path] = field(default_factory=list)


class Inbox:
    """A folder that is scanned again and again, with a subfolder per preset."""

    def __init__(
        self,
        folder: Path,
        intake: Intake,
        presets: Collection[str],
        *,
        refused: Callable[[Mapping[Path, os.stat_result]], Mapping[Path, str]] = lambda _: {},
        is_done: Callable[[str], bool] = lambda _: False,
        clock: Clock = time.monotonic,
    ) -> None:
        """`refused` tells which of a folder's files are never taken, and why.

        `is_done` tells by its id which job's files stay in the inbox after success.
        """
        self._folder, self._refused = folder, refused
        self._ignore = intake.ignore
        self._presets = frozenset(presets)
        self._is_done = is_done
        self._settle_seconds = intake.settle_seconds
        self._settling = Settling(intake.settle_seconds, clock)
        self._paths: dict[Path, dict[str, Path]] = {}  # of each folder, as it was seen last

    def scan(self) -> Scan:
        """Look at everything. Raises IntakeError when the inbox cannot be read."""
        scan = Scan()
        top = self._list(self._folder, scan)
        arrivals = self._judge(top, None, scan)
        for folder in top.folders:
            if folder.name in self._presets:
                listing = self._list(folder, scan)
                arrivals += self._judge(listing, folder.name, scan)
                scan.problems.extend(_folder_problem(inner, ()) for inner in listing.folders)
            else:
                scan.problems.append(_folder_problem(folder, self._presets))
        self._settling.forget_unseen()
        scan.ready.extend(job for _, job in sorted(arrivals, key=lambda arrival: arrival[0]))
        return scan

    def _unreadable(self, error: OSError) -> IntakeError:
        return IntakeError(
            f"the inbox cannot be read ({error.strerror})", file=printable(str(self._folder))
        )

    def _list(self, folder: Path, scan: Scan) -> Listing:
        try:
            known = self._paths.get(folder, {})
            listing = list_folder(folder, self._ignore, self._presets, known)
            self._paths[folder] = {path.name: path for path in listing.files}
        except OSError as error:
            if folder == self._folder:
                raise self._unreadable(error) from error
            reason = f"the folder cannot be read ({error.strerror})"
            listing = Listing(problems=[Problem(path=folder, reason=reason)])
        for path, reason in self._refused(listing.files).items():
            del listing.files[path]
            listing.problems.append(Problem(path=path, reason=reason))
        scan.problems.extend(listing.problems)
        return listing

    def _judge(self, listing: Listing, preset: str | None, scan: Scan) -> list[tuple[int, Job]]:
        """Return the complete jobs of a folder, each with the time at which it arrived."""
        arrivals = []
        for stem, group in _groups(listing, scan).items():
            _note_idle_sidecars(stem, group, scan)
            for media in group.media:
                job = _job(media, listing.files[media], group, preset)
                if self._is_done(job.id):
                    continue
                if waiting := self._waiting(job, listing):
                    scan.waiting.append(waiting)
                else:
                    arrivals.append((listing.files[media].st_ctime_ns, job))
        return arrivals

    def _waiting(self, job: Job, listing: Listing) -> Waiting | None:
        waiting = partial(Waiting, path=job.media, job_id=job.id, since=job.arrived)
        signatures = tuple(signature(listing.files[path]) for path in job.paths())
        remaining = self._settling.remaining(job.media, signatures)
        if remaining > 0:
            return waiting(reason="waits until it no longer changes", until_seconds=remaining)
        writing = is_being_written(job.paths())
        if writing:
            return waiting(reason="is still being written")
        if writing is None:
            long = self._settle_seconds * _UNKNOWN_FACTOR
            remaining = self._settling.remaining(job.media, signatures, at_least=long)
            if remaining > 0:
                return waiting(reason=_UNKNOWN, until_seconds=remaining)
        return None


def is_still(job: Job, opened: Facts | None = None) -> bool:
    """Tell whether a job's recording, as it lies there or was opened, is the one that was found."""
    if opened is None:
        try:
            opened = _facts(job.media.lstat())
        except OSError:
            return False
    return job.id in (_id(opened), _id(opened, job.media))


def _groups(listing: Listing, scan: Scan) -> dict[str, _Group]:
    """Return the recordings and sidecars by stem: looking for each one's own would be quadratic."""
    groups: defaultdict[str, _Group] = defaultdict(_Group)
    for path in listing.files:
        if is_media(path):
            groups[path.stem].media.append(path)
        elif is_sidecar(path):
            groups[sidecar_stem(path)].sidecars.append(path)
        else:
            reason = "is not a type of file that is taken; docs/folders.md lists those that are"
            scan.problems.append(Problem(path=path, reason=reason))
    return groups


def _note_idle_sidecars(stem: str, group: _Group, scan: Scan) -> None:
    if not group.media:
        reason = f"waits for its recording, such as {printable(stem)}.mp3"
        scan.waiting.extend(Waiting(path=path, reason=reason) for path in group.sidecars)
    elif len(group.sidecars) > 1:
        used = sidecars_of(group.media[0], group.sidecars).paths()
        reason = "is not used: another file of that name takes its place"
        idle = (path for path in group.sidecars if path not in used)
        scan.problems.extend(Problem(path=path, reason=reason) for path in idle)


def _job(media: Path, info: os.stat_result, group: _Group, preset: str | None) -> Job:
    sidecars = sidecars_of(media, group.sidecars) if group.sidecars else Sidecars()
    return Job(
        id=_job_id(media, info),
        media=media,
        sidecars=sidecars,
        preset=preset,
        arrived=info.st_ctime,
    )


def _job_id(media: Path, info: os.stat_result) -> str:
    """Return twelve hexadecimal digits, the same for as long as the file is, also after a move."""
    # a hard link: two names in the inbox are two jobs
    return _id(_facts(info), media if info.st_nlink > 1 else None)


def _id(facts: Facts, media: Path | None = None) -> str:
    text = ":".join(map(str, facts)).encode()
    return hashlib.sha256(text + os.fsencode(media or "")).hexdigest()[:12]


def _facts(info: os.stat_result) -> Facts:
    return info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns


def _folder_problem(folder: Path, presets: Collection[str]) -> Problem:
    close = difflib.get_close_matches(folder.name, presets, 1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    reason = f"the folder has no preset of its name, so it is not read{hint}"
    return Problem(path=folder, reason=reason)

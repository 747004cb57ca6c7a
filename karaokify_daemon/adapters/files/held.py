"""A job's files, opened once: what is hashed is what is rendered, whatever becomes of the names."""

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path

from karaokify_daemon.adapters.files.durable import reported
from karaokify_daemon.adapters.files.identity import Identities, of_stat
from karaokify_daemon.adapters.files.links import linked_elsewhere
from karaokify_daemon.domain.job import Job, Sidecars
from karaokify_daemon.domain.names import printable
from karaokify_daemon.errors import CancelledError, IntakeError, SourceChangedError

# A link is not followed, a pipe that somebody has put in the place of a file is not waited for.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

_CHUNK = 1 << 20


class Held:
    """The open files of a job, each known by its path in the inbox."""

    def __init__(self, job: Job, descriptors: dict[Path, int], *, follow: bool) -> None:
        self.job = job
        self._descriptors, self._follow = descriptors, follow
        self.identities: Identities = {
            path: of_stat(os.fstat(fd)) for path, fd in descriptors.items()
        }

    def size(self, path: Path) -> int:
        """Return a file's size in bytes, as it was opened."""
        return self.identities[path][2]

    def sha256(self, path: Path, cancelled: Callable[[], bool] = lambda: False) -> str:
        """Return the hexadecimal SHA-256 of a file's bytes. Raises IntakeError, CancelledError."""
        digest = hashlib.sha256()
        with reported("cannot be read", path, IntakeError):
            anew = Path(f"/proc/self/fd/{self._descriptors[path]}")  # from its start
            with anew.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    if cancelled():
                        raise CancelledError("was stopped", file=printable(path.name))
                    digest.update(chunk)
        return digest.hexdigest()

    def linked(self, folder: Path) -> Job:
        """Return the job with its files by other paths: links, in our folder, to the open ones.

        They keep their names, and can be opened by child processes for as long as this is held.
        Raises PublishError.
        """
        links = {}
        for path, fd in self._descriptors.items():
            links[path] = folder / path.name
            with reported("links cannot be made in the cache", folder):
                links[path].symlink_to(f"/proc/{os.getpid()}/fd/{fd}")
        sidecars = self.job.sidecars
        return replace(
            self.job,
            media=links[self.job.media],
            sidecars=Sidecars(
                background=sidecars.background and links[sidecars.background],
                transcript=sidecars.transcript and links[sidecars.transcript],
                text=sidecars.text and links[sidecars.text],
                options=sidecars.options and links[sidecars.options],
            ),
        )

    def check(self) -> None:
        """Raise SourceChangedError where a name means another file by now, or it was written to."""
        for path, fd in self._descriptors.items():
            with contextlib.suppress(OSError):
                before = self.identities[path]
                now = path.stat(follow_symlinks=self._follow)
                if of_stat(now) == before == of_stat(os.fstat(fd)):
                    continue
            raise SourceChangedError("changed while it was processed", file=printable(path.name))


@contextlib.contextmanager
def hold(job: Job, *, own: Collection[Path] = (), follow: bool = False) -> Iterator[Held]:
    """Open a job's files; with `follow` also through links of any kind, a user's own then.

    `own` are folders in which a file may have other names: those that it is moved to. Raises
    SourceChangedError where one is gone, no file any more or linked, IntakeError where one cannot
    be opened.
    """
    with contextlib.ExitStack() as stack:
        descriptors = {}
        for path in job.paths():
            descriptors[path] = _opened(path, _FLAGS & ~os.O_NOFOLLOW if follow else _FLAGS)
            stack.callback(os.close, descriptors[path])
        if not follow:
            _refuse_linked(descriptors, own)
        yield Held(job, descriptors, follow=follow)


def _refuse_linked(descriptors: dict[Path, int], own: Collection[Path]) -> None:
    """Look at what was opened: a scan has seen what lay there before."""
    opened = {path: os.fstat(fd) for path, fd in descriptors.items()}
    for path, reason in linked_elsewhere(opened, own).items():
        raise SourceChangedError(reason, file=printable(path.name))


def _opened(path: Path, flags: int) -> int:
    with reported("cannot be opened", path, IntakeError):
        try:
            fd = os.open(path, flags)
        except FileNotFoundError as error:
            raise SourceChangedError("vanished", file=printable(path.name)) from error
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.ENXIO):
                raise
            raise SourceChangedError("is no longer a file", file=printable(path.name)) from error
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise SourceChangedError("is no longer a file", file=printable(path.name))
    return fd

"""Whether files are complete: unchanged for a while, and no process has them open for writing."""

import contextlib
import errno
import fcntl
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from karaokify_daemon.domain.job import Job
from karaokify_daemon.domain.names import printable
from karaokify_daemon.errors import SourceChangedError

Signature = tuple[int, int, int, int, int]  # what a write, a replacement or a touch changes

Clock = Callable[[], float]


def signature(info: os.stat_result) -> Signature:
    """Return device, inode, size, modification and change time of a file."""
    return info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns


class Settling:
    """Remembers since when files are as they are, on a clock that nobody sets."""

    def __init__(self, seconds: float, clock: Clock = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._since: dict[Path, tuple[float, tuple[Signature, ...]]] = {}
        self._seen: set[Path] = set()

    def remaining(
        self, path: Path, signatures: tuple[Signature, ...], *, at_least: float = 0.0
    ) -> float:
        """Return the seconds until a recording, with its sidecars, has not changed for long enough.

        0.0 when it has. A file seen for the first time counts as just changed. `at_least` are the
        seconds that count as long enough where the configuration asks for fewer.
        """
        now = self._clock()
        self._seen.add(path)
        since, known = self._since.get(path, (now, None))
        if known != signatures:
            since = now
            self._since[path] = (now, signatures)
        return max(0.0, since + max(self._seconds, at_least) - now)

    def forget_unseen(self) -> None:
        """Forget files that were not asked about since the last call."""
        self._since = {p: state for p, state in self._since.items() if p in self._seen}
        self._seen = set()


def is_being_written(paths: Iterable[Path]) -> bool | None:
    """Tell whether a process on this machine has one of the files open for writing.

    None where that is only told to the file's owner, or to one who has CAP_LEASE; False where the
    file system does not let anybody know.
    """
    answers = [_has_writer(path) for path in paths]
    if any(answers):
        return True
    return None if None in answers else False


def refuse_written(job: Job) -> None:
    """Raise SourceChangedError where one of a job's files is open for writing again."""
    if is_being_written(job.paths()):
        raise SourceChangedError("is being written to", file=printable(job.media.name))


def _has_writer(path: Path) -> bool | None:
    """Ask for a read lease, which the kernel refuses while there is a writer (fcntl(2))."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        # One who opens the file for writing in the moment we hold the lease has us sent a signal:
        # SIGIO would end the process, SIGURG is ignored unless someone asks for it.
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return None if error.errno in (errno.EACCES, errno.EPERM) else error.errno == errno.EAGAIN
    else:
        with contextlib.suppress(OSError):
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return False
    finally:
        os.close(fd)

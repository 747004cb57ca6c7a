"""Writing that survives a power cut, and a disk's errors in words."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from karaokify_daemon.domain.names import printable
from karaokify_daemon.domain.storage import ADVICE
from karaokify_daemon.errors import KaraokifyError, PublishError

_NO_FSYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}  # network file systems


@contextlib.contextmanager
def reported(problem: str, file: Path, kind: type[KaraokifyError] = PublishError) -> Iterator[None]:
    """Turn an OSError into a `kind` that says what could not be done, why, and what helps."""
    try:
        yield
    except OSError as error:
        code = error.errno or 0
        raise kind(
            f"{problem} ({error.strerror or error})",
            file=printable(file.name),
            advice=ADVICE.get(code),
            errno=errno.errorcode.get(code, ""),
        ) from error


def fsync_file(path: Path) -> None:
    """Wait until a file's content is on the disk, where its file system can tell."""
    _fsync(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)


def fsync_folder(path: Path) -> None:
    """Wait until a folder's entries are on the disk, where its file system can tell."""
    _fsync(path, os.O_RDONLY | os.O_DIRECTORY)


def _fsync(path: Path, flags: int) -> None:
    fd = os.open(path, flags)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in _NO_FSYNC:
            raise
    finally:
        os.close(fd)


def write(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write a whole file or none, in place of one of that name; a `private` one is ours only."""
    fd, name = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            os.fchmod(fd, 0o600 if private else 0o666 & ~umask())
            file.flush()
            os.fsync(fd)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    fsync_folder(path.parent)


def umask() -> int:
    """Return the process's umask without setting it, which other threads would notice."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.split("\nUmask:", 1)[1].split(None, 1)[0], 8)
    except (OSError, IndexError, ValueError):
        return 0o022

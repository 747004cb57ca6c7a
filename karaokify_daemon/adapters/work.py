"""Private working folders in the cache: one that a job finds again, or one for a moment."""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from karaokify_daemon.domain.names import printable
from karaokify_daemon.errors import PublishError

_FOLDER = "work"
_JOB = "job-"
_TRIES = 100  # on a busy machine a sweep may come in between many times


@contextlib.contextmanager
def work_folder(cache: Path) -> Iterator[Path]:
    """Yield an empty folder (mode 0700) that is removed afterwards. Raises PublishError."""
    with contextlib.ExitStack() as stack:
        with _reported(cache):
            folder = _made_and_held(stack, lambda: _for_a_moment(cache))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield folder


@contextlib.contextmanager
def job_folder(cache: Path, key: str) -> Iterator[Path]:
    """Yield the folder of a job (mode 0700), with what it left there before it was stopped.

    It stays, until `discard` or a sweep. Raises PublishError.
    """
    with contextlib.ExitStack() as stack:
        with _reported(cache):
            folder = _made_and_held(stack, lambda: _for_job(cache, key))
        yield folder


def discard(cache: Path, key: str) -> None:
    """Remove the folder of a job that is over, unless another job of the same content uses it."""
    _remove_unused(_of_job(cache, key))


def sweep(cache: Path, keep: Collection[str] = (), *, since: float = 0.0) -> int:
    """Remove folders that no process of this host uses; return how many.

    `keep` are the keys of jobs that go on; their folders stay where something was written there
    `since` a time (seconds since 1970). A job whose folder is gone begins anew.
    """
    kept = {_of_job(cache, key) for key in keep}
    removed = 0
    for folder in (cache / _FOLDER).glob(f"{_host()}-*"):
        rest = folder.name.removeprefix(f"{_host()}-").removeprefix(_JOB)
        is_ours = "-" not in rest  # else a host's whose name begins with ours
        if is_ours and (folder not in kept or _written(folder) < since):
            removed += _remove_unused(folder)
    return removed


def usage(cache: Path) -> int:
    """Return the bytes that all working folders hold; what vanishes meanwhile does not count."""
    return sum(_size(path) for path in (cache / _FOLDER).rglob("*"))


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.lstat().st_size
    return 0


def _written(folder: Path) -> float:
    """Return when something was last written in a folder, or now where that cannot be told."""
    try:
        return max(path.lstat().st_mtime for path in (folder, *folder.iterdir()))
    except OSError:
        return time.time()


def _remove_unused(folder: Path) -> bool:
    """Remove a folder that no process uses; tell whether that was so."""
    with contextlib.suppress(OSError), _opened(folder) as fd:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
        return True
    return False


def _made_and_held(stack: contextlib.ExitStack, make: Callable[[], Path]) -> Path:
    """Make a folder and hold it; once more where a sweep of another service came in between."""
    for left in reversed(range(_TRIES)):
        try:
            folder = make()
            stack.enter_context(_in_use(folder))
        except (FileNotFoundError, FileExistsError):  # the latter: gone again when looked at
            if not left:
                raise
        else:
            break
    return folder


def _for_a_moment(cache: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix=f"{_host()}-", dir=_base(cache)))


def _for_job(cache: Path, key: str) -> Path:
    _base(cache)
    folder = _of_job(cache, key)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _base(cache: Path) -> Path:
    base = cache / _FOLDER
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    return base


def _of_job(cache: Path, key: str) -> Path:
    return cache / _FOLDER / f"{_host()}-{_JOB}{key}"


def _host() -> str:
    return os.uname().nodename  # a cache may be shared: a host can tell for its processes only


@contextlib.contextmanager
def _in_use(folder: Path) -> Iterator[None]:
    """Hold a lock on a folder, which ends with the process. Raises OSError if it was swept."""
    with _opened(folder) as fd:
        with contextlib.suppress(OSError):  # a file system without flock: then no sweep gets it
            fcntl.flock(fd, fcntl.LOCK_SH)
        folder.stat()
        yield


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield fd
    finally:
        os.close(fd)


@contextlib.contextmanager
def _reported(cache: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PublishError(
            f"a working folder cannot be made there ({error.strerror})",
            file=printable(str(cache / _FOLDER)),
            advice="Check free space and permissions of the cache, then retry.",
        ) from error

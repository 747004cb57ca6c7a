"""The outbox: a bundle is built hidden, made durable, and appears whole by one rename."""

import contextlib
import errno
import json
import os
import re
import secrets
import shutil
import stat
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import SoftFileLock

from karaokify_daemon.adapters.files import locks
from karaokify_daemon.adapters.files.durable import fsync_file, fsync_folder, reported, umask
from karaokify_daemon.domain.names import numbered
from karaokify_daemon.errors import PublishError

_PREFIX, _LOCK = ".building-", ".lock"
_MANIFEST = "manifest.json"
_LARGEST_MANIFEST = 16 * 1024 * 1024
_TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR}


class Bundle:
    """A bundle while it is built; leaving it as a context without a commit discards it."""

    def __init__(self, path: Path, stem: str, lock: SoftFileLock) -> None:
        self.path = path
        self.stem = stem
        self._outbox = path.parent
        self._lock = lock

    @classmethod
    def begin(cls, outbox: Path, stem: str) -> Self:
        """Create the hidden folder of a bundle, private while it is built. Raises PublishError."""
        path = outbox / f"{_PREFIX}{secrets.token_hex(8)}"
        with reported("the bundle cannot be begun in the outbox", outbox):
            outbox.stat()  # filelock would create it, perhaps on an empty mount point
            lock = locks.try_lock(_lock_path(path))  # before the folder: a sweep needs an owner
            assert lock is not None, "a random name is nobody else's"
            try:
                path.mkdir(mode=0o700)
            except OSError:
                lock.release(force=True)
                raise
        return cls(path, stem, lock)

    def file(self, ending: str) -> Path:
        """Return where the file STEM + ending is built, such as `.mp4`; a commit may number it."""
        return self.path / f"{self.stem}{ending}"

    def commit(self) -> Path:
        """Make the bundle durable and visible as STEM, or STEM-2 and so on; return its folder.

        Files named after the stem get its number too. Raises PublishError; then nothing is
        visible and the commit may be tried again.
        """
        with reported("the bundle cannot be published", self.path / self.stem):
            _make_durable(self.path)
            wanted, n = self.stem, 1
            while not self._appear(numbered(wanted, n)):
                n += 1
            fsync_folder(self._outbox)
        self._lock.release(force=True)
        return self.path

    def discard(self) -> None:
        """Remove what was built, unless it is published."""
        if self.path.name.startswith(_PREFIX):
            shutil.rmtree(self.path, ignore_errors=True)
        self._lock.release(force=True)

    def _appear(self, stem: str) -> bool:
        final = self._outbox / stem
        if os.path.lexists(final):
            return False
        self._rename_files(stem)
        try:
            self.path.rename(final)  # onto a folder that is not empty it fails: never overwrites
        except OSError as error:
            if error.errno in _TAKEN:
                return False
            raise
        self.path = final
        return True

    def _rename_files(self, stem: str) -> None:
        if stem == self.stem:
            return
        for path in list(self.path.iterdir()):
            if path.name.startswith(f"{self.stem}."):
                path.rename(self.path / (stem + path.name[len(self.stem) :]))
        self.stem = stem
        fsync_folder(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.discard()


def find(outbox: Path, stem: str, identity: str) -> Path | None:
    """Return the bundle of this stem, numbered or not, whose manifest has this identity.

    None where there is no outbox yet. Raises PublishError when it cannot be read.
    """
    if not outbox.exists():
        return None
    name = re.compile(re.escape(stem) + r"(-[0-9]+)?", re.DOTALL)
    with reported("the outbox cannot be read", outbox), os.scandir(outbox) as entries:
        paths = sorted(Path(e.path) for e in entries if name.fullmatch(e.name))
    return next((p for p in paths if _manifest(p).get("identity") == identity), None)


def sweep(outbox: Path) -> int:
    """Remove what dead processes of this host left half-built; return how many folders.

    Raises PublishError when the outbox cannot be read.
    """
    removed = 0
    with reported("the outbox cannot be swept", outbox):
        left = [path.name for path in outbox.iterdir() if path.name.startswith(_PREFIX)]
        for path in {outbox / name.removesuffix(_LOCK) for name in left}:
            lock = locks.try_lock(_lock_path(path))
            if lock is None:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
                removed += 1
            else:
                path.unlink(missing_ok=True)
            lock.release(force=True)
    return removed


def _lock_path(path: Path) -> Path:
    return path.with_name(path.name + _LOCK)


def _manifest(bundle: Path) -> dict[str, Any]:
    path = bundle / _MANIFEST
    with contextlib.suppress(OSError, ValueError, RecursionError):
        info = path.lstat()
        if stat.S_ISREG(info.st_mode) and info.st_size <= _LARGEST_MANIFEST:
            content = json.loads(path.read_bytes())
            return content if isinstance(content, dict) else {}
    return {}


def _make_durable(folder: Path) -> None:
    """Open the folder to others as the umask says, and wait until all of it is on the disk."""
    mask = umask()
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root, name)
            if not stat.S_ISREG(path.lstat().st_mode):
                raise PublishError(f"{name} in the bundle is not a regular file")
            path.chmod(0o666 & ~mask)
            fsync_file(path)
        inherited = Path(root).stat().st_mode & stat.S_ISGID
        Path(root).chmod(0o777 & ~mask | inherited)
        fsync_folder(Path(root))

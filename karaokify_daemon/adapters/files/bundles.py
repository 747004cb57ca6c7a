"""Bundles as somebody looks at them: by their names, never through a link, and only what they hold.

Whoever may write to the outbox may have put anything there.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_MANIFEST = "manifest.json"
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe of that name is not waited for


@dataclass(frozen=True, kw_only=True)
class Found:
    """A bundle: its folder's name, and its manifest's inode, size and last change (Unix ns)."""

    name: str
    inode: int
    size: int
    changed_ns: int


def found(outbox: Path) -> list[Found]:
    """Return all bundles, the newest first. Raises OSError."""
    with os.scandir(outbox) as entries:
        names = [e.name for e in entries if is_name(e.name) and e.is_dir(follow_symlinks=False)]
    bundles = []
    for name in names:
        with suppress(OSError):  # it is no bundle, or is taken away meanwhile
            info = (outbox / name / _MANIFEST).lstat()
            if stat.S_ISREG(info.st_mode):
                bundles.append(
                    Found(
                        name=name,
                        inode=info.st_ino,
                        size=info.st_size,
                        changed_ns=info.st_mtime_ns,
                    )
                )
    return sorted(bundles, key=lambda one: (-one.changed_ns, one.name))


def files(outbox: Path, bundle: str) -> dict[str, int]:
    """Return the size of each file of a bundle, by its name. Raises OSError."""
    with _folder(outbox, bundle) as folder, os.scandir(folder) as entries:
        return {
            entry.name: entry.stat(follow_symlinks=False).st_size
            for entry in sorted(entries, key=lambda one: one.name)
            if is_name(entry.name) and entry.is_file(follow_symlinks=False)
        }


def opened(outbox: Path, bundle: str, name: str) -> int:
    """Return a descriptor of a file of a bundle, which the caller closes. Raises OSError."""
    if not is_name(name):
        raise FileNotFoundError(name)
    with _folder(outbox, bundle) as folder:
        fd = os.open(name, _OPEN, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise FileNotFoundError(name)
    return fd


def read(outbox: Path, bundle: str, name: str, most: int) -> bytes:
    """Return what a file of a bundle holds, at most so many bytes. Raises OSError."""
    with os.fdopen(opened(outbox, bundle, name), "rb") as file:
        return file.read(most)


def is_name(name: str) -> bool:
    """Tell whether something by this name is shown: nothing hidden, and no path.

    >>> is_name("talk.mp4"), is_name(".."), is_name("a/b"), is_name(".building-1")
    (True, False, False, False)
    """
    if not name or name.startswith(".") or "/" in name or "\0" in name:
        return False
    with suppress(UnicodeEncodeError):
        return bool(name.encode())
    return False  # it has no address


@contextmanager
def _folder(outbox: Path, bundle: str) -> Iterator[int]:
    """Open the folder of a bundle, so that what is opened in it is in it."""
    if not is_name(bundle):
        raise FileNotFoundError(bundle)
    folder = os.open(outbox / bundle, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if not stat.S_ISREG(os.stat(_MANIFEST, dir_fd=folder, follow_symlinks=False).st_mode):
            raise FileNotFoundError(_MANIFEST)
        yield folder
    finally:
        os.close(folder)

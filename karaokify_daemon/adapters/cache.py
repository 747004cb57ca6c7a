"""What models have made, on disk: by what they were given, by which model, with which options."""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NEW = ".new-"
_HEX = re.compile(r"[0-9a-f]{64}")
_SCHEMA = 1  # part of every key: entries of an older schema are no longer found


class JsonCache:
    """A folder of JSON files (mode 0600, the folder 0700), each with the SHA-256 of its content."""

    def __init__(
        self, folder: Path, *, on_corrupt: Callable[[Path, str], None] | None = None
    ) -> None:
        """Use a folder, made when the first entry is put; `on_corrupt` hears of dropped entries."""
        self._folder = folder
        self._on_corrupt = on_corrupt

    @staticmethod
    def key(*, content: str, model: str, options: Mapping[str, Any]) -> str:
        """Return the key of what a model makes of some content: 64 hexadecimal digits."""
        return _digest([_SCHEMA, content, model, dict(options)])

    def get(self, key: str) -> dict[str, Any] | None:
        """Return an entry; None when there is none, or it was corrupt and has been removed."""
        path = self._path(key)
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._drop(path, f"cannot be read ({error.strerror})")
            return None
        data = _verified(raw)
        if data is None:
            self._drop(path, "is damaged: it does not match its checksum")
        else:
            with contextlib.suppress(OSError):  # then it only looks older than it is
                os.utime(path)
        return data

    def put(self, key: str, data: dict[str, Any]) -> None:
        """Store an entry whole or not at all, replacing one with the same key.

        Raises OSError (a full disk, no permission) and TypeError or ValueError for data that is
        not JSON.
        """
        path = self._path(key)
        as_read = json.loads(json.dumps(data, allow_nan=False))  # what a reader will hash
        raw = json.dumps({"sha256": _digest(as_read), "data": as_read}).encode()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(PermissionError):  # somebody else's folder: files stay private
            self._folder.chmod(0o700)
        handle, name = tempfile.mkstemp(prefix=_NEW, dir=self._folder)  # mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                _lock(handle)  # it is not swept while we live
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
        _sync(self._folder)

    def remove(self, key: str) -> None:
        """Remove an entry that is needed no more; where that cannot be, it grows old."""
        with contextlib.suppress(OSError):
            self._path(key).unlink()

    def touch(self, key: str) -> None:
        """Have an entry count as used now, if there is one."""
        with contextlib.suppress(OSError):
            os.utime(self._path(key))

    def _path(self, key: str) -> Path:
        # A key of the caller's own making may hold anything: it never becomes a path.
        name = key if _HEX.fullmatch(key) else _digest([key])
        return self._folder / f"{name}.json"

    def _drop(self, path: Path, reason: str) -> None:
        with contextlib.suppress(OSError):
            path.unlink()
        if self._on_corrupt is not None:
            self._on_corrupt(path, reason)


@dataclass(frozen=True, kw_only=True)
class Swept:
    """What a sweep has removed, and what is left: numbers of entries and their bytes."""

    removed: int = 0
    freed: int = 0
    entries: int = 0
    size: int = 0


def sweep(folders: Iterable[Path], *, most: int, seconds: float, now: float) -> Swept:
    """Remove entries until no more than `most` bytes are left, those not used for longest first.

    So go those that were not used for `seconds` before `now` (since 1970), and files that dead
    processes were writing. 0: no limit. An entry is read at once: none is ever in use.
    """
    found = sorted(_entries(folders))
    left = sum(size for _, size, _ in found)
    removed = freed = 0
    for used, size, path in found:
        if not ((most and left > most) or (seconds and used < now - seconds)):
            continue
        with contextlib.suppress(OSError):  # somebody else's: the next one may go
            path.unlink()
            removed, freed, left = removed + 1, freed + size, left - size
    return Swept(removed=removed, freed=freed, entries=len(found) - removed, size=left)


def _entries(folders: Iterable[Path]) -> Iterator[tuple[float, int, Path]]:
    """Yield when each entry was used last, its bytes, and its path; drop what was never finished.

    What is there already is all that is looked at: how long that takes has a bound.
    """
    for folder in folders:
        with contextlib.suppress(OSError):  # not there yet
            for path in list(folder.iterdir()):
                if path.name.startswith(_NEW):
                    _drop_orphan(path)
                elif path.suffix == ".json":
                    with contextlib.suppress(OSError):
                        stat = path.stat()
                        yield stat.st_mtime, stat.st_size, path


def _drop_orphan(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()


def _lock(handle: int) -> None:
    with contextlib.suppress(OSError):  # a file system without flock: then no sweep gets it
        fcntl.flock(handle, fcntl.LOCK_EX)


def _verified(raw: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(raw)
        data, wanted = entry["data"], entry["sha256"]
        intact = isinstance(data, dict) and _digest(data) == wanted
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return data if intact else None


def _digest(data: Any) -> str:
    """Return the SHA-256 of JSON data; ASCII, so that a lone surrogate in a text is no obstacle."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

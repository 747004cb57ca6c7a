"""The outbox: a bundle is built hidden, made durable, and appears whole by one rename."""

import contextlib
import errno
import json
import os
import shutil
import stat
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from filelock import SoftFileLock

from karaokify_daemon.adapters.files import locks
from karaokify_daemon.adapters.files.durable import fsync_file, fsync_folder, reported, umask
from karaokify_daemon.domain.names import numbered
from karaokify_daemon.domain.summary import link
from karaokify_daemon.errors import PublishError

_PREFIX, _LOCK = ".building-", ".lock"
_DIGITS = 32  # of the identity, which has 64
_MANIFEST = "manifest.json"
_SONG, _SUMMARY = ".ultrastar.txt", "summary.md"
_LARGEST_MANIFEST = 16 * 1024 * 1024
_TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR}


class _Published(NamedTuple):
    """A bundle: its manifest's inode, last change and size, and what that says."""

    facts: tuple[int, int, int]
    identity: str
    job_id: str


# Those of each outbox, by name, as they were seen last: they do not change, so each is read once.
_seen: dict[Path, dict[str, _Published]] = {}


class Bundle:
    """A bundle while it is built, by one process at a time for the same content and options.

    Leaving it as a context without a commit discards it, unless `keep` says that it is whole.
    """

    def __init__(self, path: Path, stem: str, lock: SoftFileLock) -> None:
        self.path = path
        self.stem = stem
        self.keep = False
        self._outbox = path.parent
        self._lock = lock

    @classmethod
    def begin(cls, outbox: Path, stem: str, identity: str) -> Self | None:
        """Reserve the hidden folder of a bundle; None while another process holds it.

        `identity` is the name of its content and options. Raises PublishError.
        """
        path = outbox / hidden_name(identity)
        with reported("the bundle cannot be begun in the outbox", outbox):
            outbox.stat()  # filelock would create it, perhaps on an empty mount point
            with locks.guard(outbox):
                lock = locks.try_lock(_lock_path(path))
        return None if lock is None else cls(path, stem, lock)

    def empty(self) -> None:
        """Make the folder, private while it is built, empty of what a killed process left."""
        with reported("the bundle cannot be begun in the outbox", self._outbox):
            if self.path.is_symlink():
                self.path.unlink()
            if self.path.exists():
                shutil.rmtree(self.path)
            self.path.mkdir(mode=0o700)

    def files(self) -> dict[str, int]:
        """Return the size of each file but the manifest, by its name; {} without a folder."""
        with contextlib.suppress(FileNotFoundError), os.scandir(self.path) as entries:
            sizes = {e.name: e.stat(follow_symlinks=False).st_size for e in entries}
            return {name: size for name, size in sizes.items() if name != _MANIFEST}
        return {}

    def flush(self) -> None:
        """Wait until all that was built is on the disk. Raises PublishError."""
        with reported("the bundle cannot be written", self.path / self.stem):
            for path in self.path.iterdir():
                fsync_file(path)
            fsync_folder(self.path)

    def file(self, ending: str) -> Path:
        """Return where the file STEM + ending is built, such as `.mp4`; a commit may number it."""
        return self.path / f"{self.stem}{ending}"

    def commit(self, mode: int | None = None) -> Path:
        """Make the bundle durable and visible as STEM, or STEM-2 and so on; return its folder.

        Files named after the stem get its number too. `mode` has the permission bits of its files,
        and of its folder with those that let it be entered; None leaves both to the umask. Raises
        PublishError; then nothing is visible and the commit may be tried again.
        """
        with reported("the bundle cannot be published", self.path / self.stem):
            _remove_hidden(self.path)
            _make_durable(self.path, 0o666 & ~umask() if mode is None else mode)
            wanted, n = self.stem, 1
            while not self._appear(numbered(wanted, n)):
                n += 1
            fsync_folder(self._outbox)
        locks.release(self._lock)
        return self.path

    def discard(self) -> None:
        """Remove what was built, unless it is published or whole."""
        if self.path.name.startswith(_PREFIX) and not self.keep:
            shutil.rmtree(self.path, ignore_errors=True)
        locks.release(self._lock)

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
        _refer(self.path, self.stem, stem)
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


def _refer(folder: Path, old: str, new: str) -> None:
    """Let the files that name the video, where there are any, name it by its new stem."""
    video, renamed = f"{old}.mp4", f"{new}.mp4"
    _rewrite(folder / f"{new}{_SONG}", lambda text: _sung(video, renamed, text))
    _rewrite(folder / _SUMMARY, lambda text: link(video, renamed, text))


def _sung(old: str, new: str, text: str) -> str:
    """Return the file of a singing game, for a video of another name."""
    for key in ("MP3", "VIDEO"):
        text = text.replace(f"#{key}:{old}\n", f"#{key}:{new}\n", 1)
    return text


def _rewrite(path: Path, changed: Callable[[str], str]) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.write_text(changed(path.read_text(encoding="utf-8")), encoding="utf-8")
        fsync_file(path)


def hidden_name(identity: str) -> str:
    """Return the name of the folder in which a bundle is built."""
    return f"{_PREFIX}{identity[:_DIGITS]}"


def find(outbox: Path, identity: str) -> Path | None:
    """Return the bundle whose manifest has this identity, whatever it is called.

    None where there is no outbox yet. Raises PublishError when it cannot be read.
    """
    names = (name for name, one in _bundles(outbox).items() if one.identity == identity)
    return next((outbox / name for name in sorted(names)), None)


def published(outbox: Path) -> Iterator[tuple[Path, tuple[str, str]]]:
    """Yield every bundle, by name, with the identity and the job id in its manifest.

    Nothing where there is no outbox yet. Raises PublishError when it cannot be read.
    """
    for name, one in sorted(_bundles(outbox).items()):
        yield outbox / name, (one.identity, one.job_id)


def sweep(outbox: Path, keep: Collection[str] = ()) -> int:
    """Remove what dead processes of this host left half-built; return how many folders.

    `keep` are identities of bundles that are whole. Raises PublishError when the outbox cannot be
    read.
    """
    removed, kept = 0, {hidden_name(identity) for identity in keep}
    with reported("the outbox cannot be swept", outbox):
        left = [path.name for path in outbox.iterdir() if path.name.startswith(_PREFIX)]
        for name in {name.removesuffix(_LOCK) for name in left}:
            with locks.guard(outbox):
                lock = locks.try_lock(_lock_path(outbox / name))
            if lock is not None:
                removed += name not in kept and _clear(outbox / name)
                locks.release(lock)
    return removed


def drop(outbox: Path, identity: str) -> None:
    """Remove a bundle that is not published, unless somebody is building it."""
    bundle = Bundle.begin(outbox, "", identity)
    if bundle is not None:
        bundle.discard()


def _clear(path: Path) -> bool:
    """Remove a half-built bundle; tell whether it was a folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
        return True
    path.unlink(missing_ok=True)
    return False


def _remove_hidden(folder: Path) -> None:
    """Remove working files that could not be removed earlier: none is published."""
    for path in folder.glob(".*"):
        _clear(path)


def _lock_path(path: Path) -> Path:
    return path.with_name(path.name + _LOCK)


def _bundles(outbox: Path) -> dict[str, _Published]:
    """Return all bundles by name. There may be 100,000, and each job asks twice."""
    if not outbox.exists():
        return {}
    before, found = _seen.get(outbox, {}), {}
    with reported("the outbox cannot be read", outbox), os.scandir(outbox) as entries:
        for entry in entries:
            if not entry.name.startswith("."):
                with contextlib.suppress(OSError):
                    found[entry.name] = _published(entry, before.get(entry.name))
    _seen[outbox] = found
    return found


def _published(folder: "os.DirEntry[str]", before: _Published | None) -> _Published:
    """Return a bundle, as it was before where it is the same. Raises OSError where it is none."""
    path = f"{folder.path}/{_MANIFEST}"  # a Path for each costs more than the call
    info = os.lstat(path)
    facts = info.st_ino, info.st_mtime_ns, info.st_size
    if before is not None and before.facts == facts:
        return before
    if not stat.S_ISREG(info.st_mode) or info.st_size > _LARGEST_MANIFEST:
        raise OSError("is no manifest")
    return _Published(facts, *_ids(path))


def _ids(path: str) -> tuple[str, str]:
    """Return the identity and the job id in a manifest; empty ones where it is damaged."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        content = json.loads(Path(path).read_bytes())
        if isinstance(content, dict):
            identity, job_id = content.get("identity"), content.get("job_id")
            if isinstance(identity, str):
                return identity, job_id if isinstance(job_id, str) else ""
    return "", ""


def _make_durable(folder: Path, mode: int) -> None:
    """Give the files their mode, and wait until all of it is on the disk."""
    enter = (mode & 0o444) >> 2  # whoever may read the files may enter the folder
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root, name)
            if not stat.S_ISREG(path.lstat().st_mode):
                raise PublishError(f"{name} in the bundle is not a regular file")
            path.chmod(mode)
            fsync_file(path)
        _open(Path(root), mode | enter)
        fsync_folder(Path(root))


def _open(folder: Path, mode: int) -> None:
    """Give a folder its mode, and leave it the group that its files have, where that may be."""
    try:
        folder.chmod(mode | folder.stat().st_mode & stat.S_ISGID)
    except PermissionError:  # RestrictSUIDSGID= of our unit: whoever adds a file gives it his group
        folder.chmod(mode)

"""Moving a job's files out of the inbox: to the archive, to the failed folder, or away.

Every file first gets its second place, durably; then the recording is removed from the inbox, and
its sidecars after it. Killed in between, the job runs again with all of its files, or sidecars are
left that wait visibly; a recording is never left without the sidecars that it came with.
"""

import contextlib
import errno
import filecmp
import itertools
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from karaokify_daemon.adapters.files import reasons
from karaokify_daemon.adapters.files.durable import fsync_file, fsync_folder, reported
from karaokify_daemon.adapters.files.identity import Identities, Identity, of_stat
from karaokify_daemon.domain.job import Job
from karaokify_daemon.domain.names import is_media, numbered_names, printable, sidecars_of
from karaokify_daemon.errors import KaraokifyError, PublishError, SourceChangedError

OnPlaced = Callable[[Mapping[str, Identity]], None]

_TEMPORARY = ".moving-"
_ABANDONED_S = 86400.0
_NO_LINK = {
    errno.EXDEV,
    errno.EPERM,
    errno.EMLINK,
    errno.ENOSYS,
    errno.EOPNOTSUPP,
    errno.ENOTSUP,
}


def archive(
    job: Job,
    folder: Path,
    seen: Identities,
    *,
    resumed: bool = False,
    on_placed: OnPlaced = lambda _: None,
) -> list[Path]:
    """Move a job's files, as they were seen, to the archive; return their new paths, media last.

    Nothing is overwritten: taken names get a number, the same one for all files of the job. A
    sidecar that another recording of the stem still needs is copied. `resumed` tells that an
    earlier attempt may have copied them already: then a file of the same name, time and content
    is taken for that copy. `on_placed` hears which files will be removed now, by name, for
    `finish`. Raises PublishError, with the files still in the inbox, and
    SourceChangedError where one is another than was seen.
    """
    with reported("cannot be moved to the archive", job.media):
        found = _present(job, seen)
        placed = _place(job.media, found, folder, resumed=resumed)
        on_placed(_by_name(found))
        _remove(job.media, found)
    return placed


def fail(
    job: Job,
    folder: Path,
    seen: Identities,
    error: KaraokifyError,
    *,
    resumed: bool = False,
    on_placed: OnPlaced = lambda _: None,
) -> Path:
    """Move a job's files to the failed folder, with the reason beside; return the recording's path.

    As `archive` otherwise.
    """
    with reported("cannot be moved to the failed folder", job.media):
        found = _present(job, seen)
        placed = _place(job.media, found, folder, resumed=resumed)
        names = {path.name: to.name for path, to in zip(found, placed, strict=True)}
        reasons.write(job, placed, error, names)
        on_placed(_by_name(found))
        _remove(job.media, found)
    return placed[-1]


def forget_failure(job: Job, folder: Path) -> None:
    """Remove what a process that was killed while it moved a job's files to `failed` left there.

    Without a reason beside it, it is no failure; and the job has ended well since.
    """
    with reported("an earlier attempt's copy cannot be removed from the failed folder", job.media):
        if not reasons.read(folder / job.media.name):
            for path in job.paths():
                if _is_same(path, folder / path.name, resumed=True):
                    (folder / path.name).unlink()


def delete(job: Job, seen: Identities, on_placed: OnPlaced = lambda _: None) -> None:
    """Delete a job's files, but not a sidecar that another recording needs. Raises as `archive`."""
    with reported("cannot be deleted", job.media):
        found = _present(job, seen)
        on_placed(_by_name(found))
        _remove(job.media, found)


def finish(media: Path, leaving: Mapping[str, Sequence[int]]) -> None:
    """Remove what a process that was killed while it removed a job's files has left of them.

    `leaving` is what `on_placed` heard. Raises PublishError.
    """
    with reported("what was left of a job cannot be removed", media):
        if not _others_of_stem(media):
            for name, identity in leaving.items():
                device, inode, size, mtime_ns = identity
                _unlink(media.with_name(name), (device, inode, size, mtime_ns))


def restore(media: Path, folder: Path) -> list[Path]:
    """Move a failed recording, with the sidecars beside it, into a folder of the inbox.

    The recording comes last, so that it is not taken without them. Returns the new paths. Raises
    PublishError, where a name is taken too, with the files where they were.
    """
    with reported("cannot be moved back", media):
        job = Job(id="", media=media, sidecars=sidecars_of(media, media.parent.iterdir()))
        found = {path: of_stat(path.lstat()) for path in job.paths()}
        targets = [folder / path.name for path in found]
        if not _place_all(list(found), targets, copied=set(), resumed=True):
            raise PublishError(
                "cannot be moved back: the inbox has a file of that name",
                file=printable(media.name),
                advice="Rename or remove that one first.",
            )
        fsync_folder(folder)
        _remove(media, found)
    return targets


def sweep(folder: Path) -> int:
    """Remove copies that were cut short more than a day ago; return how many."""
    removed = 0
    with reported("cannot be swept", folder):
        for path in folder.glob(f"{_TEMPORARY}*"):
            with contextlib.suppress(FileNotFoundError):  # another daemon sweeps, too
                # the change time, since a copy takes over the modification time of its source
                if time.time() - path.lstat().st_ctime > _ABANDONED_S:
                    path.unlink()
                    removed += 1
    return removed


def _by_name(found: Identities) -> dict[str, Identity]:
    return {path.name: identity for path, identity in found.items()}


def _present(job: Job, seen: Identities) -> Identities:
    """Return the job's files that are there, by path, the recording last.

    Raises SourceChangedError where something else has taken the place of one.
    """
    found = {}
    for path in job.paths():
        try:
            info = path.lstat()
        except FileNotFoundError:
            continue
        if not stat.S_ISREG(info.st_mode) or of_stat(info) != seen[path]:
            raise SourceChangedError("changed while it was processed", file=printable(path.name))
        found[path] = seen[path]
    if job.media not in found:
        raise SourceChangedError("is gone from the inbox", file=printable(job.media.name))
    return found


def _place(media: Path, sources: Iterable[Path], folder: Path, *, resumed: bool) -> list[Path]:
    """Give each file a second place under the first number that is free for all of them."""
    folder.mkdir(exist_ok=True)
    if media.parent.samefile(folder):  # every file would count as moved already, and be removed
        raise PublishError(
            f"cannot be moved to {folder}: it lies there", file=printable(media.name)
        )
    sources = list(sources)
    names = [path.name for path in sources]
    shared = _others_of_stem(media)
    for n in itertools.count(1):
        targets = [folder / name for name in numbered_names(names, media.stem, n)]
        copied = set(sources) - {media} if shared else set()
        if _place_all(sources, targets, copied=copied, resumed=resumed):
            break
    fsync_folder(folder)
    return targets


def _place_all(
    sources: list[Path], targets: list[Path], *, copied: set[Path], resumed: bool
) -> bool:
    placed: list[Path] = []
    try:
        for source, target in zip(sources, targets, strict=True):
            if not _is_same(source, target, resumed=resumed or source != sources[-1]):
                _place_one(source, target, copied=source in copied)
                placed.append(target)
    except BaseException as error:
        for target in placed:
            target.unlink(missing_ok=True)
        if isinstance(error, FileExistsError):
            return False
        raise
    return True


def _place_one(source: Path, target: Path, *, copied: bool) -> None:
    if copied:
        _copy(source, target)
        return
    fsync_file(source)  # who copied it here may not have: what is archived is on the disk
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        _copy(source, target)


def _copy(source: Path, target: Path) -> None:
    """Copy content, mode and modification time under a hidden name, then show it, whole."""
    fd, name = tempfile.mkstemp(prefix=_TEMPORARY, dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(fd, "wb") as writer, _open_source(source) as reader:
            before = os.fstat(reader.fileno())
            shutil.copyfileobj(reader, writer, 1 << 20)
            writer.flush()
            if of_stat(before) != of_stat(os.fstat(reader.fileno())):
                raise SourceChangedError("changed while it was moved", file=printable(source.name))
            os.fchmod(fd, before.st_mode & 0o777)  # RestrictSUIDSGID= forbids others
            os.utime(fd, ns=(before.st_atime_ns, before.st_mtime_ns))
            os.fsync(fd)
        _show(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def _open_source(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")


def _show(temporary: Path, target: Path) -> None:
    try:
        os.link(temporary, target)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        # no hard links here (FAT): an empty file of our own holds the name, then gives way
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        temporary.replace(target)


def _is_same(source: Path, target: Path, *, resumed: bool) -> bool:
    """Tell whether the target is the source already, from a move that was cut short."""
    try:
        here, there = source.lstat(), target.lstat()
    except FileNotFoundError:
        return False
    if of_stat(here) == of_stat(there):
        return True
    if not resumed:  # a copy of ours it cannot be: another recording of the same content, then
        return False
    alike = (here.st_size, here.st_mtime_ns) == (there.st_size, there.st_mtime_ns)
    return alike and stat.S_ISREG(there.st_mode) and filecmp.cmp(source, target, shallow=False)


def _remove(media: Path, found: Identities) -> None:
    _unlink(media, found[media])
    if not _others_of_stem(media):
        for path, identity in found.items():
            _unlink(path, identity)
    fsync_folder(media.parent)


def _unlink(path: Path, identity: Identity) -> None:
    """Remove a file, unless something new has come under its name."""
    try:
        if of_stat(path.lstat()) == identity:
            path.unlink()
    except FileNotFoundError:
        pass


def _others_of_stem(media: Path) -> bool:
    """Tell whether another recording beside this one has its stem, and so its sidecars."""
    start = f"{media.stem}."
    with os.scandir(media.parent) as entries:
        paths = [Path(e.name) for e in entries if e.name.startswith(start)]
    return any(is_media(p) and p.stem == media.stem and p.name != media.name for p in paths)

"""What lies in one folder, sorted into files that may be taken and things that never are."""

import os
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from karaokify_daemon.domain.names import is_ignored

_KINDS = (
    (stat.S_ISLNK, "is a symbolic link, and links are not followed: put the file itself here"),
    (stat.S_ISFIFO, "is a named pipe, not a file"),
    (stat.S_ISSOCK, "is a socket, not a file"),
    (stat.S_ISBLK, "is a device, not a file"),
    (stat.S_ISCHR, "is a device, not a file"),
)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something in the inbox that is never taken, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A folder's regular files with their facts, its folders, and what is neither."""

    files: dict[Path, os.stat_result] = field(default_factory=dict)
    folders: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def list_folder(
    folder: Path,
    ignore: tuple[str, ...],
    never_ignored: Collection[str],
    known: Mapping[str, Path],
) -> Listing:
    """List a folder by name, without following a link. Raises OSError.

    `known` are its paths by name, as far as there are any: a path costs more than what is asked of
    the file system.
    """
    found = Listing()
    with os.scandir(folder) as scan:
        entries = sorted(scan, key=lambda entry: entry.name)
    for entry in entries:
        if is_ignored(entry.name, ignore) and entry.name not in never_ignored:
            continue
        try:
            info = entry.stat(follow_symlinks=False)
        except FileNotFoundError:  # taken away since
            continue
        path = known.get(entry.name) or folder / entry.name
        if stat.S_ISREG(info.st_mode):
            found.files[path] = info
        elif stat.S_ISDIR(info.st_mode):
            found.folders.append(path)
        else:
            found.problems.append(Problem(path=path, reason=_reason(info.st_mode)))
    return found


def _reason(mode: int) -> str:
    return next((reason for is_kind, reason in _KINDS if is_kind(mode)), "is not a file")

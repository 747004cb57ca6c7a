"""Which file system a folder is on, and whether that is the one it was on before."""

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePath

# File systems that others can change without this kernel knowing.
_REMOTE = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "afs", "coda"),
        *("ceph", "gfs2", "gpfs", "lustre", "beegfs", "ocfs2", "orangefs", "acfs"),
        *("9p", "virtiofs", "vboxsf", "vmhgfs", "prl_fs", "drvfs"),  # from a virtual machine's host
    )
)
_TABLE = Path("/proc/self/mountinfo")


@dataclass(frozen=True)
class Mount:
    """A mount point and the type of the file system there; "/" and "" where unknown."""

    point: Path
    kind: str


def mount_of(folder: Path, table: Path = _TABLE) -> Mount:
    """Return the mount that a folder is on, or would be on if it was made.

    The longest mount point above it counts, and of several mounts there the last.
    """
    best = Mount(Path("/"), "")
    try:
        lines = table.read_bytes().splitlines()
    except OSError:
        return best
    path = folder.resolve()
    for line in lines:
        left, _, right = line.partition(b" - ")
        fields = left.split(b" ")
        if len(fields) < 5 or not right:
            continue
        point = PurePath(os.fsdecode(_unescaped(fields[4])))
        if path.is_relative_to(point) and len(point.parts) >= len(best.point.parts):
            best = Mount(Path(point), right.split(b" ")[0].decode("ascii", "replace"))
    return best


def has_events(folder: Path) -> bool:
    """Tell whether this kernel sees every change in a folder, so that events can be relied on."""
    kind = mount_of(folder).kind
    return kind not in _REMOTE and not kind.startswith("fuse")


def _unescaped(raw: bytes) -> bytes:
    r"""Return a mount point as it is; in the table, spaces and the like are octal, as in \040."""
    return re.sub(rb"\\([0-7]{3})", lambda match: bytes([int(match[1], 8)]), raw)

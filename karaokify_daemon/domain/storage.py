"""What helps against a disk that is full, read-only or gone; and who complains of one. Pure."""

import errno
import os
from collections.abc import Iterable

ADVICE = {
    errno.ENOSPC: "Free some space on that disk; it is tried again.",
    errno.EDQUOT: "Raise the quota or free some space; it is tried again.",
    errno.EROFS: "The file system is read-only: look for disk errors, mount it writable again.",
    errno.EACCES: "Give the service's user write permission there; it is tried again.",
    errno.EPERM: "Give the service's user write permission there; it is tried again.",
    errno.ENOENT: "Create or mount the folder; it is tried again.",
}
# No file that is read can be the reason of these; of damaged ones, FFmpeg also says EIO.
_OF_DISKS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def complaint(log: Iterable[str]) -> int | None:
    """Return the error number of a disk's trouble that a program's log ends a line with.

    Indented lines are left out: there FFmpeg repeats what stands in a stranger's file.

    >>> complaint(["av_interleaved_write_frame(): No space left on device"]) == errno.ENOSPC
    True
    >>> complaint(["    title : No space left on device"])
    """
    lines = [line for line in log if not line.startswith(" ")]
    for code in _OF_DISKS:
        if any(line.endswith(os.strerror(code)) for line in lines):
            return code
    return None

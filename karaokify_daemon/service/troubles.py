"""What keeps the service from its work at the moment, by what people are told of it."""

from collections.abc import Mapping

from karaokify_daemon.adapters import resources
from karaokify_daemon.config import Folders
from karaokify_daemon.domain.admission import Disk, Floors, Found, Needs, refusal, size
from karaokify_daemon.domain.status import Live
from karaokify_daemon.errors import MachineError, ModelError
from karaokify_daemon.service.parts import Parts

_LACKING = (ModelError.code, MachineError.code)
_WRITTEN = ("outbox", "archive", "state", "cache")  # what stages fill
_MB = 1_000_000
_ADVICE = "Free some space: what waits goes on by itself."


def troubles(parts: Parts, live: Live) -> Mapping[str, str]:
    """Return what is the matter, by the names of `domain.occasions.troubles`, or nothing."""
    full = parts.gate.full or _low(parts.config.folders, parts.config.limits.min_free_disk_mb)
    return {
        "service": live.problem,
        "jobs": parts.ledger.waits_for(_LACKING) or parts.workers.trouble,
        "disk": f"{full}. {_ADVICE}" if full else "",
    }


def _low(folders: Folders, floor_mb: int) -> str:
    """Return which disk is so full that no stage would begin that writes to it."""
    for name in _WRITTEN:
        found = resources.disk(getattr(folders, name))
        if found is None:
            continue
        device, free, total = found
        disk = Disk(name=name, device=device, free=free, total=total)
        if refusal(Needs(disks=((name, 0),)), Found(disks=[disk]), Floors(disk=floor_mb * _MB)):
            return f"{size(free)} are free on the disk of the {name} ({getattr(folders, name)})"
    return ""

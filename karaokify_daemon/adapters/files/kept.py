"""Which recordings are done and stay in the inbox, for `intake.after_success = "keep"`."""

import contextlib
import hashlib
import json
import os
from pathlib import Path

from karaokify_daemon.adapters.files import durable
from karaokify_daemon.adapters.files.identity import Identities, Identity, of_stat
from karaokify_daemon.domain.job import Job
from karaokify_daemon.domain.names import printable


class Kept:
    """One small file per recording in STATE/kept; a changed recording is not the kept one."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "kept"
        self._known: dict[Path, Identity] = {}

    def add(self, job: Job, seen: Identities) -> None:
        """Remember that a job's recording, as it was seen, is done. Raises PublishError."""
        with durable.reported("cannot be noted as done", job.media):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            identity = seen[job.media]
            record = {
                "name": printable(job.media.name),
                "path_hex": os.fsencode(job.media).hex(),
                "identity": identity,
            }
            durable.write(self._file(job.media), json.dumps(record).encode())
        self._known[job.media] = identity

    def is_kept(self, path: Path) -> bool:
        """Tell whether this very file is done. Other daemons may share the state."""
        try:
            identity = of_stat(path.lstat())
        except OSError:
            return False
        if self._known.get(path) != identity:
            self._known.pop(path, None)
            recorded = _read(self._file(path))
            if recorded is None or recorded[1] != identity:
                return False
            self._known[path] = identity
        return True

    def prune(self) -> int:
        """Forget recordings that are gone from a folder that is there; return how many."""
        removed = 0
        with contextlib.suppress(FileNotFoundError):
            for file in self._folder.iterdir():
                recorded = _read(file)
                if recorded is not None and _is_gone(*recorded):
                    self._known.pop(recorded[0], None)
                    file.unlink(missing_ok=True)
                    removed += 1
        return removed

    def _file(self, path: Path) -> Path:
        return self._folder / f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:32]}.json"


def _is_gone(path: Path, identity: Identity) -> bool:
    try:
        mounted = path.parent.stat().st_dev == identity[0]
    except OSError:
        return False
    return mounted and not os.path.lexists(path)


def _read(file: Path) -> tuple[Path, Identity] | None:
    """Return a record, None where there is none or it is damaged (then the work is done again)."""
    try:
        record = json.loads(file.read_bytes())
        dev, inode, size, mtime = (int(number) for number in record["identity"])
        return Path(os.fsdecode(bytes.fromhex(record["path_hex"]))), (dev, inode, size, mtime)
    except (OSError, ValueError, KeyError, TypeError):
        return None

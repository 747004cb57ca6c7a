"""How a service is, whether it runs or not. Nothing is changed, and nothing is locked."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from karaokify_daemon import __version__
from karaokify_daemon.adapters import resources, status_file
from karaokify_daemon.adapters.files import reasons
from karaokify_daemon.adapters.journal import counts
from karaokify_daemon.config import Config, Folders
from karaokify_daemon.domain.names import is_ignored, is_media, printable
from karaokify_daemon.domain.status import (
    MOST_LISTED,
    DiskState,
    Failure,
    Live,
    Queued,
    Status,
    age_counts,
)
from karaokify_daemon.errors import JournalError

_SILENT_S, _SILENT_IDLE_S = 150.0, 3 * status_file.TOUCH_S  # at work it tells every second
_LATELY_S, _STIRS_S = 60.0, 35.0  # its main loop goes on twice a minute at least
_MOST_FAILURES = 20
_ASLEEP = "the service does not run"
_NEVER = Live(
    version=__version__, pid=0, host="", process_started="", started=0, written=0, state="never"
)


def status(config: Config) -> Status:
    """Return how the service of a configuration is. Raises JournalError where nobody may know."""
    folders = config.folders
    try:
        told = status_file.read(folders.state)
    except OSError as error:
        raise JournalError(
            f"the state folder cannot be read ({error.strerror})",
            file=printable(str(folders.state)),
            advice="Ask as the service's user, with `sudo -u`, or as root.",
        ) from error
    live, at = told or (None, 0.0)
    is_alive = live is not None and status_file.is_alive(live, at, most=_SILENT_IDLE_S)
    return Status(
        is_alive=is_alive,
        is_silent=is_alive and time.time() - at > _longest_silence(live),
        seen=at,
        live=live if live is not None and is_alive else _left(live or _NEVER, config),
        jobs=counts(folders.state),
        failures=tuple(_failures(folders.failed)),
        disks=tuple(disks(folders)),
        memory_free=resources.memory_available(),
    )


def ill(status: Status) -> str:
    """Return why a service does not work as it should; empty where it does.

    One that has told nothing for a minute is watched until it stirs, for half a minute at most:
    with nothing to do it tells nothing for hours, so that disks may rest.
    """
    if status.problem or time.time() - status.seen < _LATELY_S:
        return status.problem
    return "" if resources.stirs(status.live.pid, _STIRS_S) else "the service runs, but it hangs"


def _longest_silence(live: Live | None) -> float:
    is_busy = live is not None and live.running and live.state == "serving"
    return _SILENT_S if is_busy else _SILENT_IDLE_S


def _left(live: Live, config: Config) -> Live:
    """Return what a service that has ended has told, with what lies in the inbox by now."""
    waiting = sorted(_waiting(config), key=lambda one: one.since or 0.0)
    since = [one.since for one in waiting if one.since is not None]
    return replace(
        live,
        running=(),
        workers=(),
        memory=0,
        queued=len(waiting),
        ages=age_counts([time.time() - at for at in since]),
        oldest=min(since, default=None),
        queue=tuple(waiting[:MOST_LISTED]),
    )


def _waiting(config: Config) -> Iterator[Queued]:
    inbox = config.folders.inbox
    for folder in (inbox, *(inbox / name for name in config.presets)):
        with suppress(OSError):
            for path in folder.iterdir():
                if is_media(path) and not is_ignored(path.name, config.intake.ignore):
                    with suppress(OSError):
                        name, since = str(path.relative_to(inbox)), path.lstat().st_ctime
                        yield Queued(name=printable(name), since=since, reason=_ASLEEP)


def _failures(failed: Path) -> Iterator[Failure]:
    """Yield the recordings that failed last."""
    found: list[tuple[float, Path]] = []
    with suppress(OSError):
        for path in filter(is_media, failed.iterdir()):
            with suppress(OSError):  # somebody takes it away meanwhile
                found.append((path.lstat().st_ctime, path))
    for _, path in sorted(found, reverse=True)[:_MOST_FAILURES]:
        reason = reasons.read(path)
        told = {key: str(reason.get(key) or "") for key in ("code", "problem", "advice")}
        yield Failure(name=printable(path.name), at=str(reason.get("failed_at") or ""), **told)


def disks(folders: Folders) -> Iterator[DiskState]:
    """Yield the disks of all folders, each once."""
    names: defaultdict[int, list[str]] = defaultdict(list)
    facts: dict[int, tuple[int, int]] = {}
    for name, folder in folders:
        if (found := resources.disk(folder)) is not None:
            device, free, total = found
            names[device].append(name)
            facts[device] = (free, total)
    for device, (free, total) in facts.items():
        yield DiskState(folders=tuple(names[device]), free=free, total=total)

"""The cache kept within its limits: at the start, and now and then."""

import time
from collections.abc import Collection

import structlog

from karaokify_daemon.adapters import cache, work
from karaokify_daemon.adapters.whisper import leftovers
from karaokify_daemon.config import Config
from karaokify_daemon.pipeline import asking, transcriber
from karaokify_daemon.pipeline.run import work_key

_EVERY_S = 3600.0
_DEAD_S = 3600.0  # a download that has written nothing for so long goes on no more
_DAY_S = 86_400.0
_MB = 1_000_000


class Tidier:
    """Sweeps the cache when that is due; it lists the cache once, and so never takes long."""

    def __init__(self) -> None:
        self._due = float("-inf")
        self.size: int | None = None  # of the cache, models aside, in bytes, when it was seen last
        self._log = structlog.get_logger()

    def tidy(self, config: Config, going_on: Collection[str], *, at_once: bool = False) -> bool:
        """Remove what is too much, too old, or left by dead processes; tell whether it was due.

        `going_on` are the contents of the jobs that are not over. What is removed is logged, with
        what is left; `at_once` logs that in any case.
        """
        if not at_once and time.monotonic() < self._due:
            return False
        self._due = time.monotonic() + _EVERY_S
        folders, limits, now = config.folders, config.limits, time.time()
        seconds = limits.cache_days * _DAY_S
        swept = cache.sweep(
            [folders.cache / name for name in (transcriber.FOLDER, asking.FOLDER)],
            most=limits.cache_mb * _MB,
            seconds=seconds,
            now=now,
        )
        keys = [work_key(folders, content) for content in going_on]
        stale = work.sweep(folders.cache, keys, since=now - seconds if seconds else 0.0)
        stale += leftovers.sweep(folders.cache, before=now - _DEAD_S)
        work_bytes = work.usage(folders.cache)
        self.size = swept.size + work_bytes
        if at_once or swept.removed or stale:
            self._log.info(
                "cache.swept",
                removed=swept.removed,
                freed=swept.freed,
                entries=swept.entries,
                bytes=swept.size,
                work_removed=stale,
                work_bytes=work_bytes,
            )
        return True

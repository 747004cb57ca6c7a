"""What was made of a recording that is not whole yet: kept until it is."""

from typing import Any

import structlog

from karaokify_daemon.adapters.cache import JsonCache


class Kept:
    """Entries of the cache that a whole one, of a known key, makes needless.

    An entry of its own lists them, so that they are found when all else has been forgotten.
    """

    def __init__(self, cache: JsonCache, whole: str) -> None:
        self._cache = cache
        self._list = JsonCache.key(content=whole, model="kept", options={})

    def get(self, key: str) -> dict[str, Any] | None:
        """Return an entry, if it is there."""
        return self._cache.get(key)

    def put(self, key: str, data: dict[str, Any]) -> bool:
        """Keep an entry; where that cannot be, it is logged. Tell whether it is kept."""
        keys = self._keys()
        try:
            if key not in keys:
                self._cache.put(self._list, {"keys": [*keys, key]})
            self._cache.put(key, data)
        except OSError as error:  # it is known now: a full cache must not cost it
            structlog.get_logger().warning("cache.not_written", reason=error.strerror)
            return False
        for other in keys:  # none is to be swept as unused while the recording is at work
            self._cache.touch(other)
        return True

    def forget(self) -> None:
        """Remove all, now that the whole is there."""
        for key in self._keys():
            self._cache.remove(key)
        self._cache.remove(self._list)

    def _keys(self) -> list[str]:
        found = self._cache.get(self._list)
        return list(found["keys"]) if found else []

"""What the control groups of this process allow it, of version 1 and 2 and where both are used."""

import math
from collections.abc import Iterator
from pathlib import Path

_BOUNDLESS = 1 << 60  # version 1 writes "no limit" as a number near 2^63


class Cgroups:
    """The control groups of a process, by the file in /proc that lists them."""

    def __init__(
        self, own: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")
    ) -> None:
        self._own, self._root = own, root

    def cpus(self) -> int | None:
        """Return the quota of processors, fractions rounded up; None where there is none."""
        quotas = [_of_max(_text(folder / "cpu.max")) for folder in self._folders("cpu")]
        quotas += [
            _ratio(_text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us"))
            for folder in self._folders("cpu")
        ]
        known = [quota for quota in quotas if quota is not None]
        return max(1, math.ceil(min(known))) if known else None

    def memory_free(self) -> int | None:
        """Return how many bytes may still be taken; None where there is no limit.

        Of what is used, files that the kernel drops at once when memory is short do not count.
        """
        left = [
            limit - max(0, used - _cached(folder))
            for folder in self._folders("memory")
            for limit, used in (
                (_number(folder / "memory.max"), _number(folder / "memory.current")),
                (
                    _number(folder / "memory.limit_in_bytes"),
                    _number(folder / "memory.usage_in_bytes"),
                ),
            )
            if limit is not None and limit < _BOUNDLESS and used is not None
        ]
        return max(0, min(left)) if left else None

    def _folders(self, controller: str) -> Iterator[Path]:
        """Yield the groups that bound us, each with those above it."""
        for line in _text(self._own).splitlines():
            number, _, rest = line.partition(":")
            names, _, path = rest.partition(":")
            if number == "0" and not names:
                bases = [self._root, self._root / "unified"]
            elif controller in names.split(","):
                bases = [self._root / names, self._root / controller]
            else:
                continue
            # In a container the path may be the host's, and what is mounted is our group itself.
            group = Path(path.lstrip("/"))
            for base in bases:
                for part in (group, *group.parents):
                    if ".." not in part.parts and (base / part).is_dir():
                        yield base / part


def _of_max(text: str) -> float | None:
    """Return the processors that a line of cpu.max allows.

    >>> _of_max("150000 100000"), _of_max("max 100000")
    (1.5, None)
    """
    quota, _, period = text.strip().partition(" ")
    return _ratio(quota, period)


def _ratio(quota: str, period: str) -> float | None:
    """Return quota divided by period; -1 and "max" mean that there is none."""
    quota, period = quota.strip(), period.strip()
    if not (quota.isdecimal() and period.isdecimal() and int(quota) and int(period)):
        return None
    return int(quota) / int(period)


def _cached(folder: Path) -> int:
    """Return the bytes of a group that are files, unused of late."""
    fields = dict(line.split(" ", 1) for line in _text(folder / "memory.stat").splitlines())
    found = fields.get("total_inactive_file", fields.get("inactive_file", "0"))
    return int(found) if found.isdecimal() else 0


def _number(file: Path) -> int | None:
    text = _text(file).strip()
    return int(text) if text.isdecimal() else None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""

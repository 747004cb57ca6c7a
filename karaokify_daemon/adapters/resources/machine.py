"""What this machine has free, now; what cannot be told is None, and nothing here ever fails."""

import os
import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import psutil

from karaokify_daemon.adapters.resources.cgroups import Cgroups

_NVIDIA_S = 5.0
_HOTTEST_KNOWN = 150.0  # sensors that are not connected tell nonsense


def cpus() -> int:
    """Return how many processors this process may use: by its affinity and its groups' quota."""
    quota = Cgroups().cpus()
    mine = len(os.sched_getaffinity(0))
    return mine if quota is None else min(mine, quota)


def limits_threads() -> bool:
    """Tell whether a quota allows fewer processors than programs count by themselves."""
    return cpus() < len(os.sched_getaffinity(0))


def memory_available() -> int | None:
    """Return how many bytes of memory can be taken without swapping."""
    left = Cgroups().memory_free()
    try:
        free = int(psutil.virtual_memory().available)
    except (OSError, KeyError, ValueError):  # a sandbox may hide /proc/meminfo
        return left
    return free if left is None else min(free, left)


def disk(folder: Path) -> tuple[int, int, int] | None:
    """Return the number, the free and all bytes of the file system that a folder is, or would be.

    Free is what we may fill: the administrator's reserve does not count.
    """
    for path in (folder, *folder.absolute().parents):
        try:
            found, device = os.statvfs(path), path.stat().st_dev
        except OSError:  # the next one up is where it would be made
            continue
        return device, found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize
    return None


def load() -> float | None:
    """Return how many programs wanted a processor in the last minute, for each that there is."""
    try:
        return os.getloadavg()[0] / (os.cpu_count() or 1)
    except OSError:
        return None


def temperature() -> float | None:
    """Return the degrees Celsius of the hottest sensor."""
    try:
        sensors = psutil.sensors_temperatures()
    except (AttributeError, OSError, ValueError):
        return None
    found = [one.current for group in sensors.values() for one in group]
    return max((value for value in found if 0 < value < _HOTTEST_KNOWN), default=None)


def on_battery() -> bool:
    """Tell whether the machine runs on its battery; False where it has none."""
    try:
        battery = psutil.sensors_battery()
    except (AttributeError, OSError, ValueError):
        return False
    return battery is not None and battery.power_plugged is False


def gpu_free(cards: Collection[int] = ()) -> int | None:
    """Return the free bytes of the graphics card with the most of them, or of some of the cards.

    By torch only where it is loaded already: that takes seconds, and memory of its own.
    """
    torch = sys.modules.get("torch")
    if torch is not None:
        try:
            if torch.cuda.is_available():
                asked = cards or range(torch.cuda.device_count())
                return max(int(torch.cuda.mem_get_info(card)[0]) for card in asked)
        except (AssertionError, AttributeError, RuntimeError):
            return None  # a half-loaded torch, or a lost card
    return _by_nvidia_smi(cards)


def _by_nvidia_smi(cards: Collection[int]) -> int | None:
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    command = [program, "--query-gpu=name,memory.free", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(
            command, capture_output=True, text=True, timeout=_NVIDIA_S, check=False
        )
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    is_renumbered = "CUDA_VISIBLE_DEVICES" in os.environ
    return most_free(told.stdout, () if is_renumbered else cards)


def most_free(table: str, cards: Collection[int] = ()) -> int | None:
    r"""Return the largest of what nvidia-smi tells (names and MiB), in bytes.

    CUDA numbers cards of several kinds by their speed, nvidia-smi by their slots: only those of one
    kind have the same numbers.

    >>> most_free("A100, 1000\nA100, 24000\n"), most_free("A100, 1000\nA100, 24000\n", [0])
    (25165824000, 1048576000)
    >>> most_free("T4, 1000\nA100, 24000\n", [0]), most_free("T4, [N/A]\n")
    (25165824000, None)
    """
    rows = [line.rpartition(", ") for line in table.splitlines()]
    if len({name for name, _, _ in rows}) == 1 and cards:
        rows = [row for number, row in enumerate(rows) if number in cards]
    found = [int(free) for _, _, free in rows if free.isdecimal()]
    return max(found) << 20 if found else None

"""What this machine has left for us: processors, memory, disks, graphics memory, warmth."""

from karaokify_daemon.adapters.resources.cgroups import Cgroups
from karaokify_daemon.adapters.resources.machine import (
    cpus,
    disk,
    gpu_free,
    limits_threads,
    load,
    memory_available,
    on_battery,
    temperature,
)
from karaokify_daemon.adapters.resources.processes import rss, rss_of_family, step_back, stirs

__all__ = [
    "Cgroups",
    "cpus",
    "disk",
    "gpu_free",
    "limits_threads",
    "load",
    "memory_available",
    "on_battery",
    "rss",
    "rss_of_family",
    "step_back",
    "stirs",
    "temperature",
]

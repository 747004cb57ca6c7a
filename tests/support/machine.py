"""A machine of its own: systemd as its process 1, and layers over the folders that are written to.

Nothing of the real machine is changed: what is written to /etc, /opt, /srv, /usr/local and /var is
gone with the machine.
"""

import os
import subprocess
import time
from pathlib import Path

import psutil

from tests.support.systemd import MANAGER, clear_cgroups
from tests.support.systemd import refusal as no_manager

_LAYERED = "etc opt srv var usr/local"
_BOOT = """
set -e
for top in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
  [ -w "$top/cgroup.procs" ] && mkdir -p "$top/$2" && echo $$ > "$top/$2/cgroup.procs"
done
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
for folder in {layered}; do
  up=$1/$folder/up work=$1/$folder/work
  mkdir -p "$up" "$work"
  mount -t overlay overlay -o "lowerdir=/$folder,upperdir=$up,workdir=$work" "/$folder"
done
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
: > /etc/fstab
units=/etc/systemd/system
for wants in sysinit sockets timers multi-user graphical getty local-fs; do
  for unit in /lib/systemd/system/$wants.target.wants/* $units/$wants.target.wants/*; do
    case $unit in
      */systemd-journald.service | */systemd-journald.socket | */systemd-journald-dev-log.socket) ;;
      *'*') ;;
      *) ln -sf /dev/null "$units/${{unit##*/}}" ;;
    esac
  done
done
ln -sf /dev/null "$units/systemd-remount-fs.service"
exec unshare -C bash -ec '
umount -l -R /sys/fs/cgroup
mount -t tmpfs tmpfs /sys/fs/cgroup
mkdir /sys/fs/cgroup/systemd /sys/fs/cgroup/unified
mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin {manager} --system \\
  --unit=basic.target --log-target=console --show-status=no'
"""


class Machine:
    """A machine that has started; commands are run in it by what `entering` returns."""

    def __init__(self, folder: Path) -> None:
        """Start it; `folder` is for its layers and its log."""
        layers = folder / "layers"
        layers.mkdir()
        self._name = f"karaokify-machine-{os.getpid()}"
        self._output = (folder / "machine.log").open("w")
        script = _BOOT.format(layered=_LAYERED, manager=MANAGER)
        self._process = subprocess.Popen(
            [
                "unshare",
                "--kill-child",
                "-m",
                "-p",
                "-i",
                "-u",
                "-f",
                "bash",
                "-c",
                script,
                "boot",
                layers,
                self._name,
            ],
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        until = time.monotonic() + 60
        while self._state() not in ("running", "degraded"):
            told = (folder / "machine.log").read_text()
            assert self._process.poll() is None and time.monotonic() < until, told
            time.sleep(0.1)

    def entering(self) -> list[str]:
        """Return what, before a command, has it run in the machine."""
        first = psutil.Process(self._process.pid).children()
        return ["nsenter", "-t", str(first[0].pid if first else 0), "-m", "-p", "-i", "-u"]

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command there as root."""
        return subprocess.run(
            [*self.entering(), *command], capture_output=True, text=True, check=False
        )

    def close(self) -> None:
        """End it, and all that runs in it."""
        for child in psutil.Process(self._process.pid).children():
            child.kill()  # the first process of a machine: all others end with it
        self._process.wait(timeout=60)
        self._output.close()
        clear_cgroups(self._name)

    def _state(self) -> str:
        return self.run("systemctl", "is-system-running").stdout.strip()


def refusal() -> str | None:
    """Return why there can be no machine here; None where it can."""
    if reason := no_manager():
        return reason
    if not all(Path("/sys/fs/cgroup", name).is_dir() for name in ("systemd", "unified")):
        return "needs the control groups of systemd's hybrid mode"
    layers = "lowerdir=/etc,upperdir=/mnt/up,workdir=/mnt/work"
    script = "mount -t tmpfs tmpfs /mnt && mkdir /mnt/up /mnt/work && "
    script += f"mount -t overlay overlay -o {layers} /etc"
    tried = subprocess.run(
        ["unshare", "-m", "-p", "-f", "bash", "-c", script], capture_output=True, check=False
    )
    return "no layers can be mounted here" if tried.returncode else None

"""A real user manager of systemd, in mounts of its own: nothing of the machine is touched."""

import os
import shutil
import subprocess
import time
from errno import EBUSY
from pathlib import Path

MANAGER = Path("/lib/systemd/systemd")
_RUNTIME = "/run/user/0"
_CGROUPS = ("/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified")
_START = """
set -e
for top in {cgroups}; do
  [ -w "$top/cgroup.procs" ] && mkdir -p "$top/$2" && echo $$ > "$top/$2/cgroup.procs"
done
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system {runtime}
chmod 700 {runtime}
export XDG_RUNTIME_DIR={runtime} XDG_CONFIG_HOME="$1/config" XDG_STATE_HOME="$1/state" HOME="$1"
unset DBUS_SESSION_BUS_ADDRESS NOTIFY_SOCKET
mkdir -p "$XDG_CONFIG_HOME/systemd/user"
exec unshare -C {manager} --user --log-target=console
"""


class Systemd:
    """A user manager; `systemctl` asks it."""

    def __init__(self, folder: Path) -> None:
        """Start it, with `folder` as its home."""
        self._home = folder
        self.units = folder / "config/systemd/user"
        script = _START.format(runtime=_RUNTIME, manager=MANAGER, cgroups=" ".join(_CGROUPS))
        self._name = f"karaokify-{os.getpid()}"
        self._log = (folder / "systemd.log").open("w")
        self._process = subprocess.Popen(
            ["unshare", "-m", "bash", "-c", script, "start", folder, self._name],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        while self.systemctl("is-system-running", check=False) not in ("running", "degraded"):
            assert self._process.poll() is None, (folder / "systemd.log").read_text()

    def entering(self) -> list[str]:
        """Return what, before a command, lets it find this manager, and this home."""
        own = ["nsenter", "-t", str(self._process.pid), "-m", f"-w{Path.cwd()}", "env"]
        home = [f"HOME={self._home}", f"XDG_CONFIG_HOME={self._home}/config"]
        return [*own, f"XDG_RUNTIME_DIR={_RUNTIME}", *home]

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command where it finds this manager, and this home."""
        return subprocess.run(
            [*self.entering(), *command],
            capture_output=True,
            text=True,
            check=False,
        )

    def systemctl(self, *arguments: str, check: bool = True) -> str:
        """Return what `systemctl --user` says."""
        done = self.run("systemctl", "--user", *arguments)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout.strip()

    def show(self, unit: str, *properties: str) -> dict[str, str]:
        """Return some properties of a unit."""
        lines = self.systemctl("show", unit, "-p", ",".join(properties)).splitlines()
        return dict(line.split("=", 1) for line in lines)

    def wait(self, unit: str, **wanted: str) -> dict[str, str]:
        """Return a unit's properties as soon as they are as wanted; `_not` after a name: other."""
        until = time.monotonic() + 60
        names = {name.removesuffix("_not") for name in wanted}
        while True:
            found = self.show(unit, *names)
            if all(
                (found[name.removesuffix("_not")] == value) is not name.endswith("_not")
                for name, value in wanted.items()
            ):
                return found
            assert time.monotonic() < until, f"{found} is not {wanted}"

    def close(self) -> None:
        """End it, and all that it runs."""
        self._process.terminate()
        self._process.wait(timeout=60)
        self._log.close()
        clear_cgroups(self._name)


def clear_cgroups(name: str) -> None:
    """Remove the control groups of a manager that has ended."""
    until = time.monotonic() + 30
    for top in map(Path, _CGROUPS):
        own = top / name
        for folder in [*sorted(own.rglob("*/"), reverse=True), own] if own.exists() else []:
            while _is_busy(folder):  # its last process is about to end
                assert time.monotonic() < until, folder
                time.sleep(0.05)


def _is_busy(folder: Path) -> bool:
    """Remove a control group, unless some process is in it."""
    try:
        folder.rmdir()
    except OSError as error:
        return error.errno == EBUSY
    return False


def refusal() -> str | None:
    """Return why no user manager can run here; None where it can."""
    if not MANAGER.exists() or not shutil.which("systemctl"):
        return "there is no systemd here"
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "nsenter"))):
        return "needs root, unshare and nsenter, for mounts of its own"
    done = subprocess.run(["unshare", "-m", "-C", "true"], capture_output=True, check=False)
    return None if done.returncode == 0 else "no mounts of its own can be had here"

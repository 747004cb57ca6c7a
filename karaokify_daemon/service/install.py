"""`install` and `uninstall`: the units, their user and their folders; shown before it is done."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from karaokify_daemon.adapters.files.durable import reported
from karaokify_daemon.adapters.shipped import shipped
from karaokify_daemon.config import Config, Folders, load
from karaokify_daemon.errors import ConfigError
from karaokify_daemon.service.init import EXAMPLE, default_config

NAME = "karaokify-daemon"
_SYSTEM_CONFIG = Path("/etc/karaokify-daemon/config.toml")
_URLS = Path("/etc/credstore/notify-urls")
_SHARED = Path("/srv/karaokify")  # as in tmpfiles.conf and the unit
_PRIVATE = {"state": Path("/var/lib") / NAME, "cache": Path("/var/cache") / NAME}
_HOMES = (Path("/home"), Path("/root"), Path("/run/user"))
_BACKS_OFF_FROM = 254  # the version of systemd that knows backoff.conf


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be there: files with their contents, and the commands that make use of them."""

    files: Mapping[Path, str]
    removed: Sequence[Path]
    config: Path
    config_text: str
    commands: Sequence[Sequence[str]]

    def lines(self) -> Iterator[str]:
        """Yield what will be done, one line each."""
        for path, text in self.files.items():
            if not path.exists():
                yield f"write {path}"
            elif path.read_text(encoding="utf-8") != text:
                yield f"replace {path}"
        for path in self.removed:
            yield f"remove {path}"
        yield f"{'keep' if self.config.exists() else 'write'} {self.config}"
        for command in self.commands:
            yield f"run {' '.join(command)}"


def plan(
    *, user: bool, config: Path | None = None, cpu_only: bool = False, version: int = 0
) -> Plan:
    """Return what installs the service, of the system or of one user.

    `config` is the configuration to use; `version` that of systemd. Raises ConfigError.
    """
    path = (config or (Path.home() / "karaoke/config.toml" if user else _SYSTEM_CONFIG)).absolute()
    text = (
        path.read_text(encoding="utf-8") if path.exists() else _new_config(path.parent, user=user)
    )
    found = load(path) if path.exists() else Config(folders=_folders(path.parent, user=user))
    unit = _unit(user=user, config=path, found=found)
    files = {_units(user=user) / f"{NAME}.service": unit}
    for drop_in in _drop_ins(found, cpu_only=cpu_only, version=version):
        files[_units(user=user) / f"{NAME}.service.d" / drop_in] = _shipped(f"drop-ins/{drop_in}")
    commands: list[list[str]] = []
    if not user:
        for kind in ("sysusers", "tmpfiles"):
            files[Path(f"/etc/{kind}.d/{NAME}.conf")] = _shipped(f"{kind}.conf")
        commands = [
            ["systemd-sysusers", f"/etc/sysusers.d/{NAME}.conf"],
            ["systemd-tmpfiles", "--create", f"/etc/tmpfiles.d/{NAME}.conf"],
        ]
    systemctl = _systemctl(user=user)
    commands += [
        [*systemctl, "daemon-reload"],
        [*systemctl, "enable", f"{NAME}.service"],
        [*systemctl, "restart", f"{NAME}.service"],  # what runs already takes the new unit up
    ]
    removed = [drop_in for drop_in in _shipped_drop_ins(user=user) if drop_in not in files]
    return Plan(files=files, removed=removed, config=path, config_text=text, commands=commands)


def carry_out(todo: Plan) -> None:
    """Do what is planned. Raises ConfigError where something cannot be done."""
    for path, text in todo.files.items():
        _write(path, text)
    for path in todo.removed:
        path.unlink(missing_ok=True)
    if not todo.config.exists():
        _write(todo.config, todo.config_text)
        for _, folder in load(todo.config).folders:
            if folder.is_relative_to(todo.config.parent):  # a person's own
                folder.mkdir(parents=True, exist_ok=True)
    for command in todo.commands:
        run(command)


def undo(*, user: bool) -> Iterator[tuple[str, Sequence[str] | Path]]:
    """Yield what removes the service, as text and as a command or a file; the rest stays."""
    systemctl = _systemctl(user=user)
    unit = _units(user=user) / f"{NAME}.service"
    if unit.exists():
        command = [*systemctl, "disable", "--now", unit.name]
        yield f"run {' '.join(command)}", command
    of_system = [Path(f"/etc/{kind}.d/{NAME}.conf") for kind in ("sysusers", "tmpfiles")]
    for path in (unit, *_shipped_drop_ins(user=user), *(of_system if not user else ())):
        if path.exists():
            yield f"remove {path}", path
    command = [*systemctl, "daemon-reload"]
    yield f"run {' '.join(command)}", command


def run(command: Sequence[str]) -> str:
    """Return what a command prints. Raises ConfigError with what it complains of."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        problem = f"{command[0]} cannot be run ({error.strerror})"
        raise ConfigError(problem, advice="Is this a machine with systemd?") from error
    if done.returncode:
        raise ConfigError(
            f"`{' '.join(command)}` failed: {done.stderr.strip()}",
            advice="Mend that, and try again.",
        )
    return done.stdout


def systemd_version() -> int:
    """Return the version of systemd. Raises ConfigError where there is none."""
    found = re.match(r"systemd (\d+)", run(["systemctl", "--version"]))
    return int(found[1]) if found else 0


def _systemctl(*, user: bool) -> list[str]:
    return ["systemctl", *(["--user"] if user else [])]


def _units(*, user: bool) -> Path:
    if not user:
        return Path("/etc/systemd/system")
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "systemd" / "user"


def _shipped_drop_ins(*, user: bool) -> list[Path]:
    """Return those of our drop-ins that are there; others are the administrator's."""
    folder = _units(user=user) / f"{NAME}.service.d"
    names = (path.name for path in (shipped("systemd") / "drop-ins").iterdir())
    return sorted(folder / name for name in names if (folder / name).exists())


def _shipped(name: str) -> str:
    return (shipped("systemd") / name).read_text(encoding="utf-8")


def _folders(base: Path, *, user: bool) -> Folders:
    if user:
        return Folders().under(base)
    return Folders().under(_SHARED).model_copy(update=_PRIVATE)


def _new_config(base: Path, *, user: bool) -> str:
    text = default_config(shipped(EXAMPLE).read_text(encoding="utf-8"))
    if user:
        return text
    for name, folder in _folders(base, user=user):
        line = tomli_w.dumps({name: str(folder)})
        text = re.sub(rf"^{name} = .*\n", line, text, count=1, flags=re.MULTILINE)
    return text


def _unit(*, user: bool, config: Path, found: Config) -> str:
    """Return the unit with the paths of this installation. Raises ConfigError."""
    program = Path(
        sys.argv[0] if sys.argv[0].endswith(NAME) else Path(sys.executable).parent / NAME
    )
    program = program.absolute()
    text = _shipped(f"user/{NAME}.service" if user else f"{NAME}.service")
    if not program.exists():
        raise ConfigError(
            "is not there", file=str(program), advice="Install the package, and call it by that."
        )
    command = f"{_quoted(program)} run --config {_quoted(config)}".replace("$", "$$")
    start = f"ExecStart={command}"
    text = re.sub(r"^ExecStart=.*$", lambda _: start, text, flags=re.MULTILINE)
    if user:
        return text
    written = [path for path in (found.log.file, found.metrics.textfile) if path is not None]
    folders = dict(found.folders) | {path.name: path.parent for path in written}
    interpreter = Path(sys.executable).resolve()  # which a virtual environment only points to
    for path in (program, interpreter, config, *folders.values()):
        if any(path.is_relative_to(home) for home in _HOMES):
            raise ConfigError(
                "is in somebody's home, which the service of the system does not see",
                file=str(path),
                advice="Put it elsewhere, such as /opt or /srv; or use --user.",
            )
    elsewhere = [
        folder
        for name, folder in folders.items()
        if folder != _PRIVATE.get(name) and not folder.is_relative_to(_SHARED)
    ]
    # "-": a disk that is not mounted is waited for by the service itself.
    own = sorted({_quoted(folder, optional=True) for folder in elsewhere})
    writable = f"ReadWritePaths={' '.join([f'-{_SHARED}', *own])}"
    return re.sub(r"^ReadWritePaths=.*$", lambda _: writable, text, flags=re.MULTILINE)


def _quoted(path: Path, *, optional: bool = False) -> str:
    """Return a path as a unit's line takes it (systemd.syntax(7))."""
    text = f"{'-' if optional else ''}{path}"
    for special, escaped in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%")):
        text = text.replace(special, escaped)
    return f'"{text}"' if re.search(r"[\s'\"]", text) else text


def _drop_ins(config: Config, *, cpu_only: bool, version: int) -> Iterator[str]:
    if version >= _BACKS_OFF_FROM:
        yield "backoff.conf"
    if cpu_only:
        yield "cpu-only.conf"
        asks = config.transcribe.download or config.llm.model or config.notify.urls
        if asks or _URLS.exists() or config.metrics.port or config.web.port:
            yield "network.conf"


def _write(path: Path, text: str) -> None:
    with reported("cannot be written", path, ConfigError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.parent.chmod(path.parent.stat().st_mode | 0o555)  # whatever the umask: it is read by
        path.chmod(0o644)  # the service's user

"""The parsers of the commands for who looks after the service and its queue."""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from karaokify_daemon.service.arguments import CONFIG_HELP, add_command, add_config, add_settings

_add = partial(add_command, module="karaokify_daemon.service.operations")


def add_to(commands: Any) -> None:
    """Add them to those of the command line."""
    for add in (_retry, _hold, _release, _unlock):
        add(commands)
    for add in (_status, _health, _web, _logs, _notify, _install, _uninstall):
        add(commands)


def _status(commands: Any) -> None:
    parser = _add(commands, "status", "tell what the service does, whether it runs or not")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--watch", action="store_true", help="go on, until Control-C")
    how.add_argument("--json", action="store_true", help="for programs")
    add_config(parser)


def _health(commands: Any) -> None:
    parser = _add(commands, "health", "tell in one line whether the service works: 0 yes, 1 no")
    add_config(parser)


def _web(commands: Any) -> None:
    add_config(_add(commands, "web", "tell the address of the web page, for you"))


def _logs(commands: Any) -> None:
    parser = _add(commands, "logs", "show the log, of log.file or of systemd's journal, readably")
    parser.add_argument("-f", "--follow", action="store_true", help="go on, until Control-C")
    parser.add_argument("-n", "--lines", type=int, default=200, help="the last N (200)")
    parser.add_argument("--job", metavar="NAME", help="of one recording: its file name, or job_id")
    parser.add_argument("--file", type=Path, help="a log file, instead of that of --config")
    parser.add_argument("--user", action="store_true", help="of your own service")
    parser.add_argument("--config", type=Path, metavar="FILE", help=CONFIG_HELP)
    add_settings(parser)


def _notify(commands: Any) -> None:
    add_config(_add(commands, "notify", "send a test message to each url of [notify]"))


def _install(commands: Any) -> None:
    parser = _add(commands, "install", "have systemd run the service; what it does is shown first")
    _add_scope(parser)
    parser.add_argument("--config", type=Path, metavar="FILE", help="made where it is not there")
    parser.add_argument(
        "--cpu-only", action="store_true", help="no graphics card: devices are closed to it"
    )


def _uninstall(commands: Any) -> None:
    _add_scope(_add(commands, "uninstall", "undo `install`; recordings and configuration stay"))


def _add_scope(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--user", action="store_true", help="for yourself, without privileges")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _retry(commands: Any) -> None:
    parser = add_command(commands, "retry", "move failed recordings back, or end their wait")
    _add_names(parser, nargs="*")
    parser.add_argument("--all", action="store_true", help="all that failed or wait for a retry")


def _hold(commands: Any) -> None:
    _add_names(add_command(commands, "hold", "keep recordings in the inbox from being begun"))


def _release(commands: Any) -> None:
    _add_names(add_command(commands, "release", "let held recordings go on"))


def _unlock(commands: Any) -> None:
    parser = add_command(
        commands, "unlock", "remove the claim of a process that is dead, on another host"
    )
    _add_names(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask whether it is dead")


def _add_names(parser: argparse.ArgumentParser, nargs: str = "+") -> None:
    parser.add_argument(
        "names",
        nargs=nargs,
        metavar="NAME",
        help="a recording's file name, in a preset's folder as PRESET/NAME",
    )
    add_config(parser)

"""The commands of whoever runs a service: what it does, its log, its unit; `cli` names them."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from karaokify_daemon.config import load
from karaokify_daemon.domain.plain import plain

# ruff: noqa: PLC0415 - a command pays for what it uses only


def status(arguments: argparse.Namespace) -> int:
    """`karaokify-daemon status [--watch] [--json]`."""
    from karaokify_daemon.service import status as module
    from karaokify_daemon.service import status_view

    config = load(arguments.config, settings=arguments.settings)
    if arguments.watch:
        return status_view.watch(lambda: module.status(config))
    found = module.status(config)
    if arguments.json:
        print(json.dumps(dataclasses.asdict(found), ensure_ascii=False, indent=2))
    else:
        status_view.show(found)
    return 0


def health(arguments: argparse.Namespace) -> int:
    """`karaokify-daemon health`."""
    from karaokify_daemon.service import status as module

    found = module.status(load(arguments.config, settings=arguments.settings))
    problem = module.ill(found)
    print(plain(problem) or found.live.line)
    return 1 if problem else 0


def web(arguments: argparse.Namespace) -> int:
    """`karaokify-daemon web`."""
    from karaokify_daemon.service.web.address import address

    print(address(load(arguments.config, settings=arguments.settings)))
    return 0


def logs(arguments: argparse.Namespace) -> int:
    """`karaokify-daemon logs [-f] [--job J]`."""
    from karaokify_daemon.service import logview

    source = arguments.file
    if source is None and arguments.config is not None:
        source = load(arguments.config, settings=arguments.settings).log.file
    found = logview.lines(
        source,
        last=max(0, arguments.lines),
        follows=arguments.follow,
        user=arguments.user,
        unit=logview.unit_of(arguments.config),
    )
    for line in logview.readable(found, job=arguments.job, colors=sys.stdout.isatty()):
        print(line, flush=True)
    return 0


def notify(arguments: argparse.Namespace) -> int:
    """`karaokify-daemon notify`."""
    from karaokify_daemon.service import notifying

    status = 0
    for line, is_sent in notifying.tried(load(arguments.config, settings=arguments.settings)):
        print(line)
        status = status if is_sent else 1
    return status


def install(arguments: argparse.Namespace) -> int:
    """`karaokify-daemon install [--user]`."""
    from karaokify_daemon.service import install as module

    todo = module.plan(
        user=arguments.user,
        config=arguments.config,
        cpu_only=arguments.cpu_only,
        version=module.systemd_version(),
    )
    if not _allowed(todo.lines(), yes=arguments.yes):
        return 1
    module.carry_out(todo)
    scope = "--user " if arguments.user else ""
    print(f"Installed. Follow it with: journalctl {scope}-fu {module.NAME}")
    return 0


def uninstall(arguments: argparse.Namespace) -> int:
    """`karaokify-daemon uninstall [--user]`."""
    from karaokify_daemon.service import install as module

    steps = list(module.undo(user=arguments.user))
    if not _allowed((line for line, _ in steps), yes=arguments.yes):
        return 1
    for _, step in steps:
        if isinstance(step, Path):
            step.unlink(missing_ok=True)
        else:
            module.run(step)
    print("Uninstalled. Configuration, recordings, bundles and the service's user stay.")
    return 0


def _allowed(lines: Iterable[str], *, yes: bool) -> bool:
    """Show what will be done; tell whether it is to be."""
    print("This will:", *lines, sep="\n  ")
    if yes or agreed("Type yes to go on: "):
        return True
    print("Nothing was done; --yes does it without a question.")
    return False


def agreed(question: str) -> bool:
    """Ask at the terminal; tell whether the answer was yes. Nobody there is a no."""
    return sys.stdin.isatty() and input(question).strip().lower() == "yes"

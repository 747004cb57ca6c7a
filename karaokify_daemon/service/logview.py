"""`logs`: the log as people read it, from the log file, the journal of systemd, or a pipe."""

import json
import subprocess
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import structlog

from karaokify_daemon.adapters.tail import follow
from karaokify_daemon.errors import ConfigError

UNIT = "karaokify-daemon"
_SYSTEMS = Path("/etc/karaokify-daemon")


def lines(
    source: Path | None, *, last: int, follows: bool, user: bool, unit: str = UNIT
) -> Iterator[str]:
    """Yield the last lines of a log file, or of systemd's journal where there is none.

    With `follows`, those to come, too, until the reader closes. Raises ConfigError.
    """
    if source is None:
        yield from _of_journal(unit, last=last, follows=follows, user=user)
        return
    try:
        with source.open(encoding="utf-8", errors="backslashreplace") as file:
            yield from deque(file, maxlen=last)
            if follows:
                yield from follow(source, file)
    except OSError as error:
        raise ConfigError(
            f"the log cannot be read ({error.strerror})",
            file=str(source),
            advice="Is log.file set, and has the service run since?",
        ) from error


def readable(
    found: Iterable[str], *, job: str | None = None, colors: bool = False
) -> Iterator[str]:
    """Yield log lines for people; with `job`, those of one recording: by its name, or its id."""
    render = structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=16, sort_keys=False)
    for line in found:
        event = _event(line)
        if job is None or (event and job in (event.get("job_id"), event.get("file"))):
            yield str(render(None, "", event)) if event else line.rstrip("\n")


def _event(line: str) -> dict[str, Any] | None:
    """Return what a line tells; None where it is none of ours."""
    with suppress(ValueError, RecursionError):
        event = json.loads(line)
        if isinstance(event, dict) and "event" in event:
            return event
    return None


def unit_of(config: Path | None) -> str:
    """Return which unit a configuration is of, as the units that are shipped name them.

    >>> unit_of(Path("/etc/karaokify-daemon/talks.toml")), unit_of(None)
    ('karaokify-daemon@talks', 'karaokify-daemon')
    """
    if config is None or config.parent != _SYSTEMS or config.stem == "config":
        return UNIT
    return f"{UNIT}@{config.stem}"


def _of_journal(unit: str, *, last: int, follows: bool, user: bool) -> Iterator[str]:
    command = ["journalctl", "--unit", unit, "--output", "cat", "--lines", str(last)]
    command += ["--user"] if user else []
    command += ["--follow"] if follows else []
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace")
    except OSError as error:
        raise ConfigError(
            f"the journal of systemd cannot be read ({error.strerror})",
            advice="Set log.file in the configuration, and read that.",
        ) from error
    assert process.stdout is not None
    with closing(process.stdout) as stdout:
        try:
            yield from stdout
        finally:
            process.terminate()
            process.wait()

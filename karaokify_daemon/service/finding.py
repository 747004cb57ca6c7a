"""What `check` finds: one line each, with what to do about it."""

import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from karaokify_daemon.domain.names import printable

Status = Literal["ok", "warn", "fail"]

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "bold red"}
_WIDEST = 160


@dataclass(frozen=True)
class Finding:
    """One finding: what was looked at, how it is, and what to do where it is not well."""

    name: str
    status: Status
    text: str
    advice: str = ""

    @property
    def line(self) -> str:
        """The text and the advice, on one line whatever names and values are in it."""
        whole = f"{self.text}. {self.advice}" if self.advice else self.text
        return "".join(c if c.isprintable() else " " for c in printable(whole))


def render(findings: Sequence[Finding], *, terminal: bool | None = None) -> str:
    """Return a table for a terminal; elsewhere plain text, one line per finding.

    `terminal` is what standard output is by default.
    """
    if terminal is None:
        terminal = sys.stdout.isatty()
    rendered = _table(findings) if terminal else _plain(findings)
    return f"{rendered}\n{_verdict(findings)}"


def _plain(findings: Sequence[Finding]) -> str:
    width = max((len(finding.name) for finding in findings), default=0)
    return "\n".join(f"{f.status:<4}  {f.name:<{width}}  {f.line}" for f in findings)


def _table(findings: Sequence[Finding]) -> str:
    table = Table(box=None, pad_edge=False, show_header=False)
    for _ in range(3):
        table.add_column(overflow="fold")
    for finding in findings:
        status = Text(finding.status, style=_COLOURS[finding.status])
        table.add_row(status, Text(finding.name, style="bold"), Text(finding.line))
    console = Console(file=io.StringIO(), force_terminal=True)
    console.width = min(console.width, _WIDEST)
    with console.capture() as capture:
        console.print(table)
    return capture.get().rstrip("\n")


def _verdict(findings: Sequence[Finding]) -> str:
    failures = sum(finding.status == "fail" for finding in findings)
    warnings = sum(finding.status == "warn" for finding in findings)
    if failures:
        return f"The service cannot run: {failures} to correct, {warnings} to look at."
    return "The service can run" + (f"; {warnings} to look at." if warnings else ".")

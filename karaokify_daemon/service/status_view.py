"""`status` as people read it: tables and bars on a terminal, plain text elsewhere."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

from rich.console import Console, Group, RenderableType
from rich.live import Live as Screen
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from karaokify_daemon.domain.plain import plain
from karaokify_daemon.domain.status import Live, Queued, Status

_SHOWN = 10
_EVERY_S = 1.0
_AGE_NAMES = ("< 1 min", "< 10 min", "< 1 h", "< 6 h", "< 1 day", "< 1 week", "older")
_GB = 1e9


def view(status: Status, at: float | None = None) -> RenderableType:
    """Return all of it; `at` is the time of looking, in Unix seconds."""
    at = time.time() if at is None else at
    return Group(*_parts(status, at))


def show(status: Status) -> None:
    """Print it."""
    Console(highlight=False).print(view(status))


def watch(look: Callable[[], Status]) -> int:
    """Show it again and again, until Control-C."""
    with Screen(view(look()), console=Console(highlight=False), auto_refresh=False) as screen:
        while True:
            time.sleep(_EVERY_S)
            screen.update(view(look()), refresh=True)


def _parts(status: Status, at: float) -> Iterator[RenderableType]:
    yield _head(status, at)
    yield _counts(status)
    for section in _sections(status, at):
        yield Text()
        yield section


def _sections(status: Status, at: float) -> Iterator[RenderableType]:
    live = status.live
    if live.running:
        yield _running(live)
    if live.queue:
        yield _queue(live, at)
    if live.refused:
        yield _files("Never taken", live.refused, at)
    if status.failures:
        yield _failures(status)
    yield _machine(status)


def _head(status: Status, at: float) -> Text:
    live = status.live
    if not status.seen:
        return Text("The service has not run yet with this configuration.", "yellow")
    if not status.is_alive:
        return Text(
            f"The service does not run; it was last seen {_ago(at - status.seen)} ago.", "red"
        )
    who = f"karaokify-daemon {live.version}, process {live.pid}, {live.state}"
    head = Text(f"{who} for {_ago(at - live.started)}", "green")
    if status.problem:
        head.append(f"\n{plain(status.problem)}", "red")
    return head


def _counts(status: Status) -> Text:
    live = status.live
    parts = [f"{len(live.running)} at work, {live.queued} waiting"]
    parts += [f"{count} {state}" for state, count in sorted(status.jobs.items())
              if state in ("done", "failed", "held")]  # fmt: skip
    return Text(", ".join(parts))


def _running(live: Live) -> Table:
    table = _table("At work", "file", "stage", "", "", "speed", "left")
    for one in live.running:
        bar = ProgressBar(total=1.0, completed=one.fraction, width=24)
        speed = "" if one.speed is None else f"{one.speed:.1f} x"
        left = "" if one.eta is None else _ago(one.eta)
        table.add_row(_safe(one.name), one.stage, bar, f"{one.fraction:.0%}", speed, left)
        if one.waits_for:
            table.add_row("", Text(plain(f"waits: {one.waits_for}"), "yellow"))
    return table


def _queue(live: Live, at: float) -> Group:
    lines: list[RenderableType] = [_files("Waiting", live.queue, at)]
    if (more := live.queued - _SHOWN) > 0:
        lines.append(Text(f"and {more} more"))
    if live.oldest is not None:
        counts = zip(live.ages, _AGE_NAMES, strict=False)
        ages = ", ".join(f"{count} {name}" for count, name in counts if count)
        lines.append(Text(f"Ages: {ages}; the oldest came {_ago(at - live.oldest)} ago", "dim"))
    return Group(*lines)


def _files(title: str, files: tuple[Queued, ...], at: float) -> Table:
    table = _table(title, "file", "why", "until")
    for one in files[:_SHOWN]:
        until = "" if one.until is None else f"in {_ago(max(0.0, one.until - at))}"
        table.add_row(_safe(one.name), _safe(one.reason), until)
    return table


def _failures(status: Status) -> Table:
    table = _table("Failed last", "file", "when", "why")
    for one in status.failures[:_SHOWN]:
        table.add_row(_safe(one.name), _safe(one.at), _safe(f"{one.problem}. {one.advice}"))
    return table


def _machine(status: Status) -> Table:
    table = Table.grid(padding=(0, 2))
    live = status.live
    for worker in live.workers:
        what = f"{worker.model} on {worker.device}" if worker.model else "no model in memory"
        held = f", {worker.memory / _GB:.1f} GB" if worker.memory else ""
        restarts = f", started again {worker.restarts} times" if worker.restarts else ""
        table.add_row("Worker", f"{what}{held}{restarts}")
    held = f"{live.memory / _GB:.1f} GB held, " if live.memory else ""
    if status.memory_free is not None:
        table.add_row("Memory", f"{held}{status.memory_free / _GB:.1f} GB free")
    for disk in status.disks:
        free = f"{disk.free / _GB:.1f} of {disk.total / _GB:.1f} GB free"
        table.add_row("Disk", f"{free} ({', '.join(disk.folders)})")
    if live.cache is not None:
        table.add_row("Cache", f"{live.cache / _GB:.2f} GB, models aside")
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=f"[bold]{title}[/bold]",
        title_justify="left",
        title_style="",
        box=None,
        padding=(0, 1),
        pad_edge=False,
    )
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _safe(text: str) -> str:
    """Return a stranger's text without orders to the terminal, or to what draws the table."""
    return escape(plain(text))


def _ago(seconds: float) -> str:
    """Return a length of time as people say it.

    >>> _ago(5), _ago(125), _ago(3 * 86400)
    ('5 s', '0:02:05', '3 days, 0:00:00')
    """
    if seconds < 60:
        return f"{max(0.0, seconds):.0f} s"
    return str(timedelta(seconds=round(seconds)))

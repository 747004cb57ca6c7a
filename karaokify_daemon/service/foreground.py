"""`process`: one file after the other, with a progress bar per stage on a terminal."""

import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import structlog
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from karaokify_daemon.adapters.files.held import hold
from karaokify_daemon.config import Config, Log
from karaokify_daemon.domain.job import Job, Stage
from karaokify_daemon.domain.names import is_media, printable, sidecars_of
from karaokify_daemon.domain.plain import plain
from karaokify_daemon.domain.record import Record
from karaokify_daemon.errors import KaraokifyError, NotMediaError
from karaokify_daemon.pipeline.gate import Gate
from karaokify_daemon.pipeline.means import Means
from karaokify_daemon.pipeline.run import Notes, Pipeline, Result
from karaokify_daemon.service import logs
from karaokify_daemon.service.workers import Workers


def process_files(files: Iterable[Path], config: Config) -> int:
    """Make each file's bundle; return 1 when one failed. Sources stay where they are."""
    logs.configure(Log(level="error"), stream=sys.stderr)
    console, failed = Console(stderr=True, highlight=False), 0
    with ExitStack() as parts:
        workers = Workers(config)
        parts.callback(workers.close)
        gate = Gate(config.limits, config.folders, patient=False)
        pipeline = Pipeline(config, Means(config, workers, gate))
        for path in files:
            try:
                result = _process(pipeline, path, console)
            except KaraokifyError as error:
                failed += 1
                text = escape("\n  ".join([str(error), *error.cause]))
                console.print(f"[red]failed[/red] {text}", soft_wrap=True)
            else:
                print(result.bundle)
                for warning in result.figures.get("warnings", ()):
                    print(f"warning: {plain(warning)}", file=sys.stderr)
    return 1 if failed else 0


def _process(pipeline: Pipeline, path: Path, console: Console) -> Result:
    path = path.absolute()
    if not path.is_file():
        raise NotMediaError("is not a file", file=str(path), advice="Check the path.")
    if not is_media(path):
        raise NotMediaError("is not named like audio or video", file=str(path))
    siblings = [p for p in path.parent.iterdir() if p.is_file()]
    job = Job(id="foreground", media=path, sidecars=sidecars_of(path, siblings))
    with (
        _Bars(console, printable(path.name)) as bars,
        structlog.contextvars.bound_contextvars(file=printable(path.name)),
    ):
        notes = Notes(Record.of(job))
        try:
            with hold(job, follow=True) as held:
                return pipeline.process(held, bars, notes)
        finally:
            pipeline.forget(notes.record)


class _Bars:
    """A bar per stage on a terminal; nothing elsewhere."""

    def __init__(self, console: Console, title: str) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<11}"),
            BarColumn(bar_width=40),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[Stage, TaskID] = {}
        if console.is_terminal:
            console.print(title, style="bold", markup=False)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def finished(self, stage: Stage, seconds: float) -> None:
        """Its bar is full."""

    def lasts(self, duration_ms: int | None) -> None:
        """Need not be told."""

    def progress(self, stage: Stage, fraction: float) -> None:
        """Move the bar of a stage."""
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(str(stage), total=1.0)
        self._progress.update(self._tasks[stage], completed=fraction)

    def cancelled(self) -> bool:
        """Control-C raises by itself."""
        return False

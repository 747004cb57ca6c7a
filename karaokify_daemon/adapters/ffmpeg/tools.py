"""FFmpeg and ffprobe as the configuration names them."""

import functools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from karaokify_daemon.adapters.ffmpeg.process import Caps, execute
from karaokify_daemon.config import Limits

_ALWAYS = ["-nostdin", "-hide_banner", "-y", "-nostats", "-progress", "pipe:1"]
_PROBE_SECONDS = 60.0

OnProgress = Callable[[float], None]
Cancelled = Callable[[], bool]


def never() -> bool:
    """Tell that nobody wants to stop."""
    return False


class Ffmpeg:
    """The two programs and the limits they run under; safe to share between threads."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits

    def within(self, limits: Limits) -> "Ffmpeg":
        """Return the same within other limits."""
        return Ffmpeg(limits)

    def run(
        self,
        args: list[str],
        *,
        file: str,
        deadline: float,
        cwd: Path | None = None,
        duration_ms: int | None = None,
        on_progress: OnProgress | None = None,
        cancelled: Cancelled = never,
    ) -> str:
        """Run ffmpeg with arguments and return the end of its log.

        `deadline` is in seconds; `duration_ms` is the length of the output, for the fraction that
        `on_progress` hears (from another thread). Raises FfmpegError (details: stderr),
        DeadlineError, CancelledError, MemoryLimitError.
        """
        heard = _Progress(duration_ms, on_progress)
        quiet = [] if "-loglevel" in args else ["-loglevel", "warning"]
        return execute(
            [self.limits.ffmpeg, *_ALWAYS, *quiet, *_threaded(args, self.limits.ffmpeg_threads)],
            file=file,
            deadline=deadline,
            caps=Caps.of(self.limits),
            cwd=cwd,
            on_line=heard.line,
            cancelled=cancelled,
        )

    def probe_json(
        self, args: list[str], *, file: str, deadline: float = _PROBE_SECONDS
    ) -> dict[str, Any]:
        """Run ffprobe with arguments and return what it tells. Raises as `run` does."""
        lines: list[str] = []
        execute(
            [self.limits.ffprobe, "-hide_banner", "-loglevel", "error", "-of", "json", *args],
            file=file,
            deadline=deadline,
            caps=Caps.of(self.limits),
            on_line=lines.append,
        )
        told: dict[str, Any] = json.loads("\n".join(lines))
        return told

    def version(self) -> str:
        """Return FFmpeg's version, such as `5.1.9-0+deb12u1`. Raises FfmpegError."""
        return _version(self.limits.ffmpeg)


def _threaded(args: list[str], threads: int) -> list[str]:
    """Return arguments with so many threads for filters, and for inputs that do not say; 0: any.

    >>> " ".join(_threaded(["-ss", "1", "-i", "a", "-threads", "1", "-i", "b", "c"], 2))
    '-filter_complex_threads 2 -ss 1 -threads 2 -i a -threads 1 -i b c'
    """
    if not threads:
        return args
    of_input = ["-threads", str(threads)]
    whole, told = ["-filter_complex_threads", str(threads)], False
    for part in args:
        if part == "-i":
            whole += [] if told else of_input
            told = False
        told = told or part == "-threads"
        whole.append(part)
    return whole


@functools.cache
def _version(binary: str) -> str:
    lines: list[str] = []
    execute([binary, "-version"], file=binary, deadline=_PROBE_SECONDS, on_line=lines.append)
    found = re.match(r"ffmpeg version (\S+)", lines[0] if lines else "")
    return found[1] if found else "unknown"


class _Progress:
    """Turns the lines of `-progress` into fractions."""

    def __init__(self, duration_ms: int | None, on_progress: OnProgress | None) -> None:
        self._duration_us = (duration_ms or 0) * 1000
        self._on_progress = on_progress

    def line(self, line: str) -> None:
        """Hear one `key=value` line."""
        key, _, value = line.partition("=")
        if self._on_progress is None or not self._duration_us:
            return
        if key == "out_time_us" and value.lstrip("-").isdigit():
            self._on_progress(min(1.0, max(0.0, int(value) / self._duration_us)))

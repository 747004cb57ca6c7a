"""Running FFmpeg's programs: always with a deadline, stoppable, and never outliving the call."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

from karaokify_daemon.errors import (
    CancelledError,
    DeadlineError,
    FfmpegError,
    KaraokifyError,
    MachineError,
)

_POLL_SECONDS = 0.1
_GRACE_SECONDS = 2.0
_KEPT_LINES = 400
_LONGEST_LINE = 2000
TAIL_LINES = 20

OnLine = Callable[[str], None]


def find(binary: str) -> str:
    """Return the path of a program. Raises MachineError."""
    path = shutil.which(binary)
    if path is None:
        raise MachineError(f"the program {binary!r} was not found")
    return path


def execute(
    command: list[str],
    *,
    file: str,
    deadline: float,
    nice: int = 0,
    cwd: Path | None = None,
    on_line: OnLine = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> str:
    """Run a command and return the end of what it wrote to stderr.

    `deadline` is in seconds from now; `on_line` hears each line of stdout, in a thread of its
    own; what it raises ends the command and comes out here. Raises MachineError, or DeadlineError,
    CancelledError or FfmpegError with the last lines of stderr.
    """
    with subprocess.Popen(
        [*_guards(nice), find(command[0]), *command[1:]],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # a Ctrl-C is for us to act on, and helpers of it die with it
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        kept: deque[str] = deque(maxlen=_KEPT_LINES)
        readers = [_Reader(child.stdout, on_line), _Reader(child.stderr, kept.append)]
        problem: KaraokifyError | None = None
        try:
            problem = _wait(child, file, deadline, cancelled, readers[0])
        finally:
            _stop(child)
            for reader in readers:
                reader.join()
    if readers[0].raised is not None:
        raise readers[0].raised
    if problem is None and child.returncode != 0:
        problem = FfmpegError(_problem(child.returncode), file=file)
    if problem is not None:
        problem.details["stderr"] = "\n".join(list(kept)[-TAIL_LINES:])
        raise problem
    return "\n".join(kept)


def _guards(nice: int) -> list[str]:
    """Return what stands before the command: it yields to others, and dies if we are killed."""
    guards = []
    if setpriv := shutil.which("setpriv"):
        guards += [setpriv, "--pdeathsig", "KILL"]
    if nice and (nicer := shutil.which("nice")):
        guards += [nicer, "-n", str(nice)]
    return guards


class _Reader(threading.Thread):
    """Hands over each line of a stream, to its end: FFmpeg stands still where nobody reads."""

    def __init__(self, stream: IO[bytes], on_line: OnLine) -> None:
        super().__init__(daemon=True)
        self.raised: BaseException | None = None  # by the first call that failed, and the last one
        self._stream, self._on_line = stream, on_line
        self.start()

    def run(self) -> None:
        for line in _lines(self._stream):
            if self.raised is None:
                try:
                    self._on_line(line)
                except BaseException as error:
                    self.raised = error


def _wait(
    child: subprocess.Popen[bytes],
    file: str,
    deadline: float,
    cancelled: Callable[[], bool],
    reader: _Reader,
) -> KaraokifyError | None:
    """Return when the child has ended, or why it must."""
    end = time.monotonic() + deadline
    while reader.raised is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_POLL_SECONDS)
            return None
        if cancelled():
            return CancelledError("was stopped", file=file)
        if time.monotonic() > end:
            return DeadlineError(f"took FFmpeg longer than {deadline:.0f} s", file=file)
    return None


def _stop(child: subprocess.Popen[bytes]) -> None:
    """End the child and whatever it started; it may have ended already."""
    if child.poll() is not None:
        return
    for number, seconds in ((signal.SIGTERM, _GRACE_SECONDS), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
            return


def _lines(stream: IO[bytes]) -> Iterable[str]:
    """Yield lines, cut to a sane length: a stranger's file may make FFmpeg print anything."""
    for raw in iter(lambda: stream.readline(_LONGEST_LINE), b""):
        yield re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", raw.decode("utf-8", "replace").rstrip("\r\n"))


def _problem(code: int) -> str:
    if code < 0:
        return f"FFmpeg was ended by {signal.Signals(-code).name}"
    return f"FFmpeg ended with exit status {code}"

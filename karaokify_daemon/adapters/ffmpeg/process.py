"""Running FFmpeg's programs: always with a deadline, stoppable, and never outliving the call."""

import contextlib
import functools
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

import psutil

from karaokify_daemon.config import Limits
from karaokify_daemon.domain.storage import ADVICE, complaint
from karaokify_daemon.errors import (
    CancelledError,
    DeadlineError,
    FfmpegDiedError,
    FfmpegError,
    KaraokifyError,
    LimitError,
    MachineError,
    MemoryLimitError,
    PublishError,
)

_POLL_SECONDS = 0.1
_GRACE_SECONDS = 2.0
_KEPT_LINES = 400
_LONGEST_LINE = 2000
_OPEN_FILES = 512
_MB = 1_000_000
TAIL_LINES = 20
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|NOTIFY_", re.IGNORECASE)

OnLine = Callable[[str], None]


def find(binary: str) -> str:
    """Return the path of a program. Raises MachineError."""
    path = shutil.which(binary)
    if path is None:
        raise MachineError(f"the program {binary!r} was not found")
    return path


@dataclass(frozen=True, kw_only=True)
class Caps:
    """What a child may take. 0 means no limit, of `nice` no change.

    The kernel sees to it, but for `rss_mb`: that is looked at while the child runs.
    """

    nice: int = 0
    memory_mb: int = 0  # of addresses: what is only reserved counts, too
    output_mb: int = 0  # of each file that it writes
    rss_mb: int = 0  # of memory that it holds

    @classmethod
    def of(cls, limits: Limits) -> Self:
        """Return those of the configuration."""
        return cls(
            nice=limits.nice,
            memory_mb=limits.ffmpeg_memory_mb,
            output_mb=limits.max_output_mb,
            rss_mb=limits.ffmpeg_rss_mb,
        )


def execute(
    command: list[str],
    *,
    file: str,
    deadline: float,
    caps: Caps = Caps(),
    cwd: Path | None = None,
    on_line: OnLine = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> str:
    """Run a command and return the end of what it wrote to stderr.

    `deadline` is in seconds from now; `on_line` hears each line of stdout, in a thread of its
    own; what it raises ends the command and comes out here. Raises MachineError, or with the last
    lines of stderr DeadlineError, CancelledError, LimitError, MemoryLimitError, PublishError where
    a disk is full or read-only, FfmpegDiedError, or FfmpegError.
    """
    with subprocess.Popen(
        [*_guards(caps, deadline), find(command[0]), *command[1:]],
        cwd=cwd,
        env=_environment(),
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
            problem = _wait(child, file, deadline, caps, cancelled, readers[0])
        finally:
            _stop(child)
            for reader in readers:
                reader.join()
    if readers[0].raised is not None:
        raise readers[0].raised
    # FFmpeg 5.1 ends well where it could not write one of several outputs to its end.
    if problem is None and (child.returncode != 0 or complaint(kept)):
        problem = _problem(child.returncode, kept, caps, file)
    if problem is not None:
        problem.details["stderr"] = "\n".join(list(kept)[-TAIL_LINES:])
        raise problem
    return "\n".join(kept)


def _guards(caps: Caps, deadline: float) -> list[str]:
    """Return what stands before the command: it takes no more than it may, and dies with us."""
    guards = []
    if (setpriv := shutil.which("setpriv")) and _works(setpriv):
        guards += [setpriv, "--pdeathsig", "KILL"]
    if prlimit := shutil.which("prlimit"):
        cpu = round(deadline * (os.cpu_count() or 1)) + 10  # the deadline itself comes first
        guards += [prlimit, "--core=0", f"--nofile={_OPEN_FILES}", f"--cpu={cpu}"]
        guards += [f"--as={caps.memory_mb * _MB}"] if caps.memory_mb else []
        guards += [f"--fsize={caps.output_mb * _MB}"] if caps.output_mb else []
    if caps.nice and (nicer := shutil.which("nice")):
        guards += [nicer, "-n", str(caps.nice)]
    if caps.nice and (ionice := shutil.which("ionice")):
        guards += [ionice, "-t", "-c", "best-effort", "-n", "7"]  # -t: it runs in any case
    return guards


@functools.cache
def _works(setpriv: str) -> bool:
    """Tell whether setpriv may do its work: our unit's filter of system calls forbids capset(2).

    There systemd ends what is left of a service that has died.
    """
    try:
        command = [setpriv, "--pdeathsig", "KILL", "true"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _environment() -> dict[str, str]:
    """Return our environment without what looks like a secret: FFmpeg reads strangers' files."""
    return {name: value for name, value in os.environ.items() if not _SECRET.search(name)}


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
    caps: Caps,
    cancelled: Callable[[], bool],
    reader: _Reader,
) -> KaraokifyError | None:
    """Return when the child has ended, or why it must."""
    end = time.monotonic() + deadline
    while reader.raised is None:
        reader.join(_POLL_SECONDS)  # at once: Popen.wait with a limit may sleep for 50 ms too long
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(0 if reader.is_alive() else _POLL_SECONDS)
            return None
        if cancelled():
            return CancelledError("was stopped", file=file)
        if time.monotonic() > end:
            return DeadlineError(f"took FFmpeg longer than {deadline:.0f} s", file=file)
        if caps.rss_mb and (held := _held_mb(child.pid)) > caps.rss_mb:
            limit = f"limits.ffmpeg_rss_mb = {caps.rss_mb}"
            problem = f"made FFmpeg take {held} MB of memory, more than {limit}"
            return MemoryLimitError(problem, file=file, held_mb=held, limit_mb=caps.rss_mb)
    return None


def _held_mb(pid: int) -> int:
    """Return the memory that a child holds, rounded up; FFmpeg has no children of its own."""
    with contextlib.suppress(psutil.Error):  # it has ended meanwhile
        return -(-int(psutil.Process(pid).memory_info().rss) // _MB)
    return 0


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
    """Yield lines, cut to a sane length: a stranger's file may make FFmpeg print anything.

    What is cut off is no line of its own: there a stranger could say what FFmpeg never said.
    """
    whole = True
    for raw in iter(lambda: stream.readline(_LONGEST_LINE), b""):
        begins, whole = whole, raw.endswith(b"\n")
        if not begins:
            continue
        yield re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", raw.decode("utf-8", "replace").rstrip("\r\n"))


def _problem(code: int, log: Iterable[str], caps: Caps, file: str) -> KaraokifyError:
    if code == -signal.SIGXFSZ:
        limit = f"limits.max_output_mb = {caps.output_mb}"
        return LimitError(f"made FFmpeg write more than {limit}", file=file)
    if code == -signal.SIGXCPU:
        return DeadlineError("took FFmpeg more than its processor time", file=file)
    if code < 0:
        name = signal.Signals(-code).name
        return FfmpegDiedError(f"FFmpeg was ended by {name}", file=file, signal=name)
    if trouble := complaint(log):
        said = f"FFmpeg could not write ({os.strerror(trouble)})"
        return PublishError(said, file=file, advice=ADVICE[trouble])
    return FfmpegError(f"FFmpeg ended with exit status {code}", file=file)

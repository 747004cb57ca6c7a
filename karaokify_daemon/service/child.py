"""The worker process as its parent sees it, and how long to wait for it."""

import queue
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

from karaokify_daemon.config import Transcribe
from karaokify_daemon.errors import MachineError, WorkerDiedError, WorkerStalledError
from karaokify_daemon.service import worker
from karaokify_daemon.service.worker import (
    Answer,
    Begun,
    Cancel,
    Listen,
    Loaded,
    LogLine,
    Order,
    Reply,
)

_JOIN_S = 3.0
_SHORTEST_DEADLINE_S = 120.0


class Patience:
    """How long to wait for a sign of progress: liveness is progress, not a pong."""

    def __init__(
        self,
        settings: Transcribe,
        duration_ms: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._start_s, self._stall_s = settings.start_seconds, settings.stall_seconds
        deadline = settings.start_seconds + settings.deadline_factor * duration_ms / 1000
        self._deadline_s = max(_SHORTEST_DEADLINE_S, deadline)
        self._clock = clock
        self._began = self._heard = clock()
        self.loading = True

    def check(self, reply: Reply | None) -> None:
        """Take note of what was heard, if anything. Raises WorkerStalledError."""
        now = self._clock()
        if isinstance(reply, Loaded | Begun):
            self.loading, self._began = False, now
        if reply is not None and not isinstance(reply, LogLine):
            self._heard = now
        if isinstance(reply, Answer):
            return
        if now - self._heard > (limit := self._start_s if self.loading else self._stall_s):
            what = "load the model" if self.loading else "make any progress"
            raise WorkerStalledError(f"the worker did not {what} within {limit:g} s")
        if not self.loading and now - self._began > self._deadline_s:
            raise WorkerStalledError(f"the worker took longer than {self._deadline_s:g} s")


class Child:
    """The worker process as its parent sees it."""

    def __init__(self, settings: Transcribe, cache: Path) -> None:
        """Start it. Raises MachineError."""
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._replies: queue.SimpleQueue[Reply | None] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._process = context.Process(
            target=worker.main, args=(theirs, settings, cache), name="worker", daemon=True
        )
        # Blocked signals are inherited: a Ctrl-C does not hit the child before it ignores it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        except OSError as error:
            raise MachineError(
                f"the worker could not be started ({error.strerror})",
                advice="Check the limits on processes and memory.",
            ) from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()
        # A thread reads, so that a child stopped in the midst of a message blocks nobody.
        self._reader = threading.Thread(target=self._read, name="worker-replies", daemon=True)
        self._reader.start()
        assert self._process.pid is not None
        self._pid: int = self._process.pid

    @property
    def pid(self) -> int:
        """Process id."""
        return self._pid

    @property
    def ended(self) -> bool:
        """Tell whether the process is gone: the pipe says so, without a race for waitpid."""
        return self._ended.is_set()

    def send(self, message: Order | Listen | Cancel) -> None:
        """Send to the child. Raises WorkerDiedError."""
        try:
            self._pipe.send(message)
        except OSError as error:
            raise self.death("ended") from error

    def receive(self, timeout: float) -> Reply | None:
        """Return the next reply, or None after `timeout` seconds. Raises WorkerDiedError."""
        try:
            reply = self._replies.get(timeout=timeout)
        except queue.Empty:
            return None
        if reply is None:
            raise self.death("ended while it worked")
        return reply

    def death(self, what: str) -> WorkerDiedError:
        """Return the error that says how the process ended."""
        self._process.join(_JOIN_S)
        code = self._process.exitcode
        if code is None or code >= 0:
            return WorkerDiedError(f"the worker {what} (exit code {code})", exit_code=code)
        name = signal.Signals(-code).name
        advice = (
            "The system may have run out of memory (see `dmesg`); use a smaller model."
            if name == "SIGKILL"
            else None
        )
        return WorkerDiedError(f"the worker {what} ({name})", advice=advice, signal=name)

    def kill(self) -> None:
        """End the process now; it holds nothing that must be saved."""
        self._process.kill()
        self._process.join()
        self._reader.join()
        self._pipe.close()
        self._process.close()

    def _read(self) -> None:
        try:
            while True:
                self._replies.put(self._pipe.recv())
        except Exception:  # the end of the pipe, or a message that does not unpickle
            self._ended.set()
            self._replies.put(None)

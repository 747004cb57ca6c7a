"""The supervisor of the worker: starts it, follows its progress, kills and starts it again."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from karaokify_daemon.adapters import resources
from karaokify_daemon.config import Limits, Transcribe
from karaokify_daemon.errors import (
    CancelledError,
    KaraokifyError,
    MemoryLimitError,
    TranscribeError,
    WorkerDiedError,
)
from karaokify_daemon.service.child import Child, Patience
from karaokify_daemon.service.deaths import backoff_seconds, gpu_lost, not_loaded
from karaokify_daemon.service.worker import Answer, Beat, Cancel, Listen, Loaded, LogLine, Order

_POLL_S = 0.1
_ABORT_S = 3.0
_MB = 1_000_000

OnProgress = Callable[[float], None]
OnLog = Callable[[str, dict[str, Any]], None]


class Worker:
    """One resident model behind one method; any thread may call it, one job runs at a time."""

    def __init__(
        self,
        settings: Transcribe,
        *,
        cache: Path,
        limits: Limits | None = None,
        on_log: OnLog | None = None,
    ) -> None:
        """Start nothing yet: the first job does. `on_log` gets event names with their fields.

        `limits` may be replaced at any time.
        """
        self._settings, self._cache = settings, cache
        self.limits = limits or Limits()
        self._on_log = on_log or (lambda _event, _fields: None)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._child: Child | None = None
        self._model: str | None = None
        self._device: str | None = None
        self._jobs = self._deaths = self._restarts = 0
        self._died_at = self._used_at = 0.0

    @property
    def pid(self) -> int | None:
        """Process id of the child, if one runs."""
        child = self._child
        return child.pid if child is not None and not child.ended else None

    @property
    def model(self) -> str | None:
        """Name of the resident model."""
        return self._model

    @property
    def device(self) -> str | None:
        """Where the resident model is: "cuda", "cuda:1" or "cpu"."""
        return self._device

    @property
    def is_ready(self) -> bool:
        """Tell whether it would begin with a job at once: it has not just died, again and again."""
        return self._child is not None or time.monotonic() >= self._ready_at

    @property
    def _ready_at(self) -> float:
        return self._died_at + backoff_seconds(self._deaths)

    @property
    def restarts(self) -> int:
        """How often the child was started again after a death."""
        return self._restarts

    @property
    def deaths(self) -> int:
        """How often it has died since it has last recognised something."""
        return self._deaths

    def recognise(
        self,
        pcm: Path,
        *,
        span: tuple[int, int],
        model: str,
        language: str,
        threads: int = 0,
        batch: int = 1,
        beam: int = 1,
        on_progress: OnProgress | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> dict[str, Any]:
        """Return the engine's result for a part of a file of raw s16le PCM, 16 kHz, mono.

        `span` says from when to when, in milliseconds of the file, as the times of the result do.
        Blocks; loads the model first when another one, or none, is resident. `threads` are those
        of the processor; 0 leaves it to the configuration. `batch` windows are heard at once, and
        `beam` guesses are followed. Raises WorkerDiedError, WorkerStalledError, MemoryLimitError,
        CancelledError, MachineError, ModelError (as well where the worker ends before the model is
        loaded), OutOfMemoryError or TranscribeError.
        """
        order = Order(
            job=0,
            pcm=pcm,
            span=span,
            model=model,
            language=language,
            threads=threads,
            batch=batch,
            beam=beam,
        )
        return self._result(order, span[1] - span[0], cancelled, on_progress)

    def voices(
        self,
        pcm: Path,
        *,
        span: tuple[int, int],
        cancelled: Callable[[], bool] = lambda: False,
    ) -> list[tuple[int, int]]:
        """Return from when to when somebody speaks in a part of the file, in milliseconds of it.

        Raises as `recognise` does.
        """
        order = Listen(job=0, pcm=pcm, span=span)
        found = self._result(order, span[1] - span[0], cancelled, None)["voices"]
        return [(start, end) for start, end in found]

    def _result(
        self,
        order: Order | Listen,
        duration_ms: int,
        cancelled: Callable[[], bool],
        on_progress: OnProgress | None,
    ) -> dict[str, Any]:
        def stop() -> bool:
            return cancelled() or self._closing.is_set()

        with self._turn(stop):
            child = self._running(stop)
            self._jobs += 1
            if isinstance(order, Order) and order.model != self._model:
                self._model = self._device = None
            patience = Patience(self._settings, duration_ms)
            numbered = replace(order, job=self._jobs)
            answer = self._answer(child, numbered, patience, stop, on_progress)
            if answer.error is not None:
                self._end_lost(answer.error)
                raise answer.error
            self._deaths = 0
            assert answer.result is not None
            return answer.result

    def idle(self) -> None:
        """Free the model when it has not been used for `idle_unload_seconds`."""
        limit = self._settings.idle_unload_seconds
        if limit > 0:
            self._end_unused("idle", limit)

    def free(self) -> None:
        """Free the model at once, unless a job uses it: the memory is needed elsewhere."""
        self._end_unused("memory is short", 0.0)

    def _end_unused(self, reason: str, seconds: float) -> None:
        if not self._lock.acquire(blocking=False):
            return
        try:
            if self._child is not None and time.monotonic() - self._used_at >= seconds:
                self._end(reason)
        finally:
            self._lock.release()

    def close(self) -> None:
        """Stop the child, and the job that may be running on it; later jobs are cancelled."""
        self._closing.set()
        with self._lock:
            self._end("closing")

    @contextlib.contextmanager
    def _turn(self, stop: Callable[[], bool]) -> Iterator[None]:
        while not self._lock.acquire(timeout=_POLL_S):
            if stop():
                raise CancelledError("was stopped while it waited for the worker")
        try:
            yield
        finally:
            self._used_at = time.monotonic()
            self._lock.release()

    def _running(self, stop: Callable[[], bool]) -> Child:
        """Return the child, started (again) if need be."""
        if self._child is not None and self._child.ended:
            self._died(self._child.death("ended while idle"))
        if self._child is None:
            while not stop() and (left := self._ready_at - time.monotonic()) > 0:
                self._closing.wait(min(left, _POLL_S))
        if stop():
            raise CancelledError("was stopped before it was recognised")
        if self._child is None:
            self._child = Child(self._settings, self._cache)
            resources.step_back(self._child.pid, self.limits.nice)
            self._restarts += self._deaths > 0
            self._on_log("worker.started", {"pid": self._child.pid})
        return self._child

    def _answer(
        self,
        child: Child,
        order: Order | Listen,
        patience: Patience,
        stop: Callable[[], bool],
        on_progress: OnProgress | None,
    ) -> Answer:
        try:
            child.send(order)
            return self._follow(child, order.job, patience, stop, on_progress)
        except WorkerDiedError as error:
            self._died(error)
            if patience.loading:  # the recording, which was not yet looked at, has no part in it
                raise not_loaded(error) from error
            raise
        except MemoryLimitError:
            self._end("took too much memory")
            raise
        except BaseException:  # cancelled, Ctrl-C, or the callback's own: the child must stop too
            self._abort(child, order.job)
            raise

    def _follow(
        self,
        child: Child,
        job: int,
        patience: Patience,
        stop: Callable[[], bool],
        on_progress: OnProgress | None,
    ) -> Answer:
        shown = -1.0
        while True:
            if stop():
                raise CancelledError("was stopped while it was recognised")
            reply = child.receive(_POLL_S)
            patience.check(reply)
            self._check_memory(child)
            match reply:
                case LogLine(event, fields):
                    self._on_log(event, fields)
                case Loaded(job=of) if of == job:
                    self._model, self._device = reply.model, reply.device
                case Beat(of, fraction) if of == job and not patience.loading:
                    if on_progress is not None and fraction > shown:
                        on_progress(fraction)
                        shown = fraction
                case Answer(job=of) if of == job:
                    return reply

    def _check_memory(self, child: Child) -> None:
        limit = self.limits.worker_rss_mb
        if limit and (held := -(-resources.rss(child.pid) // _MB)) > limit:
            problem = f"made the worker take {held} MB of memory, more than limits.worker_rss_mb"
            raise MemoryLimitError(f"{problem} = {limit}", held_mb=held, limit_mb=limit)

    def _abort(self, child: Child, job: int) -> None:
        """Have the child stop the job by itself, which keeps the model; else kill it."""
        until = time.monotonic() + _ABORT_S
        try:
            child.send(Cancel(job))
            while time.monotonic() < until:
                reply = child.receive(_POLL_S)
                if isinstance(reply, Answer) and reply.job == job:
                    return
        except WorkerDiedError:
            pass
        self._end("did not stop a cancelled job")

    def _died(self, error: WorkerDiedError) -> None:
        self._on_log("worker.died", {"problem": error.problem, **error.details})
        self._end("died")
        self._deaths += 1
        self._died_at = time.monotonic()

    def _end_lost(self, error: KaraokifyError) -> None:
        """End a child whose engine is of no use any more; raise WorkerDiedError for its recording.

        A GPU may fail for any recording: only one over which it does so twice is set aside.
        """
        if not error.details.get("engine_lost"):
            return
        if not isinstance(error, TranscribeError):  # a model that cannot be had is waited for
            self._end("engine lost")
            return
        lost = gpu_lost(error)
        self._died(lost)
        raise lost from error

    def _end(self, reason: str) -> None:
        if self._child is None:
            return
        pid = self._child.pid
        self._child.kill()
        self._child = self._model = self._device = None
        self._on_log("worker.stopped", {"pid": pid, "reason": reason})

"""The worker: a child process that owns the resident model and does one order after the other.

It speaks over a private pipe, never over stdout, because the engine prints there. It ends when
the pipe does, so a killed service leaves no worker behind: a thread of its own waits for that,
since PR_SET_PDEATHSIG would also fire at the end of the mere thread that started the worker.
"""

import faulthandler
import logging
import os
import queue
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from karaokify_daemon.adapters.resources import cpus
from karaokify_daemon.adapters.voices import voices
from karaokify_daemon.adapters.whisper.engines import FIRST_RUNGS
from karaokify_daemon.adapters.whisper.resident import Resident
from karaokify_daemon.config import Transcribe
from karaokify_daemon.errors import CancelledError, KaraokifyError, TranscribeError

_BEAT_S = 0.2


@dataclass(frozen=True, kw_only=True)
class Order:
    """Recognise this part of a file (from, to, in milliseconds) with this model."""

    job: int
    pcm: Path
    span: tuple[int, int]
    model: str
    language: str
    threads: int = 0
    batch: int = 1
    beam: int = 1


@dataclass(frozen=True, kw_only=True)
class Listen:
    """Find out when somebody speaks in this part of a file (from, to, in milliseconds)."""

    job: int
    pcm: Path
    span: tuple[int, int]


@dataclass(frozen=True)
class Cancel:
    """Stop working on this job."""

    job: int


@dataclass(frozen=True)
class Beat:
    """The job goes on; the fraction is of the download before the model is loaded."""

    job: int
    fraction: float


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """The job's model is in memory."""

    job: int
    model: str
    device: str


@dataclass(frozen=True)
class Begun:
    """The job goes on without a model to load."""

    job: int


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The job is over: the engine's result, or the error."""

    job: int
    result: dict[str, Any] | None = None
    error: KaraokifyError | None = None


@dataclass(frozen=True)
class LogLine:
    """Something for the service's log."""

    event: str
    fields: dict[str, Any] = field(default_factory=dict)


Reply = Beat | Loaded | Begun | Answer | LogLine


def main(pipe: Connection, settings: Transcribe, cache: Path) -> None:
    """Run in the child until told to stop."""
    _settle_in()
    link = Link(pipe)
    logging.getLogger().addHandler(_Forward(link))
    logging.captureWarnings(capture=True)
    desk = _Desk(link, settings, cache)
    while True:
        desk.serve(link.next_order())


class Link:
    """The worker's end of the pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._sending = threading.Lock()
        self._orders: queue.SimpleQueue[Order | Listen] = queue.SimpleQueue()
        self._cancelled = 0
        threading.Thread(target=self._listen, name="link", daemon=True).start()

    def send(self, reply: Reply) -> None:
        """Send to the service; without a service there is nothing left to do here."""
        with self._sending:
            try:
                self._pipe.send(reply)
            except (BrokenPipeError, ConnectionResetError):
                os._exit(0)

    def next_order(self) -> Order | Listen:
        """Wait for the next order."""
        return self._orders.get()

    def is_cancelled(self, job: int) -> bool:
        """Tell whether this job, or a later one, has been cancelled."""
        return self._cancelled >= job

    def _listen(self) -> None:
        while True:
            try:
                message = self._pipe.recv()
            except (EOFError, OSError):
                os._exit(0)  # the main thread may be deep in native code: no other way out
            if isinstance(message, Cancel):
                self._cancelled = message.job
            else:
                self._orders.put(message)


class _Desk:
    """What the worker keeps from one order to the next: the engine."""

    def __init__(self, link: Link, settings: Transcribe, cache: Path) -> None:
        self._link, self._settings = link, settings
        self._resident = Resident(settings, cache, self._tell)

    def serve(self, order: Order | Listen) -> None:
        """Carry out an order and send its answer, whatever happens."""
        try:
            answer = Answer(job=order.job, result=self._result(order))
        except KaraokifyError as error:
            answer = Answer(job=order.job, error=error)
        except Exception as error:  # a bug of ours or the engine's must not end the resident model
            trace = "".join(traceback.format_exception(error)[-3:])
            problem = f"the worker failed ({type(error).__name__}: {error})"
            answer = Answer(job=order.job, error=TranscribeError(problem, trace=trace))
        try:
            self._link.send(answer)
        except Exception as error:  # pickle raises whatever a field's own reduction does
            problem = f"the worker's answer could not be sent ({type(error).__name__}: {error})"
            self._link.send(Answer(job=order.job, error=TranscribeError(problem)))

    def _recognise(self, order: Order) -> dict[str, Any]:
        result = self._resident.recognise(
            order.pcm,
            span=order.span,
            model=order.model,
            language=order.language,
            threads=order.threads or self._settings.threads or cpus(),
            batch=order.batch,
            beam=order.beam,
            on_progress=_Pulse(self._link, order.job),
            on_loaded=lambda model, device: self._link.send(
                Loaded(job=order.job, model=model, device=device)
            ),
        )
        if (rung := result["engine"]["rung"]) not in FIRST_RUNGS:
            self._link.send(LogLine("engine.fallback", {"rung": rung, "model": order.model}))
        return result

    def _result(self, order: Order | Listen) -> dict[str, Any]:
        return self._listen(order) if isinstance(order, Listen) else self._recognise(order)

    def _listen(self, order: Listen) -> dict[str, Any]:
        self._link.send(Begun(order.job))
        beat = _Pulse(self._link, order.job)
        return {"voices": voices(order.pcm, order.span, lambda: beat(0.0))}

    def _tell(self, event: str, fields: dict[str, Any]) -> None:
        self._link.send(LogLine(event, fields))


class _Pulse:
    """Progress callback that sends beats, not too many, and raises when the job is cancelled."""

    def __init__(self, link: Link, job: int) -> None:
        self._link, self._job = link, job
        self._sent = float("-inf")

    def __call__(self, fraction: float) -> None:
        if self._link.is_cancelled(self._job):
            raise CancelledError("was stopped while it was recognised")
        now = time.monotonic()
        if now - self._sent >= _BEAT_S or fraction >= 1.0:
            self._sent = now
            self._link.send(Beat(self._job, fraction))


class _Forward(logging.Handler):
    """Pass on what libraries log and warn."""

    def __init__(self, link: Link) -> None:
        super().__init__(logging.WARNING)
        self._link = link

    def emit(self, record: logging.LogRecord) -> None:
        fields = {"logger": record.name, "message": record.getMessage()[:2000]}
        self._link.send(LogLine("library", fields))


def _settle_in() -> None:
    """Cut the ties to the service's terminal: its Ctrl-C, its stdin and its stdout.

    Leave processors to others, too, while threads wait.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the service's to handle
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)  # also what native code prints
    # OpenMP's threads spin while they wait for each other: beside a render that took four times the
    # processor time that recognition needs. It is read when PyTorch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.stdout = sys.stderr
    faulthandler.enable()

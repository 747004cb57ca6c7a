"""The workers: one resident model on each device, recordings in turn."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from karaokify_daemon.adapters import resources
from karaokify_daemon.config import Config, Limits
from karaokify_daemon.domain.status import WorkerState
from karaokify_daemon.pipeline.recognition import OnProgress, Seat
from karaokify_daemon.pipeline.turns import Turns
from karaokify_daemon.service.supervisor import OnLog, Worker

_OF_JOBS = {
    "language",
    "no_speech",
    "chunk_seconds",
    "vad",
    "batch",
    "beam",
}  # of [transcribe], told with each job
_OFTEN = 3  # a recording that kills it is set aside at the second time
_LAST_DIGITS = 7  # of a worker's bytes, which are no news


def differ(config: Config, other: Config) -> bool:
    """Tell whether two configurations need different workers."""
    one, two = (
        (each.limits.workers, each.transcribe.model_dump(exclude=_OF_JOBS))
        for each in (config, other)
    )
    return one != two


def _threads(workers: int) -> int:
    """Return how many threads each of some workers has, so that they share the processors."""
    return max(1, resources.cpus() // workers)


class Workers:
    """What recognises for all jobs of the service; it is called from their threads."""

    def __init__(self, config: Config, on_log: OnLog | None = None) -> None:
        """Start nothing yet: the first jobs do. `on_log` gets event names with their fields."""
        settings = config.transcribe
        devices = settings.devices or (settings.device,)
        count = config.limits.workers or len(devices)
        if not settings.threads:
            settings = settings.model_copy(update={"threads": _threads(count)})
        self._all = [
            Worker(
                settings.model_copy(update={"device": devices[i % len(devices)]}),
                cache=config.folders.cache,
                limits=config.limits,
                on_log=on_log,
            )
            for i in range(count)
        ]
        self._turns = Turns(len(self._all), usable=lambda i: self._all[i].is_ready)

    @property
    def limits(self) -> Limits:
        """What each may take; it may be replaced at any time."""
        return self._all[0].limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        for worker in self._all:
            worker.limits = limits

    def has(self, model: str) -> bool:
        """Tell whether each has a model in memory."""
        return all(worker.model == model for worker in self._all)

    def models(self) -> Sequence[str | None]:
        """Return what each has in memory."""
        return [worker.model for worker in self._all]

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
        seat: Seat | None = None,
        on_progress: OnProgress | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> dict[str, Any]:
        """Recognise as `Worker.recognise`, on the next that is free when it is this one's turn."""
        seat = seat or Seat()
        with self._turns.turn(seat, cancelled, lambda i: self._all[i].model == model) as i:
            result = self._all[i].recognise(
                pcm,
                span=span,
                model=model,
                language=language,
                threads=threads,
                batch=batch,
                beam=beam,
                on_progress=on_progress,
                cancelled=cancelled,
            )
            seat.had_ms += span[1] - span[0]
        return result

    def voices(
        self,
        pcm: Path,
        *,
        span: tuple[int, int],
        seat: Seat | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> list[tuple[int, int]]:
        """Find voices as `Worker.voices`, when it is this one's turn."""
        seat = seat or Seat()
        with self._turns.turn(seat, cancelled) as i:
            found = self._all[i].voices(pcm, span=span, cancelled=cancelled)
            seat.had_ms += span[1] - span[0]
        return found

    @property
    def trouble(self) -> str:
        """What is the matter with one that does not get anywhere; empty where none is so."""
        deaths = max(worker.deaths for worker in self._all)
        return f"the worker has died {deaths} times in a row" if deaths >= _OFTEN else ""

    def states(self) -> Iterator[WorkerState]:
        """Yield how each is."""
        for worker in self._all:
            pid = worker.pid
            held = resources.rss(pid) if pid else 0
            yield WorkerState(
                pid=pid,
                model=worker.model,
                device=worker.device,
                restarts=worker.restarts,
                memory=round(held, -_LAST_DIGITS),
            )

    def idle(self) -> None:
        """Free models that were not used for `idle_unload_seconds`."""
        for worker in self._all:
            worker.idle()

    def free(self) -> None:
        """Free the models that no job uses: the memory is needed elsewhere."""
        for worker in self._all:
            worker.free()

    def close(self) -> None:
        """Stop all, and the jobs that may be running on them; later jobs are cancelled."""
        for worker in self._all:
            worker.close()

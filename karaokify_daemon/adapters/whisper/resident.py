"""The engine in memory: another model takes its place, and it does with less of a small GPU."""

import gc
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from karaokify_daemon.adapters.whisper import engines, models
from karaokify_daemon.adapters.whisper.engines import Engine
from karaokify_daemon.adapters.whisper.progress import OnProgress
from karaokify_daemon.config import Transcribe
from karaokify_daemon.domain.effort import Effort
from karaokify_daemon.errors import KaraokifyError, ModelError

_EASED_S = 600.0  # then all that is configured is tried again: the GPU may have room by now

Tell = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True)
class _Eased:
    effort: Effort
    until: float


class Resident:
    """One engine at a time, loaded when it is first needed. Not thread-safe."""

    def __init__(
        self,
        settings: Transcribe,
        cache: Path,
        tell: Tell,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Load nothing yet. `tell` gets events with their fields."""
        self._settings, self._cache, self._tell, self._clock = settings, cache, tell, clock
        self._engine: Engine | None = None
        self._is: tuple[str, str] | None = None  # model and device, as they were asked for
        self._eased: dict[tuple[Path, str], _Eased] = {}

    @property
    def model(self) -> str | None:
        """Name of the model in memory."""
        return self._is[0] if self._is else None

    def recognise(
        self,
        pcm: Path,
        *,
        span: tuple[int, int],
        model: str,
        language: str,
        threads: int,
        batch: int = 1,
        beam: int = 1,
        on_progress: OnProgress,
        on_loaded: Callable[[str, str], None] = lambda _model, _device: None,
    ) -> dict[str, Any]:
        """Return what the engine hears; `on_loaded` hears of model and device before.

        Where the GPU's memory is short, it is tried with less, down to the processor; the same file
        stays with that for a while. What the result lacks is its `engine["instead_of"]`. Raises
        ModelError, OutOfMemoryError, TranscribeError, and what `on_progress` does.
        """
        settings = self._settings
        wanted = Effort(
            model=model,
            device=settings.device,
            batch=batch if settings.engine == models.FASTER_WHISPER else 1,
            beam=beam,
        )
        effort = self._remembered(pcm, wanted)
        while True:
            try:
                loaded = self._make_ready(effort, threads, on_progress)
                assert self._engine is not None
                on_loaded(effort.model, self._engine.device)
                if loaded:  # after that: whoever reads it may count on it
                    self._tell("model.loaded", loaded)
                result = self._engine.recognise(
                    pcm, span=span, language=language, on_progress=on_progress
                )
            except KaraokifyError as error:
                if isinstance(error, ModelError):
                    self._engine = self._is = None  # another model, or threads, could not be had
                smaller = effort.smaller(settings.fallback_model)
                if smaller is None or not error.details.get("gpu_memory"):
                    raise
                reason = error.problem
            else:
                if given_up := effort.instead_of(wanted):
                    result["engine"]["instead_of"] = given_up
                return result
            # Out of the except clause: the error's frames held what takes the GPU's memory.
            self._give_up(effort, smaller, reason)
            effort = smaller
            self._eased[pcm, model] = _Eased(effort, self._clock() + _EASED_S)

    def free(self) -> None:
        """Free the memory that the engine holds."""
        self._engine = self._is = None
        _collect()

    def _remembered(self, pcm: Path, wanted: Effort) -> Effort:
        """Return what the last part of the same file came down to, unless that is long ago."""
        now = self._clock()
        self._eased = {key: eased for key, eased in self._eased.items() if eased.until > now}
        eased = self._eased.get((pcm, wanted.model))
        return eased.effort if eased else wanted

    def _give_up(self, effort: Effort, smaller: Effort, reason: str) -> None:
        if (smaller.model, smaller.device) != (effort.model, effort.device):
            self.free()
        else:
            _collect()
        self._tell("engine.smaller", {"change": smaller.changes(effort), "reason": reason})

    def _make_ready(
        self, effort: Effort, threads: int, on_progress: OnProgress
    ) -> dict[str, Any] | None:
        """Have the engine in memory; return what is to be told where it was loaded."""
        facts = None
        if self._engine is None or self._is != (effort.model, effort.device):
            self.free()  # two models at once may not fit into memory
            start = self._clock()
            self._engine = self._load(effort, threads, on_progress)
            seconds = round(self._clock() - start, 3)
            facts = {"model": effort.model, "device": self._engine.device, "seconds": seconds}
            self._is = (effort.model, effort.device)
        self._engine.batch, self._engine.beam = effort.batch, effort.beam
        self._engine.use_threads(threads)
        return facts

    def _load(self, effort: Effort, threads: int, on_progress: OnProgress) -> Engine:
        settings = self._settings
        file = models.resolve(
            effort.model, self._cache, download=settings.download, engine=settings.engine
        )
        if file.path is None:
            self._tell("model.download", {"model": effort.model})
        on_progress(0.0)
        return engines.load(
            file,
            settings.engine,
            device=effort.device,
            threads=threads,
            on_download=on_progress,
        )


def _collect() -> None:
    gc.collect()
    torch: Any = sys.modules.get("torch")  # not imported: then it holds nothing
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()

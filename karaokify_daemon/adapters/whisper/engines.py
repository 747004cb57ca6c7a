"""The engines behind one interface, chosen by `transcribe.engine`; none is imported before."""

from pathlib import Path
from typing import Any, Protocol

from karaokify_daemon.adapters.whisper import models
from karaokify_daemon.adapters.whisper.models import ModelFile
from karaokify_daemon.adapters.whisper.progress import OnProgress

FIRST_RUNGS = frozenset({"efficient", "beam", "one by one", "batched", "none"})


class Engine(Protocol):
    """A model in memory that hears words."""

    name: str
    device: str
    batch: int  # windows at once, where the engine can
    beam: int  # guesses that are followed; 1: greedy

    def use_threads(self, threads: int) -> None:
        """Recognise with so many threads of the processor from now on."""

    def recognise(
        self,
        pcm: Path,
        *,
        span: tuple[int, int] | None = None,
        language: str,
        on_progress: OnProgress | None = None,
    ) -> dict[str, Any]:
        """Return whisper-timestamped's JSON for a part of a file of raw s16le PCM, 16 kHz, mono."""


def load(
    file: ModelFile,
    engine: str,
    *,
    device: str,
    threads: int,
    on_download: OnProgress | None = None,
) -> Engine:
    """Load a model with an engine, by its name. Raises ModelError."""
    models.require(engine)
    options: dict[str, Any] = {"device": device, "threads": threads, "on_download": on_download}
    # Each takes seconds and hundreds of MB.
    if engine == models.FASTER_WHISPER:
        from karaokify_daemon.adapters.whisper.faster import engine as faster  # noqa: PLC0415

        return faster.Engine(file, **options)
    from karaokify_daemon.adapters.whisper import engine as timestamped  # noqa: PLC0415

    return timestamped.Engine(file, **options)

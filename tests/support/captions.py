"""Captions and looks for tests of what is made of them."""

from typing import Any

from karaokify_daemon.domain.ass import Look
from karaokify_daemon.domain.captions import Caption, caption_lines
from karaokify_daemon.domain.transcript import Segment, Transcript, Word


def captions(*words: tuple[str, int, int], **options: Any) -> list[Caption]:
    """Return the captions of words, each with its start and end in milliseconds."""
    said = tuple(Word(*word) for word in words)
    transcript = Transcript((Segment(said),)) if said else Transcript(())
    return caption_lines(transcript, **{"max_chars": 40} | options)


def look(**options: Any) -> Look:
    """Return a look for 1080p."""
    given = {"width": 1920, "height": 1080, "size": 65, "bottom": 200, "top": 60, "side": 115.2}
    return Look(**given | options)

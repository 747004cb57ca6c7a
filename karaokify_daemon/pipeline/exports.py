"""The text files of a bundle: a transcript and its captions for players, editors and games."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from karaokify_daemon.domain import subtitles
from karaokify_daemon.domain.captions import Caption
from karaokify_daemon.domain.transcript import Transcript

# A bare STEM.txt is the words alone, as it is when it is known text beside a recording.
ENDINGS = {
    "srt": ".srt",
    "vtt": ".vtt",
    "lrc": ".lrc",
    "ttml": ".ttml",
    "txt": ".txt",
    "ultrastar": ".ultrastar.txt",
}


def exports(
    kinds: Collection[str],
    transcript: Transcript,
    captions: Sequence[Caption],
    *,
    title: str,
    video: Path,
) -> dict[str, str]:
    """Return the text of each kind that is wanted, by the ending of its file's name.

    `video` is the one that the texts lie beside.
    """
    language = transcript.language
    writers: dict[str, Callable[[], str]] = {
        "srt": lambda: subtitles.srt(captions),
        "vtt": lambda: subtitles.vtt(captions),
        "lrc": lambda: subtitles.lrc(captions, title=title, language=language),
        "ttml": lambda: subtitles.ttml(captions, title=title, language=language),
        "txt": lambda: subtitles.prose(transcript),
        "ultrastar": lambda: subtitles.ultrastar(
            captions, title=title, language=language, media=video.name
        ),
    }
    return {ENDINGS[kind]: write() for kind, write in writers.items() if kind in kinds}

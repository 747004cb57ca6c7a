"""What a video tells players besides what is seen and heard."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from karaokify_daemon.adapters import ffmpeg
from karaokify_daemon.config import Video
from karaokify_daemon.domain.captions import Caption
from karaokify_daemon.domain.chapters import Chapter
from karaokify_daemon.domain.languages import three_letters
from karaokify_daemon.domain.plain import plain
from karaokify_daemon.domain.subtitles import srt
from karaokify_daemon.domain.transcript import Transcript


def extras(
    video: Video,
    media: Path,
    title: str,
    transcript: Transcript,
    captions: Sequence[Caption],
    chapters: Sequence[Chapter],
) -> ffmpeg.Extras:
    """Return the soft subtitles, the language, the title, the recording's date and the chapters."""
    return ffmpeg.Extras(
        subtitles=srt(captions) if video.subtitles else "",
        language=three_letters(transcript.language) if captions else "und",
        title=plain(title),
        date=_date(media),
        chapters=chapters,
    )


def _date(media: Path) -> str:
    """Return the day of a file's last change; empty where it is beyond what has a name."""
    try:
        return datetime.fromtimestamp(media.stat().st_mtime, UTC).date().isoformat()
    except (OSError, OverflowError, ValueError):
        return ""

"""Captions and their words as the text formats that players, editors and singing games read."""

from karaokify_daemon.domain.subtitles.cues import srt, vtt
from karaokify_daemon.domain.subtitles.lrc import lrc
from karaokify_daemon.domain.subtitles.prose import prose
from karaokify_daemon.domain.subtitles.ttml import ttml
from karaokify_daemon.domain.subtitles.ultrastar import ultrastar

__all__ = ["lrc", "prose", "srt", "ttml", "ultrastar", "vtt"]

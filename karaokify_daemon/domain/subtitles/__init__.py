"""Captions and their words as the text formats that players, editors and singing games read."""

from karaokify_daemon.domain.subtitles.cue import Cue, script_language, to_transcript
from karaokify_daemon.domain.subtitles.cues import srt, vtt
from karaokify_daemon.domain.subtitles.lrc import lrc
from karaokify_daemon.domain.subtitles.prose import prose
from karaokify_daemon.domain.subtitles.read_ass import read_ass
from karaokify_daemon.domain.subtitles.read_cues import read_srt, read_vtt
from karaokify_daemon.domain.subtitles.read_ttml import read_ttml, ttml_language
from karaokify_daemon.domain.subtitles.read_ultrastar import is_ultrastar, read_ultrastar
from karaokify_daemon.domain.subtitles.ttml import ttml
from karaokify_daemon.domain.subtitles.ultrastar import ultrastar

__all__ = [
    "Cue",
    "is_ultrastar",
    "lrc",
    "prose",
    "read_ass",
    "read_srt",
    "read_ttml",
    "read_ultrastar",
    "read_vtt",
    "script_language",
    "srt",
    "to_transcript",
    "ttml",
    "ttml_language",
    "ultrastar",
    "vtt",
]

"""Captions as UltraStar TXT, which singing games read.

Format: https://usdx.eu/format/. A note counts in beats, and a beat is a quarter of what `#BPM`
counts, so that 1500 gives beats of 10 ms. The notes are freestyle (`F`): the game shows the words
in time and scores nothing, as nothing here knows the melody.
"""

from collections.abc import Sequence

from karaokify_daemon.domain.captions import Caption, Row
from karaokify_daemon.domain.plain import plain

_BEAT_MS = 10
# The format wants the names of languages in English; of others than these, none is written.
_LANGUAGES = {
    "ar": "Arabic",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hu": "Hungarian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "zh": "Chinese",
}
_BPM = 60_000 // (4 * _BEAT_MS)


def ultrastar(
    captions: Sequence[Caption],
    *,
    title: str = "",
    artist: str = "",
    language: str = "",
    media: str = "",
) -> str:
    """Return captions as UltraStar TXT; `media` is the name of the video beside it.

    Titles and artists must not be empty in the format, so they become "Unknown".
    """
    rows = [(row, caption.joiner) for caption in captions for row in caption.rows]
    gap = rows[0][0].words[0].start if rows else 0
    headers = {
        "VERSION": "1.0.0",
        "TITLE": plain(title) or "Unknown",
        "ARTIST": plain(artist) or "Unknown",
        "LANGUAGE": _LANGUAGES.get(language, ""),
        "MP3": plain(media),
        "VIDEO": plain(media),
        "BPM": str(_BPM),
        "GAP": str(gap),
    }
    lines = [f"#{key}:{value}" for key, value in headers.items() if value]
    for n, (row, joiner) in enumerate(rows):
        if n:
            lines.append(f"- {_beat(row.words[0].start, gap)}")
        lines.extend(_notes(row, joiner, gap))
    return "".join(f"{line}\n" for line in [*lines, "E"])


def language_named(name: str) -> str | None:
    """Return the code of a language that a header names in English; of several, the first.

    >>> language_named("German, English"), language_named("Klingon")
    ('de', None)
    """
    first = name.partition(",")[0].strip().lower()
    return next((code for code, told in _LANGUAGES.items() if told.lower() == first), None)


def _notes(row: Row, joiner: str, gap: int) -> list[str]:
    notes = []
    for word in row.words:
        beat = _beat(word.start, gap)
        length = max(1, _beat(word.end, gap) - beat)
        # The space that divides two words belongs to the note of the first.
        notes.append(f"F {beat} {length} 0 {plain(word.text)}{joiner}")
    return notes


def _beat(ms: int, gap: int) -> int:
    return (ms - gap + _BEAT_MS // 2) // _BEAT_MS

"""Captions as TTML, in the text profile of IMSC 1.1.

Formats: https://www.w3.org/TR/ttml2/ and https://www.w3.org/TR/ttml-imsc1.1/. A span with times of
its own would be seen only while it is spoken, so each word is a span that a `set` colours for its
time: the row stands whole.
"""

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from karaokify_daemon.domain.captions import Caption, Row
from karaokify_daemon.domain.plain import plain
from karaokify_daemon.domain.subtitles.cues import clock
from karaokify_daemon.domain.transcript import Word

_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata" \
xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xmlns:tts="http://www.w3.org/ns/ttml#styling" \
ttp:contentProfiles="http://www.w3.org/ns/ttml/profile/imsc1.1/text" ttp:timeBase="media" \
xml:lang={language}>
  <head>
    <metadata><ttm:title>{title}</ttm:title></metadata>
    <styling><style xml:id="caption" tts:color="#FFFFFF" tts:fontFamily="proportionalSansSerif" \
tts:fontSize="100%" tts:textAlign="center"/></styling>
    <layout><region xml:id="bottom" tts:origin="10% 10%" tts:extent="80% 80%" \
tts:displayAlign="after"/></layout>
  </head>
  <body style="caption" region="bottom">
    <div>
"""
_TAIL = """\
    </div>
  </body>
</tt>
"""
_SPOKEN = "#FFD23F"
_NOT_XML = re.compile("[\ufffe\uffff]")  # of what plain() leaves, what XML 1.0 cannot hold


def ttml(captions: Sequence[Caption], *, title: str = "", language: str = "") -> str:
    """Return captions as TTML; the times of words are relative to their caption's."""
    head = _HEAD.format(language=quoteattr(_xml(language)), title=_text(title))
    return head + "".join(map(_paragraph, captions)) + _TAIL


def _paragraph(caption: Caption) -> str:
    rows = "<br/>".join(_row(row, caption) for row in caption.rows)
    times = f'begin="{clock(caption.start, ".")}" end="{clock(caption.end, ".")}"'
    return f"      <p {times}>{rows}</p>\n"


def _row(row: Row, caption: Caption) -> str:
    return caption.joiner.join(_span(word, caption.start) for word in row.words)


def _span(word: Word, origin: int) -> str:
    begin, end = (clock(max(0, ms - origin), ".") for ms in (word.start, word.end))
    spoken = f'<set begin="{begin}" end="{end}" tts:color="{_SPOKEN}"/>'
    return f"<span>{spoken}{_text(word.text)}</span>"


def _text(text: str) -> str:
    return escape(_xml(text))


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", plain(text))

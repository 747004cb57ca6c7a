import re

import pysubs2
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.captions import caption_lines
from karaokify_daemon.domain.subtitles import srt, vtt
from karaokify_daemon.domain.transcript import Segment, Transcript, Word


def captions(*words):
    return caption_lines(Transcript((Segment(tuple(Word(*w) for w in words)),)), max_chars=40)


def test_srt_has_number_times_and_text():
    text = srt(captions(("Hello", 500, 900), ("world.", 900, 1400)))
    assert re.fullmatch(r"1\n00:00:00,\d{3} --> 00:00:0\d,\d{3}\nHello world\.\n\n", text)


def test_vtt_has_the_time_of_every_word():
    text = vtt(captions(("Hello", 500, 900), ("world.", 900, 1400)))
    assert text.startswith("WEBVTT\n\n1\n") and "<00:00:00.900>world." in text


def test_nothing_said_gives_valid_files():
    assert srt([]) == "" and vtt([]) == "WEBVTT\n"


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=5))
def test_no_text_breaks_a_file_or_becomes_a_tag(texts):
    made = captions(*((text, 1000 * i, 1000 * i + 800) for i, text in enumerate(texts)))
    cues = len(made)
    assert len(pysubs2.SSAFile.from_string(srt(made), format_="srt")) <= cues
    assert srt(made).count("-->") == cues == vtt(made).count("-->")
    assert "<" not in srt(made)
    assert all(re.fullmatch(r"[\d:.]+", tag) for tag in re.findall(r"<([^>]*)>", vtt(made)))

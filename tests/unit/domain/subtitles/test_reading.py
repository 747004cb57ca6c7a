"""Subtitle files of others, and our own, read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.ass import Look, Title, document, events
from karaokify_daemon.domain.captions import caption_lines
from karaokify_daemon.domain.subtitles import read_ass, read_srt, read_vtt, srt, to_transcript, vtt
from karaokify_daemon.domain.transcript import Segment, Transcript, Word

WORDS = (
    ("Hello", 500, 900),
    ("<b>&amp;", 900, 1400),
    ("there,", 1610, 2005),
    ("{\\k5}you", 9000, 9500),
    ("all.", 9500, 9990),
)


def said(words=WORDS, language="en"):
    return Transcript((Segment(tuple(Word(*w) for w in words)),), language)


def captions(transcript):
    return caption_lines(transcript, max_chars=24)


def times(transcript):
    return [(word.text, word.start, word.end) for word in transcript.words]


def script_of(words, mode):
    look = Look(width=320, height=180, size=16, bottom=20, top=10, side=10, mode=mode)
    title = Title(text="A title")
    return document(events(captions(said(words)), look, title=title, duration_ms=10_000), look)


def test_our_webvtt_gives_the_same_words_and_times():
    assert times(to_transcript(read_vtt(vtt(captions(said()))))) == list(WORDS)


def test_our_webvtt_keeps_the_words_of_a_language_without_spaces():
    words = [("今日", 0, 400), ("は", 400, 600), ("いい天気", 700, 1500)]
    read = to_transcript(read_vtt(vtt(captions(said(words, "ja")))))
    assert times(read) == words and read.language == "ja"


def test_our_ass_gives_the_same_words_and_times_within_a_hundredth():
    read = times(to_transcript(read_ass(script_of(WORDS, "sweep"))))
    assert [text.replace("\u2060", "") for text, *_ in read] == [text for text, *_ in WORDS]
    for (_, start, end), (_, first, last) in zip(read, WORDS, strict=True):
        assert abs(start - first) <= 10 and abs(end - last) <= 10


@pytest.mark.parametrize("mode", ["color", "box", "pop", "reveal", "neon", "classic"])
def test_our_ass_of_any_mode_has_each_word_once(mode):
    words = [("One", 500, 900), ("two", 900, 1400), ("three.", 1610, 2005)]
    assert to_transcript(read_ass(script_of(words, mode))).text == "One two three."


def test_our_subrip_gives_the_same_words_inside_their_cues():
    shown = captions(said(WORDS[:1] + WORDS[2:3]))
    read = to_transcript(read_srt(srt(shown)))
    assert read.text == "Hello there,"
    assert (read.words[0].start, read.words[-1].end) == (shown[0].start, shown[-1].end)


def test_subrip_as_it_is_met():
    cues = read_srt(
        "1\r\n0:00:01,5 --> 00:00:02.000 X1:10 X2:20\r\n<font color='red'>Hi</font>\r\n\r\n"
        "{\\an8}there\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\n\r\n3\r\n"
        "00:00:05,000 --> 00:00:06,000\r\n<3 you"
    )
    assert [(c.start, c.end, c.text.split()) for c in cues] == [
        (1500, 2000, ["Hi", "there"]),
        (5000, 6000, ["<3", "you"]),
    ]


def test_webvtt_as_it_is_met():
    cues = read_vtt(
        "\ufeffWEBVTT - a title\n\nSTYLE\n::cue { color: red }\n\nNOTE not said\n\n"
        "intro\n00:01.000 --> 00:02.000 align:start\n<v Ann><c.loud>Hi</c> &lt;all&gt;\n\n"
        "00:03.000 --> 00:04.000\nlast"
    )
    assert [(c.start, c.text) for c in cues] == [(1000, "Hi <all>"), (3000, "last")]


def test_ass_of_others_loses_its_tags_drawings_and_comments():
    cues = read_ass(
        "[Events]\nFormat: Layer, Start, End, Style, Text\n"
        "Dialogue: 0,0:00:01.00,0:00:02.00,Default,{\\b1\\c&HFF&}Hi,\\Nthere{comment}\n"
        "Dialogue: 0,0:00:01.00,0:00:02.00,Default,{\\p1}m 0 0 l 9 9{\\p0}\n"
        "Comment: 0,0:00:01.00,0:00:02.00,Default,not said\n"
        "[Fonts]\nDialogue: 0,0:00:01.00,0:00:02.00,Default,font\n"
    )
    assert [cue.text for cue in cues] == ["Hi,\nthere"]


def test_syllables_of_ass_become_words():
    line = (
        r"Dialogue: 0,0:00:01.00,0:00:05.00,D,,0,0,0,,{\k50}Ka{\k50}ra{\k20}o{\K30}ke {\kf100}night"
    )
    cues = read_ass(f"[Events]\n{line}\n")
    assert times(to_transcript(cues)) == [("Karaoke", 1000, 2500), ("night", 2500, 3500)]


def test_titles_are_not_sung_where_other_lines_have_times():
    head = "[Events]\nDialogue: 0,0:00:00.00,0:00:09.00,Sign,,0,0,0,,A sign\n"
    line = r"Dialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,{\k100}sung"
    assert to_transcript(read_ass(head + line)).text == "sung"


@pytest.mark.parametrize(
    ("text", "language"),
    [("こんにちは世界", "ja"), ("你好世界", "zh"), ("สวัสดี", "th"), ("hi", "en")],
)
def test_the_script_tells_whether_there_are_spaces(text, language):
    cues = read_srt(f"00:00:01,000 --> 00:00:02,000\n{text}\n")
    assert to_transcript(cues).language == language


pieces = st.sampled_from(
    ["\n", "\n\n", "1\n", "00:00:01,000 --> 00:00:02,000", "<00:00:01.500>", "<b>", "{\\k10}",
     "{\\p1}", "[Events]\n", "Dialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,", "Format: Text", "&lt;"]
)  # fmt: skip


@given(st.lists(pieces | st.text(max_size=5)).map("".join))
def test_anything_is_read_and_its_transcript_is_the_same_when_read_again(text):
    for read in (read_srt, read_vtt, read_ass):
        transcript = to_transcript(read(text))
        assert Transcript.from_dict(transcript.to_dict()) == transcript

"""TTML of others, and our own, read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.captions import caption_lines
from karaokify_daemon.domain.subtitles import read_ttml, to_transcript, ttml, ttml_language
from karaokify_daemon.domain.transcript import Segment, Transcript, Word
from karaokify_daemon.errors import SidecarError

WORDS = [
    ("Hello", 500, 900),
    ("<b>&amp;", 900, 1400),
    ("there,", 1610, 2005),
    ("you", 9000, 9500),
    ("all.", 9500, 9990),
]


def times(transcript):
    return [(word.text, word.start, word.end) for word in transcript.words]


def document(body, parameters="", spaces=True):
    space = 'xmlns="http://www.w3.org/ns/ttml"' if spaces else ""
    parameter = 'xmlns:ttp="http://www.w3.org/ns/ttml#parameter"'
    tts = 'xmlns:tts="http://www.w3.org/ns/ttml#styling"'
    return (
        f'<?xml version="1.0" encoding="x"?><tt {space} {parameter} {tts} {parameters}>{body}</tt>'
    )


def cues(body, parameters=""):
    read = read_ttml(document(f"<body><div>{body}</div></body>", parameters))
    return [(cue.start, cue.end, " ".join(cue.text.split())) for cue in read]


def said(words, language):
    shown = caption_lines(
        Transcript((Segment(tuple(Word(*w) for w in words)),), language), max_chars=24
    )
    return to_transcript(read_ttml(ttml(shown, title="A title", language=language)))


def test_our_ttml_gives_the_same_words_and_times():
    assert times(said(WORDS, "en")) == WORDS


def test_our_ttml_keeps_the_words_of_a_language_without_spaces():
    words = [("今日", 0, 400), ("は", 400, 600), ("いい天気", 700, 1500)]
    assert times(said(words, "ja")) == words


@pytest.mark.parametrize(
    ("begin", "ms", "parameters"),
    [
        ("00:01:02.5", 62_500, ""),
        ("00:00:01:12", 1500, 'ttp:frameRate="24"'),
        ("00:00:01:15", 1500, ""),
        ("30f", 1001, 'ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"'),
        ("00:16:40:00", 1_001_000, 'ttp:timeBase="smpte" ttp:frameRateMultiplier="1000 1001"'),
        ("1.5s", 1500, ""),
        ("100ms", 100, ""),
        ("0.5m", 30_000, ""),
        ("1h", 3_600_000, ""),
        ("15000000t", 1500, 'ttp:tickRate="10000000"'),
        ("3t", 3000, ""),
        ("50t", 2000, 'ttp:frameRate="25"'),
    ],
)
def test_each_form_of_time_is_read(begin, ms, parameters):
    read = cues(f'<p begin="{begin}" dur="2s">a</p>', parameters)
    assert read == [(ms, ms + 2000, "a")]


def test_times_are_relative_to_the_parent_and_end_with_it():
    body = '<body begin="10s"><div begin="1s" end="5s"><p begin="1s" end="9s">a</p></div></body>'
    (cue,) = read_ttml(document(body))
    assert (cue.start, cue.end) == (12_000, 15_000)


def test_in_a_sequence_each_begins_where_the_one_before_it_ends():
    body = '<p dur="1s">a</p><p begin="500ms" dur="1s">b</p><p><span dur="1s">c</span></p>'
    read = read_ttml(document(f'<body><div timeContainer="seq">{body}</div></body>'))
    assert [(c.start, c.end) for c in read] == [(0, 1000), (1500, 2500), (2500, 3500)]


def test_spans_with_times_are_words_and_syllables_without_space_are_one():
    body = (
        '<p begin="1s" end="9s"><span begin="0s" end="1s">Ka</span><span begin="1s" end="2s">ra'
        '</span>\n <span begin="3s" end="4s">night</span></p>'
    )
    read = to_transcript(read_ttml(document(f"<body><div>{body}</div></body>")))
    assert times(read) == [("Kara", 1000, 3000), ("night", 4000, 5000)]


def test_times_may_stand_on_spans_alone():
    body = '<p><span begin="1s" end="2s">a b</span><br/><span begin="5s" end="6s">c</span></p>'
    read = to_transcript(read_ttml(document(f"<body><div>{body}</div></body>")))
    assert times(read) == [("a", 1000, 1500), ("b", 1500, 2000), ("c", 5000, 6000)]


def test_head_metadata_foreign_elements_and_readings_are_not_said():
    head = '<head><metadata><p begin="0s" end="1s">not said</p></metadata></head>'
    body = (
        '<p begin="1s" end="2s"><metadata>no</metadata><x xmlns="urn:x">no</x>a<br/>'
        '<span tts:ruby="container"><span tts:ruby="base">b</span>'
        '<span tts:ruby="text">no</span></span></p>'
    )
    (cue,) = read_ttml(document(f"{head}<body>stray<div>{body}</div></body>"))
    assert cue.text == "a\nb"


def test_a_text_without_an_end_is_shown_until_the_next():
    assert cues('<p begin="1s">a</p><p begin="3s">b</p>') == [(1000, 3000, "a"), (3000, 8000, "b")]


def test_old_and_missing_namespaces_are_read():
    body = '<body><div><p begin="1s" end="2s">a</p></div></body>'
    old = document(body).replace("www.w3.org/ns/ttml", "www.w3.org/2006/10/ttaf1")
    assert len(read_ttml(old)) == len(read_ttml(document(body, spaces=False))) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('<!DOCTYPE tt [<!ENTITY a "b">]>' + document("&a;").split("?>")[1], "DOCTYPE"),
        ('<!DOCTYPE tt SYSTEM "file:///etc/passwd"><tt/>', "DOCTYPE"),
        ("<tt>&a;</tt>", "not valid XML"),
        ("<tt>" * 200_000, "deep"),
        ("<x>" * 200_000, "deep"),
        ("words", "not valid XML"),
    ],
)
def test_hostile_xml_is_refused(text, says):
    with pytest.raises(SidecarError, match=says):
        read_ttml(text)


pieces = st.sampled_from(
    ["<p>", "</p>", '<p begin="1s" end="2s">', '<span begin="1s">', "</span>", "<br/>", "a", " ",
     '<set begin="1s" dur="1s"/>', '<div timeContainer="seq">', "</div>", '<p begin="-1s" dur="x">',
     '<p begin="99999999999999999h">']
)  # fmt: skip


@given(st.lists(pieces | st.text(max_size=5)).map("".join))
def test_anything_is_refused_or_read_and_stays_the_same(text):
    try:
        read = to_transcript(read_ttml(document(text)))
    except SidecarError:
        return
    assert Transcript.from_dict(read.to_dict()) == read


@pytest.mark.parametrize(
    ("told", "language"), [("en-US", "en"), ("de", "de"), ("", None), ("tlh", None)]
)
def test_a_file_says_its_language(told, language):
    assert ttml_language(document("", f'xml:lang="{told}"')) == language

"""UltraStar of others, and our own, read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.captions import caption_lines
from karaokify_daemon.domain.subtitles import is_ultrastar, read_ultrastar, ultrastar
from karaokify_daemon.domain.transcript import Segment, Transcript, Word
from karaokify_daemon.errors import SidecarError

HEAD = "#TITLE:A song\n#ARTIST:Somebody\n#BPM:150\n#GAP:1000\n"  # a beat is 100 ms


def times(transcript):
    return [(word.text, word.start, word.end) for word in transcript.words]


def rows(transcript):
    return [" ".join(word.text for word in segment.words) for segment in transcript.segments]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", [("Hallo", 500, 900), ("du", 900, 1400), ("~da,", 1610, 2000), ("ja", 9000, 9500)]),
        ("ja", [("今日", 0, 400), ("は", 400, 600), ("いい天気", 700, 1500)]),
    ],
)
def test_our_song_gives_the_same_words_and_times(language, words):
    said = Transcript((Segment(tuple(Word(*w) for w in words)),), language)
    text = ultrastar(caption_lines(said, max_chars=24), title="A", language=language)
    read = read_ultrastar(text)
    assert is_ultrastar(text) and read.language == language
    assert times(read) == words


def test_syllables_become_words_and_lines_stay_lines():
    read = read_ultrastar(
        HEAD
        + ": 0 2 5 Ka\n* 2 2 5 ra\nF 4 2 5 o\nR 6 2 5 ke\nG 10 5 5  night\n- 20\n: 30 5 0 Bye\nE\n"
        ": 40 5 0 after\n"
    )
    assert times(read) == [("Karaoke", 1000, 1800), ("night", 2000, 2500), ("Bye", 4000, 4500)]
    assert rows(read) == ["Karaoke night", "Bye"] and read.lines


def test_a_tilde_holds_the_syllable_before_it():
    read = read_ultrastar(HEAD + ": 0 2 5 La\n: 2 2 5 ~\n: 6 2 5 ~ \n: 10 2 5 la\n: 12 2 5 ~nd\n")
    assert times(read) == [("La", 1000, 1800), ("land", 2000, 2400)]


def test_decimal_commas_carriage_returns_and_lower_case_headers_are_read():
    read = read_ultrastar("#bpm:312,5\r\n#gap:10,4\r\n: 0 25 0 a\r\nE\r\n")
    assert times(read) == [("a", 10, 1210)]


def test_relative_beats_begin_anew_with_each_line():
    read = read_ultrastar(HEAD + "#RELATIVE:YES\n: 0 2 0 a\n- 4 10\n: 0 2 0 b\n- 5\n: 1 2 0 c\n")
    assert [start for _, start, _ in times(read)] == [1000, 2000, 2600]


def test_a_duet_is_in_the_order_of_time_and_what_both_sing_is_there_once():
    read = read_ultrastar(
        HEAD + "P1\n: 0 2 0 we\n- 3\n: 4 2 0 me\n- 9\n: 20 2 0 end\nP2\n"
        ": 0 2 9 we\n- 4\n: 10 2 0 you\nE\n"
    )
    assert rows(read) == ["we", "me", "you", "end"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("#TITLE:a\n: 0 1 0 a\n", "no #BPM"),
        ("#BPM:0\n: 0 1 0 a\n", "above zero"),
        ("#BPM:fast\n: 0 1 0 a\n", "#BPM that is no number"),
        ("#BPM:100\n#GAP:x\n: 0 1 0 a\n", "#GAP that is no number"),
        (HEAD + ": 0 1 0 a\nB 4 120\n: 4 1 0 b\n", "tempo"),
    ],
)
def test_what_has_no_times_is_refused(text, says):
    with pytest.raises(SidecarError, match=says):
        read_ultrastar(text)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("\n#TITLE:a\n#BPM:1\n", True),
        ("#ARTIST:a\n: 0 1 0 a\n", True),
        ("#1: a song\nwords\n", False),
        ("words\n#BPM:1\n", False),
        ("", False),
    ],
)
def test_headers_tell_a_song_from_plain_text(text, answer):
    assert is_ultrastar(text) is answer


pieces = st.sampled_from(
    [HEAD, ": 0 1 0 a\n", "* 1 2 3  b", "F 3 1 0 ~\n", "- 4 8\n", "-3\n", "P1\n", "P2\n", "E\n",
     "#RELATIVE:YES\n", "#LANGUAGE:Japanese\n", "#BPM:0,000000001\n", ": 999999999 999999999 0 x\n"]
)  # fmt: skip


@given(st.lists(pieces | st.text(max_size=5)).map("".join))
def test_anything_is_refused_or_read_and_stays_the_same(text):
    is_ultrastar(text)
    try:
        read = read_ultrastar(text)
    except SidecarError:
        return
    assert Transcript.from_dict(read.to_dict()) == read

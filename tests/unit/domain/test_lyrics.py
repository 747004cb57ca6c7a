from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.lyrics import read_lrc, read_text


def shown(lines):
    return [(line.start, " ".join(word.text for word in line.words)) for line in lines]


def test_lines_of_a_plain_text_are_those_with_words():
    lines = read_text("One two\n\n[Chorus]\n  three [sic] four \n\u200b\n")
    assert shown(lines) == [(None, "One two"), (None, "three [sic] four")]
    assert [line.number for line in lines] == [1, 4]


def test_lines_of_lrc_come_by_time_as_often_as_they_have_times():
    lines = read_lrc("[ti:X]\n[00:09.00]last\n[00:01.50][00:05.00]again\nwithout\n[00:07.00]\n")
    assert shown(lines) == [(1500, "again"), (5000, "again"), (9000, "last")]
    assert [line.end for line in lines] == [5000, 7000, None]


def test_words_of_enhanced_lrc_have_times_and_the_last_stamp_is_an_end():
    (line,) = read_lrc("[00:01.00]<00:01.00>Hello <00:01.50>big world<00:02.25>")
    assert [(word.text, word.start) for word in line.words] == [
        ("Hello", 1000),
        ("big", 1500),
        ("world", None),
    ]
    assert line.end == 2250


def test_an_offset_shows_everything_earlier():
    lines = read_lrc("[offset:+500]\n[00:02.00]<00:02.00>a <00:03.00>b\n[00:00.10]first\n")
    assert shown(lines) == [(0, "first"), (1500, "a b")]
    assert [word.start for word in lines[1].words] == [1500, 2500]


def test_a_repeated_line_moves_its_words_along():
    lines = read_lrc("[00:01.00][00:11.00]<00:01.00>a <00:02.00>b<00:03.00>")
    assert [[w.start for w in line.words] for line in lines] == [[1000, 2000], [11_000, 12_000]]
    assert [line.end for line in lines] == [3000, 13_000]


@given(st.text(alphabet="[]<>:.0123456789 abc\n\t\u200b", max_size=200))
def test_any_text_is_read(text):
    for line in [*read_lrc(text), *read_text(text)]:
        assert line.words and all(word.text for word in line.words)
        assert line.start is None or line.start >= 0

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.transcript import Segment, Transcript, Word
from karaokify_daemon.errors import SidecarError


def read(*words, **segment):
    raw = [dict(zip(("text", "start", "end"), word, strict=False)) for word in words]
    return Transcript.from_dict({"segments": [{"words": raw, **segment}]})


def times(transcript):
    return [(word.text, word.start, word.end) for word in transcript.words]


def test_times_become_milliseconds():
    assert times(read(("a", 0.1204, 0.5), ("b", 0.5, 1))) == [("a", 120, 500), ("b", 500, 1000)]


def test_words_without_times_share_the_gap_by_length():
    found = times(read(("a", 0, 1), ("bb",), ("cccc",), ("d", 4, 5)))
    assert found[1:3] == [("bb", 1000, 2000), ("cccc", 2000, 4000)]


def test_a_segment_without_words_is_split_at_spaces():
    found = Transcript.from_dict({"segments": [{"start": 1, "end": 3, "text": "ab  cd"}]})
    assert times(found) == [("ab", 1000, 2000), ("cd", 2000, 3000)]


def test_whispers_own_name_for_a_words_text_is_understood():
    raw = {"segments": [{"words": [{"word": " hi", "start": 0, "end": 1}]}]}
    assert Transcript.from_dict(raw).text == "hi"


def test_words_that_overlap_or_go_back_are_put_in_order():
    found = times(read(("a", 1, 3), ("b", 2, 2), ("c", 1.5, 4)))
    assert [start for _, start, _ in found] == sorted(start for _, start, _ in found)
    assert all(a[2] <= b[1] for a, b in pairwise(found))


def test_a_word_that_does_not_end_shares_its_gap_with_those_that_follow():
    found = times(read(("aa", 1.0), ("bb",), ("c", 2.0, 3.0)))
    assert found == [("aa", 1000, 1500), ("bb", 1500, 2000), ("c", 2000, 3000)]


def test_a_word_ends_where_one_of_another_segment_starts():
    long = {
        "words": [{"text": "hm", "start": 1, "end": 9000}, {"text": "so", "start": 6}],
        "end": 7,
    }
    other = {"words": [{"text": "a", "start": 2, "end": 3}, {"text": "b", "start": 3, "end": 4}]}
    found = Transcript.from_dict({"segments": [long, other]})
    expected = [("hm", 1000, 2000), ("a", 2000, 3000), ("b", 3000, 4000), ("so", 6000, 7000)]
    assert times(found) == expected
    assert [len(segment.words) for segment in found.segments] == [1, 2, 1]


def test_words_of_which_nothing_is_seen_are_dropped():
    assert times(read(("\u200b", 0, 1), ("a", 1, 2), ("\x00", 2, 3))) == [("a", 1000, 2000)]


def test_languages_without_spaces_are_split_into_characters():
    text = "「你好」，用Python写。"  # noqa: RUF001 - punctuation of the language
    raw = {"segments": [{"start": 0, "end": 6, "text": text}], "language": "zh"}
    found = Transcript.from_dict(raw)
    assert [len(word.text) for word in found.words] == [2, 3, 1, 6, 2]
    assert found.text == text


def test_what_lies_beyond_the_recording_is_cut():
    found = read(("a", 0, 1), ("b", 1.5, 3), ("c", 2.5, 3)).clipped(2000)
    assert times(found) == [("a", 0, 1000), ("b", 1500, 2000)]


def test_languages_without_spaces_are_joined_without():
    words = (Word("你", 0, 10), Word("好", 10, 20))
    assert Transcript((Segment(words),), "zh").text == "你好"


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ([], "segments"),
        ({"segments": 3}, "segments"),
        ({"segments": [3]}, "segments[0]"),
        ({"segments": [{"words": "x"}]}, "segments[0].words"),
        ({"segments": [{"words": [{"start": 0}]}]}, "segments[0].words[0]"),
        ({"segments": [{"words": [{"text": "x", "start": True, "end": 1}]}]}, "words[0].start"),
        ({"segments": [{"words": [{"text": "x", "start": -1, "end": 1}]}]}, "words[0].start"),
        ({"segments": [{"words": [{"text": "x", "start": float("nan")}]}]}, "words[0].start"),
        ({"segments": [{"words": [{"text": "x", "start": 10**400}]}]}, "words[0].start"),
        ({"segments": [{"text": "no times"}]}, "segments[0]"),
        ({"segments": [], "language": 3}, "language"),
    ],
)
def test_what_is_malformed_is_told_with_its_path(data, path):
    with pytest.raises(SidecarError) as caught:
        Transcript.from_dict(data)
    assert path in caught.value.problem


seconds = st.one_of(st.none(), st.floats(0, 100))
words = st.lists(st.fixed_dictionaries({"text": st.text(), "start": seconds, "end": seconds}))
segments = st.lists(
    st.fixed_dictionaries({"start": st.floats(0, 50), "end": st.floats(50, 99), "words": words})
)


@given(segments)
def test_whatever_comes_in_words_come_out_in_order_and_survive_the_round_trip(raw):
    found = Transcript.from_dict({"segments": raw})
    now = 0
    for word in found.words:
        assert now <= word.start < word.end
        now = word.end
    again = Transcript.from_dict(json.loads(json.dumps(found.to_dict())))
    assert times(again) == times(found)
    found.text.encode()

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.disfluencies import disfluent, kept
from karaokify_daemon.domain.transcript import Word


def said(text, gap=60, length=300, start=500):
    """Return words of 300 ms with gaps of 60 ms."""
    return [
        Word(word, start + i * (length + gap), start + i * (length + gap) + length)
        for i, word in enumerate(text.split())
    ]


def fluent(text, language="en"):
    words = said(text)
    out = disfluent(words, language)
    return " ".join(word.text for i, word in enumerate(words) if i not in out)


@pytest.mark.parametrize(
    ("text", "left", "language"),
    [
        ("so um we uh go", "so we go", "en"),
        ("I was I was going", "I was going", "en"),
        ("I was, um, I was going", "I was going", "en"),
        ("and then we and then we went", "and then we went", "en"),
        ("the the cat", "the cat", "en"),
        ("wh- what is it", "what is it", "en"),
        ("we wen- we drove", "we drove", "en"),
        ("what— whatever", "whatever", "en"),
        ("ich ich äh bin in dem in dem Haus", "ich bin in dem Haus", "de"),
        ("[*] bonjour [*]", "bonjour", "fr"),
    ],
)
def test_fillers_and_false_starts_are_left_out(text, left, language):
    assert fluent(text, language) == left


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("very very good no no", "en"),
        ("he had had it and that that was", "en"),
        ("I I I want you you you", "en"),
        ("la la love love", "en"),
        ("on and on and on", "en"),
        ("we came. We came back", "en"),
        ("pre- and post-war", "en"),
        ("Haupt- und Nebensatz", "de"),
        ("he came— she went", "en"),
        ("die die das wissen", "de"),
        ("nous nous levons", "fr"),
        ("the the cat", "xx"),
        ("the end-", "en"),
    ],
)
def test_what_may_be_meant_stays(text, language):
    assert fluent(text, language) == text


def test_cuts_are_in_the_gaps_and_leave_some_of_them():
    words = [Word("so", 500, 900), Word("um", 960, 1400), Word("we", 1700, 2000)]
    assert kept(words, "en", 100, 2300) == [(100, 930), (1620, 2300)]


def test_of_a_long_silence_some_stays():
    words = [Word("so", 500, 900), Word("we", 3000, 3400)]
    assert kept(words, "en", 100, 6000) == [(100, 1100), (2800, 3800)]
    assert kept(words, "en", 100, 3800) == [(100, 1100), (2800, 3800)]
    assert kept([Word("so", 3000, 3400)], "en", 0, 3500) == [(2600, 3500)]


def test_nothing_that_is_too_short_is_kept_or_cut():
    short = [Word("a", 0, 400), Word("uh", 400, 500), Word("b", 500, 900)]
    assert kept(short, "en", 0, 900) == [(0, 900)]
    between = [
        Word("a", 0, 400),
        Word("uh", 400, 700),
        Word("b", 700, 800),
        Word("um", 800, 1000),
        Word("c", 1000, 1400),
    ]
    assert kept(between, "en", 0, 1400) == [(0, 400), (700, 1400)]


def test_nothing_but_fillers_or_nothing_at_all_stays():
    assert kept(said("um uh"), "en", 0, 2000) == [(0, 2000)]
    assert kept([], "en", 0, 2000) == [(0, 2000)]


TOKENS = st.sampled_from("um uh I was the the going cat wh- very [*] no, end.".split())


@st.composite
def clips(draw):
    words, now = [], draw(st.integers(0, 1500))
    for text in draw(st.lists(TOKENS, max_size=25)):
        length = draw(st.integers(250, 700))
        words.append(Word(text, now, now + length))
        now += length + draw(st.sampled_from([0, 0, 40, 200, 900, 1001, 3000]))
    return words, now + draw(st.integers(1, 1500))


@given(clips(), st.sampled_from(["en", "de", "xx"]))
def test_every_word_that_stays_is_whole_and_no_filler_does(clip, language):
    words, end = clip
    out = disfluent(words, language)
    found = kept(words, language, 0, end)
    assert all(0 <= a < b <= end for a, b in found)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    for i, word in enumerate(words):
        inside = [a <= word.start and word.end <= b for a, b in found]
        touched = [a < word.end and word.start < b for a, b in found]
        if i not in out:
            assert any(inside)
        elif len(out) < len(words):
            assert not any(touched)


@given(
    st.lists(st.tuples(TOKENS, st.integers(20, 400), st.integers(0, 1500)), max_size=25),
    st.integers(0, 800),
    st.integers(1, 20_000),
)
def test_stretches_and_what_is_between_them_are_long_enough(drawn, begin, length):
    words, now = [], 0
    for text, long, pause in drawn:
        words.append(Word(text, now, now + long))
        now += long + pause
    found = kept(words, "en", begin, begin + length)
    assert found[0][0] >= begin and found[-1][1] <= begin + length
    assert all(other[0] - one[1] >= 120 for one, other in pairwise(found))
    assert len(found) == 1 or all(b - a >= 250 for a, b in found)

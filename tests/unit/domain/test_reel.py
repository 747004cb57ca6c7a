import random
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.reel import cut_of, reel
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.transcript import Word

RATE = Fraction(30)


def talk(count, seed=1):
    """Return sentences of 3 to 20 words, with pauses between and behind them, and its length."""
    r = random.Random(seed)
    found, now = [], 500
    for i in range(count):
        words = []
        for _ in range(r.randint(3, 20)):
            length = r.randint(120, 500)
            words.append(Word("word", now, now + length))
            now += length + r.choice([0, 0, 40])
        found.append(Sentence(i, tuple(words)))
        now += r.randint(60, 1500)
    return found, now


def made(found, worth, duration, seconds):
    return reel(found, worth, duration_ms=duration, length_ms=seconds * 1000, rate=RATE)


def test_a_cut_takes_half_of_a_gap_and_not_more_than_belongs_to_it():
    words = [(1000, 2000), (2200, 3000), (9000, 9500)]
    found = [Sentence(i, (Word("a", *span),)) for i, span in enumerate(words)]
    middle = cut_of(found, 1, 1, 10_000)
    assert (middle.start, middle.end, middle.lead, middle.tail) == (2100, 3450, 100, 450)
    first, last = cut_of(found, 0, 0, 10_000), cut_of(found, 2, 2, 10_000)
    assert (first.start, first.end) == (650, 2100) and (last.start, last.end) == (8650, 9750)


@given(st.integers(30, 120), st.integers(20, 120), st.integers(0, 1000))
def test_a_reel_is_as_long_as_asked_for_and_cuts_no_word(count, seconds, seed):
    found, duration = talk(count, seed)
    r = random.Random(seed)
    worth = [r.random() for _ in found]
    timeline, chosen = made(found, worth, duration, seconds)
    wanted = min(seconds * 1000, duration)
    assert 0.9 * wanted <= timeline.duration_ms <= wanted + 1000 / RATE
    assert all(one.last < other.first for one, other in pairwise(chosen))
    for clip in timeline.clips:
        begin, end = clip.start, timeline.source_end(clip)
        for word in (word for sentence in found for word in sentence.words):
            inside = begin - 20 <= word.start and word.end <= end + 20
            assert inside or word.end <= begin + 20 or word.start >= end - 20


def test_what_is_worth_most_is_in_it_wherever_it_is():
    found, duration = talk(200)
    long = [s.id for s in found if s.end - s.start > 4000]  # shorter ones are no clip of their own
    best = {long[0], long[len(long) // 3], long[len(long) // 2], long[-1]}
    worth = [1.0 if i in best else 0.1 for i in range(200)]
    _, chosen = made(found, worth, duration, 60)
    covered = {i for clip in chosen for i in range(clip.first, clip.last + 1)}
    assert best <= covered


def test_a_recording_that_is_shorter_is_not_cut():
    found, duration = talk(5)
    timeline, chosen = made(found, [0.5] * 5, duration, 300)
    assert len(timeline.clips) == 1 and abs(timeline.duration_ms - duration) <= 17
    assert [(clip.first, clip.last) for clip in chosen] == [(0, 4)]


def test_of_a_sentence_that_is_too_long_there_is_a_start():
    words = tuple(Word("word", 300 * i, 300 * i + 280) for i in range(100))
    timeline, _ = made([Sentence(0, words)], [1.0], 31_000, 5)
    assert 4000 <= timeline.duration_ms <= 5000


def test_nothing_said_is_no_reel():
    with pytest.raises(ValueError, match="no sentences"):
        made([], [], 100_000, 30)

import random
from fractions import Fraction
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karaokify_daemon.domain.choice import Candidate
from karaokify_daemon.domain.filling import _trimmed, filled, shortened, start
from karaokify_daemon.domain.material import Material, Reel
from karaokify_daemon.domain.reel import reels
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.timeline import Cut
from karaokify_daemon.domain.transcript import Word

RATE = Fraction(30)
LENGTHS = {"short": (20, 300), "mixed": (100, 900), "long": (500, 3000)}


def small(seed, most=8):
    """Return a material of a few sentences, which may be short, and far apart."""
    r = random.Random(seed)
    shortest, longest = LENGTHS[r.choice(list(LENGTHS))]
    now, found = r.randint(0, 3000), []
    for i in range(r.randint(1, most)):
        words = []
        for _ in range(r.randint(1, 6)):
            length = r.randint(shortest, longest)
            words.append(Word("w", now, now + length))
            now += length + r.choice([0, 0, 50, 300])
        found.append(Sentence(i, tuple(words)))
        now += r.choice([0, 100, 800, 2000, 4000])
    worth = [r.random() for _ in found]
    return Material(sentences=found, worth=worth, duration_ms=now + r.randint(0, 2000))


def passages(material, ids):
    """Return sentences as clips of those that follow one another."""
    number = 0
    numbers = []
    for before, i in zip([None, *ids], ids, strict=False):
        number += before != i - 1 or material.silent(i)
        numbers.append((number, i))
    for _, group in groupby(numbers, key=lambda one: one[0]):
        run = [i for _, i in group]
        yield Candidate(first=run[0], last=run[-1], length=0, score=0.5)


def possible(material, length_ms):
    """Tell whether any set of whole sentences is from 90 to 100 % as long."""
    count = len(material.sentences)
    for mask in range(1, 1 << count):
        chosen = list(passages(material, [i for i in range(count) if mask >> i & 1]))
        try:
            length = Reel.of(material, chosen, RATE).timeline.duration_ms
        except ValueError:
            continue
        if 0.9 * length_ms <= length <= length_ms:
            return True
    return False


@settings(max_examples=300)
@given(st.integers(0, 10**6), st.sampled_from([3000, 5000, 8000, 12_000, 20_000]))
def test_a_reel_is_as_long_as_asked_for_wherever_any_sentences_are(seed, length_ms):
    material = small(seed)
    found = reels(material, RATE, length_ms=length_ms)
    length = found[0].timeline.duration_ms if found else 0
    assert length <= length_ms
    if length < 0.9 * length_ms and material.duration_ms > length_ms:
        assert not possible(material, length_ms)


@pytest.mark.parametrize("words", [[(9000, 10_000), (10_050, 11_600)], [(9000, 11_990)]])
def test_the_margins_of_a_sentence_are_cut_before_its_words(words):
    found = [Sentence(0, tuple(Word("word", *span) for span in words))]
    material = Material(sentences=found, worth=[1.0], duration_ms=20_000)
    spoken = found[0].end - found[0].start
    for length_ms in range(spoken + 70, spoken + 900, 70):
        [one] = reels(material, RATE, length_ms=length_ms)
        assert 0.9 * length_ms <= one.timeline.duration_ms <= length_ms or spoken < 0.8 * length_ms
        [clip] = one.timeline.clips
        assert clip.start <= found[0].start
        assert one.timeline.source_end(clip) >= found[0].end - 17


def test_what_is_taken_is_in_no_other_reel_and_short_clips_can_be_left_out():
    material = small(3)
    for taken in (set(), {0}, {0, 2}):
        one = filled(material, RATE, 5000, taken=taken)
        assert one is None or one.sentences.isdisjoint(taken)
    one = filled(material, RATE, 20_000, shortest_ms=2000)
    assert one is None or all(material.length(clip.first, clip.last) >= 2000 for clip in one.chosen)


def test_hours_are_filled_quickly_and_may_be_stopped():
    now, found = 0, []
    for i in range(3000):
        words = (Word("word", now, now + 4000 + 7 * i % 1900),)
        found.append(Sentence(i, words))
        now = words[0].end + 3000
    material = Material(sentences=found, worth=[0.5] * 3000, duration_ms=now)
    one = filled(material, RATE, 7_200_000)
    assert 6_480_000 <= one.timeline.duration_ms <= 7_200_000

    def stop():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        filled(material, RATE, 7_200_000, pulse=stop)


@pytest.mark.parametrize("margin", [0, 300])
def test_a_reel_that_is_short_enough_is_not_trimmed(margin):
    words = (Word("w", margin, margin + 2000),)
    material = Material(sentences=[Sentence(0, words)], worth=[1.0], duration_ms=2 * margin + 2000)
    one = Candidate(first=0, last=0, length=material.length(0, 0), score=1.0)
    whole = Reel.of(material, [one], RATE)
    trimmed = _trimmed(material, RATE, whole.timeline.duration_ms + 100, [one])
    assert trimmed.timeline.duration_ms == whole.timeline.duration_ms


def test_of_a_sentence_that_is_too_long_there_is_a_start():
    words = tuple(Word("word", 300 * i, 300 * i + 280) for i in range(100))
    material = Material(sentences=[Sentence(0, words)], worth=[1.0], duration_ms=31_000)
    assert 4500 <= start(material, RATE, 5000).timeline.duration_ms <= 5000


def test_a_cut_is_shortened_to_whole_frames():
    cut = Cut(start=1000, end=3000, tail=100)
    assert shortened(cut, 60, RATE) == cut
    assert shortened(cut, 59, RATE) == Cut(start=1000, end=2966)

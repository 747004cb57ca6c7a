from fractions import Fraction

import pytest

from karaokify_daemon.domain.choice import Candidate
from karaokify_daemon.domain.material import Material, Reel
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.topping import topped_up
from karaokify_daemon.domain.transcript import Word

RATE = Fraction(30)
COUNT = 400


def material(pause_ms):
    """Return short sentences with pauses between them; each third one is worth more."""
    pitch = 500 + pause_ms
    found = [Sentence(i, (Word("w", i * pitch, i * pitch + 500),)) for i in range(COUNT)]
    worth = [0.9 if i % 3 == 0 else 0.1 for i in range(COUNT)]
    return Material(sentences=found, worth=worth, duration_ms=COUNT * pitch)


def of(made, ids):
    clips = [Candidate(first=i, last=i, length=made.length(i, i), score=1.0) for i in ids]
    return Reel.of(made, clips, RATE)


@pytest.mark.parametrize("length_ms", [20_000, 60_000, 100_000])
def test_a_reel_that_is_too_short_gets_the_best_of_what_is_left(length_ms):
    made = material(3000)
    reel = topped_up(made, of(made, [4, 9, 10]), RATE, length_ms, taken=range(300, COUNT))
    assert 0.9 * length_ms <= reel.timeline.duration_ms <= length_ms
    assert {4, 9, 10} <= reel.sentences and max(reel.sentences) < 300
    assert all(i % 3 == 0 for i in reel.sentences - {4, 10})
    assert [clip.first for clip in reel.chosen] == sorted(reel.sentences)


def test_one_that_is_long_enough_and_one_whose_sentences_are_no_passages_stay_as_they_are():
    made = material(3000)
    reel = of(made, range(10))
    assert topped_up(made, reel, RATE, reel.timeline.duration_ms + 100) is reel
    made = material(300)
    reel = of(made, [4])
    assert topped_up(made, reel, RATE, 60_000) is reel

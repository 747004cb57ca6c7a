import random
from fractions import Fraction
from time import process_time

import pytest

from karaokify_daemon.domain.choice import Candidate
from karaokify_daemon.domain.filling import filled
from karaokify_daemon.domain.material import Material, reel_of
from karaokify_daemon.domain.reel import reels
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.topping import topped_up
from karaokify_daemon.domain.transcript import Word

RATE = Fraction(30)


def material(count, lengths, pause, worth=0.5):
    """Return sentences of some lengths (milliseconds), with the same pause between all."""
    r, now, found = random.Random(1), 500, []
    for i in range(count):
        length = r.randint(*lengths)
        found.append(Sentence(i, (Word("word", now, now + length),)))
        now += length + pause
    return Material(sentences=found, worth=[worth] * count, duration_ms=now)


def single(given, i, score=1.0):
    return Candidate(first=i, last=i, length=given.length(i, i), score=score)


def topped(given, length_ms, chosen, candidates):
    return topped_up(given, RATE, length_ms, chosen, candidates, lambda: None)


@pytest.mark.parametrize(
    ("count", "lengths", "pause", "seconds"),
    [
        (3241, (500, 500), 3000, 1800),
        (5000, (500, 500), 3000, 3600),
        (7000, (2000, 4000), 3000, 18_000),
        (2700, (300, 300), 3000, 1000),
        (12_000, (2000, 4000), 600, 36_000),
    ],
)
def test_a_long_reel_of_short_sentences_is_filled_and_soon(count, lengths, pause, seconds):
    given = material(count, lengths, pause)
    began = process_time()
    [one] = reels(given, RATE, length_ms=seconds * 1000)
    assert 900 * seconds <= one.timeline.duration_ms <= 1000 * seconds
    assert process_time() - began < 30


def test_where_not_all_is_as_long_as_asked_for_all_is_taken_and_soon():
    given = material(3000, (300, 300), 3000)
    began = process_time()
    one = filled(given, RATE, 7_200_000)
    assert len(one.sentences) == 3000
    assert process_time() - began < 10


def test_the_best_of_what_is_left_comes_first():
    given = material(20, (2000, 2000), 3000)
    candidates = [single(given, i, score=1 + i) for i in range(20)]
    one = topped(given, 20_000, candidates[:2], candidates)
    added = sorted(one.sentences - {0, 1})
    assert added == list(range(20 - len(added), 20)) and len(added) >= 4
    assert 18_000 <= one.timeline.duration_ms <= 20_000


@pytest.mark.parametrize("length_ms", [20_000, 60_000, 100_000])
def test_a_reel_that_is_too_short_gets_the_best_of_what_is_left(length_ms):
    given = material(400, (500, 500), 3000)
    candidates = [single(given, i, score=0.1 if i % 3 else 0.9) for i in range(300)]
    reel = topped(given, length_ms, [candidates[i] for i in (4, 9, 10)], candidates)
    assert 0.9 * length_ms <= reel.timeline.duration_ms <= length_ms
    assert {4, 9, 10} <= reel.sentences and max(reel.sentences) < 300
    assert all(i % 3 == 0 for i in reel.sentences - {4, 10})
    assert [clip.first for clip in reel.chosen] == sorted(reel.sentences)


def test_what_speaks_against_itself_is_added_only_where_a_reel_is_too_short():
    given = material(60, (500, 500), 3000)
    bad = [single(given, i, score=-1.0) for i in range(60)]
    one = topped(given, 30_000, bad[:1], bad)
    assert 27_000 <= one.timeline.duration_ms <= 30_000
    chosen = [single(given, i) for i in sorted(one.sentences)]
    again = topped(given, 30_000, chosen, bad)
    assert again.sentences == one.sentences


def test_what_becomes_one_clip_with_its_neighbours_is_no_longer_than_fits():
    given = material(100, (1000, 1000), 2400)  # longer pauses are cuts
    candidates = [single(given, i) for i in range(100)]
    for length_ms in range(20_000, 30_000, 1300):
        one = topped(given, length_ms, candidates[:50:10], candidates)
        assert one.timeline.duration_ms <= length_ms


def test_what_is_too_long_already_is_not_made_longer():
    given = material(10, (2000, 2000), 3000)
    candidates = [single(given, i) for i in range(10)]
    length = reel_of(given, RATE, candidates).timeline.duration_ms
    assert topped(given, length - 100, candidates, candidates) is None
    assert topped(given, length, [], []) is None


def test_it_may_be_stopped():
    given = material(10, (2000, 2000), 3000)

    def stop():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        topped_up(given, RATE, 9000, [], [single(given, 0)], stop)

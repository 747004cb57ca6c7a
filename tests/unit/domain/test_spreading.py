from fractions import Fraction

import pytest

from karaokify_daemon.domain.material import Material
from karaokify_daemon.domain.reel import reels
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.transcript import Word

RATE = Fraction(30)
COUNT, EACH_MS = 300, 3000  # sentences


def material(worth):
    """Return a recording of a quarter of an hour; `worth` tells what a sentence is worth."""
    found = [Sentence(i, (Word("w", i * EACH_MS, i * EACH_MS + 2400),)) for i in range(COUNT)]
    return Material(
        sentences=found, worth=[worth(i) for i in range(COUNT)], duration_ms=COUNT * EACH_MS
    )


def most_of_one_part(reel):
    """Return which share of a reel is from one eighth of the recording."""
    parts = [i * 8 // COUNT for i in reel.sentences]
    return max(map(parts.count, parts)) / len(parts)


def made(worth, **options):
    return reels(material(worth), RATE, length_ms=90_000, **options)[0]


@pytest.mark.parametrize("slope", [0.0005, -0.0005, 0.0])
def test_where_all_is_worth_about_the_same_a_reel_is_from_all_over(slope):
    reel = made(lambda i: 0.3 + slope * abs(i - 10))
    assert most_of_one_part(reel) <= 0.5
    assert 81_000 <= reel.timeline.duration_ms <= 90_000


def test_where_only_one_part_is_worth_anything_the_reel_is_from_there():
    assert most_of_one_part(made(lambda i: 0.9 if i < 40 else 0.01)) == 1


def test_what_clips_are_worth_is_told_as_it_is():
    reel = made(lambda _: 0.3)
    assert [clip.score for clip in reel.chosen] == pytest.approx([0.3] * len(reel.chosen))


def test_one_of_several_reels_may_be_one_passage():
    assert most_of_one_part(made(lambda _: 0.3, count=3)) > 0.5

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.stretches import MOST, fewer, stretches
from karaokify_daemon.domain.timeline import Cut, Timeline

RATE = Fraction(25)


def cuts(count, gaps, margin=300):
    found, now = [], 0
    for i in range(count):
        found.append(Cut(start=now, end=now + 4000, lead=margin, tail=margin))
        now += 4000 + gaps[i % len(gaps)]
    return found


def read(given_):
    return stretches(Timeline.of(given_, RATE, 250))


def test_clips_that_fade_or_are_far_apart_are_read_each_by_itself():
    assert len(read(cuts(10, [3000]))) == 10
    assert len(read(cuts(10, [30_000], margin=0))) == 10
    assert [len(clips) for clips in read(cuts(10, [3000, 3000, 30_000], margin=0))] == [3, 3, 3, 1]


@pytest.mark.parametrize("margin", [0, 300])
@pytest.mark.parametrize("gaps", [[3000], [500, 90_000], [40_000, 50_000, 600_000]])
def test_there_are_never_too_many_and_the_closest_are_read_in_one_go(gaps, margin):
    given_ = cuts(500, gaps, margin)
    found = read(fewer(given_, RATE, 250))
    assert len(found) <= MOST and sum(len(clips) for clips in found) == 500
    between = [b.start - a.start - 4000 for clips in found for a, b in pairwise(clips)]
    assert sum(between) <= sum(gaps[i % len(gaps)] for i in range(499))
    assert max(between) <= sorted(gaps[i % len(gaps)] for i in range(499))[499 - MOST]


@given(st.integers(1, MOST), st.lists(st.integers(0, 20_000), min_size=1, max_size=5))
def test_where_there_are_few_they_fade_as_they_did(count, gaps):
    given_ = cuts(count, gaps)
    assert fewer(given_, RATE, 250) == given_


@given(
    st.integers(2, 200),
    st.lists(st.integers(80, 700_000), min_size=1, max_size=9),
    st.sampled_from([0, 60, 300]),
    st.sampled_from([Fraction(25), Fraction(30000, 1001), Fraction(60)]),
)
def test_whatever_is_between_clips_there_are_never_too_many(count, gaps, margin, rate):
    timeline = Timeline.of(fewer(cuts(count, gaps, margin), rate, 250), rate, 250)
    assert len(stretches(timeline)) <= MOST

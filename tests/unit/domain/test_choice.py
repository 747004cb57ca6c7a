from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.choice import Candidate, best


@st.composite
def candidates(draw, most=10):
    found = []
    for _ in range(draw(st.integers(0, most))):
        first = draw(st.integers(0, 12))
        found.append(
            Candidate(
                first=first,
                last=first + draw(st.integers(0, 3)),
                length=draw(st.integers(1, 90)) * 100,
                score=draw(st.integers(1, 50)) / 10,
            )
        )
    return found


def fits(chosen):
    return all(one.last < other.first for one, other in pairwise(chosen))


@given(candidates(), st.sampled_from([6000, 12_000, 30_000]))
def test_nothing_that_is_as_long_is_worth_more(given, length):
    # Lengths are multiples of the step, so that rounding plays no part.
    found = best(given, length)
    assert fits(found) and sum(c.length for c in found) <= length
    every = [
        chosen
        for n in range(len(given) + 1)
        for chosen in combinations(sorted(given, key=lambda c: c.first), n)
        if fits(chosen) and sum(c.length for c in chosen) <= length
    ]
    longest = max(sum(c.length for c in chosen) for chosen in every)
    least = min(0.9 * length, longest)
    assert sum(c.length for c in found) >= least
    worth = [
        sum(c.score for c in chosen) for chosen in every if sum(c.length for c in chosen) >= least
    ]
    assert sum(c.score for c in found) == pytest.approx(max(worth))


@given(candidates(most=40), st.integers(1, 100_000))
def test_it_is_never_longer_than_asked_for(given, length):
    found = best(given, length)
    assert fits(found)
    assert sum(c.length for c in found) <= length


def test_what_speaks_against_itself_is_chosen_only_where_nothing_else_is_long_enough():
    good = Candidate(first=0, last=0, length=9000, score=2.0)
    bad = Candidate(first=1, last=1, length=1000, score=-0.5)
    assert best([good, bad], 10_000) == [good]
    assert best([good, bad], 10_900) == [good, bad]


def test_nothing_to_choose_from_is_nothing():
    assert best([], 90_000) == []
    assert best([Candidate(first=0, last=0, length=9000, score=1.0)], 5000) == []


def test_hours_are_chosen_from_quickly():
    many = [
        Candidate(first=i, last=i + n, length=4000 * (n + 1), score=(i * 7919 % 97 + 1) * (n + 1))
        for i in range(2500)
        for n in range(4)
    ]
    found = best(many, 90_000)
    assert 81_000 <= sum(c.length for c in found) <= 90_000

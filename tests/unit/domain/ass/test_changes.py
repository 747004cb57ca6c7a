from fractions import Fraction
from itertools import pairwise

import pytest

from karaokify_daemon.domain.ass.changes import frames_of_change
from karaokify_daemon.domain.ass.text import Event

RATE = Fraction(10)


def changes(text, *, start=1000, end=2000, count=50, at_least=100):
    events = [Event(start=start, end=end, text=text)]
    return frames_of_change(events, RATE, count, at_least)


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("plain", {10, 20}),
        ("{\\fad(300,0)}a", {10, 11, 12, 13, 20}),
        ("{\\fad(0,200)}a", {10, 18, 19, 20}),
        ("{\\t(500,500,\\1c&H0&)}a", {10, 15, 20}),
        ("{\\t(450,650,\\fscx120)}a", {10, 15, 16, 17, 20}),
        ("{\\move(1,2,3,4,0,200)}a", {10, 11, 12, 20}),
        ("{\\k30}{\\kf20}a{\\k10}b", {10, 13, 14, 15, 16, 20}),
        ("{\\t(\\fscx120)}a", set(range(10, 21))),
    ],
)
def test_frames_in_which_something_changes_are_found(text, frames):
    assert set(changes(text)) == frames | {0, 49}


def test_a_time_between_two_frames_is_seen_on_the_second():
    assert changes("a", start=1010, end=1990)[1:-1] == [11, 20]


def test_there_is_always_a_frame_to_seek_to():
    found = frames_of_change([], Fraction(30000, 1001), 1000, 5)
    assert found[-1] == 999
    assert max(b - a for a, b in pairwise(found)) <= 150


def test_what_is_beyond_the_video_is_left_out():
    assert changes("{\\fad(90000,0)}a", end=900_000, count=30) == [0, *range(10, 30)]

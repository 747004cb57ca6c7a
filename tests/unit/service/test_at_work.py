from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from karaokify_daemon.service.at_work import MOST_JOBS, AtWork, One


def at_work(*, short: int = 0, long: int = 0) -> AtWork:
    jobs = AtWork()
    for i in range(short + long):
        jobs[str(i)] = One(None, SimpleNamespace(is_long=i >= short), Future())
    return jobs


@pytest.mark.parametrize(
    ("short", "long", "most", "room"),
    [
        (2, 0, 3, True),
        (3, 0, 3, False),
        (0, 2, 3, True),
        (0, 3, 3, True),  # two count: a place is left to a short one
        (1, 3, 3, False),
        (0, 9, 3, True),
        (1, 9, 3, False),
        (0, 1, 1, False),  # one at once means one
        (0, 2, 1, False),
        (0, 2, 2, True),
        (0, MOST_JOBS, 3, False),
        (0, MOST_JOBS - 1, 64, True),
    ],
)
def test_long_recordings_leave_a_place_to_short_ones(short, long, most, room):
    assert at_work(short=short, long=long).has_room(most) is room


def test_those_that_have_ended_are_taken_out_once():
    jobs = at_work(short=3)
    ended = jobs["1"]
    ended.future.set_result(None)
    assert list(jobs.take_ended()) == [("1", ended)]
    assert sorted(jobs) == ["0", "2"]
    assert list(jobs.take_ended()) == []
    assert len(jobs.futures()) == 2

import math

import pytest

from karaokify_daemon.service.pacing import Pace


def test_a_look_is_not_repeated_before_five_times_the_time_it_used():
    pace = Pace()
    with pace.measured():
        sum(i * i for i in range(2_000_000))
    assert pace.used > 0
    assert pace.shortest >= 5 * pace.used
    assert pace.after(0.0, 1.0) == pytest.approx(pace.shortest)
    assert pace.after(1e6, 2e6) == 1e6


def test_a_rest_is_never_shorter_than_a_tenth_of_a_second():
    assert Pace().shortest == 0.1


@pytest.mark.parametrize(
    ("files", "used", "may_be_longer", "most", "seconds"),
    [
        (999, 1.0, True, math.inf, 10.0),
        (10_000, 1.0, False, math.inf, 10.0),
        (10_000, 0.001, True, math.inf, 10.0),
        (10_000, 0.05, True, math.inf, 180.0),  # a CPU second of an hour
        (10_000, 2.0, True, math.inf, 900.0),
        (10_000, 2.0, True, 60.0, 60.0),
        (10_000, 2.0, True, 1.0, 10.0),
    ],
)
def test_only_a_large_inbox_in_which_nothing_happens_is_looked_at_seldom(
    files, used, may_be_longer, most, seconds
):
    pace = Pace()
    pace.used = used
    found = pace.pause(10.0, most, files=files, may_be_longer=may_be_longer)
    assert found == pytest.approx(seconds)

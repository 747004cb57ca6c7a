"""EIO, EDQUOT and EROFS at every system call that changes a disk: a reason, and nothing is lost."""

import itertools

import pytest

from tests.faults.attempt import CALLS, Attempt
from tests.faults.conftest import FULL

ERRORS = ("EIO", "EDQUOT", "EROFS")


@pytest.mark.fault("EIO, EDQUOT or EROFS at a system call of the daemon (strace)")
@pytest.mark.needs("strace")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("call", CALLS if FULL else ["rename", "fsync", "pwrite"])
def test_an_error_at_any_change_of_the_disk_leaves_one_bundle(tmp_path, recording, call, points):
    for n in itertools.count(1, 1 if FULL else 10):
        attempt = Attempt(tmp_path / str(n), recording)
        error = ERRORS[n % len(ERRORS)]
        attempt.run(*attempt.traced(call, f"error={error}:when={n}"))
        if "(INJECTED)" not in attempt.trace.read_text():
            break  # no thread has made so many of these calls
        points.append(n)
        attempt.nothing_half_made()
        assert attempt.run() == 0, f"{error} at {call} number {n}"
        attempt.is_done()
    assert points

"""EIO, EDQUOT and EROFS at every system call that changes a disk: a reason, and nothing is lost."""

import errno
import itertools
import os

import pytest

from tests.faults.attempt import CALLS, Attempt
from tests.faults.conftest import FULL

ERRORS = ("EIO", "EDQUOT", "EROFS")
REASONS = {name: os.strerror(getattr(errno, name)) for name in ERRORS}


@pytest.mark.fault("EIO, EDQUOT or EROFS at a system call of the daemon (strace)")
@pytest.mark.needs("strace")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("call", CALLS if FULL else ["rename", "fsync", "symlink"])
def test_an_error_at_any_change_of_the_disk_leaves_one_bundle(tmp_path, recording, call, points):
    for n in itertools.count(1, 1 if FULL else 10):
        attempt = Attempt(tmp_path / str(n), recording)
        attempt.drop()
        error = ERRORS[n % len(ERRORS)]
        status = attempt.run(*attempt.traced(call, f"error={error}:when={n}"))
        if "(INJECTED)" not in attempt.trace.read_text():
            break  # no thread has made so many of these calls
        points.append(n)
        assert "Traceback" not in attempt.output and "job.crashed" not in attempt.output
        assert status == 0 or REASONS[error] in attempt.output, "it is told"
        attempt.nothing_half_made()
        assert attempt.run() == 0, f"{error} at {call} number {n}: {attempt.output}"
        attempt.is_done()
